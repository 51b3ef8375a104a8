//! `GET /stream`: what changes, as it does.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use futures::stream;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::App;
use super::caller::{Caller, Live};
use super::changes::{Follower, Told, Topics};
use super::error::{Answer, Problem};
use super::extract::Query;
use super::sse;

/// What to tell of.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct What {
    /// Some of `events`, `cameras`, `jobs` and `health`, separated by commas.
    topics: String,
    /// Go on after this id, like `Last-Event-ID`, which a page cannot set.
    since: Option<String>,
}

/// The topics that a comma list names.
fn topics<'a>(names: impl Iterator<Item = &'a str>) -> Answer<Topics> {
    Topics::of(names).map_err(|name| {
        let sentence = format!("{name:?} is no topic; use events, cameras, jobs or health");
        Problem::invalid(sentence).with("field", "topics")
    })
}

fn event(told: Told) -> Event {
    match told {
        Told::Hello(id) => sse::event("hello", &json!({})).id(id),
        Told::Resync(id) => sse::event("resync", &json!({})).id(id),
        Told::News(id, news) => sse::event(news.topic.name(), &news.data).id(id),
    }
}

/// Tells what changes, as server-sent events with an id, named by their topics: `what` says which kind of change, `id`
/// what it is about. At first comes `hello`: from there on everything is told. With `Last-Event-ID` of the last ten minutes
/// it goes on after that; where something was missed comes `resync`, and everything should be read anew.
#[utoipa::path(get, path = "/stream", tag = "site",
    params(What, ("last-event-id" = Option<String>, Header, description = "Go on after this id")),
    responses((status = 200, description = "Changes", content_type = "text/event-stream", body = String), Problem))]
pub(super) async fn get_stream(
    State(app): State<App>,
    caller: Caller<Live>,
    Query(what): Query<What>,
    headers: HeaderMap,
) -> Answer<Response> {
    let topics = topics(what.topics.split(',').map(str::trim).filter(|name| !name.is_empty()))?;
    if topics.is_empty() {
        return Err(Problem::invalid("no topic is named; use events, cameras, jobs or health")
            .with("field", "topics"));
    }
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let follower = app.changes().follow(&app, &caller, topics, last.or(what.since).as_deref());
    let step = async |mut follower: Follower| Some((event(follower.next().await?), follower));
    Ok(sse::answer(&app, caller.who, stream::unfold(follower, move |follower| Box::pin(step(follower)))))
}
