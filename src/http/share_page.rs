//! `/s/{token}`: what somebody without an account sees of an export. Plain pages in both languages, no script, no app.

use std::net::IpAddr;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Deserialize;
use tokio::time::sleep;

use super::App;
use super::error::{Answer, Code, Problem};
use super::exports::send_file;
use super::extract::{Path, Query};
use super::live::CHECK_EVERY;
use super::serve::{Peer, Via};
use crate::auth::{Denied, share_hash};
use crate::base::{Secret, Ticks, TimeRange, hex, random_token};
use crate::catalogue::{Export, Opened, Share, Standing, TokenHash};

/// Longest form: a PIN.
const FORM_BYTES: usize = 1024;
const COOKIE: &str = "lanewatch-share";
pub(super) const STYLE: &str = include_str!("share.css");

/// A link that opens something, and what.
struct Opening {
    share: Share,
    hash: TokenHash,
    export: Export,
}

/// Why a visitor gets no file.
enum Closed {
    /// There never was such a link.
    Unknown,
    /// It opens nothing any more.
    Over(Standing),
}

async fn look(app: &App, token: &str, peer: IpAddr) -> Answer<Result<Opening, Closed>> {
    let hash = share_hash(token);
    let Some(share) = app.catalogue().share(hash).await? else { return Ok(Err(Closed::Unknown)) };
    let standing = share.standing(app.now());
    match app.catalogue().shared_export(&share, app.now()).await? {
        Some(export) => Ok(Ok(Opening { share, hash, export })),
        None => {
            app.catalogue().note_share_open(share.id, Opened::Over, peer.to_string()).await?;
            Ok(Err(Closed::Over(standing)))
        }
    }
}

impl Opening {
    /// No PIN is asked for, or this device has given it.
    fn is_open_to(&self, app: &App, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        self.share.pin_hash.is_none()
            || pairs.any(|(name, value)| name == COOKIE && app.auth().has_pass(self.hash, value))
    }
}

/// The page of a link: what there is and how to get it, or the question for its PIN.
pub(super) async fn get_page(
    State(app): State<App>,
    Peer(peer): Peer,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let opening = match look(&app, &token, peer).await? {
        Ok(opening) => opening,
        Err(closed) => return Ok(closed_page(&app, &closed).await),
    };
    if !opening.is_open_to(&app, &headers) {
        return Ok(page(&app, StatusCode::OK, &pin_form(&token, "")).await);
    }
    app.catalogue().note_share_open(opening.share.id, Opened::Page, peer.to_string()).await?;
    Ok(page(&app, StatusCode::OK, &file_card(&app, &token, &opening)).await)
}

/// Takes a PIN; with the right one back to the page.
pub(super) async fn post_pin(
    State(app): State<App>,
    Peer(peer): Peer,
    via: Via,
    Path(token): Path<String>,
    body: Body,
) -> Answer<Response> {
    let opening = match look(&app, &token, peer).await? {
        Ok(opening) => opening,
        Err(closed) => return Ok(closed_page(&app, &closed).await),
    };
    let Some(pin_hash) = opening.share.pin_hash.clone() else { return Ok(back(&token, None)) };
    let form = to_bytes(body, FORM_BYTES).await;
    let form = form.map_err(|_| Problem::invalid("the form is too long; send a PIN"))?;
    let pin = url::form_urlencoded::parse(&form).find(|(name, _)| name == "pin");
    let pin = pin.map(|(_, pin)| pin.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    match app.auth().try_pin(opening.hash, pin_hash, Secret::new(pin.unwrap_or_default()), peer).await {
        Ok((pass, age)) => {
            let secure = if app.is_secure(via) { "; Secure" } else { "" };
            // Lax: the link is opened from a messenger.
            let line = format!(
                "{COOKIE}={}; Path=/s/{token}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}",
                pass.expose()
            );
            let line = HeaderValue::from_str(&line);
            let mut line =
                line.map_err(|_| Problem::new(Code::Internal, "a pass cannot be written; report this"))?;
            line.set_sensitive(true);
            Ok(back(&token, Some(line)))
        }
        Err(Denied::Wrong) => {
            app.catalogue().note_share_open(opening.share.id, Opened::WrongPin, peer.to_string()).await?;
            let words = both("Mã PIN không đúng.", "This PIN is not right.");
            Ok(page(&app, StatusCode::FORBIDDEN, &pin_form(&token, &words)).await)
        }
        Err(Denied::TooMany { retry_after_s }) => {
            let words = both(
                &format!("Thử quá nhiều lần. Hãy đợi {retry_after_s} giây."),
                &format!("Too many tries. Wait {retry_after_s} seconds."),
            );
            let mut answer = page(&app, StatusCode::TOO_MANY_REQUESTS, &pin_form(&token, &words)).await;
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
            Ok(answer)
        }
        Err(Denied::Failed(error)) => Err(error.into()),
    }
}

/// How to send the file.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct How {
    /// `1` to play it instead of saving it.
    view: Option<u8>,
}

