//! How much a stream writes, from a few of its segments: a week of all cameras is hundreds of thousands of rows, and
//! nobody needs the sum to the byte.

use super::sql::statements;
use super::{Catalogue, Scope};
use crate::base::{Result, StreamKey, TimeRange};

statements! {
    /// Looks at the segment under each of ?5 instants from ?2 on, ?4 apart: two walks down the tree each, and no blob is read.
    PACE = "with recursive look (n, at) as (select 1, ?2 union all select n + 1, at + ?4 from look where n < ?5) \
        select count(*), avg(s.bytes * 90000.0 / s.duration_90k) from look cross join segment s on s.stream_key = ?1 \
        and s.start_90k = (select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?3 and start_90k <= look.at) \
        where s.state in (1, 2) and s.duration_90k > 0 and s.start_90k + s.duration_90k > look.at";
}

/// Instants that are looked at: more than one an hour of a week would say nothing new.
const LOOKS: i64 = 120;

/// How a stream wrote in a range of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Share of the range that was recorded, 0 to 1.
    pub recorded: f64,
    /// Bytes a second while it was recorded; 0 when nothing was.
    pub bytes_per_s: f64,
}

impl Catalogue {
    /// How a stream wrote in a range, judged by evenly spaced looks at its complete segments.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn pace(&self, scope: &Scope, stream: StreamKey, range: TimeRange) -> Result<Pace> {
        if !scope.sees_stream(stream) {
            return Ok(Pace { recorded: 0.0, bytes_per_s: 0.0 });
        }
        let apart = (range.ticks() / LOOKS).max(1);
        let query = sqlx::query_as(PACE).bind(stream.0).bind(range.from.0 + apart / 2).bind(range.to.0);
        let query = query.bind(apart).bind(LOOKS);
        let (hits, rate): (i64, Option<f64>) = self.read(query.fetch_one(self.readers())).await?;
        Ok(Pace { recorded: hits as f64 / LOOKS as f64, bytes_per_s: rate.unwrap_or(0.0) })
    }
}
