//! Adding, changing and removing cameras.

use serde_json::{Value, json};

use super::Catalogue;
use super::camera::{Camera, Transport, load};
use super::slug::{slug, unique};
use super::sql::{failed, statements};
use super::writer::{Change, Write};
use super::{ledger, outbox};
use crate::base::{CameraId, Error, Kind, Result, RtspUrl, Secret, StreamId, StreamKey, StreamKind, Ticks};

statements! {
    SLUGS = "select slug from camera where deleted_90k is null";
    INSERT = "insert into camera (id, slug, name, area, ord, enabled, username, password, transport, revision, created_90k) \
        values (?1, ?2, ?3, ?4, coalesce(?5, (select coalesce(max(ord), 0) + 1 from camera where deleted_90k is null)), \
        ?6, ?7, ?8, ?9, (select coalesce(max(revision), 0) + 1 from camera), ?10) returning key";
    UPDATE = "update camera set name = ?2, area = ?3, ord = ?4, enabled = ?5, username = ?6, transport = ?7, \
        deleted_90k = ?8, revision = (select max(revision) + 1 from camera) where key = ?1";
    PASSWORD = "update camera set password = ?2 where key = ?1";
    /// A stream that was removed comes back with its key, so its old footage is its again.
    NAMESAKES = "select count(*) from camera where name = ?1 and deleted_90k is null and id <> ?2";
    PUT_STREAM = "insert into stream (id, camera_key, kind, url, recorded, min_days, max_days, grp) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (camera_key, kind) do update set url = excluded.url, \
        recorded = excluded.recorded, min_days = excluded.min_days, max_days = excluded.max_days, grp = excluded.grp, \
        deleted_90k = null";
    REMOVE_STREAM = "update stream set deleted_90k = ?2 where key = ?1 and deleted_90k is null";
}

/// Longest name, in characters: it stands on a tile.
const NAME_MAX: usize = 100;
/// Group of streams that name none.
const GROUP: &str = "default";

/// A camera to add.
#[derive(Clone, Debug)]
pub struct NewCamera {
    /// As people call it, 1 to 100 characters.
    pub name: String,
    /// Lane or place; empty: none.
    pub area: String,
    /// Position on the wall; `None`: last.
    pub order: Option<i64>,
    /// Connect and record.
    pub enabled: bool,
    /// What the camera asks for.
    pub username: Option<String>,
    /// What the camera asks for.
    pub password: Option<Secret>,
    /// How RTP travels.
    pub transport: Transport,
    /// The full picture.
    pub main_url: RtspUrl,
    /// The small picture, if the camera has one.
    pub sub_url: Option<RtspUrl>,
    /// Keep footage of main and of sub.
    pub record: (bool, bool),
    /// Days that are kept even when others must go first.
    pub min_days: Option<u32>,
    /// Days after which footage goes although there is room.
    pub max_days: Option<u32>,
    /// Volume group.
    pub group: String,
}

impl NewCamera {
    /// A camera with the usual settings: enabled, both streams recorded, TCP, no limits of days.
    pub fn new(name: impl Into<String>, main_url: RtspUrl) -> Self {
        Self {
            name: name.into(),
            area: String::new(),
            order: None,
            enabled: true,
            username: None,
            password: None,
            transport: Transport::Tcp,
            main_url,
            sub_url: None,
            record: (true, true),
            min_days: None,
            max_days: None,
            group: GROUP.to_owned(),
        }
    }
}

/// What to change; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct CameraPatch {
    /// As people call it.
    pub name: Option<String>,
    /// Lane or place.
    pub area: Option<String>,
    /// Position on the wall.
    pub order: Option<i64>,
    /// Connect and record.
    pub enabled: Option<bool>,
    /// What the camera asks for.
    pub username: Option<Option<String>>,
    /// What the camera asks for.
    pub password: Option<Option<Secret>>,
    /// How RTP travels.
    pub transport: Option<Transport>,
    /// The full picture.
    pub main_url: Option<RtspUrl>,
    /// The small picture; `Some(None)` removes the stream, its footage stays.
    pub sub_url: Option<Option<RtspUrl>>,
    /// Keep footage of main.
    pub record_main: Option<bool>,
    /// Keep footage of sub.
    pub record_sub: Option<bool>,
    /// Both streams.
    pub min_days: Option<Option<u32>>,
    /// Both streams.
    pub max_days: Option<Option<u32>>,
    /// Volume group of both streams.
    pub group: Option<String>,
}

/// What a stream row gets.
pub(super) struct StreamRow<'a> {
    pub(super) id: StreamId,
    pub(super) kind: StreamKind,
    pub(super) url: &'a RtspUrl,
    pub(super) recorded: bool,
    pub(super) min_days: Option<u32>,
    pub(super) max_days: Option<u32>,
    pub(super) group: &'a str,
}

