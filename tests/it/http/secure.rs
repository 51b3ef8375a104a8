//! HTTPS: who gets through, what plain HTTP is told, and certificates that change while people are connected.

#![expect(clippy::disallowed_methods, reason = "files as other programs leave them, or as a crash does")]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use futures::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lanewatch::base::{Host, SimClock, TICKS_PER_SECOND, Tasks};
use lanewatch::config::{CertificateSource, Tls as Config};
use lanewatch::http::Limits;
use lanewatch::tls::{Hosts, Tls};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::bench::{Bench, now};
use super::browser::{Browser, ask};
use super::client::Reply;

const DAY: i64 = 86_400 * TICKS_PER_SECOND;

fn hosts(names: &[&str]) -> Hosts {
    names.iter().map(|name| name.parse().expect("a name")).collect()
}

fn own() -> Config {
    Config { listen: None, names: Vec::new(), source: CertificateSource::Own }
}

/// A recorder with HTTPS, and its certificates.
pub(super) async fn secure(config: Config, limits: Limits) -> (Bench, Tls) {
    let folder = tempfile::tempdir().expect("folder");
    let clock = SimClock::starting_at(now());
    let names = || hosts(&["127.0.0.1", "may-ghi.local", "localhost"]);
    let tls = Tls::open(config, folder.path().join("tls"), clock.clone(), names).expect("certificates");
    let bench = Bench::build(limits, folder, clock, Some(tls.clone())).await;
    (bench, tls)
}

/// Another machine, as far as the recorder sees.
async fn elsewhere(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.2:0".parse().expect("an address")).expect("bound");
    socket.connect(address).await.expect("connects")
}

async fn plain(address: SocketAddr, method: &str, path: &str) -> Reply {
    ask(&mut elsewhere(address).await, method, path, &format!("may-ghi.local:{}", address.port()), &[], "")
        .await
}

#[tokio::test]
async fn who_trusts_the_authority_gets_through_and_nobody_else() {
    let (bench, tls) = secure(own(), Limits::default()).await;
    let trusting = Browser::of(bench.address, "may-ghi.local", &tls);
    let reply = trusting.get("/api/v1/health", &[]).await;
    assert_eq!((reply.status, reply.header("strict-transport-security")), (200, None));
    assert_eq!(
        Browser { name: "127.0.0.1".to_owned(), ..trusting.clone() }.get("/trust", &[]).await.status,
        200
    );
    let other = Browser { name: "may-khac.local".to_owned(), ..trusting };
    let refused = other.connect(&[]).await.expect_err("another name");
    assert!(refused.to_string().contains("not valid for name"), "{refused}");
    let (_, elses) = secure(own(), Limits::default()).await;
    let refused = Browser::of(bench.address, "may-ghi.local", &elses).connect(&[]).await;
    assert!(refused.expect_err("another authority").to_string().contains("UnknownIssuer"));
}

#[tokio::test]
async fn plain_http_from_another_machine_is_led_to_https_and_shown_how_to_trust_it() {
    let (bench, tls) = secure(own(), Limits::default()).await;
    let port = bench.address.port();
    let authority = tls.standing().authority.expect("an authority");
    for (path, there) in [("/", "/"), ("/c/ngo-7?t=1", "/c/ngo-7?t=1"), ("/api/v1/health", "/api/v1/health")]
    {
        let reply = plain(bench.address, "GET", path).await;
        assert_eq!(reply.status, 308, "{path}: {}", reply.text());
        assert_eq!(reply.header("location"), Some(format!("https://may-ghi.local:{port}{there}").as_str()));
        assert_eq!(plain(bench.address, "HEAD", path).await.status, 308);
    }
    let refused = plain(bench.address, "POST", "/api/v1/session").await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden".to_owned()));
    assert!(
        refused.text().contains(&format!("https://may-ghi.local:{port}/api/v1/session")),
        "{}",
        refused.text()
    );
    let odd = ask(&mut elsewhere(bench.address).await, "GET", "/", "a\"b", &[], "").await;
    assert_eq!(odd.status, 400);

    let page = plain(bench.address, "GET", "/trust").await;
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in
        [&authority.fingerprint_text(), &authority.name, "Cài đặt tin cậy chứng nhận", "Android", "<svg"]
    {
        assert!(text.contains(part), "{part}");
    }
    assert!(text.contains(&format!("data-there=\"https://may-ghi.local:{port}\"")));
    let csp = page.header("content-security-policy").expect("a policy");
    assert!(csp.contains(&format!("connect-src 'self' https://may-ghi.local:{port};")), "{csp}");
    let file = async |path: &str, kind: &str| {
        let reply = plain(bench.address, "GET", path).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{path}");
        reply.body
    };
    assert_eq!(file("/ca.crt", "application/x-x509-ca-cert").await, authority.der.to_vec());
    assert_eq!(file("/ca.pem", "application/x-pem-file").await, authority.pem().into_bytes());
    let profile = file("/ca.mobileconfig", "application/x-apple-aspen-config").await;
    assert!(String::from_utf8_lossy(&profile).contains("com.apple.security.root"));
    file("/trust/check.js", "text/javascript; charset=utf-8").await;
    file("/trust/worker.js", "text/javascript; charset=utf-8").await;
    assert_eq!(plain(bench.address, "GET", "/trust/check").await.json(), json!({"https": false}));
    let unasked = plain(bench.address, "GET", "/.well-known/acme-challenge/abc").await;
    assert_eq!((unasked.status, unasked.code()), (404, "not_found".to_owned()));

    let trusting = Browser::of(bench.address, "may-ghi.local", &tls);
    let check = trusting.get("/trust/check", &[("origin", "http://may-ghi.local")]).await;
    assert_eq!(
        (check.json(), check.header("access-control-allow-origin")),
        (json!({"https": true}), Some("*"))
    );
}

