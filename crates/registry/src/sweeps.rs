//! A sweep over the whole registry: everybody is compared with everybody who shares a key, by the weights in use.
//!
//! It finds what came in before the weights or the keys were what they are now. It proposes to the reviewers; it merges by itself
//! only pairs that no policy doubts, and only where the profile says so. How far it is, is committed with every step: whatever
//! stops it, it goes on where it was. Each step asks the gate first, so that maintenance holds it.

use std::collections::{BTreeSet, HashMap, HashSet};

use matching::{Folded, Outcome};
use model::{Caller, MessageId, OrganizationId, PatientId, PatientRecord, PatientStatus, Receipt, Standing};
use store::{Changes, Database, PEOPLE_PER_KEY_LIMIT, ReviewOpened, StoreError, Sweep};
use uuid::Uuid;

use crate::intake::{Purpose, derive};
use crate::{Admission, Registry, RegistryError};

/// People of one step: enough that a commit costs little, few enough that a stopping node does not wait.
const PEOPLE_PER_STEP: u32 = 200;

/// What one step found.
#[derive(Default)]
struct Found {
    new_keys: Vec<(i64, PatientId)>,
    over_full_count: u64,
    compared_count: u64,
    proposals: Vec<ReviewOpened>,
    /// Pairs that no policy doubts: the younger record, the older, and why.
    beyond_doubt: Vec<(PatientId, PatientId, String)>,
}

