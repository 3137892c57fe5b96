//! What is due, and why, from the command line.

use crate::program::Home;

const CHILD: &str = r#"{"birth_date": "2025-01-10", "sex": "F", "assessment_date": "2025-08-02",
    "doses": [{"date": "2025-07-10", "cvx": "10"}, {"date": "2025-08-02", "cvx": 10, "mvx": "PMC"}],
    "observations": [{"code": "007"}]}"#;

#[test]
fn a_history_is_evaluated_and_forecast() {
    let home = Home::on_sqlite();
    let file = home.path("child.json");
    std::fs::write(&file, CHILD).expect("the file can be written");
    let answer = home.run(&["forecast", &file]).expect(0).json();
    assert_eq!((&answer["schedule"], &answer["assessment_date"]), (&"cdsi-4.64".into(), &"2025-08-02".into()));
    let second = &answer["doses"][1]["evaluations"][0];
    assert_eq!((&second["antigen"], &second["status"]), (&"Polio".into(), &"not_valid".into()));
    let sentence = "Not valid: given 23 days after the previous dose; the minimum is 28 (24 with grace).";
    assert_eq!(second["reasons"][0]["text"], sentence);
    let forecasts = answer["forecasts"].as_array().expect("a list");
    let polio = forecasts.iter().find(|forecast| forecast["vaccine_group"] == "Polio").expect("due");
    assert_eq!((&polio["dose_number"], &polio["earliest"]), (&2.into(), &"2025-08-30".into()));
    let explained = home.run(&["forecast", &file, "--explain", "--language", "es", "--on", "2025-09-01"]).expect(0);
    assert!(explained.output.contains("No válida: se aplicó 23 días después de la dosis anterior"), "{explained:?}");
    assert!(explained.output.starts_with("cdsi-4.64, a fecha de 2025-09-01"), "{explained:?}");
}

#[test]
fn a_history_that_cannot_be_read_is_refused() {
    let home = Home::on_sqlite();
    let file = home.path("child.json");
    std::fs::write(&file, r#"{"birth_date": "2025-01-10", "doses": [{"date": "2025-07-10", "cvx": "IPV"}]}"#)
        .expect("the file can be written");
    let refused = home.run(&["forecast", &file]).expect(1);
    assert!(refused.errors.contains("\"IPV\" is not a CVX code"), "{refused:?}");
}

#[test]
fn a_sheet_of_cases_is_checked_and_tells_each_difference() {
    let home = Home::on_sqlite();
    let sheet = home.path("cases.csv");
    let head = "CDC_Test_ID,Test_Case_Name,DOB,gender,Series_Status,Date_Administered_1,CVX_1,Evaluation_Status_1,Forecast_#,\
                Earliest_Date,Recommended_Date,Past_Due_Date,Vaccine_Group,Assessment_Date";
    let case = |earliest: &str| {
        format!(
            "{head}\nC1,\"Born, and seen\",2025-01-31,F,Not complete,2025-01-31,08,Valid,2,{earliest},2025-03-01,2025-05-28,HepB,2025-02-01\n"
        )
    };
    std::fs::write(&sheet, case("2025-02-28")).expect("the file can be written");
    home.run(&["forecast", "check", &sheet]).expect(0);
    std::fs::write(&sheet, case("2025-02-27")).expect("the file can be written");
    let differs = home.run(&["forecast", "check", &sheet]).expect(1);
    assert!(differs.output.contains("earliest: expected 2025-02-27, found 2025-02-28"), "{differs:?}");
    assert!(differs.output.contains("1 case, 1 with differences"), "{differs:?}");
}

#[test]
fn a_release_that_is_not_understood_is_not_imported() {
    let home = Home::on_sqlite();
    let release = home.path("release");
    std::fs::create_dir_all(&release).expect("a folder");
    std::fs::write(format!("{release}/a.xml"), "<antigenSupportingData>\n<moon/>\n</antigenSupportingData>")
        .expect("a file");
    let refused = home.run(&["schedule", "import", &release, "--name", "next", "--to", &home.path("next")]).expect(1);
    assert!(refused.errors.contains("a.xml line 2: <moon> is not known"), "{refused:?}");
    assert!(!std::path::Path::new(&home.path("next")).exists());
}
