//! `GET /storage`: how much is kept, where, and for how long it lasts.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::app::VolumeInfo;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::Json;
use super::wire::Time;
use crate::base::{CameraId, TICKS_PER_SECOND, Ticks, VolumeId};
use crate::catalogue::{Camera, Usage};

/// Footage on the volumes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Storage {
    /// In the order of the configuration.
    volumes: Vec<VolumeRow>,
    /// In their order on the wall.
    cameras: Vec<CameraRow>,
    /// How many days fit at the present rate; null until there is an hour of footage.
    #[schema(required = true)]
    days_kept_estimate: Option<f64>,
}

/// A volume.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Volume)]
struct VolumeRow {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: VolumeId,
    /// Folder.
    path: String,
    /// `ok`, `absent`, `suspect` or `retired`.
    state: &'static str,
    /// Bytes of footage it may hold; null = what the disk gives.
    #[schema(required = true)]
    budget_bytes: Option<u64>,
    /// Bytes of footage it holds.
    used_bytes: u64,
    /// Bytes free on its disk.
    free_bytes: u64,
    /// Bytes that retention keeps free on its disk; 0 = not known yet.
    reserve_bytes: u64,
    /// What retention cannot do there: `nothing_to_delete`, `deleting_fails` or `days_min_broken`; null = all is well.
    #[schema(required = true)]
    trouble: Option<&'static str>,
}

/// A camera's footage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CameraStorage)]
struct CameraRow {
    /// Which.
    #[schema(value_type = String, format = "uuid")]
    id: CameraId,
    /// Bytes of footage.
    bytes: i64,
    /// Bytes that a day takes; null until there is an hour of footage.
    #[schema(required = true)]
    bytes_per_day: Option<f64>,
    /// Oldest footage.
    #[schema(required = true)]
    oldest_at: Option<Time>,
}

/// Footage younger than this says little about a day.
const ENOUGH: i64 = 3600 * TICKS_PER_SECOND;
const DAY: f64 = 86_400.0 * TICKS_PER_SECOND as f64;

fn camera_row(camera: &Camera, usage: &[Usage], now: Ticks) -> CameraRow {
    let own = || usage.iter().filter(|u| camera.streams.iter().any(|s| s.key == u.stream));
    let bytes = own().map(|u| u.bytes).sum();
    let oldest = own().filter_map(|u| u.oldest).min();
    let age = oldest.map(|oldest| now - oldest).filter(|age| *age >= ENOUGH);
    let bytes_per_day = age.map(|age| (bytes as f64 * DAY / age as f64).round());
    CameraRow { id: camera.id, bytes, bytes_per_day, oldest_at: oldest.map(Time) }
}

/// Bytes of footage that a volume can hold.
pub(super) fn room(v: &VolumeInfo) -> f64 {
    let disk = v.used_bytes.saturating_add(v.free_bytes).saturating_sub(v.reserve_bytes);
    v.budget_bytes.map_or(disk, |budget| budget.min(disk)) as f64
}

/// Days that fit: what the volumes may hold, over what a day takes.
fn days_kept(volumes: &[VolumeInfo], cameras: &[CameraRow]) -> Option<f64> {
    let room: f64 = volumes.iter().filter(|v| v.state == "ok").map(room).sum();
    let a_day: f64 = cameras.iter().filter_map(|c| c.bytes_per_day).sum();
    (a_day > 0.0).then(|| (room / a_day * 10.0).round() / 10.0)
}

/// Tells how much footage there is and how long it lasts.
#[utoipa::path(get, path = "/storage", tag = "site",
    responses((status = 200, description = "Footage on the volumes", body = Storage), Problem))]
pub(super) async fn get_storage(State(app): State<App>, caller: Caller<Playback>) -> Answer<Json<Storage>> {
    let (usage, now) = (app.catalogue().usage(&caller.scope).await?, app.now());
    let cameras = app.catalogue().cameras(&caller.scope).await?;
    let cameras: Vec<CameraRow> = cameras.iter().map(|camera| camera_row(camera, &usage, now)).collect();
    let volumes = app.volumes();
    let days_kept_estimate = days_kept(&volumes, &cameras);
    let rows = volumes.into_iter().map(|v| VolumeRow {
        id: v.id,
        path: v.path.display().to_string(),
        state: v.state,
        budget_bytes: v.budget_bytes,
        used_bytes: v.used_bytes,
        free_bytes: v.free_bytes,
        reserve_bytes: v.reserve_bytes,
        trouble: v.trouble,
    });
    Ok(Json(Storage { volumes: rows.collect(), cameras, days_kept_estimate }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_fit_follow_from_the_smaller_of_budget_and_disk() {
        let volume = |state, budget_bytes| VolumeInfo {
            id: VolumeId::fresh(Ticks(0)),
            path: "/srv".into(),
            state,
            budget_bytes,
            used_bytes: 40,
            free_bytes: 80,
            reserve_bytes: 20,
            trouble: None,
        };
        let camera = |bytes_per_day| CameraRow {
            id: CameraId::fresh(Ticks(0)),
            bytes: 0,
            bytes_per_day,
            oldest_at: None,
        };
        let cameras = [camera(Some(4.0)), camera(None), camera(Some(6.0))];
        assert_eq!(days_kept(&[volume("ok", None)], &cameras), Some(10.0));
        assert_eq!(days_kept(&[volume("ok", Some(55))], &cameras), Some(5.5));
        assert_eq!(days_kept(&[volume("ok", Some(500)), volume("absent", None)], &cameras), Some(10.0));
        assert_eq!(days_kept(&[volume("ok", None)], &[camera(None)]), None);
    }
}
