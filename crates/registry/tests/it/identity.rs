//! Who a person is shown to be, where organizations say different things of name, birth date and sex.

use bluebonnet_registry::Entry;
use bluebonnet_registry::setup::ReviewDecision;
use jiff::civil::{Date, date};
use model::{
    Action, Caller, ClearedFact, Demographics, OrganizationKind, PatientId, PatientStatement, PersonName, Retraction,
    Role, Sex, Standing,
};

use crate::entries::{dose, enter, entry, find, named, open};
use crate::house::*;

const BORN: Date = date(2024, 3, 10);

/// First name, birth date and sex as they are shown.
async fn shown(house: &House, id: PatientId) -> (String, Date, Sex) {
    let who = open(house, "CLINIC", id).await.expect("shown").held.patient.demographics;
    (who.names[0].given.clone(), who.birth_date.expect("known"), who.sex.expect("known"))
}

/// Says on a page, for an organization, who somebody is.
async fn says(house: &House, caller: Caller, id: PatientId, given: &str, birth_date: Date, sex: Sex) {
    let name = PersonName { family: "Garza".into(), given: given.into(), ..PersonName::default() };
    let names = vec![name];
    let demographics = Demographics { names, birth_date: Some(birth_date), sex: Some(sex), ..Demographics::default() };
    let patient = PatientStatement { demographics, record: Some(id), ..PatientStatement::default() };
    let once = house.uuid().to_string();
    let entry = Entry { once, patient, vaccinations: Vec::new(), reason: "mistake".into() };
    let entered = house.registry.enter(&house.admission(), &caller, house.receipt(), entry).await;
    assert_eq!(entered.expect("the registry serves").patient_id, Some(id));
}

async fn known_to_two(house: &House) -> PatientId {
    house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
    house.report("PHARMACY", &MARIA, &given("110", "20240512", "P1")).await;
    find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id
}

#[test]
fn what_two_organizations_say_one_alone_does_not_change_for_everybody() {
    on_each_database(&example(), async |house| {
        house.add_organization("SCHOOL", OrganizationKind::School, None);
        let id = known_to_two(house).await;
        let other = (date(2024, 3, 11), Sex::M);
        says(house, house.caller("SCHOOL"), id, "Mary", other.0, other.1).await;
        assert_eq!(shown(house, id).await, ("Maria".into(), BORN, Sex::F));
        // It is kept, and people are found by it.
        assert_eq!(
            find(house, "CLINIC", Demographics { birth_date: Some(BORN), ..named("Garza", "Mary") }).await.len(),
            1
        );
        // Whoever says so, too, decides it: two against one.
        says(house, house.caller("CLINIC"), id, "Mary", other.0, other.1).await;
        assert_eq!(shown(house, id).await, ("Mary".into(), other.0, other.1));
        let renamed = find(house, "CLINIC", named("Garza", "Mary")).await;
        assert_eq!(renamed.iter().map(|it| it.patient_id).collect::<Vec<_>>(), [id]);
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn a_correction_by_the_only_organization_is_shown_at_once_and_so_is_one_by_all() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let corrected = (date(2024, 3, 9), Sex::M);
        says(house, house.caller("CLINIC"), id, "Mariano", corrected.0, corrected.1).await;
        assert_eq!(shown(house, id).await, ("Mariano".into(), corrected.0, corrected.1));
        says(house, house.caller("PHARMACY"), id, "Mariano", corrected.0, corrected.1).await;
        for organization in ["CLINIC", "PHARMACY"] {
            says(house, house.caller(organization), id, "Maria", BORN, Sex::F).await;
        }
        assert_eq!(shown(house, id).await, ("Maria".into(), BORN, Sex::F));
    });
}

