//! Reasons in words that a nurse understands, each with the rule of the specification that it rests on.

use jiff::civil::Date;

use crate::days::Day;
use crate::facts::ObservationCode;
use crate::history::History;
use crate::immunity::Immunity;
use crate::observation_names::spanish_observation;
use crate::organize_history::Person;
use crate::periods::{Period, Unit};
use crate::reasons::{Basis, Need, Origin, Reason};
use crate::schedule::{AgeId, Schedule};

mod english;
mod spanish;

/// The language of sentences.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// American English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

/// A rule and the sentence that it gives.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Explanation {
    /// The rule or section of the CDSi Logic Specification.
    pub rule: &'static str,
    /// What kind of reason it is, for programs.
    pub kind: ReasonKind,
    /// In words.
    pub text: String,
}

/// Kinds of reasons, for programs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The dose counts.
    Counts,
    /// It counts thanks to the days of grace.
    Grace,
    /// The lot had expired.
    LotExpired,
    /// The dose must be repeated for another reason.
    MustBeRepeated,
    /// A vaccine that is not for this dose.
    Inadvertent,
    /// Given too young.
    TooYoung,
    /// Given too old.
    TooOld,
    /// Given too soon after another dose.
    TooSoon,
    /// Given too soon after another live vaccine.
    Conflict,
    /// The vaccine does not count for the dose.
    Vaccine,
    /// Nothing was left to be given.
    SeriesComplete,
    /// No further dose is needed.
    NotNeeded,
    /// Immune.
    Immune,
    /// Forbidden.
    Contraindicated,
    /// The season is over.
    SeasonOver,
    /// A date follows from an age.
    Age,
    /// A date follows from an interval.
    Interval,
    /// A date follows from the season.
    Season,
    /// The dose may be given and need not.
    Guidance,
}

/// ACIP's general rule: a dose up to four days early counts.
const GRACE_DAYS: i32 = 4;

/// How a season stands on the day of assessment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SeasonAge {
    Coming,
    Current,
    Past,
}

/// Writes sentences about one person.
#[derive(Clone, Copy)]
pub(crate) struct Teller<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) person: &'a Person,
    pub(crate) history: &'a History,
    pub(crate) language: Language,
}

impl<'a> Teller<'a> {
    pub(crate) fn counts(&self, number: u16) -> Explanation {
        let text = match self.language {
            Language::English => format!("Valid: counts as dose {number} of the series."),
            Language::Spanish => format!("Válida: cuenta como la dosis {number} de la serie."),
        };
        Explanation { rule: "6.10", kind: ReasonKind::Counts, text }
    }

    pub(crate) fn reason(&self, reason: &Reason) -> Explanation {
        let (rule, kind) = match reason {
            Reason::LotExpired { .. } => ("CALCDTLOTEXP-1", ReasonKind::LotExpired),
            Reason::MustBeRepeated => ("6.1", ReasonKind::MustBeRepeated),
            Reason::Inadvertent => ("6.3", ReasonKind::Inadvertent),
            Reason::TooYoung { .. } => ("CALCDTAGE-5", ReasonKind::TooYoung),
            Reason::AgeWithGrace { .. } => ("CALCDTAGE-4", ReasonKind::Grace),
            Reason::TooOld { .. } => ("CALCDTAGE-1", ReasonKind::TooOld),
            Reason::TooSoon { .. } => ("CALCDTINT-3", ReasonKind::TooSoon),
            Reason::IntervalWithGrace { .. } => ("CALCDTINT-4", ReasonKind::Grace),
            Reason::AllowableInterval => ("6.6", ReasonKind::Grace),
            Reason::Conflict { .. } => ("CALCDTCONFLICT-2", ReasonKind::Conflict),
            Reason::VaccineOfAnotherAge => ("CALCDTALLOW-1", ReasonKind::Vaccine),
            Reason::WrongVaccine => ("6.9", ReasonKind::Vaccine),
            Reason::SeriesAlreadyComplete => ("4.4", ReasonKind::SeriesComplete),
            Reason::AfterLastSeason(_) => ("4.4", ReasonKind::SeasonOver),
        };
        let text = match self.language {
            Language::English => english::reason(self, reason),
            Language::Spanish => spanish::reason(self, reason),
        };
        Explanation { rule, kind, text }
    }

