//! Answers that go on: server-sent events, for as long as the client's session lasts and the service runs.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures::{Stream, StreamExt};
use serde::Serialize;

use super::App;
use super::live;
use crate::auth::Identity;

/// A comment in so much silence: proxies and browsers see that the other end is there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// An event with a name and JSON.
pub(super) fn event(name: &'static str, data: &impl Serialize) -> Event {
    let text = serde_json::to_string(data).expect("an answer is plain text and numbers");
    Event::default().event(name).data(text)
}

/// Sends events until they, the session or the service end.
pub(super) fn answer(
    app: &App,
    caller: Identity,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Response {
    let (stop, watching) = (app.stop().clone(), Arc::new(AtomicBool::new(true)));
    let ended = live::ended(app.clone(), caller, watching);
    let over = async move {
        tokio::select! {
            () = stop.wait() => {}
            _ = ended => {}
        }
    };
    let events = events.take_until(Box::pin(over)).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}