#[test]
fn between_two_the_one_that_vaccinated_is_believed_then_the_newer_one() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        says(house, house.caller("PHARMACY"), id, "Mary", BORN, Sex::F).await;
        assert_eq!(shown(house, id).await.0, "Maria", "the pharmacy knows of no dose");
        let mary = Person { given: "Mary", ..MARIA };
        house.report("PHARMACY", &mary, &given("110", "20240512", "P1")).await;
        assert_eq!(shown(house, id).await.0, "Mary", "of one dose each the newer one");
    });
}

#[test]
fn a_name_that_stands_for_none_yet_gives_way_to_a_name() {
    on_each_database(&example(), async |house| {
        let newborn = Person { given: "BABY GIRL", ..MARIA };
        house.report("CLINIC", &newborn, &(given("08", "20240310", "D1") + &given("08", "20240510", "D2"))).await;
        house.report("PHARMACY", &MARIA, &told("08", "20240310", "P1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        assert_eq!(shown(house, id).await.0, "Maria");
    });
}

#[test]
fn what_the_registrys_own_staff_corrected_stands_whatever_organizations_say() {
    on_each_database(&example(), async |house| {
        house.add_organization("OFFICE", OrganizationKind::Registry, None);
        let id = known_to_two(house).await;
        let staff = Caller { standing: Standing::Person(Role::RegistryAnalyst), ..house.caller("OFFICE") };
        // An address alone settles nothing: name, birth date and sex are said as they are shown.
        says(house, staff.clone(), id, "Maria", BORN, Sex::F).await;
        for organization in ["CLINIC", "PHARMACY"] {
            says(house, house.caller(organization), id, "Mary", BORN, Sex::F).await;
        }
        assert_eq!(shown(house, id).await.0, "Mary");
        says(house, staff, id, "Mariana", BORN, Sex::F).await;
        assert_eq!(shown(house, id).await.0, "Mariana");
        for organization in ["CLINIC", "PHARMACY"] {
            says(house, house.caller(organization), id, "Maria", BORN, Sex::F).await;
        }
        assert_eq!(shown(house, id).await.0, "Mariana");
    });
}

#[test]
fn what_staff_did_not_correct_is_not_settled_with_what_they_did() {
    on_each_database(&example(), async |house| {
        house.add_organization("OFFICE", OrganizationKind::Registry, None);
        house.report("OFFICE", &Person { given: "Mary", ..MARIA }, "").await;
        let id = find(house, "CLINIC", named("Garza", "Mary")).await[0].patient_id;
        for organization in ["CLINIC", "PHARMACY"] {
            house.report(organization, &MARIA, "").await;
        }
        assert_eq!(shown(house, id).await.0, "Maria");
        let staff = Caller { standing: Standing::Person(Role::RegistryAnalyst), ..house.caller("OFFICE") };
        says(house, staff.clone(), id, "Mary", BORN, Sex::F).await;
        assert_eq!(shown(house, id).await.0, "Maria", "what the office has always said is no correction");
        says(house, staff, id, "Mariana", BORN, Sex::F).await;
        let corrected = date(2024, 3, 9);
        for organization in ["CLINIC", "PHARMACY"] {
            says(house, house.caller(organization), id, "Maria", corrected, Sex::M).await;
        }
        assert_eq!(shown(house, id).await, ("Mariana".into(), corrected, Sex::M), "the name alone was settled");
    });
}

#[test]
fn an_entry_that_repeats_what_is_shown_is_no_witness_of_it() {
    on_each_database(&example(), async |house| {
        house.add_organization("SCHOOL", OrganizationKind::School, None);
        house.report("CLINIC", &MARIA, "").await;
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("shown");
        let fact = entry(&opened, "1", Action::Add, None, dose(date(2024, 3, 12), 8, "L"));
        enter(house, "PHARMACY", fact).await;
        says(house, house.caller("SCHOOL"), id, "Maria", BORN, Sex::F).await;
        let corrected = (date(2024, 3, 9), Sex::M);
        says(house, house.caller("CLINIC"), id, "Mario", corrected.0, corrected.1).await;
        assert_eq!(shown(house, id).await, ("Mario".into(), corrected.0, corrected.1));
        // Nor does an entry change what its organization has said.
        says(house, house.caller("PHARMACY"), id, "Marco", BORN, Sex::F).await;
        let opened = open(house, "PHARMACY", id).await.expect("shown");
        enter(house, "PHARMACY", entry(&opened, "2", Action::Add, None, dose(date(2024, 5, 12), 8, "M"))).await;
        let pharmacy = house.caller("PHARMACY").organization_id;
        let record = open(house, "PHARMACY", id).await.expect("shown").held;
        let own = record.reports.iter().find(|report| report.organization_id == pharmacy).expect("its report");
        assert_eq!(own.demographics.birth_date, Some(BORN));
    });
}

#[test]
fn an_accent_that_somebody_mends_who_had_said_nothing_is_no_echo() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, "").await;
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        says(house, house.caller("PHARMACY"), id, "María", BORN, Sex::F).await;
        assert_eq!(shown(house, id).await, ("María".into(), BORN, Sex::F));
    });
}

