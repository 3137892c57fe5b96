//! Reads the lines of a target dose.

use super::line::{self, Field, Line, Reason};
use crate::facts::{
    AgeFacts, Comparison, CountFacts, IntervalFacts, IntervalFrom, PreferableFacts, SeasonFacts, SeriesFacts,
    SkipConditionFacts, SkipContext, SkipFacts, SkipSetFacts, TargetDoseFacts, VaccinesAtAge,
};

pub(super) fn read_dose_line(line: Line, series: &mut SeriesFacts) -> Result<(), Reason> {
    let rest = line.after_keyword();
    if line.keyword() == "dose" {
        series.doses.push(TargetDoseFacts::default());
        let number = usize::from(line::number(rest.subject())?);
        return if number == series.doses.len() {
            Ok(())
        } else {
            Err(format!("dose {} was expected, not dose {number}", series.doses.len()))
        };
    }
    let dose = series.doses.last_mut().ok_or_else(|| format!("\"{}\" is not known here", line.keyword()))?;
    match line.keyword() {
        "age" => dose.ages.push(read_age(rest)?),
        "interval" => dose.intervals.push(read_interval(rest)?),
        "or" if rest.subject().starts_with("interval") => {
            dose.allowable_intervals.push(read_interval(rest.after_keyword())?);
        }
        "prefer" => dose.preferable.push(read_preferable(rest)?),
        "allow" => dose.allowable.push(read_allowable(rest)?),
        "inadvertent" => dose.inadvertent = line::vaccines(rest.subject())?,
        "recurring" => dose.is_recurring = true,
        "season" => dose.season = Some(read_season(rest)?),
        _ => return read_skip_line(line, &mut dose.skips),
    }
    Ok(())
}

fn read_age(line: Line) -> Result<AgeFacts, Reason> {
    let mut age = AgeFacts::default();
    for field in line.parts() {
        match field.name {
            "absolute" => age.absolute = field.period()?,
            "minimum" => age.minimum = field.period()?,
            "recommended" => age.recommended = field.period()?,
            "late" => age.late = field.period()?,
            "maximum" => age.maximum = field.period()?,
            _ if field.read_effect(&mut age.effect)? => {}
            _ => return Err(field.unknown()),
        }
    }
    Ok(age)
}

fn read_interval(line: Line) -> Result<IntervalFacts, Reason> {
    let mut interval = IntervalFacts { from: read_interval_from(line.subject())?, ..IntervalFacts::default() };
    for field in line.fields() {
        match field.name {
            "absolute" => interval.absolute = field.period()?,
            "minimum" => interval.minimum = field.period()?,
            "recommended" => interval.recommended = field.period()?,
            "late" => interval.late = field.period()?,
            "override" => interval.is_override = true,
            _ if field.read_effect(&mut interval.effect)? => {}
            _ => return Err(field.unknown()),
        }
    }
    Ok(interval)
}

fn read_interval_from(text: &str) -> Result<IntervalFrom, Reason> {
    let unknown = || format!("\"{text}\" is not known: from previous dose, dose n, vaccines ..., observation ...");
    let from = Field::new(text.strip_prefix("from ").ok_or_else(unknown)?);
    match (from.name, from.value) {
        ("previous", "dose") => Ok(IntervalFrom::Previous),
        ("dose", number) => line::number(number).map(IntervalFrom::TargetDose),
        ("vaccines", vaccines) => line::vaccines(vaccines).map(IntervalFrom::MostRecent),
        ("observation", code) => line::observation(code).map(IntervalFrom::Observation),
        _ => Err(unknown()),
    }
}

fn read_preferable(line: Line) -> Result<PreferableFacts, Reason> {
    let mut row = PreferableFacts { vaccines: line::vaccines(line.subject())?, ..PreferableFacts::default() };
    for field in line.fields() {
        match field.name {
            "from" => row.from = field.period()?,
            "before" => row.before = field.period()?,
            "maker" => row.maker = Some(field.value.to_owned()),
            "trade" => row.trade_name = Some(field.value.to_owned()),
            "mL" => row.volume = Some(field.value.to_owned()),
            "recommend" => row.is_recommended = true,
            _ => return Err(field.unknown()),
        }
    }
    Ok(row)
}

