//! What stands around every page: its title, the registry's name, the way around, the banner; and how a page is shown.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use crate::access;
use crate::assets;
use crate::dates;
use crate::failures::Failure;
use crate::languages::Language;
use crate::pages::pass::PASS;
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
    pub(crate) address: String,
    /// Where it is asked for, when it answers a form of that page; empty for a page that was asked for.
    pub(crate) answers: String,
    /// What its forms carry.
    pub(crate) form_token: String,
    /// The ways that this visitor may take.
    pub(crate) navigation: Vec<NavigationItem>,
    /// Who has signed in.
    pub(crate) account: Option<AccountMenu>,
    /// Its people are made up, and nothing that is shown or printed may be taken for a record of somebody.
    pub(crate) is_demonstration: bool,
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
    /// Where a page goes when the session has ended; signing in there leads back.
    pub(crate) sign_in: String,
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
            address: self.page_address(),
            answers: self.answers(),
            form_token: self.form_token(),
            navigation: self.navigation(),
            account: self.session().filter(|_| !self.is_before_closed_door()).map(|(signed_in, _)| AccountMenu {
                name: self.account_name(),
                organization: signed_in.organization.name.clone(),
                seconds_left: signed_in.ends_at.duration_since(self.now()).as_secs(),
                sign_in: crate::pages::sign_in_after(self),
            }),
            is_demonstration: web.registry.is_demonstration(),
            banner: self.inside().or_else(|| crate::pages::status::banner(web, self.language())),
            done: self.language().find_text(&format!("done.{}", self.parameter("done"))).map(str::to_owned),
            is_in_error: false,
        }
    }
}

impl Visitor {
    /// The address of the page whose form was sent to itself.
    fn answers(&self) -> String {
        let address = self.address();
        let is_own = self.is_order() && address.split('?').next() == Some(self.path());
        if is_own { address } else { String::new() }
    }

    /// Whether somebody is about to pass the closed door: nothing of what lies behind it works before.
    fn is_before_closed_door(&self) -> bool {
        self.path().starts_with(PASS) && self.is_inside_until().is_none()
    }

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

/// The ways of the application: address, text, and the page that only those open who do more there than read.
const WAYS: [(&str, &str, Option<&str>); 11] = [
    ("/find", "navigation.find", Some("/people/{id}/doses/new")),
    ("/matches", "navigation.matches", None),
    ("/files", "navigation.files", Some("/files/new")),
    ("/workbench", "navigation.workbench", None),
    ("/organizations", "ways.organizations", None),
    ("/accounts", "ways.accounts", None),
    ("/registrations", "ways.registrations", None),
    ("/audit", "ways.audit", None),
    ("/audit/person", "ways.access_list", None),
    ("/maintenance-windows", "ways.maintenance", Some("/maintenance-windows/new")),
    ("/operations", "ways.operations", None),
];

impl Visitor {
    /// The ways that this visitor may take; one that leads on from another only where the other is shut.
    fn navigation(&self) -> Vec<NavigationItem> {
        let Some(caller) = self.caller().filter(|_| !self.is_before_closed_door()) else { return Vec::new() };
        let is_open = |address: &str| access::is_open(&self.web().registry, &caller, address, &Method::GET);
        let mut open: Vec<NavigationItem> = Vec::new();
        for (address, key, more) in WAYS.into_iter().filter(|(address, ..)| is_open(address)) {
            if open.last().is_some_and(|before| address.starts_with(before.address)) {
                continue;
            }
            let reads_only = more.is_some_and(|more| !is_open(more));
            let what = format!("{key}_what{}", if reads_only { "_reading" } else { "" });
            open.push(NavigationItem {
                address,
                text: self.language().text(key),
                what: self.language().text(&what),
                is_current: self.path().starts_with(address),
            });
        }
        open
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
