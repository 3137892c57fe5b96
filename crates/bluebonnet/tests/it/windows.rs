//! Orders about maintenance windows at the command line, and what is refused.

use crate::program::Home;

#[test]
fn a_draft_begins_by_no_order_before_it_is_announced() {
    let home = Home::on_sqlite();
    home.settle();
    let window = home.plan_emergency(&[]);
    for more in [&[][..], &["--dry-run"]] {
        let refused = home.run(&[&["maintenance", "start", &window], more].concat()).expect(1);
        let why = "the window is a draft and cannot be started: nobody was told of it; announce it first";
        assert!(refused.errors.contains(why), "{refused:?}");
    }
    let listed = home.run(&["maintenance", "list", "--json"]).expect(0).json();
    assert_eq!((&listed[0]["state"], &listed[0]["version"]), (&"draft".into(), &1.into()));
    home.run(&["maintenance", "announce", &window]).expect(0);
    let status = home.run(&["maintenance", "status", "--json"]).expect(0).json();
    assert_eq!(status["modes"]["web"], "closed");
}

#[test]
fn the_status_of_a_folder_that_nothing_serves_is_not_open() {
    let home = Home::on_sqlite();
    let nowhere = home.path("nowhere");
    for more in [&[][..], &["--json"]] {
        let refused = home.run(&[&["maintenance", "status", "--data", &nowhere], more].concat()).expect(1);
        assert!(
            refused.errors.contains("there is no state of maintenance in") && refused.output.is_empty(),
            "{refused:?}"
        );
    }
    assert!(!std::path::Path::new(&nowhere).exists(), "a look makes nothing");
}

#[test]
fn a_report_makes_no_spool_where_there_is_none() {
    let home = Home::on_sqlite();
    home.settle();
    let window = home.plan_emergency(&[]);
    home.run(&["maintenance", "announce", &window]).expect(0);
    let report = home.run(&["maintenance", "report", &window]).expect(0).output;
    assert!(report.contains("0 files taken in it, 0 waiting, 0 processed, with 0 messages"), "{report}");
    assert!(!std::path::Path::new(&home.path("spool")).exists());
}

#[test]
fn nobody_reads_that_an_emergency_was_scheduled() {
    let home = Home::on_sqlite();
    home.settle();
    let end = ["--end", "2036-05-31 05:00", "--by", "IT", "--dry-run", "--json"];
    let reason = |more: &[&str]| {
        let plan = [&["maintenance", "plan", "--start", "2036-05-30 19:00"], &end[..], more].concat();
        home.run(&plan).expect(0).json()["reason"].clone()
    };
    assert_eq!(reason(&[]), "scheduled system maintenance");
    assert_eq!(reason(&["--emergency"]), "emergency system maintenance");
    let given = "an emergency production deployment for data fixes";
    assert_eq!(reason(&["--emergency", "--reason", given]), given);
}
