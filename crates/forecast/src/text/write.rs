//! Writes the text form of a schedule.

use std::collections::BTreeMap;
use std::fmt::Write;

use model::Cvx;

use super::write_dose::write_dose;
use crate::facts::{
    AntigenFacts, ConflictFacts, ContraindicationFacts, ObservationCode, ScheduleFacts, SeriesFacts, SeriesKind,
    VaccinesAtAge,
};
use crate::periods::Period;

/// A file of the text form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextFile {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The files of a schedule: the release, the vaccines, the observations, and each antigen.
pub fn write(facts: &ScheduleFacts) -> Vec<TextFile> {
    let names = Names::of(facts);
    let mut files = vec![
        TextFile { name: "schedule.txt".to_owned(), text: release(facts) },
        TextFile { name: "vaccines.txt".to_owned(), text: vaccines(facts) },
        TextFile { name: "observations.txt".to_owned(), text: observations(facts) },
    ];
    for antigen in &facts.antigens {
        files.push(TextFile { name: antigen_file_name(&antigen.name), text: antigen_text(antigen, &names) });
    }
    files
}

/// The file of an antigen. Files, and so antigens, stand in the order of these names.
pub(crate) fn antigen_file_name(antigen: &str) -> String {
    format!("antigen-{}.txt", antigen.to_ascii_lowercase().replace([' ', '/'], "-"))
}

/// What codes are called, for remarks.
pub(super) struct Names<'a> {
    vaccines: BTreeMap<Cvx, &'a str>,
    observations: BTreeMap<ObservationCode, &'a str>,
}