fn read_allowable(line: Line) -> Result<VaccinesAtAge, Reason> {
    let mut row = VaccinesAtAge { vaccines: line::vaccines(line.subject())?, from: None, before: None };
    for field in line.fields() {
        match field.name {
            "from" => row.from = field.period()?,
            "before" => row.before = field.period()?,
            _ => return Err(field.unknown()),
        }
    }
    Ok(row)
}

fn read_season(line: Line) -> Result<SeasonFacts, Reason> {
    let mut season = SeasonFacts::default();
    for field in line.parts() {
        match field.name {
            "start" => season.start = field.date()?,
            "end" => season.end = field.date()?,
            _ => return Err(field.unknown()),
        }
    }
    Ok(season)
}

/// `skip` begins a conditional skip, `when` a set of conditions; `and` and `or` add conditions to the set.
fn read_skip_line(line: Line, skips: &mut Vec<SkipFacts>) -> Result<(), Reason> {
    let rest = line.after_keyword();
    if line.keyword() == "skip" {
        let context = match rest.subject() {
            "always" => SkipContext::Both,
            "when evaluating" => SkipContext::Evaluation,
            "when forecasting" => SkipContext::Forecast,
            other => return Err(format!("\"{other}\" is not known: always, when evaluating, when forecasting")),
        };
        let mut skip = SkipFacts { context, ..SkipFacts::default() };
        for field in rest.fields() {
            match (field.name, field.value) {
                ("every", "set") => skip.needs_every_set = true,
                _ => return Err(field.unknown()),
            }
        }
        skips.push(skip);
        return Ok(());
    }
    let unknown = || format!("\"{}\" is not known here", line.keyword());
    let skip = skips.last_mut().ok_or_else(unknown)?;
    let mut effect = Default::default();
    let condition = read_condition(rest, &mut effect)?;
    match (line.keyword(), skip.sets.last_mut()) {
        ("when", _) => skip.sets.push(SkipSetFacts { effect, needs_any: false, conditions: vec![condition] }),
        ("and", Some(set)) if !set.needs_any => set.conditions.push(condition),
        ("or", Some(set)) if set.needs_any || set.conditions.len() == 1 => {
            set.needs_any = true;
            set.conditions.push(condition);
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

fn read_condition(line: Line, effect: &mut crate::facts::EffectFacts) -> Result<SkipConditionFacts, Reason> {
    let subject = Field::new(line.subject());
    let mut count = CountFacts::default();
    for field in line.fields() {
        match field.name {
            "vaccines" => count.vaccines = line::vaccines(field.value)?,
            "given" => (count.from, count.before) = line::ages(field.value)?,
            "since" => count.since = field.date()?,
            "until" => count.until = field.date()?,
            _ if field.read_effect(effect)? => {}
            _ => return Err(field.unknown()),
        }
    }
    match subject.name {
        "age" => {
            let (from, before) = line::ages(subject.value)?;
            Ok(SkipConditionFacts::Age { from, before })
        }
        "interval" => line::period(subject.value).map(SkipConditionFacts::Interval),
        "completed" => {
            let groups = subject.value.strip_prefix("group ").ok_or_else(|| subject.unknown())?;
            line::numbers(groups).map(SkipConditionFacts::CompletedSeries)
        }
        "valid" | "all" => {
            count.valid_only = subject.name == "valid";
            read_comparison(subject, &mut count)?;
            Ok(SkipConditionFacts::Count(count))
        }
        _ => Err(subject.unknown()),
    }
}

/// Reads `doses > 3`.
fn read_comparison(subject: Field, count: &mut CountFacts) -> Result<(), Reason> {
    let comparison = Field::new(subject.value.strip_prefix("doses ").ok_or_else(|| subject.unknown())?);
    count.comparison = match comparison.name {
        ">" => Comparison::Greater,
        "=" => Comparison::Equal,
        "<" => Comparison::Less,
        _ => return Err(subject.unknown()),
    };
    count.number = line::number(comparison.value)?;
    Ok(())
}
