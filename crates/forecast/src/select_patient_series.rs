//! Select the patient series: within each group of series of an antigen, the one that fits the history best.
//!
//! # Source
//! CDSi Logic Specification 4.6, 8.1 to 8.7: SELECTB-2 to -24, SELECTSCORE-1, -2.

use crate::days::Day;
use crate::facts::SeriesKind;
use crate::organize_history::Person;
use crate::schedule::{Schedule, SeriesRule};
use crate::walk::{DoseStatus, SeriesRun, SeriesStatus, Trail};

/// The scores of one group; the space is used again.
#[derive(Debug, Default)]
pub(crate) struct Scoring {
    /// Places in [`Trail::runs`] and their points.
    candidates: Vec<(usize, i32)>,
}

/// The runs of one group of series.
struct Group<'a> {
    schedule: &'a Schedule,
    person: &'a Person,
    trail: &'a Trail,
    first_run: usize,
    number: u8,
}

impl<'a> Group<'a> {
    fn runs(&self) -> impl Iterator<Item = (usize, &'a SeriesRun, &'a SeriesRule)> {
        let (schedule, first_run, number) = (self.schedule, self.first_run, self.number);
        let runs = self.trail.runs.iter().enumerate().skip(first_run);
        runs.map(move |(place, run)| (place, run, schedule.series_rule(run.series)))
            .filter(move |(_, _, rule)| rule.group == number)
    }

    fn is_default(&self, rule: &SeriesRule) -> bool {
        let is_too_early = rule.kind == SeriesKind::Standard
            && self.person.age(rule.begin_from).is_some_and(|begin| self.person.today < begin);
        rule.is_default && !is_too_early
    }

    /// SELECTB-24 and SELECTSCORE-2.
    fn is_scorable(&self, run: &SeriesRun, rule: &SeriesRule) -> bool {
        let are_all_contraindicated = self.runs().all(|(_, run, _)| run.status == SeriesStatus::Contraindicated);
        let is_candidate = are_all_contraindicated || run.status != SeriesStatus::Contraindicated;
        match rule.kind {
            SeriesKind::EvaluationOnly => run.status == SeriesStatus::Complete,
            SeriesKind::Risk => is_candidate && !self.is_outranked(rule),
            SeriesKind::Standard if !is_candidate => false,
            SeriesKind::Standard => match run.first_valid {
                Some(first) => first < self.person.age(rule.begin_before).unwrap_or(Day::LAST),
                None => self.runs().all(|(_, run, other)| run.valid_count == 0 && !other.is_default),
            },
        }
    }

    /// Whether a series of the group has a higher priority. One that the person is too old for, today or when the first dose was given,
    /// outranks nobody: in 4.64 the meningococcal series for infants has no last age, and would leave an adult in an outbreak
    /// without a recommendation, or with the infants' intervals.
    fn is_outranked(&self, rule: &SeriesRule) -> bool {
        let is_open = |run: &SeriesRun| run.status != SeriesStatus::AgedOut && !run.was_closed;
        self.runs().any(|(_, run, other)| other.priority < rule.priority && is_open(run))
    }
}

fn is_complete(run: &SeriesRun) -> bool {
    run.status == SeriesStatus::Complete
}

/// SELECTB-16: begun and not complete. A series that is forbidden after its first doses stays the one that the person is in.
fn is_in_process(run: &SeriesRun) -> bool {
    run.satisfied_count > 0 && matches!(run.status, SeriesStatus::NotComplete | SeriesStatus::Contraindicated)
}

impl Scoring {
    /// The prioritized series of a group, by its place in [`Trail::runs`]; `None` when nothing speaks for any.
    pub(crate) fn prioritize(
        &mut self,
        schedule: &Schedule,
        person: &Person,
        trail: &Trail,
        first_run: usize,
        number: u8,
    ) -> Option<usize> {
        let group = Group { schedule, person, trail, first_run, number };
        let scorable = group.runs().filter(|(_, run, rule)| group.is_scorable(run, rule)).map(|(place, ..)| (place, 0));
        self.candidates.clear();
        self.candidates.extend(scorable);
        let default = || group.runs().find(|(_, _, rule)| group.is_default(rule)).map(|(place, ..)| place);
        match self.candidates.as_slice() {
            [] => return default(),
            [(place, _)] => return Some(*place),
            _ => {}
        }
        let run = |place: usize| &trail.runs[place];
        let complete = self.only(trail, is_complete);
        let in_process = self.only(trail, is_in_process);
        match (complete, in_process) {
            (Many::One(place), _) | (Many::None, Many::One(place)) => return Some(place),
            (Many::None, Many::None) => {
                if let Some(place) = default() {
                    return Some(place);
                }
                let has_valid_dose = |(place, _): &(usize, i32)| run(*place).valid_count > 0;
                if self.candidates.iter().all(has_valid_dose) {
                    // Begun, and over without being complete: by age, by season, by immunity.
                    self.score_in_process(schedule, trail);
                } else {
                    self.candidates.retain(|candidate| !has_valid_dose(candidate));
                    self.score_no_valid_doses(schedule, trail);
                }
            }
            (Many::Several, _) => {
                self.candidates.retain(|(place, _)| is_complete(run(*place)));
                self.score_complete(trail);
            }
            (Many::None, Many::Several) => {
                self.candidates.retain(|(place, _)| is_in_process(run(*place)));
                self.score_in_process(schedule, trail);
            }
        }
        self.highest(schedule, trail)
    }