#[test]
fn a_merge_does_not_bring_the_name_of_the_lesser_record() {
    on_each_database(&example(), async |house| {
        let doses = given("08", "20240311", "D1") + &given("110", "20240512", "D2");
        house.report("CLINIC", &MARIA, &doses).await;
        let misspelt = Person { mrn: "P-7", family: "Garza Luna", given: "Mria", ..MARIA };
        house.report("PHARMACY", &misspelt, &told("08", "20240311", "P1")).await;
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let open_reviews = house.registry.open_reviews(&admission, &reviewer, house.now(), 10).expect("listed");
        let pair = (open_reviews[0].patient_id, open_reviews[0].candidate);
        let receipt = house.receipt();
        let merge = tokio::task::block_in_place(|| {
            house.registry.decide_review(&admission, &reviewer, &receipt, pair, ReviewDecision::Same, "mother asked")
        });
        let merge = merge.expect("it can be decided").expect("a merge");
        assert_eq!(shown(house, merge.survivor_id).await.0, "Maria");
        assert_eq!(
            find(house, "CLINIC", named("Garza Luna", "")).await.len(),
            0,
            "by a name alone only that which is shown"
        );
    });
}

#[test]
fn what_is_taken_back_goes_from_all_charts_of_its_organization() {
    on_each_database(&example(), async |house| {
        let yeast = "ORC|RE||9999^EHR\nRXA|0|1|20250401||998^No vaccine^CVX|999||||||||||||||NA|A\n\
                     OBX|1|CE|30945-0^Contraindication^LN|1|VXC18^allergy to yeast^CDCPHINVS||||||F|||20250401\n";
        house.report("CLINIC", &MARIA, yeast).await;
        let second = Person { mrn: "M-9", given: "Lucia", birth_date: "20240311", rest: "", ..MARIA };
        house.report("CLINIC", &second, &given("08", "20240312", "D1")).await;
        let id_of = async |name: &str| find(house, "CLINIC", named("Garza", name)).await[0].patient_id;
        let (survivor, retired) = (id_of("Maria").await, id_of("Lucia").await);
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let merged = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), retired, survivor, "one girl")
        });
        merged.expect("they can be merged");
        let charts = || async { open(house, "CLINIC", survivor).await.expect("shown").held.reports };
        assert_eq!(charts().await.iter().map(|report| report.observations.len()).sum::<usize>(), 1);
        let patient = PatientStatement {
            record: Some(survivor),
            retracted: vec![Retraction { question: "30945-0".into(), code: "VXC18".into(), vaccine: None }],
            demographics: Demographics { birth_date: Some(BORN), ..Demographics::default() },
            ..PatientStatement::default()
        };
        let entry = Entry { once: "1".into(), patient, vaccinations: Vec::new(), reason: String::new() };
        assert!(enter(house, "CLINIC", entry).await.patient_id.is_some());
        let charts = charts().await;
        assert!(charts.len() == 2 && charts.iter().all(|report| report.observations.is_empty()), "{charts:?}");
    });
}

