//! A question as JSON, for the command line and for other programs.

use jiff::civil::Date;
use model::{Cvx, Sex};
use serde::Deserialize;

use crate::facts::ObservationCode;
use crate::history::{History, HistoryDose, HistoryObservation};

/// One person: `{"birth_date", "sex", "assessment_date", "doses": [{"date", "cvx", "mvx"}], "observations": [{"code", "date"}]}`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Birth date.
    pub birth_date: Date,
    /// Administrative sex: F, M, X or U.
    #[serde(default = "unknown_sex")]
    pub sex: Sex,
    /// Country of birth, as the schedule names it.
    #[serde(default)]
    pub birth_country: Option<String>,
    /// The day as seen from which.
    #[serde(default)]
    pub assessment_date: Option<Date>,
    /// The doses given.
    #[serde(default)]
    pub doses: Vec<RequestDose>,
    /// What is known of the person's health.
    #[serde(default)]
    pub observations: Vec<RequestObservation>,
}

/// A dose of a question.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestDose {
    /// Day of administration.
    pub date: Date,
    /// CVX code, as text (`"08"`) or as a number.
    pub cvx: Code,
    /// Manufacturer, MVX.
    #[serde(default)]
    pub mvx: Option<String>,
    /// Expiration date of the lot.
    #[serde(default)]
    pub lot_expires_on: Option<Date>,
    /// The dose must be given again.
    #[serde(default)]
    pub must_be_repeated: bool,
}

/// An observation of a question.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestObservation {
    /// CDSi's number, as text (`"007"`) or as a number.
    pub code: Code,
    /// Day from which it holds.
    #[serde(default)]
    pub date: Option<Date>,
}

/// A code that JSON writers put as text or as a number.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// As text.
    Text(String),
    /// As a number.
    Number(u16),
}

/// What is wrong with a question.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// A vaccine code that is none.
    #[error("\"{0}\" is not a CVX code")]
    Cvx(String),
    /// An observation code that is none.
    #[error("\"{0}\" is not a CDSi observation code")]
    Observation(String),
}

fn unknown_sex() -> Sex {
    Sex::U
}

impl Code {
    fn text(&self) -> String {
        match self {
            Code::Text(text) => text.trim().to_owned(),
            Code::Number(number) => number.to_string(),
        }
    }
}

impl Request {
    /// The history that it states.
    ///
    /// # Errors
    /// [`RequestError`] with the first code that is none.
    pub fn history(&self) -> Result<History, RequestError> {
        let mut history = History::new(self.birth_date, self.sex);
        history.birth_country.clone_from(&self.birth_country);
        for dose in &self.doses {
            let code = dose.cvx.text();
            let cvx = Cvx::parse(&code).ok_or(RequestError::Cvx(code))?;
            history.doses.push(HistoryDose {
                date: dose.date,
                cvx,
                mvx: dose.mvx.clone().filter(|mvx| !mvx.is_empty()),
                lot_expires_on: dose.lot_expires_on,
                must_be_repeated: dose.must_be_repeated,
            });
        }
        for observation in &self.observations {
            let code = observation.code.text();
            let code = ObservationCode::parse(&code).ok_or(RequestError::Observation(code))?;
            history.observations.push(HistoryObservation { code, date: observation.date });
        }
        Ok(history)
    }
}
