//! What is read of the database before submissions are decided: little of all who may be meant, and the doses of those
//! who most likely are. Of the others, of whom a large registry has many, they are read only when one is meant after all.

use std::collections::{HashMap, HashSet};

use model::{Demographics, FilePosition, PatientId};
use store::{Claim, Database, Reading, StoreError};

use super::lanes::bucket;
use super::{Decision, Lacking, Rules, Submission, World, decide};
use crate::exclusions::{Keyed, may_exclude};

/// Keys that somebody shares with a submission, from which their doses are read with their record: strangers mostly
/// share one.
const KEYS_OF_THE_LIKELY_MINIMUM: usize = 2;

/// Identifiers of a submission that are held against other nodes: a sender gives a person one or two, and a server has room for
/// so many locks.
const IDENTIFIERS_HELD_MAXIMUM: usize = 2;

/// The keys under which submissions are looked up: of their messages, and of the people they may be about.
#[derive(Default)]
pub(super) struct Questions {
    hashes: Vec<i64>,
    keys: Vec<i64>,
    keys_of_each: Vec<Vec<i64>>,
    /// Birth dates and identifiers, about which no two nodes decide at once.
    held: Vec<i64>,
    places: Vec<FilePosition>,
    /// People who are meant whatever the keys say.
    named: Vec<PatientId>,
}

impl Questions {
    pub(super) fn of<'a>(submissions: impl Iterator<Item = &'a Submission>) -> Questions {
        let mut questions = Questions::default();
        for submission in submissions {
            let mut keys = Vec::new();
            if let Some(stated) = &submission.patient {
                keys = matching::lookup_keys(&stated.demographics);
                if let Some(patient_id) = stated.record {
                    keys.extend(matching::match_keys(&Demographics::default(), Some(&patient_id.number())));
                }
            }
            questions.hashes.push(submission.identity.control_hash);
            questions.keys.extend(&keys);
            questions.keys_of_each.push(keys);
            questions.held.push(bucket(submission));
            let stated = submission.patient.iter();
            let identifiers = stated.flat_map(|stated| matching::identifier_keys(&stated.demographics));
            questions.held.extend(identifiers.take(IDENTIFIERS_HELD_MAXIMUM));
            questions.places.extend(submission.receipt.file);
        }
        for numbers in [&mut questions.hashes, &mut questions.keys] {
            numbers.sort_unstable();
            numbers.dedup();
        }
        questions
    }

    /// The same, and these people.
    pub(super) fn and_people(mut self, people: impl Iterator<Item = PatientId>) -> Questions {
        self.named.extend(people);
        self
    }

    /// What the submissions are decided about.
    pub(super) fn claim(&self) -> Claim {
        Claim { buckets: self.held.clone(), keys: [self.hashes.as_slice(), &self.keys].concat() }
    }

    /// The same, as if the messages had never come before.
    fn of_new_messages(self) -> Questions {
        Questions { hashes: Vec::new(), places: Vec::new(), ..self }
    }

    fn is_nothing(&self) -> bool {
        self.hashes.is_empty() && self.keys.is_empty() && self.named.is_empty()
    }
}

impl World {
    /// The world that submissions are decided in.
    pub(super) fn read(reading: &mut Reading<'_>, questions: &Questions) -> Result<World, StoreError> {
        if questions.is_nothing() {
            return Ok(World::default());
        }
        let (messages, found) = reading.look_up(&questions.hashes, &questions.keys)?;
        let mut world = World::new(messages, found);
        world.want(questions.named.iter().copied());
        world.add_file_messages(reading.file_messages(&questions.places)?);
        world.read_people(reading, &questions.keys_of_each)?;
        Ok(world)
    }

    fn read_people(&mut self, reading: &mut Reading<'_>, keys_of_each: &[Vec<i64>]) -> Result<(), StoreError> {
        let (likely, unknown) = self.likely(keys_of_each);
        self.note_unknown(unknown);
        loop {
            let missing = self.missing_records();
            let with_doses: Vec<PatientId> = missing.iter().copied().filter(|id| likely.contains(id)).collect();
            let records = match missing.is_empty() {
                true => Vec::new(),
                false => reading.people(&missing, &with_doses)?,
            };
            if records.is_empty() {
                break;
            }
            self.add_people(records, &likely);
        }
        let told_apart = self.told_apart();
        if !told_apart.is_empty() {
            self.add_apart(&reading.told_apart(&told_apart)?);
        }
        Ok(())
    }

