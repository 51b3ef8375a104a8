//! Links to exports: their tokens, their PINs, and who has given a right one.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::bucket::Buckets;
use super::session::{Auth, Denied};
use super::token::{Digest, fresh_token};
use crate::base::{Error, Result, Secret, TICKS_PER_SECOND, Ticks, hex};
use crate::catalogue::TokenHash;

/// Links whose tries are remembered; beyond, newcomers share one bucket.
const REMEMBERED: usize = 1024;
/// Digits of a PIN.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=12;
/// How long a right PIN is good for on one device.
const PASS: i64 = 3600 * TICKS_PER_SECOND;

/// What is remembered of shares, until the service ends.
pub(super) struct Shares {
    /// Makes passes that nobody else can make.
    key: Secret,
    tries: Mutex<Buckets<TokenHash>>,
}

impl Shares {
    pub(super) fn new() -> Self {
        Self { key: fresh_token(), tries: Mutex::new(Buckets::new(REMEMBERED)) }
    }

    /// Of a fixed form, as one link's passes must not be another's.
    fn proof(&self, share: TokenHash, until: i64) -> Digest {
        Digest::of(&[b"share-pass", self.key.expose().as_bytes(), &share.0, &until.to_be_bytes()])
    }

    fn try_one(&self, share: TokenHash, now: i64) -> Result<(), Denied> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        match tries.wait(&share, now) {
            0 => {
                tries.take(share, now);
                Ok(())
            }
            ticks => Err(Denied::TooMany { retry_after_s: (ticks / TICKS_PER_SECOND + 1).unsigned_abs() }),
        }
    }
}

/// What the catalogue knows a link by.
pub fn share_hash(token: &str) -> TokenHash {
    TokenHash(Digest::of(&[b"share", token.as_bytes()]).0)
}

impl Auth {
    /// A new link's token of 256 bits, for the one who shares, and what the catalogue may know of it.
    pub fn new_share(&self) -> (Secret, TokenHash) {
        let token = fresh_token();
        let hash = share_hash(token.expose());
        (token, hash)
    }

    /// PHC string of a new PIN.
    ///
    /// # Errors
    /// `Invalid` when it is none.
    pub async fn pin_hash(&self, pin: Secret) -> Result<String> {
        let digits = pin.expose().bytes().all(|b| b.is_ascii_digit());
        if !digits || !DIGITS.contains(&pin.expose().len()) {
            return Err(Error::invalid("a PIN has 4 to 12 digits"));
        }
        self.hasher().hash_short(pin).await
    }

    /// Tries a PIN: at most five at once and five a minute for a link, wherever they come from. Answers a pass that
    /// spares this device the next question, and the seconds it is good for.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn try_pin(
        &self,
        share: TokenHash,
        pin_hash: String,
        pin: Secret,
        from: IpAddr,
    ) -> Result<(Secret, i64), Denied> {
        self.shares().try_one(share, self.clock().monotonic())?;
        if !self.hasher().verify(pin, Some(pin_hash)).await? {
            tracing::warn!(peer = %from, "a wrong PIN of a shared link was tried");
            return Err(Denied::Wrong);
        }
        self.shares().tries.lock().unwrap_or_else(PoisonError::into_inner).give_back(&share);
        let until = (self.clock().now() + PASS).0;
        let pass = format!("{until:x}.{}", hex(&self.shares().proof(share, until).0));
        Ok((Secret::new(pass), PASS / TICKS_PER_SECOND))
    }

    /// True for a pass that [`try_pin`](Self::try_pin) gave for this link within the hour.
    pub fn has_pass(&self, share: TokenHash, pass: &str) -> bool {
        let Some((until, proof)) = pass.split_once('.') else { return false };
        let Ok(until) = i64::from_str_radix(until, 16) else { return false };
        let right = hex(&self.shares().proof(share, until).0);
        // Hashes of both, so that the time it takes says nothing of the right one.
        let same = Digest::of(&[right.as_bytes()]) == Digest::of(&[proof.as_bytes()]);
        same && self.clock().now() < Ticks(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_belongs_to_one_link_and_one_start() {
        let (one, two) = (Shares::new(), Shares::new());
        let (a, b) = (share_hash("a"), share_hash("b"));
        assert_eq!(one.proof(a, 7), one.proof(a, 7));
        assert_ne!(one.proof(a, 7), one.proof(b, 7));
        assert_ne!(one.proof(a, 7), one.proof(a, 8));
        assert_ne!(one.proof(a, 7), two.proof(a, 7));
    }

    #[test]
    fn pins_of_a_link_are_tried_five_times_and_those_of_others_all_the_same() {
        let shares = Shares::new();
        let tried = (0..50).filter(|_| shares.try_one(share_hash("a"), 0).is_ok()).count();
        assert_eq!(tried, 5);
        assert!(matches!(shares.try_one(share_hash("a"), 0), Err(Denied::TooMany { retry_after_s: 13 })));
        assert!(shares.try_one(share_hash("b"), 0).is_ok());
    }
}
