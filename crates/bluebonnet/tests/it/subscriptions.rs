//! Who is told of maintenance, at the command line.

use crate::program::Home;

#[test]
fn an_import_names_the_line_that_cannot_be_and_keeps_nothing() {
    let home = Home::on_sqlite();
    home.settle();
    let import = ["subscription", "import", "-"];
    let listed = || home.run(&["subscription", "list", "--json"]).expect(0).json();
    for (lines, number) in [
        ("address\n\nann@clinic.example\nnobody\n", 4),
        ("address,audience\nann@clinic.example,all_users\nben@clinic.example,everybody\n", 3),
    ] {
        let refused = home.run_with(&import, lines.as_bytes()).expect(1);
        assert!(refused.errors.contains(&format!("line {number}: ")), "{refused:?}");
        assert_eq!(listed().as_array().map(Vec::len), Some(0));
    }
    home.run_with(&import, b"address\nann@clinic.example\n").expect(0);
    assert_eq!(listed()[0]["address"], "ann@clinic.example");
}

#[test]
fn what_was_ended_cannot_be_ended_again() {
    let home = Home::on_sqlite();
    home.settle();
    home.run(&["subscription", "add", "ann@clinic.example", "--vouched"]).expect(0);
    let remove = ["subscription", "remove", "ann@clinic.example"];
    home.run(&remove).expect(0);
    let again = home.run(&remove).expect(1);
    assert!(again.errors.contains("ann@clinic.example is not subscribed") && again.output.is_empty(), "{again:?}");
}
