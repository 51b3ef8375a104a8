//! Events as detection writes them: begun, brought up to date, looked at, ended; and those that a crash left open.

use serde_json::{Value, json};

use super::event::Event;
use super::event_list::objects;
use super::names::camera_key;
use super::object::{Object, merged, rank};
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, outbox};
use crate::base::{CameraId, Error, EventId, Result, Ticks};

statements! {
    BEFORE = "select end_90k is not null, zones, objects from event where id = ?1";
    /// An end that is known stays: what comes later for it was on its way.
    PUT = "insert into event (id, camera_key, kind, start_90k, seen_90k, end_90k, score, peak, cells, zones, best_90k) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
        on conflict (id) do update set kind = excluded.kind, start_90k = excluded.start_90k, \
        seen_90k = max(event.seen_90k, excluded.seen_90k, excluded.start_90k), \
        end_90k = coalesce(excluded.end_90k, event.end_90k), score = excluded.score, peak = excluded.peak, \
        cells = excluded.cells, zones = excluded.zones, best_90k = excluded.best_90k";
    LEFT_OPEN = "select e.id, c.id, e.kind, e.start_90k, e.seen_90k, e.score, e.zones, e.objects from event e \
        join camera c on c.key = e.camera_key where e.end_90k is null order by e.start_90k";
    TO_LOOK_AT = "select c.id, e.kind, e.start_90k, e.end_90k, e.score, e.zones, e.objects from event e \
        join camera c on c.key = e.camera_key where e.id = ?1";
    LOOKED_AT = "update event set objects = ?2 where id = ?1";
    CLOSE = "update event set end_90k = seen_90k where id = ?1 and end_90k is null";
}

/// Writes an event as it is now.
async fn put(w: &mut Write, event: &Event) -> Result<()> {
    let camera = camera_key(w, event.camera).await?.ok_or_else(|| {
        Error::not_found(format!("camera {} of an event is not in the catalogue", event.camera))
    })?;
    let id = event.id.0.as_bytes().as_slice();
    let before: Option<(bool, Vec<u8>, Option<String>)> =
        sqlx::query_as(BEFORE).bind(id).fetch_optional(&mut w.conn).await.map_err(failed)?;
    let zones: Vec<u8> = event.zones.iter().flat_map(|zone| *zone.0.as_bytes()).collect();
    let query = sqlx::query(PUT)
        .bind(id)
        .bind(camera)
        .bind(event.kind.name())
        .bind(event.start.0)
        .bind(event.seen.max(event.start).0)
        .bind(event.end.map(|end| end.max(event.start).0))
        .bind(event.score.clamp(0.0, 1.0))
        .bind(event.peak)
        .bind(event.cells.to_bytes().to_vec())
        .bind(zones.clone())
        .bind(event.best.0);
    query.execute(&mut w.conn).await.map_err(failed)?;
    // Followers hear of its beginning, its end and each new zone; not of every second of it.
    let (news, shows) = match before {
        None => (true, None),
        Some((ended, known, shows)) => (known != zones || (!ended && event.end.is_some()), shows),
    };
    if news {
        let shows = objects(shows.as_deref())?;
        let range = (event.start, event.end);
        let body = body(event.camera, event.kind.name(), range, event.score, &zones, shows.as_deref())?;
        outbox::put(w, "event", event.id.0, body).await?;
    }
    Ok(())
}

fn body(
    camera: CameraId,
    kind: &str,
    (start, end): (Ticks, Option<Ticks>),
    score: f64,
    zones: &[u8],
    objects: Option<&[Object]>,
) -> Result<Value> {
    let zones = zones.chunks(16).map(uuid).collect::<Result<Vec<_>>>()?;
    Ok(json!({
        "camera": camera, "kind": kind, "from": start.rfc3339(), "to": end.map(Ticks::rfc3339), "score": score,
        "zone_ids": zones, "objects": objects, "rank": rank(objects),
    }))
}

