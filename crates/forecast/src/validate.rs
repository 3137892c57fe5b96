//! Validate the recommendation: a dose that would not be needed on the day it is forecast for is passed over.
//!
//! # Source
//! CDSi Logic Specification 4.6, 7.1 and 7.6.

use crate::forecast_dates::SeriesForecast;
use crate::walk::{SeriesStatus, SeriesWalk};

impl SeriesWalk<'_> {
    /// Forecasts the first target dose that is still needed, today and on the day it is forecast for.
    pub(crate) fn forecast(&mut self) -> (SeriesStatus, SeriesForecast) {
        loop {
            while self.is_skipped_in_forecast(self.person.today) {
                self.skip_target();
            }
            let (status, forecast) = self.forecast_target();
            let earliest = forecast.dates.map(|dates| dates.earliest).filter(|_| status == SeriesStatus::NotComplete);
            if !earliest.is_some_and(|earliest| self.is_skipped_in_forecast(earliest)) {
                return (status, forecast);
            }
            self.skip_target();
        }
    }
}
