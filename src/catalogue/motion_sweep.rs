//! Events, pictures and cells go when the footage of their time is gone, in bounded steps. No clock is asked: what is
//! gone is what lies before the first footage that retention may still take; held footage before it keeps its own.

use super::ranges::{FOREVER, coalesce, without};
use super::sql::{failed, statements};
use super::timeline::ALWAYS;
use super::writer::{Change, Write};
use super::{Camera, Catalogue};
use crate::base::{CameraId, Result, Ticks, TimeRange};

statements! {
    FIRST_FREE = "select start_90k from segment where stream_key = ?1 and state in (1, 2) and holds = 0 \
        order by start_90k limit 1";
    BEFORE = "select start_90k, start_90k + duration_90k from segment where stream_key = ?1 and start_90k < ?2 \
        and state in (1, 2) order by start_90k";
    /// Those that lie in a stretch entirely; followers count days, they need not hear of each.
    FORGET = "delete from event where key in (select key from event where camera_key = ?1 and start_90k >= ?2 \
        and start_90k < ?3 and end_90k <= ?3 order by start_90k limit ?4)";
}

struct Forget {
    camera: i64,
    stretches: Vec<TimeRange>,
    limit: u32,
}

impl Change for Forget {
    type Answer = u64;
    const NAME: &'static str = "forget_events";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        let mut count = 0;
        for range in &self.stretches {
            let query =
                sqlx::query(FORGET).bind(self.camera).bind(range.from.0).bind(range.to.0).bind(self.limit);
            count += query.execute(&mut w.conn).await.map_err(failed)?.rows_affected();
        }
        Ok(count)
    }
}

impl Catalogue {
    /// Drops, of each camera, at most `limit` events whose footage is gone, and as many minutes of cells and pictures.
    /// Answers how many rows went; ask again until that is nothing.
    ///
    /// A camera whose footage was never kept keeps what happened as long as the site keeps any footage. Without any
    /// footage nothing goes, except what belongs to removed cameras.
    ///
    /// # Errors
    /// When the catalogue cannot be read or written. Trouble with the motion file is no error: it is looked at again.
    pub async fn forget_motion(&self, limit: u32) -> Result<u64> {
        let cameras = self.all_cameras().await?;
        let mut firsts = Vec::with_capacity(cameras.len());
        for camera in &cameras {
            firsts.push(self.first_free(camera).await?);
        }
        let of_site = firsts.iter().flatten().min().copied();
        let mut count = 0;
        for (camera, first) in cameras.iter().zip(firsts) {
            let removed = camera.deleted.map(|_| FOREVER);
            let Some(horizon) = first.or(removed).or(of_site) else { continue };
            let stretches = self.gone_before(camera, horizon).await?;
            let forget = Forget { camera: camera.key, stretches: stretches.clone(), limit };
            count += self.inner.queue.ask(forget).await?;
            count += self.forget_cells(camera.id, stretches, limit).await;
        }
        Ok(count)
    }

    async fn forget_cells(&self, camera: CameraId, stretches: Vec<TimeRange>, limit: u32) -> u64 {
        match self.inner.motion.forget(camera, stretches, limit).await {
            Ok(count) => count,
            Err(error) => {
                tracing::debug!(camera.id = %camera, error = %error, "old cells and pictures are left to the next time");
                0
            }
        }
    }

    /// Start of the first footage of a camera that nothing holds.
    async fn first_free(&self, camera: &Camera) -> Result<Option<Ticks>> {
        let mut first = None;
        for stream in &camera.streams {
            let ahead = self.inner.growing.within(stream.key, ALWAYS).first().map(|s| s.start);
            let query = sqlx::query_scalar(FIRST_FREE).bind(stream.key.0);
            let row: Option<i64> = self.read(query.fetch_optional(self.readers())).await?;
            first = first.into_iter().chain(ahead).chain(row.map(Ticks)).min();
        }
        Ok(first)
    }

    /// The stretches before an instant of which no footage is left.
    async fn gone_before(&self, camera: &Camera, horizon: Ticks) -> Result<Vec<TimeRange>> {
        let mut held = Vec::new();
        for stream in &camera.streams {
            let query = sqlx::query_as(BEFORE).bind(stream.key.0).bind(horizon.0);
            let rows: Vec<(i64, i64)> = self.read(query.fetch_all(self.readers())).await?;
            held.extend(rows.into_iter().map(|(from, to)| TimeRange::new(Ticks(from), Ticks(to))));
        }
        let whole = TimeRange::new(ALWAYS.from, horizon);
        Ok(without(whole, coalesce(held)))
    }
}
