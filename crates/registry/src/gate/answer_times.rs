//! How long doors took to answer lately: for people who look at the registry now. Series are kept by who reads the metrics.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::Channel;

use super::place;

/// Answers of a door that are looked back on.
const ANSWERS_MAXIMUM: usize = 1_000;

/// How long the last answers of a door took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerTimes {
    /// Answers looked at.
    pub count: usize,
    /// Half of them were ready by then.
    pub median: Duration,
    /// 95 of a hundred.
    pub p95: Duration,
    /// 99 of a hundred.
    pub p99: Duration,
}

/// The last answers of every door.
#[derive(Debug, Default)]
pub(super) struct LastAnswers {
    doors: [Mutex<VecDeque<Duration>>; 6],
}

impl LastAnswers {
    pub(super) fn note(&self, channel: Channel, took: Duration) {
        let mut answers = self.doors[place(channel)].lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() == ANSWERS_MAXIMUM {
            answers.pop_front();
        }
        answers.push_back(took);
    }

    /// `None` where there was no answer yet.
    pub(super) fn of(&self, channel: Channel) -> Option<AnswerTimes> {
        let answers = self.doors[place(channel)].lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<Duration> = answers.iter().copied().collect();
        drop(answers);
        sorted.sort_unstable();
        let quantile = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(AnswerTimes { count: sorted.len(), median: quantile(50)?, p95: quantile(95)?, p99: quantile(99)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thousand_answers_of_each_door_count() {
        let last = LastAnswers::default();
        assert_eq!(last.of(Channel::Web), None);
        (0..ANSWERS_MAXIMUM).for_each(|_| last.note(Channel::Web, Duration::from_secs(60)));
        (1..=1_000).for_each(|milliseconds| last.note(Channel::Web, Duration::from_millis(milliseconds)));
        let times = last.of(Channel::Web).expect("there were answers");
        let milliseconds = [times.median, times.p95, times.p99].map(|time| time.as_millis());
        assert_eq!((times.count, milliseconds), (1_000, [500, 950, 990]));
        assert_eq!(last.of(Channel::WebService), None);
        last.note(Channel::WebService, Duration::from_millis(7));
        assert_eq!(last.of(Channel::WebService).map(|times| times.p99.as_millis()), Some(7));
    }
}
