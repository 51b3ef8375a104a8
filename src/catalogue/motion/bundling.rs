//! Minutes become bundles: a row per minute is cheap to write, a row per four hours is cheap to search.
//!
//! With the first minutes after a bundle's time its minutes are put into it, and dropped with those that come next. Until
//! then they are in both, which readers do not mind. A crash between the two has it done again; a minute that comes late
//! stays on its own until the next time. They are not dropped at once, because the bundles of all cameras, which end
//! together, then find no free pages to fill, lie behind one another and are read so.
//!
//! A file of an older lanewatch, which knew minutes only, is bundled in the same way: one bundle of a camera with each of
//! its minutes, so that nothing waits for it, and it can be read meanwhile.

use sqlx::SqliteConnection;

use super::bundle::{self, Bundle, Draft};
use super::read::number_of;
use super::{failed, row_key};
use crate::base::Result;
use crate::catalogue::sql::statements;

statements! {
    OLDEST = "select key from activity where key >= ?1 and key < ?2 order by key limit 1";
    MINUTES = "select key, packed from activity where key >= ?1 and key < ?2";
    BEFORE = "select packed from bundle where key = ?1";
    PUT = "insert into bundle (key, fold, packed) values (?1, ?2, ?3) \
        on conflict (key) do update set fold = excluded.fold, packed = excluded.packed";
    DROP = "delete from activity where key >= ?1 and key < ?2";
}

/// How far the bundling of a camera is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// In this bundle's time nothing is left to do.
    done: Option<i64>,
    /// The minutes of this bundle are in it, and nothing else has come for them since.
    put: Option<i64>,
}

impl Progress {
    /// A minute was written: it is not in its bundle.
    pub(super) fn wrote(&mut self, number: i64) {
        self.put = self.put.filter(|put| *put != number.div_euclid(bundle::MINUTES));
    }

    /// Does one step, if there is one, now that a minute has come.
    pub(super) async fn step(&mut self, conn: &mut SqliteConnection, camera: i64, number: i64) -> Result<()> {
        let running = number.div_euclid(bundle::MINUTES);
        if self.done == Some(running) {
            return Ok(());
        }
        let before = self.put;
        self.put = put_oldest(conn, camera, before.map_or(0, |before| before + 1)..running).await?;
        if let Some(before) = before {
            let (from, to) = keys(camera, before);
            sqlx::query(DROP).bind(from).bind(to).execute(conn).await.map_err(failed)?;
        } else if self.put.is_none() {
            self.done = Some(running);
        }
        Ok(())
    }
}

/// The keys of the first minute of a bundle and of the first after it.
fn keys(camera: i64, number: i64) -> (i64, i64) {
    let first = number * bundle::MINUTES;
    (row_key(camera, first), row_key(camera, first + bundle::MINUTES))
}

/// Puts the oldest minutes of a camera, within some bundles, into theirs; answers which that is.
async fn put_oldest(
    conn: &mut SqliteConnection,
    camera: i64,
    within: std::ops::Range<i64>,
) -> Result<Option<i64>> {
    let (from, to) = (keys(camera, within.start).0, keys(camera, within.end).0);
    let query = sqlx::query_scalar(OLDEST).bind(from).bind(to);
    let oldest: Option<i64> = query.fetch_optional(&mut *conn).await.map_err(failed)?;
    let Some(oldest) = oldest else { return Ok(None) };
    let number = number_of(oldest).div_euclid(bundle::MINUTES);
    let (key, (from, to)) = (row_key(camera, number), keys(camera, number));
    let query = sqlx::query_as(MINUTES).bind(from).bind(to);
    let minutes: Vec<(i64, Vec<u8>)> = query.fetch_all(&mut *conn).await.map_err(failed)?;
    let known: Option<Vec<u8>> =
        sqlx::query_scalar(BEFORE).bind(key).fetch_optional(&mut *conn).await.map_err(failed)?;
    let known = known.as_deref().map(Bundle::open);
    let mut damaged = u64::from(matches!(known, Some(None)));
    // What cannot be read is replaced.
    let mut draft = known.flatten().map(Draft::of).unwrap_or_default();
    for (key, packed) in &minutes {
        damaged += u64::from(!draft.put(number_of(*key) - number * bundle::MINUTES, packed));
    }
    if damaged > 0 {
        tracing::warn!(
            camera.key = camera,
            damaged,
            "the motion file held cells that cannot be read; they are dropped"
        );
    }
    if draft.fold() != 0 {
        let query = sqlx::query(PUT).bind(key).bind(draft.fold()).bind(draft.pack());
        query.execute(conn).await.map_err(failed)?;
    }
    Ok(Some(number))
}
