//! What the engine asks of the machine's memory: nothing, once it has gone over a few people.

use allocation_counter::measure;
use bluebonnet_forecast::facts::ObservationCode;
use bluebonnet_forecast::{History, HistoryDose, HistoryObservation, Schedule, Workspace, forecast};
use jiff::civil::{Date, date};
use model::{Cvx, Sex};

const ON: Date = date(2025, 11, 10);

/// People of several ages, vaccinated again and again, some at risk.
fn people() -> Vec<History> {
    let vaccines = [8, 110, 48, 133, 116, 3, 94, 21, 83, 20, 115, 165, 114, 140, 33, 187];
    let people = (0..60_i16).map(|number| {
        let mut history = History::new(date(1965 + number, 3, 31), if number % 2 == 0 { Sex::F } else { Sex::M });
        history.birth_country = Some("U.S.".to_owned());
        for place in 0..number % 21 {
            let cvx = vaccines[usize::from(u16::try_from(number + place).expect("small")) % vaccines.len()];
            let day = date(1965 + number, 5, 31).checked_add(jiff::Span::new().weeks(9 * place)).expect("near");
            history.doses.push(HistoryDose::new(day, Cvx(cvx)));
        }
        let code = ObservationCode([160, 186, 55, 7][usize::from(number.unsigned_abs()) % 4]);
        history.observations.push(HistoryObservation { code, date: Some(history.birth_date) });
        history
    });
    people.collect()
}

#[test]
fn after_the_first_people_nothing_is_allocated() {
    let (schedule, people) = (Schedule::builtin(), people());
    let mut workspace = Workspace::default();
    let mut go_over = || {
        for history in &people {
            std::hint::black_box(forecast(schedule, history, ON, &mut workspace));
        }
    };
    let first = measure(&mut go_over);
    assert!(first.count_total > 0, "the first people take the space: the counter counts");
    let second = measure(&mut go_over);
    assert_eq!((second.count_total, second.bytes_total), (0, 0));
}
