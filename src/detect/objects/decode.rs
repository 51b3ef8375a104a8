//! Pure. From a model's numbers to what it has found.
//!
//! Boxes around the same thing are all returned: what is asked is whether there is a person, not how many.

use super::Sighting;
use crate::catalogue::ObjectKind;
use crate::config::ObjectDecoder;
use crate::detect::motion::Bounds;

/// One output of a model: rows of so many numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub(super) columns: usize,
    pub(super) values: Vec<f32>,
}

impl Table {
    fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    fn row(&self, n: usize) -> &[f32] {
        &self.values[n * self.columns..][..self.columns]
    }
}

/// A box that a model's boxes are told against, in parts of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Anchor {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

/// Reads the numbers of one model.
pub(super) struct Decoder {
    how: ObjectDecoder,
    /// What each class is; `None` counts for nothing.
    classes: Vec<Option<ObjectKind>>,
    threshold: f32,
    anchors: Vec<Anchor>,
}

impl Decoder {
    /// For a model that looks at pictures of that size; `labels` has one class in a line.
    pub(super) fn new(how: ObjectDecoder, labels: &str, threshold: f32, size: (usize, usize)) -> Self {
        let anchors = match how {
            ObjectDecoder::Ssd => ssd_anchors(size),
            ObjectDecoder::Yolox => yolox_anchors(size),
        };
        let classes = labels.trim_end().lines().map(|line| kind(line.trim())).collect();
        Self { how, classes, threshold, anchors }
    }

    /// What the outputs of one run say.
    ///
    /// # Errors
    /// A part of a sentence, when they are not those of such a model.
    pub(super) fn sightings(&self, outputs: &[Table]) -> Result<Vec<Sighting>, String> {
        let (anchors, classes) = (self.anchors.len(), self.classes.len());
        let table = |columns: usize| {
            let fits = |t: &&Table| t.columns == columns && t.rows() == anchors;
            let shapes: Vec<_> = outputs.iter().map(|t| format!("{} x {}", t.rows(), t.columns)).collect();
            outputs.iter().find(fits).ok_or_else(|| {
                format!(
                    "gives {} where {anchors} x {columns} is wanted for {classes} labels",
                    shapes.join(", ")
                )
            })
        };
        match self.how {
            ObjectDecoder::Ssd => {
                let (boxes, scores) = (table(4)?, table(classes)?);
                Ok(self.each(|n, anchor| {
                    let surest = self.surest(scores.row(n));
                    let surest = surest.map(|(kind, logit)| (kind, 1.0 / (1.0 + (-logit).exp())));
                    (surest, ssd_box(boxes.row(n), anchor))
                }))
            }
            ObjectDecoder::Yolox => {
                let rows = table(5 + classes)?;
                Ok(self.each(|n, anchor| {
                    let row = rows.row(n);
                    let surest = self.surest(&row[5..]).map(|(kind, score)| (kind, row[4] * score));
                    (surest, yolox_box(row, anchor))
                }))
            }
        }
    }

    fn each(&self, read: impl Fn(usize, &Anchor) -> (Option<(ObjectKind, f32)>, Bounds)) -> Vec<Sighting> {
        let read = |(n, anchor)| {
            let (surest, bounds) = read(n, anchor);
            let (kind, confidence) = surest?;
            Some(Sighting { kind, confidence: confidence.min(1.0), bounds })
        };
        let all = self.anchors.iter().enumerate().filter_map(read);
        all.filter(|seen| {
            let b = seen.bounds;
            seen.confidence >= self.threshold
                && [b.left, b.top, b.right, b.bottom].iter().all(|v| v.is_finite())
        })
        .collect()
    }

