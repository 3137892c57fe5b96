//! Order groups: ORC, RXA, RXR and their OBX become doses, or are dropped.

use std::borrow::Cow;

use jiff::civil::Date;
use model::{
    Action, Coded, Completion, Cvx, Dose, EntityId, Facility, FindingKind, InformationSource, Location,
    PatientStatement, Provider, Severity, Table, VaccinationStatement,
};

use super::Form;
use super::observations::{self, Facts};
use super::vaccine::read_vaccine;
use crate::er7::Message;
use crate::judge::{Judge, NULL, is_empty, owned, parse_date, parse_month_or_date};
use crate::people::repetition;
use crate::vxu::{Ei, Hd, Orc, Order, Rxa, Rxr, Xcn};

/// "Amount not known" in RXA-6, and in ORC-3 "no dose was given, so there is no id".
const AMOUNT_UNKNOWN: &str = "999";
const NO_ORDER_ID: &str = "9999";

/// RXA-15 may have this many characters (IG 1.5).
const LOT_NUMBER_LENGTH_LIMIT: usize = 20;

/// What the order groups of a message give.
pub(super) struct OrdersReading {
    /// The doses.
    pub(super) vaccinations: Vec<VaccinationStatement>,
    /// How many groups could be used, those about the person (CVX 998) included.
    pub(super) usable_count: usize,
}

