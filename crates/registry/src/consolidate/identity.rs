//! Name, birth date and sex, where organizations say different things of them (decision 0106).
//!
//! Each organization has one voice, its newest statement. What the registry's own staff corrected stands, whatever else their
//! office says; else what most organizations say; of as many, what those say that gave the person more doses; of these, what
//! was said last.

use jiff::Timestamp;
use matching::is_placeholder;
use model::{
    Demographics, InformationSource, OrganizationId, PatientRecord, PatientReport, PersonName, Settled, Sex,
    plain_letters,
};

/// A statement of a fact, and what speaks for it.
struct Statement<T> {
    said: T,
    settled_at: Option<Timestamp>,
    organizations: usize,
    doses: usize,
}

/// Puts into what is shown the name, birth date and sex that most speaks for. Where one organization alone has spoken, what
/// it said last is there already.
pub(super) fn decide(shown: &mut Demographics, newest_first: &[&PatientReport], record: &PatientRecord) {
    let is_one_voice = newest_first.windows(2).all(|pair| pair[0].organization_id == pair[1].organization_id);
    if is_one_voice && newest_first.iter().all(|report| report.demographics.settled.is_nothing()) {
        return;
    }
    let voices = Voices { newest_first, record };
    if let Some(name) = voices.name() {
        shown.names.retain(|known| *known != name);
        shown.names.insert(0, name);
    }
    shown.birth_date = voices.most(|said| said.birth_date, |settled| settled.birth_date).or(shown.birth_date);
    shown.sex = voices.most(known_sex, |settled| settled.sex).or(shown.sex);
}

/// Of who somebody is, what two statements say otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Otherwise {
    pub(crate) name: bool,
    pub(crate) birth_date: bool,
    pub(crate) sex: bool,
}

impl Otherwise {
    /// What a statement says other than a second one does, or though the second says nothing of it.
    pub(crate) fn between(said: &Demographics, other: &Demographics) -> Otherwise {
        let name = |who: &Demographics| standing_name(who).map(letters);
        Otherwise {
            name: name(said).is_some_and(|said| name(other) != Some(said)),
            birth_date: said.birth_date.is_some_and(|said| other.birth_date != Some(said)),
            sex: known_sex(said).is_some_and(|said| known_sex(other) != Some(said)),
        }
    }

    pub(crate) fn is_any(self) -> bool {
        self.name || self.birth_date || self.sex
    }
}

/// The name that somebody has; those that stand for none yet (BABY GIRL) are none.
fn standing_name(who: &Demographics) -> Option<&PersonName> {
    who.names.iter().find(|name| !is_placeholder(name))
}

fn known_sex(who: &Demographics) -> Option<Sex> {
    who.sex.filter(|sex| *sex != Sex::U)
}

/// By what names are held against each other: case, accents and punctuation make no other name.
fn letters(name: &PersonName) -> (String, String) {
    (plain_letters(&name.family), plain_letters(&name.given))
}

/// Who speaks of a person.
struct Voices<'a> {
    newest_first: &'a [&'a PatientReport],
    record: &'a PatientRecord,
}

impl Voices<'_> {
    /// The name that most speaks for, as it was said last.
    fn name(&self) -> Option<PersonName> {
        let most = self.most(|said| standing_name(said).map(letters), |settled| settled.name)?;
        let mut names = self.newest_first.iter().filter_map(|report| standing_name(&report.demographics));
        names.find(|name| letters(name) == most).cloned()
    }

    fn most<T: PartialEq>(
        &self,
        fact: impl Fn(&Demographics) -> Option<T>,
        settled: impl Fn(&Settled) -> Option<Timestamp>,
    ) -> Option<T> {
        let mut heard: Vec<OrganizationId> = Vec::new();
        let mut statements: Vec<Statement<T>> = Vec::new();
        for report in self.newest_first {
            let Some(said) = fact(&report.demographics) else { continue };
            let settled_at = settled(&report.demographics.settled);
            let (organizations, doses) = match heard.contains(&report.organization_id) {
                true if settled_at.is_none() => continue,
                true => (0, 0),
                false => (1, self.doses_of(report.organization_id)),
            };
            heard.push(report.organization_id);
            match statements.iter_mut().find(|known| known.said == said) {
                Some(known) => {
                    known.settled_at = known.settled_at.max(settled_at);
                    known.organizations += organizations;
                    known.doses += doses;
                }
                None => statements.push(Statement { said, settled_at, organizations, doses }),
            }
        }
        // Of equals the last is taken, which is the newest.
        let oldest_first = statements.into_iter().rev();
        oldest_first.max_by_key(|it| (it.settled_at, it.organizations, it.doses)).map(|it| it.said)
    }

    /// The doses that an organization gave the person.
    fn doses_of(&self, organization_id: OrganizationId) -> usize {
        let reports = self.record.vaccinations.iter().filter(|report| report.organization_id == organization_id);
        let is_given = |dose: &model::Dose| dose.is_given() && dose.source == InformationSource::Administered;
        reports.filter(|report| !report.is_deleted && is_given(&report.dose)).count()
    }
}