#[tokio::test]
async fn this_machine_itself_may_go_on_in_plain() {
    let (bench, _) = secure(own(), Limits::default()).await;
    let mut admin = bench.admin().await;
    assert_eq!(admin.get("/api/v1/me").await.status, 200);
    assert!(admin.cookies.iter().any(|(name, _)| name == "lanewatch"));
    let reply = admin.get("/api/v1/tls").await.json();
    assert_eq!(
        (&reply["source"], &reply["is_public"], &reply["trouble"]),
        (&json!("own"), &json!(false), &json!(null))
    );
    assert_eq!(reply["certificate"]["names"], json!(["localhost", "may-ghi.local", "127.0.0.1"]));
    let health = admin.get("/api/v1/health").await.json();
    let checks = health["checks"].as_array().expect("checks");
    assert!(checks.iter().any(|c| c["id"] == "certificate" && c["level"] == "ok"), "{health}");
    let page = admin.get("/trust").await.text();
    assert!(!page.contains("http://127.0.0.1"), "no phone can scan that");
    // What the first run shows leads there from outside.
    if let Some(address) = lanewatch::http::own_address() {
        let there = std::net::SocketAddr::new(address, bench.address.port());
        assert_eq!(reply["guide"]["url"], format!("http://{there}/trust"));
        assert!(reply["guide"]["qr_svg"].as_str().is_some_and(|svg| svg.starts_with("<svg")));
    } else {
        assert_eq!(reply["guide"], json!(null));
    }
    // Nor is an invite good for a phone that leads to 127.0.0.1.
    let made = admin.post("/api/v1/invites", json!({"name": "khach", "role": "viewer"})).await.json();
    let url = made["url"].as_str().expect("an address").to_owned();
    if let Some(address) = lanewatch::http::own_address() {
        let there = std::net::SocketAddr::new(address, bench.address.port());
        assert!(url.starts_with(&format!("https://{there}/invite#")), "{url}");
        // That phone does not trust the recorder yet: it is led to the guide before.
        assert_eq!(made["guide"], reply["guide"]);
        assert_eq!(made["guide"]["fingerprint"], reply["authority"]["fingerprint"]);
    }
}

