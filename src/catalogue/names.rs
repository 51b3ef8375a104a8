//! Local keys to public names, remembered: segment rows carry small keys, callers want ids and hashes.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::sql::{failed, statements, uuid};
use super::writer::Write;
use crate::base::{CameraId, Error, Result, VolumeId};
use crate::media::ParametersHash;

statements! {
    VOLUMES = "select key, id from volume";
    PARAMETERS = "select key, hash from parameters";
    CAMERA_KEY = "select key from camera where id = ?1";
    VOLUME_KEY = "select key from volume where id = ?1";
    PARAMETERS_KEY = "select key from parameters where hash = ?1";
    PARAMETERS_STUB = "insert into parameters (hash, mime, codec, width, height) values (?1, '', '', 0, 0) returning key";
}

/// Names never change once given, so what is remembered stays right.
#[derive(Default)]
pub(super) struct Names(RwLock<Known>);

/// Keys and what they stand for.
#[derive(Default)]
pub(super) struct Known {
    pub(super) volumes: HashMap<i64, VolumeId>,
    pub(super) parameters: HashMap<i64, ParametersHash>,
}

impl Names {
    /// What is known now; one lock for a whole list.
    pub(super) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads all names again: some key was new.
    pub(super) async fn refresh(&self, readers: &sqlx::SqlitePool) -> Result<()> {
        let volumes: Vec<(i64, Vec<u8>)> =
            sqlx::query_as(VOLUMES).fetch_all(readers).await.map_err(failed)?;
        let parameters: Vec<(i64, Vec<u8>)> =
            sqlx::query_as(PARAMETERS).fetch_all(readers).await.map_err(failed)?;
        let volumes =
            volumes.into_iter().map(|(key, id)| Ok((key, VolumeId(uuid(&id)?)))).collect::<Result<_>>()?;
        let parameters =
            parameters.into_iter().map(|(key, hash)| Ok((key, ParametersHash::from_bytes(&hash)?)));
        let known = Known { volumes, parameters: parameters.collect::<Result<_>>()? };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }
}

/// Key of a camera, also of a removed one; `None` when it never was.
pub(super) async fn camera_key(w: &mut Write, id: CameraId) -> Result<Option<i64>> {
    let query = sqlx::query_scalar(CAMERA_KEY).bind(id.0.as_bytes().as_slice());
    query.fetch_optional(&mut w.conn).await.map_err(failed)
}

/// Key of a volume that must have been put before.
pub(super) async fn volume_key(w: &mut Write, id: VolumeId) -> Result<i64> {
    let query = sqlx::query_scalar(VOLUME_KEY).bind(id.0.as_bytes().as_slice());
    let key = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
    key.ok_or_else(|| {
        Error::not_found(format!("volume {id} is not in the catalogue; put it there before it is used"))
    })
}

/// Key of decoder parameters; makes an empty row when they are not known yet.
pub(super) async fn parameters_key(w: &mut Write, hash: ParametersHash) -> Result<i64> {
    let query = sqlx::query_scalar(PARAMETERS_KEY).bind(hash.as_bytes());
    if let Some(key) = query.fetch_optional(&mut w.conn).await.map_err(failed)? {
        return Ok(key);
    }
    sqlx::query_scalar(PARAMETERS_STUB).bind(hash.as_bytes()).fetch_one(&mut w.conn).await.map_err(failed)
}
