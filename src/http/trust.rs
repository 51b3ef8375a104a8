//! `/trust`: how a phone or computer is told to trust the recorder's certificate, and whether it does. A plain page in
//! both languages that works before there is trust; its only script is the check.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::App;
use super::error::{Answer, Problem};
use super::front::{reached, secure_origin, split};
use super::qr::qr_svg;
use super::serve::Via;
use super::share_page::{STYLE, both, escaped};
use super::trust_words::{PLATFORMS, Platform};
use crate::base::random_token;
use crate::tls::{AuthorityFacts, Standing};

/// All addresses of this file; they answer over plain HTTP, too.
pub(super) const PATHS: [&str; 7] = [
    "/trust",
    "/trust/check",
    "/trust/check.js",
    "/trust/worker.js",
    "/ca.crt",
    "/ca.pem",
    "/ca.mobileconfig",
];

const CHECK: &str = include_str!("trust.js");
/// Registered by the check and taken away again: a browser that let somebody click past a warning refuses it.
const WORKER: &str = "// Only for the check of /trust: it does nothing.\n";
const MORE_STYLE: &str = include_str!("trust.css");

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/trust", get(get_page))
        .route("/trust/check", get(get_check))
        .route("/trust/check.js", get(async || script(CHECK)))
        .route("/trust/worker.js", get(async || script(WORKER)))
        .route("/ca.crt", get(get_crt))
        .route("/ca.pem", get(get_pem))
        .route("/ca.mobileconfig", get(get_profile))
}

fn file(kind: &'static str, contents: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], contents).into_response()
}

fn script(text: &'static str) -> Response {
    file("text/javascript; charset=utf-8", text)
}

fn authority(app: &App) -> Answer<AuthorityFacts> {
    let authority = app.tls().and_then(|tls| tls.standing().authority);
    authority.ok_or_else(|| Problem::not_found("this recorder has no certificate authority of its own"))
}

/// The authority's certificate (DER), as Android, Windows and macOS take it.
async fn get_crt(State(app): State<App>) -> Answer<Response> {
    Ok(file("application/x-x509-ca-cert", authority(&app)?.der.to_vec()))
}

/// The same as text, as Linux takes it.
async fn get_pem(State(app): State<App>) -> Answer<Response> {
    Ok(file("application/x-pem-file", authority(&app)?.pem()))
}

/// The same as a profile, as iPhones take it.
async fn get_profile(State(app): State<App>) -> Answer<Response> {
    Ok(file("application/x-apple-aspen-config", authority(&app)?.profile()))
}

/// Says that the request has arrived; whoever reads it from a page over plain HTTP has trusted the certificate.
async fn get_check(via: Via) -> Response {
    let mut answer = file("application/json", format!("{{\"https\":{}}}", via.tls));
    let headers = answer.headers_mut();
    // It tells nothing, and the page that asks is of another origin: that of plain HTTP.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    answer
}

/// Where the page was opened, and where it leads.
struct Places {
    /// HTTPS, without a path.
    there: String,
    /// This page for a phone.
    phone: Option<String>,
}

fn places(app: &App, headers: &HeaderMap, standing: &Standing) -> Option<Places> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok())?;
    let (name, port) = split(host)?;
    let with_port = |name: &str| match port {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    let public = standing.certificate.as_ref().filter(|_| standing.is_public);
    let there = match public {
        Some(facts) if !facts.names.iter().any(|n| n.to_string().eq_ignore_ascii_case(name)) => {
            let name = facts.names.first()?.to_string();
            let named = HeaderValue::from_str(&with_port(&name)).ok()?;
            secure_origin(app, &HeaderMap::from_iter([(header::HOST, named)]))?
        }
        _ => secure_origin(app, headers)?,
    };
    Some(Places {
        there,
        phone: reached(host).filter(|_| app.others_come()).map(|host| format!("http://{host}/trust")),
    })
}

/// The guide.
async fn get_page(State(app): State<App>, headers: HeaderMap) -> Answer<Response> {
    let Some(standing) = app.tls().map(crate::tls::Tls::standing) else {
        let words = both(
            "Đầu ghi này không tự làm HTTPS; hãy hỏi người quản trị địa chỉ của nó.",
            "This recorder does no HTTPS of its own; ask whoever looks after it for its address.",
        );
        return page(&app, StatusCode::NOT_FOUND, &format!("<h1>Địa chỉ tin cậy</h1>{words}"), "").await;
    };
    let places = places(&app, &headers, &standing);
    let places = places.ok_or_else(|| {
        Problem::invalid("the request does not say by which name the recorder was called; send Host")
    })?;
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut inside =
        String::from("<h1>Địa chỉ tin cậy <span class=\"en\" lang=\"en\">A trusted address</span></h1>");
    inside.push_str(&why(&standing));
    inside.push_str(&check(&places.there));
    // What needs no telling has no steps.
    let told = standing.is_public || (standing.source == "files" && standing.is_the_wanted);
    if let Some(authority) = standing.authority.as_ref().filter(|_| !told) {
        inside.push_str(&steps(authority, agent));
        inside.push_str(&phone(places.phone.as_deref())?);
    }
    page(&app, StatusCode::OK, &inside, &places.there).await
}