/// Waits until a link opens nothing any more: what is being taken breaks off.
async fn over(app: App, hash: TokenHash) {
    loop {
        sleep(CHECK_EVERY).await;
        match app.catalogue().share(hash).await {
            Ok(Some(share)) if matches!(share.standing(app.now()), Standing::Open(_)) => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(error = %error, "it cannot be looked up whether a shared file may go on")
            }
        }
    }
}

/// The file of a link.
pub(super) async fn get_file(
    State(app): State<App>,
    Peer(peer): Peer,
    Path(token): Path<String>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Answer<Response> {
    let opening = match look(&app, &token, peer).await? {
        Ok(opening) => opening,
        Err(closed) => return Ok(closed_page(&app, &closed).await),
    };
    if !opening.is_open_to(&app, &headers) {
        return Ok(back(&token, None));
    }
    let over = over(app.clone(), opening.hash);
    let mut answer = send_file(&app, &opening.export, &headers, how.view != Some(1), |bytes| {
        Body::from_stream(bytes.take_until(Box::pin(over)))
    })?;
    // A player asks for many ranges, a download that broke off for one: each beginning counts once.
    let range = answer.headers().get(header::CONTENT_RANGE).and_then(|v| v.to_str().ok());
    if range.is_none_or(|range| range.starts_with("bytes 0-")) {
        app.catalogue().note_share_open(opening.share.id, Opened::File, peer.to_string()).await?;
    }
    // When the link is over, so is what a browser has kept.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

fn back(token: &str, cookie: Option<HeaderValue>) -> Response {
    let mut answer = StatusCode::SEE_OTHER.into_response();
    // Whatever was typed as a token is an address already.
    if let Ok(place) = HeaderValue::from_str(&format!("/s/{}", escaped(token))) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer.headers_mut().extend(cookie.map(|line| (header::SET_COOKIE, line)));
    answer
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Vietnamese, and the same in English below.
pub(super) fn both(vi: &str, en: &str) -> String {
    format!("<p>{vi}<br><span class=\"en\" lang=\"en\">{en}</span></p>")
}

async fn page(app: &App, status: StatusCode, inside: &str) -> Response {
    let nonce = random_token(16);
    let site = escaped(&app.site_name().await);
    let place = if site.is_empty() { String::new() } else { format!("<p class=\"site\">{site}</p>") };
    let text = format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{site} · lanewatch</title><style nonce=\"{nonce}\">{STYLE}</style></head>\
         <body><main>{place}{inside}</main></body></html>"
    );
    let csp = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; media-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let mut answer = (status, text).into_response();
    let out = answer.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(csp) = HeaderValue::from_str(&csp) {
        out.insert(header::CONTENT_SECURITY_POLICY, csp);
    }
    answer
}

async fn closed_page(app: &App, closed: &Closed) -> Response {
    let (status, title, vi, en) = match closed {
        Closed::Unknown => (
            StatusCode::NOT_FOUND,
            "Không có liên kết này",
            "Liên kết bị thiếu hoặc sai. Hãy xin người gửi chép lại.",
            "There is no such link. Ask the sender to copy it again.",
        ),
        Closed::Over(Standing::Locked) => (
            StatusCode::GONE,
            "Liên kết đã khóa",
            "Mã PIN bị nhập sai quá nhiều lần. Hãy xin người gửi một liên kết mới.",
            "Too many wrong PINs were given. Ask the sender for a new link.",
        ),
        Closed::Over(Standing::Revoked) => (
            StatusCode::GONE,
            "Liên kết đã bị thu hồi",
            "Người gửi đã thu hồi liên kết này.",
            "The sender has taken this link back.",
        ),
        Closed::Over(_) => (
            StatusCode::GONE,
            "Liên kết đã hết hạn",
            "Đoạn hình này không còn được chia sẻ. Hãy xin người gửi một liên kết mới.",
            "This footage is no longer shared. Ask the sender for a new link.",
        ),
    };
    page(app, status, &format!("<h1>{title}</h1>{}", both(vi, en))).await
}

fn pin_form(token: &str, words: &str) -> String {
    let wrong = if words.is_empty() {
        String::new()
    } else {
        format!("<div class=\"wrong\" role=\"alert\">{words}</div>")
    };
    format!(
        "<h1>Nhập mã PIN</h1>{}{wrong}<form method=\"post\" action=\"/s/{}\">\
         <label>Mã PIN<input name=\"pin\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"16\" required autofocus>\
         </label><button class=\"act\">Mở <span lang=\"en\">Open</span></button></form>",
        both("Người gửi sẽ cho bạn mã này.", "Enter the PIN that the sender gave you."),
        escaped(token)
    )
}

fn file_card(app: &App, token: &str, opening: &Opening) -> String {
    let (export, token) = (&opening.export, escaped(token));
    let wall = |at: Ticks| wall(app, at);
    let item =
        |name: &str, range: TimeRange| format!("<li><b>{}</b><br>{}</li>", escaped(name), span(app, range));
    let items: String = export.items.iter().map(|i| item(&i.name, i.range)).collect();
    let name = export.file_name.as_deref().unwrap_or_default();
    let video = match name.ends_with(".mp4") {
        true => format!(
            "<video controls playsinline preload=\"metadata\" src=\"/s/{token}/file?view=1\"></video>"
        ),
        false => both(
            "Tệp zip: giải nén, rồi mở <b>verify.html</b> để kiểm tra các đoạn hình còn nguyên vẹn.",
            "A zip: unpack it, then open <b>verify.html</b> to check that the footage is whole.",
        ),
    };
    let missing = match export.missing.is_empty() {
        true => String::new(),
        false => both(
            "Có lúc không có bản ghi; xem danh sách trong tệp.",
            "Some of it is not recorded; the file lists when.",
        ),
    };
    format!(
        "<h1>Đoạn hình được chia sẻ</h1><ul>{items}</ul>{video}{missing}\
         <a class=\"act\" href=\"/s/{token}/file\" download>Tải về máy <span><span lang=\"en\">Download</span> · {}</span></a>\
         <dl><dt>Tệp</dt><dd>{}</dd><dt>Hết hạn</dt><dd>{}</dd><dt>SHA-256</dt><dd><code>{}</code></dd></dl>",
        size(export.bytes.unwrap_or(0)),
        escaped(name),
        wall(opening.share.expires),
        export.sha256.map(|hash| hex(&hash)).unwrap_or_default(),
    )
}

/// `22:14:05 – 22:19:05 22/11/2026`, or with both days.
fn span(app: &App, range: TimeRange) -> String {
    let (from, to) = (wall(app, range.from), wall(app, range.to));
    match (from.split_once(' '), to.split_once(' ')) {
        (Some((time, day)), Some((_, other))) if day == other => format!("{time} – {to}"),
        _ => format!("{from} – {to}"),
    }
}

/// `22:14:05 22/11/2026`, in the site's zone.
fn wall(app: &App, at: Ticks) -> String {
    let local = app.zone().local(at);
    let parts: Vec<&str> = local.split(['-', '_']).collect();
    match parts[..] {
        [year, month, day, h, m, s] => format!("{h}:{m}:{s} {day}/{month}/{year}"),
        _ => local,
    }
}

/// As people read it, with a decimal comma.
fn size(bytes: u64) -> String {
    let (number, unit) = match bytes {
        0..1_000_000 => (bytes as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (bytes as f64 / 1e6, "MB"),
        _ => (bytes as f64 / 1e9, "GB"),
    };
    format!("{number:.1} {unit}").replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_become_markup() {
        assert_eq!(escaped("<b a='1'>&\""), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn sizes_are_read_by_people() {
        assert_eq!(
            (size(1_234), size(150_000_000), size(2_500_000_000)),
            ("1,2 kB".into(), "150,0 MB".into(), "2,5 GB".into())
        );
    }
}
