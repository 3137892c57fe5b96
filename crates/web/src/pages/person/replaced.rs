//! That an organization's own system replaced what its people had corrected on a page.

use model::{PatientReport, Right};

use super::{Alert, Told};

impl Told<'_> {
    /// For those who may correct it again.
    pub(super) fn replaced_alert(&self) -> Option<Alert> {
        let organization = self.signed_in.caller.organization_id;
        let own = self.opened.own_report(organization).filter(|_| self.signed_in.may(Right::ChangePerson))?;
        let text = self.replaced_in_words(own, "person.replaced_text")?;
        Some(Alert::new(self.language.text("person.replaced"), text))
    }

    /// What was replaced in a report, and on which day the last of it, in the words of a text.
    pub(super) fn replaced_in_words(&self, report: &PatientReport, key: &str) -> Option<String> {
        let corrections = report.demographics.page_corrections.iter();
        let (facts, at): (Vec<_>, Vec<_>) =
            corrections.filter_map(|known| Some((known.fact, known.replaced_at?))).unzip();
        let fact = |word: &str| self.language.text(&format!("person_fact.{word}"));
        let facts: Vec<&str> = facts.into_iter().map(|known| fact(known.word())).collect();
        let date = self.instant(at.into_iter().max()?);
        Some(self.language.fill(key, &[("date", &date), ("facts", &facts.join(", "))]))
    }
}
