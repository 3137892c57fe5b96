//! The history on a person's page: the doses by family, what is said of each, and those that were taken back.

use std::collections::BTreeMap;

use model::{CodeTables, DoseEvaluation, InformationSource, Right, Table, VaccinationReport, plain_letters};

use super::words::fact_text;
use super::{DoseRow, Family, TakenBack, Told};
use crate::dose_lists::{code_text, trade_name};
use crate::health_words::{self, Words};
use crate::people::age;
use crate::{evaluations, refusals, vaccine_groups};

impl Told<'_> {
    /// The shown doses by vaccine family: a combined vaccine stands in each of its families.
    pub(super) fn families(&self) -> Vec<Family> {
        let mut families: BTreeMap<String, Vec<DoseRow>> = BTreeMap::new();
        for report in self.opened.shown.vaccinations.iter().rev() {
            let found = self.opened.assessment.iter().flat_map(|assessment| &assessment.evaluations);
            let evaluations: Vec<&DoseEvaluation> = found.filter(|found| found.event_id == report.event_id).collect();
            for group in self.groups(report, &evaluations) {
                let evaluation = evaluations.iter().find(|found| found.vaccine_group == group).copied();
                families.entry(group).or_default().push(self.dose_row(report, evaluation));
            }
        }
        let named = families.into_iter().map(|(group, doses)| {
            let name = vaccine_groups::name(&group, self.language).to_owned();
            Family { name, doses }
        });
        let mut families: Vec<Family> = named.collect();
        families.sort_by_key(|family| plain_letters(&family.name));
        families
    }

    fn groups(&self, report: &VaccinationReport, evaluations: &[&DoseEvaluation]) -> Vec<String> {
        let mut groups: Vec<String> = evaluations.iter().map(|found| found.vaccine_group.clone()).collect();
        if groups.is_empty() {
            let set = self.codes().vaccine_groups(report.dose.cvx);
            groups.extend(self.codes().groups_of(set).map(|group| group.name.clone()));
        }
        if groups.is_empty() {
            groups.push(self.language.text("person.other_vaccines").to_owned());
        }
        groups
    }

    fn dose_row(&self, report: &VaccinationReport, evaluation: Option<&DoseEvaluation>) -> DoseRow {
        let (dose, language) = (&report.dose, self.language);
        let (validity, icon, class) = evaluations::validity(report, evaluation);
        let birth = self.opened.shown.patient.demographics.birth_date;
        DoseRow {
            report: report.id.to_string(),
            number: evaluation.map(|found| evaluations::number(found, language)).unwrap_or_default(),
            date: self.date(dose.administered_on),
            age: birth.map(|birth| age(birth, dose.administered_on, language)).unwrap_or_default(),
            vaccine: self.vaccine(report),
            details: self.details(report),
            validity: language.text(validity),
            icon,
            class,
            why: evaluation.map(|found| evaluations::why(&found.reasons, language)).unwrap_or_default(),
            reactions: self.reactions(report),
            source: self.source(report),
            reported: self.instant(report.received_at),
            also: self.told_by(report).into_iter().chain(self.also(report)).collect(),
            is_own: report.organization_id == self.signed_in.caller.organization_id
                && self.signed_in.may(Right::CorrectDose),
        }
    }

    pub(in crate::pages) fn vaccine(&self, report: &VaccinationReport) -> String {
        let (codes, cvx) = (self.codes(), report.dose.cvx);
        // Who refuses, or does not say which vaccine it was, means the family.
        let families = vaccine_groups::of_vaccine(codes, cvx, self.language).join(", ");
        let is_family = codes.is_unspecified(cvx) && !report.dose.is_given();
        let name = Some(families).filter(|name| is_family && !name.is_empty());
        format!("{} ({cvx})", name.as_deref().or_else(|| codes.vaccine_name(cvx)).unwrap_or("?"))
    }

    pub(in crate::pages) fn details(&self, report: &VaccinationReport) -> String {
        let (dose, language) = (&report.dose, self.language);
        let codes = self.codes();
        let named = |table, code: &Option<String>| Some(code_text(codes, table, code.as_deref()?, language).to_owned());
        let by = dose.administered_by.as_ref().map(|by| format!("{} {}", by.given, by.family).trim().to_owned());
        let by = by.filter(|by| !by.is_empty()).map(|by| language.fill("history.given_by", &[("who", &by)]));
        let parts = [
            refusals::reason(report, codes, language),
            self.product(report),
            named(Table::Route, &dose.route),
            named(Table::BodySite, &dose.body_site),
            by,
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// What was in the syringe: trade name, maker and lot, as far as they are known.
    pub(in crate::pages) fn product(&self, report: &VaccinationReport) -> Option<String> {
        let (dose, codes) = (&report.dose, self.codes());
        let maker = dose.mvx.as_deref().map(|mvx| codes.manufacturer(mvx).map_or(mvx, |maker| maker.name.as_str()));
        let lot = dose.lot_number.as_deref().map(|lot| self.language.fill("history.lot", &[("lot", lot)]));
        let parts = [trade_name(codes, dose), maker].map(|part| part.map(str::to_owned));
        let parts: Vec<String> = parts.into_iter().chain([lot]).flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    pub(in crate::pages) fn reactions(&self, report: &VaccinationReport) -> Words {
        let named = report.dose.reactions.iter().map(|reaction| health_words::reaction(reaction, self.language));
        Words::joined(&named.collect::<Vec<_>>())
    }

    pub(in crate::pages) fn source(&self, report: &VaccinationReport) -> String {
        let organization = self.organization(report.organization_id);
        let key = match report.dose.source {
            InformationSource::Administered if report.dose.is_given() => "history.given_at",
            _ => "history.reported_by",
        };
        self.language.fill(key, &[("organization", &organization)])
    }

    /// Who told of a dose that was given elsewhere; nothing where that is not known.
    pub(in crate::pages) fn told_by(&self, report: &VaccinationReport) -> Option<String> {
        let InformationSource::Historical(number @ 2..) = report.dose.source else { return None };
        let code = InformationSource::Historical(number).code();
        Some(code_text(self.codes(), Table::InformationSource, &code, self.language).to_owned())
    }

    /// Who else reported a dose, and which of the facts shown are from them.
    fn also(&self, report: &VaccinationReport) -> Vec<String> {
        let Some(found) = self.opened.doses.iter().find(|found| found.shown.id == report.id) else {
            return Vec::new();
        };
        let name = |id| {
            let joined = found.reports.iter().find(|joined| joined.report.id == id)?;
            Some(self.organization(joined.report.organization_id))
        };
        let mut lines: Vec<String> = found.reports[1..]
            .iter()
            .map(|joined| self.organization(joined.report.organization_id))
            .map(|organization| self.language.fill("history.also_reported_by", &[("organization", &organization)]))
            .collect();
        let foreign = found.facts.iter().filter(|fact| fact.report_id != report.id);
        lines.extend(foreign.filter_map(|fact| {
            let (word, organization) = (self.language.text(fact_text(fact.fact)?), name(fact.report_id)?);
            Some(self.language.fill("history.fact_of", &[("fact", word), ("organization", &organization)]))
        }));
        lines.dedup();
        lines
    }

    pub(super) fn taken_back(&self) -> Vec<TakenBack> {
        let own = self.signed_in.caller.organization_id;
        let is_own = |report: &&VaccinationReport| report.is_deleted && report.organization_id == own;
        let rows = self.opened.held.vaccinations.iter().filter(is_own).map(|report| TakenBack {
            report: report.id.to_string(),
            text: format!("{}, {}", self.vaccine(report), self.date(report.dose.administered_on)),
        });
        rows.collect()
    }
}
