//! `/me/zalo-link`: which chat with the site's Zalo bot is one's own.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::alert_settings::person;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::Json;
use crate::alert::{Step, ZaloLink};
use crate::catalogue::AuditAction;

/// How far it has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ZaloLinkState {
    /// Nobody has asked, or it is long over.
    None,
    /// The code is to be sent to the bot.
    Waiting,
    /// Alerts go to the chat of whoever sent it.
    Linked,
    /// It did not come about.
    Failed,
}

/// How it goes with linking one's chat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZaloLink)]
pub(super) struct Shown {
    /// The site has a Zalo bot that is on.
    available: bool,
    /// How far it has come.
    state: ZaloLinkState,
    /// Eight digits to be sent to the bot, while it waits for them.
    #[schema(required = true)]
    code: Option<String>,
    /// What the bot is called, while it waits.
    #[schema(required = true)]
    bot: Option<String>,
    /// For how many seconds the code counts, while it waits.
    #[schema(required = true)]
    seconds_left: Option<u64>,
    /// What whoever sent it is called there, when it is linked; may be empty.
    #[schema(required = true)]
    name: Option<String>,
    /// How far it came, when it failed.
    #[schema(required = true)]
    step: Option<Step>,
    /// The number of the platform's answer, when it failed with one.
    #[schema(required = true)]
    answer: Option<u16>,
}

fn shown(available: bool, link: ZaloLink) -> Shown {
    let plain = |state| Shown {
        available,
        state,
        code: None,
        bot: None,
        seconds_left: None,
        name: None,
        step: None,
        answer: None,
    };
    match link {
        ZaloLink::None => plain(ZaloLinkState::None),
        ZaloLink::Waiting { code, bot, left } => Shown {
            code: Some(code),
            bot: Some(bot),
            seconds_left: Some(left.as_secs()),
            ..plain(ZaloLinkState::Waiting)
        },
        ZaloLink::Linked { name } => Shown { name: Some(name), ..plain(ZaloLinkState::Linked) },
        ZaloLink::Failed(fault) => {
            Shown { step: Some(fault.step), answer: fault.code, ..plain(ZaloLinkState::Failed) }
        }
    }
}

/// Tells how it goes with linking one's own chat.
#[utoipa::path(get, path = "/me/zalo-link", tag = "alerts",
    responses((status = 200, description = "How far it has come", body = Shown), Problem))]
pub(super) async fn get_link(State(app): State<App>, caller: Caller<Playback>) -> Answer<Json<Shown>> {
    // A token has none.
    let link = app.alerts().zalo_link(caller.who.id());
    Ok(Json(shown(app.alerts().has_zalo().await?, link)))
}

/// Begins: gives a code that counts for ten minutes, in the place of an earlier one. Whoever sends it to the site's bot is told
/// of alerts there; the preferences have the chat from then on. Takes as long as the platform does.
#[utoipa::path(post, path = "/me/zalo-link", tag = "alerts",
    responses((status = 200, description = "The code, or why there is none", body = Shown), Problem))]
pub(super) async fn post_link(State(app): State<App>, caller: Caller<Playback>) -> Answer<Json<Shown>> {
    let link = app.alerts().link_zalo(person(&caller)?).await?;
    caller.note(&app, AuditAction::AlertPrefs, None, json!({"zalo_link": true}));
    Ok(Json(shown(app.alerts().has_zalo().await?, link)))
}

/// Leaves it: the code counts no more. A chat that is linked stays; the preferences take it away.
#[utoipa::path(delete, path = "/me/zalo-link", tag = "alerts",
    responses((status = 204, description = "No code counts"), Problem))]
pub(super) async fn delete_link(State(app): State<App>, caller: Caller<Playback>) -> Answer<StatusCode> {
    app.alerts().leave_zalo_link(person(&caller)?);
    caller.note(&app, AuditAction::AlertPrefs, None, json!({"zalo_link": false}));
    Ok(StatusCode::NO_CONTENT)
}
