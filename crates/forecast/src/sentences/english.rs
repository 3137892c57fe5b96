//! Sentences in English.

use jiff::civil::Date;

use super::{Basis, Immunity, Language, Need, Origin, Period, Reason, SeasonAge, Teller, Unit, period_words};
use crate::days::Day;

fn words(period: Period) -> String {
    period_words(period, |unit, is_one| match (unit, is_one) {
        (Unit::Year, true) => "year",
        (Unit::Year, false) => "years",
        (Unit::Month, true) => "month",
        (Unit::Month, false) => "months",
        (Unit::Week, true) => "week",
        (Unit::Week, false) => "weeks",
        (Unit::Day, true) => "day",
        (Unit::Day, false) => "days",
    })
}

/// A day as Americans write it: `03/09/2026`.
fn told(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.month(), date.day(), date.year())
}

fn days(count: i32) -> String {
    format!("{count} day{}", if count == 1 { "" } else { "s" })
}

fn origin(teller: &Teller, origin: &Origin) -> String {
    match origin {
        Origin::Previous(_) => "the previous dose".to_owned(),
        Origin::TargetDose(number, _) => format!("dose {number}"),
        Origin::Vaccine(place) => {
            let (name, date) = teller.dose(*place);
            format!("{name} ({})", told(date))
        }
        Origin::Observation(code) => teller.observation_within(*code, Language::English),
    }
}

pub(super) fn reason(teller: &Teller, reason: &Reason) -> String {
    match reason {
        Reason::LotExpired { on } => format!("Must be given again: the lot had expired on {}.", told(on.date())),
        Reason::MustBeRepeated => "Must be given again: the dose was partial, spoiled or recalled.".to_owned(),
        Reason::Inadvertent => {
            "Not valid: this vaccine is not to be given for this dose (given by mistake).".to_owned()
        }
        Reason::TooYoung { minimum, absolute } => too_young(teller, *minimum, *absolute),
        Reason::AgeWithGrace { minimum, absolute } => early_age(teller, *minimum, *absolute),
        Reason::TooOld { maximum } => match teller.age(*maximum) {
            Some((age, date)) => {
                format!("Not needed: given at or after the maximum age of {} ({}).", words(age), told(date))
            }
            None => "Not needed: given after the maximum age.".to_owned(),
        },
        Reason::TooSoon { origin: from, reference, given, minimum, absolute } => {
            let after = format!("given {} after {}", days(given.days_since(*reference)), origin(teller, from));
            format!("Not valid: {after}; the minimum is {}.", minimum_words(*reference, *minimum, *absolute))
        }
        Reason::IntervalWithGrace { origin: from, reference, given, minimum, absolute } => {
            let after = format!("given {} after {}", days(given.days_since(*reference)), origin(teller, from));
            let date = |period: Option<Period>| period.unwrap_or_default().after(*reference).date();
            let minimum_text = minimum_words(*reference, *minimum, None);
            if Teller::is_grace(date(*absolute), date(*minimum)) {
                format!("Counts: {after}; the minimum is {minimum_text}, but this is within the days of grace.")
            } else {
                format!("Counts: {after}; the minimum is {minimum_text}, but it need not be given again.")
            }
        }
        Reason::AllowableInterval => "Counts: the interval is shorter than preferred, but long enough.".to_owned(),
        Reason::Conflict { with, given, on, end } => {
            let (name, _) = teller.dose(*with);
            let after = days(given.days_since(*on));
            format!(
                "Not valid: given {after} after another live vaccine ({name}, {}); it had to wait until {}.",
                told(on.date()),
                told(end.date())
            )
        }
        Reason::VaccineOfAnotherAge => "Not valid: this vaccine does not count at this age.".to_owned(),
        Reason::WrongVaccine => "Not valid: this vaccine does not count for this dose.".to_owned(),
        Reason::AfterLastSeason(end) => format!(
            "Not evaluated: this dose was given after {}, and the schedule in use holds no later season.",
            told(end.date())
        ),
        Reason::SeriesAlreadyComplete => "Not needed: the series was already complete.".to_owned(),
    }
}

fn early_age(teller: &Teller, minimum: crate::schedule::AgeId, absolute: crate::schedule::AgeId) -> String {
    match (teller.age(minimum), teller.age(absolute)) {
        (Some((age, date)), Some((_, counts_from))) if Teller::is_grace(counts_from, date) => format!(
            "Counts: given a little before the minimum age of {} ({}), within the days of grace.",
            words(age),
            told(date)
        ),
        (Some((age, date)), _) => {
            format!(
                "Counts: given before the minimum age of {} ({}), but it need not be given again.",
                words(age),
                told(date)
            )
        }
        _ => "Counts: within the days of grace.".to_owned(),
    }
}

