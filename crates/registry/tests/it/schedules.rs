//! Schedules that a registry keeps, and what its answers make of them.

use bluebonnet_registry::{NewSchedule, Registry};

use crate::house::*;

/// Everybody from 5 years on needs cholera vaccine.
const OUTBREAK: &str = "
antigen Cholera
series Cholera outbreak series
  for everybody
  protects Cholera
  choose group 9 Local; default; priority A
  dose 1
    age minimum 12 months; recommended 12 months
    prefer 174; from 12 months; recommend
";

fn keep(
    registry: &Registry,
    house: &House,
    name: &str,
    is_local: bool,
    files: Vec<(String, String)>,
) -> Result<(), String> {
    let new = NewSchedule { name: name.into(), is_local, files, at: NOON.parse().expect("a timestamp") };
    tokio::task::block_in_place(|| registry.keep_schedule(&house.admission(), &new)).map_err(|error| error.to_string())
}

fn builtin() -> Vec<(String, String)> {
    let texts = bluebonnet_registry::forecasts::Schedule::builtin_texts();
    texts.map(|(name, text)| (name.to_owned(), text.replace("schedule cdsi-4.64", "schedule cdsi-next"))).collect()
}

#[test]
fn the_schedule_in_use_and_its_local_rules_answer_and_are_named() {
    on_each_database(&example(), async |house| {
        let registry = &house.registry;
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let ask = async || house.ask("CLINIC", "Z44", &MARIA).await;
        let before = ask().await;
        assert!(before.contains("|VXC16^ACIP schedule^CDCPHINVS^cdsi-4.64^^L|"), "{before}");
        assert!(!before.contains("^Cholera^CVX"), "{before}");

        keep(registry, house, "cdsi-next", false, builtin()).expect("our own text can be read");
        keep(registry, house, "outbreak", true, vec![("outbreak.txt".into(), OUTBREAK.into())]).expect("local rules");
        registry.use_schedule(&house.admission(), "cdsi-next", &["outbreak".into()]).expect("both are kept");
        let after = ask().await;
        assert!(after.contains("^cdsi-next with outbreak^^L|"), "{after}");
        assert!(after.contains("^Cholera^CVX"), "{after}");

        let refused = registry.remove_schedule(&house.admission(), "outbreak").expect_err("it is in use");
        assert!(refused.to_string().contains("in use"), "{refused}");
        registry.use_schedule(&house.admission(), "cdsi-4.64", &[]).expect("it comes with the program");
        registry.remove_schedule(&house.admission(), "outbreak").expect("nobody uses it");
        let names = registry.schedules(&house.admission()).expect("a list");
        let names: Vec<_> = names.iter().map(|known| (known.name.as_str(), known.is_in_use)).collect();
        assert_eq!(names, [("cdsi-4.64", true), ("cdsi-next", false)]);
        assert!(ask().await.contains("^cdsi-4.64^^L|"));
    });
}

#[test]
fn another_node_takes_up_what_is_in_use_and_text_that_was_replaced() {
    on_each_database(&example(), async |house| {
        // Another node opens and closes connections of its own, which blocks.
        tokio::task::block_in_place(|| {
            let other = house.another_node();
            let admission = house.admission();
            keep(&house.registry, house, "cdsi-next", false, builtin()).expect("our own text can be read");
            house.registry.use_schedule(&admission, "cdsi-next", &[]).expect("it is kept");
            assert_eq!(other.schedule().name(), "cdsi-4.64");
            other.refresh().expect("the database is read");
            assert_eq!(other.schedule().name(), "cdsi-next");
            let renamed = builtin().into_iter().map(|(name, text)| (name, text.replace("cdsi-next", "cdsi-next-b")));
            keep(&house.registry, house, "cdsi-next", false, renamed.collect()).expect("our own text can be read");
            other.refresh().expect("the database is read");
            assert_eq!(other.schedule().name(), "cdsi-next-b");
        });
    });
}

#[test]
fn what_cannot_be_used_is_refused_and_not_kept() {
    on_each_database(&example(), async |house| {
        let registry = &house.registry;
        let cases = [
            ("", false, OUTBREAK, "the name of a schedule is one line"),
            ("two\nlines", false, OUTBREAK, "the name of a schedule is one line"),
            ("cdsi-4.64", false, OUTBREAK, "comes with the program"),
            ("moon", false, "antigen A\nseries S\n  moon 1", "x.txt line 3"),
            ("alone", false, OUTBREAK, "is in no vaccine group"),
            ("moon", true, "vaccine 1x Name", "is not a CVX code"),
        ];
        for (name, is_local, text, expected) in cases {
            let files = vec![("x.txt".to_owned(), text.to_owned())];
            let refused = keep(registry, house, name, is_local, files).expect_err(name);
            assert!(refused.contains(expected), "{name}: {refused}");
        }
        let absent = registry.use_schedule(&house.admission(), "moon", &[]).expect_err("it is not kept");
        assert!(absent.to_string().contains("there is no schedule moon"), "{absent}");
        assert_eq!(registry.schedules(&house.admission()).expect("a list").len(), 1);
    });
}