impl Registry {
    /// The present sweep, or the last one; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sweep(&self, _admission: &Admission) -> Result<Option<Sweep>, RegistryError> {
        Ok(self.database().sweep()?)
    }

    /// Begins a sweep by the weights in use. One that is under way is replaced, and begins anew.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn begin_sweep(&self, _admission: &Admission) -> Result<Sweep, RegistryError> {
        let people_count = self.database().people_count()?;
        let sweep = Sweep { version: self.matcher_version(), people_count, ..Sweep::default() };
        self.database().set_sweep(&sweep)?;
        Ok(sweep)
    }

    /// Holds the present sweep, or lets it go on.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is none; when the database cannot be written.
    pub fn hold_sweep(&self, _admission: &Admission, is_held: bool) -> Result<Sweep, RegistryError> {
        let sweep = self.database().sweep()?.filter(|sweep| !sweep.is_finished);
        let sweep = sweep.ok_or_else(|| RegistryError::Refused("no sweep is under way".to_owned()))?;
        let sweep = Sweep { is_held, ..sweep };
        self.database().set_sweep(&sweep)?;
        Ok(sweep)
    }

    /// Takes the present sweep one step further and gives how far it is; `None` when there is nothing to do. Blocks.
    ///
    /// A sweep whose weights are no longer those in use begins anew with those that are. The receipt gives the time, and the ids
    /// of merges.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn advance_sweep(&self, admission: &Admission, receipt: &Receipt) -> Result<Option<Sweep>, RegistryError> {
        let present = self.database().sweep()?.filter(|sweep| !sweep.is_finished && !sweep.is_held);
        let Some(mut sweep) = present else { return Ok(None) };
        if sweep.version != self.matcher_version() {
            sweep = self.begin_sweep(admission)?;
        }
        let people = self.database().people_after(sweep.last_done, PEOPLE_PER_STEP)?;
        let found = self.compare_people(&people, receipt)?;
        let next = Sweep {
            done_count: sweep.done_count + people.len() as u64,
            last_done: people.last().map_or(Uuid::max(), |last| last.0),
            is_finished: people.is_empty(),
            compared_count: sweep.compared_count + found.compared_count,
            proposed_count: sweep.proposed_count + found.proposals.len() as u64,
            new_key_count: sweep.new_key_count + found.new_keys.len() as u64,
            over_full_count: sweep.over_full_count + found.over_full_count,
            ..sweep.clone()
        };
        let changes = Changes { match_keys: found.new_keys, reviews: found.proposals, ..Changes::default() };
        let step = self.reviewers_lane().run(self.database(), &[Database::SWEEP_BUCKET], |batch| {
            batch.step_sweep(&sweep, &next)?;
            Ok(batch.write(&changes)?)
        });
        match step {
            Ok(()) => self.merge_beyond_doubt(admission, receipt, next, found.beyond_doubt).map(Some),
            Err(RegistryError::Store(StoreError::Conflict { .. })) => Ok(self.database().sweep()?),
            Err(error) => Err(error),
        }
    }

    /// Merges what no policy doubts, after it was proposed, so that whatever stops here leaves it to the reviewers.
    fn merge_beyond_doubt(
        &self,
        admission: &Admission,
        receipt: &Receipt,
        sweep: Sweep,
        pairs: Vec<(PatientId, PatientId, String)>,
    ) -> Result<Sweep, RegistryError> {
        let registry_itself = Caller {
            account_id: None,
            username: "sweep".to_owned(),
            organization_id: OrganizationId(Uuid::nil()),
            organization_code: String::new(),
            standing: Standing::Operator,
        };
        let mut merged_count = 0;
        for (ordinal, (younger, older, because)) in pairs.into_iter().enumerate() {
            let message_id = MessageId(derive(receipt.message_id, Purpose::Merge, ordinal));
            let receipt = Receipt { message_id, ..*receipt };
            match self.merge_patients(admission, &registry_itself, &receipt, younger, older, &because) {
                Ok(_) => merged_count += 1,
                // One of them was merged meanwhile, or they are too large together: then reviewers see why.
                Err(RegistryError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if merged_count == 0 {
            return Ok(sweep);
        }
        let counted = Sweep { merged_count: sweep.merged_count + merged_count, ..sweep.clone() };
        let written = self
            .reviewers_lane()
            .run(self.database(), &[Database::SWEEP_BUCKET], |batch| Ok(batch.step_sweep(&sweep, &counted)?));
        match written {
            Err(RegistryError::Store(StoreError::Conflict { .. })) => Ok(sweep),
            written => written.map(|()| counted),
        }
    }

    /// Compares people with everybody who shares a key with them.
    fn compare_people(&self, people: &[PatientId], receipt: &Receipt) -> Result<Found, RegistryError> {
        let mut found = Found::default();
        let records = self.database().patient_records(people)?;
        let records: Vec<&PatientRecord> = records.iter().filter(|record| stands(record)).collect();
        let mut asked: HashMap<PatientId, Vec<i64>> = HashMap::new();
        for record in &records {
            let person = &record.patient.demographics;
            let mut keys = matching::match_keys(person, Some(&record.patient.id.number()));
            keys.extend(matching::lookup_keys(person));
            asked.insert(record.patient.id, keys);
        }
        let all: HashSet<i64> = asked.values().flatten().copied().collect();
        let all: Vec<i64> = all.into_iter().collect();
        let mut under: HashMap<i64, Vec<PatientId>> = HashMap::new();
        for (key, patient_id) in self.database().patients_by_match_keys(&all)? {
            under.entry(key).or_default().push(patient_id);
        }
        let is_over_full = |people: &Vec<PatientId>| people.len() >= PEOPLE_PER_KEY_LIMIT as usize;
        let mut pairs: BTreeSet<(PatientId, PatientId)> = BTreeSet::new();
        for record in &records {
            let id = record.patient.id;
            for key in matching::match_keys(&record.patient.demographics, Some(&id.number())) {
                if under.get(&key).is_none_or(|people| !is_over_full(people) && !people.contains(&id)) {
                    found.new_keys.push((key, id));
                }
            }
            let lists: Vec<&Vec<PatientId>> = asked[&id].iter().filter_map(|key| under.get(key)).collect();
            found.over_full_count += u64::from(lists.iter().any(|people| is_over_full(people)));
            let others = lists.into_iter().filter(|people| !is_over_full(people)).flatten();
            pairs.extend(others.filter(|other| **other != id).map(|&other| (id.max(other), id.min(other))));
        }
        self.compare_pairs(&pairs, receipt, &mut found)?;
        metrics::counter!("bluebonnet_match_keys_over_full_total").increment(found.over_full_count);
        Ok(found)
    }

    fn compare_pairs(
        &self,
        pairs: &BTreeSet<(PatientId, PatientId)>,
        receipt: &Receipt,
        found: &mut Found,
    ) -> Result<(), RegistryError> {
        let ids: BTreeSet<PatientId> = pairs.iter().flat_map(|(younger, older)| [*younger, *older]).collect();
        let ids: Vec<PatientId> = ids.into_iter().collect();
        let records = self.database().patient_records(&ids)?;
        let folded: HashMap<PatientId, Folded<'_>> = records
            .iter()
            .filter(|record| stands(record))
            .map(|record| (record.patient.id, Folded::new(&record.patient.demographics)))
            .collect();
        let matcher = &self.rules().matcher;
        for &(younger, older) in pairs {
            let (Some(one), Some(other)) = (folded.get(&younger), folded.get(&older)) else { continue };
            found.compared_count += 1;
            let (outcome, _) = matcher.compare(one, other);
            if outcome == Outcome::NotAMatch || self.is_asked(younger, older)? {
                continue;
            }
            let explanation = matcher.explain(one.demographics(), other.demographics());
            let reason = format!("{} ({})", explanation.sentence, explanation.version);
            let opened_at = receipt.received_at;
            if self.profile().matching.sweep_merges && outcome == Outcome::Match && matcher.is_beyond_doubt(one, other)
            {
                found.beyond_doubt.push((younger, older, reason.clone()));
            }
            found.proposals.push(ReviewOpened { patient_id: younger, candidate: older, opened_at, reason });
        }
        Ok(())
    }

    /// Whether reviewers were asked about the two before, or have decided.
    fn is_asked(&self, one: PatientId, other: PatientId) -> Result<bool, RegistryError> {
        let is_pair = |pair: (PatientId, PatientId)| pair == (one, other) || pair == (other, one);
        let asked = self.database().reviews_of(one)?;
        if asked.iter().any(|review| is_pair((review.patient_id, review.candidate))) {
            return Ok(true);
        }
        let decided = self.database().review_decisions_of(one)?;
        Ok(decided.iter().any(|decided| is_pair((decided.patient_id, decided.candidate))))
    }
}

/// Whether a record stands on its own: neither merged nor waiting for a reviewer already.
fn stands(record: &PatientRecord) -> bool {
    record.patient.status == PatientStatus::Active
}