    /// Who shares the most keys with a submission, and who was named; and the places of submissions with whom nobody does.
    fn likely(&self, keys_of_each: &[Vec<i64>]) -> (HashSet<PatientId>, Vec<usize>) {
        let mut likely: HashSet<PatientId> = self.named().iter().copied().collect();
        let mut unknown = Vec::new();
        for (place, keys) in keys_of_each.iter().enumerate() {
            let mut shared: HashMap<PatientId, usize> = HashMap::new();
            for patient_id in keys.iter().flat_map(|key| self.under_key(*key)) {
                *shared.entry(*patient_id).or_default() += 1;
            }
            let most = shared.values().copied().max().filter(|most| *most >= KEYS_OF_THE_LIKELY_MINIMUM);
            if most.is_none() {
                unknown.push(place);
            }
            likely.extend(shared.into_iter().filter(|(_, count)| Some(*count) == most).map(|(id, _)| id));
        }
        (likely, unknown)
    }

    /// Reads who is excluded among the people of these submissions of whom nobody seems to be there. Where nobody was
    /// ever destroyed there is no secret, and nothing to look for.
    pub(super) fn read_exclusions<'a>(
        &mut self,
        rules: &Rules,
        submissions: impl Iterator<Item = &'a Submission>,
        reading: &mut Reading<'_>,
    ) -> Result<(), StoreError> {
        if !may_exclude(rules) {
            return Ok(());
        }
        let unknown: Vec<&Demographics> = submissions
            .enumerate()
            .filter(|(place, _)| self.is_unknown(*place))
            .filter_map(|(_, submission)| submission.patient.as_ref())
            .filter(|stated| stated.record.is_none())
            .map(|stated| &stated.demographics)
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let Some(keyed) = self.learn_exclusion_keys(rules, reading)? else { return Ok(()) };
        let keys = unknown.into_iter().flat_map(|stated| keyed.lookup_keys(stated));
        let mut keys: Vec<i64> = keys.map(|(_, key)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        self.add_exclusions(&keys, reading.exclusions(&keys)?);
        Ok(())
    }

    /// By what those are known again who were destroyed; `None` while nobody was.
    fn learn_exclusion_keys<'rules>(
        &mut self,
        rules: &'rules Rules,
        reading: &mut Reading<'_>,
    ) -> Result<Option<&'rules Keyed>, StoreError> {
        self.note_exclusions_looked_for();
        if let Some(known) = rules.exclusion_keys.get() {
            return Ok(Some(known));
        }
        let secret = reading.exclusion_secret()?;
        Ok(secret.map(|secret| rules.exclusion_keys.get_or_init(|| Keyed::new(&secret))))
    }

    /// Decides a submission; reads the doses of whoever turns out to be meant, where they were not read before.
    pub(super) fn decide(
        &mut self,
        rules: &Rules,
        submission: &Submission,
        reading: &mut Reading<'_>,
    ) -> Result<Decision, StoreError> {
        loop {
            match decide(rules, submission, self) {
                Ok(decision) => return Ok(decision),
                Err(Lacking::Doses(patient_id)) => self.read_doses(patient_id, reading)?,
                Err(Lacking::Exclusions(keys)) if keys.is_empty() => {
                    self.learn_exclusion_keys(rules, reading)?;
                }
                Err(Lacking::Exclusions(keys)) => self.add_exclusions(&keys, reading.exclusions(&keys)?),
            }
        }
    }

    /// Reads the doses of a person, where they were not read before.
    pub(super) fn read_doses(&mut self, patient_id: PatientId, reading: &mut Reading<'_>) -> Result<(), StoreError> {
        if self.lacks_doses(patient_id) {
            self.add_doses(patient_id, reading.doses_of(patient_id)?);
        }
        Ok(())
    }
}

/// What a submission would become, as if its message had never come before.
pub(super) fn rehearse(database: &Database, rules: &Rules, submission: &Submission) -> Result<Decision, StoreError> {
    let questions = Questions::of(std::iter::once(submission)).of_new_messages();
    database.read_at_once(|reading| {
        let mut world = World::read(reading, &questions)?;
        world.read_exclusions(rules, std::iter::once(submission), reading)?;
        world.decide(rules, submission, reading)
    })
}
