//! Pure. Amounts of bytes as people write them: `400 GiB`, `1.5 TB`, `16777216`.

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Bytes, as written; whether the amount makes sense is checked where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) u64);

/// Binary units are powers of 1024, decimal ones of 1000 (IEC 80000-13).
const UNITS: [(&str, u64); 9] = [
    ("b", 1),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// Bytes of an amount with a unit.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..split].trim(), text[split..].trim());
    let unit = if unit.is_empty() { "b" } else { unit };
    let factor = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let bytes = number.parse::<f64>().ok()? * factor as f64;
    (bytes < u64::MAX as f64).then_some(bytes as u64)
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Amount)
    }
}

struct Amount;

impl Visitor<'_> for Amount {
    type Value = Size;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an amount like \"400 GiB\" or a number of bytes")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Size, E> {
        u64::try_from(value).map(Size).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Size, E> {
        Ok(Size(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Size, E> {
        parse(value).map(Size).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_write_units_in_many_ways() {
        assert_eq!(parse("400 GiB"), Some(400 << 30));
        assert_eq!(parse("400gib"), Some(400 << 30));
        assert_eq!(parse("1.5 TB"), Some(1_500_000_000_000));
        assert_eq!(parse("12"), Some(12));
        for bad in ["", "GiB", "-1 GB", "1e9", "4 GiBs", "99999999 TiB", "1,5 GB", "0x10"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            // It must not panic.
            let _ = parse(&text);
        }
    }
}