/// What people wait for.
struct Tell(Event);

impl Change for Tell {
    type Answer = ();
    const NAME: &'static str = "put_event";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        put(w, &self.0).await
    }
}

/// What can wait for company.
struct Update(Event);

impl Change for Update {
    type Answer = ();
    const NAME: &'static str = "update_event";
    const PATIENT: bool = true;

    async fn apply(&self, w: &mut Write) -> Result<()> {
        put(w, &self.0).await
    }
}

/// What a look at its picture found.
struct Look {
    event: EventId,
    found: Vec<Object>,
}

impl Change for Look {
    type Answer = ();
    const NAME: &'static str = "put_objects";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        type Row = (Vec<u8>, String, i64, Option<i64>, f64, Vec<u8>, Option<String>);
        let id = self.event.0.as_bytes().as_slice();
        let row: Option<Row> =
            sqlx::query_as(TO_LOOK_AT).bind(id).fetch_optional(&mut w.conn).await.map_err(failed)?;
        // Gone with its footage meanwhile.
        let Some((camera, kind, start, end, score, zones, before)) = row else { return Ok(()) };
        let before = objects(before.as_deref())?;
        let now = merged(before.as_deref().unwrap_or_default(), &self.found);
        if before.as_ref() == Some(&now) {
            return Ok(());
        }
        let text = json!(now).to_string();
        sqlx::query(LOOKED_AT).bind(id).bind(text).execute(&mut w.conn).await.map_err(failed)?;
        let range = (Ticks(start), end.map(Ticks));
        let body = body(CameraId(uuid(&camera)?), &kind, range, score, &zones, Some(&now))?;
        outbox::put(w, "event", self.event.0, body).await
    }
}

/// Ends the events that nobody will end any more: where they were last seen.
pub(super) async fn close_left(w: &mut Write) -> Result<()> {
    type Row = (Vec<u8>, Vec<u8>, String, i64, i64, f64, Vec<u8>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(LEFT_OPEN).fetch_all(&mut w.conn).await.map_err(failed)?;
    for (id, camera, kind, start, seen, score, zones, shows) in rows {
        sqlx::query(CLOSE).bind(id.clone()).execute(&mut w.conn).await.map_err(failed)?;
        let (id, camera) = (EventId(uuid(&id)?), CameraId(uuid(&camera)?));
        let (range, shows) = ((Ticks(start), Some(Ticks(seen))), objects(shows.as_deref())?);
        let body = body(camera, &kind, range, score, &zones, shows.as_deref())?;
        outbox::put(w, "event", id.0, body).await?;
    }
    Ok(())
}

/// Detection's commands: they return at once and are done in the order given; giving one twice is harmless. `false`
/// means that the command is lost, because the queue is full or closed (logged).
impl Catalogue {
    /// Something begins; readers see it within a moment.
    pub fn begin_event(&self, event: Event) -> bool {
        self.inner.tally.begun(event.camera, event.kind);
        self.inner.queue.tell(Tell(event))
    }

    /// It has only begun, and goes on: as it is now, at once. Whoever is to be told waits for it to become long enough.
    pub fn grow_event(&self, event: Event) -> bool {
        self.inner.queue.tell(Tell(event))
    }

    /// It goes on: as it is now. Written within some seconds, with others; about once a second is often enough.
    pub fn update_event(&self, event: Event) -> bool {
        self.inner.queue.tell(Update(event))
    }

    /// Its picture was looked at and shows this, or nothing. What an earlier look found stays.
    pub fn put_objects(&self, event: EventId, found: Vec<Object>) -> bool {
        self.inner.queue.tell(Look { event, found })
    }

    /// It has ended, as its `end` says. Makes the row when there is none: an event may be told when it is over.
    pub fn end_event(&self, event: Event) -> bool {
        self.inner.queue.tell(Tell(event))
    }
}
