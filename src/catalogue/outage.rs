//! Outages: what was not recorded and should have been, newest first. That the recorder itself was off is told once, by
//! its starts, and not once for each camera.

use uuid::Uuid;

use super::sql::{statements, uuid};
use super::types::{Gap, GapCause};
use super::{Catalogue, Scope};
use crate::base::{Result, StreamKey, Ticks, TimeRange};

statements! {
    /// Deleted and switched off is nobody's failure; the recorder's own is in [`OFF`], with the seconds that it loses.
    OF_STREAM = "select from_90k, to_90k, cause, id from gap where stream_key = ?1 and from_90k < ?3 \
        and (from_90k, id) < (?4, ?5) and coalesce(to_90k, ?3) > ?2 \
        and coalesce(to_90k, ?3) - from_90k >= ?7 and cause not in ('retention', 'disabled', 'recorder_off') \
        and (cause <> 'lost_in_crash' or to_90k - from_90k >= 5400000) order by from_90k desc limit ?6";
    /// Between a start and the sign of life before it.
    OFF = "select o.seen_90k, n.started_90k, n.id from boot n join boot o on o.id = (select max(id) from boot where id < n.id) \
        where o.seen_90k < n.started_90k and o.seen_90k < ?2 and n.started_90k > ?1 \
        and (o.seen_90k, n.id) < (?3, ?4) order by o.seen_90k desc, n.id desc limit ?5";
}

/// Where a page of outages begins: before this start and id.
pub type OutagePlace = (Ticks, Uuid);

/// Before it is everything.
const NEWEST: OutagePlace = (Ticks(i64::MAX), Uuid::max());

impl Catalogue {
    /// Outages of a stream that meet a range and took `least` ticks, newest start first, at most `limit`, after a place in
    /// the list.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn outages(
        &self,
        scope: &Scope,
        stream: StreamKey,
        range: TimeRange,
        least: i64,
        before: Option<OutagePlace>,
        limit: u32,
    ) -> Result<Vec<Gap>> {
        if !scope.sees_stream(stream) {
            return Ok(Vec::new());
        }
        let (at, id) = before.unwrap_or(NEWEST);
        let query = sqlx::query_as(OF_STREAM).bind(stream.0).bind(range.from.0).bind(range.to.0);
        let query = query.bind(at.0).bind(id.as_bytes().as_slice()).bind(limit).bind(least);
        let rows: Vec<(i64, Option<i64>, String, Vec<u8>)> =
            self.read(query.fetch_all(self.readers())).await?;
        let gap = |(from, to, cause, id): (i64, Option<i64>, String, Vec<u8>)| {
            let cause = GapCause::from_name(&cause);
            Ok(Gap { from: Ticks(from), to: to.map(Ticks), cause, id: uuid(&id)? })
        };
        rows.into_iter().map(gap).collect()
    }

    /// Times between the starts of the service that meet a range, like [`Catalogue::outages`]. Their ids are made of the
    /// number of the start that ended them.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn times_off(
        &self,
        range: TimeRange,
        before: Option<OutagePlace>,
        limit: u32,
    ) -> Result<Vec<Gap>> {
        let (at, id) = before.unwrap_or(NEWEST);
        // Of two that began at once the one with the smaller id comes later; a start's is smaller than any other.
        let boot = i64::try_from(id.as_u128()).unwrap_or(i64::MAX);
        let query = sqlx::query_as(OFF).bind(range.from.0).bind(range.to.0).bind(at.0).bind(boot).bind(limit);
        let rows: Vec<(i64, i64, i64)> = self.read(query.fetch_all(self.readers())).await?;
        let gap = |(from, to, boot): (i64, i64, i64)| Gap {
            from: Ticks(from),
            to: Some(Ticks(to)),
            cause: GapCause::RecorderOff,
            id: Uuid::from_u128(boot.unsigned_abs().into()),
        };
        Ok(rows.into_iter().map(gap).collect())
    }
}
