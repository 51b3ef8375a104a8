//! The accept loop: what `axum::serve` does, with caps, deadlines (see [`Limits`]) and HTTPS.
//!
//! HTTPS and plain HTTP come to the same port: the first byte tells them apart, so that an address that is typed without
//! `https` finds its way. Handshakes happen in the connection's own task; the loop never waits for one.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper::rt::{Executor, Read, Write};
use hyper::service::{Service as _, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::App;
use super::gate::{Gate, Ticket};
use super::router;
use super::socket::{AnswerBody, Patience, Phase, Socket};
use crate::base::{Error, Kind, Result, Stop, Tasks};
use crate::tls::Tls;

/// Caps and deadlines of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address (IPv6: one /64); households behind one address share it.
    pub per_address: usize,
    /// From connecting to the end of TLS's handshake.
    pub handshake: Duration,
    /// For a request's head, from its first byte.
    pub head: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// Without the client taking a byte of its answer.
    pub write: Duration,
    /// HTTP/2: without the client taking anything of all its answers, as far as it has room.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            per_address: 64,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            write: Duration::from_secs(10),
            stall: Duration::from_secs(60),
        }
    }
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// How a request came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Via {
    /// Through our own HTTPS.
    pub(super) tls: bool,
}

/// Pause after a failed accept: usually no file descriptor is left, and the next try would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Longest head; cookies and a list of cameras fit many times.
const HEAD_BYTES: usize = 64 << 10;
/// The same for HTTP/2, where a head is sent in short.
const HEADER_LIST_BYTES: u32 = 32 << 10;
/// Requests at once over HTTP/2; a wall of pictures asks for twenty.
const STREAMS: u32 = 64;
/// Of each answer over HTTP/2 so much may wait for the client to have room.
const SEND_BYTES: usize = 64 << 10;
/// First byte of a TLS connection (RFC 8446 section 5.1); no method of HTTP begins with it.
const HANDSHAKE: u8 = 22;
/// As TLS calls HTTP/2 (RFC 9113 section 3.1).
const H2: &[u8] = b"h2";
/// Said to those beyond a cap, without reading what they want.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A bound server that does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    limits: Limits,
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// `Conflict` when the port is in use, `Forbidden` when it needs rights, `Invalid` when this machine does not have
    /// the address.
    pub async fn bind(address: SocketAddr) -> Result<Self> {
        Self::bind_as("--listen", address).await
    }

    /// The same, for an address that was given by another setting than `--listen`; the words of an error name it.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub async fn bind_as(setting: &str, address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(|e| refused(setting, address, e))?;
        Ok(Self { listener, limits: Limits::default() })
    }

    /// With other limits than the usual ones.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The address taken: with the real port, when port 0 was asked for.
    ///
    /// # Errors
    /// `Io` when the operating system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(|e| Error::io("the listening address cannot be read", e))
    }

    /// Answers until stopped. A soft stop lets requests end; a hard one cuts them.
    pub async fn run(self, app: App, stop: Stop) {
        let tls = app.tls().cloned();
        self.answer(router::build(app), tls, stop).await;
    }

    async fn answer(self, router: Router, tls: Option<Tls>, stop: Stop) {
        let gate = Gate::new(self.limits.connections, self.limits.per_address);
        let (tasks, limits) = (Tasks::new(), self.limits);
        let how = How { router, tls, limits, tasks: tasks.clone(), stop: stop.clone() };
        loop {
            let accepted = tokio::select! {
                () = stop.wait() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => match gate.enter(peer.ip()) {
                    Some(ticket) => {
                        let connection = connection(stream, peer.ip(), ticket, how.clone());
                        tasks.spawn("http connection", connection);
                    }
                    None => turn_away(&stream, peer),
                },
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        tokio::select! {
            () = tasks.finished() => {}
            () = stop.wait_forced() => {}
        }
    }
}

fn refused(setting: &str, address: SocketAddr, error: io::Error) -> Error {
    let port = address.port();
    let (kind, sentence) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            (Kind::Conflict, format!("port {port} is in use; stop the other program or use {setting}"))
        }
        io::ErrorKind::PermissionDenied => {
            (Kind::Forbidden, format!("port {port} needs more rights; use {setting} with a port above 1023"))
        }
        io::ErrorKind::AddrNotAvailable => (
            Kind::Invalid,
            format!("this machine has no address {}; use {setting} 0.0.0.0:{port}", address.ip()),
        ),
        _ => return Error::io(format!("{address} cannot be listened on; use {setting}"), error),
    };
    Error::new(kind, sentence).because(error)
}

fn turn_away(stream: &TcpStream, peer: SocketAddr) {
    tracing::debug!(peer = %peer, "too many connections");
    // If it does not fit into an empty socket buffer, the client sees a closed connection: as good.
    drop(stream.try_write(FULL));
}

/// What all connections of a server share.
#[derive(Clone)]
struct How {
    router: Router,
    tls: Option<Tls>,
    limits: Limits,
    tasks: Tasks,
    stop: Stop,
}

/// HTTP/2's own work, among the server's tasks.
#[derive(Clone)]
struct Hands(Tasks);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Hands {
    fn execute(&self, work: F) {
        self.0.spawn("http/2", work);
    }
}

