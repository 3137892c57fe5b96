//! The cases of a sheet.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{Cvx, Sex};

use super::{
    CaseError, DoseStatus, ForecastKind, History, HistoryDose, HistoryObservation, ReasonKind, SeriesStatus, csv,
};
use crate::facts::ObservationCode;

/// A case: a person, and what is expected.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// CDC's number.
    pub id: String,
    /// CDC's name.
    pub name: String,
    /// The person.
    pub history: History,
    /// The day as seen from which.
    pub assessment_date: Date,
    /// The vaccine group, as the schedule names it.
    pub vaccine_group: String,
    /// The status of the group.
    pub status: SeriesStatus,
    /// Earliest date.
    pub earliest: Option<Date>,
    /// Recommended date.
    pub recommended: Option<Date>,
    /// Past due date.
    pub past_due: Option<Date>,
    /// The number of the next dose.
    pub dose_number: Option<u16>,
    /// For each dose of the history.
    pub doses: Vec<ExpectedDose>,
}

/// What is expected of a dose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExpectedDose {
    /// Its status; `None` when the sheet says nothing.
    pub status: Option<DoseStatus>,
    /// Why, when the sheet says it.
    pub reason: Option<ReasonKind>,
    /// In a standard or a risk series, when the sheet says it.
    pub kind: Option<ForecastKind>,
}

/// The sheets know up to seven doses and three observations.
const DOSES: std::ops::RangeInclusive<usize> = 1..=7;
const OBSERVATIONS: std::ops::RangeInclusive<usize> = 1..=3;

/// Reads a sheet of CDC: the first row names the columns.
///
/// # Errors
/// [`CaseError`] with the first line that cannot be read.
pub fn read_cases(sheet: &str) -> Result<Vec<Case>, CaseError> {
    let mut rows = csv::rows(sheet).into_iter();
    let (_, header) = rows.next().ok_or_else(|| CaseError { line: 1, reason: "the sheet is empty".to_owned() })?;
    let columns: BTreeMap<String, usize> =
        header.iter().enumerate().map(|(place, name)| (name.trim().to_ascii_lowercase(), place)).collect();
    rows.map(|(line, fields)| {
        let row = Row { columns: &columns, fields: &fields };
        row.case().map_err(|reason| CaseError { line, reason })
    })
    .collect()
}

struct Row<'a> {
    columns: &'a BTreeMap<String, usize>,
    fields: &'a [String],
}

