//! Days as people write and read them.

use jiff::Timestamp;
use jiff::civil::Date;
use registry::Registry;

use crate::forms::{Form, Posted};
use crate::languages::Language;

/// A day as people read it: `03/09/2026` in English, `9 mar 2026` in Spanish, so that nobody mistakes the month.
pub(crate) fn shown(date: Date, language: Language) -> String {
    match language {
        Language::English => format!("{:02}/{:02}/{:04}", date.month(), date.day(), date.year()),
        Language::Spanish => format!("{} {} {}", date.day(), short_month(date.month(), language), date.year()),
    }
}

/// An instant as people read it, in the registry's own time: day, hour and minute.
pub(crate) fn moment(registry: &Registry, at: Timestamp, language: Language) -> String {
    let local = registry.local_time(at);
    format!("{}, {:02}:{:02}", shown(local.date(), language), local.hour(), local.minute())
}

fn short_month(month: i8, language: Language) -> &'static str {
    language.text(&format!("month.short_{month}"))
}

/// Reads a day from three fields, `NAME_month`, `NAME_day`, `NAME_year`. `None` when nothing was filled in, or when it
/// is no day, which the form is told.
pub(crate) fn read(posted: &Posted, form: &mut Form, name: &str, language: Language) -> Option<Date> {
    read_or_tell(posted, form, name, language, "form.date_wrong")
}

/// Reads a day as [`read`] does; when it is no day, the form is told with this text of the catalog.
pub(crate) fn read_or_tell(
    posted: &Posted,
    form: &mut Form,
    name: &str,
    language: Language,
    wrong: &str,
) -> Option<Date> {
    let part = |part: &str| posted.text(&format!("{name}_{part}")).to_owned();
    let (month, day, year) = (part("month"), part("day"), part("year"));
    if month.is_empty() && day.is_empty() && year.is_empty() {
        return None;
    }
    let date = day_of(&year, &month, &day);
    if date.is_none() {
        form.refuse_with(language, name, wrong);
    }
    date
}

/// The day that three fields of a form hold, as [`fill`] fills them; `None` when it is none.
pub(crate) fn filled(form: &Form, name: &str) -> Option<Date> {
    let part = |part: &str| form.value(&format!("{name}_{part}"));
    day_of(part("year"), part("month"), part("day"))
}

fn day_of(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(full_year(year)?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A year has four digits: two could be of either century.
fn full_year(text: &str) -> Option<i16> {
    if text.len() == 4 { text.parse().ok() } else { None }
}

/// Puts a day into its three fields.
pub(crate) fn fill(form: &mut Form, name: &str, date: Date) {
    form.set(&format!("{name}_month"), date.month().to_string());
    form.set(&format!("{name}_day"), date.day().to_string());
    form.set(&format!("{name}_year"), date.year().to_string());
}