#[test]
fn what_staff_corrected_stands_beside_what_their_office_says_elsewhere() {
    on_each_database(&example(), async |house| {
        house.add_organization("OFFICE", OrganizationKind::Registry, None);
        let id = known_to_two(house).await;
        let staff = Caller { standing: Standing::Person(Role::RegistryAnalyst), ..house.caller("OFFICE") };
        says(house, staff.clone(), id, "Mariana", BORN, Sex::F).await;
        assert_eq!(shown(house, id).await.0, "Mariana");
        // A file of the office, such as one from before.
        let from_before = Person { mrn: "O-1", given: "Maria", ..MARIA };
        house.report("OFFICE", &from_before, "").await;
        assert_eq!(shown(house, id).await.0, "Mariana");
        // A record of the office's that turns out to be of the same person.
        let other = Person { mrn: "O-2", given: "Lucia", birth_date: "20210711", rest: "", ..MARIA };
        house.report("OFFICE", &other, "").await;
        let retired = find(house, "OFFICE", named("Garza", "Lucia")).await[0].patient_id;
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let merged = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), retired, id, "one girl")
        });
        merged.expect("they can be merged");
        assert_eq!(shown(house, id).await.0, "Mariana");
        // Until they correct it again.
        says(house, staff, id, "Maria", BORN, Sex::F).await;
        assert_eq!(shown(house, id).await.0, "Maria");
    });
}

/// Saves the page of who somebody is: all names of the organization are said anew.
async fn saves(house: &House, organization: &str, id: PatientId, given: &str) {
    let name = PersonName { family: "Garza".into(), given: given.into(), kind: "L".into(), ..PersonName::default() };
    let demographics = Demographics { names: vec![name], birth_date: Some(BORN), ..Demographics::default() };
    let cleared = vec![ClearedFact::Names];
    let patient = PatientStatement { demographics, cleared, record: Some(id), ..PatientStatement::default() };
    let entry = Entry { once: house.uuid().to_string(), patient, vaccinations: Vec::new(), reason: "mistake".into() };
    assert_eq!(enter(house, organization, entry).await.patient_id, Some(id));
}

#[test]
fn a_page_that_changes_nothing_makes_no_report_the_newest() {
    on_each_database(&example(), async |house| {
        let id = known_to_two(house).await;
        let report_of_clinic = async || {
            let record = open(house, "CLINIC", id).await.expect("shown").held;
            let clinic = house.caller("CLINIC").organization_id;
            record.reports.into_iter().find(|report| report.organization_id == clinic).expect("its report")
        };
        let before = report_of_clinic().await;
        saves(house, "CLINIC", id, "Maria").await;
        assert_eq!(report_of_clinic().await, before);
        saves(house, "CLINIC", id, "Mary").await;
        let after = report_of_clinic().await;
        assert!(after.received_at > before.received_at && after.demographics.names.len() == 1, "{after:?}");
    });
}

#[test]
fn a_page_takes_no_name_from_another_chart_of_its_organization() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let second = Person { mrn: "M-9", given: "Lucia", birth_date: "20240311", rest: "", ..MARIA };
        house.report("CLINIC", &second, &given("08", "20240312", "D2")).await;
        let id_of = async |name: &str| find(house, "CLINIC", named("Garza", name)).await[0].patient_id;
        let (survivor, retired) = (id_of("Lucia").await, id_of("Maria").await);
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let merged = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), retired, survivor, "one girl")
        });
        saves(house, "CLINIC", survivor, "Lucia").await;
        let merge = merged.expect("they can be merged");
        let unmerged = tokio::task::block_in_place(|| {
            house.registry.unmerge_patients(&admission, &reviewer, &house.receipt(), merge.id, "two girls")
        });
        unmerged.expect("it can be undone");
        assert_eq!(shown(house, retired).await.0, "Maria");
        assert_eq!(find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id, retired);
    });
}
