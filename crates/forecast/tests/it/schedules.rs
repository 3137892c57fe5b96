//! The schedule as text, as CDC's XML, and with local rules.

use bluebonnet_forecast::import::{ImportError, ImportFile, import};
use bluebonnet_forecast::{History, Language, Schedule, Workspace, differences, forecast, text};
use jiff::civil::date;
use model::Sex;

use crate::shared;

const RELEASE: &str = "data/cdsi/supporting-data-4.64";

fn import_files(files: &[(String, Vec<u8>)]) -> Result<bluebonnet_forecast::facts::ScheduleFacts, ImportError> {
    let files: Vec<ImportFile> = files.iter().map(|(name, content)| ImportFile { name, content }).collect();
    import("cdsi-4.64", &files)
}

#[test]
fn the_built_in_schedule_says_what_the_release_says() {
    let Some(files) = shared::read_folder(RELEASE) else { return };
    let imported = import_files(&files).expect("CDC's release");
    assert_eq!(&imported, Schedule::builtin().facts());
    assert_eq!(imported.antigens.len(), 30);
    assert_eq!(imported.antigens.iter().map(|antigen| antigen.series.len()).sum::<usize>(), 143);
    let doses = imported.antigens.iter().flat_map(|antigen| &antigen.series).map(|series| series.doses.len());
    assert_eq!(doses.sum::<usize>(), 484);
    assert!(differences(Schedule::builtin().facts(), &imported).is_empty());
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let facts = Schedule::builtin().facts();
    let files = text::write(facts);
    let again = text::read(files.iter().map(|file| (file.name.as_str(), file.text.as_str())));
    assert_eq!(again.as_ref(), Ok(facts));
}

#[test]
fn what_the_release_never_had_is_refused_with_its_place() {
    let Some(files) = shared::read_folder(RELEASE) else { return };
    let replacements = [
        ("<minAge>50 years</minAge>", "<minAge>50 fortnights</minAge>", "<minAge> \"50 fortnights\" is not known"),
        ("<seriesType>Risk</seriesType>", "<seriesType>Rumor</seriesType>", "<seriesType> \"Rumor\" is not known"),
        ("<recurringDose>No</recurringDose>", "<recurringDose>Sometimes</recurringDose>", "<recurringDose>"),
        ("<doseNumber>", "<moonPhase>full</moonPhase><doseNumber>", "<moonPhase> is not known in <seriesDose>"),
        ("<code>145</code>", "<code>XIV</code>", "<code> \"XIV\" is not known"),
        ("</antigenSupportingData>", "", "the XML ends too early"),
    ];
    for (known, unknown, reason) in replacements {
        let mut files = files.clone();
        let zoster = files.iter_mut().find(|(name, _)| name.contains("Zoster")).expect("a file of the release");
        let text = String::from_utf8(zoster.1.clone()).expect("UTF-8");
        assert!(text.contains(known), "{known}");
        zoster.1 = text.replacen(known, unknown, 1).into_bytes();
        match import_files(&files) {
            Err(ImportError::Refused { file, line, reason: found }) => {
                assert!(file.contains("Zoster") && line > 1 && found.contains(reason), "{file} {line} {found}");
            }
            other => panic!("{unknown} was not refused: {other:?}"),
        }
    }
}

#[test]
fn a_release_without_its_schedule_is_refused() {
    assert!(matches!(import_files(&[]), Err(ImportError::Incomplete(_))));
}

#[test]
fn a_difference_names_the_dose_and_its_lines() {
    let known = Schedule::builtin().facts();
    let mut new = known.clone();
    new.antigens[0].series[0].doses[0].is_recurring = true;
    let found: Vec<String> = differences(known, &new).iter().map(ToString::to_string).collect();
    let [found] = found.as_slice() else { panic!("one difference, not {found:?}") };
    assert!(found.contains("dose 1") && found.ends_with("\n  + recurring"), "{found}");
}

#[test]
fn lines_that_cannot_be_read_are_refused_with_their_place() {
    let cases = [
        ("antigen A\nseries S\n  dose 1\n    age minimum soon", "x line 4: \"soon\" is not a period"),
        ("antigen A\nseries S\n  dose 2", "x line 3: dose 1 was expected, not dose 2"),
        ("series S", "x line 1: an antigen must come first"),
        ("antigen A\nseries S\n  dose 1\n    interval from the moon", "x line 4: \"from the moon\" is not known"),
        ("vaccine 1x Name", "x line 1: \"1x\" is not a CVX code"),
        ("antigen A\nseries S\n  dose 1\n    season start 2025-02-30", "x line 4: \"2025-02-30\" is not a date"),
    ];
    for (text, expected) in cases {
        let error = Schedule::parse([("x", text)]).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn rules_that_do_not_fit_together_are_refused() {
    let cases = [
        ("vaccine 08 Name; antigen A", "no antigen A"),
        ("group G; antigen A", "no antigen A"),
        ("antigen A\nseries S\n  dose 1", "is in no vaccine group"),
        (
            "group G; antigen A\nantigen A\nseries S\n  dose 1\n    interval from dose 1; minimum 4 weeks",
            "dose 1 is not before it",
        ),
        ("group G; antigen A\nantigen A\nseries S", "needs target doses"),
    ];
    for (text, expected) in cases {
        let error = Schedule::parse([("x", text)]).expect_err(text).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn local_rules_are_laid_over_the_release() {
    let local = "
schedule cdsi-4.64 with local rules
antigen Cholera
series Cholera outbreak series
  for everybody
  protects Cholera
  choose group 9 Local; default; priority A
  dose 1
    age minimum 5 years; recommended 5 years
    prefer 174; from 2 years; recommend
";
    let overlaid = Schedule::builtin().with_overlay([("local.txt", local)]).expect("local rules");
    let history = History::new(date(2015, 5, 5), Sex::M);
    let mut workspace = Workspace::default();
    let cholera = |schedule, workspace: &mut Workspace| {
        let report = forecast(schedule, &history, date(2025, 11, 10), workspace).report(Language::English);
        (report.schedule, report.forecasts.into_iter().find(|forecast| forecast.vaccine_group == "Cholera"))
    };
    assert_eq!(cholera(Schedule::builtin(), &mut workspace), ("cdsi-4.64".to_owned(), None));
    let (name, found) = cholera(&overlaid, &mut workspace);
    assert_eq!(name, "cdsi-4.64 with local rules");
    assert_eq!(found.expect("due for everybody now").earliest, Some(date(2020, 5, 5)));
}

#[test]
fn a_schedule_tells_of_which_vaccines_its_last_season_is_over() {
    let schedule = Schedule::builtin();
    assert_eq!(schedule.ended_seasons(date(2025, 1, 15)), []);
    let ended = schedule.ended_seasons(date(2040, 1, 1));
    let groups: Vec<&str> = ended.iter().map(|(group, _)| *group).collect();
    assert!(groups.contains(&"Influenza") && groups.contains(&"RSV") && !groups.contains(&"MMR"), "{ended:?}");
}
