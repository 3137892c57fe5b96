//! OBX: what is observed about a dose, and what is observed about the person.

use jiff::civil::Date;
use model::{
    Action, Coded, Cvx, Dose, FindingKind, Location, Observation, ObservationValue, PatientObservation,
    PatientStatement, Retraction, Table, VaccinationStatement, Vis,
};

use super::orders::is_number;
use crate::er7::Message;
use crate::judge::{Judge, NULL, is_empty, owned, parse_date};
use crate::vxu::{Ce, Obx};

/// LOINC codes of observations, HL7 IG 1.5, NIP003.
mod loinc {
    pub(super) const ELIGIBILITY: &str = "64994-7";
    pub(super) const FUNDING_SOURCE: &str = "30963-3";
    pub(super) const VIS_DOCUMENT: &str = "69764-9";
    pub(super) const VIS_EDITION: &str = "29768-9";
    pub(super) const VIS_PRESENTED: &str = "29769-7";
    pub(super) const VACCINE_TYPE: &str = "30956-7";
    pub(super) const COMPONENT_VACCINE_TYPE: &str = "38890-0";
    pub(super) const REACTION: &str = "31044-1";
    pub(super) const CONTRAINDICATION_START: &str = "30946-8";
    pub(super) const CONTRAINDICATION_END: &str = "30944-3";
    /// Contraindication, disease with presumed immunity, serologic evidence, indication: about the person wherever
    /// they stand.
    pub(super) const OF_PERSON: [&str; 4] = ["30945-0", "59784-9", "75505-8", "59785-6"];
    /// What is tied to a fact about the person by its sub-id.
    pub(super) const OF_FACT: [&str; 3] = [CONTRAINDICATION_START, CONTRAINDICATION_END, VACCINE_TYPE];
    /// What another system evaluated or forecast. It is theirs, not a fact about the person.
    pub(super) const OF_FORECAST: [&str; 13] = [
        "30956-7", "30973-2", "30979-9", "30980-7", "30981-5", "30982-3", "59777-3", "59778-1", "59779-9", "59780-7",
        "59781-5", "59782-3", "59783-1",
    ];
}

/// "Allergy to previous dose of this vaccine or to any of its unlisted vaccine components": of the vaccine of the order, or of the
/// vaccine type that shares its sub-id.
///
/// # Source
/// PHIN VADS, vaccine contraindication (NIP003 30945-0).
const ALLERGY_TO_THIS_VACCINE: &str = "VXC20";

/// What becomes of the facts about the person that a group holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Facts {
    /// They are stated.
    Stated,
    /// They are taken back.
    TakenBack,
    /// They cannot be true: the group is of this day, as this place says.
    Impossible {
        /// The day.
        day: Date,
        /// Where it stands.
        at: Location,
    },
}

impl Facts {
    /// By what the sender wants done with the group.
    pub(super) fn of(action: Action) -> Facts {
        if action == Action::Delete { Facts::TakenBack } else { Facts::Stated }
    }
}

