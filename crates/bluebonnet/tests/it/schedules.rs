//! Schedules as data: a release of one small antigen is imported, kept, used, and laid over with local rules.

use std::io::Write as _;

use serde_json::Value;

use crate::messages::batch;
use crate::program::{Home, on_each_database};

/// What a release says beside its antigens: the one that fuzzing knows.
const FRAME: &str = include_str!("../../../../fuzz/fuzz_targets/frame.xml");

/// A release's file of one antigen, as CDC writes it.
const CHOLERA: &str = "<antigenSupportingData>
<immunity/>
<contraindications/>
<series>
<seriesName>Cholera 1-dose series</seriesName>
<targetDisease>Cholera</targetDisease>
<vaccineGroup>Cholera</vaccineGroup>
<seriesType>Standard</seriesType>
<equivalentSeriesGroups/>
<requiredGender/>
<selectSeries>
<defaultSeries>Yes</defaultSeries>
<productPath>No</productPath>
<seriesGroupName>Standard</seriesGroupName>
<seriesGroup>1</seriesGroup>
<seriesPriority>A</seriesPriority>
<seriesPreference>1</seriesPreference>
<minAgeToStart/>
<maxAgeToStart/>
</selectSeries>
<seriesDose>
<doseNumber>Dose 1</doseNumber>
<age>
<absMinAge>2 years - 4 days</absMinAge>
<minAge>2 years</minAge>
<earliestRecAge>2 years</earliestRecAge>
<latestRecAge/>
<maxAge/>
<effectiveDate/>
<cessationDate/>
</age>
<interval/>
<allowableInterval/>
<preferableVaccine>
<vaccineType>cholera</vaccineType>
<cvx>174</cvx>
<beginAge>2 years</beginAge>
<endAge/>
<tradeName/>
<mvx/>
<volume/>
<forecastVaccineType>Y</forecastVaccineType>
</preferableVaccine>
<allowableVaccine/>
<inadvertentVaccine/>
<conditionalSkip/>
<recurringDose>No</recurringDose>
<seasonalRecommendation/>
</seriesDose>
</series>
</antigenSupportingData>
";

const CHILD: &str = r#"{"birth_date": "2020-01-10", "sex": "F", "assessment_date": "2025-08-02",
    "doses": [{"date": "2022-01-10", "cvx": "174"}]}"#;

const SHEET: &str = "CDC_Test_ID,Test_Case_Name,DOB,gender,Series_Status,Date_Administered_1,CVX_1,Evaluation_Status_1,Forecast_#,\
                     Earliest_Date,Recommended_Date,Past_Due_Date,Vaccine_Group,Assessment_Date\n\
                     C1,Given at 2 years,2020-01-10,F,Complete,2022-01-10,174,Valid,-,,,,Cholera,2025-08-02\n";

/// Local rules: cholera vaccine is given again after three years.
const OUTBREAK: &str = "antigen Cholera
series Cholera 1-dose series
  for everybody
  protects Cholera
  choose group 1 Standard; default; priority A
  dose 1
    age absolute 2 years - 4 days; minimum 2 years
    prefer 174; recommend
  dose 2
    interval from previous dose; absolute 3 years; minimum 3 years
    prefer 174; recommend
";

