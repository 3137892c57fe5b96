//! The values of the release: dates, codes, words.

use jiff::civil::Date;
use model::Cvx;

/// What is not understood, and on which line.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) reason: String,
}

impl Problem {
    pub(super) fn new(line: usize, reason: impl Into<String>) -> Problem {
        Problem { line, reason: reason.into() }
    }
}

/// `20250827`.
pub(super) fn date(text: &str) -> Option<Date> {
    let is_date = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_date.then(|| Date::strptime("%Y%m%d", text).ok()).flatten()
}

/// `01/01/1957`, in births that prove immunity.
pub(super) fn american_date(text: &str) -> Option<Date> {
    Date::strptime("%m/%d/%Y", text).ok()
}

/// `01;11;20` or `100; 109`.
pub(super) fn vaccines(text: &str) -> Option<Vec<Cvx>> {
    text.split(';').map(|code| Cvx::parse(code.trim())).collect()
}

/// `1` or `1; 2`.
pub(super) fn numbers(text: &str) -> Option<Vec<u8>> {
    text.split(';').map(|number| number.trim().parse().ok()).collect()
}

pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "Yes" | "Y" => Some(true),
        "No" | "N" => Some(false),
        _ => None,
    }
}

/// A name: semicolons and number signs, which the text form uses, are replaced.
pub(super) fn name(text: &str) -> Option<String> {
    Some(text.replace(';', ",").replace('#', "no."))
}
