//! The accept loop: what `axum::serve` does, with caps and deadlines (see [`Limits`]).

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use hyper::body::Incoming;
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

/// Caps and deadlines of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address (IPv6: one /64); households behind one address share it.
    pub per_address: usize,
    /// For a request's head, from its first byte.
    pub head: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// Without the client taking a byte of its answer.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            per_address: 64,
            head: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            write: Duration::from_secs(10),
        }
    }
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Pause after a failed accept: usually no file descriptor is left, and the next try would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Longest head; cookies and a list of cameras fit many times.
const HEAD_BYTES: usize = 64 << 10;
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
        let listener = TcpListener::bind(address).await.map_err(|e| refused(address, e))?;
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
        self.answer(router::build(app), stop).await;
    }

    async fn answer(self, service: Router, stop: Stop) {
        let gate = Gate::new(self.limits.connections, self.limits.per_address);
        let tasks = Tasks::new();
        loop {
            let accepted = tokio::select! {
                () = stop.wait() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => match gate.enter(peer.ip()) {
                    Some(ticket) => {
                        let connection =
                            connection(stream, peer.ip(), ticket, service.clone(), self.limits, stop.clone());
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

fn refused(address: SocketAddr, error: io::Error) -> Error {
    let port = address.port();
    let (kind, sentence) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            (Kind::Conflict, format!("port {port} is in use; stop the other program or use --listen"))
        }
        io::ErrorKind::PermissionDenied => {
            (Kind::Forbidden, format!("port {port} needs more rights; use --listen with a port above 1023"))
        }
        io::ErrorKind::AddrNotAvailable => (
            Kind::Invalid,
            format!("this machine has no address {}; use --listen 0.0.0.0:{port}", address.ip()),
        ),
        _ => return Error::io(format!("{address} cannot be listened on; use --listen"), error),
    };
    Error::new(kind, sentence).because(error)
}

fn turn_away(stream: &TcpStream, peer: SocketAddr) {
    tracing::debug!(peer = %peer, "too many connections");
    // If it does not fit into an empty socket buffer, the client sees a closed connection: as good.
    drop(stream.try_write(FULL));
}

async fn connection(
    stream: TcpStream,
    peer: IpAddr,
    ticket: Ticket,
    router: Router,
    limits: Limits,
    stop: Stop,
) {
    // Small fragments must leave at once. A socket that refuses is closing anyway.
    drop(stream.set_nodelay(true));
    let phase = Phase::default();
    let patience = Patience { head: limits.head, idle: limits.idle, write: limits.write };
    let socket = Socket::new(stream, phase.clone(), patience, ticket);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        phase.request();
        request.extensions_mut().insert(Peer(peer));
        let (answer, phase) = (router.call(request), phase.clone());
        async move {
            let answer = answer.await?;
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                phase.upgraded();
            }
            Ok::<Response<AnswerBody>, Infallible>(answer.map(|body| AnswerBody::new(body, phase)))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // The socket has the finer deadlines; this one would cut idle browsers.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.wait() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.wait_forced() => return,
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
        tasks.spawn("server", server.answer(Router::new().route("/", get(echo)), stop.clone()));
        let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.expect("upgraded");
        let silent = tokio::time::timeout(4 * short, socket.next()).await;
        assert!(silent.is_err(), "{silent:?}");
        socket.send(Message::text("still there")).await.expect("sent");
        let back = socket.next().await.expect("open").expect("a message");
        assert_eq!(back, Message::text("still there"));
        assert!(tokio_tungstenite::connect_async(&url).await.is_err(), "its place is taken");
    }
}