/// Writes the release into a folder.
fn release(home: &Home, name: &str, cholera: &str) -> String {
    let folder = home.path(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(format!("{folder}/ScheduleSupportingData.xml"), FRAME).expect("a file");
    std::fs::write(format!("{folder}/AntigenSupportingData- Cholera-508.xml"), cholera).expect("a file");
    folder
}

/// The same as CDC publishes it: a ZIP with a folder in it.
fn zipped(home: &Home, cholera: &str) -> String {
    let path = home.path("release.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    let options = zip::write::SimpleFileOptions::default();
    let files = [("ScheduleSupportingData.xml", FRAME), ("AntigenSupportingData- Cholera-508.xml", cholera)];
    for (name, text) in files {
        archive.start_file(format!("Version 9/XML/{name}"), options).expect("an entry");
        archive.write_all(text.as_bytes()).expect("written");
    }
    archive.finish().expect("written");
    path
}

fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.path(name);
    std::fs::write(&path, text).expect("the file can be written");
    path
}

fn cholera(answer: &Value) -> &Value {
    let forecasts = answer["forecasts"].as_array().expect("a list");
    forecasts.iter().find(|forecast| forecast["vaccine_group"] == "Cholera").expect("a forecast")
}

#[test]
fn a_release_is_imported_compared_and_checked_against_its_cases() {
    let home = Home::on_sqlite();
    let (folder, sheet) = (release(&home, "release", CHOLERA), write(&home, "cases.csv", SHEET));
    let next = home.path("next");
    let imported =
        home.run(&["schedule", "import", &folder, "--name", "next", "--to", &next, "--cases", &sheet]).expect(0);
    assert!(imported.output.contains("differences from cdsi-4.64"), "{imported:?}");
    assert!(imported.output.contains("1 case, 0 with differences"), "{imported:?}");
    let text = std::fs::read_to_string(format!("{next}/antigen-cholera.txt")).expect("one file an antigen");
    assert!(text.contains("age absolute 2 years - 4 days; minimum 2 years; recommended 2 years"), "{text}");
    // The ZIP says the same; a release that changes an age is told by its lines, and its cases differ.
    let same =
        home.run(&["schedule", "import", &zipped(&home, CHOLERA), "--name", "next", "--schedule", &next]).expect(0);
    assert!(same.output.contains("0 differences from next"), "{same:?}");
    let older = release(&home, "older", &CHOLERA.replace("2 years", "3 years"));
    let changed =
        home.run(&["schedule", "import", &older, "--name", "older", "--schedule", &next, "--cases", &sheet]).expect(1);
    assert!(
        changed.output.contains("- age absolute 2 years - 4 days; minimum 2 years; recommended 2 years"),
        "{changed:?}"
    );
    assert!(
        changed.output.contains("+ age absolute 3 years - 4 days; minimum 3 years; recommended 3 years"),
        "{changed:?}"
    );
    assert!(changed.output.contains("dose 1 status: expected Valid, found NotValid"), "{changed:?}");
}

#[test]
fn what_a_release_never_had_is_refused_with_file_and_line() {
    let home = Home::on_sqlite();
    let cases = [
        ("<immunity/>", "<immunity/>\n<moon/>", "line 3: <moon> is not known"),
        ("<minAge>2 years</minAge>", "<minAge>2 fortnights</minAge>", "\"2 fortnights\" is not known"),
        ("<seriesType>Standard</seriesType>", "<seriesType>Rumor</seriesType>", "\"Rumor\" is not known"),
        (
            "<recurringDose>No</recurringDose>",
            "<recurringDose>Now and then</recurringDose>",
            "line 47: <recurringDose>",
        ),
        ("</antigenSupportingData>", "", "the XML ends too early"),
    ];
    for (place, (known, unknown, reason)) in cases.into_iter().enumerate() {
        let folder = release(&home, &format!("release-{place}"), &CHOLERA.replace(known, unknown));
        let to = home.path("never");
        let refused = home.run(&["schedule", "import", &folder, "--name", "never", "--to", &to]).expect(1);
        let is_placed = refused.errors.contains("AntigenSupportingData- Cholera-508.xml line ");
        assert!(is_placed && refused.errors.contains(reason), "{reason}: {refused:?}");
        assert!(!std::path::Path::new(&to).exists(), "nothing is written");
    }
    let broken = write(&home, "broken.zip", "PK\u{3}\u{4} and no more");
    let refused = home.run(&["schedule", "import", &broken, "--name", "never"]).expect(1);
    assert!(refused.errors.contains("cannot be unpacked"), "{refused:?}");
}

#[test]
fn several_schedules_are_kept_and_each_forecast_names_its_own() {
    on_each_database(|home| {
        home.settle();
        let child = write(home, "child.json", CHILD);
        home.run(&["schedule", "import", &release(home, "release", CHOLERA), "--name", "next", "--keep"]).expect(0);
        let outbreak = write(home, "outbreak.txt", OUTBREAK);
        let forecast = |more: &[&str]| home.run(&[&["forecast", child.as_str()], more].concat()).expect(0).json();
        assert_eq!(forecast(&[])["schedule"], "cdsi-4.64");
        let by_next = forecast(&["--schedule", "next"]);
        assert_eq!((&by_next["schedule"], &cholera(&by_next)["status"]), (&"next".into(), &"complete".into()));
        let by_both = forecast(&["--schedule", "next", "--local", &outbreak]);
        assert_eq!(cholera(&by_both)["earliest"], "2025-01-10");
        // In use, for everybody, and under local rules that leave the release as it is.
        home.run(&["schedule", "use", "next"]).expect(0);
        home.run(&["schedule", "load", &outbreak, "--name", "outbreak", "--local"]).expect(0);
        assert!(home.run(&["schedule", "use", "outbreak"]).expect(1).errors.contains("local rules"));
        home.run(&["schedule", "use", "next", "--local", "outbreak"]).expect(0);
        let list = home.run(&["schedule", "list", "--json"]).expect(0).json();
        assert_eq!(list["in_use"], "next with outbreak", "{list}");
        let doctor = home.run(&["doctor"]).expect(0);
        assert!(doctor.output.contains("next with outbreak, loaded at "), "{doctor:?}");
        let codes = home.run(&["codes", "list"]).expect(0);
        assert!(codes.output.contains("schedule: next with outbreak, loaded at "), "{codes:?}");
        assert_eq!(forecast(&["--schedule", "next"])["schedule"], "next", "the release is as it was");
        assert!(home.run(&["schedule", "remove", "next"]).expect(1).errors.contains("is in use"));
        home.run(&["schedule", "use", "cdsi-4.64"]).expect(0);
        let codes = home.run(&["codes", "list"]).expect(0);
        assert!(
            codes.output.contains("schedule: cdsi-4.64, of this program; its newest rule begins on 2"),
            "{codes:?}"
        );
    });
}

#[test]
fn everybody_is_forecast_anew_by_the_schedule_in_use() {
    on_each_database(|home| {
        home.settle();
        let file = home.path("batch.hl7");
        std::fs::write(&file, batch(20, "batch-")).expect("the file can be written");
        home.run(&["load", &file, "--organization", "LAKE2000", "--json"]);
        assert!(home.run(&["reforecast", "--status"]).expect(0).output.contains("no round was begun yet"));
        let done = home.run(&["reforecast", "--json"]).expect(0).json();
        assert_eq!((&done["people"], &done["round"]["is_finished"]), (&20.into(), &true.into()), "{done}");
        assert_eq!(done["round"]["schedule"], "cdsi-4.64", "{done}");
        let due = home.run(&["reforecast", "--due", "--json"]).expect(0).json();
        let groups = due["due"].as_array().expect("a list");
        let tetanus = groups.iter().find(|group| group["vaccine_group"] == "DTaP/Tdap/Td").expect("it never ends");
        assert_eq!(tetanus["people"], 20, "{due}");
        // A round is held on every node, and goes on where it was.
        home.run(&["reforecast", "--background", "--anew"]).expect(0);
        assert!(home.run(&["reforecast", "--hold"]).expect(0).output.contains("held: 0 of 20 people"));
        assert!(home.run(&["reforecast"]).expect(1).errors.contains("the round is held"));
        home.run(&["reforecast", "--go-on"]).expect(0);
        home.run(&["schedule", "import", &release(home, "release", CHOLERA), "--name", "next", "--keep"]).expect(0);
        home.run(&["schedule", "use", "next"]).expect(0);
        let by_next = home.run(&["reforecast", "--json"]).expect(0).json();
        assert_eq!((&by_next["people"], &by_next["round"]["schedule"]), (&20.into(), &"next".into()), "{by_next}");
    });
}

#[test]
fn the_doctor_warns_of_a_schedule_without_the_present_season() {
    let home = Home::on_sqlite();
    home.settle();
    let schedule = |home: &Home| {
        let told = home.run(&["doctor", "--json"]).expect(0).json();
        let diagnoses = told["diagnoses"].as_array().expect("a list").clone();
        diagnoses.into_iter().find(|one| one["subject"] == "schedule").expect("the schedule is looked at")
    };
    let told = schedule(&home);
    assert_eq!((&told["is_well"], &told["is_warning"]), (&true.into(), &true.into()), "{told}");
    let report = told["report"].as_str().expect("words").to_owned();
    assert!(report.contains("Influenza on 2026-06-30") && report.contains("schedule import"), "{report}");
    let shown = home.run(&["doctor"]).expect(0);
    assert!(shown.output.contains("WARNING   schedule"), "{shown:?}");
    // One without seasons lacks none.
    home.run(&["schedule", "import", &release(&home, "release", CHOLERA), "--name", "next", "--keep"]).expect(0);
    home.run(&["schedule", "use", "next"]).expect(0);
    let told = schedule(&home);
    assert_eq!((&told["is_well"], &told["is_warning"]), (&true.into(), &false.into()), "{told}");
}
