//! `/site`: what the place is called, its zone and words, and how far setting up has come.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Live, Settings};
use super::camera_write::short;
use super::error::{Answer, Problem};
use super::extract::Json;
use crate::base::Zone;
use crate::catalogue::{self, AuditAction};

/// Longest name, in characters.
const NAME_MAX: usize = 100;
/// What a lane is called where nobody has said otherwise.
const LANE: &str = "Ngõ";

/// Steps of the first run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SetupStep {
    /// Language of the app.
    Language,
    /// Name and zone.
    Site,
    /// The administrator's password.
    Password,
    /// Where footage goes and how long it stays.
    Storage,
    /// Finding and adding cameras.
    Cameras,
    /// Pictures, and a minute that was recorded and plays back.
    Proof,
    /// Nothing is open.
    Done,
}

/// Words of the place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Words {
    /// What a lane is called, such as `Ngõ` or `Xóm`.
    lane: String,
}

/// The place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Site {
    /// What people call it; may be empty.
    name: String,
    /// Zone of days and schedules, an IANA name.
    time_zone: &'static str,
    /// Its words.
    words: Words,
    /// The step of the first run that is open; null when it was never begun.
    #[schema(required = true)]
    setup_step: Option<SetupStep>,
}

/// Words to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WordsPatch {
    /// What a lane is called.
    #[schema(min_length = 1, max_length = 100)]
    lane: Option<String>,
}

/// What to change (RFC 7396): a field that is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SitePatch {
    /// What people call it.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// An IANA name.
    time_zone: Option<String>,
    /// Its words.
    words: Option<WordsPatch>,
    /// The step of the first run that is open.
    setup_step: Option<SetupStep>,
}

/// Tells about the place.
#[utoipa::path(get, path = "/site", tag = "site",
    responses((status = 200, description = "The place", body = Site), Problem))]
pub(super) async fn get_site(State(app): State<App>, _: Caller<Live>) -> Answer<Json<Site>> {
    site(&app).await
}

async fn site(app: &App) -> Answer<Json<Site>> {
    let site = app.catalogue().site().await?;
    Ok(Json(Site {
        name: site.name.unwrap_or_else(|| app.configured_name().to_owned()),
        time_zone: app.zone().name(),
        words: Words { lane: site.lane.unwrap_or_else(|| LANE.to_owned()) },
        setup_step: site.setup_step.and_then(|step| serde_json::from_value(step.into()).ok()),
    }))
}

/// Changes what is said about the place. Another zone moves the borders of all days at once.
#[utoipa::path(patch, path = "/site", tag = "site", request_body = SitePatch,
    responses((status = 200, description = "As it is now", body = Site), Problem))]
pub(super) async fn patch_site(
    State(app): State<App>,
    caller: Caller<Settings>,
    Json(form): Json<SitePatch>,
) -> Answer<Json<Site>> {
    let zone = form.time_zone.map(|name| name.parse::<Zone>()).transpose();
    let zone = zone.map_err(|e| Problem::invalid(e.message()).with("field", "time_zone"))?;
    let site = catalogue::Site {
        name: form.name.map(|name| named("name", &name)).transpose()?,
        zone,
        lane: form.words.and_then(|words| words.lane).map(|lane| named("lane", &lane)).transpose()?,
        setup_step: form.setup_step.map(name_of),
    };
    if site.lane.as_ref().is_some_and(String::is_empty) {
        return Err(Problem::invalid("lane is empty; write what a lane is called").with("field", "lane"));
    }
    app.catalogue().set_site(site).await?;
    tracing::info!("the site's settings changed");
    caller.note(&app, AuditAction::Site, None, json!({}));
    self::site(&app).await
}

fn named(field: &str, text: &str) -> Answer<String> {
    let text = text.trim();
    short(field, text)?;
    if text.chars().count() > NAME_MAX {
        let sentence = format!("{field} has more than {NAME_MAX} characters; shorten it");
        return Err(Problem::invalid(sentence).with("field", field));
    }
    Ok(text.to_owned())
}

fn name_of(step: SetupStep) -> String {
    match step {
        SetupStep::Language => "language",
        SetupStep::Site => "site",
        SetupStep::Password => "password",
        SetupStep::Storage => "storage",
        SetupStep::Cameras => "cameras",
        SetupStep::Proof => "proof",
        SetupStep::Done => "done",
    }
    .to_owned()
}
