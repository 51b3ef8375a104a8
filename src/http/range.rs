//! Pure. Byte ranges (RFC 9110 section 14): one range or none, never several.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::error::Problem;
use super::etag::if_range_holds;

/// Which bytes of a body to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteRange {
    /// First byte.
    pub(super) from: u64,
    /// First byte after.
    pub(super) to: u64,
    /// Bytes of the whole.
    pub(super) total: u64,
    /// True when a range was asked for: the answer is 206.
    pub(super) partial: bool,
}

impl ByteRange {
    /// What the client asks for, of a body with `total` bytes and this tag.
    ///
    /// # Errors
    /// 416 for a range that lies outside, for several ranges and for nonsense in bytes; other units are ignored, as
    /// section 14.2 wants it.
    pub(super) fn of(headers: &HeaderMap, total: u64, tag: &HeaderValue) -> Result<Self, Unsatisfiable> {
        let whole = Self { from: 0, to: total, total, partial: false };
        let Some(value) = headers.get(header::RANGE) else { return Ok(whole) };
        if !if_range_holds(headers, tag) {
            return Ok(whole);
        }
        let refused = Unsatisfiable { total };
        let text = value.to_str().map_err(|_| refused)?.trim();
        let Some((unit, spec)) = text.split_once('=') else { return Err(refused) };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Ok(whole);
        }
        let (from, to) = parse(spec.trim(), total).filter(|(from, to)| from < to).ok_or(refused)?;
        Ok(Self { from, to, total, partial: true })
    }

    /// Bytes to send.
    pub(super) fn length(self) -> u64 {
        self.to - self.from
    }

    /// 200 or 206.
    pub(super) fn status(self) -> StatusCode {
        if self.partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK }
    }

    /// `Accept-Ranges`, `Content-Length` and, for a part, `Content-Range`.
    pub(super) fn write_headers(self, headers: &mut HeaderMap) {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CONTENT_LENGTH, self.length().into());
        if self.partial {
            let text = format!("bytes {}-{}/{}", self.from, self.to - 1, self.total);
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(header::CONTENT_RANGE, value);
            }
        }
    }
}

/// The range cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsatisfiable {
    /// Bytes of the whole.
    pub(super) total: u64,
}

impl axum::response::IntoResponse for Unsatisfiable {
    fn into_response(self) -> axum::response::Response {
        let problem = Problem::invalid("ask for one range inside the file")
            .with_status(StatusCode::RANGE_NOT_SATISFIABLE);
        let mut answer = problem.into_response();
        if let Ok(value) = HeaderValue::from_str(&format!("bytes */{}", self.total)) {
            answer.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        answer
    }
}

/// One `first-last`, `first-` or `-suffix`, cut to the body; `None` for anything else.
fn parse(spec: &str, total: u64) -> Option<(u64, u64)> {
    let (first, last) = spec.split_once('-')?;
    let number = |text: &str| match text {
        "" => Some(None),
        text if text.bytes().all(|b| b.is_ascii_digit()) => Some(Some(text.parse().unwrap_or(u64::MAX))),
        _ => None,
    };
    match (number(first)?, number(last)?) {
        (Some(first), None) => Some((first, total)),
        (Some(first), Some(last)) if first <= last => Some((first, last.saturating_add(1).min(total))),
        (None, Some(suffix)) => Some((total.saturating_sub(suffix), total)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(value: &str, total: u64) -> Result<ByteRange, Unsatisfiable> {
        let value = HeaderValue::from_str(value).expect("header");
        ByteRange::of(
            &HeaderMap::from_iter([(header::RANGE, value)]),
            total,
            &HeaderValue::from_static("\"t\""),
        )
    }

    fn part(value: &str, total: u64) -> Option<(u64, u64)> {
        of(value, total).ok().map(|r| (r.from, r.to))
    }

    #[test]
    fn one_range_is_cut_to_the_body() {
        assert_eq!(part("bytes=0-0", 10), Some((0, 1)));
        assert_eq!(part("bytes=5-", 10), Some((5, 10)));
        assert_eq!(part("bytes=-3", 10), Some((7, 10)));
        assert_eq!(part("bytes=-30", 10), Some((0, 10)));
        assert_eq!(part("bytes=2-18446744073709551615", 10), Some((2, 10)));
        assert_eq!(part("bytes=2-99999999999999999999999", 10), Some((2, 10)));
    }

    #[test]
    fn what_cannot_be_served_is_refused_and_other_units_ignored() {
        for bad in [
            "bytes=10-",
            "bytes=5-4",
            "bytes=-0",
            "bytes=a-b",
            "bytes=",
            "bytes",
            "bytes=0-1,3-4",
            "bytes=--1",
        ] {
            assert_eq!(of(bad, 10), Err(Unsatisfiable { total: 10 }), "{bad}");
        }
        assert!(!of("seconds=1-2", 10).expect("ignored").partial);
        assert!(of("bytes=0-", 0).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_asked_stays_inside(spec in "[0-9,\\- a-z=]{0,40}", total in any::<u64>()) {
            if let Ok(range) = of(&format!("bytes={spec}"), total) {
                prop_assert!(range.from < range.to && range.to <= total);
            }
        }
    }
}
