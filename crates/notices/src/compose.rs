//! Notices, made from the window record: its facts put into the texts, section by section.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Audience, Channel, MaintenanceWindow, Mode, Notice, NoticePart, NoticeSection, WindowAction, WindowKind};

use crate::{Figures, Language, NoticeRules, Occasion, TextError, Texts};

/// The words that may stand in braces in a text.
pub(crate) const WORDS: [&str; 39] = [
    "affected",
    "count",
    "days",
    "downtime",
    "duration",
    "duration_true",
    "end_time",
    "end_time_before",
    "everybody",
    "file_partners",
    "files_taken",
    "from_files",
    "from_web_service",
    "heading",
    "name",
    "performed_by",
    "place",
    "reason",
    "refused",
    "refused_senders",
    "sentence",
    "short_name",
    "start_day",
    "times",
    "times_before",
    "times_other",
    "times_true",
    "unknown_missing",
    "web_users",
    "web_service_partners",
    "fhir_partners",
    "and",
    "address",
    "audience",
    "kind",
    "state",
    "user",
    "at",
    "web_application",
];

/// The doors that notices speak of, in their order.
const DOORS: [Channel; 4] = [Channel::Web, Channel::WebService, Channel::Fhir, Channel::File];

/// What a notice says beside the window: the registry's names, contacts and addresses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// The registry's name.
    pub name: String,
    /// Its short name.
    pub short_name: String,
    /// The heading of a closed door.
    pub heading: String,
    /// The sentence of a closed door.
    pub sentence: String,
    /// Where people write to about the web application.
    pub web_application: String,
    /// Where people write to about data exchange.
    pub data_exchange: String,
    /// Where the public pages are (`https://iis.example.org`), when that is known.
    pub public_url: Option<String>,
    /// Whether the registry has FHIR at all: notices do not speak of a door that nobody knows.
    pub has_fhir: bool,
    /// IANA names of zones whose times are told, too.
    pub other_zones: Vec<String>,
}

/// Makes notices in one language.
#[derive(Clone, Debug)]
pub struct Composer {
    texts: Texts,
    facts: Facts,
}

/// Words and what stands for them.
type Words = BTreeMap<&'static str, String>;

impl Composer {
    /// A composer for these texts and facts.
    pub fn new(texts: Texts, facts: Facts) -> Composer {
        Composer { texts, facts }
    }

    /// One composer for each language.
    ///
    /// # Errors
    /// When a text of the profile cannot be used.
    pub fn of_profile(rules: &NoticeRules, facts: &Facts) -> Result<Vec<Composer>, TextError> {
        Language::ALL.into_iter().map(|language| Ok(Composer::new(rules.texts(language)?, facts.clone()))).collect()
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.texts.language()
    }

    /// The notice of an occasion for an audience.
    pub fn compose(
        &self,
        window: &MaintenanceWindow,
        occasion: Occasion,
        audience: Audience,
        report: Option<&Figures>,
    ) -> Notice {
        let draft = Draft { composer: self, window, occasion, audience, words: self.words(window, report) };
        draft.notice(report)
    }

    /// The mail that asks whether a subscription is meant.
    pub fn confirmation(&self, link: &str, days: u32) -> Notice {
        let mut words = self.plain_words();
        words.insert("days", days.to_string());
        let paragraph = |key: &str| NoticePart::Paragraph(self.fill(key, &words));
        let subject = self.fill("subjects.confirmation", &words);
        let parts = vec![
            paragraph("mail.confirm"),
            NoticePart::Link(subject.clone(), link.to_owned()),
            paragraph("mail.confirm_ignore"),
        ];
        let section = NoticeSection { heading: String::new(), parts };
        Notice { subject, language: self.language().tag().to_owned(), opening: Vec::new(), sections: vec![section] }
    }

    /// The mail to whom somebody else took the second factors away. `at`: when, in words.
    pub fn second_factor_reset(&self, username: &str, at: &str) -> Notice {
        let mut words = self.plain_words();
        words.insert("user", username.to_owned());
        words.insert("at", at.to_owned());
        words.insert("web_application", self.facts.web_application.clone());
        let paragraph = |key: &str| NoticePart::Paragraph(self.fill(key, &words));
        let subject = self.fill("subjects.second_factor_reset", &words);
        let parts = vec![paragraph("mail.second_factor_reset"), paragraph("mail.second_factor_not_asked")];
        let section = NoticeSection { heading: String::new(), parts };
        Notice { subject, language: self.language().tag().to_owned(), opening: Vec::new(), sections: vec![section] }
    }

