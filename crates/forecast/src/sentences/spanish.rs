//! Sentences in Spanish.

use jiff::civil::Date;

use super::{Basis, Immunity, Language, Need, Origin, Period, Reason, SeasonAge, Teller, Unit, period_words};
use crate::days::Day;

fn words(period: Period) -> String {
    period_words(period, |unit, is_one| match (unit, is_one) {
        (Unit::Year, true) => "año",
        (Unit::Year, false) => "años",
        (Unit::Month, true) => "mes",
        (Unit::Month, false) => "meses",
        (Unit::Week, true) => "semana",
        (Unit::Week, false) => "semanas",
        (Unit::Day, true) => "día",
        (Unit::Day, false) => "días",
    })
}

/// A day that nobody takes for another: `9 mar 2026`.
fn told(date: Date) -> String {
    const MONTHS: [&str; 12] = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];
    let month = usize::from(date.month().unsigned_abs()) - 1;
    format!("{} {} {}", date.day(), MONTHS[month], date.year())
}

fn days(count: i32) -> String {
    format!("{count} día{}", if count == 1 { "" } else { "s" })
}

fn origin(teller: &Teller, origin: &Origin) -> String {
    match origin {
        Origin::Previous(_) => "la dosis anterior".to_owned(),
        Origin::TargetDose(number, _) => format!("la dosis {number}"),
        Origin::Vaccine(place) => {
            let (name, date) = teller.dose(*place);
            format!("{name} ({})", told(date))
        }
        Origin::Observation(code) => teller.observation_within(*code, Language::Spanish),
    }
}

pub(super) fn reason(teller: &Teller, reason: &Reason) -> String {
    match reason {
        Reason::LotExpired { on } => format!("Debe repetirse: el lote había vencido el {}.", told(on.date())),
        Reason::MustBeRepeated => "Debe repetirse: la dosis fue parcial, se dañó o fue retirada.".to_owned(),
        Reason::Inadvertent => "No válida: esta vacuna no corresponde a esta dosis (se aplicó por error).".to_owned(),
        Reason::TooYoung { minimum, absolute } => too_young(teller, *minimum, *absolute),
        Reason::AgeWithGrace { minimum, absolute } => early_age(teller, *minimum, *absolute),
        Reason::TooOld { maximum } => match teller.age(*maximum) {
            Some((age, date)) => {
                format!("No era necesaria: se aplicó a la edad máxima de {} ({}) o después.", words(age), told(date))
            }
            None => "No era necesaria: se aplicó después de la edad máxima.".to_owned(),
        },
        Reason::TooSoon { origin: from, reference, given, minimum, absolute } => {
            let after = format!("se aplicó {} después de {}", days(given.days_since(*reference)), origin(teller, from));
            format!("No válida: {after}; el mínimo es {}.", minimum_words(*reference, *minimum, *absolute))
        }
        Reason::IntervalWithGrace { origin: from, reference, given, minimum, absolute } => {
            let after = format!("se aplicó {} después de {}", days(given.days_since(*reference)), origin(teller, from));
            let date = |period: Option<Period>| period.unwrap_or_default().after(*reference).date();
            let minimum_text = minimum_words(*reference, *minimum, None);
            if Teller::is_grace(date(*absolute), date(*minimum)) {
                format!("Cuenta: {after}; el mínimo es {minimum_text}, pero está dentro de los días de gracia.")
            } else {
                format!("Cuenta: {after}; el mínimo es {minimum_text}, pero no hace falta repetirla.")
            }
        }
        Reason::AllowableInterval => "Cuenta: el intervalo es más corto de lo preferido, pero suficiente.".to_owned(),
        Reason::Conflict { with, given, on, end } => {
            let (name, _) = teller.dose(*with);
            let after = days(given.days_since(*on));
            format!(
                "No válida: se aplicó {after} después de otra vacuna viva ({name}, {}); había que esperar hasta el {}.",
                told(on.date()),
                told(end.date())
            )
        }
        Reason::VaccineOfAnotherAge => "No válida: esta vacuna no cuenta a esta edad.".to_owned(),
        Reason::WrongVaccine => "No válida: esta vacuna no cuenta para esta dosis.".to_owned(),
        Reason::AfterLastSeason(end) => format!(
            "No evaluada: esta dosis se aplicó después del {}, y el esquema en uso no tiene temporadas posteriores.",
            told(end.date())
        ),
        Reason::SeriesAlreadyComplete => "No era necesaria: la serie ya estaba completa.".to_owned(),
    }
}

fn early_age(teller: &Teller, minimum: crate::schedule::AgeId, absolute: crate::schedule::AgeId) -> String {
    match (teller.age(minimum), teller.age(absolute)) {
        (Some((age, date)), Some((_, counts_from))) if Teller::is_grace(counts_from, date) => format!(
            "Cuenta: se aplicó poco antes de la edad mínima de {} ({}), dentro de los días de gracia.",
            words(age),
            told(date)
        ),
        (Some((age, date)), _) => format!(
            "Cuenta: se aplicó antes de la edad mínima de {} ({}), pero no hace falta repetirla.",
            words(age),
            told(date)
        ),
        _ => "Cuenta: dentro de los días de gracia.".to_owned(),
    }
}

