//! `GET /live`: one WebSocket for all tiles of a wall (subprotocol `nvr.live.v1`).
//!
//! The client numbers its channels and asks for streams; every access unit goes out as one message, as soon as it is
//! complete. A channel is a task of its own that reads the hub and waits for room in the socket's queue, so that a
//! slow client makes its channels late and nothing else: a late channel goes on at the newest random access point.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use super::App;
use super::error::{Answer, Problem};
use super::extract::SameOrigin;
use crate::base::{Result, Stop, StreamKind, Tasks, Ticks};
use crate::hub::{Stream, StreamStatus};
use crate::media::Parameters;
use crate::playback::{Chunk, LiveFeed};

/// Name of the protocol in the handshake.
const PROTOCOL: &str = "nvr.live.v1";
/// Messages that may wait for one client: at 19 tiles of 15 pictures a second about a fifth of a second.
const QUEUE: usize = 64;
/// Channels of one client.
const MAX_CHANNELS: usize = 64;
/// Longest text message from a client.
const MAX_REQUEST: usize = 4 << 10;
/// A client that takes nothing for so long is let go.
const SEND_LIMIT: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(30);
const TIME_EVERY: Duration = Duration::from_secs(10);

/// What a client asks.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// Show a stream on a channel; replaces what is there.
    Sub {
        ch: u16,
        camera: String,
        rendition: StreamKind,
        #[serde(default)]
        audio: bool,
    },
    /// Other rendition on the same channel.
    Switch { ch: u16, rendition: StreamKind },
    /// End a channel.
    Unsub { ch: u16 },
    /// Stop all channels, remembering them: the page is hidden.
    Pause,
    /// Go on with them.
    Resume,
}

/// What the server says in text.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
enum Event {
    Hello {
        now: String,
    },
    Time {
        now: String,
    },
    Cameras,
    Open {
        ch: u16,
        camera: String,
        rendition: StreamKind,
        mime: String,
        width: u32,
        height: u32,
    },
    State {
        ch: u16,
        camera: String,
        rendition: StreamKind,
        state: &'static str,
        reason: Option<Why>,
        since: String,
    },
    Drop {
        ch: u16,
        frames: u64,
    },
    Error {
        ch: Option<u16>,
        code: &'static str,
        message: String,
    },
}

#[derive(Clone, Debug, Serialize)]
struct Why {
    code: &'static str,
    message: String,
}

/// What a client asked for on a channel.
#[derive(Clone, Debug)]
struct Wish {
    camera: String,
    rendition: StreamKind,
    audio: bool,
}

/// Opens the live socket: see `nvr.live.v1` in the project's documentation.
#[utoipa::path(get, path = "/live", tag = "live",
    responses((status = 101, description = "A WebSocket of subprotocol nvr.live.v1"), Problem))]
pub(super) async fn live(
    State(app): State<App>,
    _origin: SameOrigin,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let upgrade = upgrade.map_err(|e| {
        Problem::invalid(format!("open this address as a WebSocket: {}", e.body_text()))
            .with_status(e.status())
    })?;
    Ok(upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_REQUEST)
        .max_frame_size(MAX_REQUEST)
        .on_upgrade(move |socket| self::serve(app, socket)))
}

async fn serve(app: App, socket: WebSocket) {
    let (mut sink, mut requests) = socket.split();
    let (queue, mut waiting) = mpsc::channel::<Message>(QUEUE);
    let stop = app.stop().child();
    let tasks = Tasks::new();
    let ended = stop.clone();
    let sender = tasks.spawn("live.send", async move {
        let mut batch = Vec::with_capacity(QUEUE);
        while waiting.recv_many(&mut batch, QUEUE).await > 0 {
            let sending = async {
                for message in batch.drain(..) {
                    sink.feed(message).await?;
                }
                sink.flush().await
            };
            if !matches!(tokio::time::timeout(SEND_LIMIT, sending).await, Ok(Ok(()))) {
                break;
            }
        }
        ended.request();
    });
    let mut connection = Connection { app, queue, stop, tasks, channels: HashMap::new(), paused: false };
    connection.run(&mut requests).await;
    connection.stop.request();
    drop(connection);
    let _ = sender.await;
}

