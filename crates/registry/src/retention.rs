//! How long a record may be kept: what of it on which day, and from which day on something of it must go, and why.
//!
//! What may be kept is what intake would keep (`consents.rs`), as seen from a day; but a withdrawal counts only when the days are
//! over in which it can be taken back. Nothing goes only because it is not known why it is there: a record that was kept under
//! another policy stays.
//!
//! # Source
//! Texas Health and Safety Code 161.007(a-1), 161.0071(b)-(d); 25 Texas Administrative Code 100.7(d). The days and ages are the
//! profile's.

use jiff::ToSpan;
use jiff::civil::Date;
use model::{Consent, ConsentStatus, Dose, PatientRecord, VaccinationReport};

use crate::Rules;
use crate::consents::{self, Coverage};
use crate::profile::DisasterEvent;

/// Why something must go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DestructionReason {
    /// Consent was taken back.
    Withdrawn,
    /// The consent of a minor ended with an age, and the grown-up gave none.
    GrownUp,
    /// The time is over for which doses of an event are kept without consent.
    EventOver,
}

impl DestructionReason {
    /// All of them.
    pub const ALL: [DestructionReason; 3] =
        [DestructionReason::Withdrawn, DestructionReason::GrownUp, DestructionReason::EventOver];

    /// The word in the audit trail and for programs.
    pub fn word(self) -> &'static str {
        match self {
            DestructionReason::Withdrawn => "withdrawn",
            DestructionReason::GrownUp => "grown_up",
            DestructionReason::EventOver => "event_over",
        }
    }

    /// The same for people.
    pub fn in_words(self) -> &'static str {
        match self {
            DestructionReason::Withdrawn => "consent was taken back",
            DestructionReason::GrownUp => "a minor's consent has ended with the age",
            DestructionReason::EventOver => "the time of an event is over",
        }
    }
}

/// What must go of a record, and from which day on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueDestruction {
    /// The first day.
    pub on: Date,
    /// Why.
    pub reason: DestructionReason,
    /// All of it, or doses alone.
    pub is_whole: bool,
}

/// The first day on which something must go of a record with its doses; `None` when nothing ever must, as things stand.
pub(crate) fn due(rules: &Rules, record: &PatientRecord) -> Option<DueDestruction> {
    turning_days(rules, record).into_iter().find_map(|on| {
        let gone = gone_on(rules, record, on)?;
        let reason = Keeping::on(rules, record, on)?.reason;
        Some(DueDestruction { on, reason, is_whole: gone == Gone::Everything })
    })
}

/// What must go of a record with its doses on a day: everything, or these doses.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Gone<'record> {
    Everything,
    Doses(Vec<&'record VaccinationReport>),
}

/// What must be gone of a record by a day; `None` when all of it may be kept.
pub(crate) fn gone_on<'record>(rules: &Rules, record: &'record PatientRecord, day: Date) -> Option<Gone<'record>> {
    let keeping = Keeping::on(rules, record, day)?;
    let (kept, gone): (Vec<_>, Vec<_>) = record.vaccinations.iter().partition(|report| keeping.keeps(&report.dose));
    let is_nothing_kept = kept.iter().all(|report| report.is_deleted);
    match gone.is_empty() {
        true if keeping.reason == DestructionReason::EventOver || !is_nothing_kept => None,
        _ if is_nothing_kept => Some(Gone::Everything),
        _ => Some(Gone::Doses(gone)),
    }
}

/// Which doses of a record are kept from a day on, where not all are.
pub(crate) struct Keeping<'rules> {
    /// Why the others must go.
    pub(crate) reason: DestructionReason,
    events: Vec<&'rules DisasterEvent>,
    events_over: Vec<&'rules DisasterEvent>,
}

