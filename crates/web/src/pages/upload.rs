//! Sending a file from the browser: into the spool, piece by piece, with the refusals of the file door.

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{FileId, OrganizationId, Right};
use registry::{FileUpload, RegistryError};

use crate::Web;
use crate::failures::Failure;
use crate::forms::{Form, TOKEN_FIELD};
use crate::layout::{Page, show_as};
use crate::organization_choice::{FIELD, OrganizationChoice, OrganizationField};
use crate::signed_in::SignedIn;

/// Bytes of a field that is no file.
const FIELD_BYTES_MAXIMUM: usize = 1024;
/// Bytes that are gathered before they go to the disk.
const PIECE_BYTES: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadView {
    page: Page,
    form: Form,
    organizations: OrganizationField,
}

pub(crate) fn routes() -> Router<Web> {
    // The spool has limits of its own, which a file may reach.
    Router::new().route("/files/new", get(form).post(send)).layer(DefaultBodyLimit::disable())
}

async fn form(signed_in: SignedIn) -> Result<Response, Failure> {
    let mut form = Form::default();
    form.set(FIELD, signed_in.caller.organization_code.as_str());
    page(&signed_in, form, StatusCode::OK)
}

fn page(signed_in: &SignedIn, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut page = signed_in.page(language.text("upload.title"));
    page.is_in_error = form.has_errors();
    let organizations = OrganizationChoice::active_within_reach(signed_in, Right::SendFiles).field(&form);
    let view = UploadView { page, form, organizations };
    Ok(show_as(status, &view))
}

async fn send(signed_in: SignedIn, parts: Result<Multipart, MultipartRejection>) -> Result<Response, Failure> {
    let parts = parts.map_err(|_| Failure::FormUnreadable)?;
    let language = signed_in.language();
    let mut form = Form::default();
    match receive(&signed_in, parts, &mut form).await {
        Ok(Some(id)) => Ok(Redirect::to(&format!("/files/{id}?done=file_taken")).into_response()),
        Ok(None) => {
            form.refuse_with(language, "file", "upload.missing");
            page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Stopped::Said) => page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY),
        Err(Stopped::Refused(reason)) => {
            form.refuse("file", reason);
            page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Stopped::Failed(failure)) => Err(failure),
    }
}

/// Why a file does not come in.
enum Stopped {
    /// What its sender is told.
    Refused(String),
    /// The form says it already.
    Said,
    Failed(Failure),
}

impl From<RegistryError> for Stopped {
    fn from(error: RegistryError) -> Stopped {
        match error {
            RegistryError::Refused(reason) => Stopped::Refused(reason),
            error => Stopped::Failed(error.into()),
        }
    }
}

impl From<MultipartError> for Stopped {
    fn from(_: MultipartError) -> Stopped {
        Stopped::Failed(Failure::FormUnreadable)
    }
}

impl From<tokio::task::JoinError> for Stopped {
    fn from(error: tokio::task::JoinError) -> Stopped {
        Stopped::Failed(error.into())
    }
}

/// Reads the form in its order: the token, for whom, the file. `None` when no file was chosen.
async fn receive(signed_in: &SignedIn, mut parts: Multipart, form: &mut Form) -> Result<Option<FileId>, Stopped> {
    let mut is_ours = false;
    while let Some(field) = parts.next_field().await? {
        match field.name() {
            Some(TOKEN_FIELD) => is_ours = text(field).await? == signed_in.form_token(),
            Some(FIELD) => form.set(FIELD, text(field).await?),
            // Nothing is written before the form has shown that it is ours.
            Some("file") if is_ours => {
                let name = base_name(field.file_name().unwrap_or_default());
                return if name.is_empty() { Ok(None) } else { write(signed_in, form, &name, field).await.map(Some) };
            }
            _ => break,
        }
    }
    if is_ours { Ok(None) } else { Err(Stopped::Failed(Failure::FormExpired)) }
}

/// The name without the folders that some browsers put in front.
fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_owned()
}

async fn text(mut field: Field<'_>) -> Result<String, Stopped> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await? {
        if bytes.len() + piece.len() > FIELD_BYTES_MAXIMUM {
            return Err(Stopped::Failed(Failure::FormUnreadable));
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Stopped::Failed(Failure::FormUnreadable))
}

async fn write(signed_in: &SignedIn, form: &mut Form, name: &str, mut field: Field<'_>) -> Result<FileId, Stopped> {
    let id = FileId(signed_in.new_id());
    let mut upload = begin(signed_in, organization(signed_in, form)?, name.to_owned(), id).await?;
    let mut gathered = Vec::with_capacity(PIECE_BYTES);
    loop {
        let piece = field.chunk().await?;
        let is_last = piece.is_none();
        gathered.extend_from_slice(&piece.unwrap_or_default());
        if gathered.len() < PIECE_BYTES && !is_last {
            continue;
        }
        let bytes = std::mem::take(&mut gathered);
        let writing = tokio::task::spawn_blocking(move || upload.write(&bytes).map(|()| upload));
        upload = writing.await??;
        if is_last {
            break;
        }
    }
    let now = signed_in.now();
    Ok(tokio::task::spawn_blocking(move || upload.finish(now)).await??)
}

async fn begin(
    signed_in: &SignedIn,
    organization_id: OrganizationId,
    name: String,
    id: FileId,
) -> Result<FileUpload, Stopped> {
    let (exchange, caller) = (signed_in.web().exchange.clone(), signed_in.caller.clone());
    let admitted = signed_in.admit().map_err(Stopped::Failed)?;
    let beginning =
        tokio::task::spawn_blocking(move || exchange.begin_upload(&admitted, &caller, organization_id, &name, id));
    Ok(beginning.await??)
}

/// For whom the file is: the chosen organization, or the one that the sender acts for.
fn organization(signed_in: &SignedIn, form: &mut Form) -> Result<OrganizationId, Stopped> {
    if form.value(FIELD).is_empty() {
        return Ok(signed_in.caller.organization_id);
    }
    let organizations = OrganizationChoice::active_within_reach(signed_in, Right::SendFiles);
    let chosen = organizations.chosen(form, signed_in.language());
    chosen.map(|organization| organization.id).ok_or(Stopped::Said)
}
