//! Pure. Events out of stored cells: what other zones would have made of what has moved.
//!
//! The index keeps which cells moved in each second, not how large or how clear a mover was. So a group of cells that
//! touch counts as one mover, clear enough for any zone, that fills a part of its cells: what zones exclude by place and
//! by duration is exact, what they exclude by size or sensitivity is not.

use super::motion::{Activity, Bounds, Mover, State};
use super::tracker::{Change, Event, Settings, Tracker};
use super::zones::Zones;
use crate::base::{CELLS, COLUMNS, Cells, ROWS, Ticks};

/// Share of its cells that a mover changes, as measured on people and vehicles.
const FILL: f32 = 0.4;
/// Grey levels; clear by any sensitivity.
const CLEAR: f32 = 40.0;

/// The events that zones would have made of cells by second, and the most cells that moved at once in each.
pub fn replay(zones: Zones, seconds: impl IntoIterator<Item = (Ticks, Cells)>) -> Vec<(Event, u32)> {
    let mut tracker = Tracker::new(zones, Settings::default());
    let (mut events, mut peak) = (Vec::new(), 0);
    let mut take = |changes: Vec<Change>, count: u32| {
        for change in changes {
            match change {
                Change::Begin(_) => peak = count,
                Change::Update(_) => peak = peak.max(count),
                Change::End(event) => events.push((event, peak)),
            }
        }
    };
    for (at, cells) in seconds {
        take(tracker.wait(at), 0);
        take(tracker.take(&activity(at, cells)), cells.count());
    }
    take(tracker.finish().into_iter().collect(), 0);
    events
}

fn activity(at: Ticks, cells: Cells) -> Activity {
    let movers: Vec<Mover> = groups(cells).into_iter().map(|group| mover(at, group)).collect();
    let moved = movers.iter().map(|mover| mover.area).sum();
    Activity { at, gap: 1.0, state: State::Steady, cells, moved, movers, calm: false }
}

fn mover(at: Ticks, cells: Cells) -> Mover {
    let mut bounds = Bounds { left: 1.0, top: 1.0, right: 0.0, bottom: 0.0 };
    for (column, row) in cells.iter() {
        let edge = |cell: usize, of: usize| cell as f32 / of as f32;
        bounds.left = bounds.left.min(edge(column, COLUMNS));
        bounds.right = bounds.right.max(edge(column + 1, COLUMNS));
        bounds.top = bounds.top.min(edge(row, ROWS));
        bounds.bottom = bounds.bottom.max(edge(row + 1, ROWS));
    }
    let area = cells.count() as f32 / CELLS as f32 * FILL;
    Mover { id: 0, since: at, bounds, cells, area, contrast: CLEAR, sharpness: 0.0 }
}

/// Cells that touch, also at corners, belong together.
fn groups(cells: Cells) -> Vec<Cells> {
    let (mut left, mut groups) = (cells, Vec::new());
    loop {
        let Some(first) = left.iter().next() else { return groups };
        let (mut group, mut reached) = (Cells::NONE, vec![first]);
        while let Some((column, row)) = reached.pop() {
            if !left.has(column, row) {
                continue;
            }
            group.set(column, row);
            left = left & !group;
            for (x, y) in (0..9).map(|n| (column + n % 3, row + n / 3)) {
                if let (Some(x), Some(y)) = (x.checked_sub(1), y.checked_sub(1)) {
                    reached.push((x, y));
                }
            }
        }
        groups.push(group);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Polygon, TICKS_PER_SECOND, TimeRange};
    use crate::detect::AlertZone;

    fn cells(of: &[(usize, usize)]) -> Cells {
        let mut cells = Cells::NONE;
        of.iter().for_each(|&(column, row)| cells.set(column, row));
        cells
    }

    /// Somebody who walks from left to right along a row, a cell a second.
    fn walk(row: usize) -> Vec<(Ticks, Cells)> {
        (0..COLUMNS).map(|n| (Ticks(n as i64 * TICKS_PER_SECOND), cells(&[(n, row), (n, row + 1)]))).collect()
    }

    fn right_half(shortest: f32) -> Zones {
        let area = Polygon::new(vec![(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]).expect("an area");
        let zone =
            AlertZone { area, sensitivity: crate::catalogue::Sensitivity::Normal, smallest: 0.0, shortest };
        Zones::new(&[zone], &[])
    }

    fn ranges(events: &[(Event, u32)]) -> Vec<TimeRange> {
        events.iter().map(|(event, _)| TimeRange::new(event.start, event.end)).collect()
    }

    #[test]
    fn one_walk_is_one_event() {
        let events = replay(Zones::default(), walk(4));
        assert_eq!(events.len(), 1);
        let (event, peak) = &events[0];
        assert_eq!((event.start, *peak, event.cells.count()), (Ticks(0), 2, 64));
        assert!(event.end >= Ticks(31 * TICKS_PER_SECOND));
    }

    #[test]
    fn a_zone_counts_what_is_in_it() {
        let events = replay(right_half(0.0), walk(4));
        assert_eq!(ranges(&events)[0].from, Ticks(16 * TICKS_PER_SECOND));
        assert!(replay(right_half(60.0), walk(4)).is_empty(), "it is not there for a minute");
    }

    #[test]
    fn a_mask_takes_out_what_is_in_it() {
        let whole = Polygon::new(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]).expect("an area");
        assert!(replay(Zones::new(&[], &[whole]), walk(4)).is_empty());
    }

    proptest! {
        #[test]
        fn groups_are_all_cells_once(of in proptest::collection::vec((0..COLUMNS, 0..ROWS), 0..40)) {
            let all = cells(&of);
            let groups = groups(all);
            prop_assert_eq!(groups.iter().fold(Cells::NONE, |sum, group| sum | *group), all);
            prop_assert_eq!(groups.iter().map(Cells::count).sum::<u32>(), all.count());
            for (n, group) in groups.iter().enumerate() {
                let near = |a: (usize, usize), b: (usize, usize)| a.0.abs_diff(b.0) <= 1 && a.1.abs_diff(b.1) <= 1;
                let touches = |other: &Cells| group.iter().any(|a| other.iter().any(|b| near(a, b)));
                prop_assert!(!groups[n + 1..].iter().any(touches));
            }
        }
    }
}
