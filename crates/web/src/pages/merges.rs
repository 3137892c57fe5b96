//! Records that were merged into a person's, and their undoing.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{MergeId, PatientId};
use registry::RegistryError;
use registry::setup::Merge;

use super::person::{PersonHead, open};
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show_as};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "merges.html")]
struct MergesView {
    page: Page,
    head: PersonHead,
    form: Form,
    merges: Vec<MergeRow>,
    undoable: Vec<Choice>,
}

struct MergeRow {
    retired: String,
    survivor: String,
    merged: String,
    reason: String,
    undone: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/{id}/merges", get(list).post(undo))
}

async fn list(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    page(&signed_in, &id, Form::default(), StatusCode::OK).await
}

async fn merges_of(signed_in: &SignedIn, patient_id: PatientId) -> Result<Vec<Merge>, Failure> {
    let (registry, admitted) = (signed_in.registry().clone(), signed_in.admit()?);
    let reading = tokio::task::spawn_blocking(move || registry.merges_of(&admitted, patient_id));
    Ok(reading.await??)
}

async fn page(signed_in: &SignedIn, id: &str, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let (_, head) = open(signed_in, id).await?;
    let language = signed_in.language();
    let merges = merges_of(signed_in, head.id).await?;
    let moment = |at| dates::moment(signed_in.registry(), at, language);
    let row = |merge: &Merge| MergeRow {
        retired: merge.retired_id.number(),
        survivor: merge.survivor_id.number(),
        merged: moment(merge.merged_at),
        reason: merge.reason.clone(),
        undone: merge.undone_at.map(moment).unwrap_or_default(),
    };
    let choice = |merge: &Merge| {
        Choice::new(merge.id.0.to_string(), merge.retired_id.number()).described(moment(merge.merged_at))
    };
    let mut page = signed_in.page(language.text("merges.title"));
    page.is_in_error = form.has_errors();
    Ok(show_as(
        status,
        &MergesView {
            page,
            head,
            form,
            merges: merges.iter().map(row).collect(),
            undoable: merges.iter().filter(|merge| merge.undone_at.is_none()).map(choice).collect(),
        },
    ))
}

/// The chosen merge is looked for among the person's own: what the form names may be anything.
async fn undo(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (_, head) = open(&signed_in, &id).await?;
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    let chosen = posted.text("merge").parse().ok().map(MergeId);
    let known = merges_of(&signed_in, head.id).await?;
    let chosen = chosen.filter(|chosen| known.iter().any(|merge| merge.id == *chosen));
    if chosen.is_none() {
        form.refuse_with(language, "merge", "merges.merge_missing");
    }
    if posted.text("reason").is_empty() {
        form.refuse_with(language, "reason", "matches.reason_missing");
    }
    let (Some(chosen), false) = (chosen, form.has_errors()) else {
        return page(&signed_in, &id, form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let (registry, caller, receipt) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.receipt());
    let (reason, admitted) = (posted.text("reason").to_owned(), signed_in.admit()?);
    let undoing =
        tokio::task::spawn_blocking(move || registry.unmerge_patients(&admitted, &caller, &receipt, chosen, &reason));
    match undoing.await? {
        Ok(_) => Ok(Redirect::to(&format!("/people/{}/merges?done=merge_undone", head.id)).into_response()),
        Err(RegistryError::Refused(refused)) => {
            form.refuse("merge", refused);
            page(&signed_in, &id, form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}