    /// The class that is surest of those that count. Each has its own probability: how sure the model is of "nothing"
    /// says nothing about them.
    fn surest(&self, scores: &[f32]) -> Option<(ObjectKind, f32)> {
        let counting = self.classes.iter().zip(scores).filter_map(|(kind, score)| Some(((*kind)?, *score)));
        counting.filter(|(_, score)| score.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn kind(label: &str) -> Option<ObjectKind> {
    const PEOPLE: &[&str] =
        &["person", "human", "man", "woman", "boy", "girl", "child", "rider", "pedestrian"];
    const VEHICLES: &[&str] = &[
        "vehicle",
        "car",
        "bicycle",
        "motorcycle",
        "motorbike",
        "bus",
        "truck",
        "van",
        "tractor",
        "train",
        "boat",
    ];
    const ANIMALS: &[&str] = &[
        "animal", "dog", "cat", "cattle", "cow", "buffalo", "horse", "pig", "sheep", "goat", "bird",
        "chicken", "duck", "elephant", "bear", "zebra", "giraffe",
    ];
    let label = label.to_lowercase();
    let is = |known: &[&str]| known.contains(&label.as_str());
    match label.as_str() {
        // What classifiers call "nothing".
        "" | "???" | "background" | "__background__" => None,
        _ if is(PEOPLE) => Some(ObjectKind::Person),
        _ if is(VEHICLES) => Some(ObjectKind::Vehicle),
        _ if is(ANIMALS) => Some(ObjectKind::Animal),
        _ => Some(ObjectKind::Other),
    }
}

/// Anchors of SSD with six layers, as in MediaPipe's `SsdAnchorsCalculator` with the options of TensorFlow's
/// SSD-MobileNet: scales 0.2 to 0.95, five shapes and one size in between; fewer in the first layer.
fn ssd_anchors((width, height): (usize, usize)) -> Vec<Anchor> {
    const LAYERS: usize = 6;
    const SHAPES: [f32; 5] = [1.0, 2.0, 0.5, 3.0, 0.3333];
    let scale =
        |layer: usize| if layer == LAYERS { 1.0 } else { 0.2 + 0.75 * layer as f32 / (LAYERS - 1) as f32 };
    let mut anchors = Vec::new();
    for layer in 0..LAYERS {
        let size = scale(layer);
        let mut sizes: Vec<(f32, f32)> = SHAPES.iter().map(|shape| (size, *shape)).collect();
        if layer == 0 {
            sizes = vec![(0.1, 1.0), (size, 2.0), (size, 0.5)];
        } else {
            sizes.push(((size * scale(layer + 1)).sqrt(), 1.0));
        }
        let stride = 16 << layer;
        let (across, down) = (width.div_ceil(stride), height.div_ceil(stride));
        for n in 0..across * down {
            let (x, y) = ((n % across) as f32 + 0.5, (n / across) as f32 + 0.5);
            anchors.extend(sizes.iter().map(|(size, shape)| Anchor {
                x: x / across as f32,
                y: y / down as f32,
                width: size * shape.sqrt(),
                height: size / shape.sqrt(),
            }));
        }
    }
    anchors
}

/// The box coder of SSD: y, x, height, width against the anchor, places ten times and logarithms of sizes five times.
fn ssd_box(row: &[f32], anchor: &Anchor) -> Bounds {
    let (x, y) = (anchor.x + row[1] / 10.0 * anchor.width, anchor.y + row[0] / 10.0 * anchor.height);
    centred(x, y, anchor.width * (row[3] / 5.0).exp(), anchor.height * (row[2] / 5.0).exp())
}

/// Cells of three grids; the upper left of a cell, and its size.
fn yolox_anchors((width, height): (usize, usize)) -> Vec<Anchor> {
    let cells = |stride: usize| {
        let (across, down) = (width / stride, height / stride);
        let (cell_width, cell_height) = (stride as f32 / width as f32, stride as f32 / height as f32);
        (0..across * down).map(move |n| Anchor {
            x: (n % across) as f32 * cell_width,
            y: (n / across) as f32 * cell_height,
            width: cell_width,
            height: cell_height,
        })
    };
    [8, 16, 32].into_iter().flat_map(cells).collect()
}

/// Centre in cells from the cell's upper left, logarithm of the size in cells.
fn yolox_box(row: &[f32], cell: &Anchor) -> Bounds {
    let (x, y) = (cell.x + row[0] * cell.width, cell.y + row[1] * cell.height);
    centred(x, y, row[2].exp() * cell.width, row[3].exp() * cell.height)
}

fn centred(x: f32, y: f32, width: f32, height: f32) -> Bounds {
    Bounds { left: x - width / 2.0, top: y - height / 2.0, right: x + width / 2.0, bottom: y + height / 2.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LABELS: &str = "???\nPerson\nCar\nDog\nChair\n";

    fn silent(decoder: &Decoder, columns: usize, value: f32) -> Table {
        Table { columns, values: vec![value; decoder.anchors.len() * columns] }
    }

    fn near(bounds: Bounds, wanted: [f32; 4]) {
        let is = [bounds.left, bounds.top, bounds.right, bounds.bottom];
        assert!(is.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-3), "{is:?} is not {wanted:?}");
    }

    #[test]
    fn ssd_has_as_many_anchors_as_the_model_has_rows() {
        let anchors = ssd_anchors((300, 300));
        assert_eq!(anchors.len(), 1917);
        assert_eq!(anchors[0], Anchor { x: 0.5 / 19.0, y: 0.5 / 19.0, width: 0.1, height: 0.1 });
        let last = anchors[1916];
        assert_eq!((last.x, last.y), (0.5, 0.5));
        assert!((last.width - 0.95_f32.sqrt()).abs() < 1e-6 && last.width == last.height);
        assert_eq!(yolox_anchors((416, 416)).len(), 3549);
    }

    #[test]
    fn ssd_is_read_against_its_anchors() {
        let decoder = Decoder::new(ObjectDecoder::Ssd, LABELS, 0.5, (300, 300));
        let (mut boxes, mut scores) = (silent(&decoder, 4, 0.0), silent(&decoder, 5, -9.0));
        // The last anchor: in the middle, nearly as large as the picture. Moved right by a tenth of itself, half as high.
        boxes.values[1916 * 4..].copy_from_slice(&[0.0, 1.0, 5.0 * 0.5_f32.ln(), 0.0]);
        scores.values[1916 * 5 + 1] = 2.0;
        // Background is nothing, however sure, and hides nothing.
        scores.values[7 * 5] = 9.0;
        scores.values[1916 * 5] = 3.0;
        let found = decoder.sightings(&[scores.clone(), boxes.clone()]).expect("fits");
        assert_eq!(found, decoder.sightings(&[boxes, scores]).expect("fits in any order"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, ObjectKind::Person);
        assert!((found[0].confidence - 0.8808).abs() < 1e-3);
        let side = 0.95_f32.sqrt();
        let (x, half) = (0.5 + side / 10.0, side / 2.0);
        near(found[0].bounds, [x - half, 0.5 - half / 2.0, x + half, 0.5 + half / 2.0]);
    }

    #[test]
    fn yolox_is_read_against_its_grids() {
        let decoder = Decoder::new(ObjectDecoder::Yolox, "person\ncar", 0.3, (64, 32));
        assert_eq!(decoder.anchors.len(), 32 + 8 + 2);
        let mut rows = silent(&decoder, 7, 0.0);
        // The second cell of 16 pixels, in its middle, two cells wide and one high.
        rows.values[33 * 7..34 * 7].copy_from_slice(&[0.5, 0.5, 2.0_f32.ln(), 0.0, 0.9, 0.1, 0.8]);
        // Sure that there is something, not what.
        rows.values[..7].copy_from_slice(&[0.0, 0.0, 0.0, 0.0, 0.9, 0.3, 0.2]);
        let found = decoder.sightings(&[rows]).expect("fits");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, ObjectKind::Vehicle);
        assert!((found[0].confidence - 0.72).abs() < 1e-6);
        near(found[0].bounds, [8.0 / 64.0, 0.0, 40.0 / 64.0, 16.0 / 32.0]);
    }

    #[test]
    fn outputs_of_another_model_are_refused_with_both_shapes() {
        let decoder = Decoder::new(ObjectDecoder::Ssd, LABELS, 0.5, (300, 300));
        let refusal =
            decoder.sightings(&[Table { columns: 85, values: vec![0.0; 850] }]).expect_err("refused");
        assert_eq!(refusal, "gives 10 x 85 where 1917 x 4 is wanted for 5 labels");
    }

    proptest! {
        #[test]
        fn any_numbers_are_read(values in prop::collection::vec(any::<f32>(), 42 * 7), threshold in 0.05..0.95_f32) {
            let decoder = Decoder::new(ObjectDecoder::Yolox, "person\ncar", threshold, (64, 32));
            let found = decoder.sightings(&[Table { columns: 7, values }]).expect("fits");
            for seen in found {
                prop_assert!(seen.confidence >= threshold && seen.confidence <= 1.0);
                prop_assert!(seen.bounds.left.is_finite() && seen.bounds.right.is_finite());
            }
        }
    }
}
