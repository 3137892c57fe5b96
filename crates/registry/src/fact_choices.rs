//! The facts about a person's health that can be chosen on a page: each once, by what it is. What it means, the schedule decides: a
//! condition asks for some vaccines, forbids others, or both.

use forecast::Schedule;
use forecast::facts::{ObservationCode, ScheduleFacts};
use jiff::civil::Date;
use model::{Demographics, PatientObservation, Sex};

use crate::Registry;
use crate::assess::{ONSET_OF_PREGNANCY, PREGNANT, observations};

const PREGNANCY: [ObservationCode; 2] = [PREGNANT, ONSET_OF_PREGNANCY];
/// Years of age in which somebody may be pregnant.
const AGES_OF_PREGNANCY: std::ops::Range<i16> = 9..60;

/// A fact about a person's health that can be chosen on a page, because the schedule knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthFact {
    /// LOINC: contraindication, immunity or indication.
    pub question: &'static str,
    /// The code that the schedule understands.
    pub code: String,
    /// Its coding system.
    pub system: String,
    /// Its name.
    pub name: String,
}

impl Registry {
    /// The facts about a person's health that the schedule knows, by question and name.
    pub fn health_facts(&self) -> Vec<HealthFact> {
        let schedule = self.schedule();
        let known = &schedule.facts().observations;
        let choice = |known: &forecast::facts::ObservationFacts| {
            let is_meant = |(system, code): &&(String, String)| schedule.observations_of(system, code).eq([known.code]);
            let by_itself = known.synonyms.iter().find(is_meant);
            // Of codes that mean several things, or none, the schedule's own number is the clear one.
            let (system, code) = by_itself.cloned().unwrap_or((Schedule::OWN_CODES.into(), known.code.to_string()));
            let system = if system == "SNOMED" { "SCT".to_owned() } else { system };
            let question = question_of(schedule.facts(), known.code)?;
            Some(HealthFact { question, code, system, name: known.name.clone() })
        };
        let mut choices: Vec<HealthFact> = known.iter().filter_map(choice).collect();
        choices.sort_by(|left, right| (left.question, &left.name).cmp(&(right.question, &right.name)));
        choices
    }

    /// Those that can be true of a person on a day.
    pub fn health_facts_of(&self, who: &Demographics, on: Date) -> Vec<HealthFact> {
        let schedule = self.schedule();
        let system = |fact: &HealthFact| if fact.system == "SCT" { "SNOMED".to_owned() } else { fact.system.clone() };
        let is_of_pregnancy = |fact: &HealthFact| {
            schedule.observations_of(&system(fact), &fact.code).any(|code| PREGNANCY.contains(&code))
        };
        let mut facts = self.health_facts();
        facts.retain(|fact| may_be_pregnant(who, on) || !is_of_pregnancy(fact));
        facts
    }

    /// Whether a fact speaks against a vaccine, however it was said.
    pub fn is_contraindication(&self, fact: &PatientObservation) -> bool {
        let schedule = self.schedule();
        fact.question == PatientObservation::CONTRAINDICATION
            || observations(&schedule, fact).iter().any(|meant| forbids(schedule.facts(), meant.code))
    }
}

/// Under which question a fact is asked for; `None` for what no rule of the schedule asks for.
fn question_of(facts: &ScheduleFacts, code: ObservationCode) -> Option<&'static str> {
    let mut antigens = facts.antigens.iter();
    let is_indication = || {
        let mut series = facts.antigens.iter().flat_map(|antigen| &antigen.series);
        series.any(|series| series.indications.iter().any(|known| known.code == code))
    };
    let is_exception = || {
        let mut births = facts.antigens.iter().flat_map(|antigen| &antigen.immune_births);
        births.any(|birth| birth.unless.contains(&code))
    };
    if antigens.any(|antigen| antigen.immune_if.contains(&code)) {
        Some(PatientObservation::IMMUNITY)
    } else if is_indication() || is_exception() {
        Some(PatientObservation::INDICATION)
    } else if forbids(facts, code) {
        Some(PatientObservation::CONTRAINDICATION)
    } else {
        None
    }
}

fn forbids(facts: &ScheduleFacts, code: ObservationCode) -> bool {
    facts.antigens.iter().any(|antigen| {
        antigen.contraindications.iter().any(|known| known.code == code)
            || antigen.vaccine_contraindications.iter().any(|known| known.code == code)
    })
}

fn may_be_pregnant(who: &Demographics, on: Date) -> bool {
    let is_of_age = |birth_date: Date| {
        let reaches = |years: i16| birth_date.saturating_add(jiff::Span::new().years(years));
        reaches(AGES_OF_PREGNANCY.start) <= on && on < reaches(AGES_OF_PREGNANCY.end)
    };
    who.sex != Some(Sex::M) && who.birth_date.is_none_or(is_of_age)
}
