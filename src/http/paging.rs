//! Pages of long lists: how many at once, and where the next one begins.

use std::fmt::Display;
use std::str::FromStr;

use super::error::{Answer, Problem};
use crate::base::Ticks;

/// How many are wanted: what was asked for, else the usual number.
pub(super) fn page_limit(asked: Option<u32>, usual: u32, most: u32) -> Answer<u32> {
    let limit = asked.unwrap_or(usual);
    if !(1..=most).contains(&limit) {
        let sentence = format!("limit is {limit}; use 1 to {most}");
        return Err(Problem::invalid(sentence).with("field", "limit"));
    }
    Ok(limit)
}

/// A cursor that says nothing to us.
pub(super) fn no_cursor() -> Problem {
    Problem::invalid("this cursor is none of ours; begin without one")
}

/// Position after which a page begins, in lists by time: instant and id of the last row of the page before.
pub(super) fn read_cursor<T: FromStr>(text: Option<&str>) -> Answer<Option<(Ticks, T)>> {
    let read = |text: &str| {
        let (at, id) = text.split_once('.')?;
        Some((Ticks(u64::from_str_radix(at, 16).ok()?.cast_signed()), id.parse().ok()?))
    };
    text.map(|text| read(text).ok_or_else(no_cursor)).transpose()
}

/// Cuts off what was asked for beyond a page; answers the cursor of the next one, if there is one.
pub(super) fn cut<R, T: Display>(
    rows: &mut Vec<R>,
    limit: u32,
    place: impl Fn(&R) -> (Ticks, T),
) -> Option<String> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let (at, id) = rows.last().filter(|_| more).map(place)?;
    Some(format!("{:x}.{id}", at.0))
}
