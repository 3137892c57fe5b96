//! A person who lost their second factor.

use serde_json::Value;

use crate::program::{Home, Server, on_each_database};

fn audit_lines(home: &Home) -> Option<u64> {
    home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"]["audit"].as_u64()
}

#[test]
fn an_operator_takes_lost_second_factors_away() {
    on_each_database(|home| {
        let path = home.path("credentials.json");
        let demo = ["demo", "--people", "5", "--http", "127.0.0.1:0", "--credentials", &path];
        assert_eq!(Server::start(home.command(&demo)).stop(), 0);
        let credentials = std::fs::read(&path).expect("they were written");
        let credentials: Value = serde_json::from_slice(&credentials).expect("they are JSON");
        let user = credentials["web_users"][0]["user"].as_str().expect("a name");
        let before = audit_lines(home);
        let reset = ["account", "reset-second-factor", user];
        let told = home.run(&[&reset[..], &["--json"]].concat()).expect(0).json();
        assert_eq!((&told["factors_removed"], &told["told_at"]), (&Value::from(1), &Value::Null), "{told}");
        assert_eq!(audit_lines(home), before.map(|lines| lines + 1));
        let again = home.run(&reset).expect(0);
        assert!(again.output.contains("0 second factors removed"), "{again:?}");
        assert!(again.output.contains("no address for mail"), "{again:?}");
        let nobody = home.run(&["account", "reset-second-factor", "nobody"]).expect(1);
        assert!(nobody.errors.contains("there is no account nobody"), "{nobody:?}");
        let program = credentials["web_service_accounts"][0]["user"].as_str().expect("a name");
        let refused = home.run(&["account", "reset-second-factor", program]).expect(1);
        assert!(refused.errors.contains("the account of a program"), "{refused:?}");
    });
}

#[test]
fn whose_second_factor_was_reset_is_told_by_mail() {
    let home = Home::on_sqlite();
    home.settle();
    let add = "account add rgarza --organization LAKE2000 --kind web_user --role view_only --email rosa@clinic.example";
    home.run(&[&add.split(' ').collect::<Vec<_>>()[..], &["--full-name", "Rosa Garza"]].concat()).expect(0);
    let reset = home.run(&["account", "reset-second-factor", "rgarza"]).expect(0);
    assert!(reset.output.contains("rosa@clinic.example is told by mail"), "{reset:?}");
    let waiting = home.run(&["notice", "list", "--state", "waiting", "--json"]).expect(0).json();
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "{waiting}");
    assert_eq!(waiting[0]["address"], "rosa@clinic.example", "{waiting}");
}
