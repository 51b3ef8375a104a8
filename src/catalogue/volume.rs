//! Volumes: folders that receive footage.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Catalogue;
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use crate::base::{Error, Result, VolumeId};

statements! {
    PUT = "insert into volume (id, path, grp, budget_bytes, state) values (?1, ?2, ?3, ?4, 'ok') \
        on conflict (id) do update set path = excluded.path, grp = excluded.grp, budget_bytes = excluded.budget_bytes";
    SET_STATE = "update volume set state = ?2 where id = ?1";
    ALL = "select id, path, grp, budget_bytes, state from volume order by key";
}

/// How a volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeState {
    /// Usable.
    Ok,
    /// Not mounted, or another disk is there.
    Absent,
    /// Failed several times.
    Suspect,
    /// Read only: no new footage.
    Retired,
}

impl VolumeState {
    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "absent",
            Self::Suspect => "suspect",
            Self::Retired => "retired",
        }
    }
}

impl FromStr for VolumeState {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Ok, Self::Absent, Self::Suspect, Self::Retired];
        let found = all.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| {
            Error::invalid(format!("{name:?} is no state of a volume; use ok, absent, suspect or retired"))
        })
    }
}

/// A volume as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVolume {
    /// As in its identity file.
    pub id: VolumeId,
    /// Its folder.
    pub path: PathBuf,
    /// Group that streams are assigned to.
    pub group: String,
    /// Bytes of footage it may hold; `None`: what the disk gives.
    pub budget_bytes: Option<i64>,
}

/// A volume as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// As in its identity file.
    pub id: VolumeId,
    /// Its folder.
    pub path: PathBuf,
    /// Group that streams are assigned to.
    pub group: String,
    /// Bytes of footage it may hold; `None`: what the disk gives.
    pub budget_bytes: Option<i64>,
    /// How it is.
    pub state: VolumeState,
}

fn text(path: &Path) -> Result<String> {
    let path = path.to_str().map(str::to_owned);
    path.ok_or_else(|| Error::invalid("the path of a volume must be UTF-8; rename its folder"))
}

struct Put(NewVolume);

impl Change for Put {
    type Answer = ();
    const NAME: &'static str = "put_volume";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let v = &self.0;
        let query = sqlx::query(PUT)
            .bind(v.id.0.as_bytes().as_slice())
            .bind(text(&v.path)?)
            .bind(v.group.clone())
            .bind(v.budget_bytes);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct SetState(VolumeId, VolumeState);

impl Change for SetState {
    type Answer = ();
    const NAME: &'static str = "set_volume_state";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(SET_STATE).bind(self.0.0.as_bytes().as_slice()).bind(self.1.name());
        let done = query.execute(&mut w.conn).await.map_err(failed)?;
        match done.rows_affected() {
            0 => Err(Error::not_found(format!("volume {} is not in the catalogue", self.0))),
            _ => Ok(()),
        }
    }
}

impl Catalogue {
    /// Adds a volume, or changes its path, group and budget; its state stays.
    ///
    /// # Errors
    /// `Invalid` for a path that is not UTF-8; when the catalogue cannot be written.
    pub async fn put_volume(&self, volume: NewVolume) -> Result<()> {
        self.inner.queue.ask(Put(volume)).await
    }

    /// Notes how a volume is.
    ///
    /// # Errors
    /// `NotFound` for an unknown one; when the catalogue cannot be written.
    pub async fn set_volume_state(&self, id: VolumeId, state: VolumeState) -> Result<()> {
        self.inner.queue.ask(SetState(id, state)).await
    }

    /// All volumes, in order of addition.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn volumes(&self) -> Result<Vec<Volume>> {
        type Row = (Vec<u8>, String, String, Option<i64>, String);
        let rows: Vec<Row> = self.read(sqlx::query_as(ALL).fetch_all(self.readers())).await?;
        let volumes = rows.into_iter().map(|(id, path, group, budget_bytes, state)| {
            let id = VolumeId(uuid(&id)?);
            Ok(Volume { id, path: path.into(), group, budget_bytes, state: state.parse()? })
        });
        volumes.collect()
    }
}
