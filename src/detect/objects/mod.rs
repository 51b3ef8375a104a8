//! The object filter: is it a person, a vehicle, an animal? Optional (feature `objects`), with a model that the user brings.
//!
//! The large picture of an event, which is made anyway, is cut to where the mover was at its best moment (`crop`) and
//! shown to the model (`model`, the only file that names rten), whose numbers `decode` reads. What is found is kept with the
//! event. A look that finds nothing lowers the event's rank; nothing else follows from it: no footage and no event goes.
//!
//! What always holds:
//! - looking happens on one thread of low priority that nobody waits for; one picture waits for it at most, and an event
//!   whose picture finds no room stays as it is: not looked at;
//! - at most five looks a second, for all cameras together.

mod checker;
mod crop;
#[cfg(feature = "objects")]
mod decode;
#[cfg(feature = "objects")]
mod model;
#[cfg(all(test, feature = "objects"))]
mod onnx_tests;

pub(super) use checker::{Checker, Look};
#[cfg(feature = "objects")]
pub use model::finder;

use super::motion::Bounds;
use crate::base::Result;
use crate::catalogue::ObjectKind;

/// Something that was found in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// What.
    pub kind: ObjectKind,
    /// How sure, 0..=1.
    pub confidence: f32,
    /// Where in the picture that was shown.
    pub bounds: Bounds,
}

/// Finds things in small pictures.
pub trait Finder {
    /// Pixels across and down of the pictures that it looks at.
    fn size(&self) -> (usize, usize);

    /// Looks at a picture of just that size: red, green, blue, row by row.
    ///
    /// # Errors
    /// When it cannot be looked at.
    fn find(&mut self, rgb: &[u8]) -> Result<Vec<Sighting>>;
}

/// Makes the finder, on the thread that will use it.
pub type LoadFinder = Box<dyn FnOnce() -> Result<Box<dyn Finder>> + Send>;