#[tokio::test]
async fn cookies_over_https_promise_by_their_name_to_stay_there() {
    let (bench, tls) = secure(own(), Limits::default()).await;
    let code = bench.auth.one_time_code().await.expect("code");
    let trusting = Browser::of(bench.address, "may-ghi.local", &tls);
    let reply = trusting.post("/api/v1/session", &json!({"code": code.expose()}).to_string()).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    let lines = reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let lines: Vec<&str> = lines.map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert!(
            line.starts_with("__Host-lanewatch") && line.ends_with("; SameSite=Strict; Secure"),
            "{line}"
        );
    }
    let cookie = lines.iter().find_map(|line| line.strip_prefix("__Host-lanewatch=")).expect("a session");
    let session = cookie.split(';').next().expect("a value");
    let over_tls = format!("__Host-lanewatch={session}");
    assert_eq!(trusting.get("/api/v1/me", &[("cookie", &over_tls)]).await.status, 200);
    // The same value under the name of plain HTTP opens nothing here.
    assert_eq!(trusting.get("/api/v1/me", &[("cookie", &format!("lanewatch={session}"))]).await.status, 401);

    // A live socket goes through it, too.
    let stream = trusting.connect(&[b"http/1.1"]).await.expect("trusted");
    let mut request = "wss://may-ghi.local/api/v1/live".into_client_request().expect("a request");
    request.headers_mut().insert("cookie", over_tls.parse().expect("a header"));
    request.headers_mut().insert("origin", "https://may-ghi.local".parse().expect("a header"));
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("upgraded");
    socket.send(Message::Ping(vec![7].into())).await.expect("sent");
    let pong = timeout(Duration::from_secs(5), async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_pong() {
                return true;
            }
        }
        false
    });
    assert!(pong.await.expect("in time"));
}

#[tokio::test]
async fn many_requests_share_one_connection_and_an_idle_one_ends() {
    let limits =
        Limits { idle: Duration::from_millis(700), head: Duration::from_millis(300), ..Limits::default() };
    let (bench, tls) = secure(own(), limits).await;
    let stream = Browser::of(bench.address, "may-ghi.local", &tls).connect(&[b"h2", b"http/1.1"]).await;
    let stream = stream.expect("trusted");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let made = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = made.expect("HTTP/2");
    let ending = Tasks::new().spawn("client", connection);
    let address = format!("https://may-ghi.local:{}/api/v1/health", bench.address.port());
    let asked = (0..20).map(|_| {
        let (mut sender, address) = (sender.clone(), address.clone());
        async move {
            let request = Request::get(address).body(Empty::<Bytes>::new()).expect("a request");
            let answer = sender.send_request(request).await.expect("answered");
            let status = answer.status();
            (status, answer.into_body().collect().await.expect("whole").to_bytes())
        }
    });
    for (status, body) in futures::future::join_all(asked).await {
        assert_eq!((status.as_u16(), body.is_empty()), (200, false));
    }
    // A page of ours may change something, although HTTP/2 has no `Host`.
    let origin = format!("https://may-ghi.local:{}", bench.address.port());
    let request = Request::post(format!("{origin}/api/v1/session")).header("origin", origin);
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let answer = sender.clone().send_request(request).await.expect("answered");
    assert_eq!(answer.status().as_u16(), 415, "it got as far as its body");
    let begun = Instant::now();
    let ended = timeout(Duration::from_secs(5), ending).await.expect("the recorder ends it");
    ended.expect("no panic").expect("in order");
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn who_takes_nothing_of_many_answers_is_cut() {
    let short = Duration::from_millis(600);
    let limits = Limits { stall: short, idle: short, head: short / 3, ..Limits::default() };
    let (bench, tls) = secure(own(), limits).await;
    let stream = Browser::of(bench.address, "may-ghi.local", &tls).connect(&[b"h2"]).await.expect("trusted");
    // Room for a thousandth of the answer, and no more is made.
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let made = builder.initial_stream_window_size(256).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = made.expect("HTTP/2");
    let ending = Tasks::new().spawn("client", connection);
    let request = Request::get("https://may-ghi.local/api/openapi.json").body(Empty::<Bytes>::new());
    let answer = sender.send_request(request.expect("a request")).await.expect("answered");
    assert_eq!(answer.status().as_u16(), 200);
    let begun = Instant::now();
    let ended = timeout(Duration::from_secs(5), ending).await.expect("the recorder ends it");
    // However the client's side takes it.
    drop(ended.expect("no panic"));
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
    drop(answer);
}

/// Two files as `certbot` would leave them.
fn pair(folder: &Path, name: &str) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2026, 11, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 30);
    let certificate = params.self_signed(&key).expect("signed");
    std::fs::write(folder.join("chain.pem"), certificate.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("written");
}

