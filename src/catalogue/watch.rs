//! Tells whoever asks that cameras or streams changed, also when another process changed them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::open::connect_reader;
use super::sql::statements;
use crate::base::Stop;

/// How often another process's commits are looked for.
const POLL: Duration = Duration::from_secs(1);

statements! {
    /// Changes when another connection has committed; costs no disk access. <https://www.sqlite.org/pragma.html#pragma_data_version>
    DATA_VERSION = "pragma data_version";
    REVISION = "select coalesce(max(revision), 0) from camera";
}

/// The newest camera revision, and that changes were written, for all who watch.
#[derive(Clone)]
pub(super) struct Announcer(Arc<watch::Sender<u64>>, Arc<watch::Sender<u64>>);

impl Announcer {
    /// Starts at a revision.
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)), Arc::new(watch::Sender::new(0)))
    }

    /// A receiver that ticks on each transaction that wrote to the outbox.
    pub(super) fn written(&self) -> watch::Receiver<u64> {
        self.1.subscribe()
    }

    /// The outbox was written to.
    pub(super) fn tell_written(&self) {
        self.1.send_modify(|transactions| *transactions += 1);
    }

    /// A receiver that ticks on each change from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Reads the newest revision and tells it if it is new. A failure is left to the next look.
    pub(super) async fn look(&self, conn: &mut SqliteConnection) {
        match sqlx::query_scalar::<_, i64>(REVISION).fetch_one(conn).await {
            Ok(revision) => {
                let revision = revision.unsigned_abs();
                // Two look at once: the slower one may bring the older number.
                self.0.send_if_modified(|known| {
                    let newer = revision > *known;
                    *known = revision.max(*known);
                    newer
                });
            }
            Err(error) => tracing::debug!(error = %error, "the newest revision could not be read"),
        }
    }
}

/// Looks each second whether another process has changed something, until stopped.
pub(super) async fn run(path: PathBuf, announcer: Announcer, stop: Stop) {
    let mut tick = tokio::time::interval(POLL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut conn: Option<SqliteConnection> = None;
    let mut version = None;
    loop {
        tokio::select! {
            () = stop.wait() => break,
            _ = tick.tick() => {}
        }
        if conn.is_none() {
            conn = connect_reader(&path).await.ok();
            version = None;
        }
        let Some(open) = conn.as_mut() else { continue };
        match sqlx::query_scalar::<_, i64>(DATA_VERSION).fetch_one(&mut *open).await {
            Ok(now) if version == Some(now) => {}
            Ok(now) => {
                version = Some(now);
                announcer.look(open).await;
            }
            Err(error) => {
                tracing::debug!(error = %error, "the change watch connects again");
                conn = None;
            }
        }
    }
    if let Some(Err(error)) = futures::future::OptionFuture::from(conn.map(Connection::close)).await {
        tracing::debug!(error = %error, "the change watch did not close cleanly");
    }
}
