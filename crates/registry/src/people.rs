//! People as pages show them: found by somebody who looks, and opened by somebody who chose.
//!
//! Records that may not be shown are left out before anything is counted, so that nothing tells them from people who
//! are not in the registry. Who looked, and whom they were shown, is written down before the answer is given.

use matching::Agreement;
use model::{
    AccountKind, Assessment, AuditAction, AuditEntry, Caller, Demographics, Identifier, OrganizationId, PatientId,
    PatientRecord, PatientReport, PatientStatus, Receipt, Right,
};

use crate::assess::Languages;
use crate::consolidate::doses::ExplainedVaccination;
use crate::consolidate::identity::Otherwise;
use crate::health_facts::HealthTold;
use crate::patients::OWN_NUMBER;
use crate::query::{leading_of, people_under};
use crate::{Admission, Registry, RegistryError, consolidate};

/// People shown for one search at most; where more fit, the page asks for more about the person.
pub const PEOPLE_SHOWN_MAXIMUM: usize = 20;
/// The type (HL70203) of the numbers that organizations give.
const CHART_NUMBER: &str = "MR";
/// Names of the caller's organizations under which a chart number is looked for at most.
const AUTHORITIES_MAXIMUM: usize = 100;

/// What a search found.
#[derive(Clone, PartialEq, Debug)]
pub enum PeopleFound {
    /// These, the most likely first; nobody, when the list is empty.
    People(Vec<FoundPerson>),
    /// More than a page shows.
    TooMany,
    /// Neither a surname nor an identifier was given, nor a first name with a phone number or a birth date.
    TooVague,
}

/// Somebody who may be meant.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundPerson {
    /// Who.
    pub patient_id: PatientId,
    /// Who they are, as the registry shows them.
    pub demographics: Demographics,
    /// What speaks for them, the strongest first.
    pub agreements: Vec<Agreement>,
    /// Whether the record waits for a reviewer, as it may be of the same person as another.
    pub is_pending: bool,
}

/// A person's record as a page shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenedRecord {
    /// All that is held: every report of every dose, deleted ones too.
    pub held: PatientRecord,
    /// What is shown: one report a vaccination, each fact once.
    pub shown: PatientRecord,
    /// The vaccinations shown, each with its reports and the source of each fact.
    pub doses: Vec<ExplainedVaccination>,
    /// Which doses count, and what is due; `None` where the birth date is not known.
    pub assessment: Option<Assessment>,
    /// It may not be given out: the caller opened it with a reason.
    pub is_withheld: bool,
}

impl OpenedRecord {
    /// What an organization reported last of who the person is; `None` where it said nothing yet.
    pub fn own_report(&self, organization_id: OrganizationId) -> Option<&PatientReport> {
        // The newest report stands first.
        self.shown.reports.iter().find(|report| report.organization_id == organization_id)
    }

    /// What an organization says of who the person is, where it says another name, birth date or sex than is shown.
    pub fn said_otherwise(&self, organization_id: OrganizationId) -> Option<&Demographics> {
        let said = self.own_report(organization_id)?;
        let otherwise = Otherwise::between(&said.demographics, &self.shown.patient.demographics);
        otherwise.is_any().then_some(&said.demographics)
    }

    /// Whether an organization's own system told of the person: pages give nobody a number.
    pub fn is_told_by_system(&self, organization_id: OrganizationId) -> bool {
        let mut own = self.held.reports.iter().filter(|report| report.organization_id == organization_id);
        own.any(|report| !report.demographics.identifiers.is_empty())
    }
}

impl Registry {
    /// Looks for a person by what is known of them: a surname, an identifier, or a first name with a phone number or a birth
    /// date.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not; others when the machine failed.
    pub async fn find_people(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        asked: Demographics,
    ) -> Result<PeopleFound, RegistryError> {
        self.authorize_here(caller, Right::FindPerson)?;
        let found = if !says_enough(&asked) {
            PeopleFound::TooVague
        } else {
            let asked = self.with_authorities(admission, caller, asked);
            let asking = caller.clone();
            self.look(move |registry| registry.look_for_people(&asking, &asked, receipt)).await?
        };
        let seen: Vec<Option<PatientId>> = match &found {
            PeopleFound::People(people) if !people.is_empty() => {
                people.iter().map(|person| Some(person.patient_id)).collect()
            }
            _ => vec![None],
        };
        let entries = seen.into_iter().map(|patient_id| {
            let action = match patient_id {
                Some(_) => AuditAction::CandidatesDisclosed,
                None => AuditAction::SearchWithoutResult,
            };
            looked(caller, &receipt, action, patient_id)
        });
        self.lanes().note(None, entries.collect()).await?;
        Ok(found)
    }

