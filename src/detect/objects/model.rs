//! A model out of a file, run by rten. The only file that names it.

use std::path::Path;
use std::sync::Arc;

use rten::{Dimension, Model, RunOptions, ThreadPool, Value};

use super::decode::{Decoder, Table};
use super::{Finder, Sighting};
use crate::base::{Error, Kind, Result};
use crate::config::{ObjectDecoder, Objects};

/// Sides of pictures that models look at, in pixels.
const SIDES: std::ops::RangeInclusive<usize> = 32..=1280;

/// How the pixels of a picture are given to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Colour after colour.
    Planes,
    /// Pixel after pixel.
    Pixels,
}

struct Runner {
    model: Model,
    layout: Layout,
    size: (usize, usize),
    how: ObjectDecoder,
    decoder: Decoder,
    options: RunOptions,
}

/// Loads the model that the configuration names, and lets it look at an empty picture: what does not fit is known now.
/// Its threads have the priority of the one that calls this.
///
/// # Errors
/// `Io` when a file cannot be read; `Invalid` when it is no such model.
pub fn finder(how: &Objects) -> Result<Box<dyn Finder>> {
    let read = |path: &Path, key: &str| {
        std::fs::read(path).map_err(|e| {
            Error::io(format!("{} cannot be read; correct detect.objects.{key}", path.display()), e)
        })
    };
    let unfit = |why: &str| {
        let sentence = format!("{} {why}; name another one in detect.objects.model", how.model.display());
        Error::new(Kind::Invalid, sentence)
    };
    let file = read(&how.model, "model")?;
    let labels = String::from_utf8(read(&how.labels, "labels")?).map_err(|e| {
        let path = how.labels.display();
        Error::invalid(format!("{path} is no text; correct detect.objects.labels")).because(e)
    })?;
    let model =
        Model::load(file).map_err(|e| unfit("is no ONNX model that can be run").because(e.to_string()))?;
    let shape = if model.input_ids().len() == 1 { model.input_shape(0) } else { None };
    let fixed: Option<Vec<usize>> = shape.and_then(|shape| shape.into_iter().map(length).collect());
    let (layout, size) = match fixed.as_deref() {
        Some(&[1, 3, height, width]) => (Layout::Planes, (width, height)),
        Some(&[1, height, width, 3]) => (Layout::Pixels, (width, height)),
        _ => return Err(unfit("does not look at one picture of fixed size in three colours")),
    };
    if !SIDES.contains(&size.0) || !SIDES.contains(&size.1) {
        return Err(unfit("looks at pictures of less than 32 or more than 1280 pixels"));
    }
    // One thread: a look has time, and the other processors have work.
    let mut options = RunOptions::default();
    options.thread_pool = Some(Arc::new(ThreadPool::with_num_threads(1)));
    let decoder = Decoder::new(how.decoder, &labels, how.threshold, size);
    let runner = Runner { model, layout, size, how: how.decoder, decoder, options };
    runner.run(&vec![0; size.0 * size.1 * 3]).map_err(|why| unfit(&why))?;
    Ok(Box::new(runner))
}

fn length(dimension: Dimension) -> Option<usize> {
    match dimension {
        Dimension::Fixed(length) => Some(length),
        Dimension::Symbolic(_) => None,
    }
}

impl Runner {
    /// A part of a sentence when it does not work.
    fn run(&self, rgb: &[u8]) -> std::result::Result<Vec<Sighting>, String> {
        let broken = |e: &dyn std::fmt::Display| format!("cannot be run ({e})");
        let (width, height) = self.size;
        // Each as its family was trained: TensorFlow's SSD on red, green, blue from -1 to 1; YOLOX on blue, green, red
        // as they are.
        let value = |pixel: usize, colour: usize| match self.how {
            ObjectDecoder::Ssd => f32::from(rgb[pixel * 3 + colour]) / 127.5 - 1.0,
            ObjectDecoder::Yolox => f32::from(rgb[pixel * 3 + 2 - colour]),
        };
        let pixels = width * height;
        let (shape, values): ([usize; 4], Vec<f32>) = match self.layout {
            Layout::Planes => {
                ([1, 3, height, width], (0..pixels * 3).map(|n| value(n % pixels, n / pixels)).collect())
            }
            Layout::Pixels => ([1, height, width, 3], (0..pixels * 3).map(|n| value(n / 3, n % 3)).collect()),
        };
        let input = Value::from_shape(shape, values).map_err(|e| broken(&e))?;
        let inputs = vec![(self.model.input_ids()[0], input.into())];
        let outputs = self
            .model
            .run(inputs, self.model.output_ids(), Some(self.options.clone()))
            .map_err(|e| broken(&e))?;
        // What is no table is none of the outputs that are wanted.
        let table = |output: Value| output.into_shape_vec::<f32, 3>().ok();
        let tables = outputs.into_iter().filter_map(table).filter(|([n, ..], _)| *n == 1);
        let tables: Vec<Table> = tables.map(|([_, _, columns], values)| Table { columns, values }).collect();
        self.decoder.sightings(&tables)
    }
}

impl Finder for Runner {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn find(&mut self, rgb: &[u8]) -> Result<Vec<Sighting>> {
        self.run(rgb).map_err(|why| Error::internal(format!("the object filter's model {why}; report this")))
    }
}
