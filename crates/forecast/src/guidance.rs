//! What the schedule leaves to the person and who treats them: doses that may be given and need not. CDSi says so in sentences
//! beside a series, not in its rules, so that the dates of such a forecast are those of everybody else.
//!
//! # Source
//! CDSi Logic Specification 4.6, FORECASTGUIDANCE-1; CDSi supporting data 4.64, administrative guidance of the series.

use crate::forecast::Forecast;
use crate::periods::Period;
use crate::sentences::{Explanation, Language, ReasonKind};
use crate::vaccine_groups::{ForecastKind, GroupForecast};
use crate::walk::SeriesStatus;

/// A recommendation that leaves the choice, at some ages.
struct Choice {
    vaccine_group: &'static str,
    /// Years of age from which it holds, and before which.
    ages: std::ops::Range<i16>,
    english: &'static str,
    spanish: &'static str,
}

const CHOICES: [Choice; 3] = [
    Choice {
        vaccine_group: "HepB",
        ages: 60..200,
        english: "From 60 years on, who has no risk of hepatitis B may be vaccinated, and need not.",
        spanish: "Desde los 60 años, quien no tiene riesgo de hepatitis B puede vacunarse, pero no es necesario.",
    },
    Choice {
        vaccine_group: "HPV",
        ages: 27..46,
        english: "From 27 to 45 years it is a shared decision of the person and who treats them.",
        spanish: "De los 27 a los 45 años es una decisión compartida entre la persona y quien la atiende.",
    },
    Choice {
        vaccine_group: "Meningococcal B",
        ages: 16..24,
        english: "From 16 to 23 years it is a shared decision of the person and who treats them; 16 to 18 years is best.",
        spanish: "De los 16 a los 23 años es una decisión compartida entre la persona y quien la atiende; lo mejor es de los 16 a los 18.",
    },
];

/// What the schedule leaves to a decision about a group that asks for a dose; nothing where a risk makes it needed.
pub(crate) fn guidance(found: &Forecast<'_>, group: &GroupForecast, language: Language) -> Option<Explanation> {
    if group.status != SeriesStatus::NotComplete || group.kind != ForecastKind::Standard {
        return None;
    }
    let name = &found.schedule.groups[usize::from(group.group)].name;
    let person = &found.workspace.person;
    let is_reached = |years: i16| Period::months(12 * years).after(person.birth) <= person.today;
    let holds = |choice: &&Choice| {
        choice.vaccine_group == name && is_reached(choice.ages.start) && !is_reached(choice.ages.end)
    };
    let choice = CHOICES.iter().find(holds)?;
    let text = match language {
        Language::English => choice.english,
        Language::Spanish => choice.spanish,
    };
    Some(Explanation { rule: model::Reason::GUIDANCE, kind: ReasonKind::Guidance, text: text.to_owned() })
}
