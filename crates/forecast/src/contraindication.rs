//! Whether something forbids an antigen, or some of its vaccines.
//!
//! # Source
//! CDSi Logic Specification 4.6, 7.3: CALCDTCI-1 and CALCDTCI-2.

use model::Cvx;

use crate::facts::ObservationCode;
use crate::forecast::Forecast;
use crate::organize_history::Person;
use crate::reasons::Need;
use crate::schedule::{AntigenRule, CvxSet, Schedule, TargetRule};
use crate::sentences::{Explanation, Language, Teller};

/// What is forbidden to a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forbidden<'a> {
    /// All antigens of a vaccine group, by the group's name.
    Group(&'a str),
    /// An antigen of a group of several.
    Antigen(&'a str),
    /// A vaccine, though none of its antigens is.
    Vaccine(Cvx),
}

impl<'a> Forecast<'a> {
    /// What is forbidden to the person on the day of assessment, whatever forbids it.
    pub fn forbidden(&self) -> Vec<Forbidden<'a>> {
        let (schedule, person) = (self.schedule, &self.workspace.person);
        let is_forbidden = |antigen: &&AntigenRule| {
            let rules = antigen.contraindications.of(&schedule.indications);
            rules.iter().any(|rule| person.has_within(rule, person.today))
        };
        let mut found = Vec::new();
        let mut vaccines = CvxSet::default();
        for group in &schedule.groups {
            let antigens = || group.antigens.iter().map(|antigen| &schedule.antigens[usize::from(*antigen)]);
            if antigens().all(|antigen| is_forbidden(&antigen)) {
                found.push(Forbidden::Group(group.name.as_str()));
                continue;
            }
            found.extend(antigens().filter(is_forbidden).map(|antigen| Forbidden::Antigen(antigen.name.as_str())));
            let others = antigens().filter(|antigen| !is_forbidden(antigen));
            others.for_each(|antigen| vaccines.union(&forbidden_vaccines(schedule, person, antigen).0));
        }
        // A vaccine with a forbidden antigen is forbidden by that.
        let vaccines = vaccines.iter().map(|vaccine| &schedule.vaccines[usize::from(vaccine)]).filter(|vaccine| {
            let associations = vaccine.associations.of(&schedule.associations);
            !associations.iter().any(|it| is_forbidden(&&schedule.antigens[usize::from(it.antigen)]))
        });
        found.extend(vaccines.map(|vaccine| Forbidden::Vaccine(vaccine.cvx)));
        found
    }

    /// What forbids a vaccine to the person on the day of assessment, whichever series wants it: an antigen in it, or the vaccine
    /// itself. A vaccine that the schedule does not know, it does not forbid.
    pub fn contraindications(&self, cvx: Cvx, language: Language) -> Vec<Explanation> {
        let person = &self.workspace.person;
        let Some(vaccine) = self.schedule.vaccine_id(cvx) else { return Vec::new() };
        let associations = self.schedule.vaccines[usize::from(vaccine)].associations.of(&self.schedule.associations);
        let mut codes: Vec<ObservationCode> = Vec::new();
        for association in associations {
            let antigen = &self.schedule.antigens[usize::from(association.antigen)];
            let of_antigen = antigen.contraindications.of(&self.schedule.indications).iter();
            let of_vaccine = antigen.vaccine_contraindications.of(&self.schedule.vaccine_contraindications).iter();
            let of_vaccine = of_vaccine.filter(|rule| rule.vaccines.contains(vaccine)).map(|rule| &rule.when);
            for rule in of_antigen.chain(of_vaccine).filter(|rule| person.has_within(rule, person.today)) {
                if !codes.contains(&rule.code) {
                    codes.push(rule.code);
                }
            }
        }
        let teller = Teller { schedule: self.schedule, person, history: self.history, language };
        codes.into_iter().map(|code| teller.need(&Need::Contraindicated(code))).collect()
    }
}

/// The observation that forbids an antigen, or every vaccine that a target dose asks for.
pub(crate) fn contraindication(
    schedule: &Schedule,
    person: &Person,
    antigen: &AntigenRule,
    target: &TargetRule,
) -> Option<ObservationCode> {
    if !person.is_observed {
        return None;
    }
    let rules = antigen.contraindications.of(&schedule.indications);
    if let Some(rule) = rules.iter().find(|rule| person.has_within(rule, person.today)) {
        return Some(rule.code);
    }
    let (forbidden, code) = forbidden_vaccines(schedule, person, antigen);
    let wanted = &target.preferable_vaccines;
    code.filter(|_| !wanted.is_empty() && wanted.is_within(&forbidden))
}

/// The vaccines that are forbidden today, and the last observation that forbids any.
pub(crate) fn forbidden_vaccines(
    schedule: &Schedule,
    person: &Person,
    antigen: &AntigenRule,
) -> (CvxSet, Option<ObservationCode>) {
    let mut forbidden = (CvxSet::default(), None);
    if !person.is_observed {
        return forbidden;
    }
    for rule in antigen.vaccine_contraindications.of(&schedule.vaccine_contraindications) {
        if person.has_within(&rule.when, person.today) {
            forbidden.0.union(&rule.vaccines);
            forbidden.1 = Some(rule.when.code);
        }
    }
    forbidden
}
