//! A QBP as a question about one person.

use model::{CodeTables, Demographics, Finding, FindingKind, Location, Query, QueryKind};

use crate::clocks::Clocks;
use crate::er7::{Message, Segment};
use crate::excess::note_excess;
use crate::judge::{Judge, is_empty, owned, parse_date};
use crate::people;
use crate::submission::Form;
use crate::vxu::{Cx, Xad, Xpn, Xtn};

/// What could be read of a QBP.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct QueryReading {
    /// The question; `None` when it cannot be understood, and the findings say why.
    pub query: Option<Query>,
    /// What was found wrong.
    pub findings: Vec<Finding>,
}

/// QPD-2 may have this many characters (IG 1.5).
const QUERY_TAG_LENGTH_LIMIT: usize = 32;

const fn qpd(field: u16) -> Location {
    Location::field("QPD", 1, field)
}

/// Reads a QBP^Q11. All search fields may be missing, but not all at once; a birth date that cannot be read makes
/// the question another one, so it is not answered.
///
/// # Source
/// HL7 IG 1.5, chapter 5, QPD and RCP; table 3-1 for what is required.
pub fn read_query(message: &Message<'_>, kind: QueryKind, tables: &dyn CodeTables) -> QueryReading {
    let clocks = Clocks::default();
    let mut judge = Judge::new(tables, &clocks);
    let query = read_question(&mut judge, message, kind);
    let mut form = Form::default();
    form.look(&mut judge, message, message.first(b"MSH").map(std::slice::from_ref).unwrap_or_default());
    form.tell(&mut judge);
    let is_refused = judge.findings.iter().any(|finding| finding.severity() == model::Severity::Error);
    QueryReading { query: query.filter(|_| !is_refused), findings: judge.findings }
}

fn read_question(judge: &mut Judge<'_>, message: &Message<'_>, kind: QueryKind) -> Option<Query> {
    if message.header_count() > 1 {
        let finding = Finding::new(FindingKind::MessageUnreadable).naming("it holds more than one message");
        judge.findings.push(finding.at(Location::segment("MSH", 2)));
        return None;
    }
    if note_excess(judge, message) {
        return None;
    }
    let Some(segment) = message.first(b"QPD") else {
        judge.note(FindingKind::SegmentMissing, Location::segment("QPD", 1), "QPD");
        return None;
    };
    check_name(judge, message, segment, kind);
    let tag = message.decode(segment.field(2));
    if is_empty(&tag) {
        judge.note(FindingKind::RequiredFieldMissing, qpd(2), "");
    } else if tag.chars().count() > QUERY_TAG_LENGTH_LIMIT {
        judge.note(FindingKind::ValueTooLong, qpd(2), tag.as_ref());
    }
    let person = read_person(judge, message, segment);
    if person == Demographics::default() && judge.findings.iter().all(|it| it.kind != FindingKind::QueryUnreadable) {
        judge.note(FindingKind::QueryTooVague, Location::segment("QPD", 1), "");
    }
    Some(Query { kind, tag: tag.into_owned(), person, limit: read_limit(judge, message) })
}

/// QPD-1 and MSH-21 must ask for the same.
fn check_name(judge: &mut Judge<'_>, message: &Message<'_>, segment: &Segment<'_>, kind: QueryKind) {
    let expected = match kind {
        QueryKind::History => "Z34",
        QueryKind::EvaluatedHistory => "Z44",
    };
    match message.component(segment.field(1), 1) {
        "" => judge.note(FindingKind::RequiredFieldMissing, qpd(1), ""),
        name if name != expected => judge.note(FindingKind::QueryUnreadable, qpd(1).component(1), name),
        _ => {}
    }
}

fn read_person(judge: &mut Judge<'_>, message: &Message<'_>, segment: &Segment<'_>) -> Demographics {
    let mut person = Demographics::default();
    let mut fields = segment.fields();
    let identifiers: Vec<Cx<'_>> = message.repetitions(fields.at(3)).map(|it| Cx::of(message, it)).collect();
    let (complete, defects) = people::read_identifiers(judge, &identifiers, qpd(3));
    person.identifiers = complete.into_iter().map(|(_, identifier)| identifier).collect();
    people::note_defects(judge, &identifiers, defects);
    for (index, raw) in message.repetitions(fields.at(4)).enumerate() {
        let name = Xpn::of(message, raw);
        if !is_empty(&name.family) || !is_empty(&name.given) {
            person.names.push(people::read_name(judge, &name, people::repetition(qpd(4), index), "L"));
        }
    }
    let mother = Xpn::of(message, message.repetitions(fields.at(5)).at(1));
    if !is_empty(&mother.family) || !is_empty(&mother.given) {
        person.mother_maiden_name = Some(model::PersonName {
            family: owned(&mother.family),
            given: owned(&mother.given),
            kind: "M".to_owned(),
            ..model::PersonName::default()
        });
    }
    let birth = message.component(fields.at(6), 1);
    person.birth_date = parse_date(birth);
    if person.birth_date.is_none() && !is_empty(birth) {
        judge.note(FindingKind::QueryUnreadable, qpd(6), birth);
    }
    let sex = fields.at(7);
    person.sex = people::parse_sex(sex);
    if person.sex.is_none() && !is_empty(sex) {
        judge.note(FindingKind::ValueNotInTable, qpd(7), sex);
    }
    let addresses: Vec<Xad<'_>> = message.repetitions(fields.at(8)).map(|it| Xad::of(message, it)).collect();
    person.addresses = people::read_addresses(judge, &addresses, qpd(8));
    let telecoms: Vec<Xtn<'_>> = message.repetitions(fields.at(9)).map(|it| Xtn::of(message, it)).collect();
    let telecoms = people::read_telecoms(judge, &telecoms, qpd(9));
    person.telecoms = telecoms.into_iter().map(|(_, telecom)| telecom).collect();
    person.multiple_birth = judge.yes_or_no(fields.at(10), qpd(10));
    let order = fields.at(11);
    person.birth_order = order.trim().parse().ok().filter(|order| *order > 0);
    if person.birth_order.is_none() && !is_empty(order) {
        judge.note(FindingKind::ValueMalformed, qpd(11), order);
    }
    person
}

/// RCP-2: the most candidates wanted, `n^RD`.
fn read_limit(judge: &mut Judge<'_>, message: &Message<'_>) -> Option<u32> {
    let at = |field| Location::field("RCP", 1, field);
    let Some(segment) = message.first(b"RCP") else {
        judge.note(FindingKind::PartMissing, Location::segment("RCP", 1), "the segment RCP");
        return None;
    };
    let priority = segment.field(1);
    if !is_empty(priority) && priority != "I" {
        judge.note(FindingKind::ValueNotInTable, at(1), priority);
    }
    let quantity = message.component(segment.field(2), 1);
    if is_empty(quantity) {
        judge.note(FindingKind::PartMissing, at(2), "the number of candidates");
        return None;
    }
    let limit = quantity.trim().parse().ok().filter(|limit| *limit > 0);
    if limit.is_none() {
        judge.note(FindingKind::ValueMalformed, at(2).component(1), quantity);
    }
    limit
}
