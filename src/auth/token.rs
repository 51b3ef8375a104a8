//! Pure but for the system's random numbers. Tokens, one-time codes and their hashes.

use sha2::{Digest as _, Sha256};

use crate::base::{Secret, random_token};

/// SHA-256 of something that is random enough not to be guessed: no salt, no slowness needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest(pub(super) [u8; 32]);

impl Digest {
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// Bytes of a session or bearer token: 256 bits.
const TOKEN_BYTES: usize = 32;

/// A new session or bearer token, in hexadecimal.
pub(super) fn fresh_token() -> Secret {
    Secret::new(random_token(TOKEN_BYTES))
}

/// Digits and letters that people do not mix up on a screen (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: 80 bits.
const CODE_LETTERS: usize = 16;

/// A new one-time code, such as `7Q4M-0ZKD-9X2T-BVRA`.
pub(super) fn fresh_code() -> Secret {
    let random = random_token(CODE_LETTERS);
    let mut code = String::with_capacity(CODE_LETTERS + 3);
    for (n, pair) in random.as_bytes().chunks(2).enumerate() {
        let value =
            std::str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
        if n > 0 && n % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(LETTERS[usize::from(value) % LETTERS.len()]));
    }
    Secret::new(code)
}

/// A code as somebody types it: case, hyphens and spaces do not matter, nor do the letters Crockford takes for others.
/// `None` when it cannot be one.
pub(super) fn read_code(typed: &str) -> Option<Digest> {
    let mut plain = String::with_capacity(CODE_LETTERS);
    for c in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        if plain.len() == CODE_LETTERS || !c.is_ascii() || !LETTERS.contains(&(c as u8)) {
            return None;
        }
        plain.push(c);
    }
    (plain.len() == CODE_LETTERS).then(|| Digest::of(&[b"code", plain.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = fresh_code();
        let digest = read_code(code.expose()).expect("a code");
        assert_eq!(read_code(&code.expose().to_lowercase().replace('-', " ")), Some(digest));
        assert_eq!(read_code("oil0-0000-0000-0000"), read_code("0110000000000000"));
        assert_eq!(read_code("0000"), None);
    }

    #[test]
    fn codes_use_every_letter_and_do_not_repeat() {
        let codes: Vec<String> = (0..400).map(|_| fresh_code().expose().to_owned()).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        let letters: HashSet<char> = codes.iter().flat_map(|c| c.chars()).filter(|c| *c != '-').collect();
        assert_eq!(letters.len(), LETTERS.len());
        assert_eq!(fresh_token().expose().len(), 2 * TOKEN_BYTES);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = read_code(&text);
        }
    }
}
