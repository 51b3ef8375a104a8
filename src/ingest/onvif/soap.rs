//! One question to a camera over HTTP, and its answer.

use std::time::Duration;

use bytes::Bytes;
use http_auth::PasswordParams;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::message::{all, envelope, parse, security};
use crate::base::{CameraNetworks, Credentials, Ticks, Unreached, random_token};

/// A camera that needs longer for one answer is not there, for somebody who waits at a screen.
const ANSWER_TIME: Duration = Duration::from_millis(1500);
/// Longest answer; ten profiles with everything in them are 60 kB.
const MOST_BYTES: usize = 256 << 10;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum Fault {
    /// Nothing answers there in time.
    Unreachable,
    /// Cameras may not be there.
    NotAllowed,
    /// Nothing listens on that port.
    Refused,
    /// Wrong user name or password, or none was given.
    Password,
    /// It answers, but not as ONVIF.
    NotOnvif,
}

/// Somebody to ask.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Where questions go, whatever the answers say: host and port count.
    pub(super) url: Url,
    pub(super) credentials: Option<Credentials>,
    pub(super) networks: CameraNetworks,
}

impl Peer {
    /// Asks at `path`. `now` is the camera's time where it is known: its clock decides whether a digest is fresh.
    pub(super) async fn ask(&self, path: &str, body: &str, now: Option<Ticks>) -> Result<String, Fault> {
        let header = match (&self.credentials, now) {
            (Some(credentials), Some(now)) => security(credentials, random_token(16).as_bytes(), now),
            _ => String::new(),
        };
        let text = envelope(&header, body);
        let asking = async {
            let (status, challenge, answer) = self.post(path, &text, None).await?;
            let (Some(credentials), Some(challenge), StatusCode::UNAUTHORIZED) =
                (&self.credentials, challenge, status)
            else {
                return judge(status, answer);
            };
            let answer_to = self.answer_to(&challenge, credentials, path).ok_or(Fault::Password)?;
            let (status, _, answer) = self.post(path, &text, Some(answer_to)).await?;
            judge(status, answer)
        };
        timeout(ANSWER_TIME, asking).await.unwrap_or(Err(Fault::Unreachable))
    }

    fn answer_to(
        &self,
        challenge: &HeaderValue,
        credentials: &Credentials,
        path: &str,
    ) -> Option<HeaderValue> {
        let mut client = http_auth::PasswordClient::try_from(challenge.to_str().ok()?).ok()?;
        // A stranger could ask for the password itself.
        if matches!(client, http_auth::PasswordClient::Basic(_)) {
            return None;
        }
        let params = PasswordParams {
            username: &credentials.username,
            password: credentials.password.expose(),
            uri: path,
            method: "POST",
            body: None,
        };
        let mut value = HeaderValue::from_str(&client.respond(&params).ok()?).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    async fn post(
        &self,
        path: &str,
        text: &str,
        authorization: Option<HeaderValue>,
    ) -> Result<(StatusCode, Option<HeaderValue>, Bytes), Fault> {
        let host = self.url.host_str().ok_or(Fault::Unreachable)?;
        let port = self.url.port_or_known_default().unwrap_or(80);
        let camera = self.networks.resolve(&self.url).await.map_err(|why| match why {
            Unreached::Unknown => Fault::Unreachable,
            Unreached::NotAllowed => Fault::NotAllowed,
        })?;
        let connected = TcpStream::connect((camera, port)).await;
        let socket = connected.map_err(|e| match e.kind() {
            std::io::ErrorKind::ConnectionRefused => Fault::Refused,
            _ => Fault::Unreachable,
        })?;
        let shaken = hyper::client::conn::http1::Builder::new()
            .max_headers(64)
            .handshake::<_, Full<Bytes>>(TokioIo::new(socket))
            .await;
        let (mut sender, connection) = shaken.map_err(|_| Fault::NotOnvif)?;
        let mut request = Request::post(path)
            .header(HOST, format!("{host}:{port}"))
            .header(CONTENT_TYPE, "application/soap+xml; charset=utf-8");
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Full::from(text.to_owned())).map_err(|_| Fault::NotOnvif)?;
        let talking = async {
            let answer = sender.send_request(request).await.map_err(|_| Fault::NotOnvif)?;
            let (status, challenge) = (answer.status(), answer.headers().get(WWW_AUTHENTICATE).cloned());
            let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await;
            Ok((status, challenge, body.map_err(|_| Fault::NotOnvif)?.to_bytes()))
        };
        // The connection lives as long as the question: no task is left behind.
        tokio::pin!(talking);
        tokio::select! {
            answered = &mut talking => answered,
            _ = connection => talking.await,
        }
    }
}

/// Cameras answer what they refuse with 200, 400, 401 or 500, and say in the text what it is.
fn judge(status: StatusCode, answer: Bytes) -> Result<String, Fault> {
    let text = String::from_utf8_lossy(&answer).into_owned();
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Err(Fault::Password);
    }
    let document = parse(&text).ok_or(Fault::NotOnvif)?;
    let Some(fault) = all(document.root(), "Fault").next() else {
        return if status.is_success() { Ok(text) } else { Err(Fault::NotOnvif) };
    };
    // The standard's `ter:NotAuthorized` and `wsse:FailedAuthentication`, and what cameras say instead.
    let refused = fault.descendants().filter_map(|node| node.text()).any(|said| {
        let said = said.to_ascii_lowercase();
        ["authori", "authenticat", "security", "password"].iter().any(|word| said.contains(word))
    });
    Err(if refused { Fault::Password } else { Fault::NotOnvif })
}