/// Observations that stand under "no vaccine administered" (CVX 998), or under no order at all.
pub(super) fn read_person_observations(
    judge: &mut Judge<'_>,
    message: &Message<'_>,
    observations: &[Obx<'_>],
    facts: Facts,
    patient: &mut PatientStatement,
) {
    let mut read = read_values(judge, message, observations, None);
    match facts {
        Facts::Stated => {}
        Facts::TakenBack => read.iter_mut().for_each(|it| it.is_taken_back = true),
        Facts::Impossible { day, at } => drop_facts(judge, &mut read, day, at),
    }
    take_person_facts(judge, &mut read, patient, None);
    let is_forecast = |it: &Read<'_>| loinc::OF_FORECAST.contains(&it.observation.question.code.as_str());
    for it in read.into_iter().filter(|it| !is_forecast(it)) {
        patient.places.other_observations.push(it.sequence);
        patient.other_observations.push(it.observation);
    }
}

/// Drops the facts that are stated, as the day of their group cannot be theirs.
fn drop_facts(judge: &mut Judge<'_>, read: &mut Vec<Read<'_>>, day: Date, at: Location) {
    let before = read.len();
    read.retain(|it| it.is_taken_back || !is_fact(&it.observation.question.code, None));
    if read.len() < before {
        judge.note(FindingKind::ObservationDateImpossible, at, day.to_string());
    }
}

/// Observations that stand under a dose.
///
/// # Source
/// HL7 IG 1.5, NIP003 and OBX-4: observations of one thing share the sub-id.
pub(super) fn read_dose_observations(
    judge: &mut Judge<'_>,
    message: &Message<'_>,
    observations: &[Obx<'_>],
    statement: &mut VaccinationStatement,
    patient: &mut PatientStatement,
) {
    let VaccinationStatement { dose, unusable, action, .. } = statement;
    let mut read = read_values(judge, message, observations, Some(dose.cvx));
    if *action == Action::Delete {
        // The dose should never have been entered: what is repeated beneath it says nothing anew of the person.
        read.retain(|it| it.is_taken_back || !is_fact(&it.observation.question.code, Some(dose.cvx)));
    }
    unusable.extend(unread_questions(observations, &read));
    take_person_facts(judge, &mut read, patient, Some(dose.cvx));
    take_vis(judge, &mut read, dose);
    for it in read {
        let at = Location::field("OBX", it.sequence, 5).component(1);
        match (it.observation.question.code.as_str(), &it.observation.value) {
            (loinc::ELIGIBILITY, ObservationValue::Code(code)) => {
                let read = judge.code(Table::Eligibility, &code.code, at);
                unusable.extend(read.is_none().then(|| loinc::ELIGIBILITY.to_owned()));
                keep_first(judge, &mut dose.eligibility, read, it.sequence);
            }
            (loinc::FUNDING_SOURCE, ObservationValue::Code(code)) => {
                let read = judge.code(Table::FundingSource, &code.code, at);
                keep_first(judge, &mut dose.funding_source, read, it.sequence);
            }
            (loinc::REACTION, ObservationValue::Code(code)) => dose.reactions.push(code.clone()),
            _ => dose.observations.push(it.observation),
        }
    }
}

/// Keeps what a dose has one of, and tells of another that comes after it.
fn keep_first(judge: &mut Judge<'_>, kept: &mut Option<String>, read: Option<String>, sequence: u16) {
    match (&kept, read) {
        (None, read) => *kept = read,
        (Some(first), Some(other)) if *first != other => {
            judge.note(FindingKind::FieldRepeated, Location::segment("OBX", sequence), other);
        }
        (Some(_), _) => {}
    }
}

/// An observation that could be read.
struct Read<'a> {
    observation: Observation,
    sequence: u16,
    /// OBX-4 as sent.
    group: &'a str,
    /// Whether the sender takes it back.
    is_taken_back: bool,
}

fn read_values<'a>(
    judge: &mut Judge<'_>,
    message: &Message<'a>,
    observations: &[Obx<'a>],
    given: Option<Cvx>,
) -> Vec<Read<'a>> {
    let mut read = Vec::with_capacity(observations.len());
    for obx in observations {
        if is_in_force(judge, obx, observations, given) {
            read.extend(read_value(judge, message, obx));
        }
    }
    read
}

/// Whether an observation is to be read, by its status. Only facts about the person can be taken back one by one, each with
/// its vaccine; their dates go with them.
fn is_in_force(judge: &mut Judge<'_>, obx: &Obx<'_>, all: &[Obx<'_>], given: Option<Cvx>) -> bool {
    let status = Status::of(obx.status);
    if status == Status::Final {
        return true;
    }
    let is_fact_too = |obx: &Obx<'_>| is_fact(&coded(&obx.question).code, given);
    if status == Status::TakenBack && is_fact_too(obx) {
        return true;
    }
    let question = coded(&obx.question).code;
    let is_part = loinc::OF_FACT.contains(&question.as_str())
        && all.iter().any(|other| other.group == obx.group && is_fact_too(other));
    if status != Status::TakenBack || !is_part {
        judge.note(FindingKind::ObservationNotFinal, Location::field("OBX", obx.sequence, 11), obx.status);
        return false;
    }
    // The vaccine says which of several allergies is meant.
    question == loinc::VACCINE_TYPE
}

/// What OBX-11 says of an observation.
///
/// # Source
/// HL70085.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    /// Final (F), corrected (C), or not told.
    Final,
    /// Deleted (D), or posted by mistake (W).
    TakenBack,
    /// Anything else: there is no value yet, or there never will be.
    Open,
}

