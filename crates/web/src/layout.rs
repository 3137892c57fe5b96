//! What stands around every page: its title, the registry's name, the way around, the banner; and how a page is shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use model::Right;

use crate::assets;
use crate::dates;
use crate::failures::Failure;
use crate::languages::Language;
use crate::visits::Visitor;

/// What the layout shows; every view has one as `page`.
pub(crate) struct Page {
    /// What the page is, for its title.
    pub(crate) title: String,
    pub(crate) language: Language,
    pub(crate) registry_name: String,
    pub(crate) registry_short_name: String,
    pub(crate) contact: String,
    pub(crate) version: &'static str,
    /// Where it is, for the other languages' links.
    pub(crate) path: String,
    /// What its forms carry.
    pub(crate) form_token: String,
    /// The ways that this visitor may take.
    pub(crate) navigation: Vec<NavigationItem>,
    /// Who has signed in.
    pub(crate) account: Option<AccountMenu>,
    /// What everybody must know now.
    pub(crate) banner: Option<Banner>,
    /// What has just been done, after a form was sent.
    pub(crate) done: Option<String>,
    /// Its form came back with something to mend.
    pub(crate) is_in_error: bool,
}

/// One way to go.
pub(crate) struct NavigationItem {
    pub(crate) address: &'static str,
    pub(crate) text: &'static str,
    /// What is done there, in a sentence.
    pub(crate) what: &'static str,
    pub(crate) is_current: bool,
}

/// Who has signed in, and for whom they act.
pub(crate) struct AccountMenu {
    pub(crate) name: String,
    pub(crate) organization: String,
    /// How long the session lasts if it is not used again.
    pub(crate) seconds_left: i64,
}

/// What everybody must know now, on top of every page.
pub(crate) struct Banner {
    pub(crate) heading: String,
    pub(crate) text: String,
    pub(crate) link: Option<(String, String)>,
}

impl Page {
    /// A text of the catalog.
    pub(crate) fn text(&self, key: &str) -> &'static str {
        self.language.text(key)
    }

    /// A text with one placeholder.
    pub(crate) fn fill(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.language.fill(key, &[(name, &value.to_string())])
    }

    /// The address of an asset.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The other languages.
    pub(crate) fn other_languages(&self) -> impl Iterator<Item = Language> {
        let own = self.language;
        Language::ALL.into_iter().filter(move |language| *language != own)
    }
}

impl Visitor {
    /// The frame of a page with this title, which is translated already.
    pub(crate) fn page(&self, title: &str) -> Page {
        let web = self.web();
        let profile = web.registry.profile();
        Page {
            title: title.to_owned(),
            language: self.language(),
            registry_name: profile.registry.name.clone(),
            registry_short_name: profile.registry.short_name.clone(),
            contact: profile.contacts.web_application.clone(),
            version: web.settings.version,
            path: self.path().to_owned(),
            form_token: self.form_token(),
            navigation: self.navigation(),
            account: self.session().map(|(signed_in, _)| AccountMenu {
                name: self.account_name(),
                organization: signed_in.organization.name.clone(),
                seconds_left: signed_in.ends_at.duration_since(self.now()).as_secs(),
            }),
            banner: self.inside().or_else(|| crate::pages::status::banner(web, self.language())),
            done: self.language().find_text(&format!("done.{}", self.parameter("done"))).map(str::to_owned),
            is_in_error: false,
        }
    }
}

impl Visitor {
    /// What somebody is told who passed the closed door.
    fn inside(&self) -> Option<Banner> {
        let (registry, language) = (&self.web().registry, self.language());
        let until = dates::moment(registry, self.is_inside_until()?, language);
        Some(Banner {
            heading: language.text("status.banner").to_owned(),
            text: language.fill("pass.inside", &[("time", &until)]),
            link: Some(("/maintenance-windows".to_owned(), language.text("ways.maintenance").to_owned())),
        })
    }
}

/// The ways of the application: address, text, and the right that opens it.
const WAYS: [(&str, &str, Right); 10] = [
    ("/find", "navigation.find", Right::FindPerson),
    ("/matches", "navigation.matches", Right::DecideMatch),
    ("/files", "navigation.files", Right::ReadFiles),
    ("/workbench", "navigation.workbench", Right::TryMessage),
    ("/organizations", "ways.organizations", Right::ReadOrganization),
    ("/accounts", "ways.accounts", Right::ReadAccounts),
    ("/registrations", "ways.registrations", Right::ApproveRegistration),
    ("/audit", "ways.audit", Right::ReadAudit),
    ("/maintenance-windows", "ways.maintenance", Right::ReadMaintenance),
    ("/operations", "ways.operations", Right::ReadOperations),
];

impl Visitor {
    /// The ways that this visitor may take.
    fn navigation(&self) -> Vec<NavigationItem> {
        let Some(caller) = self.caller() else { return Vec::new() };
        let open = WAYS.into_iter().filter(|(.., right)| self.web().registry.may_here(&caller, *right));
        open.map(|(address, key, _)| NavigationItem {
            address,
            text: self.language().text(key),
            what: self.language().text(&format!("{key}_what")),
            is_current: self.path().starts_with(address),
        })
        .collect()
    }
}

/// The page.
///
/// # Errors
/// When the template cannot be filled.
pub(crate) fn show(view: &impl Template) -> Result<Response, Failure> {
    Ok(Html(view.render()?).into_response())
}

/// The page with another status than 200.
pub(crate) fn show_as(status: StatusCode, view: &impl Template) -> Response {
    match view.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page of a failure could not be written");
            status.into_response()
        }
    }
}