async fn connection(stream: TcpStream, peer: IpAddr, ticket: Ticket, how: How) {
    // Small fragments must leave at once. A socket that refuses is closing anyway.
    drop(stream.set_nodelay(true));
    let phase = Phase::default();
    let patience = Patience { head: how.limits.head, idle: how.limits.idle, write: how.limits.write };
    let Some(tls) = how.tls.clone() else {
        let socket = Socket::new(stream, phase.clone(), patience, ticket);
        return plain(socket, phase, peer, &how).await;
    };
    let first = tokio::select! {
        first = first_byte(&stream, how.limits.head) => first,
        () = how.stop.wait() => return,
    };
    let Some(first) = first else { return };
    let socket = Socket::new(stream, phase.clone(), patience, ticket);
    if first != HANDSHAKE {
        return plain(socket, phase, peer, &how).await;
    }
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(how.limits.handshake, tls.accept(socket)) => shaken,
        () = how.stop.wait() => return,
    };
    let stream = match shaken {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(peer = %peer, error = %error, "a handshake failed"),
        Err(_) => return tracing::debug!(peer = %peer, "a handshake took too long"),
    };
    phase.begin();
    let via = Via { tls: true };
    if stream.get_ref().1.alpn_protocol() == Some(H2) {
        phase.many();
        http2(TokioIo::new(stream), phase, peer, via, &how).await;
    } else {
        http1(TokioIo::new(stream), phase, peer, via, &how).await;
    }
}

/// The first byte that the client sends; it stays to be read. `None` when none comes in time.
async fn first_byte(stream: &TcpStream, time: Duration) -> Option<u8> {
    let mut byte = [0];
    let seen = tokio::time::timeout(time, stream.peek(&mut byte)).await;
    matches!(seen, Ok(Ok(1))).then_some(byte[0])
}

async fn plain(socket: Socket, phase: Phase, peer: IpAddr, how: &How) {
    http1(TokioIo::new(socket), phase, peer, Via::default(), how).await;
}

/// Where a request goes, with what we know of how it came.
fn service(
    router: Router,
    phase: Phase,
    peer: IpAddr,
    via: Via,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<AnswerBody>,
    Error = Infallible,
    Future = impl Future<Output = std::result::Result<Response<AnswerBody>, Infallible>> + Send + 'static,
> {
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        let (exchange, phase) = (phase.request(), phase.clone());
        name_host(&mut request);
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(via);
        let answer = router.call(request);
        async move {
            let answer = answer.await?;
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                phase.upgraded();
            }
            Ok(answer.map(|body| AnswerBody::new(body, exchange)))
        }
    })
}

/// HTTP/2 says in the address what HTTP/1.1 says in `Host` (RFC 9113 section 8.3.1); handlers look there.
fn name_host(request: &mut Request<Incoming>) {
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    request.headers_mut().extend(host.map(|host| (header::HOST, host)));
}

async fn http1<IO: Read + Write + Unpin + Send + 'static>(
    io: IO,
    phase: Phase,
    peer: IpAddr,
    via: Via,
    how: &How,
) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // The socket has the finer deadlines; this one would cut idle browsers.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(io, service(how.router.clone(), phase, peer, via))
        .with_upgrades();
    until_it_ends(connection, |it| it.graceful_shutdown(), std::future::pending(), peer, how).await;
}

async fn http2<IO: Read + Write + Unpin + Send + 'static>(
    io: IO,
    phase: Phase,
    peer: IpAddr,
    via: Via,
    how: &How,
) {
    let connection = hyper::server::conn::http2::Builder::new(Hands(how.tasks.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_LIST_BYTES)
        .max_send_buf_size(SEND_BYTES)
        .serve_connection(io, service(how.router.clone(), phase.clone(), peer, via));
    until_it_ends(connection, |it| it.graceful_shutdown(), tired(phase, how.limits), peer, how).await;
}

/// Over when nothing went on for too long.
async fn tired(phase: Phase, limits: Limits) {
    loop {
        let patience = if phase.open() == 0 { limits.idle } else { limits.stall };
        match patience.checked_sub(phase.still()) {
            Some(rest) if !rest.is_zero() => tokio::time::sleep(rest).await,
            _ => return,
        }
    }
}

/// Runs a connection to its end, or has it `finish` at a stop or when it is `tired`.
async fn until_it_ends<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    finish: impl Fn(Pin<&mut C>),
    tired: impl Future<Output = ()>,
    peer: IpAddr,
    how: &How,
) {
    tokio::pin!(connection, tired);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = how.stop.wait() => {
            finish(connection.as_mut());
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = how.stop.wait_forced() => return,
            }
        }
        () = tired.as_mut() => {
            finish(connection.as_mut());
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = tokio::time::sleep(how.limits.head) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %peer, error = %error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::ws::{WebSocket, WebSocketUpgrade};
    use axum::routing::get;
    use futures::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;

    use super::*;

    async fn echo(upgrade: WebSocketUpgrade) -> axum::response::Response {
        upgrade.on_upgrade(async |mut socket: WebSocket| {
            while let Some(Ok(message)) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    break;
                }
            }
        })
    }

    #[tokio::test]
    async fn an_upgraded_connection_may_be_silent_and_keeps_its_place() {
        let (tasks, stop) = (Tasks::new(), Stop::new());
        let short = Duration::from_millis(100);
        let limits = Limits { per_address: 1, head: short, idle: short, ..Limits::default() };
        let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let server = server.with_limits(limits);
        let url = format!("ws://{}/", server.address().expect("address"));
        tasks.spawn("server", server.answer(Router::new().route("/", get(echo)), None, stop.clone()));
        let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.expect("upgraded");
        let silent = tokio::time::timeout(4 * short, socket.next()).await;
        assert!(silent.is_err(), "{silent:?}");
        socket.send(Message::text("still there")).await.expect("sent");
        let back = socket.next().await.expect("open").expect("a message");
        assert_eq!(back, Message::text("still there"));
        assert!(tokio_tungstenite::connect_async(&url).await.is_err(), "its place is taken");
    }
}