impl<'a> Names<'a> {
    fn of(facts: &'a ScheduleFacts) -> Names<'a> {
        Names {
            vaccines: facts.vaccines.iter().map(|vaccine| (vaccine.cvx, vaccine.name.as_str())).collect(),
            observations: facts.observations.iter().map(|known| (known.code, known.name.as_str())).collect(),
        }
    }

    pub(super) fn vaccines(&self, vaccines: &[Cvx]) -> String {
        let names: Vec<&str> = vaccines.iter().map(|cvx| self.vaccines.get(cvx).copied().unwrap_or("?")).collect();
        names.join(" / ")
    }

    pub(super) fn observation(&self, code: ObservationCode) -> &str {
        self.observations.get(&code).copied().unwrap_or("?")
    }
}

/// Adds a line; writing to a string cannot fail.
macro_rules! line {
    ($text:expr, $($argument:tt)*) => {
        writeln!($text, $($argument)*).expect("writing to a string cannot fail")
    };
}
pub(super) use line;

fn release(facts: &ScheduleFacts) -> String {
    let mut text = format!("schedule {}\n\n# The files that this was made from: SHA-256 and name.\n", facts.name);
    for source in &facts.sources {
        line!(text, "source {} {}", source.sha256, source.name);
    }
    text.push_str("\n# Vaccine groups and their antigens.\n");
    for group in &facts.groups {
        let antigens: String = group.antigens.iter().map(|antigen| format!("; antigen {antigen}")).collect();
        line!(text, "group {}{antigens}{}", group.name, if group.is_given_in_full { "; given in full" } else { "" });
    }
    text.push_str("\n# Live vaccines: how long the second waits after the first; otherwise = after a first dose that is not valid.\n");
    for conflict in &facts.conflicts {
        text.push_str(&conflict_line(conflict));
    }
    text
}

fn conflict_line(conflict: &ConflictFacts) -> String {
    let ConflictFacts { previous, current, begin, minimum_end, end } = conflict;
    let otherwise = if end == minimum_end { String::new() } else { format!("; otherwise {end}") };
    format!("conflict after {}; for {}; begin {begin}; end {minimum_end}{otherwise}\n", codes(previous), codes(current))
}

fn vaccines(facts: &ScheduleFacts) -> String {
    let mut text = "# Vaccines, and the antigens that they count for.\n".to_owned();
    for vaccine in &facts.vaccines {
        let mut antigens = String::new();
        for association in &vaccine.antigens {
            antigens.push_str(&format!("; antigen {}", association.antigen));
            antigens.push_str(&fields(&[("from", association.from), ("before", association.before)]));
        }
        line!(text, "vaccine {} {}{antigens}", vaccine.cvx, vaccine.name);
    }
    text
}

fn observations(facts: &ScheduleFacts) -> String {
    let mut text = "# Observations that rules ask for, and the codes of other systems that mean them.\n".to_owned();
    for observation in &facts.observations {
        let synonyms: String = observation.synonyms.iter().map(|(system, code)| format!("; {system} {code}")).collect();
        line!(text, "observation {} {}{synonyms}", observation.code, observation.name);
    }
    text
}

fn antigen_text(antigen: &AntigenFacts, names: &Names) -> String {
    let mut text = format!("antigen {}\n", antigen.name);
    for code in &antigen.immune_if {
        line!(text, "  immune if {code}  # {}", names.observation(*code));
    }
    for birth in &antigen.immune_births {
        let country = birth.country.as_ref().map(|country| format!("; in {country}")).unwrap_or_default();
        let unless = if birth.unless.is_empty() { String::new() } else { format!("; unless {}", codes(&birth.unless)) };
        line!(text, "  immune born before {}{country}{unless}", birth.before);
    }
    for rule in &antigen.contraindications {
        line!(text, "  contraindicated {}", coded_ages(rule, names));
    }
    for rule in &antigen.vaccine_contraindications {
        let vaccines: String = rule.vaccines.iter().map(|row| format!("; vaccines {}", vaccines_at_age(row))).collect();
        line!(text, "  contraindicated {}{vaccines}  # {}", rule.code, names.observation(rule.code));
    }
    for series in &antigen.series {
        write_series(&mut text, series, names);
    }
    text
}

fn write_series(text: &mut String, series: &SeriesFacts, names: &Names) {
    let kind = match series.kind {
        SeriesKind::Standard => "everybody",
        SeriesKind::Risk => "people at risk",
        SeriesKind::EvaluationOnly => "evaluation only",
    };
    line!(text, "\nseries {}\n  for {kind}\n  protects {}", series.name, series.vaccine_group);
    let mut choice = format!("group {} {}", series.group, series.group_name);
    if !series.equivalent_groups.is_empty() {
        choice.push_str(&format!("; equivalent {}", codes(&series.equivalent_groups)));
    }
    choice.push_str(if series.is_default { "; default" } else { "" });
    choice.push_str(if series.is_product_path { "; product path" } else { "" });
    choice.push_str(&format!("; priority {}", series.priority));
    if let Some(preference) = series.preference {
        choice.push_str(&format!("; preference {preference}"));
    }
    if series.begin_from.is_some() || series.begin_before.is_some() {
        choice.push_str(&format!("; begin {}", ages(series.begin_from, series.begin_before)));
    }
    line!(text, "  choose {choice}");
    if !series.sexes.is_empty() {
        let sexes: Vec<&str> = series.sexes.iter().map(|sex| sex.code()).collect();
        line!(text, "  sex {}", sexes.join(" "));
    }
    for indication in &series.indications {
        line!(text, "  indicated {}", coded_ages(indication, names));
    }
    for (place, dose) in series.doses.iter().enumerate() {
        write_dose(text, place + 1, dose, names);
    }
}

fn coded_ages(rule: &ContraindicationFacts, names: &Names) -> String {
    let fields = fields(&[("from", rule.from), ("before", rule.before)]);
    format!("{}{fields}  # {}", rule.code, names.observation(rule.code))
}

pub(super) fn vaccines_at_age(row: &VaccinesAtAge) -> String {
    format!("{}{}", codes(&row.vaccines), fields(&[("from", row.from), ("before", row.before)]))
}

/// `from 2 years before 4 years`.
pub(super) fn ages(from: Option<Period>, before: Option<Period>) -> String {
    let from = from.map(|age| format!("from {age}"));
    let before = before.map(|age| format!("before {age}"));
    from.into_iter().chain(before).collect::<Vec<_>>().join(" ")
}

/// `; from 2 years; before 4 years`, whatever is there.
pub(super) fn fields(fields: &[(&str, Option<Period>)]) -> String {
    fields.iter().filter_map(|(name, period)| period.map(|period| format!("; {name} {period}"))).collect()
}

pub(super) fn codes<T: ToString>(codes: &[T]) -> String {
    codes.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}
