//! Bookmarks: moments that somebody wants to find again. They keep no footage; locks do.

use serde_json::{Value, json};

use super::names::camera_key;
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, outbox};
use crate::base::{BookmarkId, CameraId, Error, Kind, Result, Ticks, TimeRange};

statements! {
    INSERT = "insert into bookmark (id, camera_key, at_90k, to_90k, note, by, made_90k, revision) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)";
    UPDATE = "update bookmark set at_90k = ?3, to_90k = ?4, note = ?5, revision = revision + 1 \
        where id = ?1 and revision = ?2";
    THERE = "select revision from bookmark where id = ?1";
    DELETE = "delete from bookmark where id = ?1";
    BY_ID = "select b.id, c.id, b.at_90k, b.to_90k, b.note, b.by, b.made_90k, b.revision from bookmark b \
        join camera c on c.key = b.camera_key where b.id = ?1";
    LIST = "select b.id, c.id, b.at_90k, b.to_90k, b.note, b.by, b.made_90k, b.revision from bookmark b \
        join camera c on c.key = b.camera_key where b.at_90k < ?2 and coalesce(b.to_90k, b.at_90k + 1) > ?1 \
        and (?3 is null or c.id = ?3) and (?7 is null or c.id in (select unhex(value, '-') from json_each(?7))) \
        and (b.at_90k, b.id) < (?4, ?5) order by b.at_90k desc, b.id desc limit ?6";
}

/// A moment or a stretch with a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// For ever.
    pub id: BookmarkId,
    /// Whose picture.
    pub camera: CameraId,
    /// The moment, or the first instant of the stretch.
    pub at: Ticks,
    /// First instant after the stretch; `None` = a moment.
    pub to: Option<Ticks>,
    /// Why.
    pub note: String,
    /// Who.
    pub by: String,
    /// When.
    pub made: Ticks,
    /// Counts its changes, from 1.
    pub revision: i64,
}

impl Bookmark {
    fn body(&self) -> Value {
        json!({
            "camera": self.camera, "at": self.at.rfc3339(), "to": self.to.map(Ticks::rfc3339), "note": self.note,
            "by": self.by,
        })
    }
}

type Row = (Vec<u8>, Vec<u8>, i64, Option<i64>, String, String, i64, i64);

fn bookmark((id, camera, at, to, note, by, made, revision): Row) -> Result<Bookmark> {
    let (id, camera) = (BookmarkId(uuid(&id)?), CameraId(uuid(&camera)?));
    Ok(Bookmark { id, camera, at: Ticks(at), to: to.map(Ticks), note, by, made: Ticks(made), revision })
}

fn no_camera() -> Error {
    Error::not_found("there is no such camera; look at the list again")
}

fn gone() -> Error {
    Error::not_found("there is no such bookmark; somebody may have removed it")
}

struct Add(Bookmark);

impl Change for Add {
    type Answer = ();
    const NAME: &'static str = "add_bookmark";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let b = &self.0;
        let camera = camera_key(w, b.camera).await?.ok_or_else(no_camera)?;
        let query = sqlx::query(INSERT)
            .bind(b.id.0.as_bytes().as_slice())
            .bind(camera)
            .bind(b.at.0)
            .bind(b.to.map(|to| to.0))
            .bind(b.note.clone())
            .bind(b.by.clone())
            .bind(b.made.0);
        query.execute(&mut w.conn).await.map_err(failed)?;
        outbox::put(w, "bookmark", b.id.0, b.body()).await
    }
}

/// With the revision that it was read with.
struct Put(Bookmark);

impl Change for Put {
    type Answer = ();
    const NAME: &'static str = "put_bookmark";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let b = &self.0;
        let id = b.id.0.as_bytes().as_slice();
        let query = sqlx::query(UPDATE).bind(id).bind(b.revision).bind(b.at.0);
        let query = query.bind(b.to.map(|to| to.0)).bind(b.note.clone());
        if query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() == 0 {
            let there: Option<i64> =
                sqlx::query_scalar(THERE).bind(id).fetch_optional(&mut w.conn).await.map_err(failed)?;
            return Err(match there {
                Some(_) => Error::new(Kind::Conflict, "somebody changed this bookmark; read it again"),
                None => gone(),
            });
        }
        outbox::put(w, "bookmark", b.id.0, b.body()).await
    }
}

struct Remove(BookmarkId);

impl Change for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove_bookmark";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(DELETE).bind(self.0.0.as_bytes().as_slice());
        let there = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
        if there {
            outbox::put(w, "bookmark_removed", self.0.0, json!({})).await?;
        }
        Ok(there)
    }
}

impl Catalogue {
    /// Adds a bookmark; its revision is 1 whatever it says.
    ///
    /// # Errors
    /// `NotFound` when the camera never was; when the catalogue cannot be written.
    pub async fn add_bookmark(&self, scope: &Scope, bookmark: Bookmark) -> Result<()> {
        if !scope.sees(bookmark.camera) {
            return Err(no_camera());
        }
        self.inner.queue.ask(Add(bookmark)).await
    }

    /// Changes place and note of a bookmark that still has the given one's revision.
    ///
    /// # Errors
    /// `Conflict` when somebody changed it meanwhile, `NotFound`; when the catalogue cannot be written.
    pub async fn put_bookmark(&self, scope: &Scope, bookmark: Bookmark) -> Result<()> {
        if self.bookmark(scope, bookmark.id).await?.is_none() {
            return Err(gone());
        }
        self.inner.queue.ask(Put(bookmark)).await
    }

    /// Takes a bookmark away; answers whether it was there.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn remove_bookmark(&self, scope: &Scope, id: BookmarkId) -> Result<bool> {
        if self.bookmark(scope, id).await?.is_none() {
            return Ok(false);
        }
        self.inner.queue.ask(Remove(id)).await
    }

    /// One bookmark.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn bookmark(&self, scope: &Scope, id: BookmarkId) -> Result<Option<Bookmark>> {
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().as_slice());
        let row: Option<Row> = self.read(query.fetch_optional(self.readers())).await?;
        let found = row.map(bookmark).transpose()?;
        Ok(found.filter(|bookmark| scope.sees(bookmark.camera)))
    }

    /// Bookmarks of a camera (`None`: of all) that meet a range, newest moment first, at most `limit`; for the next
    /// page give the last one's moment and id as `before`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn bookmarks(
        &self,
        scope: &Scope,
        range: TimeRange,
        camera: Option<CameraId>,
        before: Option<(Ticks, BookmarkId)>,
        limit: u32,
    ) -> Result<Vec<Bookmark>> {
        let (before, id) = before.map_or((i64::MAX, Vec::new()), |(at, id)| (at.0, id.0.as_bytes().to_vec()));
        let query = sqlx::query_as(LIST).bind(range.from.0).bind(range.to.0);
        let query = query.bind(camera.map(|camera| camera.0.as_bytes().to_vec()));
        let query = query.bind(before).bind(id).bind(limit).bind(scope.list());
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        rows.into_iter().map(bookmark).collect()
    }
}
