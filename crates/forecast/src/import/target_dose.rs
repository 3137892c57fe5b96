//! A `<seriesDose>`: everything about one target dose.

use model::Cvx;

use super::antigen::{add_vaccine, read_ages};
use super::values::{self, Problem};
use super::xml::Element;
use crate::facts::{
    AgeFacts, Comparison, CountFacts, EffectFacts, IntervalFacts, IntervalFrom, ObservationCode, PreferableFacts,
    SeasonFacts, SkipConditionFacts, SkipContext, SkipFacts, SkipSetFacts, TargetDoseFacts,
};
use crate::periods::Period;

const DOSE: [&str; 10] = [
    "doseNumber",
    "age",
    "interval",
    "allowableInterval",
    "preferableVaccine",
    "allowableVaccine",
    "inadvertentVaccine",
    "conditionalSkip",
    "recurringDose",
    "seasonalRecommendation",
];

pub(super) fn read(element: &Element, number: usize) -> Result<TargetDoseFacts, Problem> {
    element.expect_only(&DOSE)?;
    element.require("doseNumber", |text| (text == format!("Dose {number}")).then_some(()))?;
    let mut dose = TargetDoseFacts {
        is_recurring: element.require("recurringDose", values::yes_or_no)?,
        ..TargetDoseFacts::default()
    };
    for child in element.children.iter().filter(|child| !child.children.is_empty()) {
        match child.name.as_str() {
            "age" => dose.ages.extend(read_age(child)?),
            "interval" => dose.intervals.push(read_interval(child)?),
            "allowableInterval" => dose.allowable_intervals.push(read_interval(child)?),
            "preferableVaccine" => add_preferable(&mut dose.preferable, child)?,
            "allowableVaccine" => {
                child.expect_only(&["vaccineType", "cvx", "beginAge", "endAge"])?;
                add_vaccine(&mut dose.allowable, child.require("cvx", Cvx::parse)?, read_ages(child)?);
            }
            "inadvertentVaccine" => {
                child.expect_only(&["vaccineType", "cvx"])?;
                dose.inadvertent.push(child.require("cvx", Cvx::parse)?);
            }
            "conditionalSkip" => dose.skips.push(read_skip(child)?),
            "seasonalRecommendation" => {
                child.expect_only(&["startDate", "endDate"])?;
                let (start, end) = (child.read("startDate", values::date)?, child.read("endDate", values::date)?);
                dose.season = (start.is_some() || end.is_some()).then_some(SeasonFacts { start, end });
            }
            name => return Err(Problem::new(child.line, format!("<{name}> must have no elements"))),
        }
    }
    dose.inadvertent.sort();
    dose.inadvertent.dedup();
    Ok(dose)
}

/// A row that says nothing is none.
fn read_age(element: &Element) -> Result<Option<AgeFacts>, Problem> {
    element.expect_only(&[
        "absMinAge",
        "minAge",
        "earliestRecAge",
        "latestRecAge",
        "maxAge",
        "effectiveDate",
        "cessationDate",
    ])?;
    let age = AgeFacts {
        absolute: element.read("absMinAge", Period::parse)?,
        minimum: element.read("minAge", Period::parse)?,
        recommended: element.read("earliestRecAge", Period::parse)?,
        late: element.read("latestRecAge", Period::parse)?,
        maximum: element.read("maxAge", Period::parse)?,
        effect: read_effect(element)?,
    };
    Ok(Some(age).filter(|age| *age != AgeFacts::default()))
}

const INTERVAL: [&str; 11] = [
    "fromPrevious",
    "fromTargetDose",
    "fromMostRecent",
    "fromRelevantObs",
    "absMinInt",
    "minInt",
    "earliestRecInt",
    "latestRecInt",
    "intervalPriority",
    "effectiveDate",
    "cessationDate",
];

fn read_interval(element: &Element) -> Result<IntervalFacts, Problem> {
    element.expect_only(&INTERVAL)?;
    let priority = element.read("intervalPriority", |text| (text == "override").then_some(()))?;
    Ok(IntervalFacts {
        from: read_interval_from(element)?,
        absolute: element.read("absMinInt", Period::parse)?,
        minimum: element.read("minInt", Period::parse)?,
        recommended: element.read("earliestRecInt", Period::parse)?,
        late: element.read("latestRecInt", Period::parse)?,
        is_override: priority.is_some(),
        effect: read_effect(element)?,
    })
}

/// Exactly one of the four that a row can be counted from.
fn read_interval_from(element: &Element) -> Result<IntervalFrom, Problem> {
    let previous = element.require("fromPrevious", values::yes_or_no)?.then_some(IntervalFrom::Previous);
    let target = element.read("fromTargetDose", |text| text.parse().ok())?.map(IntervalFrom::TargetDose);
    let recent = element.read("fromMostRecent", values::vaccines)?.map(IntervalFrom::MostRecent);
    let observation = match element.filled("fromRelevantObs").next() {
        Some(observation) => {
            observation.expect_only(&["text", "code"])?;
            observation.read("code", ObservationCode::parse)?.map(IntervalFrom::Observation)
        }
        None => None,
    };
    let mut all = [previous, target, recent, observation].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(from), None) => Ok(from),
        _ => Err(Problem::new(element.line, "an interval is counted from exactly one thing")),
    }
}

