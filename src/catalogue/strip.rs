//! The strip of motion under a timeline: a byte per minute in the day summaries, brought along as minutes end.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::camera::Camera;
use super::coverage::{MINUTE, day_range, empty};
use super::motion::Strip;
use super::sql::{failed, statements};
use super::writer::{Change, Write};
use super::{Catalogue, Scope};
use crate::base::{CameraId, Cells, Error, Result, Ticks, TimeRange, Zone};

statements! {
    /// A camera's strip stands in the days of its full picture.
    STREAM = "select s.key from stream s join camera c on c.key = s.camera_key where c.id = ?1 order by s.kind limit 1";
    GET = "select motion from day_summary where stream_key = ?1 and day = ?2";
    PUT = "insert into day_summary (stream_key, day, coverage, motion) values (?1, ?2, ?3, ?4) \
        on conflict (stream_key, day) do update set motion = excluded.motion";
    BETWEEN = "select day, motion from day_summary where stream_key = ?1 and day >= ?2 and day <= ?3 \
        and motion is not null";
    ALL = "select stream_key, day, motion from day_summary where motion is not null";
}

/// Values of one strip that anybody may ask for: a month by the minute.
const MOST: i64 = 50_000;
/// Up to so long a range is answered by the second, when buckets are shorter than a minute.
const FINE: i64 = 24 * 60 * MINUTE;

/// A minute is over.
struct Add(Strip);

impl Change for Add {
    type Answer = ();
    const NAME: &'static str = "add_strip";
    const PATIENT: bool = true;

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let strip = self.0;
        let query = sqlx::query_scalar(STREAM).bind(strip.camera.0.as_bytes().as_slice());
        // A camera that is in no row any more needs none.
        let Some(stream) = query.fetch_optional(&mut w.conn).await.map_err(failed)? else { return Ok(()) };
        let day = w.zone.day_of(strip.minute.from);
        let mut minutes = load(w, stream, day).await?;
        mark(&mut minutes, w.zone, day, strip.minute.from, strip.strength);
        put(w, stream, day, minutes).await
    }
}

async fn load(w: &mut Write, stream: i64, day: i32) -> Result<Vec<u8>> {
    let query = sqlx::query_scalar(GET).bind(stream).bind(day);
    let known: Option<Option<Vec<u8>>> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
    let whole = empty(day_range(w.zone, day));
    Ok(known.flatten().filter(|minutes| minutes.len() == whole.len()).unwrap_or(whole))
}