    /// 8.7: the highest score, then the preference, then the order of the schedule.
    fn highest(&self, schedule: &Schedule, trail: &Trail) -> Option<usize> {
        let key = |(place, score): &(usize, i32)| {
            let preference = schedule.series_rule(trail.runs[*place].series).preference;
            (std::cmp::Reverse(*score), preference, *place)
        };
        self.candidates.iter().min_by_key(|candidate| key(candidate)).map(|(place, _)| *place)
    }

    fn only(&self, trail: &Trail, holds: fn(&SeriesRun) -> bool) -> Many {
        let mut places = self.candidates.iter().map(|(place, _)| *place).filter(|place| holds(&trail.runs[*place]));
        match (places.next(), places.next()) {
            (None, _) => Many::None,
            (Some(place), None) => Many::One(place),
            _ => Many::Several,
        }
    }

    /// 8.4.
    fn score_complete(&mut self, trail: &Trail) {
        self.award(trail, |run| Some(i64::from(run.valid_count)), [1, 0, -1]);
    }

    /// 8.5.
    fn score_in_process(&mut self, schedule: &Schedule, trail: &Trail) {
        for (place, score) in &mut self.candidates {
            let run = &trail.runs[*place];
            let are_all_valid = trail.evaluations(run).iter().all(|evaluation| evaluation.status == DoseStatus::Valid);
            let is_product_path = schedule.series_rule(run.series).is_product_path && are_all_valid;
            *score += if is_product_path { 2 } else { -2 };
            *score += if run.forecast.is_completable { 3 } else { -3 };
        }
        self.award(trail, |run| Some(i64::from(run.valid_count)), [2, 0, -2]);
        self.award(trail, |run| Some(-remaining(schedule, run)), [2, 0, -2]);
        let finish = |run: &SeriesRun| run.forecast.is_completable.then_some(-i64::from(run.forecast.finish.0));
        self.award(trail, finish, [1, 0, -1]);
    }

    /// 8.6.
    fn score_no_valid_doses(&mut self, schedule: &Schedule, trail: &Trail) {
        let start = |run: &SeriesRun| run.forecast.dates.map(|dates| -i64::from(dates.earliest.0));
        self.award(trail, start, [1, 0, -1]);
        for (place, score) in &mut self.candidates {
            let run = &trail.runs[*place];
            *score += if run.forecast.is_completable { 1 } else { -1 };
            *score += if schedule.series_rule(run.series).is_product_path { -1 } else { 1 };
        }
    }

    /// Points for the only one with the highest value, for those that share it, and for the others. Without a value there are none.
    fn award(&mut self, trail: &Trail, value: impl Fn(&SeriesRun) -> Option<i64>, [only, shared, other]: [i32; 3]) {
        let values = || self.candidates.iter().map(|(place, _)| value(&trail.runs[*place]));
        let Some(highest) = values().flatten().max() else { return };
        let holders = values().filter(|value| *value == Some(highest)).count();
        for (place, score) in &mut self.candidates {
            let is_highest = value(&trail.runs[*place]) == Some(highest);
            *score += match (is_highest, holders) {
                (true, 1) => only,
                (true, _) => shared,
                (false, _) => other,
            };
        }
    }
}

/// Target doses still to be given.
fn remaining(schedule: &Schedule, run: &SeriesRun) -> i64 {
    let targets = schedule.series_rule(run.series).targets;
    let left = run.forecast.target.map_or(0, |target| targets.range().end - usize::from(target));
    i64::try_from(left).expect("a series has few target doses")
}

/// How many there are.
enum Many {
    None,
    One(usize),
    Several,
}
