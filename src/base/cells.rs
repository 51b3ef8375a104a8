//! The grid in which motion is told and kept: 32 columns by 18 rows over the whole picture, one bit a cell.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

/// Columns of the grid.
pub const COLUMNS: usize = 32;
/// Rows of the grid.
pub const ROWS: usize = 18;
/// Cells of the grid.
pub const CELLS: usize = COLUMNS * ROWS;
/// Bytes of a grid as stored.
pub const CELL_BYTES: usize = CELLS / 8;

/// A set of cells. Cell `(column, row)` is bit `row * 32 + column`; stored as 72 bytes, bit 0 first (little endian).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Cells([u64; CELLS / 64]);

impl Cells {
    /// No cell.
    pub const NONE: Self = Self([0; CELLS / 64]);
    /// Every cell.
    pub const ALL: Self = Self([u64::MAX; CELLS / 64]);

    /// Adds a cell. Outside of the grid nothing happens.
    pub fn set(&mut self, column: usize, row: usize) {
        if column < COLUMNS && row < ROWS {
            let bit = row * COLUMNS + column;
            self.0[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Whether the cell is in the set; `false` outside of the grid.
    pub fn has(&self, column: usize, row: usize) -> bool {
        let bit = row * COLUMNS + column;
        column < COLUMNS && row < ROWS && self.0[bit / 64] & 1 << (bit % 64) != 0
    }

    /// How many cells are in the set.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether no cell is in the set.
    pub fn is_empty(&self) -> bool {
        self.0 == Self::NONE.0
    }

    /// Whether the sets have a cell in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// The cells of the set as `(column, row)`, row by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..CELLS).map(|bit| (bit % COLUMNS, bit / COLUMNS)).filter(|&(column, row)| self.has(column, row))
    }

    /// As stored.
    pub fn to_bytes(&self) -> [u8; CELL_BYTES] {
        let mut bytes = [0; CELL_BYTES];
        for (piece, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            piece.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From what was stored.
    pub fn from_bytes(bytes: &[u8; CELL_BYTES]) -> Self {
        let mut words = [0; CELLS / 64];
        for (word, piece) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(piece.try_into().expect("pieces of eight"));
        }
        Self(words)
    }
}

impl BitOr for Cells {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }
}

impl BitAnd for Cells {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }
}

impl Not for Cells {
    type Output = Self;
    fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_set_is_there_also_when_stored(
            cells in proptest::collection::btree_set((0..COLUMNS, 0..ROWS), 0..60),
        ) {
            let mut set = Cells::NONE;
            cells.iter().for_each(|&(column, row)| set.set(column, row));
            prop_assert_eq!(set.count() as usize, cells.len());
            let found: std::collections::BTreeSet<_> = set.iter().collect();
            prop_assert_eq!(&found, &cells);
            prop_assert_eq!(Cells::from_bytes(&set.to_bytes()), set);
            prop_assert_eq!(set | !set, Cells::ALL);
            prop_assert!((set & !set).is_empty());
            prop_assert_eq!(set.meets(&Cells::ALL), !set.is_empty());
        }
    }
}