#[tokio::test]
async fn files_are_read_again_while_connections_stay_open() {
    let files = tempfile::tempdir().expect("a folder");
    pair(files.path(), "camera.example.vn");
    let first = read_der(&files.path().join("chain.pem"));
    let source = CertificateSource::Files {
        certificate: files.path().join("chain.pem"),
        key: files.path().join("key.pem"),
    };
    let (bench, tls) = secure(Config { source, ..own() }, Limits::default()).await;
    assert!(tls.standing().is_the_wanted);
    let browser = Browser::new(bench.address, "camera.example.vn", &first);
    let mut open = browser.connect(&[b"http/1.1"]).await.expect("trusted");

    // Half of an exchange: what was there is shown on, and it is said.
    let other = KeyPair::generate().expect("a key");
    std::fs::write(files.path().join("key.pem"), other.serialize_pem()).expect("written");
    tls.look().await;
    let trouble = tls.standing().trouble.expect("a trouble");
    assert_eq!(trouble.code, "files_unreadable");
    assert!(trouble.message.contains("the key belongs to another certificate"), "{}", trouble.message);
    assert!(!trouble.message.contains("PRIVATE"));
    assert_eq!(browser.certificate().await, first);
    assert_eq!(bench.admin().await.get("/api/v1/tls").await.json()["trouble"]["code"], "files_unreadable");

    pair(files.path(), "camera.example.vn");
    let second = read_der(&files.path().join("chain.pem"));
    tls.look().await;
    assert_eq!(tls.standing().trouble, None);
    let renewed = Browser::new(bench.address, "camera.example.vn", &second);
    assert_eq!(renewed.certificate().await, second);
    // The connection from before goes on.
    let reply = ask(&mut open, "GET", "/api/v1/health", "camera.example.vn", &[], "").await;
    assert_eq!(reply.status, 200);
    let page = renewed.get("/trust", &[]).await.text();
    assert!(!page.contains("ca.crt"), "nothing to install");
}

fn read_der(path: &Path) -> Vec<u8> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    CertificateDer::from_pem_file(path).expect("a certificate").to_vec()
}

#[tokio::test]
async fn files_that_are_not_there_keep_nobody_from_recording() {
    let source =
        CertificateSource::Files { certificate: "/nowhere/a.pem".into(), key: "/nowhere/b.pem".into() };
    let (bench, tls) = secure(Config { source, ..own() }, Limits::default()).await;
    let standing = tls.standing();
    assert!(!standing.is_the_wanted);
    let trouble = standing.trouble.expect("a trouble");
    assert!(
        trouble.message.starts_with("/nowhere/a.pem cannot be read; see that it is there"),
        "{}",
        trouble.message
    );
    let browser = Browser::of(bench.address, "may-ghi.local", &tls);
    assert_eq!(browser.get("/trust", &[]).await.status, 200, "the own authority stands in");
    let health = bench.admin().await.get("/api/v1/health").await.json();
    let checks = health["checks"].as_array().expect("checks");
    assert!(checks.iter().any(|c| c["code"] == "certificate_not_had" && c["level"] == "warn"), "{health}");
}

#[tokio::test]
async fn slow_handshakes_hold_up_nobody_and_are_cut() {
    let limits = Limits { handshake: Duration::from_millis(900), ..Limits::default() };
    let (bench, tls) = secure(own(), limits).await;
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut stream = elsewhere(bench.address).await;
        // The first bytes of a hello, and nothing after.
        stream.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.expect("written");
        slow.push(stream);
    }
    let begun = Instant::now();
    let browser = Browser::of(bench.address, "may-ghi.local", &tls);
    assert_eq!(browser.get("/api/v1/health", &[]).await.status, 200);
    assert!(begun.elapsed() < Duration::from_millis(850), "{:?}", begun.elapsed());
    for mut stream in slow {
        let mut back = Vec::new();
        let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut back)).await;
        drop(ended.expect("the recorder cuts"));
    }
    // What is no TLS and no HTTP costs nothing either.
    let mut odd = elsewhere(bench.address).await;
    odd.write_all(&[22; 200]).await.expect("written");
    let mut back = Vec::new();
    drop(timeout(Duration::from_secs(5), odd.read_to_end(&mut back)).await.expect("the recorder cuts"));
}