pub(super) async fn put_stream(w: &mut Write, camera: i64, row: StreamRow<'_>) -> Result<()> {
    let query = sqlx::query(PUT_STREAM)
        .bind(row.id.0.as_bytes().as_slice())
        .bind(camera)
        .bind(row.kind.name())
        .bind(row.url.to_string())
        .bind(row.recorded)
        .bind(row.min_days)
        .bind(row.max_days)
        .bind(row.group.to_owned());
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// Inserts the camera row without streams; answers its key.
pub(super) async fn insert(w: &mut Write, id: CameraId, new: &NewCamera) -> Result<i64> {
    let name = checked_name(&new.name)?;
    let taken: Vec<String> = sqlx::query_scalar(SLUGS).fetch_all(&mut w.conn).await.map_err(failed)?;
    let query = sqlx::query_scalar(INSERT)
        .bind(id.0.as_bytes().as_slice())
        .bind(unique(&slug(&name), |candidate| taken.iter().any(|t| t == candidate)))
        .bind(name)
        .bind(new.area.trim().to_owned())
        .bind(new.order)
        .bind(new.enabled)
        .bind(new.username.clone())
        .bind(new.password.as_ref().map(|password| w.vault.seal(id, password)).transpose()?)
        .bind(new.transport.name())
        .bind(w.now.0);
    query.fetch_one(&mut w.conn).await.map_err(failed)
}

pub(super) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "a camera's name has 1 to {NAME_MAX} characters on one line; give it another"
        )));
    }
    Ok(name.to_owned())
}

/// Two cameras of one name cannot be told apart on the wall, nor on the command line.
async fn refuse_namesake(w: &mut Write, name: &str, id: CameraId) -> Result<()> {
    let query = sqlx::query_scalar(NAMESAKES).bind(name.to_owned()).bind(id.0.as_bytes().as_slice());
    match query.fetch_one(&mut w.conn).await.map_err(failed)? {
        0_i64 => Ok(()),
        _ => Err(Error::invalid(format!(
            "there is a camera named {name:?} already; give this one another name"
        ))),
    }
}

/// Tells followers and watchers, and answers the camera as it is now.
pub(super) async fn announce(w: &mut Write, id: CameraId) -> Result<Camera> {
    w.configuration_changed = true;
    let mut camera = load(w, id).await?.ok_or_else(|| not_found(id))?;
    camera.streams.retain(|stream| stream.deleted.is_none());
    outbox::put(w, "camera", id.0, public(&camera)).await?;
    Ok(camera)
}

fn public(camera: &Camera) -> Value {
    let streams = camera.streams.iter().map(|s| json!({"id": s.id, "kind": s.kind, "recorded": s.recorded}));
    json!({
        "slug": camera.slug, "name": camera.name, "area": camera.area, "order": camera.order, "enabled": camera.enabled,
        "revision": camera.revision, "streams": streams.collect::<Vec<_>>(),
    })
}

pub(super) fn not_found(id: CameraId) -> Error {
    Error::not_found(format!("there is no camera {id}; it may have been removed"))
}

struct Add(NewCamera);

impl Change for Add {
    type Answer = Camera;
    const NAME: &'static str = "add_camera";

    async fn apply(&self, w: &mut Write) -> Result<Camera> {
        let new = &self.0;
        let id = CameraId::fresh(w.now);
        refuse_namesake(w, new.name.trim(), id).await?;
        let key = insert(w, id, new).await?;
        let urls = [
            (StreamKind::Main, Some(&new.main_url), new.record.0),
            (StreamKind::Sub, new.sub_url.as_ref(), new.record.1),
        ];
        for (kind, url, recorded) in urls {
            let Some(url) = url else { continue };
            let (min_days, max_days, group) = (new.min_days, new.max_days, new.group.as_str());
            let id = StreamId::fresh(w.now);
            put_stream(w, key, StreamRow { id, kind, url, recorded, min_days, max_days, group }).await?;
        }
        announce(w, id).await
    }
}

struct Patch {
    id: CameraId,
    expected_revision: Option<i64>,
    patch: CameraPatch,
}

impl Change for Patch {
    type Answer = Camera;
    const NAME: &'static str = "patch_camera";