impl<'rules> Keeping<'rules> {
    /// `None` when all of a record may be kept, whatever doses it has.
    pub(crate) fn on(rules: &'rules Rules, record: &PatientRecord, day: Date) -> Option<Keeping<'rules>> {
        let reason = reason(rules, record, day)?;
        let newest = consents::newest_of_each_kind(counting_on(rules, record, day));
        let events = match consents::cover(rules, &newest, age_on(record, day), day) {
            Some(Coverage::All) => return None,
            Some(Coverage::Events(events)) => events,
            Some(Coverage::Withdrawal) | None => Vec::new(),
        };
        let events_over = rules.profile.consent.events.iter().filter(|event| is_over(event, day)).collect();
        Some(Keeping { reason, events, events_over })
    }

    /// Whether a dose is kept. The end of an event says nothing of other doses, which another policy let in.
    pub(crate) fn keeps(&self, dose: &Dose) -> bool {
        let is_of = |events: &[&DisasterEvent]| events.iter().any(|event| consents::covers(event, dose));
        let is_concerned = self.reason != DestructionReason::EventOver || is_of(&self.events_over);
        !is_concerned || is_of(&self.events)
    }
}

fn is_over(event: &DisasterEvent, day: Date) -> bool {
    event.kept_until.is_some_and(|until| until <= day)
}

/// Why something may have to go on a day; `None` where nothing is ever destroyed, or nothing speaks for it.
fn reason(rules: &Rules, record: &PatientRecord, day: Date) -> Option<DestructionReason> {
    let consent = &rules.profile.consent;
    consent.destruction.as_ref()?;
    let newest = consents::newest_of_each_kind(counting_on(rules, record, day));
    let mut statements = newest.iter();
    if statements.any(|(_, statement)| statement.status == ConsentStatus::Withdrawn) {
        return Some(DestructionReason::Withdrawn);
    }
    let age = age_on(record, day);
    let has_ended =
        |kind: &str| consent.kinds.get(kind).is_some_and(|kind| !consents::is_before(age, kind.kept_before_age));
    if newest.keys().any(|kind| has_ended(kind)) {
        return Some(DestructionReason::GrownUp);
    }
    consent.events.iter().any(|event| is_over(event, day)).then_some(DestructionReason::EventOver)
}

/// The consents that count on a day: withdrawals only when they can no longer be taken back.
fn counting_on<'record>(
    rules: &Rules,
    record: &'record PatientRecord,
    day: Date,
) -> impl Iterator<Item = &'record Consent> {
    record.consents.iter().filter(move |consent| withdrawal_counts_from(rules, consent).is_none_or(|from| from <= day))
}

/// The day from which on a withdrawal counts here; `None` for consent given.
fn withdrawal_counts_from(rules: &Rules, consent: &Consent) -> Option<Date> {
    let days = rules.profile.consent.destruction.as_ref()?.after_withdrawal_days;
    let is_withdrawal = consent.statement.status == ConsentStatus::Withdrawn;
    is_withdrawal.then(|| rules.day_of(consent.recorded_at).saturating_add(i64::from(days).days()))
}

/// Who has no birth date has no age at which something would end.
fn age_on(record: &PatientRecord, day: Date) -> i16 {
    record.patient.demographics.birth_date.map_or(i16::MIN, |birth_date| consents::age_on(birth_date, day))
}

/// The days on which what may be kept of a record can become less, in order.
fn turning_days(rules: &Rules, record: &PatientRecord) -> Vec<Date> {
    let consent = &rules.profile.consent;
    let withdrawals = record.consents.iter().filter_map(|consent| withdrawal_counts_from(rules, consent));
    let birth_date = record.patient.demographics.birth_date;
    let ages = consent.kinds.values().filter_map(|kind| kind.kept_before_age);
    let birthdays = ages.filter_map(|age| Some(birthday(birth_date?, age)));
    let events = consent.events.iter().filter_map(|event| event.kept_until);
    let mut days: Vec<Date> = withdrawals.chain(birthdays).chain(events).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The first day at an age; who was born on 29 February has it on 1 March, as in [`consents::age_on`].
fn birthday(birth_date: Date, age: u8) -> Date {
    let year = birth_date.year() + i16::from(age);
    let first_of_march = || Date::constant(year, 3, 1);
    Date::new(year, birth_date.month(), birth_date.day()).unwrap_or_else(|_| first_of_march())
}
