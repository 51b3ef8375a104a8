//! Pure. Message encryption for Web Push (RFC 8291) in the coding `aes128gcm` (RFC 8188): one record, padded to a fixed length,
//! so that who carries it learns nothing from its size.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{aead, agreement, hkdf};

use crate::base::{Error, Result};

/// Length of an uncompressed point of P-256.
pub(super) const POINT: usize = 65;
/// Length of what browser and sender share.
pub(super) const AUTH: usize = 16;
const SALT: usize = 16;
/// Record size in the header; one record is all there is (RFC 8291 section 4).
const RECORD: u32 = 4096;
/// Ends the text of the last record; zeros follow.
const DELIMITER: u8 = 2;

/// A browser's keys.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Keys {
    /// Its public key.
    pub(super) public: [u8; POINT],
    /// What it shares with its senders.
    pub(super) auth: [u8; AUTH],
}

impl Keys {
    /// From a subscription: both in base64url.
    ///
    /// # Errors
    /// `Invalid` when they are not what a browser gives.
    pub(super) fn parse(p256dh: &str, auth: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "these are not the keys of a push subscription; take them from subscription.toJSON()",
            )
        };
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| wrong());
        let public: [u8; POINT] = bytes(p256dh)?.try_into().map_err(|_| wrong())?;
        let auth = bytes(auth)?.try_into().map_err(|_| wrong())?;
        if public[0] != 4 {
            return Err(wrong());
        }
        Ok(Self { public, auth })
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(prk: &hkdf::Prk, info: &[&[u8]]) -> Result<[u8; N], ring::error::Unspecified> {
    let mut out = [0; N];
    prk.expand(info, Length(N))?.fill(&mut out)?;
    Ok(out)
}

/// Encrypts with what both sides have agreed on (RFC 8291 section 3.4): `text` is padded to `padded` bytes.
fn seal(
    agreed: &[u8],
    ours: &[u8],
    salt: &[u8; SALT],
    keys: &Keys,
    text: &[u8],
    padded: usize,
) -> Result<Vec<u8>, ring::error::Unspecified> {
    let shared = hkdf::Salt::new(hkdf::HKDF_SHA256, &keys.auth).extract(agreed);
    let input: [u8; 32] = expand(&shared, &[b"WebPush: info\0", &keys.public, ours])?;
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&input);
    let key: [u8; 16] = expand(&prk, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = expand(&prk, &[b"Content-Encoding: nonce\0"])?;
    let mut record = text.to_vec();
    record.push(DELIMITER);
    record.resize(record.len().max(padded + 1), 0);
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, &key)?);
    key.seal_in_place_append_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::empty(), &mut record)?;
    let mut out = salt.to_vec();
    out.extend(RECORD.to_be_bytes());
    out.push(u8::try_from(ours.len()).map_err(|_| ring::error::Unspecified)?);
    out.extend(ours);
    out.extend(record);
    Ok(out)
}

/// Encrypts a text for a browser, padded to `padded` bytes; a longer one is as long as it is.
///
/// # Errors
/// `Invalid` when its key is no point of the curve; `Internal` when there are no random numbers.
pub(super) fn encrypt(keys: &Keys, text: &[u8], padded: usize) -> Result<Vec<u8>> {
    let random = SystemRandom::new();
    let broken = |_| Error::internal("a push message cannot be encrypted; report this");
    let mut salt = [0; SALT];
    random.fill(&mut salt).map_err(broken)?;
    let private = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &random).map_err(broken)?;
    let ours = private.compute_public_key().map_err(broken)?;
    let theirs = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, &keys.public);
    let sealed = agreement::agree_ephemeral(private, &theirs, |agreed| {
        seal(agreed, ours.as_ref(), &salt, keys, text, padded)
    });
    sealed.map_err(|_| Error::invalid("the key of this push subscription is none"))?.map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b64<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).expect("base64").try_into().expect("its length")
    }

    /// The example of RFC 8291 section 5 and appendix A, from the agreed secret on.
    #[test]
    fn the_example_of_the_standard_comes_out_byte_for_byte() {
        let keys = Keys::parse(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .expect("keys");
        let agreed: [u8; 32] = b64("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let ours: [u8; 65] =
            b64("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let salt: [u8; 16] = b64("DGv6ra1nlYgDCS1FRnbzlw");
        let text = b"When I grow up, I want to be a watermelon";
        let sealed = seal(&agreed, &ours, &salt, &keys, text, 0).expect("sealed");
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
            yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }

    #[test]
    fn all_messages_are_of_one_length_and_no_two_alike() {
        let private = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new())
            .expect("a key");
        let public = private.compute_public_key().expect("a key").as_ref().try_into().expect("a point");
        let keys = Keys { public, auth: [7; AUTH] };
        let all =
            [b"a".as_slice(), b"b", &[b'x'; 900]].map(|text| encrypt(&keys, text, 1000).expect("sealed"));
        assert!(all.iter().all(|sealed| sealed.len() == 86 + 1000 + 1 + 16));
        assert_ne!(all[0], all[1]);
        assert_ne!(all[0], encrypt(&keys, b"a", 1000).expect("sealed"));
        let long = encrypt(&keys, &[b'x'; 1200], 1000).expect("sealed");
        assert_eq!(long.len(), 86 + 1200 + 1 + 16);
    }

    #[test]
    fn keys_that_no_browser_gives_are_refused() {
        let auth = "BTBZMqHH6r4Tts7J_aSIgg";
        assert!(Keys::parse("", auth).is_err() && Keys::parse("BCVx", auth).is_err());
        let point = URL_SAFE_NO_PAD.encode([4; 65]);
        assert!(
            Keys::parse(&point, "").is_err() && Keys::parse(&URL_SAFE_NO_PAD.encode([2; 65]), auth).is_err()
        );
        // No point of the curve: found when it is used.
        let keys = Keys::parse(&point, auth).expect("its form is right");
        assert!(encrypt(&keys, b"a", 0).is_err());
    }
}