/// Reads all order groups. What they say about the person rather than a dose goes to `patient`.
pub(super) fn read_orders(
    judge: &mut Judge<'_>,
    message: &Message<'_>,
    orders: &[Order<'_>],
    patient: &mut PatientStatement,
    form: &mut Form,
) -> OrdersReading {
    let mut reading = OrdersReading { vaccinations: Vec::with_capacity(orders.len()), usable_count: 0 };
    for order in orders {
        let noted = judge.findings.len();
        let birth_date = patient.demographics.birth_date;
        let Some(mut statement) = read_order(judge, order, birth_date) else { continue };
        if statement.action == Action::Delete {
            forget_doubts(judge, noted);
        }
        reading.usable_count += 1;
        form.look(judge, message, message.segments().get(order.span.clone()).unwrap_or_default());
        if statement.dose.cvx == Cvx::NO_VACCINE {
            patient.days_without_vaccine.push((statement.order, statement.dose.administered_on));
            let facts = facts_of(&statement, patient);
            observations::read_person_observations(judge, message, &order.observations, facts, patient);
        } else {
            observations::read_dose_observations(judge, message, &order.observations, &mut statement, patient);
            reading.vaccinations.push(statement);
        }
    }
    reading
}

/// Of a dose to delete nothing is stored: what was noted since is told only of what names it, its day and vaccine.
fn forget_doubts(judge: &mut Judge<'_>, since: usize) {
    let names_dose = |at: Location| at.segment.as_str() == "RXA" && (3..=5).contains(&at.field);
    let noted = judge.findings.split_off(since).into_iter();
    judge.findings.extend(noted.filter(|it| it.severity() == Severity::Error || it.location.is_some_and(names_dose)));
}

/// What becomes of the facts in a group of no vaccine (CVX 998): nobody observed them before the person's birth.
fn facts_of(statement: &VaccinationStatement, patient: &PatientStatement) -> Facts {
    let day = statement.dose.administered_on;
    if statement.action != Action::Delete && patient.demographics.birth_date.is_some_and(|birth_date| day < birth_date)
    {
        return Facts::Impossible { day, at: Location::field("RXA", statement.order, 3) };
    }
    Facts::of(statement.action)
}

/// One group without its observations; `None` when it is dropped, and the findings say why.
fn read_order(judge: &mut Judge<'_>, order: &Order<'_>, birth_date: Option<Date>) -> Option<VaccinationStatement> {
    let (orc, rxa) = match (&order.order, &order.dose) {
        (Some(orc), Some(rxa)) => (orc, rxa),
        (None, rxa) => {
            let sequence = rxa.as_ref().map_or(1, |rxa| rxa.sequence);
            judge.note(FindingKind::OrderGroupDropped, Location::segment("RXA", sequence), "the segment ORC before it");
            return None;
        }
        (Some(orc), None) => {
            judge.note(
                FindingKind::OrderGroupDropped,
                Location::segment("ORC", orc.sequence),
                "the segment RXA after it",
            );
            return None;
        }
    };
    let at = |field| Location::field("RXA", rxa.sequence, field);
    let vaccine = read_vaccine(judge, &rxa.vaccine, at(5));
    let administered_on = read_administration_date(judge, rxa, birth_date);
    let (vaccine, administered_on) = (vaccine?, administered_on?);
    let completion = read_completion(judge, rxa, vaccine.cvx);
    let mut dose = empty_dose(vaccine.cvx, administered_on, completion.unwrap_or(Completion::Complete));
    dose.ndc = vaccine.ndc;
    let mut is_source_stated = false;
    if vaccine.cvx != Cvx::NO_VACCINE {
        read_ids(judge, orc, &mut dose);
        read_amount(judge, rxa, &mut dose);
        is_source_stated = read_source(judge, rxa, &mut dose);
        read_lot(judge, rxa, &mut dose);
        read_refusal(judge, rxa, &mut dose);
        read_route(judge, order.route.as_ref(), &mut dose);
        read_people(orc, rxa, &mut dose);
    } else {
        note_refusal_of_no_vaccine(judge, rxa, completion);
    }
    Some(VaccinationStatement {
        order: rxa.sequence,
        rxr: order.route.as_ref().map(|rxr| rxr.sequence),
        action: read_action(judge, rxa),
        dose,
        is_source_stated,
        is_completion_stated: completion.is_some(),
        report: None,
        unusable: Vec::new(),
    })
}

fn empty_dose(cvx: Cvx, administered_on: Date, completion: Completion) -> Dose {
    Dose {
        order_id: None,
        placer_order_id: None,
        administered_on,
        cvx,
        ndc: None,
        trade_name: None,
        mvx: None,
        lot_number: None,
        lot_expires_on: None,
        amount: None,
        amount_unit: None,
        source: InformationSource::Historical(1),
        completion,
        refusal_reason: None,
        route: None,
        body_site: None,
        administered_by: None,
        ordered_by: None,
        entered_by: None,
        administered_at: None,
        eligibility: None,
        funding_source: None,
        vis: Vec::new(),
        reactions: Vec::new(),
        observations: Vec::new(),
    }
}

/// RXA-3, whole. RXA-4 must not say anything else. Birth dates are as written: a newborn's dose of the same hours is, too.
fn read_administration_date(judge: &mut Judge<'_>, rxa: &Rxa<'_>, birth_date: Option<Date>) -> Option<Date> {
    let at = |field| Location::field("RXA", rxa.sequence, field);
    if is_empty(rxa.administered) {
        judge.note(FindingKind::AdministrationDateMissing, at(3), "");
        return None;
    }
    let is_before_birth = |day: &Date| birth_date.is_some_and(|birth_date| *day < birth_date);
    let written = parse_date(rxa.administered);
    let Some(date) = judge.day_of(rxa.administered).filter(|day| !is_before_birth(day)).or(written) else {
        judge.note(FindingKind::AdministrationDateInvalid, at(3), rxa.administered);
        return None;
    };
    let is_another = |end: Date| end != date && parse_date(rxa.administration_end) != written;
    if judge.day(rxa.administration_end, at(4)).is_some_and(is_another) {
        judge.note(FindingKind::DateImplausible, at(4), rxa.administration_end);
    }
    Some(date)
}

/// ORC-2 and ORC-3. The dose is kept without them; only later corrections are harder to match.
///
/// # Source
/// HL7 IG 1.5, IZ-45: 9999 in ORC-3.1 is for refusals and for what was not administered.
fn read_ids(judge: &mut Judge<'_>, orc: &Orc<'_>, dose: &mut Dose) {
    let at = Location::field("ORC", orc.sequence, 3);
    dose.placer_order_id = entity_id(&orc.placer);
    dose.order_id = entity_id(&orc.filler).filter(|filler| filler.id != NO_ORDER_ID);
    if is_empty(orc.filler.id.trim()) {
        judge.note(FindingKind::OrderIdMissing, at, "");
    } else if dose.order_id.is_none() && matches!(dose.completion, Completion::Complete | Completion::Partial) {
        judge.note(FindingKind::OrderIdOfNoDose, at.component(1), NO_ORDER_ID);
    }
}

fn entity_id(entity: &Ei<'_>) -> Option<EntityId> {
    (!is_empty(entity.id.trim()))
        .then(|| EntityId { id: owned(&entity.id), authority: entity.authority.name().trim().to_owned() })
}

/// RXA-6 and RXA-7.
fn read_amount(judge: &mut Judge<'_>, rxa: &Rxa<'_>, dose: &mut Dose) {
    let at = |field| Location::field("RXA", rxa.sequence, field);
    match rxa.amount.trim() {
        "" | NULL => judge.note(FindingKind::PartMissing, at(6), "the amount, or 999 when it is not known"),
        AMOUNT_UNKNOWN => {}
        amount if is_number(amount) && !amount.starts_with('-') => dose.amount = Some(amount.to_owned()),
        amount => judge.note(FindingKind::ValueMalformed, at(6), amount),
    }
    if dose.amount.is_none() {
        return;
    }
    if rxa.amount_unit.is_empty() {
        judge.note(FindingKind::PartMissing, at(7), "the unit");
    } else if rxa.amount_unit.code.trim().eq_ignore_ascii_case("mL") {
        dose.amount_unit = Some("mL".to_owned());
    } else {
        dose.amount_unit = judge.coded(Table::DoseUnit, &rxa.amount_unit, at(7));
    }
}

/// A number as HL7's NM writes it.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}

/// RXA-9: the first repetition that is of NIP001; the others are notes. Whether there is one.
fn read_source(judge: &mut Judge<'_>, rxa: &Rxa<'_>, dose: &mut Dose) -> bool {
    let at = Location::field("RXA", rxa.sequence, 9);
    let mut sources = rxa.notes.iter().enumerate().filter_map(|(index, note)| {
        let code = |code: &Cow<'_, str>| InformationSource::parse(code.trim());
        Some((repetition(at, index), code(&note.code).or_else(|| code(&note.alternate_code))?, note))
    });
    let source = sources.next().map(|(_, source, _)| source);
    if let Some((place, _, note)) = sources.find(|(_, other, _)| Some(*other) != source) {
        judge.note(FindingKind::RepetitionsIgnored, place, note.code.as_ref());
    }
    let is_expected = matches!(dose.completion, Completion::Complete | Completion::Partial);
    match (source, rxa.notes.iter().find(|note| !is_empty(&note.code))) {
        (Some(source), _) => dose.source = source,
        (None, Some(note)) if is_expected => {
            judge.note(FindingKind::ValueNotInTable, at.component(1), note.code.as_ref());
        }
        (None, None) if is_expected => judge.note(FindingKind::SourceMissing, at, ""),
        (None, _) => {}
    }
    source.is_some()
}

/// RXA-15 to RXA-17.
fn read_lot(judge: &mut Judge<'_>, rxa: &Rxa<'_>, dose: &mut Dose) {
    let at = |field| Location::field("RXA", rxa.sequence, field);
    let lot_number = owned(&rxa.lot_number);
    if lot_number.chars().count() > LOT_NUMBER_LENGTH_LIMIT {
        judge.note(FindingKind::ValueTooLong, at(15), lot_number.as_str());
    }
    dose.lot_number = Some(lot_number).filter(|lot| !lot.is_empty());
    if !is_empty(rxa.lot_expiration) {
        dose.lot_expires_on = parse_month_or_date(rxa.lot_expiration);
        if dose.lot_expires_on.is_none() {
            judge.note(FindingKind::DateInvalid, at(16), rxa.lot_expiration);
        }
    }
    let mvx = [&rxa.manufacturer.code, &rxa.manufacturer.alternate_code]
        .into_iter()
        .map(|code| code.trim())
        .find(|code| judge.tables.contains(Table::Manufacturer, code));
    dose.mvx = mvx.map(str::to_owned);
    if dose.mvx.is_none() && !is_empty(rxa.manufacturer.code.trim()) {
        judge.note(FindingKind::ManufacturerUnknown, at(17).component(1), rxa.manufacturer.code.as_ref());
    }
}

/// What is refused is a vaccine: a refusal of none can be kept nowhere.
fn note_refusal_of_no_vaccine(judge: &mut Judge<'_>, rxa: &Rxa<'_>, completion: Option<Completion>) {
    let at = |field| Location::field("RXA", rxa.sequence, field);
    let reason = [&rxa.refusal_reason.code, &rxa.refusal_reason.alternate_code];
    if completion == Some(Completion::Refused) {
        judge.note(FindingKind::RefusalOfNoVaccine, at(20), rxa.completion);
    } else if let Some(reason) = reason.into_iter().find(|code| !is_empty(code.trim())) {
        judge.note(FindingKind::RefusalOfNoVaccine, at(18), reason.as_ref());
    }
}

/// RXA-20; where it says nothing that can be read, a reason in RXA-18 beside no lot says that the vaccine was refused: counted
/// as given, the person would not be offered it again.
///
/// # Source
/// HL7 IG 1.5, IZ-32: a refusal, and nothing else, has a reason.
fn read_completion(judge: &mut Judge<'_>, rxa: &Rxa<'_>, cvx: Cvx) -> Option<Completion> {
    let at = Location::field("RXA", rxa.sequence, 20);
    let stated = judge.code(Table::Completion, rxa.completion, at).and_then(|code| Completion::parse(&code));
    let reason = [&rxa.refusal_reason.code, &rxa.refusal_reason.alternate_code];
    let has_reason = reason.into_iter().any(|code| judge.tables.contains(Table::RefusalReason, code.trim()));
    if stated.is_none() && has_reason && cvx != Cvx::NO_VACCINE && is_empty(rxa.lot_number.trim()) {
        judge.note(FindingKind::RefusalByReason, at, rxa.completion);
        return Some(Completion::Refused);
    }
    stated
}

/// RXA-18, of a refusal and of nothing else.
fn read_refusal(judge: &mut Judge<'_>, rxa: &Rxa<'_>, dose: &mut Dose) {
    let at = Location::field("RXA", rxa.sequence, 18);
    if dose.completion == Completion::Refused {
        dose.refusal_reason = judge.coded(Table::RefusalReason, &rxa.refusal_reason, at).map(|code| Coded {
            code,
            text: owned(&rxa.refusal_reason.text),
            system: "NIP002".to_owned(),
        });
    } else if !is_empty(rxa.refusal_reason.code.trim()) {
        judge.note(FindingKind::RefusalReasonUnexpected, at, rxa.refusal_reason.code.as_ref());
    }
}

/// RXR-1 and RXR-2.
fn read_route(judge: &mut Judge<'_>, rxr: Option<&Rxr<'_>>, dose: &mut Dose) {
    let Some(rxr) = rxr else { return };
    let at = |field| Location::field("RXR", rxr.sequence, field);
    dose.route = judge.coded(Table::Route, &rxr.route, at(1));
    dose.body_site = judge.coded(Table::BodySite, &rxr.body_site, at(2));
    if rxr.route.is_empty() {
        judge.note(FindingKind::PartMissing, at(1), "the route");
    }
}

fn read_people(orc: &Orc<'_>, rxa: &Rxa<'_>, dose: &mut Dose) {
    dose.entered_by = provider(&orc.entered_by);
    dose.ordered_by = provider(&orc.ordered_by);
    dose.administered_by = provider(&rxa.administered_by);
    dose.administered_at = facility(&rxa.administered_at);
}

fn provider(person: &Xcn<'_>) -> Option<Provider> {
    let provider = Provider {
        id: owned(&person.id),
        family: owned(&person.family),
        given: owned(&person.given),
        authority: if is_empty(&person.id) { String::new() } else { person.authority.name().trim().to_owned() },
    };
    (provider != Provider::default()).then_some(provider)
}

fn facility(place: &Hd<'_>) -> Option<Facility> {
    let facility = Facility { code: owned(&place.namespace), universal_id: owned(&place.universal_id) };
    (facility != Facility::default()).then_some(facility)
}

/// RXA-21; nothing sent means `Add`.
fn read_action(judge: &mut Judge<'_>, rxa: &Rxa<'_>) -> Action {
    let code = judge.code(Table::ActionCode, rxa.action, Location::field("RXA", rxa.sequence, 21));
    match code.as_deref() {
        Some("U") => Action::Update,
        Some("D") => Action::Delete,
        _ => Action::Add,
    }
}
