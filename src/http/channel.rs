//! One channel of a live socket: a stream's state and its access units as messages.

use std::sync::Arc;

use axum::extract::ws::Message;
use tokio::sync::watch;

use super::live::{Event, Why};
use crate::base::{SharedClock, StreamKind, Ticks};
use crate::hub::{ReasonCode, State, Stream, StreamStatus};
use crate::media::Parameters;
use crate::playback::{Chunk, LiveFeed};

/// Kinds of binary messages.
const INIT: u8 = 0;
const KEY: u8 = 1;
const DELTA: u8 = 2;

/// A viewer's place in a stream, and what its client calls it.
pub(super) struct Channel {
    number: u16,
    camera: String,
    rendition: StreamKind,
    feed: LiveFeed,
    status: watch::Receiver<StreamStatus>,
    clock: SharedClock,
    /// The state that was told last.
    told: Option<Told>,
    /// What must follow the message before.
    next: Option<Message>,
}

/// What a change of is worth telling: not every new frame rate.
type Told = (State, Ticks, Option<ReasonCode>);

impl Channel {
    pub(super) fn new(
        number: u16,
        camera: String,
        rendition: StreamKind,
        stream: &Arc<Stream>,
        audio: bool,
        clock: SharedClock,
    ) -> Self {
        let (feed, status) = (LiveFeed::new(stream, audio), stream.status());
        Self { number, camera, rendition, feed, status, clock, told: None, next: None }
    }

    /// The next message, and the channel for those after it; waits for it. `None` when the stream is gone.
    pub(super) async fn step(mut self) -> Option<(Message, Self)> {
        loop {
            if let Some(next) = self.next.take() {
                return Some((next, self));
            }
            if let Some(state) = self.changed_state() {
                return Some((state, self));
            }
            tokio::select! {
                chunk = self.feed.next(|| self.clock.now()) => {
                    let message = self.message(chunk?);
                    return Some((message, self));
                }
                changed = self.status.changed() => changed.ok()?,
            }
        }
    }

    fn changed_state(&mut self) -> Option<Message> {
        if self.told.is_some() && !self.status.has_changed().unwrap_or(false) {
            return None;
        }
        let status = self.status.borrow_and_update();
        let now = Some((status.state, status.since, status.reason.as_ref().map(|r| r.code)));
        if now == self.told {
            return None;
        }
        self.told = now;
        let why = status.reason.as_ref();
        let event = Event::State {
            ch: self.number,
            camera: self.camera.clone(),
            rendition: self.rendition,
            state: status.state.name(),
            reason: why.map(|r| Why { code: r.code.name(), message: r.message.clone() }),
            since: status.since.rfc3339(),
        };
        Some(event.message())
    }

    fn message(&mut self, chunk: Chunk) -> Message {
        match chunk {
            Chunk::Dropped(frames) => Event::Drop { ch: self.number, frames }.message(),
            Chunk::Init { parameters } => {
                self.next = Some(self.binary(INIT, self.clock.now(), &parameters.init, &[]));
                self.opened(&parameters)
            }
            Chunk::Fragment { head, payload, key, start } => {
                self.binary(if key { KEY } else { DELTA }, start, &head, &payload)
            }
        }
    }

    fn opened(&self, parameters: &Parameters) -> Message {
        let event = Event::Open {
            ch: self.number,
            camera: self.camera.clone(),
            rendition: self.rendition,
            mime: parameters.mime(),
            width: parameters.video.width,
            height: parameters.video.height,
        };
        event.message()
    }

    /// Version, kind, channel, capture time in microseconds, then the fMP4 bytes.
    fn binary(&self, kind: u8, at: Ticks, head: &[u8], payload: &[u8]) -> Message {
        let mut message = Vec::with_capacity(12 + head.len() + payload.len());
        message.extend_from_slice(&[1, kind]);
        message.extend_from_slice(&self.number.to_be_bytes());
        message.extend_from_slice(&at.micros().to_be_bytes());
        message.extend_from_slice(head);
        message.extend_from_slice(payload);
        Message::Binary(message.into())
    }
}
