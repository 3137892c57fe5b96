//! What somebody enters on a page: it is saved whole, or the form is told what keeps it from being saved, each thing at
//! its field. No page says that something is saved without having asked here.

use model::{Demographics, Finding, FindingKind, Outcome, PatientStatement, Severity};
use registry::{Entry, OpenedRecord};

use crate::failures::Failure;
use crate::findings;
use crate::forms::Form;
use crate::languages::Language;
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

impl SignedIn {
    /// Enters it. `None`: it was refused, nothing of it is stored, and the form is told why.
    pub(crate) async fn enter(
        &self,
        entry: Entry,
        form: &mut Form,
        field_of: impl Fn(&Finding) -> &'static str,
    ) -> Result<Option<Outcome>, Failure> {
        let entered = self.registry().enter(&self.admission, &self.caller, self.receipt(), entry);
        let outcome = entered.await?;
        if outcome.patient_id.is_some() {
            return Ok(Some(outcome));
        }
        tell(form, &outcome.findings, field_of, self.language());
        form.set("once", random_secret());
        Ok(None)
    }

    /// Whether it would be saved; if not, the form is told why. For what is asked about once more before it is entered.
    pub(crate) async fn may_be_entered(
        &self,
        entry: &Entry,
        form: &mut Form,
        field_of: impl Fn(&Finding) -> &'static str,
    ) -> Result<bool, Failure> {
        let rehearsed = self.registry().rehearse_entry(&self.admission, &self.caller, self.receipt(), entry);
        let rehearsal = rehearsed.await?;
        if !rehearsal.is_kept {
            tell(form, &rehearsal.findings, field_of, self.language());
        }
        Ok(rehearsal.is_kept)
    }
}

/// Tells a form what keeps its entry from being saved.
fn tell(form: &mut Form, found: &[Finding], field_of: impl Fn(&Finding) -> &'static str, language: Language) {
    let keeps = |finding: &&Finding| finding.rule().omits || finding.severity() == Severity::Error;
    // That no dose is left says nothing where something says why.
    let says_why = |finding: &&Finding| finding.kind != FindingKind::NoOrderGroupLeft;
    for finding in found.iter().filter(keeps).filter(says_why) {
        form.refuse(field_of(finding), findings::told(finding, language));
    }
    if !form.has_errors() {
        form.refuse_with(language, "", "form.not_saved");
    }
}

/// A statement about the person whose record is open, which says nothing yet.
pub(crate) fn about(opened: &OpenedRecord) -> PatientStatement {
    let patient = &opened.held.patient;
    let demographics = Demographics { birth_date: patient.demographics.birth_date, ..Demographics::default() };
    PatientStatement { demographics, record: Some(patient.id), ..PatientStatement::default() }
}
