//! `GET`, `PUT /cameras/{id}/zones` and their preview: which parts of a picture count.

use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{self, Caller, Playback};
use super::error::{Answer, Code, Problem};
use super::etag::{Tagged, expected_revision, stale, tagged};
use super::extract::{Json, Path};
use super::wire::{Span, Time};
use crate::base::{CELLS, Polygon, TICKS_PER_SECOND, ZoneId};
use crate::catalogue::{AuditAction, CameraZone, CameraZones, Sensitivity, ZoneKind, check_zones};

/// Longest range that is replayed for a preview.
const PREVIEW_LONGEST: i64 = 24 * 3600 * TICKS_PER_SECOND;
/// Events of a preview that are shown; all are counted.
const EXAMPLES: usize = 100;

/// What an area is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ZoneKind)]
pub(super) enum KindName {
    /// Motion in it is an event.
    Alert,
    /// Motion in it never counts.
    Ignore,
}

/// How easily motion counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Sensitivity)]
pub(super) enum SensitivityName {
    /// Only what is plain.
    Low,
    /// As it should be nearly everywhere.
    #[default]
    Normal,
    /// Also what is faint.
    High,
}

/// An area of a camera's picture that counts in its own way.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Zone {
    /// For ever. Left out of a new one; one that was read is sent back with its own.
    #[schema(value_type = Option<String>, format = "uuid")]
    id: Option<ZoneId>,
    /// What it is for.
    kind: KindName,
    /// As people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Corners `[x, y]`, 3 to 64, each part of the width or height from the upper left, 0 to 1.
    #[schema(value_type = Vec<Vec<f32>>)]
    points: Vec<(f32, f32)>,
    /// How easily motion in it counts.
    #[serde(default)]
    sensitivity: SensitivityName,
    /// Share of the picture that must move at once, 0 to 1.
    #[serde(default)]
    min_size: f64,
    /// Seconds that it must move for, 0 to 600.
    #[serde(default)]
    min_duration_s: f64,
}

/// The zones of a camera.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Zones {
    /// For `If-Match`; 0 = never set.
    revision: i64,
    /// In their order. Without any alert zone the whole picture counts.
    items: Vec<Zone>,
}

/// The zones that a camera is to have: all of them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewZones {
    /// In their order.
    items: Vec<Zone>,
}

fn rows(zones: Vec<Zone>) -> Answer<Vec<CameraZone>> {
    let row = |(n, zone): (usize, Zone)| {
        let field = |name: &str| format!("items.{n}.{name}");
        let polygon = Polygon::new(zone.points)
            .map_err(|e| Problem::invalid(e.message()).with("field", field("points")))?;
        if !zone.min_duration_s.is_finite() {
            return Err(
                Problem::invalid("min_duration_s is no number").with("field", field("min_duration_s"))
            );
        }
        Ok(CameraZone {
            id: zone.id,
            kind: match zone.kind {
                KindName::Alert => ZoneKind::Alert,
                KindName::Ignore => ZoneKind::Ignore,
            },
            name: zone.name,
            polygon,
            sensitivity: match zone.sensitivity {
                SensitivityName::Low => Sensitivity::Low,
                SensitivityName::Normal => Sensitivity::Normal,
                SensitivityName::High => Sensitivity::High,
            },
            min_size: zone.min_size,
            min_duration: (zone.min_duration_s * TICKS_PER_SECOND as f64) as i64,
        })
    };
    zones.into_iter().enumerate().map(row).collect()
}

fn shown(zone: CameraZone) -> Zone {
    Zone {
        id: zone.id,
        kind: match zone.kind {
            ZoneKind::Alert => KindName::Alert,
            ZoneKind::Ignore => KindName::Ignore,
        },
        name: zone.name,
        points: zone.polygon.corners().to_vec(),
        sensitivity: match zone.sensitivity {
            Sensitivity::Low => SensitivityName::Low,
            Sensitivity::Normal => SensitivityName::Normal,
            Sensitivity::High => SensitivityName::High,
        },
        min_size: zone.min_size,
        min_duration_s: zone.min_duration as f64 / TICKS_PER_SECOND as f64,
    }
}

/// Zones with their revision as the ETag.
type All = Tagged<Zones>;

