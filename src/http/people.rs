//! `/people`: who may come in, what they may do, and which cameras they see.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::App;
use super::caller::{self, Caller};
use super::error::{Answer, Problem};
use super::etag::{Tagged, expected_revision, stale, tagged};
use super::extract::{Json, Path};
use super::wire::{Time, present};
use crate::auth::{PersonChange, Role};
use crate::base::CameraId;
use crate::catalogue::{self, AuditAction};

/// What somebody is to the village.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub(super) enum RoleName {
    /// Looks at live pictures.
    Viewer,
    /// Also looks back, keeps footage and takes it.
    Guard,
    /// Also gives footage away, draws zones, invites viewers and guards.
    Head,
    /// Everything.
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Guard => Self::Guard,
            RoleName::Head => Self::Head,
            RoleName::Admin => Self::Admin,
        }
    }
}

impl RoleName {
    /// A role as it is kept.
    pub(super) fn of(kept: &str) -> Answer<Self> {
        Ok(match kept.parse::<Role>()? {
            Role::Viewer => Self::Viewer,
            Role::Guard => Self::Guard,
            Role::Head => Self::Head,
            Role::Admin => Self::Admin,
        })
    }
}

/// Cameras and areas that somebody sees.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reach {
    /// Ids of cameras.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 500)]
    cameras: Vec<CameraId>,
    /// Areas: all of their cameras, also those that come later.
    #[serde(default)]
    #[schema(max_items = 500)]
    areas: Vec<String>,
}

impl From<Reach> for catalogue::Reach {
    fn from(reach: Reach) -> Self {
        Self { cameras: reach.cameras, areas: reach.areas }
    }
}

impl From<catalogue::Reach> for Reach {
    fn from(reach: catalogue::Reach) -> Self {
        Self { cameras: reach.cameras, areas: reach.areas }
    }
}

/// More that somebody sees, of which they see live pictures only.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LiveReach {
    /// All cameras.
    whole_site: bool,
    /// Ids of cameras.
    #[schema(value_type = Vec<String>, max_items = 500)]
    cameras: Vec<CameraId>,
    /// Areas: all of their cameras, also those that come later.
    #[schema(max_items = 500)]
    areas: Vec<String>,
}

impl From<LiveReach> for catalogue::LiveReach {
    fn from(live: LiveReach) -> Self {
        Self { whole_site: live.whole_site, cameras: live.cameras, areas: live.areas }
    }
}

impl From<catalogue::LiveReach> for LiveReach {
    fn from(live: catalogue::LiveReach) -> Self {
        Self { whole_site: live.whole_site, cameras: live.cameras, areas: live.areas }
    }
}

/// Somebody who signs in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Person {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// What is typed at sign-in.
    name: String,
    /// As people call them; may be empty.
    display_name: String,
    /// What they are.
    role: RoleName,
    /// They may sign in.
    enabled: bool,
    /// Where they are that; null: on the whole site.
    #[schema(required = true)]
    reach: Option<Reach>,
    /// Of what they see live pictures besides.
    live: LiveReach,
    /// Language of what is written to them.
    locale: String,
    /// Where the team calls them; empty: not said.
    phone: String,
    /// They have set a password.
    password_set: bool,
    /// For `If-Match`.
    revision: i64,
    /// When they were added; null: it was not noted.
    #[schema(required = true)]
    created_at: Option<Time>,
    /// Since when they may not sign in.
    #[schema(required = true)]
    ended_at: Option<Time>,
}

/// Everybody that whoever asks may know of.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct People {
    /// In the order in which they came.
    items: Vec<Person>,
}

/// What to change (RFC 7396): a field that is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PersonPatch)]
pub(super) struct Change {
    /// As people call them.
    #[schema(max_length = 100)]
    display_name: Option<String>,
    /// What they are.
    role: Option<RoleName>,
    /// They may sign in; when they may not, all that they have open ends.
    enabled: Option<bool>,
    /// Where they are that; null: on the whole site.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Reach>)]
    reach: Option<Option<Reach>>,
    /// Of what they see live pictures besides.
    live: Option<LiveReach>,
    /// `vi` or `en`.
    locale: Option<String>,
}

