//! A record through the forecast: which doses count, and what is due, as doors tell it.

use codes::CodeSets;
use forecast::facts::ObservationCode;
use forecast::{
    DoseReport, EvaluationReport, Explanation, ForecastKind, GroupReport, History, HistoryDose, HistoryObservation,
    Language, ReasonKind, Report, Schedule, SeriesStatus, Workspace,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::{
    Assessment, AuditAction, AuditEntry, Caller, Completion, Cvx, Dose, DoseEvaluation, DoseStatus, GroupForecast,
    GroupStatus, PatientId, PatientObservation, PatientRecord, PatientReport, Reason, Sex, VaccinationEventId,
    VaccinationReport,
};

use crate::{Admission, Registry, RegistryError, consolidate};

/// The system of CDC's own codes (VXC20), as HL7 and as the schedule name it.
const CDCPHINVS: &str = "CDCPHINVS";
/// "Allergy to a previous dose of this vaccine": means something only together with the vaccine.
const ALLERGY_TO_VACCINE: &str = "VXC20";
/// The reaction to a dose that forbids the next one: anaphylaxis, SNOMED.
const ANAPHYLAXIS: &str = "39579001";
/// The observations of a pregnancy, by CDSi's numbers: the one asks for vaccines and forbids others, from the other weeks are counted.
pub(crate) const PREGNANT: ObservationCode = ObservationCode(7);
pub(crate) const ONSET_OF_PREGNANCY: ObservationCode = ObservationCode(170);
/// How long a pregnancy lasts at most, in days from when it began or was seen: 43 weeks. Nobody reports that one ended.
const PREGNANCY_DAYS_MAXIMUM: i32 = 43 * 7;
/// Where somebody was born, among the kinds of addresses (HL70190): born as, place of delivery.
const BIRTHPLACES: [&str; 2] = ["N", "BDL"];

/// The languages in which reasons are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Languages {
    /// For messages.
    English,
    /// For pages and commands.
    All,
}

impl Registry {
    /// Which of a person's doses count, and what is due, as seen on a day; by the schedule in use, local rules included. `None`
    /// where nobody is known under this id who may be shown, or where the birth date is not known.
    ///
    /// That this was seen is written down before the answer is given.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn assess_patient(
        &self,
        _admission: &Admission,
        caller: &Caller,
        patient_id: PatientId,
        at: Timestamp,
        on: Date,
    ) -> Result<Option<Assessment>, RegistryError> {
        let asking = caller.clone();
        let read = move |registry: &Registry| {
            Ok(registry.database().read_at_once(|reading| {
                let records = reading.patient_records(&[patient_id])?;
                registry.all_told_of(&asking, records, at, reading)
            })?)
        };
        let Some(record) = self.look(read).await?.pop() else { return Ok(None) };
        let record = consolidate::shown(record, self.rules());
        let assessment = self.assess_as_told(&record, self.health_told(caller), on, Languages::All);
        let Some(assessment) = assessment else { return Ok(None) };
        let seen = AuditEntry {
            at,
            account_id: caller.account_id,
            organization_id: caller.organization_id,
            action: AuditAction::RecordDisclosed,
            patient_id: Some(patient_id),
            message_id: None,
            detail: "evaluation and forecast".to_owned(),
        };
        self.lanes().note(None, vec![seen]).await?;
        Ok(Some(assessment))
    }
}

