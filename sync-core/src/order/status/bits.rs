//! Sets of events as rows of bits, so that a hostile heap of events costs memory moves. Never grows after creation.

use std::ops::Range;

const WORD_BITS: usize = u64::BITS as usize;

/// One set of events per event, each named by its position.
#[derive(Debug, Clone)]
pub struct BitMatrix {
    words_per_row: usize,
    words: Vec<u64>,
}

impl BitMatrix {
    /// A square of empty sets.
    pub fn new(event_count: usize) -> Self {
        let words_per_row = event_count.div_ceil(WORD_BITS);
        Self { words_per_row, words: vec![0; event_count * words_per_row] }
    }

    /// How many events there are.
    pub fn event_count(&self) -> usize {
        self.words.len().checked_div(self.words_per_row).unwrap_or(0)
    }

    /// An empty set as wide as the rows.
    pub fn empty_row(&self) -> Vec<u64> {
        vec![0; self.words_per_row]
    }

    /// The set of one event.
    pub fn row(&self, event: usize) -> &[u64] {
        &self.words[self.range(event)]
    }

    /// Adds every member of `members` to the set of one event.
    pub fn add_all(&mut self, event: usize, members: &[u64]) {
        let range = self.range(event);
        union(&mut self.words[range], members);
    }

    /// Adds one member to the set of one event.
    pub fn add(&mut self, event: usize, member: usize) {
        let range = self.range(event);
        insert(&mut self.words[range], member);
    }

    /// Whether the set of one event holds a member.
    pub fn holds(&self, event: usize, member: usize) -> bool {
        contains(self.row(event), member)
    }

    fn range(&self, event: usize) -> Range<usize> {
        event * self.words_per_row..(event + 1) * self.words_per_row
    }
}

/// Adds one member to a row.
pub fn insert(row: &mut [u64], member: usize) {
    row[member / WORD_BITS] |= 1 << (member % WORD_BITS);
}

/// Whether a row holds a member.
pub fn contains(row: &[u64], member: usize) -> bool {
    row[member / WORD_BITS] & (1 << (member % WORD_BITS)) != 0
}

/// Adds every member of `members` to a row of the same width.
pub fn union(row: &mut [u64], members: &[u64]) {
    row.iter_mut().zip(members).for_each(|(word, more)| *word |= more);
}

/// Removes every member of `members` from a row of the same width.
pub fn subtract(row: &mut [u64], members: &[u64]) {
    row.iter_mut().zip(members).for_each(|(word, less)| *word &= !less);
}

/// The members of a row, in ascending order.
pub fn members(row: &[u64]) -> impl Iterator<Item = usize> {
    row.iter().enumerate().flat_map(|(index, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(index * WORD_BITS + bit)
        })
    })
}
