//! Zones of cameras: areas of the picture that count in their own way. Replaced as a set, like what a person drew.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::json;

use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, camera_write, outbox};
use crate::base::{CameraId, Error, Kind, Polygon, Result, TICKS_PER_SECOND, ZoneId};

statements! {
    CAMERA = "select c.key, coalesce(s.revision, 0) from camera c left join zone_set s on s.camera_key = c.key \
        where c.id = ?1 and c.deleted_90k is null";
    OF_CAMERA = "select z.id, z.kind, z.name, z.polygon, z.sensitivity, z.min_size, z.min_duration_90k from zone z \
        join camera c on c.key = z.camera_key where c.id = ?1 order by z.ord";
    ALERT = "select c.id, z.id from zone z join camera c on c.key = z.camera_key where z.kind = 'alert' \
        and c.deleted_90k is null and c.id in (select unhex(value, '-') from json_each(?1))";
    REVISION = "select coalesce((select s.revision from zone_set s join camera c on c.key = s.camera_key where c.id = ?1), 0)";
    IDS = "select id from zone where camera_key = ?1";
    CLEAR = "delete from zone where camera_key = ?1";
    INSERT = "insert into zone (id, camera_key, ord, kind, name, polygon, sensitivity, min_size, min_duration_90k) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    /// Whoever watches cameras hears of their zones as well.
    TOUCH = "update camera set revision = (select max(revision) + 1 from camera) where key = ?1 returning revision";
    SET = "insert into zone_set (camera_key, revision, changed_90k) values (?1, ?2, ?3) \
        on conflict (camera_key) do update set revision = excluded.revision, changed_90k = excluded.changed_90k";
}

/// Zones of one camera: more than anybody draws, and each costs a comparison per picture.
pub const ZONES_MOST: usize = 32;
/// Longest minimum that makes sense.
const LONGEST: i64 = 600 * TICKS_PER_SECOND;

/// What an area is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZoneKind {
    /// Motion in it is an event.
    Alert,
    /// Motion in it never counts.
    Ignore,
}

impl ZoneKind {
    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Ignore => "ignore",
        }
    }
}

impl FromStr for ZoneKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "alert" => Ok(Self::Alert),
            "ignore" => Ok(Self::Ignore),
            _ => Err(Error::invalid(format!("{name:?} is no kind of zone; use alert or ignore"))),
        }
    }
}

/// How easily motion counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sensitivity {
    /// Only what is plain.
    Low,
    /// As it should be nearly everywhere.
    #[default]
    Normal,
    /// Also what is faint.
    High,
}

impl Sensitivity {
    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl FromStr for Sensitivity {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "low" => Ok(Self::Low),
            "normal" => Ok(Self::Normal),
            "high" => Ok(Self::High),
            _ => Err(Error::invalid(format!("{name:?} is no sensitivity; use low, normal or high"))),
        }
    }
}

/// An area of a camera's picture that counts in its own way.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraZone {
    /// For ever; `None` when it is put for the first time.
    pub id: Option<ZoneId>,
    /// What it is for.
    pub kind: ZoneKind,
    /// As people call it, 1 to 100 characters.
    pub name: String,
    /// Where.
    pub polygon: Polygon,
    /// How easily motion in it counts.
    pub sensitivity: Sensitivity,
    /// Share of the picture that must move at once, 0 to 1.
    pub min_size: f64,
    /// Ticks that it must move for.
    pub min_duration: i64,
}

/// The zones of a camera, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CameraZones {
    /// Grows with each change of them; 0 = never set.
    pub revision: i64,
    /// All of them.
    pub zones: Vec<CameraZone>,
}

/// Refuses zones that make no sense.
///
/// # Errors
/// `Invalid`, saying what is wrong.
pub fn check_zones(zones: &[CameraZone]) -> Result<()> {
    if zones.len() > ZONES_MOST {
        return Err(Error::invalid(format!("a camera has at most {ZONES_MOST} zones; remove some")));
    }
    for (n, zone) in zones.iter().enumerate() {
        camera_write::checked_name(&zone.name).map_err(|_| {
            Error::invalid("a zone's name has 1 to 100 characters on one line; give it another")
        })?;
        if !(0.0..=1.0).contains(&zone.min_size) {
            return Err(Error::invalid("min_size is a share of the picture; give 0 to 1"));
        }
        if !(0..=LONGEST).contains(&zone.min_duration) {
            return Err(Error::invalid("min_duration is at most ten minutes; give less"));
        }
        if zone.id.is_some() && zones[..n].iter().any(|other| other.id == zone.id) {
            return Err(Error::invalid("two zones have the same id; leave it out of new ones"));
        }
    }
    Ok(())
}

struct Put {
    camera: CameraId,
    expected: Option<i64>,
    zones: Vec<CameraZone>,
}

impl Change for Put {
    type Answer = CameraZones;
    const NAME: &'static str = "put_zones";

