//! Secrets that cannot be printed by accident.

use std::fmt;

/// A password or token. No `Display`, no `Serialize`; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value read from a file, a form or the catalogue.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself; call it only where it leaves for its one purpose.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// What a camera asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User name; may be shown to administrators.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// `bytes` random bytes from the operating system, in lower-case hexadecimal.
///
/// # Panics
/// When the operating system has no random numbers: nothing could be kept secret then.
pub fn random_token(bytes: usize) -> String {
    let mut raw = vec![0_u8; bytes];
    getrandom::fill(&mut raw).expect("the operating system has random numbers");
    hex(&raw)
}

/// So many random decimal digits from the operating system.
///
/// # Panics
/// When the operating system has no random numbers: nothing could be kept secret then.
pub fn random_digits(digits: usize) -> String {
    let digit = |byte: u8| (byte < 250).then(|| char::from(b'0' + byte % 10));
    let mut text = String::new();
    while text.len() < digits {
        let mut raw = [0_u8; 16];
        getrandom::fill(&mut raw).expect("the operating system has random numbers");
        text.extend(raw.into_iter().filter_map(digit).take(digits - text.len()));
    }
    text
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
