//! Finding cameras and looking at them: against an ONVIF camera by somebody else, a network that lies, and cameras that
//! misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use lanewatch::base::{CameraNetworks, Credentials, RtspUrl, Secret, StreamKind, SystemClock, Tasks};
use lanewatch::ingest::{
    ExamineRequest, Examined, ExaminedStream, Found, Level, Transport, Whereabouts, discover, examine,
};
use onvif_server::{DeviceInfo, DeviceService, MediaProfile, MediaService, OnvifError, OnvifServer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Instant;

use crate::support::fake_camera::{Auth, Coding, FakeCamera, Script, Step};

/// As the service gives it.
const LIMIT: Duration = Duration::from_millis(4200);

/// Who the ONVIF camera says it is.
struct About;

#[async_trait::async_trait]
impl DeviceService for About {
    async fn get_device_information(&self) -> Result<DeviceInfo, OnvifError> {
        Ok(DeviceInfo {
            manufacturer: "Thôn & Co".to_owned(),
            model: "X-1".to_owned(),
            firmware_version: "1".to_owned(),
            serial_number: "1".to_owned(),
            hardware_id: "1".to_owned(),
        })
    }
}

/// Its streams: the small one first, as some cameras have it. Addresses lead nowhere, as those of a camera behind a router.
struct Streams(SocketAddr, SocketAddr);

#[async_trait::async_trait]
impl MediaService for Streams {
    fn profiles(&self) -> Vec<MediaProfile> {
        let profile = |token: &str, width, height| MediaProfile {
            token: token.to_owned(),
            name: format!("<{token}>"),
            video_source_token: "lens".to_owned(),
            width,
            height,
            encoding: "H264".to_owned(),
            framerate: 15,
            bitrate: 500,
        };
        vec![profile("small", 640, 360), profile("large", 1920, 1080)]
    }

    async fn get_stream_uri(&self, token: &str) -> Result<String, OnvifError> {
        let port = if token == "large" { self.0.port() } else { self.1.port() };
        Ok(format!("rtsp://192.0.2.1:{port}/{token}"))
    }
}

/// An ONVIF camera in front of two RTSP cameras; its device service.
async fn onvif_camera(main: &FakeCamera, sub: &FakeCamera, tasks: &Tasks) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let server = OnvifServer::builder()
        .port(port)
        .advertised_host("192.0.2.1")
        .auth("admin", "village")
        .device_service(About)
        .media_service(Streams(main.address, sub.address));
    let router = server.build().expect("a camera").into_router().expect("a camera");
    tasks.spawn("onvif camera", async move { axum::serve(listener, router).await });
    format!("http://127.0.0.1:{port}/onvif/device_service")
}

async fn look(whereabouts: Whereabouts, password: Option<&str>) -> Examined {
    let credentials = password
        .map(|password| Credentials { username: "admin".to_owned(), password: Secret::new(password) });
    let request = ExamineRequest {
        whereabouts,
        credentials,
        transport: Transport::Tcp,
        networks: CameraNetworks::Anywhere,
    };
    let begun = Instant::now();
    let examined = examine(request, LIMIT, &SystemClock::shared()).await;
    assert!(begun.elapsed() < LIMIT + Duration::from_secs(2), "a bound on hanging, not on speed");
    examined
}

fn onvif(address: &str) -> Whereabouts {
    Whereabouts::Onvif(address.parse().expect("address"))
}

fn codes(stream: &ExaminedStream, level: Level) -> Vec<&'static str> {
    stream.report.checks.iter().filter(|c| c.level == level).map(|c| c.code).collect()
}

fn found_out(examined: &Examined) -> Vec<&'static str> {
    examined.checks.iter().map(|check| check.code).collect()
}

#[tokio::test]
async fn a_camera_is_asked_for_its_streams_and_both_are_looked_at() {
    let protected = |coding| Script { coding, auth: Auth::Basic, ..Script::default() };
    let (main, sub) =
        (FakeCamera::start(protected(Coding::H264)).await, FakeCamera::start(protected(Coding::H265)).await);
    let tasks = Tasks::new();
    let address = onvif_camera(&main, &sub, &tasks).await;
    let seen = look(onvif(&address), Some("village")).await;
    assert!(seen.ok(), "{seen:?}");
    assert_eq!((seen.make.as_deref(), seen.model.as_deref()), (Some("Thôn & Co"), Some("X-1")));
    let [large, small] = &seen.streams[..] else { panic!("{seen:?}") };
    assert_eq!((large.kind, small.kind), (StreamKind::Main, StreamKind::Sub));
    assert_eq!(large.url.to_string(), format!("rtsp://127.0.0.1:{}/large", main.address.port()));
    assert_eq!((large.name.as_str(), small.name.as_str()), ("<large>", "<small>"));
    assert!(large.picture.as_ref().is_some_and(|unit| unit.random_access && !unit.data.is_empty()));
    assert!(large.report.clock_offset_s.is_some_and(|seconds| seconds.abs() < 2.0), "{large:?}");
    assert_eq!(codes(small, Level::Warn), ["h265_sub"]);

    let wrong = look(onvif(&address), Some("canary")).await;
    assert_eq!((wrong.ok(), found_out(&wrong)), (false, vec!["auth_failed"]));
    assert!(!format!("{wrong:?}").contains("canary"));
    assert_eq!(found_out(&look(onvif(&address), None).await), ["auth_failed"]);
}

