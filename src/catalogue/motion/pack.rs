//! Pure. A minute of cells in few bytes, and the 63 bits that say where in the picture it may have been.
//!
//! Stored: 8 bytes little endian, bit `n` = something moved in second `n`; then for each of those seconds a window and
//! what is set in it. A window is 3 bytes little endian: column (5 bits), row (5), columns less one (5), rows less one
//! (5), then its bits row by row, lowest first, filled up to whole bytes. People are small: a second of one takes five
//! to eight bytes, where the whole grid takes 72.

use crate::base::{CELL_BYTES, COLUMNS, Cells, ROWS};

/// Seconds in a minute.
pub(super) const SECONDS: usize = 60;
/// Blocks of the fold: columns and rows.
const BLOCKS: (usize, usize) = (9, 7);

/// The cells of one minute, by second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Minute(Box<[Cells; SECONDS]>);

impl Default for Minute {
    fn default() -> Self {
        Self(Box::new([Cells::NONE; SECONDS]))
    }
}

impl Minute {
    /// Adds what moved in a second; one outside of the minute is nothing.
    pub(super) fn add(&mut self, second: usize, cells: Cells) {
        if let Some(known) = self.0.get_mut(second) {
            *known = *known | cells;
        }
    }

    /// Adds another one's.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0.iter()) {
            *mine = *mine | *theirs;
        }
    }

    /// The seconds in which something moved, in order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, Cells)> + '_ {
        self.0.iter().copied().enumerate().filter(|(_, cells)| !cells.is_empty())
    }

    /// Whether nothing moved.
    pub(super) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Most cells that moved in one second.
    pub(super) fn peak(&self) -> u32 {
        self.0.iter().map(Cells::count).max().unwrap_or(0)
    }

    /// Cells that moved, summed over the seconds.
    pub(super) fn sum(&self) -> u32 {
        self.0.iter().map(Cells::count).sum()
    }

    /// The fold of all its cells.
    pub(super) fn fold(&self) -> i64 {
        fold(self.0.iter().fold(Cells::NONE, |all, cells| all | *cells))
    }

    /// As stored.
    pub(super) fn pack(&self) -> Vec<u8> {
        let moved = self.iter().fold(0_u64, |bits, (second, _)| bits | 1 << second);
        let mut out = moved.to_le_bytes().to_vec();
        for (_, cells) in self.iter() {
            pack_cells(cells, &mut out);
        }
        out
    }

    /// From what was stored; `None` when that is damaged.
    pub(super) fn unpack(packed: &[u8]) -> Option<Self> {
        let (minute, whole) = Self::unpack_some(packed);
        whole.then_some(minute)
    }

    /// What can be read of what was stored, and whether that is all of it.
    pub(super) fn unpack_some(packed: &[u8]) -> (Self, bool) {
        let mut minute = Self::default();
        let whole = windows(packed, |second, window, bits| minute.add(second, window.cells(bits)));
        (minute, whole)
    }
}

/// Looks at each second of a packed minute in which something moved, in order; `false` = it ended at damage.
fn windows(packed: &[u8], mut each: impl FnMut(usize, Window, &[u8])) -> bool {
    let Some((head, mut rest)) = packed.split_first_chunk::<8>() else { return false };
    let mut moved = u64::from_le_bytes(*head);
    if moved >> SECONDS != 0 {
        return false;
    }
    while moved != 0 {
        let Some((window, bits)) = Window::take(&mut rest) else { return false };
        each(moved.trailing_zeros() as usize, window, bits);
        moved &= moved - 1;
    }
    true
}

/// A region of the picture, to look for in packed minutes without unpacking them: they come by the million.
#[derive(Clone, Debug)]
pub(super) struct Region {
    rows: [u32; ROWS],
    /// Columns that have a cell of it.
    columns: u32,
}

