//! Both founding notices, made from window records, beside the originals: every sentence of theirs is in ours, in the
//! section where it stood, or its stand-in is, with the reason why.

use std::path::{Path, PathBuf};

use model::{Audience, MaintenanceWindow, Notice, NoticePart};
use notices::{Language, Occasion, html, plain_text};

use crate::windows::{composer, emergency, instant, scheduled};

/// Where a sentence of an original could not stay as it was: the original, what stands for it, and why.
const STAND_INS: &[(&str, &str, &str)] = &[
    (
        "the downtime will impact immtrac2 (web) online users, data exchange partners submitting data via web services \
         (bidirectional data exchange) and via ftp-related data exchange.",
        "the downtime will impact immtrac2 (web) online users, data exchange partners submitting data via web services \
         (bidirectional data exchange) and data exchange partners submitting data via ftp-related data exchange.",
        "each channel is named whole, as a window may close any of them alone",
    ),
    (
        "immtrac2 is scheduled for downtime on thursday, february 6, from 7:00 p.m. - thursday, february 6, at 9:00 p.m. \
         (ct) as the texas department of state health services (dshs) it will be performing an emergency immtrac2 \
         production deployment for data fixes.",
        "immtrac2 will be unavailable from 7:00 p.m. to 9:00 p.m. thursday, february 6, 2025 (ct) as the texas department \
         of state health services (dshs) it will be performing an emergency immtrac2 production deployment for data fixes.",
        "the year was missing, one day was printed twice, and an emergency is not scheduled",
    ),
    (
        "the emergency deployment will impact immtrac2 (web) online users, data exchange partners submitting data via web \
         services (bidirectional data exchange) and via ftp-related data exchange.",
        "the emergency downtime will impact immtrac2 (web) online users, data exchange partners submitting data via web \
         services (bidirectional data exchange) and data exchange partners submitting data via ftp-related data exchange.",
        "one name for the thing throughout, and each channel named whole",
    ),
    (
        "the immtrac2 application will not be available during the entire maintenance window beginning thursday, february \
         6, from 7:00 p.m. - thursday, february 6, at 9:00 p.m. (ct)",
        "the immtrac2 application will not be available during the entire maintenance window from 7:00 p.m. to 9:00 p.m. \
         thursday, february 6, 2025 (ct).",
        "the year was missing, and one day was printed twice",
    ),
    (
        "please forward this communication to your it staff and electronic health records vendor.",
        "please forward this communication to your it staff and electronic health records vendor for their awareness.",
        "one wording in both notices",
    ),
    (
        "the immtrac2 (web) online application will not be available during the emergency deployment downtime.",
        "the immtrac2 (web) online application will not be available during the emergency downtime.",
        "one name for the thing throughout",
    ),
    (
        "ensure all time-sensitive tasks are manually recorded.",
        "ensure that all users document time-sensitive tasks manually for record keeping.",
        "one wording in both notices",
    ),
    (
        "all bidirectional data exchange partners - continue normal business during the scheduled downtime, then resend \
         data for processing.",
        "all bidirectional data exchange partners - continue normal business during the emergency downtime, then resend \
         data for it to be processed.",
        "an emergency is not scheduled",
    ),
    (
        "all ftp exchange partners - file processing will resume automatically after the maintenance period ends.",
        "all ftp exchange partners - file processing will automatically resume after the maintenance period ends.",
        "one wording in both notices",
    ),
    (
        "for any questions related to this communication, please contact us via email:",
        "for any questions related to this communication, email:",
        "one wording in both notices",
    ),
    (
        "access to immtrac2 web application (online) - [immtrac2@dshs.texas.gov](mailto:immtrac2@dshs.texas.gov)",
        "access to immtrac2 web application (online) - immtrac2@dshs.texas.gov",
        "the link is made by the HTML form",
    ),
    (
        "data exchange - [immtracmu@dshs.texas.gov](mailto:immtracmu@dshs.texas.gov)",
        "data exchange - immtracmu@dshs.texas.gov",
        "the link is made by the HTML form",
    ),
    (
        "access to immtrac2 web application (online) - immtrac2@dshs.texas.gov.",
        "access to immtrac2 web application (online) - immtrac2@dshs.texas.gov",
        "a stop after an address is taken for a part of it",
    ),
    (
        "data exchange - immtracmu@dshs.texas.gov.",
        "data exchange - immtracmu@dshs.texas.gov",
        "a stop after an address is taken for a part of it",
    ),
];

