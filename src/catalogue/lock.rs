//! Locks: somebody's word that footage of a camera stays, of both its streams and also what is not yet recorded.

use serde_json::{Value, json};

use super::names::camera_key;
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, hold, outbox};
use crate::base::{CameraId, Error, LockId, Result, Ticks, TimeRange};

statements! {
    INSERT = "insert into lock (id, camera_key, from_90k, to_90k, until_90k, note, by, made_90k) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    DELETE = "delete from lock where id = ?1 returning camera_key, from_90k, to_90k";
    CAMERA = "select c.id from lock l join camera c on c.key = l.camera_key where l.id = ?1";
    OVER = "select id from lock where until_90k <= ?1";
    LIST = "select l.id, c.id, l.from_90k, l.to_90k, l.until_90k, l.note, l.by, l.made_90k from lock l \
        join camera c on c.key = l.camera_key where l.from_90k < ?2 and l.to_90k > ?1 \
        and (?3 is null or c.id = ?3) and (?5 is null or c.id in (select unhex(value, '-') from json_each(?5))) order by l.from_90k desc, l.id desc limit ?4";
}

/// Somebody's word that footage stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// For ever.
    pub id: LockId,
    /// Whose footage.
    pub camera: CameraId,
    /// Which.
    pub range: TimeRange,
    /// When it ends by itself; `None` = when somebody removes it.
    pub until: Option<Ticks>,
    /// Why; may be empty.
    pub note: String,
    /// Who.
    pub by: String,
    /// When.
    pub made: Ticks,
}

impl Lock {
    fn body(&self) -> Value {
        json!({
            "camera": self.camera, "from": self.range.from.rfc3339(), "to": self.range.to.rfc3339(),
            "until": self.until.map(Ticks::rfc3339), "note": self.note, "by": self.by,
        })
    }
}

type Row = (Vec<u8>, Vec<u8>, i64, i64, Option<i64>, String, String, i64);

fn lock((id, camera, from, to, until, note, by, made): Row) -> Result<Lock> {
    Ok(Lock {
        id: LockId(uuid(&id)?),
        camera: CameraId(uuid(&camera)?),
        range: TimeRange::new(Ticks(from), Ticks(to)),
        until: until.map(Ticks),
        note,
        by,
        made: Ticks(made),
    })
}

fn no_camera() -> Error {
    Error::not_found("there is no such camera; look at the list again")
}

struct Add(Lock);

impl Change for Add {
    type Answer = ();
    const NAME: &'static str = "add_lock";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let lock = &self.0;
        let camera = camera_key(w, lock.camera).await?.ok_or_else(no_camera)?;
        let query = sqlx::query(INSERT)
            .bind(lock.id.0.as_bytes().as_slice())
            .bind(camera)
            .bind(lock.range.from.0)
            .bind(lock.range.to.0)
            .bind(lock.until.map(|until| until.0))
            .bind(lock.note.clone())
            .bind(lock.by.clone())
            .bind(lock.made.0);
        query.execute(&mut w.conn).await.map_err(failed)?;
        hold::recount(w, camera, lock.range).await?;
        outbox::put(w, "lock", lock.id.0, lock.body()).await
    }
}

/// Answers whether it was there.
async fn remove(w: &mut Write, id: LockId, why: &str) -> Result<bool> {
    let query = sqlx::query_as(DELETE).bind(id.0.as_bytes().as_slice());
    let row: Option<(i64, i64, i64)> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
    let Some((camera, from, to)) = row else { return Ok(false) };
    hold::recount(w, camera, TimeRange::new(Ticks(from), Ticks(to))).await?;
    outbox::put(w, "lock_removed", id.0, json!({"reason": why})).await?;
    Ok(true)
}

struct Remove(LockId);

impl Change for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove_lock";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        remove(w, self.0, "removed").await
    }
}

struct End(Ticks);

impl Change for End {
    type Answer = u64;
    const NAME: &'static str = "end_locks";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        let ids: Vec<Vec<u8>> =
            sqlx::query_scalar(OVER).bind(self.0.0).fetch_all(&mut w.conn).await.map_err(failed)?;
        for id in &ids {
            remove(w, LockId(uuid(id)?), "over").await?;
        }
        Ok(ids.len() as u64)
    }
}

impl Catalogue {
    /// Keeps a camera's footage of a range, what is there and what is yet to come, from when this returns. What was
    /// doomed before is gone.
    ///
    /// # Errors
    /// `NotFound` when the camera never was; when the catalogue cannot be written.
    pub async fn add_lock(&self, scope: &Scope, lock: Lock) -> Result<()> {
        if !scope.sees(lock.camera) {
            return Err(no_camera());
        }
        self.inner.queue.ask(Add(lock)).await
    }

    /// Takes a lock away; answers whether it was there. What no other lock keeps may be deleted from now on.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn remove_lock(&self, scope: &Scope, id: LockId) -> Result<bool> {
        let query = sqlx::query_scalar(CAMERA).bind(id.0.as_bytes().as_slice());
        let camera: Option<Vec<u8>> = self.read(query.fetch_optional(self.readers())).await?;
        let camera = camera.map(|id| uuid(&id).map(CameraId)).transpose()?;
        if camera.is_none_or(|camera| !scope.sees(camera)) {
            return Ok(false);
        }
        self.inner.queue.ask(Remove(id)).await
    }

    /// Takes away the locks that are over at an instant; answers how many. The instant is the caller's to believe in: a
    /// wrong clock must not end a lock.
    ///
    /// # Errors
    /// When the catalogue cannot be read or written.
    pub async fn end_locks(&self, now: Ticks) -> Result<u64> {
        let query = sqlx::query_scalar(OVER).bind(now.0);
        let over: Option<Vec<u8>> = self.read(query.fetch_optional(self.readers())).await?;
        if over.is_none() { Ok(0) } else { self.inner.queue.ask(End(now)).await }
    }

    /// Locks of a camera (`None`: of all) that meet a range, newest footage first, at most `limit`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn locks(
        &self,
        scope: &Scope,
        range: TimeRange,
        camera: Option<CameraId>,
        limit: u32,
    ) -> Result<Vec<Lock>> {
        let query = sqlx::query_as(LIST).bind(range.from.0).bind(range.to.0);
        let query =
            query.bind(camera.map(|camera| camera.0.as_bytes().to_vec())).bind(limit).bind(scope.list());
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        rows.into_iter().map(lock).collect()
    }
}