impl Region {
    pub(super) fn of(cells: Cells) -> Self {
        let mut rows = [0; ROWS];
        cells.iter().for_each(|(column, row)| rows[row] |= 1 << column);
        Self { rows, columns: rows.iter().fold(0, |all, row| all | row) }
    }

    /// How many cells of the region moved in each second of a packed minute, in order; seconds without any are left out,
    /// and so is what lies behind damage.
    pub(super) fn counts(&self, packed: &[u8], mut found: impl FnMut(usize, u32)) {
        windows(packed, |second, window, bits| {
            if window.columns() & self.columns == 0 {
                return;
            }
            let rows = self.rows[window.top..].iter().take(window.rows).enumerate();
            let wanted = rows.filter(|(_, wanted)| **wanted != 0);
            let count = wanted.map(|(row, wanted)| (window.row(bits, row) & wanted).count_ones()).sum();
            if count > 0 {
                found(second, count);
            }
        });
    }
}

/// The part of the grid that a second's bits are of.
#[derive(Clone, Copy)]
struct Window {
    left: usize,
    top: usize,
    width: usize,
    rows: usize,
}

impl Window {
    /// Takes one off the front, and its bits with all that is behind them; `None` when it is damaged.
    fn take<'a>(rest: &mut &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, tail) = rest.split_first_chunk::<3>()?;
        let word = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
        let part = |shift: usize| word >> shift & 31;
        let (left, top, width, rows) = (part(0), part(5), part(10) + 1, part(15) + 1);
        if word >> 20 != 0 || left + width > COLUMNS || top + rows > ROWS {
            return None;
        }
        *rest = tail.get((width * rows).div_ceil(8)..)?;
        Some((Self { left, top, width, rows }, tail))
    }

    /// The columns that it covers, as bits.
    fn columns(self) -> u32 {
        (u32::MAX >> (COLUMNS - self.width)) << self.left
    }

    /// The cells of one of its rows, as bits by column.
    fn row(self, bits: &[u8], row: usize) -> u32 {
        let bit = row * self.width;
        let from = &bits[bit / 8..];
        let word = from.first_chunk().copied().unwrap_or_else(|| {
            let mut padded = [0; 8];
            padded[..from.len()].copy_from_slice(from);
            padded
        });
        ((u64::from_le_bytes(word) >> (bit % 8)) as u32) << self.left & self.columns()
    }

    fn cells(self, bits: &[u8]) -> Cells {
        let mut out = [0; CELL_BYTES];
        for row in 0..self.rows {
            let at = (self.top + row) * COLUMNS / 8;
            out[at..at + 4].copy_from_slice(&self.row(bits, row).to_le_bytes());
        }
        Cells::from_bytes(&out)
    }
}

/// The block of the fold that a cell lies in.
fn block(column: usize, row: usize) -> usize {
    row * BLOCKS.1 / ROWS * BLOCKS.0 + column * BLOCKS.0 / COLUMNS
}

/// Which blocks have a cell of the set: two sets that meet have folds with a bit in common.
pub(super) fn fold(cells: Cells) -> i64 {
    cells.iter().fold(0, |bits, (column, row)| bits | 1 << block(column, row))
}

fn pack_cells(cells: Cells, out: &mut Vec<u8>) {
    let (mut left, mut top, mut right, mut bottom) = (COLUMNS - 1, ROWS - 1, 0, 0);
    for (column, row) in cells.iter() {
        (left, right) = (left.min(column), right.max(column));
        (top, bottom) = (top.min(row), bottom.max(row));
    }
    let (columns, rows) = (right + 1 - left, bottom + 1 - top);
    let window = left | top << 5 | (columns - 1) << 10 | (rows - 1) << 15;
    out.extend_from_slice(&(window as u32).to_le_bytes()[..3]);
    let begin = out.len();
    out.resize(begin + (columns * rows).div_ceil(8), 0);
    for (column, row) in cells.iter() {
        let bit = (row - top) * columns + column - left;
        out[begin + bit / 8] |= 1 << (bit % 8);
    }
}

