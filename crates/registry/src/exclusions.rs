//! Whoever took consent back and was destroyed is known again without being named: keys, keyed hashes of their marks
//! (`matching::Mark`), lead to the kinds of consent that they took back, and the days of it.
//!
//! What is found so enters the question of consent in the place of a record's consents, and is judged as these were: consent of
//! before gives nothing back, consent since makes a person anew.

use std::collections::{HashMap, HashSet};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use matching::{Likeness, Mark, MarkKind};
use model::{
    Consent, ConsentId, ConsentStatement, ConsentStatus, Demographics, MessageId, OrganizationId, PatientId,
    PatientRecord,
};
use sha2::Sha256;
use store::Exclusion;
use uuid::Uuid;

use crate::{ConsentPolicy, Rules, consents};

/// What goes into the id of an exclusion before the person's own, so that it is no key of a mark.
const ID_LABEL: &[u8] = b"exclusion id\x1F";

/// What is left of who somebody may be.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Excluded {
    /// Withdrawals of who is surely meant.
    pub(crate) surely: Vec<Consent>,
    /// Withdrawals of who may be meant.
    pub(crate) possibly: Vec<Consent>,
}

/// Whether anybody is destroyed here, so that exclusions may be there.
pub(crate) fn may_exclude(rules: &Rules) -> bool {
    rules.profile.consent.policy == ConsentPolicy::OptIn && rules.profile.consent.destruction.is_some()
}

/// The secret of the keys, ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Keyed(Hmac<Sha256>);

impl Keyed {
    pub(crate) fn new(secret: &[u8; 32]) -> Keyed {
        Keyed(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }

    fn key(&self, mark: &Mark) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.hash(&[&mark.bytes]);
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The keys of a stated person, with what each is made of.
    pub(crate) fn lookup_keys(&self, stated: &Demographics) -> Vec<(MarkKind, i64)> {
        matching::lookup_marks(stated).iter().map(|mark| (mark.kind, self.key(mark))).collect()
    }

    /// The keys of a record that goes: of what is shown, and of all that anybody reported.
    pub(crate) fn keys_of(&self, records: &[PatientRecord]) -> Vec<i64> {
        let reported = records.iter().flat_map(|record| record.reports.iter().map(|report| &report.demographics));
        let who = records.iter().map(|record| &record.patient.demographics).chain(reported);
        let mut keys: Vec<i64> = who.flat_map(matching::marks).map(|mark| self.key(&mark)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The id of a person's exclusion: the audit trail names the person's, and must not tell whose keys these are.
    pub(crate) fn id_of(&self, patient_id: PatientId) -> Uuid {
        let hash = self.hash(&[ID_LABEL, patient_id.0.as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// What of a record stays as an exclusion: the kinds of consent whose newest statement is a withdrawal, and of each the last day.
pub(crate) fn exclusions_of(rules: &Rules, record: &PatientRecord, id: Uuid) -> Vec<Exclusion> {
    let newest = consents::newest_of_each_kind(&record.consents);
    let withdrawn = newest.iter().filter(|(_, statement)| statement.status == ConsentStatus::Withdrawn);
    let last_day = |kind: &str| {
        let of_kind = record.consents.iter().filter(|consent| consent.statement.kind == kind);
        let withdrawals = of_kind.filter(|consent| consent.statement.status == ConsentStatus::Withdrawn);
        withdrawals.map(|withdrawal| consents::withdrawn_on(rules, withdrawal)).max()
    };
    let of_kind = |kind: &str| Some(Exclusion { id, kind: kind.to_owned(), withdrawn_on: last_day(kind)? });
    withdrawn.filter_map(|(kind, _)| of_kind(kind)).collect()
}

/// What a batch knows of exclusions.
#[derive(Debug, Default)]
pub(crate) struct KnownExclusions {
    /// Whether it was looked whether there are any.
    pub(crate) is_looked_for: bool,
    /// Keys that were looked up.
    asked: HashSet<i64>,
    found: HashMap<i64, Vec<Exclusion>>,
}

impl KnownExclusions {
    /// Takes in what was found under keys.
    pub(crate) fn add(&mut self, asked: &[i64], found: Vec<(i64, Exclusion)>) {
        self.asked.extend(asked);
        for (key, exclusion) in found {
            self.found.entry(key).or_default().push(exclusion);
        }
    }

    /// What is left of who is stated.
    ///
    /// # Errors
    /// The keys that were not looked up.
    pub(crate) fn of(&self, keyed: &Keyed, stated: &Demographics) -> Result<Excluded, Vec<i64>> {
        let keys = keyed.lookup_keys(stated);
        let lacking: Vec<i64> = keys.iter().map(|(_, key)| *key).filter(|key| !self.asked.contains(key)).collect();
        if !lacking.is_empty() {
            return Err(lacking);
        }
        let mut shared: HashMap<Uuid, Vec<MarkKind>> = HashMap::new();
        for (kind, key) in &keys {
            let found = self.found.get(key).into_iter().flatten();
            found.for_each(|exclusion| shared.entry(exclusion.id).or_default().push(*kind));
        }
        let mut excluded = Excluded::default();
        let mut ids: Vec<Uuid> = shared.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let statements = match matching::likeness(shared[&id].iter().copied()) {
                Some(Likeness::Sure) => &mut excluded.surely,
                Some(Likeness::Possible) => &mut excluded.possibly,
                None => continue,
            };
            let mut of_id: Vec<&Exclusion> =
                self.found.values().flatten().filter(|exclusion| exclusion.id == id).collect();
            of_id.sort_unstable_by_key(|exclusion| &exclusion.kind);
            of_id.dedup();
            statements.extend(of_id.into_iter().map(withdrawal));
        }
        Ok(excluded)
    }
}

/// An exclusion as the consent that it was.
fn withdrawal(exclusion: &Exclusion) -> Consent {
    Consent {
        id: ConsentId(Uuid::nil()),
        patient_id: PatientId(Uuid::nil()),
        statement: ConsentStatement {
            kind: exclusion.kind.clone(),
            status: ConsentStatus::Withdrawn,
            effective_on: Some(exclusion.withdrawn_on),
        },
        organization_id: OrganizationId(Uuid::nil()),
        message_id: MessageId(Uuid::nil()),
        // Before everything that is said now.
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}
