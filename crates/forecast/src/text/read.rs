//! Reads the text form of a schedule.

use model::Sex;

use super::TextError;
use super::line::{self, Field, Line, Reason};
use super::read_dose;
use crate::facts::{
    AntigenFacts, AssociationFacts, ConflictFacts, ContraindicationFacts, GroupFacts, ImmuneBirthFacts,
    ObservationFacts, ScheduleFacts, SeriesFacts, SeriesKind, SourceFile, VaccineContraindicationFacts, VaccineFacts,
    VaccinesAtAge,
};

/// Reads files of a schedule, each a name and its text, one after the other.
///
/// # Errors
/// [`TextError`] with file and line of the first line that cannot be read.
pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<ScheduleFacts, TextError> {
    let mut facts = ScheduleFacts::default();
    for (file, text) in files {
        for (index, line) in text.lines().enumerate() {
            let Some(line) = Line::new(line) else { continue };
            read_line(line, &mut facts).map_err(|reason| TextError {
                file: file.to_owned(),
                line: index + 1,
                reason,
            })?;
        }
    }
    Ok(facts)
}

fn read_line(line: Line, facts: &mut ScheduleFacts) -> Result<(), Reason> {
    let rest = line.after_keyword();
    match line.keyword() {
        "schedule" => facts.name = rest.subject().to_owned(),
        "source" => {
            let (sha256, name) = line::first_word(rest.subject());
            facts.sources.push(SourceFile { sha256: sha256.to_owned(), name: name.to_owned() });
        }
        "conflict" => facts.conflicts.push(read_conflict(rest)?),
        "group" => facts.groups.push(read_group(rest)?),
        "vaccine" => facts.vaccines.push(read_vaccine(rest)?),
        "observation" => facts.observations.push(read_observation(rest)?),
        "antigen" => facts.antigens.push(AntigenFacts { name: rest.subject().to_owned(), ..AntigenFacts::default() }),
        _ => read_antigen_line(line, facts.antigens.last_mut().ok_or("an antigen must come first")?)?,
    }
    Ok(())
}

fn read_conflict(line: Line) -> Result<ConflictFacts, Reason> {
    let (mut previous, mut current, mut begin, mut minimum_end, mut end) = (None, None, None, None, None);
    for field in line.parts() {
        match field.name {
            "after" => previous = Some(line::vaccines(field.value)?),
            "for" => current = Some(line::vaccines(field.value)?),
            "begin" => begin = field.period()?,
            "end" => minimum_end = field.period()?,
            "otherwise" => end = field.period()?,
            _ => return Err(field.unknown()),
        }
    }
    let conflict = previous.zip(current).zip(begin).zip(minimum_end);
    let (((previous, current), begin), minimum_end) = conflict.ok_or("after, for, begin and end are needed")?;
    Ok(ConflictFacts { previous, current, begin, minimum_end, end: end.unwrap_or(minimum_end) })
}

fn read_group(line: Line) -> Result<GroupFacts, Reason> {
    let mut group = GroupFacts { name: line.subject().to_owned(), is_given_in_full: false, antigens: Vec::new() };
    for field in line.fields() {
        match (field.name, field.value) {
            ("antigen", name) => group.antigens.push(name.to_owned()),
            ("given", "in full") => group.is_given_in_full = true,
            _ => return Err(field.unknown()),
        }
    }
    Ok(group)
}

fn read_vaccine(line: Line) -> Result<VaccineFacts, Reason> {
    let (code, name) = line::first_word(line.subject());
    let mut vaccine = VaccineFacts { cvx: line::cvx(code)?, name: name.to_owned(), antigens: Vec::new() };
    for field in line.fields() {
        match field.name {
            "antigen" => {
                vaccine.antigens.push(AssociationFacts { antigen: field.value.to_owned(), from: None, before: None });
            }
            "from" | "before" => {
                let antigen = vaccine.antigens.last_mut().ok_or("an antigen must come first")?;
                match field.name {
                    "from" => antigen.from = field.period()?,
                    _ => antigen.before = field.period()?,
                }
            }
            _ => return Err(field.unknown()),
        }
    }
    Ok(vaccine)
}

fn read_observation(line: Line) -> Result<ObservationFacts, Reason> {
    let (code, name) = line::first_word(line.subject());
    let synonyms = line.fields().map(|field| (field.name.to_owned(), field.value.to_owned())).collect();
    Ok(ObservationFacts { code: line::observation(code)?, name: name.to_owned(), synonyms })
}

