//! A person's record as commands print it, for people and as JSON.

use std::io;

use model::{
    CodeTables, Coded, Completion, Demographics, Dose, InformationSource, Organization, OrganizationId, PatientRecord,
    PatientStatus, PersonName, Table as CodeTable, VaccinationReport,
};
use serde::Serialize;

use crate::tables::{Table, print_line};

/// Who somebody is.
#[derive(Debug, Serialize)]
pub(crate) struct Person {
    number: String,
    id: String,
    status: &'static str,
    demographics: Demographics,
}

/// A record with its codes in words.
#[derive(Debug, Serialize)]
pub(crate) struct History {
    #[serde(flatten)]
    person: Person,
    vaccinations: Vec<Vaccination>,
    facts: Vec<Fact>,
    consents: Vec<Consent>,
}

#[derive(Debug, Serialize)]
struct Vaccination {
    vaccine: String,
    reported_by: String,
    received_at: String,
    is_deleted: bool,
    dose: Dose,
}

/// A contraindication, an immunity, a reaction.
#[derive(Debug, Serialize)]
struct Fact {
    question: String,
    value: Coded,
    since: Option<jiff::civil::Date>,
    until: Option<jiff::civil::Date>,
    reported_by: String,
}

#[derive(Debug, Serialize)]
struct Consent {
    kind: String,
    status: model::ConsentStatus,
    effective_on: Option<jiff::civil::Date>,
    affirmed_by: String,
}

impl Person {
    /// The person of a record, and nothing of their history.
    pub(crate) fn of(record: &PatientRecord) -> Person {
        Person {
            number: record.patient.id.number(),
            id: record.patient.id.to_string(),
            status: match record.patient.status {
                PatientStatus::Active => "active",
                PatientStatus::Pending => "pending",
                PatientStatus::MergedInto(_) => "merged",
            },
            demographics: record.patient.demographics.clone(),
        }
    }

    /// Prints who it is, on a line or two.
    pub(crate) fn print(&self) -> io::Result<()> {
        let person = &self.demographics;
        let name = person.names.first().map_or_else(|| "(no name)".to_owned(), name_in_words);
        let birth_date = person.birth_date.map_or_else(|| "unknown".to_owned(), |date| date.to_string());
        let sex = person.sex.map_or("", |sex| sex.code());
        print_line(&format!("{name}  born {birth_date}  {sex}  registry number {} ({})", self.number, self.status))?;
        for alias in person.names.iter().skip(1) {
            print_line(&format!("  also called  {}", name_in_words(alias)))?;
        }
        for known in &person.identifiers {
            print_line(&format!("  {:<11}  {} ({})", known.kind, known.value, known.authority))?;
        }
        if let Some(address) = person.addresses.first() {
            let parts = [&address.street, &address.unit, &address.city, &address.state, &address.zip];
            let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            print_line(&format!("  address      {}", parts.join(", ")))?;
        }
        for kin in &person.next_of_kin {
            print_line(&format!("  {:<11}  {}", kin.relationship, name_in_words(&kin.name)))?;
        }
        Ok(())
    }
}

impl History {
    /// Puts a record into words.
    pub(crate) fn of(record: &PatientRecord, codes: &dyn CodeTables, organizations: &[Organization]) -> History {
        let code_of = |id: OrganizationId| {
            organizations.iter().find(|known| known.id == id).map_or_else(|| id.to_string(), |known| known.code.clone())
        };
        let vaccination = |report: &VaccinationReport| Vaccination {
            vaccine: codes.vaccine_name(report.dose.cvx).unwrap_or("unknown vaccine").to_owned(),
            reported_by: code_of(report.organization_id),
            received_at: report.received_at.to_string(),
            is_deleted: report.is_deleted,
            dose: report.dose.clone(),
        };
        let mut vaccinations: Vec<Vaccination> = record.vaccinations.iter().map(vaccination).collect();
        vaccinations.sort_by_key(|known| (known.dose.administered_on, known.dose.cvx));
        let facts = record.reports.iter().flat_map(|report| {
            let reported_by = code_of(report.organization_id);
            report.observations.iter().map(move |observation| Fact {
                question: codes
                    .name(CodeTable::ObservationIdentifier, &observation.question)
                    .unwrap_or(&observation.question)
                    .to_owned(),
                value: observation.value.clone(),
                since: observation.since,
                until: observation.until,
                reported_by: reported_by.clone(),
            })
        });
        let consents = record.consents.iter().map(|consent| Consent {
            kind: consent.statement.kind.clone(),
            status: consent.statement.status,
            effective_on: consent.statement.effective_on,
            affirmed_by: code_of(consent.organization_id),
        });
        History { person: Person::of(record), vaccinations, facts: facts.collect(), consents: consents.collect() }
    }

    /// Prints person, vaccinations and facts.
    pub(crate) fn print(&self) -> io::Result<()> {
        self.person.print()?;
        if self.vaccinations.is_empty() {
            print_line("  no vaccinations")?;
        } else {
            let mut table = Table::new(&["DATE", "VACCINE", "CVX", "STATUS", "SOURCE", "LOT", "REPORTED BY"]);
            for known in &self.vaccinations {
                table.row([
                    known.dose.administered_on.to_string(),
                    known.vaccine.clone(),
                    known.dose.cvx.to_string(),
                    if known.is_deleted { "deleted".to_owned() } else { completion(known.dose.completion).to_owned() },
                    source(known.dose.source).to_owned(),
                    known.dose.lot_number.clone().unwrap_or_default(),
                    known.reported_by.clone(),
                ]);
            }
            table.print()?;
        }
        for fact in &self.facts {
            let since = fact.since.map_or_else(String::new, |since| format!(" since {since}"));
            let until = fact.until.map_or_else(String::new, |until| format!(" until {until}"));
            let value = if fact.value.text.is_empty() { &fact.value.code } else { &fact.value.text };
            print_line(&format!("  {}: {value}{since}{until} ({})", fact.question, fact.reported_by))?;
        }
        Ok(())
    }
}

fn name_in_words(name: &PersonName) -> String {
    let given: Vec<&str> = [&name.given, &name.middle, &name.suffix]
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    format!("{}, {}", name.family, given.join(" "))
}

fn completion(completion: Completion) -> &'static str {
    match completion {
        Completion::Complete => "given",
        Completion::Partial => "given in part",
        Completion::Refused => "refused",
        Completion::NotAdministered => "not given",
    }
}

fn source(source: InformationSource) -> &'static str {
    match source {
        InformationSource::Administered => "administered",
        InformationSource::Historical(_) => "historical",
    }
}
