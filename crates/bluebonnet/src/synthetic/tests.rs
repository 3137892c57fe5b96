//! The people are as they should be, and what is sent about them reads back as it was.

use std::collections::HashSet;

use jiff::civil::{Date, date};
use model::{
    CodeTables, Completion, Demographics, FindingKind, InformationSource, QueryKind, Severity, Table,
    VaccinationStatement,
};

use super::*;

const ON: Date = date(2026, 3, 9);

fn site() -> SendingSite {
    SendingSite { facility: "PEDS1001".into(), application: "CLINIC".into() }
}

fn people(count: usize) -> Vec<SyntheticPerson> {
    SyntheticPeople::new(1845, ON).take(count).collect()
}

#[test]
fn a_seed_gives_the_same_people_always() {
    let (one, again) = (people(500), people(500));
    assert!(one == again);
    let other: Vec<SyntheticPerson> = SyntheticPeople::new(1846, ON).take(500).collect();
    assert!(one != other);
    let latest = SyntheticPeople::new(1845, ON).with_latest_doses(3).take(500);
    for (whole, latest) in one.iter().zip(latest) {
        assert_eq!(whole.demographics, latest.demographics);
        assert_eq!(latest.doses, whole.doses[whole.doses.len().saturating_sub(3)..]);
    }
}

#[test]
fn another_clinic_writes_most_people_down_otherwise() {
    let people = people(400);
    let again = people.iter().map(|person| person.clone().written_down_again(1845)).collect::<Vec<_>>();
    let differ = |is: &dyn Fn(&Demographics) -> String| {
        people.iter().zip(&again).filter(|(one, other)| is(&one.demographics) != is(&other.demographics)).count()
    };
    let all = differ(&|person| format!("{person:?}"));
    assert!((240..360).contains(&all), "{all} of 400 differ in something");
    let families = differ(&|person| person.names[0].family.clone());
    assert!((20..120).contains(&families), "{families} of 400 have another surname");
    assert!(people.iter().zip(&again).all(|(one, other)| (one.number, &one.doses) == (other.number, &other.doses)));
}

#[test]
fn twins_share_home_and_birth_date_and_have_names_of_their_own() {
    let people = people(8_000);
    let mut twins = 0;
    for pair in people.windows(2) {
        let (one, other) = (&pair[0].demographics, &pair[1].demographics);
        if (one.birth_order, other.birth_order) == (Some(1), Some(2)) {
            twins += 1;
            assert_eq!(one.birth_date, other.birth_date);
            assert_eq!(one.addresses, other.addresses);
            assert_eq!(one.names[0].family, other.names[0].family);
            assert!(one.names[0].given != other.names[0].given || one.names[0].given.starts_with("BABY"));
            assert_eq!((one.multiple_birth, other.multiple_birth), (Some(true), Some(true)));
        }
    }
    assert!(twins > 10, "{twins} pairs of twins");
}

#[test]
fn all_kinds_of_people_and_doses_are_there() {
    let people = people(3_000);
    let count = |is: &dyn Fn(&SyntheticPerson) -> bool| people.iter().filter(|person| is(person)).count();
    let double = count(&|person| person.demographics.names[0].family.split(' ').count() == 2);
    let newborn = count(&|person| (ON - person.birth_date()).get_days() < 45);
    assert!(double > 200, "{double} double surnames");
    assert!(newborn > 30, "{newborn} newborns");
    assert!((500..2_500).contains(&count(&SyntheticPerson::is_minor)));
    assert!(count(&|person| person.is_minor() && person.demographics.next_of_kin.is_empty()) == 0);
    assert!(count(&|person| person.doses.iter().any(|dose| dose.completion == Completion::Refused)) > 10);
    assert!(count(&|person| person.doses.iter().any(|dose| dose.source != InformationSource::Administered)) > 100);
    let doses = people.iter().map(|person| person.doses.len()).sum::<usize>();
    assert!(doses > 20_000, "{doses} doses");
    let numbers: HashSet<&str> =
        people.iter().map(|person| person.demographics.identifiers[0].value.as_str()).collect();
    assert_eq!(numbers.len(), people.len());
}