/// Evaluates and forecasts a record as it is shown, as seen on a day. `None` where the birth date is not known.
pub(crate) fn assess(
    schedule: &Schedule,
    codes: &CodeSets,
    record: &PatientRecord,
    on: Date,
    languages: Languages,
) -> Option<Assessment> {
    let (history, events) = history(schedule, record, on)?;
    let mut workspace = Workspace::default();
    let found = forecast::forecast(schedule, &history, on, &mut workspace);
    let english = found.report(Language::English);
    let spanish = (languages == Languages::All).then(|| found.report(Language::Spanish));
    let group_cvx = |group: &str| codes.vaccine_group(group).map_or(Cvx::UNKNOWN, |group| group.representative);
    let doses = events.iter().zip(english.doses.iter().enumerate());
    let evaluations = doses.flat_map(|(event_id, (number, dose))| {
        let spanish = spanish.as_ref().map(|spanish| &spanish.doses[number]);
        let by_group = best_of_each_group(dose).into_iter();
        by_group.map(move |place| {
            let found = &dose.evaluations[place];
            let reasons = reasons(&found.reasons, spanish.map(|dose| dose.evaluations[place].reasons.as_slice()));
            evaluation(*event_id, found, group_cvx(&found.vaccine_group), reasons)
        })
    });
    let evaluations = evaluations.collect();
    let is_alive = is_alive(record);
    let forecasts = told(&english).filter(|_| is_alive).map(|place| {
        let found = &english.forecasts[place];
        let spanish = spanish.as_ref().map(|spanish| spanish.forecasts[place].reasons.as_slice());
        let reasons = reasons(&found.reasons, spanish);
        group_forecast(found, group_cvx(&found.vaccine_group), on, reasons)
    });
    Some(Assessment { schedule: english.schedule.clone(), on, evaluations, forecasts: forecasts.collect() })
}

/// Whether anything can be due at all.
pub(crate) fn is_alive(record: &PatientRecord) -> bool {
    record.patient.demographics.is_deceased != Some(true)
}

/// What spoke against a dose on the day on which it was given, by what is known of the person beside the dose itself.
pub(crate) fn contraindications(
    schedule: &Schedule,
    record: &PatientRecord,
    event_id: VaccinationEventId,
    dose: &Dose,
) -> Vec<Reason> {
    let on = dose.administered_on;
    let mut before = record.clone();
    before.vaccinations.retain(|report| report.event_id != event_id);
    let Some((mut history, _)) = history(schedule, &before, on) else { return Vec::new() };
    history.observations.retain(|observation| observation.date.is_none_or(|since| since <= on));
    let mut workspace = Workspace::default();
    let found = forecast::forecast(schedule, &history, on, &mut workspace);
    let told = |language| found.contraindications(dose.cvx, language);
    reasons(&told(Language::English), Some(&told(Language::Spanish)))
}

/// The places of the forecasts that are told.
fn told(report: &Report) -> impl Iterator<Item = usize> {
    let status = |group: &str, kind: ForecastKind| {
        let mut of_group = report.forecasts.iter().filter(|other| other.vaccine_group == group);
        of_group.find(|other| other.kind == kind).map(|found| found.status)
    };
    let told = report.forecasts.iter().enumerate();
    let told = told.filter(move |(_, found)| is_told(&found.vaccine_group, found.kind, status));
    told.map(|(place, _)| place)
}

/// Whether a forecast is told: of a group with two, the one for this person's risk, unless it asks for nothing, or for nothing more,
/// while everybody's asks for a dose: who had Tdap in a pregnancy may still owe doses against tetanus.
pub(crate) fn is_told(
    group: &str,
    kind: ForecastKind,
    status: impl Fn(&str, ForecastKind) -> Option<SeriesStatus>,
) -> bool {
    let is_for_risk = match status(group, ForecastKind::Risk) {
        Some(SeriesStatus::Complete | SeriesStatus::AgedOut | SeriesStatus::NotRecommended) => {
            status(group, ForecastKind::Standard) != Some(SeriesStatus::NotComplete)
        }
        Some(_) => true,
        None => false,
    };
    (kind == ForecastKind::Risk) == is_for_risk
}

