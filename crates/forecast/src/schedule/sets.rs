//! Sets of vaccines, and spans of rows.

use super::VaccineId;

/// A set of vaccines of one schedule, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct CvxSet([u64; CvxSet::WORDS]);

impl CvxSet {
    const WORDS: usize = 6;
    /// A schedule can know so many vaccines; 4.64 knows 218.
    pub(crate) const LIMIT: usize = CvxSet::WORDS * 64;

    pub(crate) fn insert(&mut self, vaccine: VaccineId) {
        self.0[usize::from(vaccine) / 64] |= 1 << (vaccine % 64);
    }

    pub(crate) fn contains(&self, vaccine: VaccineId) -> bool {
        self.0.get(usize::from(vaccine) / 64).is_some_and(|word| word >> (vaccine % 64) & 1 == 1)
    }

    pub(crate) fn union(&mut self, other: &CvxSet) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    pub(crate) fn overlaps(&self, other: &CvxSet) -> bool {
        self.0.iter().zip(other.0).any(|(word, other)| word & other != 0)
    }

    pub(crate) fn is_within(&self, other: &CvxSet) -> bool {
        self.0.iter().zip(other.0).all(|(word, other)| word & !other == 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == CvxSet::default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = VaccineId> {
        let limit = u16::try_from(CvxSet::LIMIT).unwrap_or(u16::MAX);
        (0..limit).filter(|vaccine| self.contains(*vaccine))
    }
}

/// Rows that lie side by side in a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Span {
        let place = |place: usize| u32::try_from(place).expect("a table has far fewer rows");
        Span { start: place(start), end: place(end) }
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
        &table[self.range()]
    }
}