impl Status {
    fn of(raw: &str) -> Status {
        let is_one_of = |codes: &[&str]| codes.iter().any(|code| raw.trim().eq_ignore_ascii_case(code));
        if is_one_of(&["", NULL, "F", "C"]) {
            Status::Final
        } else if is_one_of(&["D", "W"]) {
            Status::TakenBack
        } else {
            Status::Open
        }
    }
}

/// Whether an observation is a fact about the person. Reactions are only where no dose was given.
fn is_fact(question: &str, given: Option<Cvx>) -> bool {
    loinc::OF_PERSON.contains(&question) || (given.is_none() && question == loinc::REACTION)
}

/// The questions that were sent with answers that could not be read.
fn unread_questions(observations: &[Obx<'_>], read: &[Read<'_>]) -> Vec<String> {
    let is_unread = |obx: &&Obx<'_>| !read.iter().any(|it| it.sequence == obx.sequence);
    observations.iter().filter(is_unread).map(|obx| coded(&obx.question).code).collect()
}

fn read_value<'a>(judge: &mut Judge<'_>, message: &Message<'a>, obx: &Obx<'a>) -> Option<Read<'a>> {
    let at = |field| Location::field("OBX", obx.sequence, field);
    let question = coded(&obx.question);
    if question.code.is_empty() {
        judge.note(FindingKind::ObservationUnreadable, at(3), obx.question.text.as_ref());
        return None;
    }
    if is_empty(obx.value) {
        judge.note(FindingKind::ObservationUnreadable, at(5), "");
        return None;
    }
    let mut repetitions = message.repetitions(obx.value);
    let first = repetitions.at(1);
    let shape = Shape::of(obx.value_type.trim(), &question.code, first);
    let raw = if shape == Shape::Text { obx.value } else { first };
    let lost = (2..).zip(repetitions).find(|(_, value)| shape != Shape::Text && !is_empty(value.trim()));
    if let Some((number, value)) = lost {
        judge.note(FindingKind::FieldRepeated, at(5).repetition(number), message.decode(value));
    }
    let date = message.components(raw).at(1);
    let value = match shape {
        Shape::Code => Some(ObservationValue::Code(coded(&Ce::of(message, raw)))).filter(has_code),
        Shape::Date if question.code == loinc::VIS_PRESENTED => judge.day_of(date).map(ObservationValue::Date),
        Shape::Date => parse_date(date).map(ObservationValue::Date),
        Shape::Number => is_number(raw.trim()).then(|| ObservationValue::Number(raw.trim().to_owned())),
        Shape::Text => Some(ObservationValue::Text(owned(&message.decode(raw)))),
    };
    let Some(value) = value else {
        judge.note(FindingKind::ObservationUnreadable, at(5).component(1), raw);
        return None;
    };
    let observed_on = judge.day(obx.observed, at(14));
    let group = obx.group.trim().parse().unwrap_or(0);
    Some(Read {
        observation: Observation { question, value, group, observed_on },
        sequence: obx.sequence,
        group: obx.group,
        is_taken_back: Status::of(obx.status) == Status::TakenBack,
    })
}

fn has_code(value: &ObservationValue) -> bool {
    matches!(value, ObservationValue::Code(code) if !code.code.is_empty())
}

/// What kind of value OBX-5 holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    Code,
    Date,
    Number,
    Text,
}