const HEADINGS: [&str; 5] = ["overview", "announcement", "impacts", "solution", "contact"];

fn original(name: &str) -> Option<String> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let path: PathBuf = above.join("shared/domain/notices").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(_) => {
            assert_ne!(std::env::var_os("CI").as_deref(), Some("true".as_ref()), "../shared is missing");
            println!("skipped: the originals are in a folder `shared` beside the repository, which is not there");
            None
        }
    }
}

/// One spelling of quotes, dashes, marks and spaces, in lower case, as the originals differ among themselves.
fn plain(text: &str) -> String {
    let text = text.replace(['“', '”'], "\"").replace(['–', '\u{f0b7}'], "-").replace("**", "").replace("## ", "");
    // Words that a line's end broke at their own hyphen.
    let text = text.replace("time-\nsensitive", "time-sensitive").replace("time-\n\nsensitive", "time-sensitive");
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The sections of an original: what stands before the first heading, then each heading with its sentences.
fn sections(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found = vec![(String::new(), String::new())];
    for line in text.lines() {
        let bare = line.trim().trim_matches(['#', '*', ' ']).to_lowercase();
        match HEADINGS.contains(&bare.as_str()) {
            true => found.push((bare, String::new())),
            false => {
                let (_, text) = found.last_mut().expect("there is a first");
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found.into_iter().map(|(heading, text)| (heading, sentences(&text))).collect()
}

fn sentences(text: &str) -> Vec<String> {
    let text = plain(text).replace(" \u{f0b7} ", " ");
    let mut sentences = vec![String::new()];
    for word in text.split(' ') {
        let is_mark = matches!(word, "-" | "•" | "\u{f0b7}") && sentences.last().is_some_and(String::is_empty);
        if !is_mark {
            let sentence = sentences.last_mut().expect("there is a first");
            sentence.push_str(if sentence.is_empty() { "" } else { " " });
            sentence.push_str(word);
        }
        // `p.m.` ends no sentence; a colon before a list and a period, also one inside quotes, do.
        let ends = word.ends_with(['.', ':']) || word.ends_with(".\"") || word.ends_with(".gov)");
        if ends && !matches!(word, "p.m." | "a.m.") && !word.starts_with("subject:") {
            sentences.push(String::new());
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// The text of one of our sections; of what stands before the first heading for an empty name.
fn ours(notice: &Notice, heading: &str) -> String {
    if heading.is_empty() {
        return plain(&format!("Subject: {} {}", notice.subject, notice.opening.join(" ")));
    }
    let section = notice.sections.iter().find(|section| section.heading.to_lowercase() == heading);
    let section = section.unwrap_or_else(|| panic!("our notice has no section {heading}"));
    let parts = section.parts.iter().map(|part| match part {
        NoticePart::Paragraph(text) => text.clone(),
        NoticePart::List(items) => items.join(" "),
        NoticePart::Contacts(all) => all.iter().map(|(what, to)| format!("{what} – {to} ")).collect(),
        NoticePart::Link(..) => String::new(),
    });
    plain(&parts.collect::<Vec<_>>().join(" "))
}

/// Holds our notice against an original, sentence by sentence. Gives how many stood as they were, and how many by a
/// stand-in.
fn compare(text: &str, notice: &Notice) -> (usize, usize) {
    let (mut kept, mut replaced) = (0, 0);
    for (heading, sentences) in sections(text) {
        let ours = ours(notice, &heading);
        for sentence in sentences {
            if ours.contains(&sentence) {
                kept += 1;
                continue;
            }
            let stand_in = STAND_INS.iter().find(|(original, _, _)| *original == sentence);
            let Some((_, stand_in, _)) = stand_in else {
                panic!("in section {heading:?} our notice lacks\n  {sentence}\nand says\n  {ours}");
            };
            assert!(
                ours.contains(stand_in),
                "in section {heading:?} our notice lacks\n  {stand_in}\nand says\n  {ours}"
            );
            replaced += 1;
        }
    }
    (kept, replaced)
}

fn announced(window: &MaintenanceWindow, audience: Audience) -> Notice {
    composer(Language::English).compose(window, Occasion::Announced, audience, None)
}

fn headings(notice: &Notice) -> Vec<&str> {
    notice.sections.iter().map(|section| section.heading.as_str()).collect()
}

#[test]
fn the_scheduled_notice_stands_beside_its_original() {
    let notice = announced(&scheduled(), Audience::AllUsers);
    assert_eq!(notice.subject, "ImmTrac2 Notice – Expected Downtime on Friday, May 31, 2024");
    assert_eq!(headings(&notice), ["Announcement", "Impacts", "Solution", "Contact"]);
    let Some(text) = original("2024-05-31-scheduled.txt") else { return };
    let (kept, replaced) = compare(&text, &notice);
    println!("{kept} sentences to the letter, {replaced} by a stand-in");
    assert!(kept >= 15 && replaced <= 3, "{kept} to the letter, {replaced} by a stand-in");
}

#[test]
fn the_emergency_notice_stands_beside_its_original_with_the_year_and_without_contradiction() {
    let notice = announced(&emergency(), Audience::AllUsers);
    assert_eq!(headings(&notice), ["Overview", "Announcement", "Impacts", "Solution", "Contact"]);
    assert!(!plain_text(&notice, &[]).contains("scheduled"), "an emergency is not scheduled");
    let Some(text) = original("2025-02-06-emergency.txt") else { return };
    let (kept, replaced) = compare(&text, &notice);
    println!("{kept} sentences to the letter, {replaced} by a stand-in");
    assert!(kept >= 7 && replaced <= 12, "{kept} to the letter, {replaced} by a stand-in");
}

#[test]
fn the_times_of_both_are_the_founding_instants_and_both_zones_are_told() {
    let text = plain_text(&announced(&scheduled(), Audience::AllUsers), &[]).replace('\n', " ");
    for said in [
        "7:00 p.m. Friday, May 31, 2024, to 5:00 a.m. Saturday, June 1, 2024 (CT)",
        "10 hours",
        "In El Paso and Hudspeth counties: 6:00 p.m. Friday, May 31, 2024, to 4:00 a.m. Saturday, June 1, 2024 (MT).",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert_eq!(scheduled().starts_at.to_string(), "2024-06-01T00:00:00Z");
    assert_eq!(emergency().ends_at.to_string(), "2025-02-07T03:00:00Z");
}

#[test]
fn vendors_and_it_contacts_are_told_themselves_and_need_not_be_forwarded_to() {
    for (audience, forwards) in [
        (Audience::AllUsers, true),
        (Audience::DataExchange, true),
        (Audience::ItContacts, false),
        (Audience::EhrVendors, false),
    ] {
        for window in [scheduled(), emergency()] {
            let text = plain_text(&announced(&window, audience), &[]);
            assert_eq!(text.contains("Please forward"), forwards, "{audience:?}");
        }
    }
}

#[test]
fn the_spanish_notice_says_the_same() {
    let notice = composer(Language::Spanish).compose(&scheduled(), Occasion::Announced, Audience::AllUsers, None);
    let text = plain_text(&notice, &[]).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "de las 7:00 p. m. del viernes 31 de mayo de 2024 a las 5:00 a. m. del sábado 1 de junio de 2024 (hora del Centro)",
        "un mantenimiento programado del sistema",
        "10 horas",
        "los condados de El Paso y Hudspeth",
        "ImmTracMU@dshs.texas.gov",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn a_notice_says_which_of_two_hours_is_meant_in_each_zone() {
    let mut window = scheduled();
    // The clocks of Central Time went back; those of Mountain Time do so half an hour later.
    (window.starts_at, window.ends_at) = (instant("2026-11-01T00:00:00Z"), instant("2026-11-01T07:30:00Z"));
    for (language, said) in [
        (Language::English, "to 1:30 a.m. Sunday, November 1, 2026 (MDT)"),
        (Language::Spanish, "a la 1:30 a. m. del domingo 1 de noviembre de 2026 (MDT)"),
    ] {
        let notice = composer(language).compose(&window, Occasion::Announced, Audience::AllUsers, None);
        let text = plain_text(&notice, &[]).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn the_html_form_escapes_and_loads_nothing() {
    let mut window = scheduled();
    window.reason = "<script>alert(1)</script> & more".to_owned();
    let page = html(&announced(&window, Audience::AllUsers), &["https://iis.example.org/x?y=1&z=2".to_owned()]);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"));
    assert!(!page.contains("<script") && !page.contains("src="));
    assert!(page.contains("<a href=\"mailto:ImmTrac2@dshs.texas.gov\">"));
}
