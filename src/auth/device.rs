//! Marks that say "somebody has signed in from this device before". A mark opens nothing; it only gives the device its
//! own tries.

use super::token::{Digest, fresh_token};
use crate::base::{Result, Secret, hex, random_token};
use crate::catalogue::Catalogue;

/// Fact in the catalogue: the key that marks are made with.
const KEY: &str = "device_key";

/// Makes and knows marks.
#[derive(Debug)]
pub(super) struct Devices {
    key: Secret,
}

impl Devices {
    /// With the key in the catalogue, made at the first start.
    pub(super) async fn open(catalogue: &Catalogue) -> Result<Self> {
        if let Some(key) = catalogue.meta(KEY).await? {
            return Ok(Self { key: Secret::new(key) });
        }
        let key = random_token(32);
        catalogue.set_meta(KEY, &key).await?;
        Ok(Self { key: Secret::new(key) })
    }

    /// A mark for a device that has just signed in.
    pub(super) fn mark(&self) -> Secret {
        let name = fresh_token();
        let seal = self.seal(name.expose());
        Secret::new(format!("{}.{seal}", name.expose()))
    }

    /// The device of a mark that was made here.
    pub(super) fn known(&self, mark: &str) -> Option<Digest> {
        let (name, seal) = mark.split_once('.')?;
        // Comparing digests of both tells nothing about the seal by the time it takes.
        let (ours, theirs) = (Digest::of(&[self.seal(name).as_bytes()]), Digest::of(&[seal.as_bytes()]));
        (ours == theirs).then(|| Digest::of(&[name.as_bytes()]))
    }

    /// Keyed hash. Hashing twice keeps it safe from lengthening (the outer hash of HMAC, RFC 2104).
    fn seal(&self, name: &str) -> String {
        let inner = Digest::of(&[self.key.expose().as_bytes(), b"|", name.as_bytes()]);
        let outer = Digest::of(&[self.key.expose().as_bytes(), b"|", &inner.0]);
        hex(&outer.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_marks_are_known() {
        let ours = Devices { key: Secret::new("k") };
        let mark = ours.mark();
        assert!(ours.known(mark.expose()).is_some());
        assert!(ours.known(&mark.expose().replacen(|c: char| c.is_ascii_digit(), "x", 1)).is_none());
        assert!(Devices { key: Secret::new("other") }.known(mark.expose()).is_none());
        assert!(ours.known("").is_none() && ours.known(".").is_none());
    }
}
