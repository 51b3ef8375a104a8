//! Marks that say "this account has been signed in to from this device before". A mark opens nothing; it only gives the device
//! tries of its own, and at that account alone: who collects marks by signing in to their own gains no tries at another's.

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

    /// A mark for a device that has just signed in to an account.
    pub(super) fn mark(&self, account: Digest) -> Secret {
        let name = fresh_token();
        let seal = self.seal(name.expose(), account);
        Secret::new(format!("{}.{seal}", name.expose()))
    }

    /// The device of a mark that was made here for this account.
    pub(super) fn known(&self, mark: &str, account: Digest) -> Option<Digest> {
        let (name, seal) = mark.split_once('.')?;
        // Comparing digests of both tells nothing about the seal by the time it takes.
        let (ours, theirs) =
            (Digest::of(&[self.seal(name, account).as_bytes()]), Digest::of(&[seal.as_bytes()]));
        (ours == theirs).then(|| Digest::of(&[name.as_bytes()]))
    }

    /// Keyed hash. Hashing twice keeps it safe from lengthening (the outer hash of HMAC, RFC 2104).
    fn seal(&self, name: &str, account: Digest) -> String {
        let inner = Digest::of(&[self.key.expose().as_bytes(), b"|", &account.0, name.as_bytes()]);
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
        let (mine, another) = (Digest([1; 32]), Digest([2; 32]));
        let mark = ours.mark(mine);
        assert!(ours.known(mark.expose(), mine).is_some());
        assert!(ours.known(mark.expose(), another).is_none(), "it is for one account");
        assert!(ours.known(&mark.expose().replacen(|c: char| c.is_ascii_digit(), "x", 1), mine).is_none());
        assert!(Devices { key: Secret::new("other") }.known(mark.expose(), mine).is_none());
        assert!(ours.known("", mine).is_none() && ours.known(".", mine).is_none());
    }
}
