//! Death, as a page of a person's status says it: recorded and taken back by the organization that says it, and taken back
//! by the registry's office whoever said it. Either is asked about once more: who is deceased gets no forecast, and reports
//! of later doses are not taken for theirs.

use axum::response::Response;
use jiff::civil::Date;
use model::{ClearedFact, CodeTables, PatientStatement, Right};
use registry::OpenedRecord;

use super::Told;
use crate::ask_again::AskAgain;
use crate::dates;
use crate::failures::Failure;
use crate::forms::Form;
use crate::pages::person::PersonHead;
use crate::signed_in::SignedIn;

/// What becomes of a person's death.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Death {
    /// It is recorded, with its day where that is known.
    Recorded(Option<Date>),
    /// It was recorded so before.
    Repeated(Option<Date>),
    /// The organization takes back that it said so; others may say so still.
    TakenBack { is_said_by_others: bool },
    /// The office says that the person lives, whoever said otherwise.
    Overruled,
    /// Nothing is said of it; others may have said something.
    Unsaid { is_said_by_others: bool },
}

impl Death {
    /// What is meant by a status: `None` that the person lives, `Some` that they have died, and when.
    pub(super) fn of(signed_in: &SignedIn, opened: &OpenedRecord, died: Option<Option<Date>>) -> Death {
        let organization = signed_in.caller.organization_id;
        let said = opened.own_report(organization).map(|own| &own.demographics);
        let is_own = said.is_some_and(|said| said.is_deceased == Some(true));
        let is_shown = opened.shown.patient.demographics.is_deceased == Some(true);
        let others = opened.shown.reports.iter().filter(|report| report.organization_id != organization);
        let last_of_others = others.filter_map(|report| report.demographics.is_deceased).next();
        let is_said_by_others = last_of_others == Some(true);
        match died {
            Some(on) if is_own && is_shown && said.is_some_and(|said| said.death_date == on) => Death::Repeated(on),
            Some(on) => Death::Recorded(on),
            None if is_shown && is_said_by_others && may_overrule(signed_in) => Death::Overruled,
            None if is_own && signed_in.may(Right::RecordDeath) => Death::TakenBack { is_said_by_others },
            None => Death::Unsaid { is_said_by_others: is_shown },
        }
    }

    /// Puts it into what is stated of the person.
    pub(super) fn state(self, patient: &mut PatientStatement) {
        match self {
            Death::Unsaid { .. } => return,
            Death::Recorded(on) | Death::Repeated(on) => {
                patient.demographics.is_deceased = Some(true);
                patient.demographics.death_date = on;
            }
            Death::Overruled => patient.demographics.is_deceased = Some(false),
            Death::TakenBack { .. } => {}
        }
        patient.cleared.push(ClearedFact::Death);
    }

    pub(super) fn is_asked_again(self) -> bool {
        !matches!(self, Death::Repeated(_) | Death::Unsaid { .. })
    }

    /// What the record's page says afterwards.
    pub(super) fn done(self) -> &'static str {
        match self {
            Death::Recorded(_) => "death_saved",
            Death::Overruled | Death::TakenBack { is_said_by_others: false } => "death_taken_back",
            Death::TakenBack { is_said_by_others: true } | Death::Unsaid { is_said_by_others: true } => "death_stays",
            Death::Repeated(_) | Death::Unsaid { is_said_by_others: false } => "status_saved",
        }
    }

    /// Asks whether it is so, and keeps what was filled in.
    pub(super) fn ask(
        self,
        signed_in: &SignedIn,
        opened: &OpenedRecord,
        head: PersonHead,
        form: &Form,
    ) -> Result<Response, Failure> {
        let language = signed_in.language();
        let name = head.who.name.clone();
        let on = |date| {
            language.fill("client_status.ask_death_on", &[("name", &name), ("date", &dates::shown(date, language))])
        };
        let (told, what, lines, confirm) = match self {
            Death::Recorded(day) => (
                day.map_or_else(|| language.fill("client_status.ask_death", &[("name", &name)]), on),
                "client_status.ask_death_what",
                later_doses(signed_in, opened, day),
                "client_status.ask_death_save",
            ),
            _ => (
                language.fill("client_status.ask_life", &[("name", &name)]),
                "client_status.ask_life_what",
                told(signed_in, opened).into_iter().take(1).collect(),
                "client_status.ask_life_save",
            ),
        };
        let question = AskAgain {
            page: signed_in.page(language.text("client_status.ask_title")),
            address: format!("/people/{}/status", head.id),
            head,
            kept: form.answers(),
            told,
            what: language.text(what),
            lines,
            confirm: language.text(confirm),
            cancel: String::new(),
        };
        question.ask()
    }
}

/// The doses of later days than that of death: one of the two is wrong.
fn later_doses(signed_in: &SignedIn, opened: &OpenedRecord, day: Option<Date>) -> Vec<String> {
    let (language, codes) = (signed_in.language(), signed_in.registry().codes());
    let given = opened.shown.vaccinations.iter().filter(|report| report.dose.is_given());
    let late = given.filter(|report| day.is_some_and(|day| report.dose.administered_on > day));
    late.map(|report| {
        let vaccine = codes.vaccine_name(report.dose.cvx).unwrap_or("?");
        let date = dates::shown(report.dose.administered_on, language);
        language.fill("client_status.dose_after_death", &[("vaccine", vaccine), ("date", &date)])
    })
    .collect()
}

fn may_overrule(signed_in: &SignedIn) -> bool {
    signed_in.registry().may_everywhere(&signed_in.caller, Right::RecordDeath)
}

/// Who said that the person has died, and who can take it back.
pub(super) fn told(signed_in: &SignedIn, opened: &OpenedRecord) -> Vec<String> {
    let Some(death) = Told::of(signed_in, opened).death() else { return Vec::new() };
    let language = signed_in.language();
    let own = opened.own_report(signed_in.caller.organization_id);
    let is_own = own.is_some_and(|own| own.demographics.is_deceased == Some(true));
    let who_can = match (is_own && signed_in.may(Right::RecordDeath), may_overrule(signed_in)) {
        (_, true) => "client_status.death_by_office",
        (true, false) => "client_status.death_by_own",
        (false, false) => "client_status.death_by_others",
    };
    vec![death, language.text(who_can).to_owned()]
}
