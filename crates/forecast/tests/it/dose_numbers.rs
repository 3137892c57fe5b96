//! Which number a dose has in its series: those that the person needed are counted, not the steps of the schedule.

use bluebonnet_forecast::{History, HistoryDose, Language, ReasonKind, Schedule, Workspace, forecast};
use jiff::civil::{Date, date};
use model::{Cvx, Sex};

const ON: Date = date(2026, 2, 1);

struct Case {
    what: &'static str,
    born: &'static str,
    group: &'static str,
    doses: &'static [(&'static str, u16)],
    numbers: &'static [u16],
}

const CASES: [Case; 8] = [
    Case {
        what: "HPV begun before 15, which takes two",
        born: "2010-01-01",
        group: "HPV",
        doses: &[("2021-06-01", 165), ("2022-01-01", 165)],
        numbers: &[1, 2],
    },
    Case {
        what: "childhood DTaP, and Tdap at 11",
        born: "2012-01-01",
        group: "DTaP/Tdap/Td",
        doses: &[
            ("2012-03-01", 20),
            ("2012-05-01", 20),
            ("2012-07-01", 20),
            ("2013-06-01", 20),
            ("2016-06-01", 20),
            ("2023-06-01", 115),
        ],
        numbers: &[1, 2, 3, 4, 5, 6],
    },
    Case {
        what: "an adult who begins with Tdap",
        born: "1990-01-01",
        group: "DTaP/Tdap/Td",
        doses: &[("2023-06-01", 115), ("2023-08-01", 113), ("2024-03-01", 113), ("2034-03-01", 113)],
        numbers: &[1, 2, 3, 4],
    },
    Case {
        what: "a dose that does not count, and the one in its place",
        born: "2025-01-10",
        group: "Polio",
        doses: &[("2025-03-10", 10), ("2025-03-20", 10), ("2025-05-10", 10)],
        numbers: &[1, 2, 2],
    },
    Case {
        what: "polio of a schoolchild, whose last dose stands for the third and the fourth",
        born: "2018-01-01",
        group: "Polio",
        doses: &[("2018-03-01", 10), ("2018-05-01", 10), ("2022-06-01", 10)],
        numbers: &[1, 2, 3],
    },
    Case {
        what: "influenza of an adult, anew each season",
        born: "1990-01-01",
        group: "Influenza",
        doses: &[("2023-10-01", 150), ("2024-10-01", 140), ("2025-10-01", 140)],
        numbers: &[1, 1, 1],
    },
    Case {
        what: "influenza of a child in its first season",
        born: "2022-01-01",
        group: "Influenza",
        doses: &[("2025-10-01", 140), ("2025-11-01", 140)],
        numbers: &[1, 2],
    },
    Case {
        what: "COVID-19, anew each season",
        born: "1990-01-01",
        group: "COVID-19",
        doses: &[("2021-03-01", 208), ("2021-03-22", 208), ("2025-10-01", 309)],
        numbers: &[1, 1, 1],
    },
];

#[test]
fn a_dose_has_the_number_of_those_that_the_person_needed() {
    for Case { what, born, group, doses, numbers } in CASES {
        let mut history = History::new(born.parse().expect("a date"), Sex::F);
        for (day, cvx) in doses {
            history.doses.push(HistoryDose::new(day.parse().expect("a date"), Cvx(*cvx)));
        }
        let mut workspace = Workspace::default();
        let report = forecast(Schedule::builtin(), &history, ON, &mut workspace).report(Language::English);
        let of_group = report.doses.iter().filter_map(|dose| {
            let mut found = dose.evaluations.iter().filter(|found| found.vaccine_group == group);
            found.clone().find(|found| found.antigen != "Pertussis").or_else(|| found.next())
        });
        let of_group: Vec<_> = of_group.collect();
        let found: Vec<_> = of_group.iter().map(|found| found.dose_number).collect();
        assert_eq!(found, numbers.iter().copied().map(Some).collect::<Vec<_>>(), "{what}");
        for found in of_group {
            let counts = found.reasons.iter().find(|reason| reason.kind == ReasonKind::Counts);
            let number = found.dose_number.expect("it has one");
            let is_said = |text: &str| text == format!("Valid: counts as dose {number} of the series.");
            assert!(counts.is_none_or(|reason| is_said(&reason.text)), "{what}: {counts:?}");
        }
    }
}
