//! Organize the immunization history: doses by date, and for each antigen the doses that count for it.
//!
//! # Source
//! CDSi Logic Specification 4.6, 4.2.

use crate::days::Day;
use crate::facts::ObservationCode;
use crate::history::History;
use crate::schedule::{AgeId, Mvx, Schedule, Span, VaccineId};

/// A person as the engine sees one: dates as numbers, vaccines as places in the schedule.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) birth: Day,
    pub(crate) sexes: u8,
    pub(crate) country: Option<String>,
    /// The day of assessment.
    pub(crate) today: Day,
    /// For each period of the schedule the day on which the person reaches that age.
    ages: Vec<Day>,
    /// By date; doses of vaccines that the schedule does not know are left out.
    pub(crate) doses: Vec<Dose>,
    /// Places in `doses`, by antigen and then by date.
    records: Vec<u16>,
    antigen_records: Vec<Span>,
    observations: [u64; Person::OBSERVATION_WORDS],
    /// Any observation was made: most people have none.
    pub(crate) is_observed: bool,
    observation_dates: Vec<(ObservationCode, Day)>,
}

/// One dose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dose {
    pub(crate) date: Day,
    pub(crate) vaccine: VaccineId,
    pub(crate) maker: Option<Mvx>,
    pub(crate) is_substandard: Option<Substandard>,
    /// Its place in the history as given.
    pub(crate) place: u16,
    /// What the selected series of an antigen made of it, as far as that is known.
    pub(crate) selected: Selected,
}

/// Why a dose does not count whatever the series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Substandard {
    Expired(Day),
    MustBeRepeated,
}

/// What the selected series of an antigen made of a dose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Selected {
    Unknown,
    Valid,
    NotValid,
}

/// The engine reads so many doses of one person; the others are reported as not read.
pub(crate) const DOSE_LIMIT: usize = 500;

impl Default for Day {
    fn default() -> Day {
        Day::FIRST
    }
}

impl Person {
    /// Observation codes have three digits.
    const OBSERVATION_WORDS: usize = 16;

    /// Reads a history; the space of the last one is used again.
    pub(crate) fn organize(&mut self, schedule: &Schedule, history: &History, today: Day) {
        self.birth = Day::from_date(history.birth_date);
        self.today = today;
        self.sexes = crate::schedule::sex_bit(history.sex);
        self.country.clone_from(&history.birth_country);
        self.ages.clear();
        let birth = self.birth.civil();
        self.ages.extend(schedule.periods.iter().map(|period| {
            let (months, days) = period.months_and_days();
            birth.plus_months_and_days(months, days)
        }));
        self.observations = [0; Person::OBSERVATION_WORDS];
        self.observation_dates.clear();
        self.is_observed = !history.observations.is_empty();
        for observation in &history.observations {
            let code = observation.code;
            if let Some(word) = self.observations.get_mut(usize::from(code.0) / 64) {
                *word |= 1 << (code.0 % 64);
            }
            if let Some(date) = observation.date {
                self.observation_dates.push((code, Day::from_date(date)));
            }
        }
        self.read_doses(schedule, history);
        self.sort_by_antigen(schedule);
    }

    fn read_doses(&mut self, schedule: &Schedule, history: &History) {
        self.doses.clear();
        for (place, dose) in history.doses.iter().enumerate().take(DOSE_LIMIT) {
            let Some(vaccine) = schedule.vaccine_id(dose.cvx) else { continue };
            let date = Day::from_date(dose.date);
            let expired = dose.lot_expires_on.map(Day::from_date).filter(|expiration| date > *expiration);
            let repeated = dose.must_be_repeated.then_some(Substandard::MustBeRepeated);
            self.doses.push(Dose {
                date,
                vaccine,
                maker: dose.mvx.as_deref().and_then(Mvx::parse),
                is_substandard: expired.map(Substandard::Expired).or(repeated),
                place: u16::try_from(place).expect("the limit keeps it small"),
                selected: Selected::Unknown,
            });
        }
        self.doses.sort_unstable_by_key(|dose| (dose.date, dose.vaccine, dose.maker, dose.place));
    }

    /// Counts the doses of each antigen, gives each antigen its place, and fills in.
    fn sort_by_antigen(&mut self, schedule: &Schedule) {
        self.antigen_records.clear();
        self.antigen_records.resize(schedule.antigens.len(), Span::default());
        for dose in &self.doses {
            for association in schedule.vaccines[usize::from(dose.vaccine)].associations.of(&schedule.associations) {
                if self.is_within(dose.date, association.from, association.before) {
                    self.antigen_records[usize::from(association.antigen)].end += 1;
                }
            }
        }
        let mut next = 0;
        for span in &mut self.antigen_records {
            let count = span.end;
            *span = Span { start: next, end: next };
            next += count;
        }
        self.records.clear();
        self.records.resize(next as usize, 0);
        for (place, dose) in (0..).zip(&self.doses) {
            for association in schedule.vaccines[usize::from(dose.vaccine)].associations.of(&schedule.associations) {
                if self.is_within(dose.date, association.from, association.before) {
                    let span = &mut self.antigen_records[usize::from(association.antigen)];
                    self.records[span.end as usize] = place;
                    span.end += 1;
                }
            }
        }
    }

    /// The day on which the person reaches an age; `None` when the schedule names none.
    pub(crate) fn age(&self, age: AgeId) -> Option<Day> {
        self.ages.get(usize::from(age.0)).copied()
    }

    /// Whether a day lies within a window of age.
    pub(crate) fn is_within(&self, day: Day, from: AgeId, before: AgeId) -> bool {
        self.age(from).unwrap_or(Day::FIRST) <= day && day < self.age(before).unwrap_or(Day::LAST)
    }

    /// Whether an observation was made.
    pub(crate) fn has(&self, code: ObservationCode) -> bool {
        let word = self.observations.get(usize::from(code.0) / 64);
        word.is_some_and(|word| word >> (code.0 % 64) & 1 == 1)
    }

    /// Whether an observation was made, and the day lies within its window of age.
    pub(crate) fn has_within(&self, rule: &crate::schedule::Indication, day: Day) -> bool {
        self.has(rule.code) && self.is_within(day, rule.from, rule.before)
    }

    /// The latest date of an observation.
    pub(crate) fn latest_observation(&self, code: ObservationCode) -> Option<Day> {
        self.observation_dates.iter().filter(|(known, _)| *known == code).map(|(_, date)| *date).max()
    }

    /// The places of the doses that count for an antigen, by date.
    pub(crate) fn records(&self, antigen: u8) -> &[u16] {
        self.antigen_records[usize::from(antigen)].of(&self.records)
    }
}