async fn put(w: &mut Write, stream: i64, day: i32, minutes: Vec<u8>) -> Result<()> {
    let none = empty(day_range(w.zone, day));
    let query = sqlx::query(PUT).bind(stream).bind(day).bind(none).bind(minutes);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// A minute that is told twice, in parts, keeps the stronger word.
fn mark(minutes: &mut [u8], zone: Zone, day: i32, at: Ticks, strength: u8) {
    let index = (at - zone.day_start(day)).div_euclid(MINUTE);
    if let Some(minute) = usize::try_from(index).ok().and_then(|index| minutes.get_mut(index)) {
        *minute = strength.max(*minute);
    }
}

/// All strips as minutes of time: what a change of the zone must not lose. By stream; `None` of a day without a zone.
pub(super) async fn all(conn: &mut SqliteConnection, zone: Zone) -> Result<Vec<(i64, Vec<(Ticks, u8)>)>> {
    let rows: Vec<(i64, i32, Vec<u8>)> = sqlx::query_as(ALL).fetch_all(conn).await.map_err(failed)?;
    let each = |(stream, day, minutes): (i64, i32, Vec<u8>)| (stream, instants(zone, day, &minutes));
    Ok(rows.into_iter().map(each).collect())
}

/// Puts them back into the days of the zone that counts now.
pub(super) async fn put_all(w: &mut Write, strips: Vec<(i64, Vec<(Ticks, u8)>)>) -> Result<()> {
    let zone = w.zone;
    let mut days: BTreeMap<(i64, i32), Vec<u8>> = BTreeMap::new();
    for (stream, instants) in strips {
        for (at, strength) in instants {
            let day = zone.day_of(at);
            let minutes = days.entry((stream, day)).or_insert_with(|| empty(day_range(zone, day)));
            mark(minutes, zone, day, at, strength);
        }
    }
    for ((stream, day), minutes) in days {
        put(w, stream, day, minutes).await?;
    }
    Ok(())
}

fn instants(zone: Zone, day: i32, minutes: &[u8]) -> Vec<(Ticks, u8)> {
    let from = zone.day_start(day);
    minutes.iter().enumerate().map(|(n, strength)| (from + n as i64 * MINUTE, *strength)).collect()
}

impl Catalogue {
    /// What moved in a picture; also when it was nothing: somebody looked. Returns at once, and readers find it at once.
    pub fn add_activity(&self, camera: CameraId, at: Ticks, cells: Cells) {
        let motion = &self.inner.motion;
        let Some(strip) = motion.add(camera, at, cells) else { return };
        self.inner.queue.tell(Add(strip));
        // Cameras that have gone silent do not end their minute by themselves.
        for strip in motion.seal(Some(at - MINUTE)) {
            self.inner.queue.tell(Add(strip));
        }
    }

    /// Ends the running minutes: detection has stopped.
    pub(super) fn end_activity(&self) {
        for strip in self.inner.motion.seal(None) {
            self.inner.queue.tell(Add(strip));
        }
    }

    /// Minutes of cells that wait for their file: for metrics, and to see that it does not keep up.
    pub fn motion_waiting(&self) -> usize {
        self.inner.motion.waiting()
    }

    /// What is wrong with the file of cells and pictures; `None` = nothing.
    pub fn motion_trouble(&self) -> Option<String> {
        self.inner.motion.trouble()
    }

    /// Strength of a camera's motion in each bucket of a range, 0 to 255 on a scale of logarithms: the strongest minute
    /// that begins in it, or second, when buckets are shorter than a minute and the range no longer than a day. Empty
    /// when nobody looked.
    ///
    /// # Errors
    /// `Invalid` for more buckets than anybody can look at; when the catalogue or the motion file cannot be read.
    pub async fn motion_strip(
        &self,
        scope: &Scope,
        camera: &Camera,
        range: TimeRange,
        bucket: i64,
    ) -> Result<Vec<u8>> {
        if !scope.sees(camera.id) {
            return Ok(Vec::new());
        }
        let buckets = (range.ticks() + bucket - 1).checked_div(bucket).unwrap_or(0);
        if bucket <= 0 || buckets > MOST {
            return Err(Error::invalid(format!(
                "this range has {buckets} buckets, more than {MOST}; make them wider"
            )));
        }
        let mut strengths = self.minute_strengths_ahead(camera.id, range);
        let mut looked = !strengths.is_empty();
        if let Some(stream) = camera.streams.first() {
            let zone = self.zone();
            let query = sqlx::query_as(BETWEEN).bind(stream.key.0);
            let query = query.bind(zone.day_of(range.from)).bind(zone.day_of(range.to));
            let rows: Vec<(i32, Vec<u8>)> = self.read(query.fetch_all(self.readers())).await?;
            looked |= !rows.is_empty();
            strengths.extend(rows.iter().flat_map(|(day, minutes)| instants(zone, *day, minutes)));
        }
        if !looked {
            return Ok(Vec::new());
        }
        if bucket < MINUTE && range.ticks() <= FINE {
            strengths = self.second_strengths(scope, camera.id, range).await?;
        }
        Ok(bucketed(range, bucket, buckets, &strengths, if bucket < MINUTE { 0 } else { MINUTE }))
    }
}

/// The strongest of each bucket; what began up to `before` ticks ahead of the range belongs to its first.
fn bucketed(range: TimeRange, bucket: i64, buckets: i64, strengths: &[(Ticks, u8)], before: i64) -> Vec<u8> {
    let mut strip = vec![0; usize::try_from(buckets).unwrap_or(0)];
    for &(at, strength) in strengths {
        if at >= range.to || at <= range.from - before.max(1) {
            continue;
        }
        let index = ((at - range.from) / bucket).max(0) as usize;
        if let Some(value) = strip.get_mut(index) {
            *value = strength.max(*value);
        }
    }
    strip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_its_strongest_minute() {
        let range = TimeRange::new(Ticks(30), Ticks(30 + 5 * MINUTE));
        let minutes: Vec<(Ticks, u8)> = (-1..8).map(|n| (Ticks(n * MINUTE), (10 + n) as u8)).collect();
        assert_eq!(bucketed(range, MINUTE, 5, &minutes, MINUTE), [11, 12, 13, 14, 15]);
        assert_eq!(bucketed(range, 2 * MINUTE, 3, &minutes, MINUTE), [12, 14, 15]);
        assert_eq!(bucketed(range, MINUTE, 5, &[], MINUTE), [0; 5]);
    }
}