#[test]
fn nothing_happens_before_birth_or_after_the_day() {
    for person in people(3_000) {
        let born = person.birth_date();
        assert!(born <= ON);
        for dose in &person.doses {
            assert!((born..=ON).contains(&dose.administered_on), "{dose:?} of somebody born on {born}");
            assert!(dose.lot_expires_on.is_none_or(|expires_on| expires_on > dose.administered_on));
        }
    }
}

#[test]
fn no_phone_or_mailbox_belongs_to_anybody() {
    for person in people(1_000) {
        for telecom in &person.demographics.telecoms {
            let is_nobodys = match telecom.is_email() {
                true => telecom.value.ends_with("@example.com"),
                false => telecom.value.len() == 10 && &telecom.value[3..6] == "555",
            };
            assert!(is_nobodys, "{}", telecom.value);
        }
    }
}

#[test]
fn codes_are_those_of_the_code_tables() {
    let tables = codes::CodeSets::builtin();
    for dose in people(2_000).iter().flat_map(|person| &person.doses) {
        assert!(tables.is_in_use(dose.cvx, dose.administered_on), "{} on {}", dose.cvx, dose.administered_on);
        assert_eq!(Some(vaccines::name(dose.cvx.0)), tables.vaccine_name(dose.cvx));
        if let Some(ndc) = &dose.ndc {
            assert_eq!(tables.cvx_of_ndc(ndc), Some(dose.cvx), "{ndc}");
        }
        for (table, code) in [
            (Table::Manufacturer, &dose.mvx),
            (Table::Route, &dose.route),
            (Table::BodySite, &dose.body_site),
            (Table::Eligibility, &dose.eligibility),
            (Table::FundingSource, &dose.funding_source),
        ] {
            assert!(code.as_ref().is_none_or(|code| tables.contains(table, code)), "{table:?} {code:?}");
        }
        for document in dose.vis.iter().filter_map(|vis| vis.document.as_ref()) {
            assert!(tables.vis_name(document).is_some(), "{document}");
        }
    }
}

/// The statement with the clinic's own authority where the person has none, and the order of the message.
fn as_sent(person: &SyntheticPerson) -> (Demographics, Vec<model::Dose>) {
    let mut person = person.clone();
    let own = |authority: &mut String| {
        if authority.is_empty() {
            "PEDS1001".clone_into(authority);
        }
    };
    for identifier in &mut person.demographics.identifiers {
        own(&mut identifier.authority);
    }
    for dose in &mut person.doses {
        dose.order_id.iter_mut().for_each(|id| own(&mut id.authority));
        dose.administered_at.iter_mut().for_each(|place| own(&mut place.code));
        let providers = [&mut dose.administered_by, &mut dose.ordered_by];
        providers.into_iter().flatten().for_each(|provider| own(&mut provider.authority));
    }
    (person.demographics, person.doses)
}

#[test]
fn every_vxu_reads_back_as_it_was_meant() {
    let tables = codes::CodeSets::builtin();
    for person in people(1_000) {
        let affirmation = Affirmation::texas(&person);
        let text = vxu(&person, &site(), &format!("V{}", person.number), Some(&affirmation));
        let message = hl7::Message::read(&text);
        assert_eq!(hl7::screen(&message.header()), Ok(hl7::MessageKind::Vxu));
        let read = hl7::read_submission(&message, tables.as_ref(), &hl7::Clocks::default());
        for finding in &read.findings {
            let is_expected =
                finding.severity() == Severity::Information || finding.kind == FindingKind::PatientNamePlaceholder;
            assert!(is_expected, "{}: {finding:?}\n{text}", person.number);
        }
        let patient = read.patient.expect("the message is about somebody");
        assert_eq!(patient.protection_code, affirmation.code);
        let (demographics, doses) = as_sent(&person);
        assert_eq!(Demographics { protection: None, ..patient.demographics }, demographics);
        let read: Vec<model::Dose> =
            read.vaccinations.into_iter().map(|VaccinationStatement { dose, .. }| dose).collect();
        assert_eq!(read, doses);
    }
}