#[tokio::test]
async fn two_addresses_are_looked_at_at_once() {
    let late = Script { auth: Auth::RefuseDigest, ..Script::default() };
    let slow = vec![Step::Report(3600), Step::Key, Step::Forever(vec![Step::Delta])];
    let (main, sub) = (FakeCamera::start(Script::sessions(vec![slow])).await, FakeCamera::start(late).await);
    let url = |camera: &FakeCamera| camera.url().parse::<RtspUrl>().expect("address");
    let wanted = Whereabouts::Streams { main: url(&main), sub: Some(url(&sub)) };
    let seen = look(wanted, Some("canary")).await;
    let [large, small] = &seen.streams[..] else { panic!("{seen:?}") };
    let warned = codes(large, Level::Warn);
    assert!(warned.contains(&"clock_off") && warned.contains(&"main_small"), "{warned:?}");
    assert!(warned.contains(&"gop_unseen") || warned.contains(&"gop_long"), "{warned:?}");
    assert_eq!((codes(small, Level::Error), seen.ok()), (vec!["auth_failed"], false));
}

#[tokio::test]
async fn what_does_not_speak_onvif_is_told_of() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = closed.local_addr().expect("its address");
    drop(closed);
    assert_eq!(found_out(&look(onvif(&format!("http://{nobody}/")), None).await), ["refused"]);
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "<a>".repeat(200_000));
    let bomb = "HTTP/1.1 200 OK\r\nContent-Length: 79\r\n\r\n<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]><x>&b;&b;</x>";
    let basic = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    for (said, code) in [
        (page, "not_onvif"),
        (&endless, "not_onvif"),
        (bomb, "not_onvif"),
        ("RTSP/1.0 200 OK\r\n\r\n", "not_onvif"),
        ("", "not_onvif"),
        // The password itself is never given to whoever asks for it.
        (basic, "auth_failed"),
    ] {
        let tasks = Tasks::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (said, heard) = (said.to_owned(), std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
        let hears = heard.clone();
        tasks.spawn("stranger", async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 8192];
                let read = tokio::io::AsyncReadExt::read(&mut socket, &mut request).await.unwrap_or(0);
                hears.lock().expect("lock").extend_from_slice(&request[..read]);
                // Who hung up has heard enough.
                let _ = socket.write_all(said.as_bytes()).await;
            }
        });
        let seen = look(onvif(&format!("http://{address}/")), Some("canary")).await;
        assert_eq!(found_out(&seen), [code], "{:.60}", said_first(&seen));
        let heard = String::from_utf8_lossy(&heard.lock().expect("lock")).into_owned();
        assert!(heard.contains("POST /onvif/device_service") && !heard.contains("canary"), "{heard}");
        assert!(!heard.contains("Authorization") && !heard.contains("authorization"), "{heard}");
    }
}

fn said_first(examined: &Examined) -> String {
    examined.checks.first().map(|check| check.message.clone()).unwrap_or_default()
}

#[tokio::test]
async fn cameras_are_where_their_answers_come_from_and_liars_cost_nothing() {
    let network = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let at = network.local_addr().expect("its address");
    let tasks = Tasks::new();
    tasks.spawn("network", async move {
        let mut question = vec![0; 4096];
        while let Ok((length, from)) = network.recv_from(&mut question).await {
            let asked = String::from_utf8_lossy(&question[..length]).into_owned();
            assert!(asked.contains("NetworkVideoTransmitter"), "{asked}");
            let camera = |address: &str| {
                format!(
                    "<e><ProbeMatches><ProbeMatch><Scopes>onvif://www.onvif.org/name/Ng%C3%B5</Scopes><XAddrs>{address}\
                     </XAddrs></ProbeMatch></ProbeMatches></e>"
                )
            };
            let crowd = format!("<e>{}</e>", camera("http://h/").repeat(2000).replace("<e>", "").replace("</e>", ""));
            for said in [
                camera("http://8.8.8.8:81/onvif/d"),
                camera("http://8.8.8.8:81/onvif/d"),
                camera("javascript:alert(1)"),
                "\u{0}garbage".to_owned(),
                "<a>".repeat(10_000),
                crowd,
            ] {
                // What is too long for a datagram is not sent; that is the sender's matter.
                let _ = network.send_to(said.as_bytes(), from).await;
            }
        }
    });
    let found = discover(at, Duration::from_millis(600), &SystemClock::shared()).await;
    let expected = Found {
        address: "http://127.0.0.1:81/onvif/d".to_owned(),
        make: "Ngõ".to_owned(),
        model: String::new(),
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn a_device_service_on_this_machine_is_not_asked() {
    let canary = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = canary.local_addr().expect("its address").port();
    for host in ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "0"] {
        let whereabouts = onvif(&format!("http://{host}:{port}/onvif/device_service"));
        let networks = CameraNetworks::Usual;
        let request = ExamineRequest { whereabouts, credentials: None, transport: Transport::Tcp, networks };
        let examined = examine(request, LIMIT, &SystemClock::shared()).await;
        assert_eq!((examined.ok(), found_out(&examined)), (false, vec!["not_allowed"]), "{host}");
    }
    assert!(tokio::time::timeout(Duration::from_millis(100), canary.accept()).await.is_err(), "nobody came");
}