    pub(crate) fn need(&self, need: &Need) -> Explanation {
        let (rule, kind) = match need {
            Need::Needed | Need::Complete | Need::PastHistory => ("7.4", ReasonKind::NotNeeded),
            Need::Immune(_) => ("7.2", ReasonKind::Immune),
            Need::Contraindicated(_) => ("7.3", ReasonKind::Contraindicated),
            Need::SeasonOver(_) => ("7.4", ReasonKind::SeasonOver),
            Need::TooOld(_) | Need::NoDate => ("CALCDTAGE-1", ReasonKind::TooOld),
        };
        let text = match self.language {
            Language::English => english::need(self, need),
            Language::Spanish => spanish::need(self, need),
        };
        Explanation { rule, kind, text }
    }

    /// Why a dose can be given from a day on, or is recommended from it on.
    pub(crate) fn basis(&self, basis: &Basis, day: Date, is_recommended: bool) -> Explanation {
        let (rule, kind) = match (basis, is_recommended) {
            (Basis::Age(_), false) => ("CALCDTAGE-4", ReasonKind::Age),
            (Basis::Age(_), true) => ("CALCDTAGE-3", ReasonKind::Age),
            (Basis::Interval { .. }, false) => ("CALCDTINT-4", ReasonKind::Interval),
            (Basis::Interval { .. }, true) => ("CALCDTINT-5", ReasonKind::Interval),
            (Basis::Conflict(_), _) => ("CALCDTCONFLICT-3", ReasonKind::Conflict),
            (Basis::Season, _) => ("FORECASTDTCAN-1", ReasonKind::Season),
            (Basis::Inadvertent(_) | Basis::LastDose(_), _) => ("FORECASTDTCAN-1", ReasonKind::Interval),
        };
        let text = match self.language {
            Language::English => english::basis(self, basis, day, is_recommended),
            Language::Spanish => spanish::basis(self, basis, day, is_recommended),
        };
        Explanation { rule, kind, text }
    }

    /// How the season that began, or begins, on a day stands on the day of assessment. Some seasons have no end in the schedule
    /// (COVID-19); a season lasts a year at most.
    fn season_age(&self, begins: Date) -> SeasonAge {
        let begins = Day::from_date(begins);
        if self.person.today < begins {
            SeasonAge::Coming
        } else if self.person.today < Period::months(12).after(begins) {
            SeasonAge::Current
        } else {
            SeasonAge::Past
        }
    }

    /// The age as the schedule states it, and the day on which the person reaches it.
    fn age(&self, age: AgeId) -> Option<(Period, Date)> {
        self.schedule.period(age).zip(self.person.age(age).map(|day| day.date()))
    }

    /// Whether an absolute minimum is the minimum less the usual days of grace. Some lie much earlier: 16 weeks of 5 months.
    fn is_grace(absolute: Date, minimum: Date) -> bool {
        Day::from_date(minimum).days_since(Day::from_date(absolute)) <= GRACE_DAYS
    }

    /// The name and the date of a dose, by its place in the history as given.
    fn dose(&self, place: u16) -> (&'a str, Date) {
        match self.history.doses.get(usize::from(place)) {
            Some(dose) => (self.schedule.vaccine_name(dose.cvx).unwrap_or("?"), dose.date),
            None => ("?", self.history.birth_date),
        }
    }

    fn observation(&self, code: ObservationCode, language: Language) -> String {
        let known = self.schedule.facts.observations.iter().find(|known| known.code == code);
        match (known.map(|known| known.name.as_str()), language) {
            (Some(name), Language::English) => format!("{name} ({code})"),
            (Some(name), Language::Spanish) => format!("{} ({code})", spanish_observation(name).unwrap_or(name)),
            (None, _) => code.to_string(),
        }
    }

    /// The same within a sentence: an abbreviation keeps its capitals.
    fn observation_within(&self, code: ObservationCode, language: Language) -> String {
        let text = self.observation(code, language);
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(first), Some(second)) if second.is_lowercase() => {
                first.to_lowercase().chain(text.chars().skip(1)).collect()
            }
            _ => text,
        }
    }
}

/// An amount of a unit, in its language.
type UnitName = fn(Unit, bool) -> &'static str;

/// A period in words.
fn period_words(period: Period, name: UnitName) -> String {
    let mut text = String::new();
    for (place, (amount, unit)) in period.parts().enumerate() {
        let sign = match (place, amount < 0) {
            (0, _) => "",
            (_, true) => " - ",
            (_, false) => " + ",
        };
        let shown = if place == 0 { amount } else { amount.abs() };
        text.push_str(&format!("{sign}{shown} {}", name(unit, amount.abs() == 1)));
    }
    text
}