    async fn apply(&self, w: &mut Write) -> Result<Camera> {
        let mut camera = load(w, self.id).await?.ok_or_else(|| not_found(self.id))?;
        if self.expected_revision.is_some_and(|expected| expected != camera.revision) {
            return Err(Error::new(
                Kind::Conflict,
                "the camera was changed meanwhile; load it again and repeat the change",
            ));
        }
        let p = self.patch.clone();
        if let Some(name) = &p.name {
            camera.name = checked_name(name)?;
            refuse_namesake(w, &camera.name, self.id).await?;
        }
        camera.area = p.area.map_or(camera.area, |area| area.trim().to_owned());
        camera.order = p.order.unwrap_or(camera.order);
        camera.enabled = p.enabled.unwrap_or(camera.enabled);
        camera.username = p.username.unwrap_or(camera.username);
        camera.transport = p.transport.unwrap_or(camera.transport);
        update(w, &camera, None).await?;
        // Left alone otherwise: one whose key is gone may be read again when the key is back.
        if let Some(password) = &p.password {
            set_password(w, &camera, password.as_ref()).await?;
        }
        self.patch_stream(w, &camera, StreamKind::Main, self.patch.main_url.clone().map(Some)).await?;
        self.patch_stream(w, &camera, StreamKind::Sub, self.patch.sub_url.clone()).await?;
        announce(w, self.id).await
    }
}

impl Patch {
    async fn patch_stream(
        &self,
        w: &mut Write,
        camera: &Camera,
        kind: StreamKind,
        url: Option<Option<RtspUrl>>,
    ) -> Result<()> {
        let old = camera.stream(kind);
        let url = match url {
            Some(None) => {
                let Some(old) = old else { return Ok(()) };
                return remove_stream(w, old.key).await;
            }
            Some(Some(url)) => url,
            None => match old.filter(|stream| stream.deleted.is_none()) {
                Some(old) => old.url.clone(),
                None => return Ok(()),
            },
        };
        let p = &self.patch;
        let recorded = if kind == StreamKind::Main { p.record_main } else { p.record_sub };
        // A stream that is new takes over how long main is kept.
        let like = old.or_else(|| camera.stream(StreamKind::Main));
        let row = StreamRow {
            id: old.map_or_else(|| StreamId::fresh(w.now), |stream| stream.id),
            kind,
            url: &url,
            recorded: recorded.or(old.map(|stream| stream.recorded)).unwrap_or(true),
            min_days: p.min_days.unwrap_or(like.and_then(|stream| stream.min_days)),
            max_days: p.max_days.unwrap_or(like.and_then(|stream| stream.max_days)),
            group: p.group.as_deref().or(like.map(|stream| stream.group.as_str())).unwrap_or(GROUP),
        };
        put_stream(w, camera.key, row).await
    }
}

async fn update(w: &mut Write, camera: &Camera, deleted: Option<Ticks>) -> Result<()> {
    let query = sqlx::query(UPDATE)
        .bind(camera.key)
        .bind(camera.name.clone())
        .bind(camera.area.clone())
        .bind(camera.order)
        .bind(camera.enabled)
        .bind(camera.username.clone())
        .bind(camera.transport.name())
        .bind(deleted.map(|at| at.0));
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

async fn set_password(w: &mut Write, camera: &Camera, password: Option<&Secret>) -> Result<()> {
    let sealed = password.map(|password| w.vault.seal(camera.id, password)).transpose()?;
    let query = sqlx::query(PASSWORD).bind(camera.key).bind(sealed);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// Its footage stays for retention; a gap that lasts would last for ever, so it ends.
async fn remove_stream(w: &mut Write, key: StreamKey) -> Result<()> {
    let query = sqlx::query(REMOVE_STREAM).bind(key.0).bind(w.now.0);
    query.execute(&mut w.conn).await.map_err(failed)?;
    let now = w.now;
    ledger::end_open(w, key, now).await
}

struct Remove(CameraId);

impl Change for Remove {
    type Answer = ();
    const NAME: &'static str = "remove_camera";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let mut camera = load(w, self.0).await?.ok_or_else(|| not_found(self.0))?;
        camera.enabled = false;
        let now = w.now;
        update(w, &camera, Some(now)).await?;
        // It has no use any more.
        set_password(w, &camera, None).await?;
        for stream in &camera.streams {
            remove_stream(w, stream.key).await?;
        }
        w.configuration_changed = true;
        outbox::put(w, "camera_removed", self.0.0, json!({"slug": camera.slug, "name": camera.name})).await
    }
}

impl Catalogue {
    /// Adds a camera.
    ///
    /// # Errors
    /// `Invalid` for a bad name; when the catalogue cannot be written.
    pub async fn add_camera(&self, camera: NewCamera) -> Result<Camera> {
        self.inner.queue.ask(Add(camera)).await
    }

    /// Changes a camera, if it still has the revision that the caller saw.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the revision is another; `Invalid` for a bad name; when the catalogue cannot be written.
    pub async fn patch_camera(
        &self,
        id: CameraId,
        expected_revision: Option<i64>,
        patch: CameraPatch,
    ) -> Result<Camera> {
        self.inner.queue.ask(Patch { id, expected_revision, patch }).await
    }

    /// Removes a camera and its password; its footage stays until retention takes it.
    ///
    /// # Errors
    /// `NotFound`; when the catalogue cannot be written.
    pub async fn remove_camera(&self, id: CameraId) -> Result<()> {
        self.inner.queue.ask(Remove(id)).await
    }
}
