//! Who sends (RFC 8292): a signed statement by which a push service knows the recorder again. The key pair is made at the first
//! start and kept sealed; another one would cut off every browser that has subscribed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;
use url::Url;

use crate::base::{Error, Result, Secret, TICKS_PER_SECOND, Ticks};
use crate::catalogue::Catalogue;

/// Row of the key pair, sealed.
const KEY: &str = "push_vapid_key";
const HOUR: i64 = 3600 * TICKS_PER_SECOND;
/// A statement holds for so long; 24 hours are the most that is allowed (RFC 8292 section 2).
const HOLDS: i64 = 12 * HOUR;
/// It is used again as long as it holds for so long.
const LEFT: i64 = 2 * HOUR;

/// Signs for the recorder.
pub(in crate::alert) struct Vapid {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    /// Where push services can reach whoever runs this.
    contact: String,
    /// Statements by whom they are for, and until when they hold.
    made: Mutex<HashMap<String, (String, Ticks)>>,
}

fn broken<E>(_: E) -> Error {
    Error::internal("the key for push messages cannot be used; report this")
}

impl Vapid {
    /// With the catalogue's key pair, which is made at the first start. `contact`: a `mailto:` or `https:` address.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub(in crate::alert) async fn open(catalogue: &Catalogue, contact: &str) -> Result<Self> {
        let random = SystemRandom::new();
        let fresh =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(broken)?;
        let fresh = Secret::new(URL_SAFE_NO_PAD.encode(fresh.as_ref()));
        let kept = catalogue.ensure_secret(KEY, fresh).await?;
        let pkcs8 = URL_SAFE_NO_PAD.decode(kept.expose()).map_err(broken)?;
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).map_err(broken)?;
        Ok(Self { pair, random, contact: contact.to_owned(), made: Mutex::default() })
    }

    /// The public key, as a browser wants it to subscribe: an uncompressed point in base64url.
    pub(in crate::alert) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// The `Authorization` header for a push service (RFC 8292 section 3).
    ///
    /// # Errors
    /// `Internal` when it cannot be signed.
    pub(in crate::alert) fn authorization(&self, endpoint: &Url, now: Ticks) -> Result<String> {
        let audience = endpoint.origin().ascii_serialization();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, until)) = made.get(&audience) {
            let left = *until - now;
            if (LEFT..=HOLDS).contains(&left) {
                return Ok(token.clone());
            }
        }
        let until = now + HOLDS;
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({"aud": audience, "exp": until.seconds(), "sub": self.contact});
        let text = format!("{}.{}", part(json!({"typ": "JWT", "alg": "ES256"})), part(claims));
        let signed = self.pair.sign(&self.random, text.as_bytes()).map_err(broken)?;
        let token =
            format!("vapid t={text}.{}, k={}", URL_SAFE_NO_PAD.encode(signed.as_ref()), self.public_key());
        // Few push services there are; whoever subscribes with many names must not fill the memory.
        if made.len() > 50 {
            made.clear();
        }
        made.insert(audience, (token.clone(), until));
        Ok(token)
    }
}
