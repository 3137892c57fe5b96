//! A file of an antigen: immunity, contraindications, series.

use model::{Cvx, Sex};

use super::target_dose;
use super::values::{self, Problem};
use super::xml::Element;
use crate::facts::{
    AntigenFacts, ContraindicationFacts, ImmuneBirthFacts, ObservationCode, SeriesFacts, SeriesKind,
    VaccineContraindicationFacts, VaccinesAtAge,
};
use crate::periods::Period;

pub(super) fn read(root: &Element) -> Result<AntigenFacts, Problem> {
    root.expect_only(&["immunity", "contraindications", "series"])?;
    let mut antigen = AntigenFacts::default();
    for section in &root.children {
        match section.name.as_str() {
            "immunity" => read_immunity(section, &mut antigen)?,
            "contraindications" => read_contraindications(section, &mut antigen)?,
            _ => {
                let name = section.require("targetDisease", values::name)?;
                if antigen.name.is_empty() {
                    antigen.name = name;
                } else if antigen.name != name {
                    return Err(Problem::new(
                        section.line,
                        format!("a series for {name} among those for {}", antigen.name),
                    ));
                }
                antigen.series.push(read_series(section)?);
            }
        }
    }
    Ok(antigen)
}

fn read_immunity(section: &Element, antigen: &mut AntigenFacts) -> Result<(), Problem> {
    section.expect_only(&["clinicalHistory", "dateOfBirth"])?;
    for history in section.filled("clinicalHistory") {
        history.expect_only(&["guidelineCode", "guidelineTitle"])?;
        antigen.immune_if.push(history.require("guidelineCode", ObservationCode::parse)?);
    }
    for birth in section.filled("dateOfBirth") {
        birth.expect_only(&["immunityBirthDate", "birthCountry", "exclusion"])?;
        let mut unless = Vec::new();
        for exclusion in birth.filled("exclusion") {
            exclusion.expect_only(&["exclusionCode", "exclusionTitle"])?;
            unless.push(exclusion.require("exclusionCode", ObservationCode::parse)?);
        }
        antigen.immune_births.push(ImmuneBirthFacts {
            before: birth.require("immunityBirthDate", values::american_date)?,
            country: birth.read("birthCountry", values::name)?,
            unless,
        });
    }
    Ok(())
}

const CONTRAINDICATION: [&str; 7] = [
    "observationCode",
    "observationTitle",
    "contraindicationText",
    "contraindicationGuidance",
    "beginAge",
    "endAge",
    "contraindicatedVaccine",
];

fn read_contraindications(section: &Element, antigen: &mut AntigenFacts) -> Result<(), Problem> {
    section.expect_only(&["vaccineGroup", "vaccine"])?;
    for level in &section.children {
        level.expect_only(&["contraindication"])?;
        for rule in level.filled("contraindication") {
            rule.expect_only(&CONTRAINDICATION)?;
            let code = rule.require("observationCode", ObservationCode::parse)?;
            if level.name == "vaccine" {
                let vaccines = read_contraindicated_vaccines(rule)?;
                antigen.vaccine_contraindications.push(VaccineContraindicationFacts { code, vaccines });
            } else {
                let (from, before) = read_ages(rule)?;
                antigen.contraindications.push(ContraindicationFacts { code, from, before });
            }
        }
    }
    Ok(())
}

fn read_contraindicated_vaccines(rule: &Element) -> Result<Vec<VaccinesAtAge>, Problem> {
    let mut rows = Vec::new();
    for vaccine in rule.filled("contraindicatedVaccine") {
        vaccine.expect_only(&["vaccineType", "cvx", "beginAge", "endAge"])?;
        add_vaccine(&mut rows, vaccine.require("cvx", Cvx::parse)?, read_ages(vaccine)?);
    }
    Ok(rows)
}

