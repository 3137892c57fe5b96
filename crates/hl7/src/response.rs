//! RSP^K11: the answer to a question (profiles Z31, Z32, Z33 and Z42).
//!
//! Who may be shown was decided before; here it is only written.

mod evaluation;
mod history;
mod observations;
mod person;

use std::borrow::Cow;

use model::{CodeTables, Finding, QueryKind, QueryOutcome, QueryStatus};

use crate::acknowledgment::{AcknowledgmentCode, Envelope, write_error, write_header, write_msa};
use crate::er7::{Delimiters, Message, Writer};
use crate::vxu::Cx;

/// What the writers of an answer share.
pub(crate) struct Answer<'a> {
    writer: Writer,
    envelope: &'a Envelope<'a>,
    tables: &'a dyn CodeTables,
    /// The identifiers by which the asker named the person.
    named: Vec<Cx<'a>>,
}

/// The profiles of a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// Z31: several candidates.
    Candidates,
    /// Z32: the complete history of one person.
    History,
    /// Z33: nobody.
    Nobody,
    /// Z42: the history of one person, with evaluation and forecast where there are any.
    EvaluatedHistory,
}

impl Profile {
    /// # Source
    /// HL7 IG 1.5, tables 11-2 and 11-3: a list of candidates answers Z34 only.
    fn of(kind: QueryKind, outcome: &QueryOutcome) -> Profile {
        match (outcome.status, kind, outcome.people.len()) {
            (QueryStatus::Found, QueryKind::History, 1) => Profile::History,
            (QueryStatus::Found, QueryKind::EvaluatedHistory, 1) => Profile::EvaluatedHistory,
            (QueryStatus::Found, QueryKind::History, 2..) | (QueryStatus::Candidates, QueryKind::History, 1..) => {
                Profile::Candidates
            }
            _ => Profile::Nobody,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Profile::Candidates => "Z31",
            Profile::History => "Z32",
            Profile::Nobody => "Z33",
            Profile::EvaluatedHistory => "Z42",
        }
    }
}

/// MSA-1 of the response to a question: a question that was answered is accepted, whatever was remarked about it.
///
/// # Source
/// HL7 IG 1.5, chapter 7 and profiles Z31, Z32, Z33, Z42.
pub fn response_code(status: QueryStatus) -> AcknowledgmentCode {
    match status {
        QueryStatus::Error => AcknowledgmentCode::Error,
        _ => AcknowledgmentCode::Accept,
    }
}

/// Writes the response to a question by what was decided: one person found gives Z32 or Z42, candidates give Z31 (for
/// a history only), everything else Z33. The question's QPD is given back as it came.
///
/// # Source
/// HL7 IG 1.5, chapters 7 and 11; profiles Z31, Z32, Z33, Z42. They have room for one ERR: the gravest finding.
pub fn write_response(
    question: &Message<'_>,
    kind: QueryKind,
    envelope: &Envelope<'_>,
    outcome: &QueryOutcome,
    tables: &dyn CodeTables,
) -> String {
    let header = question.header();
    let profile = Profile::of(kind, outcome);
    let query = question.first(b"QPD");
    let named = query.map(|query| query.field(3)).unwrap_or_default();
    let mut answer = Answer {
        writer: Writer::default(),
        envelope,
        tables,
        named: question.repetitions(named).map(|repetition| Cx::of(question, repetition)).collect(),
    };
    write_header(&mut answer.writer, &header, envelope, ["RSP", "K11", "RSP_K11"], profile.code());
    write_msa(&mut answer.writer, &header, response_code(outcome.status));
    if let Some(finding) = gravest(&outcome.findings) {
        write_error(&mut answer.writer, finding);
    }
    write_query(&mut answer.writer, question, kind, status_code(profile, outcome.status));
    match profile {
        Profile::Nobody => {}
        Profile::Candidates => {
            for (index, record) in outcome.people.iter().enumerate() {
                answer.write_person(index + 1, record);
                answer.write_relations(record, profile);
            }
        }
        Profile::History => {
            for record in &outcome.people {
                answer.write_person(1, record);
                answer.write_relations(record, profile);
                answer.write_history(record);
            }
        }
        Profile::EvaluatedHistory => {
            for record in &outcome.people {
                answer.write_person(1, record);
                match &outcome.assessment {
                    Some(assessment) => answer.write_evaluated_history(record, assessment),
                    None => answer.write_unevaluated_history(record),
                }
            }
        }
    }
    answer.writer.finish()
}

/// The first finding of the highest severity.
fn gravest(findings: &[Finding]) -> Option<&Finding> {
    let worst = findings.iter().map(Finding::severity).max()?;
    findings.iter().find(|finding| finding.severity() == worst)
}

/// QAK-2, HL70208. Whoever may not be shown by the profile was not found.
fn status_code(profile: Profile, status: QueryStatus) -> &'static str {
    match status {
        QueryStatus::Found | QueryStatus::Candidates if profile == Profile::Nobody => QueryStatus::NotFound.code(),
        _ => status.code(),
    }
}

/// QAK and QPD: the question's tag and name, and the question itself.
fn write_query(writer: &mut Writer, question: &Message<'_>, kind: QueryKind, status: &str) {
    let query_name = match kind {
        QueryKind::History => "Z34^Request Immunization History^CDCPHINVS",
        QueryKind::EvaluatedHistory => "Z44^Request Evaluated History and Forecast^CDCPHINVS",
    };
    let delimiters = question.delimiters();
    let (tag, name, body) = match question.first(b"QPD") {
        Some(query) => (query.field(2), query.field(1), query.body()),
        None => ("", "", ""),
    };
    let name = if name.is_empty() { Cow::Borrowed(query_name) } else { in_standard_delimiters(name, delimiters) };
    writer.segment("QAK");
    writer.put_as_sent(1, &in_standard_delimiters(tag, delimiters));
    writer.put_as_sent(2, status);
    writer.put_as_sent(3, &name);
    let body = if body.is_empty() { Cow::Borrowed(query_name) } else { in_standard_delimiters(body, delimiters) };
    writer.segment_as_sent("QPD", &body);
}

/// A part of the question in the delimiters of the answer: as it came where they are the same.
fn in_standard_delimiters(raw: &str, of: Delimiters) -> Cow<'_, str> {
    const STANDARD: Delimiters = Delimiters::STANDARD;
    if of == STANDARD {
        return Cow::Borrowed(raw);
    }
    let pairs = [
        (of.field, STANDARD.field),
        (of.component, STANDARD.component),
        (of.repetition, STANDARD.repetition),
        (of.escape, STANDARD.escape),
        (of.subcomponent, STANDARD.subcomponent),
    ];
    let mut text = String::with_capacity(raw.len());
    for letter in raw.chars() {
        match pairs.iter().find(|(from, _)| char::from(*from) == letter) {
            Some((_, to)) => text.push(char::from(*to)),
            None => text.push_str(&crate::er7::escape(letter.encode_utf8(&mut [0; 4]), STANDARD)),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_in_other_delimiters_is_given_back_in_ours() {
        let of = Delimiters { field: b'#', component: b'*', ..Delimiters::STANDARD };
        assert_eq!(in_standard_delimiters("Z34*x#a|b\\F\\", of), "Z34^x|a\\F\\b\\F\\");
        assert_eq!(in_standard_delimiters("a^b|c", Delimiters::STANDARD), "a^b|c");
    }
}
