//! Pure. Areas of a picture, drawn by people: polygons in parts of its width and height.

use serde::{Deserialize, Serialize};

use super::cells::{COLUMNS, Cells, ROWS};
use super::{Error, Result};

/// More corners than anybody draws.
const MOST_CORNERS: usize = 64;
/// Samples per side of a cell, of those that decide whether an area covers it.
const SAMPLES: usize = 8;

/// A polygon with 3 to 64 corners `(x, y)`, each in 0..=1 from the upper left; inside by the even-odd rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(f32, f32)>", into = "Vec<(f32, f32)>")]
pub struct Polygon(Vec<(f32, f32)>);

impl Polygon {
    /// # Errors
    /// `Invalid` when there are too few or too many corners, or one lies outside of the picture.
    pub fn new(corners: Vec<(f32, f32)>) -> Result<Self> {
        if !(3..=MOST_CORNERS).contains(&corners.len()) {
            return Err(Error::invalid(format!(
                "an area has 3 to {MOST_CORNERS} corners, not {}",
                corners.len()
            )));
        }
        let inside = |v: f32| (0.0..=1.0).contains(&v);
        match corners.iter().find(|&&(x, y)| !(inside(x) && inside(y))) {
            Some((x, y)) => Err(Error::invalid(format!(
                "the corner ({x}, {y}) lies outside of the picture; both numbers are parts of it, from 0 to 1"
            ))),
            None => Ok(Self(corners)),
        }
    }

    /// The corners, as drawn.
    pub fn corners(&self) -> &[(f32, f32)] {
        &self.0
    }

    /// Whether a point lies inside (even-odd rule).
    pub fn contains(&self, x: f32, y: f32) -> bool {
        let ends = self.0.iter().skip(1).chain(self.0.first());
        let crossings = self.0.iter().zip(ends).filter(|&(&(x0, y0), &(x1, y1))| {
            (y0 > y) != (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        });
        crossings.count() % 2 == 1
    }

    /// The cells of which at least `share` (0..=1) is inside; with 0 those that it touches at all, to an eighth of a
    /// cell. An area too small to be seen at that grain is at least the cell of its first corner.
    pub fn cells(&self, share: f32) -> Cells {
        let mut cells = Cells::NONE;
        let needed = (share * (SAMPLES * SAMPLES) as f32).ceil().max(1.0) as usize;
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let at = |cell: usize, sample: usize, of: usize| {
                    (cell as f32 + (sample as f32 + 0.5) / SAMPLES as f32) / of as f32
                };
                let samples = (0..SAMPLES * SAMPLES)
                    .filter(|s| self.contains(at(column, s % SAMPLES, COLUMNS), at(row, s / SAMPLES, ROWS)));
                if samples.count() >= needed {
                    cells.set(column, row);
                }
            }
        }
        if cells.is_empty() {
            let (x, y) = self.0[0];
            let cell = |v: f32, of: usize| ((v * of as f32) as usize).min(of - 1);
            cells.set(cell(x, COLUMNS), cell(y, ROWS));
        }
        cells
    }
}

impl TryFrom<Vec<(f32, f32)>> for Polygon {
    type Error = Error;
    fn try_from(corners: Vec<(f32, f32)>) -> Result<Self> {
        Self::new(corners)
    }
}

impl From<Polygon> for Vec<(f32, f32)> {
    fn from(polygon: Polygon) -> Self {
        polygon.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(left: f32, top: f32, right: f32, bottom: f32) -> Polygon {
        Polygon::new(vec![(left, top), (right, top), (right, bottom), (left, bottom)]).expect("inside")
    }

    #[test]
    fn the_whole_picture_is_every_cell() {
        assert_eq!(rectangle(0.0, 0.0, 1.0, 1.0).cells(1.0), Cells::ALL);
    }

    #[test]
    fn a_quarter_is_its_cells_and_no_others() {
        let cells = rectangle(0.5, 0.5, 1.0, 1.0).cells(0.5);
        assert_eq!(cells.count(), 16 * 9);
        assert!(cells.has(16, 9) && cells.has(31, 17) && !cells.has(15, 9) && !cells.has(16, 8));
    }

    #[test]
    fn a_share_decides_about_cells_at_the_rim() {
        let half_a_column = rectangle(0.0, 0.0, 1.5 / 32.0, 1.0);
        assert!(half_a_column.cells(0.5).has(1, 0));
        assert!(!half_a_column.cells(0.6).has(1, 0));
        assert!(half_a_column.cells(0.0).has(1, 0));
    }

    #[test]
    fn a_tiny_area_is_a_cell() {
        let cells = rectangle(0.999, 0.999, 0.9991, 0.9991).cells(0.5);
        assert_eq!(cells.iter().collect::<Vec<_>>(), [(31, 17)]);
    }

    #[test]
    fn a_hole_by_crossing_lines_is_not_inside() {
        let star: Vec<(f32, f32)> = (0..5)
            .map(|i| std::f32::consts::TAU * (i * 2) as f32 / 5.0)
            .map(|angle| (0.5 + 0.4 * angle.sin(), 0.5 - 0.4 * angle.cos()))
            .collect();
        assert!(!Polygon::new(star).expect("inside").contains(0.5, 0.5));
    }

    #[test]
    fn what_is_no_area_is_refused() {
        assert!(Polygon::new(vec![(0.0, 0.0), (1.0, 1.0)]).is_err());
        assert!(Polygon::new(vec![(0.0, 0.0), (1.0, 1.0), (0.0, 1.1)]).is_err());
        assert!(Polygon::new(vec![(0.0, 0.0), (1.0, 1.0), (f32::NAN, 0.0)]).is_err());
        assert!(serde_json::from_str::<Polygon>("[[0,0],[1,0],[2,2]]").is_err());
    }
}
