//! Searches on pages that know only a part of a person, or a part of it wrong.

use bluebonnet_registry::{Entry, PeopleFound};
use jiff::civil::{Date, date};
use model::{Demographics, Identifier, PatientId, PatientStatement, Sex};

use crate::entries::{find, named};
use crate::house::*;

const CLAIRE: Person =
    Person { mrn: "C-1", family: "Parker", given: "Claire", birth_date: "20211213", rest: "", ..MARIA };
const CLAIRES_BIRTH: Date = date(2021, 12, 13);

fn born(on: Date, asked: Demographics) -> Demographics {
    Demographics { birth_date: Some(on), ..asked }
}

/// How many a search by name alone finds.
async fn count(house: &House, family: &str, first: &str) -> usize {
    find(house, "PHARMACY", named(family, first)).await.len()
}

#[test]
fn a_child_is_found_whose_last_name_is_mistyped_changed_or_not_known() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &CLAIRE, &given("08", "20211214", "D1")).await;
        for family in ["Parkr", "Smith", ""] {
            // On pages of whatever sex: it may be wrong in the record.
            for sex in [None, Some(Sex::U), Some(Sex::M)] {
                let asked = Demographics { sex, ..born(CLAIRES_BIRTH, named(family, "Claire")) };
                assert_eq!(find(house, "PHARMACY", asked).await.len(), 1, "{family} {sex:?}");
            }
        }
        assert!(find(house, "PHARMACY", born(CLAIRES_BIRTH, named("Smith", "Zoe"))).await.is_empty());
        assert!(find(house, "PHARMACY", born(CLAIRES_BIRTH, named("", "Zoe"))).await.is_empty());
        let (caller, vague) = (house.caller("CLINIC"), born(CLAIRES_BIRTH, Demographics::default()));
        let found = house.registry.find_people(&house.admission(), &caller, house.receipt(), vague).await;
        assert_eq!(found.expect("the registry serves"), PeopleFound::TooVague, "a birth date alone");
    });
}

#[test]
fn a_stranger_of_the_same_first_name_and_day_does_not_hide_who_is_meant() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &CLAIRE, &given("08", "20211214", "D1")).await;
        let stranger = Person { mrn: "C-2", family: "Jones", birth_date: "20201213", ..CLAIRE };
        house.report("CLINIC", &stranger, &given("08", "20211214", "D2")).await;
        // The year is wrong, so that the birth date is the stranger's.
        let found = find(house, "PHARMACY", born(date(2020, 12, 13), named("Parker", "Claire"))).await;
        let mut surnames: Vec<&str> = found.iter().map(|it| it.demographics.names[0].family.as_str()).collect();
        surnames.sort_unstable();
        assert_eq!(surnames, ["Jones", "Parker"]);
    });
}

#[test]
fn somebody_added_without_a_sex_is_compared_with_everybody_of_the_first_name_and_day() {
    on_each_database(&example(), async |house| {
        let rest = "||12 Live Oak St^^Laredo^TX^78040^USA^H";
        house.report("CLINIC", &Person { rest, ..CLAIRE }, &given("08", "20211214", "D1")).await;
        let known: PatientId = find(house, "CLINIC", named("Parker", "Claire")).await[0].patient_id;
        let who = Demographics { sex: Some(Sex::U), ..born(CLAIRES_BIRTH, named("Parkr", "Claire")) };
        let patient = PatientStatement { demographics: who, ..PatientStatement::default() };
        let entry = Entry { once: "once".into(), patient, vaccinations: Vec::new(), reason: String::new() };
        let caller = house.caller("PHARMACY");
        let rehearsal = house.registry.rehearse_entry(&house.admission(), &caller, house.receipt(), &entry).await;
        let rehearsal = rehearsal.expect("the registry serves");
        assert_eq!((rehearsal.known, rehearsal.possible_matches), (None, vec![known]));
    });
}