/// Adds a vaccine to the row with its ages.
pub(super) fn add_vaccine(rows: &mut Vec<VaccinesAtAge>, cvx: Cvx, ages: (Option<Period>, Option<Period>)) {
    let (from, before) = ages;
    match rows.iter_mut().find(|row| (row.from, row.before) == (from, before)) {
        Some(row) => {
            row.vaccines.push(cvx);
            row.vaccines.sort();
            row.vaccines.dedup();
        }
        None => rows.push(VaccinesAtAge { vaccines: vec![cvx], from, before }),
    }
}

pub(super) fn read_ages(element: &Element) -> Result<(Option<Period>, Option<Period>), Problem> {
    Ok((element.read("beginAge", Period::parse)?, element.read("endAge", Period::parse)?))
}

const SERIES: [&str; 10] = [
    "seriesName",
    "targetDisease",
    "vaccineGroup",
    "seriesAdminGuidance",
    "seriesType",
    "equivalentSeriesGroups",
    "requiredGender",
    "selectSeries",
    "indication",
    "seriesDose",
];

fn read_series(element: &Element) -> Result<SeriesFacts, Problem> {
    element.expect_only(&SERIES)?;
    let choice =
        element.child("selectSeries").ok_or_else(|| Problem::new(element.line, "<selectSeries> is missing"))?;
    let mut series = SeriesFacts {
        name: element.require("seriesName", values::name)?,
        vaccine_group: element.require("vaccineGroup", values::name)?,
        kind: element.require("seriesType", series_kind)?,
        equivalent_groups: element.read("equivalentSeriesGroups", values::numbers)?.unwrap_or_default(),
        ..read_choice(choice)?
    };
    for (gender, text) in element.texts("requiredGender") {
        let sex = match text.as_str() {
            "Female" => Sex::F,
            "Male" => Sex::M,
            "Unknown" => Sex::U,
            _ => return Err(Problem::new(gender.line, format!("<requiredGender> \"{text}\" is not known"))),
        };
        series.sexes.push(sex);
    }
    for indication in element.filled("indication") {
        indication.expect_only(&["observationCode", "description", "beginAge", "endAge", "guidance"])?;
        let Some(observation) = indication.filled("observationCode").next() else { continue };
        observation.expect_only(&["text", "code"])?;
        let (from, before) = read_ages(indication)?;
        let code = observation.require("code", ObservationCode::parse)?;
        series.indications.push(ContraindicationFacts { code, from, before });
    }
    for (place, dose) in element.filled("seriesDose").enumerate() {
        series.doses.push(target_dose::read(dose, place + 1)?);
    }
    Ok(series)
}

fn series_kind(text: &str) -> Option<SeriesKind> {
    match text {
        "Standard" => Some(SeriesKind::Standard),
        "Risk" => Some(SeriesKind::Risk),
        "Evaluation Only" => Some(SeriesKind::EvaluationOnly),
        _ => None,
    }
}

const CHOICE: [&str; 8] = [
    "defaultSeries",
    "productPath",
    "seriesGroupName",
    "seriesGroup",
    "seriesPriority",
    "seriesPreference",
    "minAgeToStart",
    "maxAgeToStart",
];

fn read_choice(choice: &Element) -> Result<SeriesFacts, Problem> {
    choice.expect_only(&CHOICE)?;
    let letter = |text: &str| text.parse().ok().filter(char::is_ascii_uppercase);
    Ok(SeriesFacts {
        is_default: choice.require("defaultSeries", values::yes_or_no)?,
        is_product_path: choice.require("productPath", values::yes_or_no)?,
        group: choice.require("seriesGroup", |text| text.parse().ok())?,
        group_name: choice.require("seriesGroupName", values::name)?,
        priority: choice.require("seriesPriority", letter)?,
        preference: choice.read("seriesPreference", |text| text.parse().ok())?,
        begin_from: choice.read("minAgeToStart", Period::parse)?,
        begin_before: choice.read("maxAgeToStart", Period::parse)?,
        ..SeriesFacts::default()
    })
}
