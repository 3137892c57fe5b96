//! What must hold for any submissions: their order does not matter, and sending them again changes nothing.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::house::*;

const VACCINES: [&str; 5] = ["08", "110", "03", "88", "45"];
const DAYS: [&str; 4] = ["20240311", "20240512", "20250401", "20251001"];

/// One report: by whom, which vaccine, on which day, given or told of.
#[derive(Clone, Debug, PartialEq)]
struct Report {
    organization: &'static str,
    vaccine: usize,
    day: usize,
    is_given: bool,
}

impl Report {
    fn segments(&self) -> String {
        let order_id = format!("{}{}{}", self.organization.len(), self.vaccine, self.day);
        let (vaccine, day) = (VACCINES[self.vaccine], DAYS[self.day]);
        if self.is_given { given(vaccine, day, &order_id) } else { told(vaccine, day, &order_id) }
    }
}

fn reports() -> impl Strategy<Value = Vec<Report>> {
    let report = (any::<bool>(), 0..VACCINES.len(), 0..DAYS.len(), any::<bool>()).prop_map(
        |(is_clinic, vaccine, day, is_given)| Report {
            organization: if is_clinic { "CLINIC" } else { "PHARMACY" },
            vaccine,
            day,
            is_given,
        },
    );
    // One sender says one thing of one dose: what it says later of it would replace what it said before.
    proptest::collection::vec(report, 1..8).prop_map(|mut reports| {
        let mut said: Vec<(&str, usize, usize)> = Vec::new();
        reports.retain(|report| {
            let what = (report.organization, report.vaccine, report.day);
            let is_new = !said.contains(&what);
            said.push(what);
            is_new
        });
        reports
    })
}

/// The days and vaccines of a history, without what only tells reports apart.
async fn history(house: &House, person: &Person) -> Vec<String> {
    let answer = house.ask("CLINIC", "Z34", person).await;
    let doses = segments(&answer, "RXA").into_iter().map(|segment| {
        let fields: Vec<&str> = segment.split('|').collect();
        format!("{} {} {} {}", fields[3], fields[5], fields[9], fields[20])
    });
    let mut doses: Vec<String> = doses.collect();
    doses.sort();
    doses
}

#[test]
fn the_order_of_independent_reports_does_not_matter_and_sending_them_again_changes_nothing() {
    on_each_database(&example(), async |house| {
        let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
        let next = std::cell::Cell::new(0);
        runner
            .run(&(reports(), any::<prop::sample::Index>()), |(reports, turn)| {
                let history_of = |reports: Vec<Report>, number: usize| async move {
                    let family: &'static str = format!("Order{}", letters(number)).leak();
                    let mrn: &'static str = format!("ORDER-{number}").leak();
                    // Birth dates differ, or neighbors with like names would wait for review.
                    let born: &'static str = format!("2023{:02}{:02}", number % 12 + 1, number % 28 + 1).leak();
                    let person = Person { family, mrn, birth_date: born, rest: "", ..MARIA.clone() };
                    for report in &reports {
                        house.report(report.organization, &person, &report.segments()).await;
                    }
                    let once = history(house, &person).await;
                    for report in &reports {
                        house.report(report.organization, &person, &report.segments()).await;
                    }
                    (once, history(house, &person).await)
                };
                let number = next.replace(next.get() + 2);
                let mut turned = reports.clone();
                turned.rotate_left(turn.index(reports.len()));
                turned.reverse();
                let block = |future| tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future));
                let (straight, again) = block(history_of(reports, number));
                let (other, _) = block(history_of(turned, number + 1));
                prop_assert_eq!(&straight, &again, "sent again");
                prop_assert_eq!(straight, other, "in another order");
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("{failure}"));
    });
}

/// A number in letters, as digits are no part of a name.
fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}
