//! Room **config** (floor 1): from what a person wrote in one TOML file to what the program may rely on.
//!
//! Owns toml and its one file. `raw` is the file as it may be written, `checked` is [`Config`]: every value in it is
//! usable, every path absolute, so that no other room checks again.
//!
//! What always holds:
//! - no file is needed: an empty one and none at all give the same, working configuration;
//! - what is not understood is refused, never ignored: one sentence names file, line, column and what to do;
//! - secrets do not stand here, nor do cameras or people: those are in the catalogue.

mod checked;
mod place;
mod raw;
mod size;
mod tls;

use std::path::Path;

pub use checked::{Alert, Config, Days, Detect, Export, Objects, Site, Volume};
pub use raw::{ObjectDecoder, Pictures};
pub use tls::{Acme, CertificateSource, Proof, Tls};

use crate::base::{Error, Result};

impl Config {
    /// Reads the file, or gives the defaults when there is none. Relative paths count from the file's folder, or from
    /// the current one.
    ///
    /// # Errors
    /// `Io` when the file cannot be read, `Invalid` for what stands in it.
    pub fn load(file: Option<&Path>, data: Option<&Path>) -> Result<Self> {
        let here = std::env::current_dir().map_err(|e| Error::io("the current folder cannot be named", e))?;
        let data = data.map(|data| here.join(data));
        let Some(file) = file else { return Self::parse("", Path::new("(no file)"), &here, data.as_deref()) };
        let text = std::fs::read_to_string(file).map_err(|e| {
            Error::io(format!("{} cannot be read; name another file with --config", file.display()), e)
        })?;
        let folder = file.parent().map_or_else(|| here.clone(), |folder| here.join(folder));
        Self::parse(&text, file, &folder, data.as_deref())
    }
}
