//! Pure. Where motion counts: alert zones, each with its sensitivity, and masks in which nothing ever counts.

use super::motion::{Activity, Mover};
use crate::base::{Cells, Polygon};
use crate::catalogue::Sensitivity;

/// Share of a mover's cells that makes it one of a zone, if its foot does not stand there.
const MOSTLY: f32 = 0.34;
/// Share of a cell inside of an area that makes the cell one of it.
const INSIDE: f32 = 0.5;

/// Least share of the picture a mover changes, and least contrast in grey levels.
fn least(sensitivity: Sensitivity) -> (f32, f32) {
    match sensitivity {
        // Near and clear: a person at about a sixth of the picture's height.
        Sensitivity::Low => (0.002, 18.0),
        // A person at 5 % of the picture's height.
        Sensitivity::Normal => (0.0003, 8.0),
        Sensitivity::High => (0.0, 0.0),
    }
}

/// An area in which motion counts.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertZone {
    /// Where.
    pub area: Polygon,
    /// How much it takes.
    pub sensitivity: Sensitivity,
    /// Least share of the picture that a mover changes, 0..=1; 0 leaves it to the sensitivity.
    pub smallest: f32,
    /// Time that something has to be in the zone until it counts, seconds.
    pub shortest: f32,
}

struct Zone {
    cells: Cells,
    area: Option<Polygon>,
    smallest: f32,
    contrast: f32,
    shortest: f32,
}

/// The zones of a stream. Without alert zones the whole picture is one, of normal sensitivity.
pub struct Zones {
    zones: Vec<Zone>,
}

impl Default for Zones {
    fn default() -> Self {
        Self::new(&[], &[])
    }
}

impl Zones {
    /// From what was drawn.
    pub fn new(alert: &[AlertZone], masks: &[Polygon]) -> Self {
        let masked = masks.iter().fold(Cells::NONE, |cells, mask| cells | mask.cells(INSIDE));
        let zone = |drawn: &AlertZone| {
            let (smallest, contrast) = least(drawn.sensitivity);
            Zone {
                cells: drawn.area.cells(INSIDE) & !masked,
                area: Some(drawn.area.clone()),
                smallest: smallest.max(drawn.smallest),
                contrast,
                shortest: drawn.shortest,
            }
        };
        let mut zones: Vec<Zone> = alert.iter().map(zone).collect();
        if zones.is_empty() {
            let (smallest, contrast) = least(Sensitivity::Normal);
            zones.push(Zone { cells: !masked, area: None, smallest, contrast, shortest: 0.0 });
        }
        Self { zones }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.zones.len()
    }

    /// Never: the whole picture is a zone if nothing else is.
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// Time that something has to be in a zone until it counts, seconds.
    pub(super) fn shortest(&self, zone: usize) -> f32 {
        self.zones[zone].shortest
    }

    /// The movers that count in a zone.
    pub(super) fn movers<'a>(&self, zone: usize, activity: &'a Activity) -> Vec<&'a Mover> {
        let zone = &self.zones[zone];
        activity.movers.iter().filter(|mover| zone.counts(mover)).collect()
    }
}

impl Zone {
    fn counts(&self, mover: &Mover) -> bool {
        let all = mover.cells.count().max(1) as f32;
        let inside = (mover.cells & self.cells).count() as f32 / all;
        let bounds = mover.bounds;
        let foot = ((bounds.left + bounds.right) / 2.0, bounds.bottom);
        let stands = inside > 0.0 && self.area.as_ref().is_none_or(|area| area.contains(foot.0, foot.1));
        (inside >= MOSTLY || stands) && mover.area >= self.smallest && mover.contrast >= self.contrast
    }
}