fn read_effect(element: &Element) -> Result<EffectFacts, Problem> {
    let effective = element.read("effectiveDate", values::date)?;
    Ok(EffectFacts { effective, ceased: element.read("cessationDate", values::date)? })
}

/// Adds a vaccine, to the last row where the terms are the same.
fn add_preferable(rows: &mut Vec<PreferableFacts>, element: &Element) -> Result<(), Problem> {
    element.expect_only(&[
        "vaccineType",
        "cvx",
        "beginAge",
        "endAge",
        "tradeName",
        "mvx",
        "volume",
        "forecastVaccineType",
    ])?;
    let (from, before) = read_ages(element)?;
    let mut row = PreferableFacts {
        vaccines: vec![element.require("cvx", Cvx::parse)?],
        from,
        before,
        maker: element.read("mvx", values::name)?,
        trade_name: element.read("tradeName", values::name)?,
        volume: element.read("volume", values::name)?,
        is_recommended: element.require("forecastVaccineType", values::yes_or_no)?,
    };
    match rows.last_mut() {
        Some(last) if (PreferableFacts { vaccines: row.vaccines.clone(), ..last.clone() }) == row => {
            last.vaccines.append(&mut row.vaccines);
        }
        _ => rows.push(row),
    }
    Ok(())
}

fn read_skip(element: &Element) -> Result<SkipFacts, Problem> {
    element.expect_only(&["context", "setLogic", "set"])?;
    let context = element.require("context", |text| match text {
        "Both" => Some(SkipContext::Both),
        "Evaluation" => Some(SkipContext::Evaluation),
        "Forecast" => Some(SkipContext::Forecast),
        _ => None,
    })?;
    let needs_every_set = element.read("setLogic", is_and)?.unwrap_or(false);
    let sets = element.filled("set").map(read_skip_set).collect::<Result<_, _>>()?;
    Ok(SkipFacts { context, needs_every_set, sets })
}

fn is_and(text: &str) -> Option<bool> {
    match text {
        "AND" => Some(true),
        "OR" => Some(false),
        _ => None,
    }
}

fn read_skip_set(element: &Element) -> Result<SkipSetFacts, Problem> {
    element.expect_only(&[
        "setID",
        "setDescription",
        "effectiveDate",
        "cessationDate",
        "conditionLogic",
        "condition",
    ])?;
    let conditions: Vec<_> = element.filled("condition").map(read_condition).collect::<Result<_, _>>()?;
    let logic = element.read("conditionLogic", is_and)?;
    if conditions.is_empty() || (conditions.len() > 1 && logic.is_none()) {
        return Err(Problem::new(element.line, "a set needs conditions, and a logic between them"));
    }
    let needs_any = logic == Some(false) && conditions.len() > 1;
    Ok(SkipSetFacts { effect: read_effect(element)?, needs_any, conditions })
}

const CONDITION: [&str; 12] = [
    "conditionID",
    "conditionType",
    "startDate",
    "endDate",
    "beginAge",
    "endAge",
    "interval",
    "doseCount",
    "doseType",
    "doseCountLogic",
    "vaccineTypes",
    "seriesGroups",
];

fn read_condition(element: &Element) -> Result<SkipConditionFacts, Problem> {
    element.expect_only(&CONDITION)?;
    let kind = element.require("conditionType", |text| Some(text.to_ascii_lowercase()))?;
    let (from, before) = read_ages(element)?;
    match kind.as_str() {
        "age" => Ok(SkipConditionFacts::Age { from, before }),
        "interval" => Ok(SkipConditionFacts::Interval(element.require("interval", Period::parse)?)),
        "completed series" => {
            Ok(SkipConditionFacts::CompletedSeries(element.require("seriesGroups", values::numbers)?))
        }
        "vaccine count by age" | "vaccine count by date" | "vaccine count by date and age" => {
            Ok(SkipConditionFacts::Count(CountFacts {
                valid_only: element.require("doseType", is_valid_only)?,
                comparison: element.require("doseCountLogic", comparison)?,
                number: element.require("doseCount", |text| text.parse().ok())?,
                vaccines: element.read("vaccineTypes", values::vaccines)?.unwrap_or_default(),
                from,
                before,
                since: element.read("startDate", values::date)?,
                until: element.read("endDate", values::date)?,
            }))
        }
        _ => Err(Problem::new(element.line, format!("<conditionType> \"{kind}\" is not known"))),
    }
}

fn is_valid_only(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "valid" => Some(true),
        "total" => Some(false),
        _ => None,
    }
}

fn comparison(text: &str) -> Option<Comparison> {
    match text.to_ascii_lowercase().as_str() {
        "greater than" => Some(Comparison::Greater),
        "equal to" => Some(Comparison::Equal),
        "less than" => Some(Comparison::Less),
        _ => None,
    }
}