struct Connection {
    app: App,
    queue: mpsc::Sender<Message>,
    stop: Stop,
    tasks: Tasks,
    channels: HashMap<u16, (Wish, Stop)>,
    paused: bool,
}

impl Connection {
    async fn run(&mut self, requests: &mut (impl StreamExt<Item = Result<Message, axum::Error>> + Unpin)) {
        let now = self.app.clock().now().rfc3339();
        let mut changes = self.app.catalogue().changes();
        let mut time = tokio::time::interval(TIME_EVERY);
        let mut ping = tokio::time::interval(PING_EVERY);
        let stop = self.stop.clone();
        if self.say(Event::Hello { now }).await.is_none() {
            return;
        }
        loop {
            let said = tokio::select! {
                () = stop.wait() => return,
                request = requests.next() => match request {
                    Some(Ok(Message::Text(text))) => self.request(&text).await,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => Some(()),
                },
                changed = changes.changed() => match changed {
                    Ok(()) => self.cameras_changed().await,
                    Err(_) => return,
                },
                _ = time.tick() => self.say(Event::Time { now: self.app.clock().now().rfc3339() }).await,
                _ = ping.tick() => self.queue.send(Message::Ping(Bytes::new())).await.ok(),
            };
            if said.is_none() {
                return;
            }
        }
    }

    /// Queues an event; `None` when the client is gone.
    async fn say(&self, event: Event) -> Option<()> {
        say(&self.queue, &event).await
    }

    async fn request(&mut self, text: &str) -> Option<()> {
        let request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => {
                let message = format!("this is not a request of {PROTOCOL}: {error}");
                return self.say(Event::Error { ch: None, code: "invalid", message }).await;
            }
        };
        match request {
            Request::Sub { ch, camera, rendition, audio } => {
                self.open(ch, Wish { camera, rendition, audio }).await
            }
            Request::Switch { ch, rendition } => match self.channels.get(&ch) {
                Some((wish, _)) => self.open(ch, Wish { rendition, ..wish.clone() }).await,
                None => {
                    let message = format!("channel {ch} shows nothing; subscribe first");
                    self.say(Event::Error { ch: Some(ch), code: "not_found", message }).await
                }
            },
            Request::Unsub { ch } => {
                if let Some((_, stop)) = self.channels.remove(&ch) {
                    stop.request();
                }
                Some(())
            }
            Request::Pause => {
                self.paused = true;
                self.channels.values().for_each(|(_, stop)| stop.request());
                Some(())
            }
            Request::Resume => {
                self.paused = false;
                self.reopen().await
            }
        }
    }

    async fn cameras_changed(&mut self) -> Option<()> {
        self.say(Event::Cameras).await
    }

    async fn reopen(&mut self) -> Option<()> {
        let wishes: Vec<(u16, Wish)> =
            self.channels.iter().map(|(ch, (wish, _))| (*ch, wish.clone())).collect();
        for (ch, wish) in wishes {
            self.open(ch, wish).await?;
        }
        Some(())
    }

    async fn open(&mut self, ch: u16, wish: Wish) -> Option<()> {
        if let Some((_, stop)) = self.channels.remove(&ch) {
            stop.request();
        }
        if self.channels.len() >= MAX_CHANNELS {
            let message = format!("at most {MAX_CHANNELS} channels at once; end one first");
            return self.say(Event::Error { ch: Some(ch), code: "too_many", message }).await;
        }
        let stop = self.stop.child();
        self.channels.insert(ch, (wish.clone(), stop.clone()));
        if self.paused {
            stop.request();
            return Some(());
        }
        let found = match find(&self.app, &wish).await {
            Ok(found) => found,
            Err(error) => {
                self.channels.remove(&ch);
                let code = super::error::code(&error);
                return self
                    .say(Event::Error { ch: Some(ch), code, message: error.message().to_owned() })
                    .await;
            }
        };
        let channel = Channel {
            ch,
            camera: found.camera,
            rendition: found.rendition,
            queue: self.queue.clone(),
            feed: LiveFeed::new(&found.stream, wish.audio),
            status: found.stream.status(),
            app: self.app.clone(),
        };
        self.tasks.spawn("live.channel", async move {
            tokio::select! {
                () = stop.wait() => {}
                _ = channel.run() => {}
            }
        });
        Some(())
    }
}

