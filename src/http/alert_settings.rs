//! `/schedules` and `/alert-rules`: when alerts are sent and what is worth one; `/me/notification-prefs`: how somebody wants to
//! be told.

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{self, Caller, Playback};
use super::error::{Answer, Problem};
use super::etag::{Tagged, expected_revision, stale, tagged};
use super::extract::{Json, Path};
use super::wire::Time;
use crate::alert::{AlertRules, NotificationPrefs, SchedulePlan, Standing};
use crate::base::CameraId;
use crate::catalogue::{AuditAction, Scope};

/// The one schedule that there is: the site's.
const SITE: &str = "site";

/// The site's schedule, and what it says now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(super) struct Shown {
    /// As it is set.
    #[serde(flatten)]
    plan: SchedulePlan,
    /// What follows from it at this moment.
    standing: Now,
    /// For `If-Match`; 0 = nobody has set it yet.
    revision: i64,
}

/// Whether alerts are wanted, and how long that stays so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleStanding)]
pub(super) struct Now {
    /// They are.
    armed: bool,
    /// It is a hand that says so, not the week.
    by_hand: bool,
    /// When it changes next; null: not within two weeks.
    #[schema(required = true)]
    until: Option<Time>,
}

impl From<Standing> for Now {
    fn from(standing: Standing) -> Self {
        Self { armed: standing.armed, by_hand: standing.by_hand, until: standing.until.map(Time) }
    }
}

/// What is worth an alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRulesShown)]
pub(super) struct ShownRules {
    /// As they are set.
    #[serde(flatten)]
    rules: AlertRules,
    /// For `If-Match`; 0 = nobody has set them yet.
    revision: i64,
}

fn the_site(id: &str) -> Answer<()> {
    match id {
        SITE => Ok(()),
        _ => Err(Problem::not_found("there is no such schedule; the site's is called site")),
    }
}

/// Refuses cameras that may not be seen.
async fn check_cameras<'a>(
    app: &App,
    scope: &Scope,
    cameras: impl IntoIterator<Item = &'a CameraId>,
) -> Answer<()> {
    for camera in cameras {
        app.camera(scope, &camera.to_string()).await?;
    }
    Ok(())
}

/// Whose own something is: a program has no phone and no nights.
pub(super) fn person<R>(caller: &Caller<R>) -> Answer<uuid::Uuid> {
    if caller.who.is_person() {
        return Ok(caller.who.id());
    }
    Err(Problem::invalid("this is a person's own; a token has none, sign in instead"))
}

/// Refuses whoever does not see the whole site: what they would set holds for all cameras.
fn check_whole_site<R>(caller: &Caller<R>) -> Answer<()> {
    if caller.scope.is_everything() {
        return Ok(());
    }
    Err(Problem::invalid("this holds for all cameras, and you do not see all of them; ask somebody who does"))
}

async fn shown(app: &App) -> Answer<Tagged<Shown>> {
    let (plan, revision, standing) = app.alerts().schedule().await?;
    Ok(tagged(revision, Shown { plan, standing: standing.into(), revision }))
}

/// Tells when alerts are sent. There is one schedule, `site`.
#[utoipa::path(get, path = "/schedules/{id}", tag = "alerts", params(("id" = String, Path, description = "`site`")),
    responses((status = 200, description = "The schedule; its revision is the ETag", body = Shown), Problem))]