fn too_young(teller: &Teller, minimum: crate::schedule::AgeId, absolute: crate::schedule::AgeId) -> String {
    match (teller.age(minimum), teller.age(absolute)) {
        (Some((age, date)), Some((_, absolute))) if absolute < date => {
            let early = if Teller::is_grace(absolute, date) { "with grace" } else { "is early enough to count" };
            format!(
                "Not valid: given too young; the minimum age is {}, reached on {} ({} {early}).",
                words(age),
                told(date),
                told(absolute)
            )
        }
        (_, Some((age, date))) => {
            format!("Not valid: given too young; the minimum age is {}, reached on {}.", words(age), told(date))
        }
        _ => "Not valid: given too young.".to_owned(),
    }
}

/// `28 (24 with grace)`, or with dates where months count.
fn minimum_words(reference: Day, minimum: Option<Period>, absolute: Option<Period>) -> String {
    let Some(minimum) = minimum.or(absolute) else { return "longer".to_owned() };
    let reached = minimum.after(reference).date();
    let early = absolute.map(|absolute| (absolute, absolute.after(reference).date()));
    let early = early.filter(|(_, date)| *date < reached);
    let word = |date| if Teller::is_grace(date, reached) { "with grace" } else { "is enough to count" };
    match (minimum.whole_days(), early) {
        (Some(days), None) => days.to_string(),
        (Some(days), Some((absolute, date))) if absolute.whole_days().is_some() => {
            format!("{days} ({} {})", absolute.whole_days().unwrap_or_default(), word(date))
        }
        (_, Some((_, date))) => {
            format!("{}, reached on {} ({} {})", words(minimum), told(reached), told(date), word(date))
        }
        (_, None) => format!("{}, reached on {}", words(minimum), told(reached)),
    }
}

pub(super) fn need(teller: &Teller, need: &Need) -> String {
    match need {
        Need::Needed => "A dose is needed.".to_owned(),
        Need::Complete => "The series is complete.".to_owned(),
        Need::PastHistory => "Not recommended, because of the doses given or the person's age.".to_owned(),
        Need::Immune(Immunity::Observed(code)) => format!("Immune: {}.", teller.observation(*code, Language::English)),
        Need::Immune(Immunity::BornBefore(day)) => format!("Counts as immune: born before {}.", told(day.date())),
        Need::Contraindicated(code) => format!("Contraindicated: {}.", teller.observation(*code, Language::English)),
        Need::SeasonOver(end) => {
            format!(
                "The schedule in use holds no season after {}; follow the current recommendations.",
                told(end.date())
            )
        }
        Need::TooOld(maximum) => format!("Too old: no dose is given on or after {}.", told(maximum.date())),
        Need::NoDate => "No dose is given at this age.".to_owned(),
    }
}

pub(super) fn basis(teller: &Teller, basis: &Basis, day: Date, is_recommended: bool) -> String {
    let begin = if is_recommended {
        format!("Recommended from {}", told(day))
    } else {
        format!("Can be given from {}", told(day))
    };
    let why = match basis {
        Basis::Age(age) => match (teller.age(*age), is_recommended) {
            (Some((age, _)), _) if age == Period::default() => "from birth on".to_owned(),
            (Some((age, _)), true) => format!("at the recommended age of {}", words(age)),
            (Some((age, _)), false) => format!("at the minimum age of {}", words(age)),
            (None, _) => "at this age".to_owned(),
        },
        Basis::Interval { period, origin: from } => format!("{} after {}", words(*period), origin(teller, from)),
        Basis::Conflict(place) => {
            let (name, date) = teller.dose(*place);
            format!("after the wait for another live vaccine ({name}, {})", told(date))
        }
        Basis::Season => match teller.season_age(day) {
            SeasonAge::Coming => "when the season begins".to_owned(),
            SeasonAge::Current => "the season has begun".to_owned(),
            SeasonAge::Past => {
                "the schedule in use holds no later season; follow the current recommendations".to_owned()
            }
        },
        Basis::Inadvertent(_) => "not before the dose given by mistake".to_owned(),
        Basis::LastDose(_) => "not before the last dose".to_owned(),
    };
    format!("{begin}: {why}.")
}