impl Shape {
    /// By the question where the guide leaves no choice, else by OBX-2, else by its looks.
    fn of(value_type: &str, question: &str, raw: &str) -> Shape {
        const CODED: [&str; 6] = [
            loinc::ELIGIBILITY,
            loinc::FUNDING_SOURCE,
            loinc::VIS_DOCUMENT,
            loinc::VACCINE_TYPE,
            loinc::COMPONENT_VACCINE_TYPE,
            loinc::REACTION,
        ];
        const DATES: [&str; 4] =
            [loinc::VIS_EDITION, loinc::VIS_PRESENTED, loinc::CONTRAINDICATION_START, loinc::CONTRAINDICATION_END];
        if DATES.contains(&question) {
            return Shape::Date;
        }
        if CODED.contains(&question) || loinc::OF_PERSON.contains(&question) {
            return Shape::Code;
        }
        match value_type {
            "CE" | "CWE" | "CNE" => Shape::Code,
            "DT" | "TS" | "DTM" => Shape::Date,
            "NM" | "SI" => Shape::Number,
            "" if raw.contains('^') => Shape::Code,
            _ => Shape::Text,
        }
    }
}

/// The triplet to go by: the first, unless it is empty, or only the second is of a coding system that others know.
fn coded(element: &Ce<'_>) -> Coded {
    let has_alternate = !is_empty(element.alternate_code.trim());
    let is_alternate_better = has_alternate && !is_shared(&element.system) && is_shared(&element.alternate_system);
    if is_empty(element.code.trim()) || is_alternate_better {
        Coded {
            code: owned(&element.alternate_code),
            text: owned(&element.alternate_text),
            system: owned(&element.alternate_system),
        }
    } else {
        Coded { code: owned(&element.code), text: owned(&element.text), system: owned(&element.system) }
    }
}

/// Whether a coding system is one that others know, not a sender's own.
///
/// # Source
/// HL7 table 0396, as far as observations of the guide use it.
fn is_shared(system: &str) -> bool {
    const SHARED: [&str; 10] = ["LN", "CVX", "SCT", "CDCPHINVS", "cdcgs1vis", "NIP003", "I9C", "I10", "I10C", "UCUM"];
    let system = system.trim();
    SHARED.contains(&system) || system.starts_with("HL7")
}

/// Takes facts about the person out of the list, with the dates and the vaccine that are tied to them, and whatever else
/// is taken back.
fn take_person_facts(
    judge: &mut Judge<'_>,
    read: &mut Vec<Read<'_>>,
    patient: &mut PatientStatement,
    given: Option<Cvx>,
) {
    let date_of = |read: &[Read<'_>], question: &str, group: &str| -> Option<Date> {
        read.iter().filter(|it| it.group == group && it.observation.question.code == question).find_map(date_value)
    };
    let is_of_person = |it: &Read<'_>| is_fact(&it.observation.question.code, given);
    for it in read.iter().filter(|it| is_of_person(it)) {
        let ObservationValue::Code(value) = &it.observation.value else { continue };
        let question = it.observation.question.code.clone();
        let is_beside = |other: &&Read<'_>| other.group == it.group && (it.is_taken_back || !other.is_taken_back);
        let named = read.iter().filter(is_beside).find_map(vaccine_value).or(given);
        let vaccine = named.filter(|_| value.code == ALLERGY_TO_THIS_VACCINE);
        if it.is_taken_back {
            take_back(patient, Retraction { question, code: value.code.clone(), vaccine });
            continue;
        }
        let fact = PatientObservation {
            question,
            value: value.clone(),
            vaccine,
            since: date_of(read, loinc::CONTRAINDICATION_START, it.group),
            observed_on: it.observation.observed_on,
            first_said_on: None,
            until: date_of(read, loinc::CONTRAINDICATION_END, it.group),
        };
        patient.retracted.retain(|retraction| !retraction.means(&fact));
        patient.observations.push(fact);
    }
    let is_date_of_fact = |it: &Read<'_>| {
        [loinc::CONTRAINDICATION_START, loinc::CONTRAINDICATION_END].contains(&it.observation.question.code.as_str())
    };
    for date in read.iter().filter(|it| is_date_of_fact(it)) {
        if !read.iter().any(|it| is_of_person(it) && it.group == date.group) {
            let question = date.observation.question.code.as_str();
            judge.note(FindingKind::ObservationNotKept, Location::segment("OBX", date.sequence), question);
        }
    }
    let vaccines_of_facts: Vec<bool> = read.iter().map(|it| is_vaccine_of_fact(read, it, given)).collect();
    let mut of_fact = vaccines_of_facts.into_iter();
    read.retain(|it| {
        let is_vaccine_of_fact = of_fact.next() == Some(true);
        !it.is_taken_back && !is_of_person(it) && !is_date_of_fact(it) && !is_vaccine_of_fact
    });
}