impl Row<'_> {
    /// The field of a column, without blanks around it; empty when there is none.
    fn text(&self, column: &str) -> &str {
        let place = self.columns.get(column).copied();
        place.and_then(|place| self.fields.get(place)).map_or("", |field| field.trim())
    }

    fn date(&self, column: &str) -> Result<Option<Date>, String> {
        match self.text(column) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("{column}: \"{text}\" is not a date")),
        }
    }

    fn require_date(&self, column: &str) -> Result<Date, String> {
        self.date(column)?.ok_or_else(|| format!("{column} is missing"))
    }

    fn case(&self) -> Result<Case, String> {
        let birth_date = self.require_date("dob")?;
        let sex = Sex::parse(&self.text("gender").to_ascii_uppercase()).unwrap_or(Sex::U);
        let mut history = History::new(birth_date, sex);
        for number in OBSERVATIONS {
            let text = self.text(&format!("observation_code_{number}"));
            if !text.is_empty() {
                let code = ObservationCode::parse(text).ok_or_else(|| format!("\"{text}\" is not an observation"))?;
                let date = self.date(&format!("observation_date_{number}"))?;
                history.observations.push(HistoryObservation { code, date });
            }
        }
        let mut doses = Vec::new();
        for number in DOSES {
            let Some(date) = self.date(&format!("date_administered_{number}"))? else { continue };
            let code = self.text(&format!("cvx_{number}"));
            let cvx = Cvx::parse(code).ok_or_else(|| format!("\"{code}\" is not a CVX code"))?;
            let mvx = self.text(&format!("mvx_{number}"));
            let mvx = Some(mvx).filter(|mvx| !mvx.is_empty()).map(str::to_owned);
            history.doses.push(HistoryDose { mvx, ..HistoryDose::new(date, cvx) });
            doses.push(self.expected_dose(number)?);
        }
        let number = self.text("forecast_#");
        Ok(Case {
            id: self.text("cdc_test_id").to_owned(),
            name: self.text("test_case_name").to_owned(),
            history,
            assessment_date: self.require_date("assessment_date")?,
            vaccine_group: vaccine_group(self.text("vaccine_group"))?,
            status: series_status(self.text("series_status"))?,
            earliest: self.date("earliest_date")?,
            recommended: self.date("recommended_date")?,
            past_due: self.date("past_due_date")?,
            dose_number: number.parse().ok(),
            doses,
        })
    }

    fn expected_dose(&self, number: usize) -> Result<ExpectedDose, String> {
        let status = match self.text(&format!("evaluation_status_{number}")).to_ascii_lowercase().as_str() {
            "" => None,
            "valid" => Some(DoseStatus::Valid),
            "not valid" => Some(DoseStatus::NotValid),
            "extraneous" => Some(DoseStatus::Extraneous),
            "sub-standard" | "substandard" => Some(DoseStatus::Substandard),
            other => return Err(format!("the evaluation status \"{other}\" is not known")),
        };
        let kind = match self.text(&format!("series_type_{number}")).to_ascii_lowercase().as_str() {
            "standard" => Some(ForecastKind::Standard),
            "risk" => Some(ForecastKind::Risk),
            _ => None,
        };
        let reason = match self.text(&format!("evaluation_reason_{number}")).to_ascii_lowercase().as_str() {
            "age: too young" => Some(ReasonKind::TooYoung),
            "age: too old" => Some(ReasonKind::TooOld),
            "interval: too soon" => Some(ReasonKind::TooSoon),
            "live virus conflict" => Some(ReasonKind::Conflict),
            "inadvertent vaccine" => Some(ReasonKind::Inadvertent),
            "not a preferable or allowable vaccine" => Some(ReasonKind::Vaccine),
            "series already complete" => Some(ReasonKind::SeriesComplete),
            "" => None,
            other => return Err(format!("the evaluation reason \"{other}\" is not known")),
        };
        Ok(ExpectedDose { status, reason, kind })
    }
}

fn series_status(text: &str) -> Result<SeriesStatus, String> {
    match text.to_ascii_lowercase().as_str() {
        "not complete" => Ok(SeriesStatus::NotComplete),
        "complete" => Ok(SeriesStatus::Complete),
        "immune" => Ok(SeriesStatus::Immune),
        "contraindicated" => Ok(SeriesStatus::Contraindicated),
        "aged out" => Ok(SeriesStatus::AgedOut),
        "not recommended" => Ok(SeriesStatus::NotRecommended),
        other => Err(format!("the series status \"{other}\" is not known")),
    }
}

/// The sheets have names of their own for some groups.
fn vaccine_group(text: &str) -> Result<String, String> {
    let name = match text.to_ascii_uppercase().as_str() {
        "DTAP" => "DTaP/Tdap/Td",
        "FLU" => "Influenza",
        "HEPA" => "HepA",
        "HEPB" => "HepB",
        "HIB" => "Hib",
        "MCV" => "Meningococcal",
        "MENB" => "Meningococcal B",
        "PCV" => "Pneumococcal",
        "POL" | "IPOL" => "Polio",
        "ROTA" => "Rotavirus",
        "VAR" => "Varicella",
        "ZOSTER" => "Zoster",
        "" => return Err("the vaccine group is missing".to_owned()),
        _ => text,
    };
    Ok(name.to_owned())
}