fn why(standing: &Standing) -> String {
    if standing.is_public {
        return both(
            "Mọi trình duyệt đều tin cậy địa chỉ này. Không cần cài gì.",
            "Every browser trusts this address. Nothing has to be installed.",
        );
    }
    if standing.source == "files" && standing.is_the_wanted {
        return both(
            "Chứng chỉ của địa chỉ này do người quản trị cung cấp. Bấm kiểm tra; nếu không được, hãy hỏi người quản trị.",
            "This address's certificate comes from its administrator. Check it; ask them if that fails.",
        );
    }
    both(
        "Điện thoại chỉ cho nhận cảnh báo và cài ứng dụng khi tin cậy đầu ghi này. Làm một lần trên mỗi máy, khoảng hai phút.",
        "A phone gets alerts and the app only from a recorder that it trusts. Once on each device, about two minutes.",
    )
}

fn check(there: &str) -> String {
    let there = escaped(there);
    let good = both("Máy này đã tin cậy đầu ghi.", "This device trusts the recorder.");
    let bad = both(
        "Máy này chưa tin cậy đầu ghi. Làm theo các bước bên dưới, rồi bấm kiểm tra lại.",
        "This device does not trust the recorder yet. Follow the steps below, then check again.",
    );
    let clicked = both(
        "Trang này mở được vì có người đã bỏ qua cảnh báo; máy vẫn chưa tin cậy đầu ghi. Làm theo các bước bên dưới.",
        "This page opened because a warning was passed by; the device does not trust the recorder yet. Follow the steps below.",
    );
    let asking = both("Đang kiểm tra…", "Checking…");
    let none = both(
        "Trình duyệt này không chạy được phần kiểm tra. Mở địa chỉ dưới đây: nếu không thấy cảnh báo là được.",
        "This browser cannot run the check. Open the address below: without a warning all is well.",
    );
    format!(
        "<div id=\"check\" data-there=\"{there}\" role=\"status\">\
         <noscript>{none}</noscript>\
         <div data-state=\"asking\" hidden>{asking}</div>\
         <div class=\"good\" data-state=\"good\" hidden>{good}</div>\
         <div class=\"wrong\" data-state=\"bad\" hidden>{bad}</div>\
         <div class=\"wrong\" data-state=\"clicked\" hidden>{clicked}</div></div>\
         <div class=\"acts\"><button class=\"act quiet\" id=\"again\" hidden>Kiểm tra lại <span lang=\"en\">Check again</span></button>\
         <a class=\"act\" id=\"open\" href=\"{there}/\">Mở ứng dụng <span lang=\"en\">Open the app</span></a></div>"
    )
}

fn steps(authority: &AuthorityFacts, agent: &str) -> String {
    let compare = both(
        "Trước khi cài, so dãy số này với dãy số trên màn hình đầu ghi hoặc trong trang Hệ thống:",
        "Before installing, compare this with what the recorder's own screen or its System page shows:",
    );
    let mut out = format!(
        "<h2>Cài chứng chỉ <span class=\"en\" lang=\"en\">Install the certificate</span></h2>{compare}\
         <p class=\"print\"><b>{}</b><br>SHA-256 <code>{}</code></p>",
        escaped(&authority.name),
        authority.fingerprint_text()
    );
    let own = PLATFORMS.iter().position(|p| p.agents.iter().any(|a| agent.contains(a)));
    for (n, platform) in PLATFORMS.iter().enumerate() {
        out.push_str(&section(platform, own == Some(n), &authority.name));
    }
    out
}

fn section(platform: &Platform, open: bool, name: &str) -> String {
    let name = escaped(name);
    let step = |(vi, en): &(&str, &str)| {
        let (vi, en) = (vi.replace("{name}", &name), en.replace("{name}", &name));
        format!("<li>{vi}<br><span class=\"en\" lang=\"en\">{en}</span></li>")
    };
    let steps: String = platform.steps.iter().map(step).collect();
    let open = if open { " open" } else { "" };
    format!(
        "<details{open}><summary>{}</summary><a class=\"act quiet\" href=\"{}\">Tải chứng chỉ \
         <span lang=\"en\">Download the certificate</span></a><ol>{steps}</ol></details>",
        platform.title, platform.file
    )
}

fn phone(address: Option<&str>) -> Answer<String> {
    let Some(address) = address else { return Ok(String::new()) };
    let words = both("Quét bằng điện thoại để mở trang này.", "Scan with the phone to open this page there.");
    Ok(format!("<div class=\"phone\">{}{words}<code>{}</code></div>", qr_svg(address)?, escaped(address)))
}

async fn page(app: &App, status: StatusCode, inside: &str, there: &str) -> Answer<Response> {
    let nonce = random_token(16);
    let site = escaped(&app.site_name().await);
    let place = if site.is_empty() { String::new() } else { format!("<p class=\"site\">{site}</p>") };
    let text = format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>Địa chỉ tin cậy · lanewatch</title><style nonce=\"{nonce}\">{STYLE}{MORE_STYLE}</style></head>\
         <body><main>{place}{inside}</main><script src=\"/trust/check.js\"></script></body></html>"
    );
    let csp = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'self'; worker-src 'self'; connect-src 'self' {there}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut answer = (status, text).into_response();
    let out = answer.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(csp) = HeaderValue::from_str(&csp) {
        out.insert(header::CONTENT_SECURITY_POLICY, csp);
    }
    Ok(answer)
}
