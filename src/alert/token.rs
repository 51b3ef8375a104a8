//! Tokens in a message by which a phone says what became of it, without being signed in: that it was shown or opened, that its
//! person wants quiet, or has taken care of it. One names a delivery and ends by itself; who has it can say these things of
//! that delivery and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use uuid::Uuid;

use crate::base::{Result, Secret, Ticks, random_token};
use crate::catalogue::Catalogue;

/// Row of the key, sealed.
const KEY: &str = "alert_action_key";
const ID_BYTES: usize = 16;
const END_BYTES: usize = 8;
/// Bytes of the code that are sent: 128 bits are enough for something that ends within days.
const CODE_BYTES: usize = 16;

/// Makes and checks tokens.
#[derive(Clone)]
pub struct Signer(hmac::Key);

impl Signer {
    /// With the catalogue's key, which is made at the first start.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn open(catalogue: &Catalogue) -> Result<Self> {
        let secret = catalogue.ensure_secret(KEY, Secret::new(random_token(32))).await?;
        Ok(Self::with(&secret))
    }

    fn with(secret: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()))
    }

    /// A token for a delivery, good up to an instant.
    pub fn token(&self, delivery: Uuid, until: Ticks) -> String {
        let mut bytes = delivery.as_bytes().to_vec();
        bytes.extend(until.seconds().to_be_bytes());
        let code = hmac::sign(&self.0, &bytes);
        bytes.extend(code.as_ref().iter().take(CODE_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The delivery that a token names; `None` when it is none of ours, or its time is over.
    pub fn delivery(&self, token: &str, now: Ticks) -> Option<Uuid> {
        if token.len() > 100 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signed, code) = bytes.split_at_checked(ID_BYTES + END_BYTES)?;
        let right = hmac::sign(&self.0, signed);
        let right = right.as_ref().get(..CODE_BYTES)?;
        // In constant time: nobody learns how much of a guess was right.
        let same =
            code.len() == CODE_BYTES && code.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0;
        let (id, end) = signed.split_at(ID_BYTES);
        let end = i64::from_be_bytes(end.try_into().ok()?);
        (same && now.seconds() < end).then(|| Uuid::from_slice(id).ok())?
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signer() -> Signer {
        Signer::with(&Secret::new("một khóa"))
    }

    #[test]
    fn a_token_is_good_until_its_end_and_for_one_delivery() {
        let (id, end) = (Uuid::from_u128(7), Ticks::from_seconds(1_000_000));
        let token = signer().token(id, end);
        assert_eq!(signer().delivery(&token, end + -90_000), Some(id));
        assert_eq!(signer().delivery(&token, end), None);
        let other = Signer::with(&Secret::new("khóa khác"));
        assert_eq!(other.delivery(&token, Ticks(0)), None);
        assert_eq!(signer().delivery("", Ticks(0)), None);
        assert_eq!(signer().delivery(&token[..40], Ticks(0)), None);
    }

    proptest! {
        #[test]
        fn no_bit_of_it_may_change(at in 0_usize..40, bit in 0_u8..8) {
            let token = signer().token(Uuid::from_u128(7), Ticks::from_seconds(1_000_000));
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).expect("base64");
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(signer().delivery(&URL_SAFE_NO_PAD.encode(bytes), Ticks(0)), None);
        }
    }
}