/// The doses given and the observations that the schedule knows; beside each dose, whose vaccination it is.
pub(crate) fn history(
    schedule: &Schedule,
    record: &PatientRecord,
    on: Date,
) -> Option<(History, Vec<VaccinationEventId>)> {
    let demographics = &record.patient.demographics;
    let mut history = History::new(demographics.birth_date?, demographics.sex.unwrap_or(Sex::U));
    let birthplace = demographics.addresses.iter().find(|address| BIRTHPLACES.contains(&address.kind.as_str()));
    history.birth_country = birthplace.and_then(|address| country(&address.country)).map(str::to_owned);
    let given = |report: &&VaccinationReport| !report.is_deleted && report.dose.is_given();
    let mut events = Vec::new();
    for report in record.vaccinations.iter().filter(given) {
        let dose = &report.dose;
        events.push(report.event_id);
        history.doses.push(HistoryDose {
            date: dose.administered_on,
            cvx: dose.cvx,
            mvx: dose.mvx.clone(),
            lot_expires_on: dose.lot_expires_on,
            must_be_repeated: dose.completion == Completion::Partial,
        });
        history.observations.extend(observations_of_reactions(schedule, dose));
    }
    for report in &record.reports {
        let holding = report.observations.iter().filter(|fact| holds_on(schedule, fact, report, on));
        history.observations.extend(holding.flat_map(|fact| observations(schedule, fact)));
    }
    Some((history, events))
}

/// Whether a fact of a report still holds on a day. A pregnancy without an end has one: where no day was said it began, at the
/// latest, when it was first reported.
pub(crate) fn holds_on(schedule: &Schedule, fact: &PatientObservation, said: &PatientReport, on: Date) -> bool {
    let pregnancy_ends = || {
        let meant = observations(schedule, fact);
        let is_pregnancy = meant.iter().any(|it| [PREGNANT, ONSET_OF_PREGNANCY].contains(&it.code));
        let reported_on = || said.received_at.to_zoned(TimeZone::UTC).date();
        let began = fact.day().or(fact.first_said_on).unwrap_or_else(reported_on);
        is_pregnancy.then(|| began.saturating_add(PREGNANCY_DAYS_MAXIMUM.days()))
    };
    fact.until.or_else(pregnancy_ends).is_none_or(|until| until >= on)
}

/// What the reactions to a dose mean to the schedule.
pub(crate) fn observations_of_reactions(schedule: &Schedule, dose: &Dose) -> Vec<HistoryObservation> {
    if !dose.reactions.iter().any(|reaction| reaction.code == ANAPHYLAXIS) {
        return Vec::new();
    }
    let meant = schedule.observations_of_vaccine(CDCPHINVS, ALLERGY_TO_VACCINE, dose.cvx);
    meant.map(|code| HistoryObservation { code, date: Some(dose.administered_on) }).collect()
}

/// What a reported fact means to the schedule: nothing, one observation, or for an allergy to a vaccine those of its antigens.
pub(crate) fn observations(schedule: &Schedule, fact: &PatientObservation) -> Vec<HistoryObservation> {
    let system = if fact.value.system == "SCT" { "SNOMED" } else { fact.value.system.as_str() };
    let observation = |code| HistoryObservation { code, date: fact.day() };
    match fact.vaccine {
        Some(cvx) if fact.value.code == ALLERGY_TO_VACCINE => {
            schedule.observations_of_vaccine(system, ALLERGY_TO_VACCINE, cvx).map(observation).collect()
        }
        _ => {
            let mut meant: Vec<_> = schedule.observations_of(system, &fact.value.code).map(observation).collect();
            // Whose pregnancy began is pregnant, and whose is pregnant, it began: the schedule has a number for each.
            match meant.first().map(|meant| meant.code) {
                Some(ONSET_OF_PREGNANCY) => meant.push(observation(PREGNANT)),
                Some(PREGNANT) => {
                    let began = pregnancy_began(fact).map(Some);
                    meant.extend(began.map(|date| HistoryObservation { code: ONSET_OF_PREGNANCY, date }));
                }
                _ => {}
            }
            meant
        }
    }
}

/// The day on which a pregnancy began; where it is known only when she was seen pregnant, or when that was first said, the
/// earliest on which it can have begun: what was given before was not given in it.
fn pregnancy_began(fact: &PatientObservation) -> Option<Date> {
    let seen_on = fact.observed_on.or(fact.first_said_on);
    fact.since.or_else(|| Some(seen_on?.saturating_sub(PREGNANCY_DAYS_MAXIMUM.days())))
}