    /// The sentence above the link that ends a subscription.
    pub fn unsubscribe_sentence(&self) -> String {
        self.fill("mail.unsubscribe", &self.plain_words())
    }

    /// Why somebody who did not subscribe is told.
    pub fn account_sentence(&self) -> String {
        self.fill("mail.account", &self.plain_words())
    }

    /// The window's times, as notices print them.
    pub fn times(&self, window: &MaintenanceWindow) -> String {
        self.span(window.starts_at, window.ends_at, &window.time_zone)
    }

    /// How long the window is planned to last.
    pub fn lasts(&self, window: &MaintenanceWindow) -> String {
        self.language().duration(window.starts_at, window.ends_at)
    }

    /// The window's true times: when it began, and when it ended.
    pub fn times_true(&self, window: &MaintenanceWindow) -> String {
        let (from, to) = true_span(window);
        self.span(from, to, &window.time_zone)
    }

    /// How long it is to the window's start, or to its planned end once it has begun; empty when that has passed.
    pub fn time_left(&self, window: &MaintenanceWindow, now: Timestamp) -> String {
        let state = window.state_at(now);
        let target = if state.is_in_force() { window.ends_at } else { window.starts_at };
        if state.is_over() || target <= now { String::new() } else { self.language().duration(now, target) }
    }

    /// Its reason and who does it, in this language.
    pub fn work(&self, window: &MaintenanceWindow) -> (String, String) {
        let translated = |phrase: &str| self.texts.translated(phrase).to_owned();
        (translated(&window.reason), translated(&window.performed_by))
    }

    fn span(&self, from: Timestamp, to: Timestamp, zone: &str) -> String {
        self.language().span(from, to, &time_zone(zone), |letters| self.zone_label(letters))
    }

    fn zone_label(&self, letters: &str) -> String {
        self.texts.find(&format!("zones.{letters}")).unwrap_or(letters).to_owned()
    }

    pub(crate) fn fill(&self, key: &str, words: &Words) -> String {
        fill(self.texts.text(key), words)
    }

    fn plain_words(&self) -> Words {
        let facts = &self.facts;
        let mut words = Words::from([
            ("name", facts.name.clone()),
            ("short_name", facts.short_name.clone()),
            ("heading", facts.heading.clone()),
            ("sentence", facts.sentence.clone()),
            ("and", self.texts.text("names.and").to_owned()),
        ]);
        for (word, key) in [
            ("web_users", "names.web_users"),
            ("web_service_partners", "names.web_service_partners"),
            ("fhir_partners", "names.fhir_partners"),
            ("file_partners", "names.file_partners"),
            ("everybody", "names.everybody"),
        ] {
            words.insert(word, self.fill(key, &words));
        }
        words
    }

    fn words(&self, window: &MaintenanceWindow, report: Option<&Figures>) -> Words {
        let language = self.language();
        let zone = time_zone(&window.time_zone);
        let label = |letters: &str| self.zone_label(letters);
        let (start, end) = (window.starts_at.to_zoned(zone.clone()), window.ends_at.to_zoned(zone.clone()));
        let (reason, performed_by) = self.work(window);
        let mut words = self.plain_words();
        let downtime = match window.kind {
            WindowKind::Scheduled => "names.downtime_scheduled",
            WindowKind::Emergency => "names.downtime_emergency",
        };
        words.insert("downtime", self.fill(downtime, &words));
        words.insert("affected", language.list(&self.affected(window, &words), &words["and"]));
        words.insert("reason", reason);
        words.insert("performed_by", performed_by);
        words.insert("times", self.times(window));
        words.insert("times_true", self.times_true(window));
        words.insert("start_day", language.day(&start));
        words.insert("end_time", language.moment(&end, label));
        words.insert("duration", language.duration(window.starts_at, window.ends_at));
        let (from, to) = true_span(window);
        words.insert("duration_true", language.duration(from, to));
        if let Some((from, to)) = span_before(window) {
            words.insert("times_before", self.span(from, to, &window.time_zone));
            words.insert("end_time_before", language.moment(&to.to_zoned(zone), label));
        }
        if let Some(report) = report {
            words.extend(report.words());
        }
        words
    }

