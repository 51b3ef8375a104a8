//! What each route needs and what it is about: the matrix test goes through this, and fails on a route that is missing.

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Anybody, signed in or not.
    Nothing,
    /// A session or token.
    SignedIn,
    /// This right.
    Right(&'static str),
}

/// How an answer depends on cameras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// It does not.
    Site,
    /// A list, or a sum: of those that somebody sees.
    Many,
    /// One camera or a thing of it: not found when it is another's.
    One,
    /// The same, and there may be nothing to find of one's own.
    Maybe,
}

/// One request. `{camera}` and its kin are filled in; a body has `<camera>` instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// As in the description.
    pub(super) route: &'static str,
    pub(super) needs: Needs,
    pub(super) about: About,
    /// Below `/api/v1`.
    pub(super) target: &'static str,
    pub(super) body: Option<&'static str>,
    /// It takes something away: those who may do it last.
    pub(super) last: bool,
}

const fn row(route: &'static str, needs: Needs, about: About, target: &'static str) -> Row {
    Row { route, needs, about, target, body: None, last: false }
}

impl Row {
    const fn with(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    const fn last(mut self) -> Self {
        self.last = true;
        self
    }
}

const LIVE: Needs = Needs::Right("live");
const PLAYBACK: Needs = Needs::Right("playback");
const HOLD: Needs = Needs::Right("hold");
const EXPORT: Needs = Needs::Right("export");
const SHARE: Needs = Needs::Right("share");
const ZONES: Needs = Needs::Right("zones");
const ALERTS: Needs = Needs::Right("alerts");
const PEOPLE: Needs = Needs::Right("people");
const SETTINGS: Needs = Needs::Right("settings");
const METRICS: Needs = Needs::Right("metrics");
use About::{Many, Maybe, One, Site};
use Needs::{Nothing, SignedIn};

const STRETCH: &str = r#"{"items":[{"camera":"<camera>","from":"<from>","to":"<to>"}]}"#;

/// All of them.
pub(super) const TABLE: &[Row] = &[
    row("GET /setup", Nothing, Site, "/setup"),
    row("GET /health", Nothing, Many, "/health"),
    row("POST /session", Nothing, Site, "/session").with("{}"),
    row("POST /invites:accept", Nothing, Site, "/invites:accept").with("{}"),
    row("DELETE /session", SignedIn, Site, "/session").last(),
    row("PUT /session/proof", SignedIn, Site, "/session/proof").with(r#"{"password":"not this one"}"#),
    row("GET /me", SignedIn, Many, "/me"),
    row("PUT /me/password", SignedIn, Site, "/me/password").with("{}"),
    row("GET /sessions", SignedIn, Site, "/sessions"),
    row("DELETE /sessions/{id}", SignedIn, Site, "/sessions/{nothing}"),
    row("PUT /me/phone", SignedIn, Site, "/me/phone").with(r#"{"phone":"?"}"#),
    row("GET /team", PLAYBACK, Many, "/team"),
    row("GET /people", PEOPLE, Many, "/people"),
    row("PATCH /people/{id}", PEOPLE, Site, "/people/{nothing}").with("{}"),
    row("DELETE /people/{id}", PEOPLE, Site, "/people/{nothing}"),
    row("POST /people/{id}/invite", PEOPLE, Site, "/people/{nothing}/invite"),
    row("GET /invites", PEOPLE, Many, "/invites"),
    row("POST /invites", PEOPLE, One, "/invites")
        .with(r#"{"name":"khach","role":"viewer","reach":{"cameras":["<camera>"]}}"#),
    row("DELETE /invites/{id}", PEOPLE, Site, "/invites/{nothing}"),
    row("GET /audit", SETTINGS, Many, "/audit"),
    row("GET /tls", SETTINGS, Site, "/tls"),
    row("GET /cameras", LIVE, Many, "/cameras"),
    row("POST /cameras", SETTINGS, Site, "/cameras").with("{}"),
    row("PUT /cameras/order", SETTINGS, Many, "/cameras/order").with(r#"{"cameras":[]}"#),
    row("GET /cameras/{id}", LIVE, One, "/cameras/{camera}"),
    row("GET /cameras/{id}", LIVE, One, "/cameras/{slug}"),
    row("PATCH /cameras/{id}", SETTINGS, One, "/cameras/{camera}").with("{}"),
    row("DELETE /cameras/{id}", SETTINGS, One, "/cameras/{camera}").last(),
    row("POST /cameras/{id}/restart", SETTINGS, One, "/cameras/{camera}/restart"),
    row("POST /camera-tests", SETTINGS, Site, "/camera-tests").with("{}"),
    row("GET /camera-tests/{id}/snapshot.jpg", SETTINGS, Site, "/camera-tests/{nothing}/snapshot.jpg"),
    row("POST /discovery", SETTINGS, Many, "/discovery"),
    row("GET /site", LIVE, Site, "/site"),
    row("PATCH /site", SETTINGS, Site, "/site").with("{}"),
    row("GET /timeline", PLAYBACK, Many, "/timeline?{range}"),
    row("GET /timeline", PLAYBACK, One, "/timeline?{range}&cameras={slug}"),
    row("GET /days", PLAYBACK, Many, "/days?month=2026-11"),
    row("GET /days", PLAYBACK, One, "/days?month=2026-11&cameras={camera}"),
    row("GET /cameras/{id}/segments", PLAYBACK, One, "/cameras/{camera}/segments?{range}"),
    row("GET /segments/{name}", PLAYBACK, One, "/segments/{segment}.mp4"),
    // Decoder parameters are of a make of camera, not of one: who knows their hash has seen footage with them.
    row("GET /init/{name}", PLAYBACK, Site, "/init/{init}.mp4"),
    row("GET /cameras/{id}/clip.mp4", PLAYBACK, One, "/cameras/{slug}/clip.mp4?{range}"),
    row("GET /cameras/{id}/hls/master.m3u8", PLAYBACK, One, "/cameras/{camera}/hls/master.m3u8?{range}"),
    row("GET /cameras/{id}/hls/vod.m3u8", PLAYBACK, One, "/cameras/{camera}/hls/vod.m3u8?{range}"),
    row("GET /cameras/{id}/hls/iframes.m3u8", PLAYBACK, One, "/cameras/{camera}/hls/iframes.m3u8?{range}"),
    row("GET /cameras/{id}/keyframes.mp4", PLAYBACK, One, "/cameras/{camera}/keyframes.mp4?{range}"),
    row("GET /cameras/{id}/tail.mp4", PLAYBACK, One, "/cameras/{camera}/tail.mp4?from={from}"),
    row("GET /cameras/{id}/frame.jpg", PLAYBACK, One, "/cameras/{camera}/frame.jpg?t={from}"),
    row("GET /cameras/{id}/still.jpg", LIVE, One, "/cameras/{slug}/still.jpg"),
    // Not a socket: refused for that, where it is not refused before. The socket itself has a test of its own.
    row("GET /live", LIVE, Site, "/live"),
    row("GET /stream", LIVE, Many, "/stream?topics=events,cameras,jobs,health"),
    row("GET /layouts", LIVE, Many, "/layouts"),
    row("POST /layouts", SETTINGS, Site, "/layouts").with("{}"),
    row("GET /layouts/{id}", LIVE, One, "/layouts/{layout}"),
    row("PATCH /layouts/{id}", SETTINGS, One, "/layouts/{layout}").with("{}"),
    row("DELETE /layouts/{id}", SETTINGS, One, "/layouts/{layout}").last(),
    row("GET /events", PLAYBACK, Many, "/events?{range}"),
    row("GET /events", PLAYBACK, One, "/events?{range}&cameras={camera}"),
    row("GET /events/{id}", PLAYBACK, One, "/events/{event}"),
    row("GET /events/{id}/snapshot.jpg", PLAYBACK, One, "/events/{event}/snapshot.jpg"),
    row("GET /events/{id}/clip.mp4", PLAYBACK, One, "/events/{event}/clip.mp4"),
    row("GET /events:count", PLAYBACK, Many, "/events:count?{range}"),
    row("POST /events:mark", HOLD, Many, "/events:mark")
        .with(r#"{"ids":["<event>"],"verdict":"false_alarm"}"#),
    row("GET /alerts", PLAYBACK, Many, "/alerts"),
    row("GET /alerts/{id}", PLAYBACK, One, "/alerts/{alert}"),
    row("GET /alerts/{id}", PLAYBACK, One, "/alerts/{event}"),
    row("POST /alerts/{id}/handled", HOLD, One, "/alerts/{alert}/handled").with("{}"),
    row("DELETE /alerts/{id}/handled", HOLD, One, "/alerts/{alert}/handled"),
    row("POST /alert-receipts", Nothing, Site, "/alert-receipts").with(r#"{"token":"","what":"shown"}"#),
    row("GET /schedules/{id}", PLAYBACK, Site, "/schedules/site"),
    row("PUT /schedules/{id}", ALERTS, Site, "/schedules/site").with(r#"{"week":[]}"#),
    row("GET /alert-rules", PLAYBACK, Site, "/alert-rules"),
    row("PUT /alert-rules", ALERTS, Site, "/alert-rules").with(r#"{"cameras":["<camera>"]}"#),
    row("GET /alert-channels", SETTINGS, Site, "/alert-channels"),
    row("POST /alert-channels/{name}/test", SETTINGS, Site, "/alert-channels/webhook/test").with("{}"),
    row("GET /alert-channels/relay", SETTINGS, Site, "/alert-channels/relay"),
    row("PUT /alert-channels/relay", SETTINGS, Site, "/alert-channels/relay")
        .with(r#"{"enabled":false,"mqtt":false}"#),
    row("GET /alert-channels/webhook", SETTINGS, Site, "/alert-channels/webhook"),
    row("PUT /alert-channels/webhook", SETTINGS, Site, "/alert-channels/webhook")
        .with(r#"{"enabled":false}"#),
    row("GET /alert-channels/mail", SETTINGS, Site, "/alert-channels/mail"),
    row("PUT /alert-channels/mail", SETTINGS, Site, "/alert-channels/mail").with("{}"),
    row("GET /alert-channels/mqtt", SETTINGS, Site, "/alert-channels/mqtt"),
    row("PUT /alert-channels/mqtt", SETTINGS, Site, "/alert-channels/mqtt").with("{}"),
    row("GET /alert-channels/zalo", SETTINGS, Site, "/alert-channels/zalo"),
    row("PUT /alert-channels/zalo", SETTINGS, Site, "/alert-channels/zalo").with(r#"{"enabled":false}"#),
    row("GET /me/notification-prefs", PLAYBACK, Site, "/me/notification-prefs"),
    // A token has no preferences of its own, and is told so before anything is looked at.
    row("PUT /me/notification-prefs", PLAYBACK, Site, "/me/notification-prefs").with(r#"{"cameras":[]}"#),
    row("POST /me/alert-tests/{name}", PLAYBACK, Site, "/me/alert-tests/mail"),
    row("GET /me/zalo-link", PLAYBACK, Site, "/me/zalo-link"),
    row("POST /me/zalo-link", PLAYBACK, Site, "/me/zalo-link"),
    row("DELETE /me/zalo-link", PLAYBACK, Site, "/me/zalo-link"),
    row("GET /snoozes", PLAYBACK, Many, "/snoozes"),
    row("POST /snoozes", PLAYBACK, One, "/snoozes")
        .with(r#"{"camera":"<camera>","until":"2026-11-23T00:00:00Z"}"#),
    row("DELETE /snoozes/{id}", PLAYBACK, Site, "/snoozes/{nothing}"),
    row("GET /push/vapid-key", PLAYBACK, Site, "/push/vapid-key"),
    row("GET /push-subscriptions", PLAYBACK, Many, "/push-subscriptions"),
    row("POST /push-subscriptions", PLAYBACK, Site, "/push-subscriptions").with("{}"),
    row("DELETE /push-subscriptions/{id}", PLAYBACK, Site, "/push-subscriptions/{nothing}"),
    row("POST /push-subscriptions/{id}/test", PLAYBACK, Site, "/push-subscriptions/{nothing}/test"),
    row(
        "GET /push-subscriptions/{id}/deliveries",
        PLAYBACK,
        Site,
        "/push-subscriptions/{nothing}/deliveries",
    ),
    row("GET /bookmarks", PLAYBACK, Many, "/bookmarks"),
    row("GET /bookmarks", PLAYBACK, One, "/bookmarks?camera={slug}"),
    row("POST /bookmarks", HOLD, One, "/bookmarks").with(r#"{"camera":"<camera>","at":"<from>"}"#),
    row("PATCH /bookmarks/{id}", HOLD, One, "/bookmarks/{bookmark}").with("{}"),
    row("DELETE /bookmarks/{id}", HOLD, One, "/bookmarks/{bookmark}").last(),
    row("GET /locks", PLAYBACK, Many, "/locks"),
    row("GET /locks", PLAYBACK, One, "/locks?camera={camera}"),
    row("POST /locks", HOLD, One, "/locks").with(r#"{"camera":"<slug>","from":"<from>","to":"<to>"}"#),
    row("DELETE /locks/{id}", HOLD, One, "/locks/{lock}").last(),
    row("GET /cameras/{id}/zones", PLAYBACK, One, "/cameras/{camera}/zones"),
    row("PUT /cameras/{id}/zones", ZONES, One, "/cameras/{camera}/zones").with(r#"{"items":[]}"#),
    row("POST /cameras/{id}/zones:preview", ZONES, One, "/cameras/{camera}/zones:preview")
        .with(r#"{"items":[],"from":"<from>","to":"<to>"}"#),
    row("GET /cameras/{id}/activity", LIVE, One, "/cameras/{camera}/activity"),
    row("POST /motion-searches", PLAYBACK, One, "/motion-searches")
        .with(r#"{"camera":"<camera>","from":"<from>","to":"<to>","polygon":[[0,0],[1,0],[1,1]]}"#),
    row("GET /motion-searches/{id}", PLAYBACK, Maybe, "/motion-searches/{search}"),
    row("GET /motion-searches/{id}/results", PLAYBACK, Maybe, "/motion-searches/{search}/results"),
    row("DELETE /motion-searches/{id}", PLAYBACK, Maybe, "/motion-searches/{search}").last(),
    row("GET /exports", EXPORT, Many, "/exports"),
    row("POST /exports", EXPORT, One, "/exports").with(STRETCH),
    row("POST /exports:estimate", EXPORT, One, "/exports:estimate").with(STRETCH),
    row("GET /exports/{id}", EXPORT, One, "/exports/{export}"),
    row("GET /exports/{id}/file", EXPORT, One, "/exports/{export}/file"),
    row("GET /exports/{id}/shares", SHARE, One, "/exports/{export}/shares"),
    row("POST /exports/{id}/shares", SHARE, One, "/exports/{export}/shares").with("{}"),
    row("DELETE /shares/{id}", SHARE, One, "/shares/{share}").last(),
    row("GET /jobs/{id}", EXPORT, One, "/jobs/{export}"),
    row("DELETE /jobs/{id}", EXPORT, One, "/jobs/{export}").last(),
    row("DELETE /exports/{id}", EXPORT, One, "/exports/{export}").last(),
    row("GET /storage", PLAYBACK, Many, "/storage"),
    row("GET /storage/forecast", PLAYBACK, Many, "/storage/forecast"),
    row("GET /storage/forecast", PLAYBACK, One, "/storage/forecast?overrides={slug}:off"),
    row("GET /outages", PLAYBACK, Many, "/outages"),
    row("GET /outages", PLAYBACK, One, "/outages?camera={camera}"),
    row("GET /metrics", METRICS, Many, "/metrics"),
];