fn read_antigen_line(line: Line, antigen: &mut AntigenFacts) -> Result<(), Reason> {
    let rest = line.after_keyword();
    match line.keyword() {
        "immune" => return read_immunity(rest, antigen),
        "contraindicated" => return read_contraindication(rest, antigen),
        "series" => {
            let name = rest.subject().to_owned();
            antigen.series.push(SeriesFacts { name, priority: 'A', group: 1, ..SeriesFacts::default() });
            return Ok(());
        }
        _ => {}
    }
    let series = antigen.series.last_mut().ok_or("a series must come first")?;
    match line.keyword() {
        "for" => series.kind = read_kind(rest.subject())?,
        "protects" => series.vaccine_group = rest.subject().to_owned(),
        "sex" => series.sexes = read_sexes(rest.subject())?,
        "choose" => rest.parts().try_for_each(|field| read_choice(field, series))?,
        "indicated" => series.indications.push(read_coded_ages(rest)?),
        _ => return read_dose::read_dose_line(line, series),
    }
    Ok(())
}

fn read_immunity(line: Line, antigen: &mut AntigenFacts) -> Result<(), Reason> {
    let subject = Field::new(line.subject());
    match subject.name {
        "if" => antigen.immune_if.push(line::observation(subject.value)?),
        "born" => {
            let before = subject.value.strip_prefix("before ").ok_or("\"born before\" and a date are needed")?;
            let before = line::date(before)?;
            let mut birth = ImmuneBirthFacts { before, country: None, unless: Vec::new() };
            for field in line.fields() {
                match field.name {
                    "in" => birth.country = Some(field.value.to_owned()),
                    "unless" => birth.unless = line::observations(field.value)?,
                    _ => return Err(field.unknown()),
                }
            }
            antigen.immune_births.push(birth);
        }
        _ => return Err(subject.unknown()),
    }
    Ok(())
}

/// `contraindicated <observation>` forbids the antigen; with `vaccines` it forbids these only.
fn read_contraindication(line: Line, antigen: &mut AntigenFacts) -> Result<(), Reason> {
    if !line.fields().any(|field| field.name == "vaccines") {
        antigen.contraindications.push(read_coded_ages(line)?);
        return Ok(());
    }
    let mut rule = VaccineContraindicationFacts { code: line::observation(line.subject())?, vaccines: Vec::new() };
    for field in line.fields() {
        match (field.name, rule.vaccines.last_mut()) {
            ("vaccines", _) => {
                let vaccines = line::vaccines(field.value)?;
                rule.vaccines.push(VaccinesAtAge { vaccines, from: None, before: None });
            }
            ("from", Some(last)) => last.from = field.period()?,
            ("before", Some(last)) => last.before = field.period()?,
            _ => return Err(field.unknown()),
        }
    }
    antigen.vaccine_contraindications.push(rule);
    Ok(())
}

fn read_coded_ages(line: Line) -> Result<ContraindicationFacts, Reason> {
    let mut rule = ContraindicationFacts { code: line::observation(line.subject())?, from: None, before: None };
    for field in line.fields() {
        match field.name {
            "from" => rule.from = field.period()?,
            "before" => rule.before = field.period()?,
            _ => return Err(field.unknown()),
        }
    }
    Ok(rule)
}

fn read_kind(text: &str) -> Result<SeriesKind, Reason> {
    match text {
        "everybody" => Ok(SeriesKind::Standard),
        "people at risk" => Ok(SeriesKind::Risk),
        "evaluation only" => Ok(SeriesKind::EvaluationOnly),
        _ => Err(format!("\"{text}\" is not known: everybody, people at risk, evaluation only")),
    }
}

fn read_sexes(text: &str) -> Result<Vec<Sex>, Reason> {
    text.split_ascii_whitespace()
        .map(|letter| Sex::parse(letter).ok_or_else(|| format!("\"{letter}\" is not a sex")))
        .collect()
}

fn read_choice(field: Field, series: &mut SeriesFacts) -> Result<(), Reason> {
    match (field.name, field.value) {
        ("default", "") => series.is_default = true,
        ("product", "path") => series.is_product_path = true,
        ("group", group) => {
            let (number, name) = line::first_word(group);
            series.group = line::number(number)?;
            series.group_name = name.to_owned();
        }
        ("equivalent", groups) => series.equivalent_groups = line::numbers(groups)?,
        ("priority", priority) => {
            let mut letters = priority.chars();
            let letter = letters.next().filter(|letter| letter.is_ascii_uppercase());
            series.priority = letter.filter(|_| letters.next().is_none()).ok_or("a priority is one capital letter")?;
        }
        ("preference", preference) => series.preference = Some(line::number(preference)?),
        ("begin", ages) => (series.begin_from, series.begin_before) = line::ages(ages)?,
        _ => return Err(field.unknown()),
    }
    Ok(())
}
