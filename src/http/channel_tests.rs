//! `/alert-channels`: how the site's channels do, and a message to try one by.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::alert_settings::person;
use super::caller::{Caller, Playback, Settings};
use super::error::{Answer, Problem};
use super::extract::{Json, Path};
use super::wire::Time;
use crate::alert::{Fault, NotificationPrefs, SiteChannel, Step};
use crate::base::Error;
use crate::catalogue::AuditAction;

/// How one channel does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelStanding {
    /// `mail`, `zalo`, `webhook` or `mqtt`.
    name: &'static str,
    /// Alerts go there.
    enabled: bool,
    /// When it took one last.
    #[schema(required = true)]
    sent_at: Option<Time>,
    /// Since when a place of it takes none; null: all do.
    #[schema(required = true)]
    failing_since: Option<Time>,
    /// Alerts that wait for it.
    waiting: u64,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Channels {
    /// In the order in which they are shown.
    items: Vec<ChannelStanding>,
    /// Hosts in the own network that they may be sent to: `alert.local_hosts` of the configuration.
    local_hosts: Vec<String>,
}

/// Tells how the site's channels do.
#[utoipa::path(get, path = "/alert-channels", tag = "alerts",
    responses((status = 200, description = "Channels", body = Channels), Problem))]
pub(super) async fn list_channels(State(app): State<App>, _: Caller<Settings>) -> Answer<Json<Channels>> {
    let mut items = Vec::new();
    for channel in SiteChannel::ALL {
        let (enabled, state) = app.alerts().channel_state(channel).await?;
        items.push(ChannelStanding {
            name: channel.name(),
            enabled,
            sent_at: state.sent.map(Time),
            failing_since: state.failing.map(Time),
            waiting: state.waiting,
        });
    }
    Ok(Json(Channels { items, local_hosts: app.alerts().local_hosts().to_vec() }))
}

/// Whom to send a test to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChannelTest {
    /// An address for e-mail, or the id of a chat with the Zalo bot; the other channels have their own.
    #[schema(max_length = 254)]
    to: Option<String>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelTest {
    /// The other side took it.
    delivered: bool,
    /// How far it came, when it was not.
    #[schema(required = true)]
    step: Option<Step>,
    /// The number of the other side's answer, where it gave one.
    #[schema(required = true)]
    code: Option<u16>,
    /// Why, in a sentence.
    #[schema(required = true)]
    detail: Option<String>,
}

/// Sends a message by a channel at once, also by one that is off, and tells what came of it. The relay is set off and let go of
/// again within some seconds.
#[utoipa::path(post, path = "/alert-channels/{name}/test", tag = "alerts", request_body = NewChannelTest,
    params(("name" = String, Path, description = "`mail`, `zalo`, `webhook`, `mqtt` or `relay`")),
    responses((status = 200, description = "Whether it arrived, and how far it came", body = ChannelTest), Problem))]
pub(super) async fn post_channel_test(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(name): Path<String>,
    Json(form): Json<NewChannelTest>,
) -> Answer<Json<ChannelTest>> {
    let fault = if name == "relay" {
        app.alerts().try_relay().await?
    } else {
        let unknown =
            || Error::not_found("there is no such channel; it is mail, zalo, webhook, mqtt or relay");
        let channel = SiteChannel::parse(&name).ok_or_else(unknown)?;
        app.alerts().try_channel(channel, form.to.as_deref(), &caller.who.locale).await?
    };
    let test = ChannelTest::of(fault);
    caller.note(&app, AuditAction::AlertSettings, None, json!({"tested": name, "delivered": test.delivered}));
    Ok(Json(test))
}

impl ChannelTest {
    fn of(fault: Option<Fault>) -> Self {
        let (step, code) =
            (fault.as_ref().map(|fault| fault.step), fault.as_ref().and_then(|fault| fault.code));
        Self { delivered: fault.is_none(), step, code, detail: fault.map(|fault| fault.why) }
    }
}

/// Sends a message to one's own address at once, as it is kept, and tells what came of it.
#[utoipa::path(post, path = "/me/alert-tests/{name}", tag = "alerts",
    params(("name" = String, Path, description = "`mail` or `zalo`")),
    responses((status = 200, description = "Whether it arrived, and how far it came", body = ChannelTest), Problem))]
pub(super) async fn post_own_test(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(name): Path<String>,
) -> Answer<Json<ChannelTest>> {
    let kept = app.catalogue().alert_pref(person(&caller)?).await?;
    let prefs = kept.map(|body| NotificationPrefs::kept(&body)).unwrap_or_default();
    let (channel, address) = match name.as_str() {
        "mail" => (SiteChannel::Mail, prefs.mail),
        "zalo" => (SiteChannel::Zalo, prefs.zalo),
        _ => return Err(Problem::not_found("there is no such channel of one's own; it is mail or zalo")),
    };
    if !app.alerts().channel_state(channel).await?.0 {
        return Err(Problem::invalid("this channel is off; ask whoever looks after the recorder"));
    }
    let address = address.ok_or_else(|| Problem::invalid("you have no address there; save one first"))?;
    let test = ChannelTest::of(app.alerts().try_channel(channel, Some(&address), &caller.who.locale).await?);
    caller.note(&app, AuditAction::AlertPrefs, None, json!({"tested": name, "delivered": test.delivered}));
    Ok(Json(test))
}