/// Whether an observation names the vaccine of a fact about the person, and not that of an information statement: those have
/// dates, and senders who number nothing give all of a dose one sub-id.
fn is_vaccine_of_fact(read: &[Read<'_>], it: &Read<'_>, given: Option<Cvx>) -> bool {
    let beside = || read.iter().filter(|other| other.group == it.group);
    let question_of = |other: &Read<'_>| other.observation.question.code.clone();
    question_of(it) == loinc::VACCINE_TYPE
        && beside().any(|other| is_fact(&question_of(other), given))
        && !beside().any(|other| [loinc::VIS_EDITION, loinc::VIS_PRESENTED].contains(&question_of(other).as_str()))
}

/// Takes a fact back. Of one that is stated and taken back in a message, what stands last counts.
fn take_back(patient: &mut PatientStatement, retraction: Retraction) {
    patient.observations.retain(|known| !retraction.means(known));
    if !patient.retracted.contains(&retraction) {
        patient.retracted.push(retraction);
    }
}

/// The vaccine that an observation names.
fn vaccine_value(read: &Read<'_>) -> Option<Cvx> {
    match &read.observation.value {
        ObservationValue::Code(code) if read.observation.question.code == loinc::VACCINE_TYPE => Cvx::parse(&code.code),
        _ => None,
    }
}

fn date_value(read: &Read<'_>) -> Option<Date> {
    match read.observation.value {
        ObservationValue::Date(date) => Some(date),
        _ => None,
    }
}

/// Takes the vaccine information statements out of the list: one for each sub-id, and a new one where a part comes
/// a second time.
fn take_vis(judge: &mut Judge<'_>, read: &mut Vec<Read<'_>>, dose: &mut Dose) {
    let mut statements: Vec<(String, Vis)> = Vec::new();
    read.retain(|it| {
        let part = match (it.observation.question.code.as_str(), &it.observation.value) {
            (loinc::VIS_DOCUMENT, ObservationValue::Code(code)) => {
                Vis { document: Some(code.code.clone()), ..Vis::default() }
            }
            (loinc::VACCINE_TYPE | loinc::COMPONENT_VACCINE_TYPE, ObservationValue::Code(code)) => {
                let cvx = Cvx::parse(&code.code);
                if cvx.is_none() {
                    let at = Location::field("OBX", it.sequence, 5).component(1);
                    judge.note(FindingKind::ValueNotInTable, at, code.code.as_str());
                }
                Vis { cvx, ..Vis::default() }
            }
            (loinc::VIS_EDITION, ObservationValue::Date(date)) => Vis { edition_on: Some(*date), ..Vis::default() },
            (loinc::VIS_PRESENTED, ObservationValue::Date(date)) => Vis { presented_on: Some(*date), ..Vis::default() },
            _ => return true,
        };
        match statements.iter_mut().rfind(|(group, vis)| group == it.group && has_room_for(vis, &part)) {
            Some((_, vis)) => merge(vis, part),
            None => statements.push((it.group.to_owned(), part)),
        }
        false
    });
    dose.vis.extend(statements.into_iter().map(|(_, vis)| vis).filter(|vis| *vis != Vis::default()));
}

fn has_room_for(vis: &Vis, part: &Vis) -> bool {
    !(vis.document.is_some() && part.document.is_some()
        || vis.cvx.is_some() && part.cvx.is_some()
        || vis.edition_on.is_some() && part.edition_on.is_some()
        || vis.presented_on.is_some() && part.presented_on.is_some())
}

fn merge(vis: &mut Vis, part: Vis) {
    vis.document = vis.document.take().or(part.document);
    vis.cvx = vis.cvx.or(part.cvx);
    vis.edition_on = vis.edition_on.or(part.edition_on);
    vis.presented_on = vis.presented_on.or(part.presented_on);
}
