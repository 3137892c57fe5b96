//! Which messages of a file need no decision any more, in memory for millions of them.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use model::FileId;
use store::{Database, StoreError};

/// Places read at a time.
const PAGE: u32 = 10_000;

/// The settled places of a file, asked for in rising order.
#[derive(Debug, Default)]
pub(super) struct Settled {
    ranges: VecDeque<RangeInclusive<u32>>,
}

impl Settled {
    pub(super) fn read(database: &Database, file_id: FileId, run: u32) -> Result<Settled, StoreError> {
        let mut settled = Settled::default();
        let mut after = 0;
        loop {
            let page = database.settled_in_file(file_id, run, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(settled) };
            after = *last;
            page.into_iter().for_each(|ordinal| settled.add(ordinal));
        }
    }

    fn add(&mut self, ordinal: u32) {
        match self.ranges.back_mut() {
            Some(range) if range.end().checked_add(1) == Some(ordinal) => *range = *range.start()..=ordinal,
            _ => self.ranges.push_back(ordinal..=ordinal),
        }
    }

    /// Whether this place is settled; places before it are forgotten.
    pub(super) fn contains(&mut self, ordinal: u32) -> bool {
        while self.ranges.front().is_some_and(|range| *range.end() < ordinal) {
            self.ranges.pop_front();
        }
        self.ranges.front().is_some_and(|range| range.contains(&ordinal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_seen() {
        let mut settled = Settled::default();
        [1, 2, 3, 5, 8, 9].into_iter().for_each(|ordinal| settled.add(ordinal));
        assert_eq!(settled.ranges.len(), 3);
        let found: Vec<u32> = (1..12).filter(|ordinal| settled.contains(*ordinal)).collect();
        assert_eq!(found, [1, 2, 3, 5, 8, 9]);
    }
}
