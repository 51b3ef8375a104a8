//! Changes for whoever follows this site, in order. Written in the transaction of the change itself; segments are
//! not among them (19 cameras make 27,000 a day), hourly coverage is.

use serde_json::Value;
use uuid::Uuid;

use super::Catalogue;
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use crate::base::{Error, Result, Ticks};

statements! {
    PUT = "insert into outbox (at_90k, kind, object, body) values (?1, ?2, ?3, ?4)";
    AFTER = "select seq, at_90k, kind, object, body from outbox where seq > ?1 order by seq limit ?2";
    NEWEST = "select coalesce((select seq from sqlite_sequence where name = 'outbox'), 0)";
    FORGET = "delete from outbox where seq <= ?1";
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Order of commit.
    pub seq: i64,
    /// Wall clock of the change.
    pub at: Ticks,
    /// `camera`, `camera_removed`, `gap`, `gap_removed`, `person`, `person_removed`, `coverage`, `event`, `event_seen`, `event_mark`,
    /// `zones`, `bookmark`, `bookmark_removed`, `lock`, `lock_removed`, `layout`, `layout_removed`, `alert`.
    pub kind: String,
    /// What changed.
    pub object: Uuid,
    /// The object after the change, without secrets.
    pub body: Value,
}

/// Adds one, in the running transaction.
pub(super) async fn put(w: &mut Write, kind: &'static str, object: Uuid, body: Value) -> Result<()> {
    let query =
        sqlx::query(PUT).bind(w.now.0).bind(kind).bind(object.as_bytes().as_slice()).bind(body.to_string());
    w.told = true;
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// The newest there is, in the running transaction.
pub(super) async fn newest(w: &mut Write) -> Result<i64> {
    sqlx::query_scalar(NEWEST).fetch_one(&mut w.conn).await.map_err(failed)
}

struct Forget(i64);

impl Change for Forget {
    type Answer = ();
    const NAME: &'static str = "forget_outbox";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        sqlx::query(FORGET).bind(self.0).execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

impl Catalogue {
    /// Changes after a sequence number, oldest first.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn outbox(&self, after: i64, limit: u32) -> Result<Vec<Outgoing>> {
        type Row = (i64, i64, String, Vec<u8>, String);
        let query = sqlx::query_as(AFTER).bind(after).bind(limit);
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        let rows = rows.into_iter().map(|(seq, at, kind, object, body)| {
            let body = serde_json::from_str(&body)
                .map_err(|e| Error::internal("an outbox row is not JSON; report this").because(e))?;
            Ok(Outgoing { seq, at: Ticks(at), kind, object: uuid(&object)?, body })
        });
        rows.collect()
    }

    /// Ticks when this process has written changes for [`Self::outbox`]; those of others come without one.
    pub fn outbox_written(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.announcer.written()
    }

    /// Sequence number of the newest change.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn outbox_newest(&self) -> Result<i64> {
        self.read(sqlx::query_scalar(NEWEST).fetch_one(self.readers())).await
    }

    /// Everything up to a sequence number has arrived and may go.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn forget_outbox(&self, up_to: i64) -> Result<()> {
        self.inner.queue.ask(Forget(up_to)).await
    }
}
