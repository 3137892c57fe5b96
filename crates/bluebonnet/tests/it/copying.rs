//! A registry moves from one database to another.

use crate::messages::batch;
use crate::program::Home;

#[test]
fn a_registry_moves_from_sqlite_to_postgresql_and_back() {
    let (first, last) = (Home::on_sqlite(), Home::on_sqlite());
    first.settle();
    first.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(30, "copy-"));
    let rows = |home: &Home| home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"].clone();
    let Some(middle) = Home::on_postgres() else {
        first.run(&["copy", "--from", &first.url(), "--to", &last.url()]).expect(0);
        assert_eq!(rows(&first), rows(&last));
        return;
    };
    first.run(&["copy", "--from", &first.url(), "--to", &middle.url()]).expect(0);
    middle.run(&["copy", "--from", &middle.url(), "--to", &last.url()]).expect(0);
    assert_eq!(rows(&first), rows(&last));
    let again = first.run(&["copy", "--from", &first.url(), "--to", &last.url()]).expect(1);
    assert!(again.errors.contains("not empty"), "{again:?}");
    let listed = last.run(&["organization", "list", "--json"]).expect(0).json();
    assert_eq!(listed[0]["code"], "LAKE2000");
}