    /// Opens a person's record, with as much of their health as the caller is told. `None`: there is none of this id that may be
    /// shown, or that the caller opened with a reason.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not; others when the machine failed.
    pub async fn open_record(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        patient_id: PatientId,
    ) -> Result<Option<OpenedRecord>, RegistryError> {
        self.open_as_told(caller, receipt, patient_id, self.health_told(caller)).await
    }

    /// Opens a person's record as its official record says it: whoever it is handed to is told no condition.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not; others when the machine failed.
    pub async fn open_official_record(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        patient_id: PatientId,
    ) -> Result<Option<OpenedRecord>, RegistryError> {
        self.open_as_told(caller, receipt, patient_id, HealthTold::ON_OFFICIAL_RECORD).await
    }

    async fn open_as_told(
        &self,
        caller: &Caller,
        receipt: Receipt,
        patient_id: PatientId,
        told: HealthTold,
    ) -> Result<Option<OpenedRecord>, RegistryError> {
        self.authorize_here(caller, Right::FindPerson)?;
        let asking = caller.clone();
        let opened = self.look(move |registry| registry.read_record(&asking, patient_id, receipt, told)).await?;
        let entry = match &opened {
            Some(opened) if opened.is_withheld => {
                looked(caller, &receipt, AuditAction::WithheldOpened, Some(opened.held.patient.id))
            }
            Some(opened) => looked(caller, &receipt, AuditAction::RecordDisclosed, Some(opened.held.patient.id)),
            None => looked(caller, &receipt, AuditAction::SearchWithoutResult, None),
        };
        self.lanes().note(None, vec![entry]).await?;
        Ok(opened)
    }

    /// The organization that somebody acts for, and the sites below it, by name.
    pub fn own_sites(&self, admission: &Admission, caller: &Caller) -> Vec<model::Organization> {
        let snapshot = self.directory().snapshot();
        let mut sites = self.organizations(admission);
        sites.retain(|site| site.is_active && snapshot.may_speak_for(caller.organization_id, site.id));
        sites.sort_by_key(|site| (site.id != caller.organization_id, site.name.clone()));
        sites
    }

    /// Whether a program has an account to send messages for an organization.
    pub fn has_system(&self, _admission: &Admission, id: OrganizationId) -> bool {
        let snapshot = self.directory().snapshot();
        let mut programs = snapshot.accounts().filter(|account| account.kind == AccountKind::WebService);
        programs.any(|program| program.is_active && snapshot.may_speak_for(program.organization_id, id))
    }

    /// The name of an organization, for a fact's source.
    pub fn organization_name(&self, _admission: &Admission, id: OrganizationId) -> String {
        let snapshot = self.directory().snapshot();
        snapshot.organization(id).map_or_else(String::new, |organization| organization.name.clone())
    }

    fn read_record(
        &self,
        caller: &Caller,
        patient_id: PatientId,
        receipt: Receipt,
        told: HealthTold,
    ) -> Result<Option<OpenedRecord>, RegistryError> {
        let at = receipt.received_at;
        let found = self.database().read_at_once(|reading| {
            let records = reading.patient_records(&[patient_id])?;
            let Some(held) = leading_of(records, |ids| reading.patient_records(ids))?.pop() else { return Ok(None) };
            let is_open = self.withheld().is_open(caller, held.patient.id, at);
            let withheld = is_open.then(|| held.clone());
            let told = self.told_of(caller, held, at, reading)?;
            Ok(told.map(|held| (held, false)).or(withheld.map(|held| (held, true))))
        })?;
        Ok(found.map(|(held, is_withheld)| self.opened(held, is_withheld, receipt, told)))
    }

    fn opened(&self, held: PatientRecord, is_withheld: bool, receipt: Receipt, told: HealthTold) -> OpenedRecord {
        let today = receipt.today;
        let shown = consolidate::shown(held.clone(), self.rules());
        let assessment = self.assess_as_told(&shown, told, today, Languages::All);
        let [held, mut shown] = [held, shown].map(|record| self.with_health_told(record, told, today));
        // What others say of a dose is told as little where it is joined to the caller's own report of it.
        shown.vaccinations = consolidate::shown(held.clone(), self.rules()).vaccinations;
        let doses = consolidate::doses::explain(&held, self.rules()).vaccinations;
        OpenedRecord { held, shown, doses, assessment, is_withheld }
    }

