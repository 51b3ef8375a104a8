//! `GET /live`: one WebSocket for all tiles of a wall (subprotocol `nvr.live.v1`).
//!
//! The client numbers its channels and asks for streams; every access unit goes out as one message, as soon as it is
//! complete. One task serves the whole socket: a second one would be woken for every picture. While the client does
//! not take what was sent nothing is read from the hub and no request is served, so that a slow client is late and
//! nothing else: a late channel goes on at the newest random access point, and what it may ask is bounded by what it
//! takes. One that takes nothing or is silent is left, and one whose session has ended is told so.

use std::collections::{HashMap, VecDeque};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use futures::future::poll_fn;
use futures::stream::{self, BoxStream, SelectAll, SplitSink};
use futures::{FutureExt, SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, Sleep, sleep};

use super::App;
use super::caller::{Caller, Live};
use super::changes::{Follower, Told, Topics};
use super::channel::Channel;
use super::error::{Answer, Problem};
use super::extract::SameOrigin;
use crate::auth::{Identity, Validity};
use crate::base::{CameraId, Result, Stop, StreamKind};
use crate::catalogue::{AuditAction, Scope};
use crate::hub::Stream;

/// Name of the protocol in the handshake.
const PROTOCOL: &str = "nvr.live.v1";
/// Messages that are sent at once: two for each tile of a large wall.
const BATCH: usize = 64;
/// Channels of one client.
const MAX_CHANNELS: usize = 64;
/// Longest text message from a client.
const MAX_REQUEST: usize = 4 << 10;
const PING_EVERY: Duration = Duration::from_secs(30);
/// A client from which nothing came since so many pings is gone; browsers answer each.
const PINGS_UNANSWERED: u8 = 2;
/// A client that has not taken a batch after this long is gone, or so slow that live pictures are no use to it.
const SEND_TIME: Duration = Duration::from_secs(10);
const TIME_EVERY: Duration = Duration::from_secs(10);
/// How soon a socket notices that its session has ended.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(5);
/// For telling a client why its socket ends.
const FAREWELL: Duration = Duration::from_secs(1);

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
    /// Tell what changes in these topics, in place of those before; goes on after an id, if one is given.
    Topics {
        topics: Vec<String>,
        #[serde(default)]
        since: Option<String>,
    },
}