    async fn apply(&self, w: &mut Write) -> Result<CameraZones> {
        check_zones(&self.zones)?;
        let query = sqlx::query_as(CAMERA).bind(self.camera.0.as_bytes().as_slice());
        let found: Option<(i64, i64)> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
        let (key, revision) = found.ok_or_else(|| camera_write::not_found(self.camera))?;
        if self.expected.is_some_and(|expected| expected != revision) {
            return Err(Error::new(
                Kind::Conflict,
                "the zones were changed meanwhile; load them again and repeat the change",
            ));
        }
        let known: Vec<Vec<u8>> =
            sqlx::query_scalar(IDS).bind(key).fetch_all(&mut w.conn).await.map_err(failed)?;
        sqlx::query(CLEAR).bind(key).execute(&mut w.conn).await.map_err(failed)?;
        let mut zones = self.zones.clone();
        for (ord, zone) in zones.iter_mut().enumerate() {
            let id = zone.id.filter(|id| known.iter().any(|known| known == id.0.as_bytes()));
            let id = id.unwrap_or_else(|| ZoneId::fresh(w.now));
            (zone.id, zone.name) = (Some(id), zone.name.trim().to_owned());
            insert(w, key, ord, id, zone).await?;
        }
        let query = sqlx::query_scalar(TOUCH).bind(key);
        let revision: i64 = query.fetch_one(&mut w.conn).await.map_err(failed)?;
        let query = sqlx::query(SET).bind(key).bind(revision).bind(w.now.0);
        query.execute(&mut w.conn).await.map_err(failed)?;
        w.configuration_changed = true;
        outbox::put(w, "zones", self.camera.0, public(&zones)).await?;
        Ok(CameraZones { revision, zones })
    }
}

fn public(zones: &[CameraZone]) -> serde_json::Value {
    let zones = zones.iter().map(|z| {
        json!({
            "id": z.id, "kind": z.kind.name(), "name": z.name, "points": z.polygon,
            "sensitivity": z.sensitivity.name(), "min_size": z.min_size,
            "min_duration_s": z.min_duration as f64 / TICKS_PER_SECOND as f64,
        })
    });
    json!({"zones": zones.collect::<Vec<_>>()})
}

async fn insert(w: &mut Write, camera: i64, ord: usize, id: ZoneId, zone: &CameraZone) -> Result<()> {
    let polygon = serde_json::to_string(&zone.polygon)
        .map_err(|e| Error::internal("an area cannot be written; report this").because(e))?;
    let query = sqlx::query(INSERT)
        .bind(id.0.as_bytes().as_slice())
        .bind(camera)
        .bind(ord as i64)
        .bind(zone.kind.name())
        .bind(zone.name.clone())
        .bind(polygon)
        .bind(zone.sensitivity.name())
        .bind(zone.min_size)
        .bind(zone.min_duration);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

impl Catalogue {
    /// The zones of a camera. Those of a kind that only a newer program knows are left out.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn zones(&self, scope: &Scope, camera: CameraId) -> Result<CameraZones> {
        if !scope.sees(camera) {
            return Ok(CameraZones::default());
        }
        type Row = (Vec<u8>, String, String, String, String, f64, i64);
        let id = camera.0.as_bytes().as_slice();
        // The revision first: what changes in between is then seen as a change by whoever compares.
        let query = sqlx::query_scalar(REVISION).bind(id);
        let revision: i64 = self.read(query.fetch_one(self.readers())).await?;
        let rows: Vec<Row> = self.read(sqlx::query_as(OF_CAMERA).bind(id).fetch_all(self.readers())).await?;
        let mut zones = Vec::with_capacity(rows.len());
        for (id, kind, name, polygon, sensitivity, min_size, min_duration) in rows {
            let Ok(kind) = kind.parse() else { continue };
            zones.push(CameraZone {
                id: Some(ZoneId(uuid(&id)?)),
                kind,
                name,
                polygon: serde_json::from_str(&polygon).map_err(|e| damaged("a zone").because(e))?,
                sensitivity: sensitivity.parse().unwrap_or_default(),
                min_size,
                min_duration,
            });
        }
        Ok(CameraZones { revision, zones })
    }

    /// Which alert zones these cameras have, without what is drawn: cheap enough for every decision. Nothing is read for none.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn alert_zones(
        &self,
        cameras: impl IntoIterator<Item = CameraId>,
    ) -> Result<BTreeSet<(CameraId, ZoneId)>> {
        let cameras: Vec<String> = cameras.into_iter().map(|id| id.to_string()).collect();
        if cameras.is_empty() {
            return Ok(BTreeSet::new());
        }
        let query = sqlx::query_as(ALERT).bind(json!(cameras).to_string());
        let rows: Vec<(Vec<u8>, Vec<u8>)> = self.read(query.fetch_all(self.readers())).await?;
        rows.iter().map(|(camera, zone)| Ok((CameraId(uuid(camera)?), ZoneId(uuid(zone)?)))).collect()
    }

    /// Replaces the zones of a camera, if they still have the revision that the caller saw. A zone with an id of this
    /// camera keeps it, the others get one. Whoever watches [`changes`](Self::changes) hears of it.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the revision is another; `Invalid` for a zone that makes no sense; when the catalogue
    /// cannot be written.
    pub async fn put_zones(
        &self,
        camera: CameraId,
        expected_revision: Option<i64>,
        zones: Vec<CameraZone>,
    ) -> Result<CameraZones> {
        self.inner.queue.ask(Put { camera, expected: expected_revision, zones }).await
    }
}