#[tokio::test]
async fn keys_are_their_owners_and_the_authority_stays_while_certificates_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("tls");
    let clock = SimClock::starting_at(now());
    let names = Arc::new(Mutex::new(hosts(&["10.0.0.5", "may.local"])));
    let open = |config: Config| {
        let names = Arc::clone(&names);
        let hosts = move || names.lock().expect("lock").clone();
        Tls::open(config, kept.clone(), clock.clone(), hosts).expect("certificates")
    };
    let tls = open(own());
    for file in std::fs::read_dir(&kept).expect("a folder") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    assert_eq!(std::fs::metadata(&kept).expect("there").permissions().mode() & 0o777, 0o700);
    let print = |tls: &Tls| tls.standing().authority.expect("an authority").fingerprint;
    let facts = |tls: &Tls| tls.standing().certificate.expect("a certificate");
    let (authority, first) = (print(&tls), facts(&tls));

    // A restart changes nothing, nor does an address that is gone for a while.
    names.lock().expect("lock").remove(&"10.0.0.5".parse::<Host>().expect("a name"));
    let tls = open(own());
    assert_eq!((print(&tls), facts(&tls)), (authority, first.clone()));
    // A new address does, and an address of the public network is not one that may be signed for.
    names.lock().expect("lock").extend(hosts(&["192.168.9.9", "8.8.8.8"]));
    clock.advance(DAY);
    tls.look().await;
    let second = facts(&tls);
    assert!(second.names.contains(&"192.168.9.9".parse().expect("a name")), "{second:?}");
    assert!(
        !second.names.contains(&"8.8.8.8".parse().expect("a name")) && second.not_after > first.not_after
    );
    // So does time, at a third of the rest.
    clock.advance(200 * DAY);
    tls.look().await;
    assert_eq!(facts(&tls), second);
    clock.advance(70 * DAY);
    tls.look().await;
    let third = facts(&tls);
    assert!(third.not_after > second.not_after);
    assert_eq!(print(&tls), authority, "phones need not be told again");
    // A name that the authority may not sign for needs a new one.
    let named = Config { names: vec!["nvr.thon.vn".parse().expect("a name")], ..own() };
    let tls = open(named.clone());
    let renewed = print(&tls);
    assert_ne!(renewed, authority);
    assert!(facts(&tls).names.contains(&"nvr.thon.vn".parse().expect("a name")));
    assert_eq!(print(&open(named)), renewed);
    // A file that was damaged is kept aside.
    std::fs::write(kept.join("authority.pem"), "half").expect("written");
    assert_ne!(print(&open(own())), renewed);
    assert_eq!(std::fs::read_to_string(kept.join("authority.unreadable")).expect("kept"), "half");
}

#[tokio::test]
async fn what_cannot_be_written_is_told_and_written_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("tls");
    std::fs::write(&kept, "in the way").expect("written");
    let names = || hosts(&["10.0.0.5"]);
    let tls = Tls::open(own(), kept.clone(), SimClock::starting_at(now()), names).expect("recording goes on");
    let standing = tls.standing();
    assert_eq!(standing.trouble.expect("a trouble").code, "not_written");
    assert!(standing.certificate.is_some(), "in memory");
    let print = standing.authority.expect("an authority").fingerprint;
    std::fs::remove_file(&kept).expect("out of the way");
    tls.look().await;
    assert_eq!(tls.standing().trouble, None);
    let again = Tls::open(own(), kept, SimClock::starting_at(now()), names).expect("certificates");
    assert_eq!(again.standing().authority.expect("an authority").fingerprint, print);
}

/// OpenSSL as an independent peer; nothing to do where there is none.
#[tokio::test]
async fn openssl_verifies_what_is_shown() {
    let clock = lanewatch::base::SystemClock::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let names = || hosts(&["127.0.0.1", "may-ghi.local"]);
    let tls = Tls::open(own(), folder.path().join("tls"), clock, names).expect("certificates");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, tls.standing().authority.expect("an authority").pem()).expect("written");
    let bench = Bench::build(Limits::default(), folder, SimClock::starting_at(now()), Some(tls)).await;
    for (name, version, good) in [
        ("may-ghi.local", "-tls1_3", true),
        ("may-ghi.local", "-tls1_2", true),
        ("may-khac.local", "-tls1_3", false),
    ] {
        let mut command = tokio::process::Command::new("openssl");
        command.args(["s_client", "-connect", &bench.address.to_string(), "-servername", name, version]);
        command
            .args(["-verify_return_error", "-verify_hostname", name, "-alpn", "h2"])
            .arg("-CAfile")
            .arg(&root);
        let output = match command.stdin(Stdio::null()).kill_on_drop(true).output().await {
            Ok(output) => output,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return,
            Err(e) => panic!("{e}"),
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), good, "{name} {version}: {said}");
        assert_eq!(said.contains("Verify return code: 0 (ok)"), good, "{said}");
        assert!(!good || said.contains("ALPN protocol: h2"), "{said}");
    }
}