/// What the server says in text.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
pub(super) enum Event {
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
    /// From here on changes are told.
    Topics {
        id: String,
    },
    Change {
        id: String,
        topic: &'static str,
        data: Value,
    },
    Resync {
        id: String,
    },
    Error {
        ch: Option<u16>,
        code: &'static str,
        message: String,
    },
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Why {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Event {
    pub(super) fn message(&self) -> Message {
        let text = serde_json::to_string(self).expect("an event is plain text and numbers");
        Message::Text(text.into())
    }
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
    caller: Caller<Live>,
    _origin: SameOrigin,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let upgrade = upgrade.map_err(|e| {
        Problem::invalid(format!("open this address as a WebSocket: {}", e.body_text()))
            .with_status(e.status())
    })?;
    Ok(upgrade
        .protocols([PROTOCOL])
        // Its default of 128 KiB would be zeroed at every look for a request: at every picture.
        .read_buffer_size(MAX_REQUEST)
        .max_message_size(MAX_REQUEST)
        .max_frame_size(MAX_REQUEST)
        .on_upgrade(move |socket| self::serve(app, caller, socket)))
}

async fn serve(app: App, caller: Caller<Live>, socket: WebSocket) {
    let (sink, mut requests) = socket.split();
    let connection = Connection {
        stop: app.stop().child(),
        app,
        sink,
        answers: VecDeque::new(),
        sending: false,
        deadline: Box::pin(sleep(SEND_TIME)),
        pings: 0,
        feeds: SelectAll::new(),
        channels: HashMap::new(),
        paused: false,
        watching: Arc::default(),
        caller: caller.clone(),
        topics: None,
    };
    // Gone, or told to stop: either way there is nobody left to tell.
    let _ = connection.run(caller.who, &mut requests).await;
}

struct Connection {
    app: App,
    sink: SplitSink<WebSocket, Message>,
    stop: Stop,
    /// What is to be said before anything else.
    answers: VecDeque<Message>,
    /// The client has not taken yet what was sent.
    sending: bool,
    /// When it must have taken it.
    deadline: Pin<Box<Sleep>>,
    /// Pings since something came from it.
    pings: u8,
    /// Messages of all channels.
    feeds: SelectAll<BoxStream<'static, Message>>,
    channels: HashMap<u16, (Wish, Stop)>,
    paused: bool,
    /// Somebody may be looking: the session is in use.
    watching: Arc<AtomicBool>,
    caller: Caller<Live>,
    /// Ends the changes that are told.
    topics: Option<Stop>,
}

/// Waits until the session or token of a socket has ended, or allows something else than when it was opened.
pub(super) async fn ended(app: App, caller: Identity, watching: Arc<AtomicBool>) -> Validity {
    loop {
        // It was looked up a moment ago, when it was opened.
        sleep(CHECK_EVERY).await;
        match app.auth().still_valid(&caller, watching.load(Ordering::Relaxed)).await {
            Ok(Validity::Valid) => {}
            Ok(other) => return other,
            // Pictures do not stop because the catalogue does; nothing else is let in meanwhile.
            Err(error) => {
                tracing::warn!(error = %error, "it cannot be looked up whether a live view may go on")
            }
        }
    }
}

impl Connection {
    /// Serves until the client is gone or the service stops.
    async fn run(
        mut self,
        caller: Identity,
        requests: &mut (impl StreamExt<Item = Result<Message, axum::Error>> + Unpin),
    ) -> Option<()> {
        let mut changes = self.app.catalogue().changes();
        let mut time = tokio::time::interval(TIME_EVERY);
        let mut ping = tokio::time::interval(PING_EVERY);
        // After a pause of our own, pings that were missed must not count as unanswered.
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        let mut ended = pin!(self::ended(self.app.clone(), caller, Arc::clone(&self.watching)));
        self.say(&Event::Hello { now: self.app.now().rfc3339() });
        loop {
            self.answer()?;
            tokio::select! {
                () = stop.wait() => return None,
                why = ended.as_mut() => return self.dismiss(why).await,
                sent = poll_fn(|cx| self.sink.poll_flush_unpin(cx)), if self.sending => {
                    sent.ok()?;
                    self.sending = false;
                }
                () = self.deadline.as_mut(), if self.sending => return None,
                Some(message) = self.feeds.next(), if !self.sending => self.send(message)?,
                // Not while it is sent to: what is asked for adds to what waits for the client.
                request = requests.next(), if !self.sending => {
                    self.pings = 0;
                    match request?.ok()? {
                        Message::Text(text) => {
                            self.request(&text).await;
                            let watching = !self.paused && !self.channels.is_empty();
                            self.watching.store(watching, Ordering::Relaxed);
                        }
                        Message::Close(_) => return None,
                        _ => {}
                    }
                }
                changed = changes.changed() => {
                    changed.ok()?;
                    self.say(&Event::Cameras);
                }
                _ = time.tick() => self.say(&Event::Time { now: self.app.now().rfc3339() }),
                _ = ping.tick() => self.ping()?,
            }
        }
    }

    /// Tells a client that it has to sign in again, or only to come again, if it listens.
    async fn dismiss(mut self, why: Validity) -> Option<()> {
        let reason = match why {
            Validity::Over => CloseFrame { code: close_code::POLICY, reason: "sign in first".into() },
            _ => CloseFrame { code: close_code::RESTART, reason: "what you may see has changed".into() },
        };
        let farewell = self.sink.send(Message::Close(Some(reason)));
        tokio::time::timeout(FAREWELL, farewell).await.ok()?.ok()
    }

    fn ping(&mut self) -> Option<()> {
        if self.pings == PINGS_UNANSWERED {
            return None;
        }
        self.pings += 1;
        self.answers.push_back(Message::Ping(Bytes::new()));
        Some(())
    }

    fn say(&mut self, event: &Event) {
        self.answers.push_back(event.message());
    }

    /// Hands over what is to be said, as far as there is room.
    fn answer(&mut self) -> Option<()> {
        while !self.answers.is_empty() && self.has_room() {
            let answer = self.answers.pop_front();
            answer.map_or(Some(()), |message| self.put(message))?;
        }
        Some(())
    }

    /// Hands over a message of a channel, and those of others that are ready: they share a system call.
    fn send(&mut self, first: Message) -> Option<()> {
        self.put(first)?;
        for _ in 1..BATCH {
            if !self.has_room() {
                break;
            }
            let Some(Some(message)) = self.feeds.next().now_or_never() else { break };
            self.put(message)?;
        }
        Some(())
    }

    fn put(&mut self, message: Message) -> Option<()> {
        if !self.sending {
            self.sending = true;
            self.deadline.as_mut().reset(Instant::now() + SEND_TIME);
        }
        self.sink.start_send_unpin(message).ok()
    }

    /// True when the sink takes a message now; it does when it has been flushed.
    fn has_room(&mut self) -> bool {
        matches!(poll_fn(|cx| self.sink.poll_ready_unpin(cx)).now_or_never(), Some(Ok(())))
    }

    async fn request(&mut self, text: &str) {
        let request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => {
                let message = format!("this is not a request of {PROTOCOL}: {error}");
                return self.say(&Event::Error { ch: None, code: "invalid", message });
            }
        };
        match request {
            Request::Sub { ch, camera, rendition, audio } => {
                self.open(ch, Wish { camera, rendition, audio }).await;
            }
            Request::Switch { ch, rendition } => match self.channels.get(&ch) {
                Some((wish, _)) => self.open(ch, Wish { rendition, ..wish.clone() }).await,
                None => {
                    let message = format!("channel {ch} shows nothing; subscribe first");
                    self.say(&Event::Error { ch: Some(ch), code: "not_found", message });
                }
            },
            Request::Unsub { ch } => self.close(ch),
            Request::Topics { topics, since } => self.follow(&topics, since.as_deref()),
            Request::Pause => {
                self.paused = true;
                self.channels.values().for_each(|(_, stop)| stop.request());
            }
            Request::Resume => {
                self.paused = false;
                let wishes: Vec<(u16, Wish)> =
                    self.channels.iter().map(|(ch, (wish, _))| (*ch, wish.clone())).collect();
                for (ch, wish) in wishes {
                    self.open(ch, wish).await;
                }
            }
        }
    }

    fn follow(&mut self, names: &[String], since: Option<&str>) {
        if let Some(stop) = self.topics.take() {
            stop.request();
        }
        let topics = match Topics::of(names.iter().map(String::as_str)) {
            Ok(topics) if topics.is_empty() => return,
            Ok(topics) => topics,
            Err(name) => {
                let message = format!("{name:?} is no topic; use events, cameras, jobs or health");
                return self.say(&Event::Error { ch: None, code: "invalid", message });
            }
        };
        let stop = self.stop.child();
        let follower = self.app.changes().follow(&self.app, &self.caller, topics, since);
        let step = async |mut follower: Follower| Some((told(follower.next().await?), follower));
        let messages = stream::unfold(follower, move |follower| Box::pin(step(follower)));
        self.topics = Some(stop.clone());
        self.feeds.push(messages.take_until(async move { stop.wait().await }).boxed());
    }

    fn close(&mut self, ch: u16) {
        if let Some((_, stop)) = self.channels.remove(&ch) {
            stop.request();
        }
    }

    async fn open(&mut self, ch: u16, wish: Wish) {
        self.close(ch);
        if self.channels.len() >= MAX_CHANNELS {
            let message = format!("at most {MAX_CHANNELS} channels at once; end one first");
            return self.say(&Event::Error { ch: Some(ch), code: "too_many", message });
        }
        let stop = self.stop.child();
        if self.paused {
            self.channels.insert(ch, (wish, stop));
            return;
        }
        match find(&self.app, &self.caller.scope, &wish).await {
            Ok(found) => {
                self.caller.note_watching(&self.app, AuditAction::Live, found.id);
                let clock = Arc::clone(self.app.clock());
                let channel =
                    Channel::new(ch, found.camera, found.rendition, &found.stream, wish.audio, clock);
                self.channels.insert(ch, (wish, stop.clone()));
                let messages = stream::unfold(channel, Channel::step);
                self.feeds.push(messages.take_until(async move { stop.wait().await }).boxed());
            }
            Err(error) => {
                let (code, message) = (super::error::code(&error), error.message().to_owned());
                self.say(&Event::Error { ch: Some(ch), code, message });
            }
        }
    }
}

fn told(told: Told) -> Message {
    let event = match told {
        Told::Hello(id) => Event::Topics { id },
        Told::News(id, news) => Event::Change { id, topic: news.topic.name(), data: news.data.clone() },
        Told::Resync(id) => Event::Resync { id },
    };
    event.message()
}

struct Found {
    id: CameraId,
    camera: String,
    rendition: StreamKind,
    stream: Arc<Stream>,
}

/// The stream of a wish; where the camera has no sub stream, its main one.
async fn find(app: &App, scope: &Scope, wish: &Wish) -> Result<Found> {
    let camera = app.camera(scope, &wish.camera).await?;
    let streams = &camera.streams;
    let chosen = streams
        .iter()
        .find(|s| s.kind == wish.rendition)
        .or_else(|| streams.iter().find(|s| s.kind == StreamKind::Main));
    let live = chosen.and_then(|s| Some((s.kind, app.hub().get(s.key)?)));
    let (rendition, stream) = live.ok_or_else(|| {
        crate::base::Error::new(crate::base::Kind::Unavailable, "this camera is switched off")
    })?;
    Ok(Found { id: camera.id, camera: camera.id.to_string(), rendition, stream })
}
