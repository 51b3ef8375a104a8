//! Cameras and their streams as callers see them.

use std::str::FromStr;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sql::{failed, statements, uuid};
use super::vault::Vault;
use super::writer::Write;
use super::{Catalogue, Scope};
use crate::base::{
    CameraId, Credentials, Error, Result, RtspUrl, Secret, StreamId, StreamKey, StreamKind, Ticks,
};

macro_rules! columns {
    () => {
        "select c.key, c.id, c.slug, c.name, c.area, c.ord, c.enabled, c.username, c.password, c.transport, c.revision, \
         c.created_90k, c.deleted_90k, s.key, s.id, s.kind, s.url, s.recorded, s.min_days, s.max_days, s.grp, \
         s.deleted_90k from camera c join stream s on s.camera_key = c.key "
    };
}

statements! {
    LIVE = concat!(columns!(), "where c.deleted_90k is null and s.deleted_90k is null order by c.ord, c.key, s.kind");
    ALL = concat!(columns!(), "order by c.ord, c.key, s.kind");
    FIND = concat!(columns!(), "where c.deleted_90k is null and s.deleted_90k is null \
        and (c.id = ?1 or c.slug = ?2 or c.name = ?2) order by c.ord, c.key, s.kind");
    STREAM_ID = "select id from stream where key = ?1";
    BY_ID = concat!(columns!(), "where c.id = ?1 and c.deleted_90k is null order by s.kind");
}

/// How RTP travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Inside the RTSP connection: passes every network, loses nothing on its own.
    #[default]
    Tcp,
    /// Beside it: for cameras whose interleaving is broken.
    Udp,
}

impl Transport {
    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl FromStr for Transport {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            _ => Err(Error::invalid(format!("{name:?} is not a transport; use tcp or udp"))),
        }
    }
}

/// A camera with its streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// Local key.
    pub key: i64,
    /// For ever and over all sites.
    pub id: CameraId,
    /// For addresses; never changes.
    pub slug: String,
    /// As people call it.
    pub name: String,
    /// Lane or place; empty: none.
    pub area: String,
    /// Position on the wall, smallest first.
    pub order: i64,
    /// Connect and record.
    pub enabled: bool,
    /// What the camera asks for.
    pub username: Option<String>,
    /// What the camera asks for.
    pub password: Option<Secret>,
    /// One was kept and cannot be read: its key is gone.
    pub password_lost: bool,
    /// How RTP travels.
    pub transport: Transport,
    /// Counts over all cameras: greater = changed later.
    pub revision: i64,
    /// When it was added.
    pub created: Ticks,
    /// When it was removed; only [`Catalogue::all_cameras`] shows removed ones.
    pub deleted: Option<Ticks>,
    /// Main first, then sub if there is one.
    pub streams: Vec<Stream>,
}

impl Camera {
    /// One of its streams.
    pub fn stream(&self, kind: StreamKind) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.kind == kind)
    }

    /// What to sign in with; a user name alone has an empty password.
    pub fn credentials(&self) -> Option<Credentials> {
        let username = self.username.clone()?;
        Some(Credentials { username, password: self.password.clone().unwrap_or_else(|| Secret::new("")) })
    }
}

/// One encoding of a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Local key: ring, folders and rows use it.
    pub key: StreamKey,
    /// For ever and over all sites.
    pub id: StreamId,
    /// Main or sub.
    pub kind: StreamKind,
    /// Where it is.
    pub url: RtspUrl,
    /// Footage is kept.
    pub recorded: bool,
    /// Days that are kept even when others must go first.
    pub min_days: Option<u32>,
    /// Days after which footage goes although there is room.
    pub max_days: Option<u32>,
    /// Volume group that receives its footage.
    pub group: String,
    /// When it was removed.
    pub deleted: Option<Ticks>,
}

/// One row of the join: a camera and one of its streams.
struct Joined(Camera);