#[test]
fn of_two_last_names_the_first_or_both_in_any_order_find_a_person() {
    on_each_database(&example(), async |house| {
        let double = Person { mrn: "A-1", family: "Alvera Garza", given: "David", sex: "M", ..MARIA };
        house.report("CLINIC", &double, &given("08", "20240311", "D1")).await;
        let particle = Person { mrn: "A-2", family: "De la Cruz-Peña", given: "Ines", ..MARIA };
        house.report("CLINIC", &particle, &given("08", "20240311", "D2")).await;
        for (family, first) in [
            ("Alvera Garza", "David"),
            ("Garza Alvera", "David"),
            ("garza-alvera", "dav"),
            ("Alvera", "David"),
            ("ALVERA", ""),
            ("de la cruz", "Inés"),
            ("Peña de la Cruz", ""),
        ] {
            assert_eq!(count(house, family, first).await, 1, "{family} {first}");
        }
        for (family, first) in [("Alver", "David"), ("Alvera", "Zoe"), ("De la", "Zoe"), ("Garza", "David")] {
            assert_eq!(count(house, family, first).await, 0, "{family} {first}");
        }
        let second = born(date(2024, 3, 10), named("Garza", ""));
        assert_eq!(find(house, "PHARMACY", second).await.len(), 1, "the second alone, with the birth date");
    });
}

#[test]
fn a_chart_number_is_one_of_the_callers_organizations_unless_another_is_named() {
    on_each_database(&example(), async |house| {
        let message = vxu("R1", &MARIA, &given("08", "20240311", "D1")).replace("^^^EHR^MR", "^^^CLINIC^MR");
        house.send("CLINIC", &message).await;
        for (organization, authority, expected) in
            [("CLINIC", "", 1), ("CLINIC-SITE", "", 1), ("PHARMACY", "", 0), ("PHARMACY", "CLINIC", 1)]
        {
            let number = Identifier { kind: "MR".into(), value: MARIA.mrn.into(), authority: authority.into() };
            let asked = Demographics { identifiers: vec![number], ..Demographics::default() };
            assert_eq!(find(house, organization, asked).await.len(), expected, "{organization} {authority}");
        }
    });
}

#[test]
fn people_are_found_however_their_letters_are_typed() {
    on_each_database(&example(), async |house| {
        for (number, family, given_name) in [
            ("L-1", "Brontë", "Zoë"),
            ("L-2", "O’Brien", "Seán"),
            ("L-3", "Nguyễn", "Thị"),
            ("L-4", "Łukasiewicz", "François"),
        ] {
            let person = Person { mrn: number, family, given: given_name, rest: "", ..MARIA };
            house.report("CLINIC", &person, &given("08", "20240311", number)).await;
        }
        for (family, first) in [
            ("Bronte", "Zoe"),
            ("BRONTË", "zoë"),
            ("brontë", ""),
            ("O'Brien", "Sean"),
            ("O’BRIEN", "SEÁN"),
            ("obrien", "se"),
            ("Nguyen", "Thi"),
            ("nguyễn", "thị"),
            ("Lukasiewicz", "Francois"),
            ("ŁUKASIEWICZ", "FRANÇOIS"),
        ] {
            assert_eq!(count(house, family, first).await, 1, "{family} {first}");
        }
    });
}

#[test]
fn people_are_found_by_another_name_and_by_first_and_last_name_in_each_others_place() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &CLAIRE, &given("08", "20211214", "D1")).await;
        let renamed = Person { family: "Whitfield Ortega", ..CLAIRE };
        house.report("CLINIC", &renamed, &given("08", "20211214", "D1")).await;
        for (family, first) in
            [("Whitfield Ortega", "Claire"), ("Parker", "Claire"), ("PARKER", "claire"), ("Claire", "Whitfield Ortega")]
        {
            assert_eq!(count(house, family, first).await, 1, "{family} {first}");
        }
        assert_eq!(count(house, "Parker", "Zoe").await, 0);
        for (family, first) in [("Claire", "Whitfield Ortega"), ("Claire", "Parker")] {
            let found = find(house, "PHARMACY", born(CLAIRES_BIRTH, named(family, first))).await;
            assert_eq!(found.len(), 1, "{family} {first}, with the birth date");
        }
    });
}

#[test]
fn a_slip_in_one_of_two_last_names_hides_nobody_whose_birth_date_is_known() {
    on_each_database(&example(), async |house| {
        let double = Person { family: "Oroziño Delgado", ..CLAIRE };
        house.report("CLINIC", &double, &given("08", "20211214", "D1")).await;
        for (family, first) in
            [("Orosino", ""), ("Orosino", "Claire"), ("Delgdo", "Claire"), ("Orosino Delgado", ""), ("Orozino", "")]
        {
            let found = find(house, "PHARMACY", born(CLAIRES_BIRTH, named(family, first))).await;
            assert_eq!(found.len(), 1, "{family} {first}");
        }
        assert!(find(house, "PHARMACY", born(CLAIRES_BIRTH, named("Smith", ""))).await.is_empty());
    });
}