    /// Who is concerned, in the notices' words.
    fn affected(&self, window: &MaintenanceWindow, words: &Words) -> Vec<String> {
        let names = [
            (Channel::Web, "web_users"),
            (Channel::WebService, "web_service_partners"),
            (Channel::Fhir, "fhir_partners"),
            (Channel::File, "file_partners"),
        ];
        let concerned = names.into_iter().filter(|(door, _)| self.mode(window, *door) != Mode::Open);
        concerned.map(|(_, word)| words[word].clone()).collect()
    }

    /// What a door does; one that the registry does not have is not spoken of.
    fn mode(&self, window: &MaintenanceWindow, door: Channel) -> Mode {
        if door == Channel::Fhir && !self.facts.has_fhir { Mode::Open } else { window.modes.of(door) }
    }
}

/// One notice in the making.
struct Draft<'a> {
    composer: &'a Composer,
    window: &'a MaintenanceWindow,
    occasion: Occasion,
    audience: Audience,
    words: Words,
}

impl Draft<'_> {
    fn notice(&self, report: Option<&Figures>) -> Notice {
        let is_emergency = self.window.kind == WindowKind::Emergency;
        let mut sections = Vec::new();
        let mut opening = Vec::new();
        if self.occasion == Occasion::Announced && is_emergency {
            let mut parts = vec![NoticePart::Paragraph(format!(
                "{} {}",
                self.text("overview.emergency"),
                self.text("overview.whom")
            ))];
            parts.extend(self.forward().map(NoticePart::Paragraph));
            sections.push(self.section("overview", parts));
        } else {
            let audience = self.text("opening.audience");
            opening.push([audience].into_iter().chain(self.forward()).collect::<Vec<_>>().join(" "));
        }
        sections.push(self.section("announcement", self.announcement()));
        match self.occasion {
            Occasion::Cancelled => sections.push(self.section("solution", self.nothing_to_do())),
            Occasion::Completed => sections.push(self.section("solution", self.solution_after())),
            Occasion::Report => {
                let parts = report.map(|report| report.parts(self.composer, &self.words)).unwrap_or_default();
                sections.push(self.section("report", parts));
                sections.push(self.section("solution", self.solution_after()));
            }
            _ => {
                sections.push(self.section("impacts", self.impacts()));
                sections.push(self.section("solution", self.solution()));
            }
        }
        sections.push(self.section("contact", self.contact()));
        let subject = self.text(&format!("subjects.{}", self.subject_key()));
        Notice { subject, language: self.composer.language().tag().to_owned(), opening, sections }
    }

    fn text(&self, key: &str) -> String {
        self.composer.fill(key, &self.words)
    }

    fn section(&self, heading: &str, parts: Vec<NoticePart>) -> NoticeSection {
        NoticeSection { heading: self.text(&format!("headings.{heading}")), parts }
    }

    /// Those who run systems are told themselves; everybody else is asked to tell theirs.
    fn forward(&self) -> Option<String> {
        matches!(self.audience, Audience::AllUsers | Audience::DataExchange).then(|| self.text("opening.forward"))
    }

    fn subject_key(&self) -> &'static str {
        match (self.occasion, self.window.kind) {
            (Occasion::Announced, WindowKind::Scheduled) => "announced_scheduled",
            (Occasion::Announced, WindowKind::Emergency) => "announced_emergency",
            (occasion, _) => occasion.text_key(),
        }
    }

    fn announcement(&self) -> Vec<NoticePart> {
        let was_active = self.window.started_at.is_some();
        let key = match (self.occasion, self.window.kind) {
            (Occasion::Report, _) => "completed",
            (Occasion::Cancelled, _) if was_active => "cancelled_active",
            _ => self.subject_key(),
        };
        let mut parts = vec![NoticePart::Paragraph(self.text(&format!("announcement.{key}")))];
        let is_ahead = matches!(
            self.occasion,
            Occasion::Announced | Occasion::Rescheduled(_) | Occasion::Extended(_) | Occasion::Reminder(_)
        );
        if is_ahead {
            let mut more = vec![self.text("announcement.duration")];
            more.extend(self.other_zones());
            parts.push(NoticePart::Paragraph(more.join(" ")));
        }
        parts
    }

    /// The same times on the clocks of other parts of the jurisdiction.
    fn other_zones(&self) -> Vec<String> {
        let texts = &self.composer.texts;
        let others = self.composer.facts.other_zones.iter().filter(|zone| **zone != self.window.time_zone);
        let sentences = others.map(|zone| {
            let mut words = self.words.clone();
            let place = texts.find(&format!("places.{zone}")).unwrap_or(zone);
            words.insert("place", place.to_owned());
            words.insert("times_other", self.composer.span(self.window.starts_at, self.window.ends_at, zone));
            self.composer.fill("announcement.other_zone", &words)
        });
        sentences.collect()
    }

    fn impacts(&self) -> Vec<NoticePart> {
        let mut first = vec![self.text("impacts.whom")];
        if self.mode(Channel::Web) == Mode::Closed {
            first.push(self.text("impacts.unavailable"));
        }
        let mut parts = vec![NoticePart::Paragraph(first.join(" "))];
        let items = self.of_each_door("impacts");
        if !items.is_empty() {
            parts.extend([NoticePart::Paragraph(self.text("impacts.during")), NoticePart::List(items)]);
        }
        parts
    }

    fn solution(&self) -> Vec<NoticePart> {
        let mut parts = vec![NoticePart::List(self.of_each_door("solution"))];
        parts.extend(self.link("solution.manual", "/downtime-form").filter(|_| self.mode(Channel::Web) != Mode::Open));
        parts.extend(self.link("solution.status", "/status"));
        parts
    }

    fn solution_after(&self) -> Vec<NoticePart> {
        let concerned = DOORS.into_iter().filter(|door| self.mode(*door) != Mode::Open);
        let key = |door: Channel| match (door, self.mode(door)) {
            (Channel::File, Mode::Closed) => "solution.file.over_closed".to_owned(),
            _ => format!("solution.{}.over", door.word()),
        };
        let mut parts = vec![NoticePart::List(concerned.map(|door| self.text(&key(door))).collect())];
        parts.extend(self.link("solution.status", "/status"));
        parts
    }

    fn nothing_to_do(&self) -> Vec<NoticePart> {
        match self.window.started_at {
            Some(_) => self.solution_after(),
            None => vec![NoticePart::Paragraph(self.text("solution.cancelled"))],
        }
    }

    fn contact(&self) -> Vec<NoticePart> {
        let facts = &self.composer.facts;
        let contacts = vec![
            (self.text("contact.web_application"), facts.web_application.clone()),
            (self.text("contact.data_exchange"), facts.data_exchange.clone()),
        ];
        vec![NoticePart::Paragraph(self.text("contact.questions")), NoticePart::Contacts(contacts)]
    }

    /// What a section says of each door that is not as always.
    fn of_each_door(&self, section: &str) -> Vec<String> {
        let concerned = DOORS.into_iter().map(|door| (door, self.mode(door))).filter(|(_, mode)| *mode != Mode::Open);
        let texts = concerned.map(|(door, mode)| self.text(&format!("{section}.{}.{}", door.word(), mode.word())));
        texts.filter(|text| !text.is_empty()).collect()
    }

    fn mode(&self, door: Channel) -> Mode {
        self.composer.mode(self.window, door)
    }

    fn link(&self, key: &str, path: &str) -> Option<NoticePart> {
        let base = self.composer.facts.public_url.as_deref()?;
        Some(NoticePart::Link(self.text(key), format!("{}{path}", base.trim_end_matches('/'))))
    }
}

/// Start and end before the last time that they were changed.
fn span_before(window: &MaintenanceWindow) -> Option<(Timestamp, Timestamp)> {
    let moved = |action| matches!(action, WindowAction::Rescheduled | WindowAction::Extended);
    window.changes.iter().rev().find(|change| moved(change.action))?.before
}

/// When it began and ended, or was to.
fn true_span(window: &MaintenanceWindow) -> (Timestamp, Timestamp) {
    (window.started_at.unwrap_or(window.starts_at), window.ended_at.unwrap_or(window.ends_at))
}

fn time_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// Puts what stands for them in the place of words in braces. What is put in is not read again.
pub(crate) fn fill(text: &str, words: &Words) -> String {
    let mut filled = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((word, after)) => {
                filled.push_str(words.get(word).map_or("", String::as_str));
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    // A name at the beginning of a sentence begins with a capital.
    let mut letters = filled.chars();
    match letters.next() {
        Some(first) if text.starts_with('{') => first.to_uppercase().chain(letters).collect(),
        _ => filled,
    }
}