/// A country as the schedule names it.
fn country(text: &str) -> Option<&str> {
    match text.trim() {
        "" => None,
        "USA" | "US" | "U.S." | "840" => Some("U.S."),
        other => Some(other),
    }
}

/// For each vaccine group of a dose, the place of the evaluation in which it did best.
fn best_of_each_group(dose: &DoseReport) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    let is_valid = |place: usize| dose.evaluations[place].status == forecast::DoseStatus::Valid;
    for (place, found) in dose.evaluations.iter().enumerate() {
        match best.iter_mut().find(|known| dose.evaluations[**known].vaccine_group == found.vaccine_group) {
            Some(known) if !is_valid(*known) && is_valid(place) => *known = place,
            Some(_) => {}
            None => best.push(place),
        }
    }
    best
}

/// Reasons in the languages in which they were told.
fn reasons(english: &[Explanation], spanish: Option<&[Explanation]>) -> Vec<Reason> {
    let reason = |(place, english): (usize, &Explanation)| Reason {
        rule: english.rule,
        english: english.text.clone(),
        spanish: spanish.map(|spanish| spanish[place].text.clone()),
    };
    english.iter().enumerate().map(reason).collect()
}

fn evaluation(
    event_id: VaccinationEventId,
    found: &EvaluationReport,
    group_cvx: Cvx,
    reasons: Vec<Reason>,
) -> DoseEvaluation {
    DoseEvaluation {
        event_id,
        vaccine_group: found.vaccine_group.clone(),
        group_cvx,
        series: found.series.clone(),
        dose_number: found.dose_number,
        doses_in_series: found.doses_in_series,
        status: match found.status {
            forecast::DoseStatus::Valid => DoseStatus::Valid,
            forecast::DoseStatus::NotValid => DoseStatus::NotValid,
            forecast::DoseStatus::Extraneous if is_beyond_seasons(&found.reasons) => DoseStatus::SeasonUnknown,
            forecast::DoseStatus::Extraneous => DoseStatus::Extraneous,
            forecast::DoseStatus::Substandard => DoseStatus::Substandard,
        },
        reasons,
    }
}

fn group_forecast(found: &GroupReport, group_cvx: Cvx, on: Date, reasons: Vec<Reason>) -> GroupForecast {
    GroupForecast {
        vaccine_group: found.vaccine_group.clone(),
        group_cvx,
        is_for_risk: found.kind == ForecastKind::Risk,
        status: status(found, on),
        dose_number: found.dose_number,
        earliest_on: found.earliest,
        recommended_on: found.recommended,
        past_due_on: found.past_due,
        latest_on: found.latest,
        products: found.products.iter().map(|product| product.cvx).collect(),
        reasons,
    }
}

fn status(found: &GroupReport, on: Date) -> GroupStatus {
    match found.status {
        SeriesStatus::NotComplete if found.past_due.is_some_and(|past_due| past_due < on) => GroupStatus::Overdue,
        SeriesStatus::NotComplete if found.recommended.is_some_and(|recommended| recommended <= on) => GroupStatus::Due,
        SeriesStatus::NotComplete => GroupStatus::UpToDate,
        SeriesStatus::Complete | SeriesStatus::NotRecommended if is_beyond_seasons(&found.reasons) => {
            GroupStatus::SeasonUnknown
        }
        SeriesStatus::Complete => GroupStatus::Complete,
        SeriesStatus::Immune => GroupStatus::Immune,
        SeriesStatus::Contraindicated => GroupStatus::Contraindicated,
        SeriesStatus::AgedOut => GroupStatus::AgedOut,
        SeriesStatus::NotRecommended => GroupStatus::NotRecommended,
    }
}

/// Whether the last season that the schedule holds is over, and nothing else decided.
fn is_beyond_seasons(reasons: &[Explanation]) -> bool {
    reasons.iter().any(|reason| reason.kind == ReasonKind::SeasonOver)
}
