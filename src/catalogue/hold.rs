//! Holds: footage that retention may not touch.

use super::Catalogue;
use super::sql::{failed, statements};
use super::writer::{Change, Write};
use crate::base::{Result, StreamKey, TimeRange};

statements! {
    HOLD = "update segment set holds = holds + 1 where stream_key = ?1 and start_90k < ?3 \
        and start_90k >= coalesce((select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?2), ?2) \
        and start_90k + duration_90k > ?2 and state in (1, 2)";
    RELEASE = "update segment set holds = holds - 1 where stream_key = ?1 and start_90k < ?3 \
        and start_90k >= coalesce((select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?2), ?2) \
        and start_90k + duration_90k > ?2 and holds > 0";
}

struct Hold(StreamKey, TimeRange, bool);

impl Change for Hold {
    type Answer = u64;
    const NAME: &'static str = "hold";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        let query = sqlx::query(if self.2 { HOLD } else { RELEASE });
        let query = query.bind(self.0.0).bind(self.1.from.0).bind(self.1.to.0);
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected())
    }
}

impl Catalogue {
    /// Adds one reason to keep every complete segment that meets the range; answers how many there are.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn hold(&self, stream: StreamKey, range: TimeRange) -> Result<u64> {
        self.inner.queue.ask(Hold(stream, range, true)).await
    }

    /// Takes one reason away again.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn release(&self, stream: StreamKey, range: TimeRange) -> Result<u64> {
        self.inner.queue.ask(Hold(stream, range, false)).await
    }
}