fn too_young(teller: &Teller, minimum: crate::schedule::AgeId, absolute: crate::schedule::AgeId) -> String {
    match (teller.age(minimum), teller.age(absolute)) {
        (Some((age, date)), Some((_, absolute))) if absolute < date => {
            let early = if Teller::is_grace(absolute, date) { "con gracia" } else { "basta para que cuente" };
            format!(
                "No válida: se aplicó demasiado pronto; la edad mínima es {}, cumplida el {} ({} {early}).",
                words(age),
                told(date),
                told(absolute)
            )
        }
        (_, Some((age, date))) => {
            format!(
                "No válida: se aplicó demasiado pronto; la edad mínima es {}, cumplida el {}.",
                words(age),
                told(date)
            )
        }
        _ => "No válida: se aplicó demasiado pronto.".to_owned(),
    }
}

/// `28 (24 con gracia)`, or with dates where months count.
fn minimum_words(reference: Day, minimum: Option<Period>, absolute: Option<Period>) -> String {
    let Some(minimum) = minimum.or(absolute) else { return "mayor".to_owned() };
    let reached = minimum.after(reference).date();
    let early = absolute.map(|absolute| (absolute, absolute.after(reference).date()));
    let early = early.filter(|(_, date)| *date < reached);
    let word = |date| if Teller::is_grace(date, reached) { "con gracia" } else { "basta para que cuente" };
    match (minimum.whole_days(), early) {
        (Some(days), None) => days.to_string(),
        (Some(days), Some((absolute, date))) if absolute.whole_days().is_some() => {
            format!("{days} ({} {})", absolute.whole_days().unwrap_or_default(), word(date))
        }
        (_, Some((_, date))) => {
            format!("{}, cumplidos el {} ({} {})", words(minimum), told(reached), told(date), word(date))
        }
        (_, None) => format!("{}, cumplidos el {}", words(minimum), told(reached)),
    }
}

pub(super) fn need(teller: &Teller, need: &Need) -> String {
    match need {
        Need::Needed => "Se necesita una dosis.".to_owned(),
        Need::Complete => "La serie está completa.".to_owned(),
        Need::PastHistory => "No se recomienda, por las dosis aplicadas o por la edad.".to_owned(),
        Need::Immune(Immunity::Observed(code)) => format!("Inmune: {}.", teller.observation(*code, Language::Spanish)),
        Need::Immune(Immunity::BornBefore(day)) => {
            format!("Se considera inmune: nació antes del {}.", told(day.date()))
        }
        Need::Contraindicated(code) => format!("Contraindicada: {}.", teller.observation(*code, Language::Spanish)),
        Need::SeasonOver(end) => format!(
            "El esquema en uso no tiene temporadas después del {}; siga las recomendaciones actuales.",
            told(end.date())
        ),
        Need::TooOld(maximum) => {
            format!("Edad superada: no se aplica ninguna dosis desde el {}.", told(maximum.date()))
        }
        Need::NoDate => "No se aplica ninguna dosis a esta edad.".to_owned(),
    }
}

pub(super) fn basis(teller: &Teller, basis: &Basis, day: Date, is_recommended: bool) -> String {
    let begin = if is_recommended {
        format!("Recomendada desde el {}", told(day))
    } else {
        format!("Se puede aplicar desde el {}", told(day))
    };
    let why = match basis {
        Basis::Age(age) => match (teller.age(*age), is_recommended) {
            (Some((age, _)), _) if age == Period::default() => "desde el nacimiento".to_owned(),
            (Some((age, _)), true) => format!("a la edad recomendada de {}", words(age)),
            (Some((age, _)), false) => format!("a la edad mínima de {}", words(age)),
            (None, _) => "a esta edad".to_owned(),
        },
        Basis::Interval { period, origin: from } => format!("{} después de {}", words(*period), origin(teller, from)),
        Basis::Conflict(place) => {
            let (name, date) = teller.dose(*place);
            format!("tras la espera por otra vacuna viva ({name}, {})", told(date))
        }
        Basis::Season => match teller.season_age(day) {
            SeasonAge::Coming => "cuando empieza la temporada".to_owned(),
            SeasonAge::Current => "la temporada ha empezado".to_owned(),
            SeasonAge::Past => {
                "el esquema en uso no tiene temporadas posteriores; siga las recomendaciones actuales".to_owned()
            }
        },
        Basis::Inadvertent(_) => "no antes de la dosis aplicada por error".to_owned(),
        Basis::LastDose(_) => "no antes de la última dosis".to_owned(),
    };
    format!("{begin}: {why}.")
}
