//! Writes the lines of a target dose.

use super::write::{Names, ages, codes, fields, line, vaccines_at_age};
use crate::facts::{
    AgeFacts, Comparison, CountFacts, EffectFacts, IntervalFacts, IntervalFrom, PreferableFacts, SkipConditionFacts,
    SkipContext, SkipFacts, TargetDoseFacts,
};
use std::fmt::Write;

pub(super) fn write_dose(text: &mut String, number: usize, dose: &TargetDoseFacts, names: &Names) {
    line!(text, "  dose {number}");
    for age in &dose.ages {
        line!(text, "    age {}", age_fields(age));
    }
    for interval in &dose.intervals {
        line!(text, "    interval {}", interval_fields(interval, names));
    }
    for interval in &dose.allowable_intervals {
        line!(text, "    or interval {}", interval_fields(interval, names));
    }
    for row in &dose.preferable {
        line!(text, "    prefer {}  # {}", preferable_fields(row), names.vaccines(&row.vaccines));
    }
    for row in &dose.allowable {
        line!(text, "    allow {}", vaccines_at_age(row));
    }
    if !dose.inadvertent.is_empty() {
        line!(text, "    inadvertent {}  # {}", codes(&dose.inadvertent), names.vaccines(&dose.inadvertent));
    }
    for skip in &dose.skips {
        write_skip(text, skip);
    }
    if dose.is_recurring {
        line!(text, "    recurring");
    }
    if let Some(season) = dose.season {
        let start = season.start.map(|date| format!("start {date}"));
        let end = season.end.map(|date| format!("end {date}"));
        line!(text, "    season {}", start.into_iter().chain(end).collect::<Vec<_>>().join("; "));
    }
}

fn age_fields(age: &AgeFacts) -> String {
    let periods = fields(&[
        ("absolute", age.absolute),
        ("minimum", age.minimum),
        ("recommended", age.recommended),
        ("late", age.late),
        ("maximum", age.maximum),
    ]);
    let fields = periods + &effect_fields(&age.effect);
    fields.trim_start_matches("; ").to_owned()
}

fn interval_fields(interval: &IntervalFacts, names: &Names) -> String {
    let (from, remark) = match &interval.from {
        IntervalFrom::Previous => ("previous dose".to_owned(), String::new()),
        IntervalFrom::TargetDose(number) => (format!("dose {number}"), String::new()),
        IntervalFrom::MostRecent(vaccines) => {
            (format!("vaccines {}", codes(vaccines)), format!("  # {}", names.vaccines(vaccines)))
        }
        IntervalFrom::Observation(code) => (format!("observation {code}"), format!("  # {}", names.observation(*code))),
    };
    let periods = fields(&[
        ("absolute", interval.absolute),
        ("minimum", interval.minimum),
        ("recommended", interval.recommended),
        ("late", interval.late),
    ]);
    let priority = if interval.is_override { "; override" } else { "" };
    format!("from {from}{periods}{priority}{}{remark}", effect_fields(&interval.effect))
}

fn preferable_fields(row: &PreferableFacts) -> String {
    let mut text = codes(&row.vaccines) + &fields(&[("from", row.from), ("before", row.before)]);
    for (name, value) in [("maker", &row.maker), ("trade", &row.trade_name), ("mL", &row.volume)] {
        if let Some(value) = value {
            text.push_str(&format!("; {name} {value}"));
        }
    }
    text.push_str(if row.is_recommended { "; recommend" } else { "" });
    text
}

fn effect_fields(effect: &EffectFacts) -> String {
    let effective = effect.effective.map(|date| format!("; effective {date}"));
    let ceased = effect.ceased.map(|date| format!("; ceased {date}"));
    effective.into_iter().chain(ceased).collect()
}

fn write_skip(text: &mut String, skip: &SkipFacts) {
    let context = match skip.context {
        SkipContext::Both => "always",
        SkipContext::Evaluation => "when evaluating",
        SkipContext::Forecast => "when forecasting",
    };
    line!(text, "    skip {context}{}", if skip.needs_every_set { "; every set" } else { "" });
    for set in &skip.sets {
        for (place, condition) in set.conditions.iter().enumerate() {
            let (keyword, effect) = match (place, set.needs_any) {
                (0, _) => ("when", effect_fields(&set.effect)),
                (_, true) => ("  or", String::new()),
                (_, false) => ("  and", String::new()),
            };
            line!(text, "      {keyword} {}{effect}", condition_fields(condition));
        }
    }
}

fn condition_fields(condition: &SkipConditionFacts) -> String {
    match condition {
        SkipConditionFacts::Age { from, before } => format!("age {}", ages(*from, *before)),
        SkipConditionFacts::Interval(period) => format!("interval {period}"),
        SkipConditionFacts::CompletedSeries(groups) => format!("completed group {}", codes(groups)),
        SkipConditionFacts::Count(count) => count_fields(count),
    }
}

fn count_fields(count: &CountFacts) -> String {
    let comparison = match count.comparison {
        Comparison::Greater => ">",
        Comparison::Equal => "=",
        Comparison::Less => "<",
    };
    let kind = if count.valid_only { "valid" } else { "all" };
    let mut text = format!("{kind} doses {comparison} {}", count.number);
    if !count.vaccines.is_empty() {
        text.push_str(&format!("; vaccines {}", codes(&count.vaccines)));
    }
    if count.from.is_some() || count.before.is_some() {
        text.push_str(&format!("; given {}", ages(count.from, count.before)));
    }
    if let Some(date) = count.since {
        text.push_str(&format!("; since {date}"));
    }
    if let Some(date) = count.until {
        text.push_str(&format!("; until {date}"));
    }
    text
}