fn all(zones: CameraZones) -> All {
    let items = zones.zones.into_iter().map(shown).collect();
    tagged(zones.revision, Zones { revision: zones.revision, items })
}

/// Reads the zones of a camera.
#[utoipa::path(get, path = "/cameras/{id}/zones", tag = "events",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, description = "Its zones; their revision is the ETag", body = Zones), Problem))]
pub(super) async fn get_zones(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<All> {
    let camera = app.camera(&caller.scope, &id).await?;
    Ok(all(app.catalogue().zones(&caller.scope, camera.id).await?))
}

/// Replaces the zones of a camera that still have the revision in `If-Match`.
#[utoipa::path(put, path = "/cameras/{id}/zones", tag = "events", request_body = NewZones,
    params(("id" = String, Path, description = "Id or slug"),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As they are now", body = Zones), Problem))]
pub(super) async fn put_zones(
    State(app): State<App>,
    caller: Caller<caller::Zones>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(form): Json<NewZones>,
) -> Answer<All> {
    let camera = app.camera(&caller.scope, &id).await?;
    let expected = expected_revision(&headers)?;
    let put = app.catalogue().put_zones(camera.id, Some(expected), rows(form.items)?).await;
    let zones = put.map_err(stale)?;
    tracing::info!(camera.id = %camera.id, zones = zones.zones.len(), "zones changed");
    caller.note(&app, AuditAction::Zones, Some(camera.id), json!({"revision": zones.revision}));
    Ok(all(zones))
}

/// Zones to be tried on what has moved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewForm {
    /// They need not have been saved.
    items: Vec<Zone>,
    /// First instant inside.
    from: Time,
    /// First instant after; at most a day later.
    to: Time,
}

/// What would have happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ZonePreview {
    /// Events that there would have been.
    events: usize,
    /// The same, for each hour that was looked at.
    events_per_hour: f64,
    /// Seconds of the range in which motion was looked at.
    observed_s: f64,
    /// The newest of them, newest first.
    examples: Vec<PreviewEvent>,
}

/// An event that there would have been.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PreviewEvent {
    /// First instant.
    from: Time,
    /// First instant after.
    to: Time,
    /// Largest share of the picture that moved at once, 0 to 1.
    size: f64,
    /// Positions in `items` of the zones that it was in.
    zones: Vec<usize>,
}

/// Tells which events there would have been with other zones, from the cells that were stored.
#[utoipa::path(post, path = "/cameras/{id}/zones:preview", tag = "events", request_body = PreviewForm,
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, description = "What would have happened", body = ZonePreview), Problem))]
pub(super) async fn preview_zones(
    State(app): State<App>,
    caller: Caller<caller::Zones>,
    Path(id): Path<String>,
    Json(form): Json<PreviewForm>,
) -> Answer<Json<ZonePreview>> {
    let range = Span { from: form.from, to: form.to }.range()?;
    if range.ticks() > PREVIEW_LONGEST {
        return Err(Problem::invalid("the range is longer than a day; ask for a part of it"));
    }
    let zones = rows(form.items)?;
    check_zones(&zones)?;
    let camera = app.camera(&caller.scope, &id).await?;
    let Some(replay) = app.zone_replay() else {
        return Err(Problem::new(Code::Unavailable, "this recorder does not look for motion"));
    };
    let observed = app.catalogue().observed(&caller.scope, camera.id, range).await?;
    let observed_s: f64 = observed.iter().map(|stretch| stretch.seconds()).sum();
    let mut events = replay.replay(camera.id, zones, range).await?;
    events.sort_unstable_by_key(|event| std::cmp::Reverse(event.range.from));
    let examples = events.iter().take(EXAMPLES).map(|event| PreviewEvent {
        from: Time(event.range.from),
        to: Time(event.range.to),
        size: f64::from(event.peak) / CELLS as f64,
        zones: event.zones.clone(),
    });
    let hours = observed_s / 3600.0;
    Ok(Json(ZonePreview {
        events: events.len(),
        events_per_hour: if hours > 0.0 { events.len() as f64 / hours } else { 0.0 },
        observed_s,
        examples: examples.collect(),
    }))
}