#[test]
fn every_query_reads_back_as_it_was_meant() {
    let tables = codes::CodeSets::builtin();
    for person in people(500) {
        for kind in [QueryKind::History, QueryKind::EvaluatedHistory] {
            let text = qbp(&person, kind, &site(), &format!("Q{}", person.number));
            let message = hl7::Message::read(&text);
            assert_eq!(hl7::screen(&message.header()), Ok(hl7::MessageKind::Qbp(kind)));
            let read = hl7::read_query(&message, kind, tables.as_ref());
            assert_eq!(read.findings, [], "{text}");
            let query = read.query.expect("the question can be understood");
            let (demographics, _) = as_sent(&person);
            assert_eq!(query.person.names, demographics.names);
            assert_eq!(query.person.birth_date, demographics.birth_date);
            assert_eq!(query.person.identifiers, demographics.identifiers);
        }
    }
}

#[test]
fn a_batch_holds_a_message_for_each_of_the_next_people() {
    let mut file = Vec::new();
    let mut next = SyntheticPeople::new(1845, ON);
    let written = write_batch(&mut file, &mut next, 25, &site(), "B", &|person| Some(Affirmation::texas(person)));
    assert_eq!(written.expect("memory can be written"), 25);
    let text = String::from_utf8(file).expect("messages are text");
    let messages: Vec<&str> = text.split("MSH|").skip(1).collect();
    assert_eq!(messages.len(), 25);
    assert!(text.starts_with("FHS|^~\\&|CLINIC|PEDS1001|") && text.ends_with("BTS|25\rFTS|1\r"));
    assert!(messages.iter().zip(1..).all(|(message, number)| message.contains(&format!("|B{number}|P|2.5.1|"))));
    assert_eq!(next.next().map(|person| person.number), Some(26));
}

#[test]
fn records_keep_the_truth_and_have_slips_of_all_kinds() {
    let records: Vec<SyntheticRecord> =
        SyntheticRecords::new(7, ON, 500).take_while(|record| record.person <= 8_000).collect();
    let again: Vec<SyntheticRecord> =
        SyntheticRecords::new(7, ON, 500).take_while(|record| record.person <= 8_000).collect();
    assert!(records == again, "a seed gives the same records always");
    let second: Vec<&SyntheticRecord> = records.iter().filter(|record| record.name.ends_with("-2")).collect();
    assert!((3_700..4_300).contains(&second.len()), "{} second records", second.len());
    for pair in records.windows(2).filter(|pair| pair[1].name.ends_with("-2")) {
        assert_eq!(pair[0].person, pair[1].person);
        assert!(pair[0].slips.is_empty() && pair[0].name.ends_with("-1"));
    }
    for slip in [
        "named later",
        "first name mistyped",
        "surname mistyped",
        "first name shortened",
        "half of a double surname",
        "another surname",
        "birth day mistyped",
        "moved",
        "another phone",
        "wrong county",
        "another sex",
        "no mother",
    ] {
        assert!(second.iter().any(|record| record.slips.contains(&slip)), "{slip}");
    }
    let twins = records.iter().filter(|record| record.slips.is_empty() && record.demographics.birth_order.is_some());
    let share = twins.count() as f64 / 8_000.0;
    assert!((0.005..0.05).contains(&share), "{share} of the people are twins");
    let families: HashSet<&str> = records.iter().map(|record| record.demographics.names[0].family.as_str()).collect();
    assert!(families.len() > 2_000, "{} surnames", families.len());
}