impl<'r> sqlx::FromRow<'r, SqliteRow> for Joined {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        fn parse<T: FromStr<Err = Error>>(text: &str) -> sqlx::Result<T> {
            text.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))
        }
        let id = |index: usize| -> sqlx::Result<uuid::Uuid> {
            uuid(row.try_get(index)?).map_err(|e| sqlx::Error::Decode(Box::new(e)))
        };
        let stream = Stream {
            key: StreamKey(row.try_get(13)?),
            id: StreamId(id(14)?),
            kind: parse(row.try_get(15)?)?,
            url: parse(row.try_get(16)?)?,
            recorded: row.try_get(17)?,
            min_days: row.try_get(18)?,
            max_days: row.try_get(19)?,
            group: row.try_get(20)?,
            deleted: row.try_get::<Option<i64>, _>(21)?.map(Ticks),
        };
        Ok(Self(Camera {
            key: row.try_get(0)?,
            id: CameraId(id(1)?),
            slug: row.try_get(2)?,
            name: row.try_get(3)?,
            area: row.try_get(4)?,
            order: row.try_get(5)?,
            enabled: row.try_get(6)?,
            username: row.try_get(7)?,
            // As it is stored: revealed when the rows are joined.
            password: row.try_get::<Option<String>, _>(8)?.map(Secret::new),
            password_lost: false,
            transport: parse(row.try_get(9)?)?,
            revision: row.try_get(10)?,
            created: Ticks(row.try_get(11)?),
            deleted: row.try_get::<Option<i64>, _>(12)?.map(Ticks),
            streams: vec![stream],
        }))
    }
}

fn grouped(vault: &Vault, rows: Vec<Joined>) -> Vec<Camera> {
    let mut cameras: Vec<Camera> = Vec::new();
    for Joined(mut camera) in rows {
        match cameras.last_mut() {
            Some(last) if last.key == camera.key => last.streams.append(&mut camera.streams),
            _ => {
                if let Some(stored) = camera.password.take() {
                    camera.password = vault.reveal(camera.id, stored.expose());
                    camera.password_lost = camera.password.is_none();
                }
                cameras.push(camera);
            }
        }
    }
    cameras
}

/// A camera that is not removed, with all its streams, removed ones too.
pub(super) async fn load(w: &mut Write, id: CameraId) -> Result<Option<Camera>> {
    let rows: Vec<Joined> = sqlx::query_as(BY_ID)
        .bind(id.0.as_bytes().as_slice())
        .fetch_all(&mut w.conn)
        .await
        .map_err(failed)?;
    Ok(grouped(&w.vault, rows).pop())
}

impl Catalogue {
    /// Cameras in their order on the wall.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn cameras(&self, scope: &Scope) -> Result<Vec<Camera>> {
        let mut all =
            grouped(&self.inner.vault, self.read(sqlx::query_as(LIVE).fetch_all(self.readers())).await?);
        all.retain(|camera| scope.sees(camera.id));
        Ok(all)
    }

    /// Cameras and streams that have been removed too: their footage is there until retention takes it.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn all_cameras(&self) -> Result<Vec<Camera>> {
        Ok(grouped(&self.inner.vault, self.read(sqlx::query_as(ALL).fetch_all(self.readers())).await?))
    }

    /// A camera by its id, its slug or its exact name, in this order.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn camera(&self, scope: &Scope, which: &str) -> Result<Option<Camera>> {
        let id: Option<CameraId> = which.parse().ok();
        let query = sqlx::query_as(FIND).bind(id.map(|id| id.0.as_bytes().to_vec())).bind(which.to_owned());
        let mut found = grouped(&self.inner.vault, self.read(query.fetch_all(self.readers())).await?);
        found.retain(|camera| scope.sees(camera.id));
        found.sort_by_key(|camera| (Some(camera.id) != id, camera.slug != which));
        Ok(found.into_iter().next())
    }

    /// The public id of a stream, also of a removed one.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn stream_id(&self, key: StreamKey) -> Result<Option<StreamId>> {
        let query = sqlx::query_scalar(STREAM_ID).bind(key.0);
        let id: Option<Vec<u8>> = self.read(query.fetch_optional(self.readers())).await?;
        id.map(|id| uuid(&id).map(StreamId)).transpose()
    }
}