pub(super) async fn get_schedule(
    State(app): State<App>,
    _: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<Tagged<Shown>> {
    the_site(&id)?;
    shown(&app).await
}

/// Sets when alerts are sent, also on or off by hand, until a time or until somebody does otherwise. It holds at
/// once, for all cameras: whoever sets it must see the whole site.
#[utoipa::path(put, path = "/schedules/{id}", tag = "alerts", request_body = SchedulePlan,
    params(("id" = String, Path, description = "`site`"),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now; its revision is the ETag", body = Shown), Problem))]
pub(super) async fn put_schedule(
    State(app): State<App>,
    caller: Caller<caller::Alerts>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(plan): Json<SchedulePlan>,
) -> Answer<Tagged<Shown>> {
    the_site(&id)?;
    check_whole_site(&caller)?;
    let expected = expected_revision(&headers)?;
    app.alerts().put_schedule(&plan, expected, &caller.who.name).await.map_err(stale)?;
    caller.note(&app, AuditAction::AlertSettings, None, json!({"schedule": plan.hand}));
    shown(&app).await
}

async fn shown_rules(app: &App, scope: &Scope) -> Answer<Tagged<ShownRules>> {
    let (mut rules, revision) = app.alerts().rules().await?;
    // Others are not there, and one that was removed is not any more.
    let there: Vec<CameraId> = app.catalogue().cameras(scope).await?.into_iter().map(|c| c.id).collect();
    rules.cameras.retain(|camera| there.contains(camera));
    rules.cameras_off.retain(|camera| there.contains(camera));
    rules.zones.retain(|camera, _| there.contains(camera));
    rules.keep_zones(&app.catalogue().alert_zones(rules.zones.keys().copied()).await?);
    Ok(tagged(revision, ShownRules { rules, revision }))
}

/// Tells what is worth an alert, how many there may be in a night, and who is told when nobody looks.
#[utoipa::path(get, path = "/alert-rules", tag = "alerts",
    responses((status = 200, description = "The rules; their revision is the ETag", body = ShownRules), Problem))]
pub(super) async fn get_rules(
    State(app): State<App>,
    caller: Caller<Playback>,
) -> Answer<Tagged<ShownRules>> {
    shown_rules(&app, &caller.scope).await
}

/// Sets what is worth an alert. It holds for all cameras: whoever sets it must see the whole site.
#[utoipa::path(put, path = "/alert-rules", tag = "alerts", request_body = AlertRules,
    params(("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As they are now; their revision is the ETag", body = ShownRules), Problem))]
pub(super) async fn put_rules(
    State(app): State<App>,
    caller: Caller<caller::Alerts>,
    headers: HeaderMap,
    Json(rules): Json<AlertRules>,
) -> Answer<Tagged<ShownRules>> {
    check_whole_site(&caller)?;
    let expected = expected_revision(&headers)?;
    check_cameras(&app, &caller.scope, &rules.cameras).await?;
    check_cameras(&app, &caller.scope, &rules.cameras_off).await?;
    check_cameras(&app, &caller.scope, rules.zones.keys()).await?;
    app.alerts().put_rules(&rules, expected, &caller.who.name).await.map_err(stale)?;
    caller.note(
        &app,
        AuditAction::AlertSettings,
        None,
        json!({"rules": {"night_budget": rules.night_budget}}),
    );
    shown_rules(&app, &caller.scope).await
}

/// Tells how whoever asks wants to be told.
#[utoipa::path(get, path = "/me/notification-prefs", tag = "alerts",
    responses((status = 200, description = "How", body = NotificationPrefs), Problem))]
pub(super) async fn get_prefs(
    State(app): State<App>,
    caller: Caller<Playback>,
) -> Answer<Json<NotificationPrefs>> {
    let kept = app.catalogue().alert_pref(person(&caller)?).await?;
    Ok(Json(kept.map(|body| NotificationPrefs::kept(&body)).unwrap_or_default()))
}

/// Sets how whoever asks wants to be told: of what, of which cameras, when not, and where besides their browsers.
#[utoipa::path(put, path = "/me/notification-prefs", tag = "alerts", request_body = NotificationPrefs,
    responses((status = 200, description = "As it is now", body = NotificationPrefs), Problem))]
pub(super) async fn put_prefs(
    State(app): State<App>,
    caller: Caller<Playback>,
    Json(prefs): Json<NotificationPrefs>,
) -> Answer<Json<NotificationPrefs>> {
    let person = person(&caller)?;
    prefs.check()?;
    check_cameras(&app, &caller.scope, &prefs.cameras).await?;
    app.catalogue().put_alert_pref(person, json!(prefs)).await?;
    caller.note(&app, AuditAction::AlertPrefs, None, json!({"enabled": prefs.enabled}));
    Ok(Json(prefs))
}