fn shown(row: catalogue::Person) -> Answer<Person> {
    Ok(Person {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        role: RoleName::of(&row.role)?,
        enabled: row.enabled,
        reach: row.reach.map(Reach::from),
        live: row.live.into(),
        locale: row.locale,
        phone: row.phone,
        password_set: row.has_password,
        revision: row.revision,
        created_at: row.created.map(Time),
        ended_at: row.ended.map(Time),
    })
}

/// Somebody whom one may call.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Member {
    /// Sign-in name.
    name: String,
    /// As people call them; may be empty.
    display_name: String,
    /// What they are.
    role: RoleName,
    /// Their telephone.
    phone: String,
}

/// Those whom one may call.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Team {
    /// In the order in which they came.
    items: Vec<Member>,
}

/// Lists whom one may call about an alert: those who said a number and see one of the same cameras.
#[utoipa::path(get, path = "/team", tag = "people",
    responses((status = 200, description = "People with their numbers", body = Team), Problem))]
pub(super) async fn get_team(State(app): State<App>, caller: Caller<caller::Playback>) -> Answer<Json<Team>> {
    let rows = app.auth().team(&caller.scope).await?;
    let member = |row: catalogue::Person| {
        let role = RoleName::of(&row.role)?;
        Ok(Member { name: row.name, display_name: row.display_name, role, phone: row.phone })
    };
    Ok(Json(Team { items: rows.into_iter().map(member).collect::<Answer<_>>()? }))
}

/// An id of a person; any other text is nobody's.
pub(super) fn person_id(text: &str) -> Answer<Uuid> {
    text.parse().map_err(|_| Problem::not_found("there is no such person"))
}

/// Lists people: all, for whoever sees the whole site, else those who see no more than they do.
#[utoipa::path(get, path = "/people", tag = "people",
    responses((status = 200, description = "People", body = People), Problem))]
pub(super) async fn list_people(
    State(app): State<App>,
    caller: Caller<caller::People>,
) -> Answer<Json<People>> {
    let rows = app.auth().people(&caller.who).await?;
    Ok(Json(People { items: rows.into_iter().map(shown).collect::<Answer<_>>()? }))
}

/// Changes a person who still has the revision in `If-Match`. What they lose ends at once, open pictures within six
/// seconds.
#[utoipa::path(patch, path = "/people/{id}", tag = "people", request_body = Change,
    params(("id" = String, Path, description = "Id"),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As they are now; the revision is the ETag", body = Person), Problem))]
pub(super) async fn patch_person(
    State(app): State<App>,
    caller: Caller<caller::People>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(form): Json<Change>,
) -> Answer<Tagged<Person>> {
    let (id, expected) = (person_id(&id)?, expected_revision(&headers)?);
    let change = PersonChange {
        display_name: form.display_name,
        role: form.role.map(Role::from),
        enabled: form.enabled,
        reach: form.reach.map(|reach| reach.map(catalogue::Reach::from)),
        live: form.live.map(catalogue::LiveReach::from),
        locale: form.locale,
    };
    let row = app.auth().change_person(&caller.who, id, expected, change).await;
    let row = row.map_err(stale)?;
    let detail = json!({
        "person": row.name, "role": row.role, "enabled": row.enabled, "reach": row.reach, "live": row.live,
    });
    caller.note(&app, AuditAction::PersonChanged, None, detail);
    Ok(tagged(row.revision, shown(row)?))
}

/// Removes a person; what they did stays in the log.
#[utoipa::path(delete, path = "/people/{id}", tag = "people", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Removed"), Problem))]
pub(super) async fn delete_person(
    State(app): State<App>,
    caller: Caller<caller::People>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let name = app.auth().remove_person(&caller.who, person_id(&id)?).await?;
    caller.note(&app, AuditAction::PersonRemoved, None, json!({"person": name}));
    Ok(StatusCode::NO_CONTENT)
}
