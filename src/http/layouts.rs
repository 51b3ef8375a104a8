//! `/layouts`: layouts of the wall that are kept for the site.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Live, Settings};
use super::error::{Answer, Code, Problem};
use super::etag::{Tagged, expected_revision, stale, tagged};
use super::extract::{Json, Path};
use super::wire::present;
use crate::base::{CameraId, LayoutId};
use crate::catalogue::{AuditAction, Grid, Layout as Row, LayoutPatch, NewLayout};

/// How the cells of a page lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = Grid)]
pub(super) enum GridName {
    /// All cameras at once, as large as they can be.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// One large cell and five small ones around it.
    #[serde(rename = "1+5")]
    OneAndFive,
    /// Four cells.
    #[serde(rename = "2x2")]
    TwoByTwo,
    /// Nine cells.
    #[serde(rename = "3x3")]
    ThreeByThree,
    /// Twenty cells.
    #[serde(rename = "5x4")]
    FiveByFour,
}

impl From<GridName> for Grid {
    fn from(name: GridName) -> Self {
        match name {
            GridName::Auto => Self::Auto,
            GridName::OneAndFive => Self::OneAndFive,
            GridName::TwoByTwo => Self::TwoByTwo,
            GridName::ThreeByThree => Self::ThreeByThree,
            GridName::FiveByFour => Self::FiveByFour,
        }
    }
}

impl From<Grid> for GridName {
    fn from(grid: Grid) -> Self {
        match grid {
            Grid::Auto => Self::Auto,
            Grid::OneAndFive => Self::OneAndFive,
            Grid::TwoByTwo => Self::TwoByTwo,
            Grid::ThreeByThree => Self::ThreeByThree,
            Grid::FiveByFour => Self::FiveByFour,
        }
    }
}

/// A layout of the wall.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Layout {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: LayoutId,
    /// As people call it.
    name: String,
    /// How the cells of a page lie.
    grid: GridName,
    /// Ids of its cameras in their order, without removed ones; none: all of the site in the order of the wall.
    #[schema(value_type = Vec<String>)]
    cameras: Vec<CameraId>,
    /// Seconds until the next page; null: pages turn by hand.
    #[schema(required = true)]
    carousel_s: Option<u32>,
    /// For `If-Match`.
    revision: i64,
}

impl From<Row> for Layout {
    fn from(row: Row) -> Self {
        let Row { id, name, grid, cameras, carousel_s, revision } = row;
        Self { id, name, grid: grid.into(), cameras, carousel_s, revision }
    }
}

/// All that are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Layouts {
    /// By name.
    items: Vec<Layout>,
}

/// A layout to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLayout)]
pub(super) struct Addition {
    /// As people call it; no two have the same.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// How the cells of a page lie.
    #[serde(default)]
    grid: GridName,
    /// Ids of its cameras in their order; none: all of the site in the order of the wall.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    cameras: Vec<CameraId>,
    /// Seconds until the next page; pages turn by hand when it is left out.
    #[schema(minimum = 5, maximum = 3600)]
    carousel_s: Option<u32>,
}

/// What to change (RFC 7396): a field that is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LayoutPatch)]
pub(super) struct Change {
    /// As people call it; no two have the same.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// How the cells of a page lie.
    grid: Option<GridName>,
    /// Ids of its cameras in their order; none: all of the site in the order of the wall.
    #[schema(value_type = Option<Vec<String>>)]
    cameras: Option<Vec<CameraId>>,
    /// Seconds until the next page; null: pages turn by hand.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>, minimum = 5, maximum = 3600)]
    carousel_s: Option<Option<u32>>,
}

type One = Tagged<Layout>;

fn one(row: Row) -> One {
    tagged(row.revision, row.into())
}

fn parse(id: &str) -> Answer<LayoutId> {
    id.parse().map_err(|_| Problem::not_found("there is no such layout; it may have been removed"))
}

/// Lists the layouts.
#[utoipa::path(get, path = "/layouts", tag = "live",
    responses((status = 200, description = "All that are kept, by name", body = Layouts), Problem))]
pub(super) async fn list_layouts(State(app): State<App>, caller: Caller<Live>) -> Answer<Json<Layouts>> {
    let rows = app.catalogue().layouts(&caller.scope).await?;
    Ok(Json(Layouts { items: rows.into_iter().map(Layout::from).collect() }))
}

/// Reads a layout.
#[utoipa::path(get, path = "/layouts/{id}", tag = "live", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The layout; its revision is the ETag", body = Layout), Problem))]
pub(super) async fn get_layout(
    State(app): State<App>,
    caller: Caller<Live>,
    Path(id): Path<String>,
) -> Answer<One> {
    let id = parse(&id)?;
    let found = app.catalogue().layouts(&caller.scope).await?.into_iter().find(|layout| layout.id == id);
    found.map(one).ok_or_else(|| Problem::not_found("there is no such layout; it may have been removed"))
}

/// Keeps a layout.
#[utoipa::path(post, path = "/layouts", tag = "live", request_body = Addition,
    responses((status = 201, description = "Kept; its revision is the ETag", body = Layout), Problem))]
pub(super) async fn post_layout(
    State(app): State<App>,
    caller: Caller<Settings>,
    Json(form): Json<Addition>,
) -> Answer<(StatusCode, [(HeaderName, HeaderValue); 1], One)> {
    let Addition { name, grid, cameras, carousel_s } = form;
    let row = app.catalogue().add_layout(NewLayout { name, grid: grid.into(), cameras, carousel_s }).await?;
    tracing::info!(layout.id = %row.id, "layout kept");
    caller.note(
        &app,
        AuditAction::Layout,
        None,
        json!({"layout": row.id, "name": row.name, "done": "added"}),
    );
    let place = HeaderValue::from_str(&format!("/api/v1/layouts/{}", row.id));
    let place =
        place.map_err(|_| Problem::new(Code::Internal, "the layout's id cannot be written; report this"))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], one(row)))
}

/// Changes a layout that still has the revision in `If-Match`.
#[utoipa::path(patch, path = "/layouts/{id}", tag = "live", request_body = Change,
    params(("id" = String, Path, description = "Its id"),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now", body = Layout), Problem))]
pub(super) async fn patch_layout(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(form): Json<Change>,
) -> Answer<One> {
    let (id, expected) = (parse(&id)?, expected_revision(&headers)?);
    let Change { name, grid, cameras, carousel_s } = form;
    let patch = LayoutPatch { name, grid: grid.map(Grid::from), cameras, carousel_s };
    let row = app.catalogue().patch_layout(id, expected, patch).await.map_err(stale)?;
    tracing::info!(layout.id = %row.id, "layout changed");
    caller.note(
        &app,
        AuditAction::Layout,
        None,
        json!({"layout": row.id, "name": row.name, "done": "changed"}),
    );
    Ok(one(row))
}

/// Removes a layout.
#[utoipa::path(delete, path = "/layouts/{id}", tag = "live", params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Removed"), Problem))]
pub(super) async fn delete_layout(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = parse(&id)?;
    app.catalogue().remove_layout(id).await?;
    tracing::info!(layout.id = %id, "layout removed");
    caller.note(&app, AuditAction::Layout, None, json!({"layout": id, "done": "removed"}));
    Ok(StatusCode::NO_CONTENT)
}