    fn look_for_people(
        &self,
        caller: &Caller,
        asked: &Demographics,
        receipt: Receipt,
    ) -> Result<PeopleFound, RegistryError> {
        // Of whatever sex: it may be unknown to who looks, or wrong in the record.
        let keys = matching::lookup_keys(&Demographics { sex: None, ..asked.clone() });
        let of_name = if asked.birth_date.is_none() { self.of_name(asked)? } else { Vec::new() };
        let mut found = self.likely_people(caller, asked, &keys, &of_name, receipt)?;
        let has_whole_name = asked.names.first().is_some_and(|name| !name.given.is_empty());
        let is_anybody_named = found.iter().any(|(_, person)| is_named(&person.agreements));
        if !is_anybody_named && asked.birth_date.is_some() && has_whole_name {
            found.extend(self.people_of_close_birth_dates(caller, asked, receipt)?);
        }
        found.sort_by_key(|(is_against, person)| {
            (*is_against, std::cmp::Reverse(strength(&person.agreements)), person.patient_id)
        });
        found.dedup_by_key(|(_, person)| person.patient_id);
        if found.len() > PEOPLE_SHOWN_MAXIMUM {
            return Ok(PeopleFound::TooMany);
        }
        Ok(PeopleFound::People(found.into_iter().map(|(_, person)| person).collect()))
    }

    /// A slip in the birth date: the name leads to them, if the rest of the date or the home bears it out.
    fn people_of_close_birth_dates(
        &self,
        caller: &Caller,
        asked: &Demographics,
        receipt: Receipt,
    ) -> Result<Vec<(bool, FoundPerson)>, RegistryError> {
        let mut found = self.likely_people(caller, asked, &[], &self.of_name(asked)?, receipt)?;
        found.retain(|(_, person)| {
            let bears_out = |found: &Agreement| matches!(found, Agreement::CloseBirthDate | Agreement::Home);
            person.agreements.iter().any(bears_out)
        });
        Ok(found)
    }

    /// The people of this surname whose first name begins as the first word of the one asked for: what follows it may be
    /// their middle name. Those who also have this name, and those of whom first name and surname change places.
    fn of_name(&self, asked: &Demographics) -> Result<Vec<PatientId>, RegistryError> {
        let Some(name) = asked.names.first().filter(|name| !name.family.is_empty()) else { return Ok(Vec::new()) };
        let first_word = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
        let mut found = self.database().patients_by_name(&name.family, &first_word(&name.given))?;
        if let Some(key) = matching::key_of_other_name(name) {
            found.extend(self.database().patients_by_match_keys(&[key])?.into_iter().map(|(_, id)| id));
        }
        if !name.given.is_empty() {
            found.extend(self.database().patients_by_name(&name.given, &first_word(&name.family))?);
        }
        Ok(found)
    }

    /// Whoever may be meant among those with these keys and ids, and whether something speaks against it.
    fn likely_people(
        &self,
        caller: &Caller,
        asked: &Demographics,
        keys: &[i64],
        of_name: &[PatientId],
        receipt: Receipt,
    ) -> Result<Vec<(bool, FoundPerson)>, RegistryError> {
        let (asked, records) = self.database().read_at_once(|reading| {
            let records = people_under(keys, of_name, reading)?;
            let shown = self.all_told_of(caller, records, receipt.received_at, reading)?;
            Ok((self.with_leading_numbers(asked, reading)?, shown))
        })?;
        let asked = &asked;
        let mut people: Vec<(bool, FoundPerson)> = Vec::new();
        for record in records {
            let (agreements, is_against) = matching::agreements(asked, &self.with_own_number(&record));
            let is_zip_other = is_zip_other(asked, &record.patient.demographics);
            if is_likely(&agreements) && !(is_zip_other && asked.birth_date.is_none()) {
                people.push((is_against, found_person(record, agreements)));
            }
        }
        Ok(people)
    }