/// Strength of motion as a strip shows it, 0 to 255, from the share of cells that moved, 0 to 1: on a scale of
/// logarithms, so that a person far away is seen beside a lorry that fills the picture. Nothing is 0, and only nothing.
pub(super) fn strength(share: f64) -> u8 {
    /// Where the scale turns from straight to logarithmic: a cell in ten thousand.
    const KNEE: f64 = 10_000.0;
    if share <= 0.0 {
        return 0;
    }
    let scaled = (1.0 + KNEE * share.min(1.0)).ln() / (1.0 + KNEE).ln();
    (scaled * 255.0).round().clamp(1.0, 255.0) as u8
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::tests::cells;
    use super::*;
    use crate::base::CELLS;

    pub(in super::super) fn minute() -> impl Strategy<Value = Minute> {
        proptest::collection::vec((0..SECONDS, cells()), 0..20).prop_map(|seconds| {
            let mut minute = Minute::default();
            seconds.into_iter().for_each(|(second, cells)| minute.add(second, cells));
            minute
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(minute in minute()) {
            let packed = minute.pack();
            prop_assert_eq!(Minute::unpack(&packed), Some(minute.clone()));
        }

        #[test]
        fn a_region_is_counted_without_unpacking(minute in minute(), region in cells()) {
            let mut found = Vec::new();
            Region::of(region).counts(&minute.pack(), |second, count| found.push((second, count)));
            let counts = minute.iter().map(|(second, cells)| (second, (cells & region).count()));
            prop_assert_eq!(found, counts.filter(|(_, count)| *count > 0).collect::<Vec<_>>());
        }

        #[test]
        fn damage_is_refused_and_survived(minute in minute(), cut in 0_usize..400, at in 0_usize..400, byte: u8) {
            let mut packed = minute.pack();
            let whole = packed.len();
            if let Some(place) = packed.get_mut(at) {
                *place = byte;
            }
            packed.truncate(cut);
            let read = Minute::unpack(&packed);
            prop_assert!(cut >= whole || at < 8 || at < whole || read.is_none());
            prop_assert!(Minute::unpack_some(&packed).1 == read.is_some());
            Region::of(Cells::ALL).counts(&packed, |second, count| assert!(second < SECONDS && count > 0));
        }

        #[test]
        fn sets_that_meet_have_folds_that_meet(a in cells(), b in cells()) {
            prop_assert!(!a.meets(&b) || fold(a) & fold(b) != 0);
            prop_assert!(fold(a) >= 0 && (fold(a) == 0) == a.is_empty());
        }
    }

    #[test]
    fn every_block_has_cells_and_every_cell_a_block() {
        assert_eq!(fold(Cells::ALL), i64::MAX, "63 blocks");
    }

    #[test]
    fn a_person_takes_few_bytes() {
        let mut cells = Cells::NONE;
        (4..7).flat_map(|column| (8..13).map(move |row| (column, row))).for_each(|(c, r)| cells.set(c, r));
        let mut minute = Minute::default();
        minute.add(59, cells);
        assert_eq!(minute.pack().len(), 8 + 3 + 2);
        minute.add(0, Cells::ALL);
        assert_eq!(minute.pack().len(), 8 + 3 + 2 + 3 + 72);
    }

    #[test]
    fn the_strip_grows_with_the_motion() {
        assert_eq!((strength(0.0), strength(1.0), strength(9.0)), (0, 255, 255));
        let shares: Vec<u8> =
            (1..=CELLS * SECONDS).map(|n| strength(n as f64 / (CELLS * SECONDS) as f64)).collect();
        assert!(shares[0] > 0 && shares.is_sorted());
        // Ten cells for five seconds of a minute: a person that passes.
        assert!((60..100).contains(&shares[50]), "{}", shares[50]);
    }
}
