//! Pure. Durations as ISO 8601 writes them: `PT60S`, `PT1M30S`, `P1D`.

use crate::base::{Error, Result, TICKS_PER_SECOND};

/// Longest duration that makes sense here: a hundred years.
const MOST_S: f64 = 100.0 * 366.0 * 86_400.0;

/// Ticks of a duration of days, hours, minutes and seconds, greater than nothing.
///
/// # Errors
/// `Invalid`, saying what a right one looks like.
pub(super) fn parse(text: &str) -> Result<i64> {
    let bad =
        || Error::invalid(format!("{text:?} is not a duration; write it like PT30S or PT1M (ISO 8601)"));
    let rest = text.strip_prefix('P').ok_or_else(bad)?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let seconds = sum(days, &[('D', 86_400.0)]).zip(sum(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)]));
    match seconds.map(|(days, time)| days + time) {
        Some(seconds) if seconds > 0.0 && seconds <= MOST_S => Ok((seconds * TICKS_PER_SECOND as f64) as i64),
        _ => Err(bad()),
    }
}

/// Sum of `number unit` pairs, with the units in their order.
fn sum(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    for (unit, seconds) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                return None;
            }
            total += number.parse::<f64>().ok()? * seconds;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_add_up_in_their_order() {
        for (text, seconds) in
            [("PT60S", 60), ("PT1M", 60), ("PT1H1M1S", 3661), ("P1D", 86_400), ("P1DT1H", 90_000)]
        {
            assert_eq!(parse(text).expect(text), seconds * TICKS_PER_SECOND, "{text}");
        }
        assert_eq!(parse("PT0.5S").expect("half"), TICKS_PER_SECOND / 2);
        for bad in
            ["", "P", "PT", "60", "PT1S1M", "PT-1S", "PT1", "pt1s", "PTS", "PT0S", "P9999999999D", "PT1.1.1S"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[PTDHMS0-9.\\-]{0,20}") {
            if let Ok(ticks) = parse(&text) {
                prop_assert!(ticks >= 0);
            }
        }
    }
}