    /// What is asked, with the authority of its numbers where none is named: the registry itself of its own, the caller's
    /// organizations of chart numbers.
    fn with_authorities(&self, admission: &Admission, caller: &Caller, asked: Demographics) -> Demographics {
        let with_authority = |identifier: &Identifier| -> Vec<Identifier> {
            let authorities = match identifier.kind.as_str() {
                _ if !identifier.authority.is_empty() => return vec![identifier.clone()],
                OWN_NUMBER => vec![self.profile().registry.facility.clone()],
                CHART_NUMBER => self.own_authorities(admission, caller),
                _ => return vec![identifier.clone()],
            };
            let with = |authority| Identifier { authority, ..identifier.clone() };
            authorities.into_iter().map(with).collect()
        };
        Demographics { identifiers: asked.identifiers.iter().flat_map(with_authority).collect(), ..asked }
    }

    /// The names under which the caller's organization, those above it and its sites give chart numbers.
    fn own_authorities(&self, admission: &Admission, caller: &Caller) -> Vec<String> {
        let snapshot = self.directory().snapshot();
        let own = caller.organization_id;
        let mut organizations = self.organizations(admission);
        organizations.retain(|it| snapshot.may_speak_for(own, it.id) || snapshot.may_speak_for(it.id, own));
        organizations.sort_by_key(|it| it.id != own);
        let names = organizations.into_iter().flat_map(|it| std::iter::once(it.code).chain(it.aliases));
        names.take(AUTHORITIES_MAXIMUM).collect()
    }

    /// Who a record is about, with the registry's own number among the identifiers.
    pub(crate) fn with_own_number(&self, record: &PatientRecord) -> Demographics {
        let mut demographics = record.patient.demographics.clone();
        demographics.identifiers.push(Identifier {
            kind: OWN_NUMBER.to_owned(),
            value: record.patient.id.number(),
            authority: self.profile().registry.facility.clone(),
        });
        demographics
    }
}

/// Whether a search says enough to look for somebody: match keys need so much.
pub fn says_enough(asked: &Demographics) -> bool {
    let name = asked.names.first();
    let has_surname = name.is_some_and(|name| !name.family.is_empty());
    let has_given = name.is_some_and(|name| !name.given.is_empty());
    let has_more = !asked.telecoms.is_empty() || asked.birth_date.is_some();
    has_surname || !asked.identifiers.is_empty() || has_given && has_more
}

/// An identifier, or something of the surname; or a first name with the birth date or the phone.
fn is_likely(agreements: &[Agreement]) -> bool {
    is_named(agreements)
        || agreements.contains(&Agreement::GivenName)
            && agreements.iter().any(|found| matches!(found, Agreement::BirthDate | Agreement::Home))
}

/// An identifier, or something of the surname.
fn is_named(agreements: &[Agreement]) -> bool {
    let names = [Agreement::Identifier, Agreement::Name, Agreement::FamilyName, Agreement::SimilarFamilyName];
    agreements.iter().any(|found| names.contains(found))
}

/// How much speaks for somebody: each kind of agreement has its weight.
fn strength(agreements: &[Agreement]) -> u32 {
    let weight = |agreement: &Agreement| match agreement {
        Agreement::Identifier => 16,
        Agreement::Name => 10,
        Agreement::BirthDate => 8,
        Agreement::GivenName | Agreement::FamilyName => 5,
        Agreement::CloseBirthDate | Agreement::Home => 4,
        Agreement::SimilarGivenName | Agreement::SimilarFamilyName | Agreement::Mother => 3,
    };
    agreements.iter().map(weight).sum()
}

fn is_zip_other(asked: &Demographics, known: &Demographics) -> bool {
    let zip = |person: &Demographics| -> Vec<String> {
        let zips = person.addresses.iter().filter_map(|address| address.zip.get(..5));
        zips.map(str::to_owned).collect()
    };
    let wanted = zip(asked);
    !wanted.is_empty() && !zip(known).iter().any(|zip| wanted.contains(zip))
}

fn found_person(record: PatientRecord, agreements: Vec<Agreement>) -> FoundPerson {
    FoundPerson {
        patient_id: record.patient.id,
        is_pending: record.patient.status == PatientStatus::Pending,
        demographics: record.patient.demographics,
        agreements,
    }
}

fn looked(caller: &Caller, receipt: &Receipt, action: AuditAction, patient_id: Option<PatientId>) -> AuditEntry {
    AuditEntry {
        at: receipt.received_at,
        account_id: caller.account_id,
        organization_id: caller.organization_id,
        action,
        patient_id,
        message_id: None,
        detail: "on a page".into(),
    }
}