async fn say(queue: &mpsc::Sender<Message>, event: &Event) -> Option<()> {
    let text = serde_json::to_string(event).ok()?;
    queue.send(Message::Text(text.into())).await.ok()
}

struct Found {
    camera: String,
    rendition: StreamKind,
    stream: Arc<Stream>,
}

/// The stream of a wish; where the camera has no sub stream, its main one.
async fn find(app: &App, wish: &Wish) -> Result<Found> {
    let camera = app.camera(&wish.camera).await?;
    let streams = &camera.streams;
    let chosen = streams
        .iter()
        .find(|s| s.kind == wish.rendition)
        .or_else(|| streams.iter().find(|s| s.kind == StreamKind::Main));
    let live = chosen.and_then(|s| Some((s.kind, app.hub().get(s.key)?)));
    let (rendition, stream) = live.ok_or_else(|| {
        crate::base::Error::new(crate::base::Kind::Unavailable, "this camera is switched off")
    })?;
    Ok(Found { camera: camera.id.to_string(), rendition, stream })
}

struct Channel {
    ch: u16,
    camera: String,
    rendition: StreamKind,
    queue: mpsc::Sender<Message>,
    feed: LiveFeed,
    status: watch::Receiver<StreamStatus>,
    app: App,
}

impl Channel {
    /// Runs until the stream or the client is gone.
    async fn run(mut self) -> Option<()> {
        let clock = Arc::clone(self.app.clock());
        self.say_state().await?;
        let mut said = self.state();
        loop {
            tokio::select! {
                chunk = self.feed.next(|| clock.now()) => self.send(chunk?).await?,
                changed = self.status.changed() => {
                    changed.ok()?;
                    let state = self.state();
                    if state != said {
                        said = state;
                        self.say_state().await?;
                    }
                }
            }
        }
    }

    /// What a change of is worth telling: not every new frame rate.
    fn state(&mut self) -> (crate::hub::State, Ticks, Option<crate::hub::ReasonCode>) {
        let status = self.status.borrow_and_update();
        (status.state, status.since, status.reason.as_ref().map(|r| r.code))
    }

    async fn say_state(&mut self) -> Option<()> {
        let status = self.status.borrow_and_update().clone();
        let event = Event::State {
            ch: self.ch,
            camera: self.camera.clone(),
            rendition: self.rendition,
            state: status.state.name(),
            reason: status.reason.map(|r| Why { code: r.code.name(), message: r.message }),
            since: status.since.rfc3339(),
        };
        say(&self.queue, &event).await
    }

    async fn send(&mut self, chunk: Chunk) -> Option<()> {
        match chunk {
            Chunk::Dropped(frames) => say(&self.queue, &Event::Drop { ch: self.ch, frames }).await,
            Chunk::Init { parameters } => {
                say(&self.queue, &self.open_event(&parameters)).await?;
                self.queue.send(self.binary(0, self.app.clock().now(), &parameters.init, &[])).await.ok()
            }
            Chunk::Fragment { head, payload, key, start } => {
                let message = self.binary(if key { 1 } else { 2 }, start, &head, &payload);
                self.queue.send(message).await.ok()
            }
        }
    }

    fn open_event(&self, parameters: &Parameters) -> Event {
        Event::Open {
            ch: self.ch,
            camera: self.camera.clone(),
            rendition: self.rendition,
            mime: parameters.mime(),
            width: parameters.video.width,
            height: parameters.video.height,
        }
    }

    /// Version, kind, channel, capture time in microseconds, then the fMP4 bytes.
    fn binary(&self, kind: u8, at: Ticks, head: &[u8], payload: &[u8]) -> Message {
        let mut message = Vec::with_capacity(12 + head.len() + payload.len());
        message.extend_from_slice(&[1, kind]);
        message.extend_from_slice(&self.ch.to_be_bytes());
        message.extend_from_slice(&at.micros().to_be_bytes());
        message.extend_from_slice(head);
        message.extend_from_slice(payload);
        Message::Binary(message.into())
    }
}
