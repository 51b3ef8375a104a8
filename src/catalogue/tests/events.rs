use uuid::Uuid;

use super::*;
use crate::base::{CameraId, Cells, EventId, ZoneId};

/// An event from minute to minute; open when `to` is `None`.
pub(super) fn event(room: &Room, from: i64, to: Option<i64>) -> Event {
    let mut cells = Cells::NONE;
    cells.set(3, 4);
    Event {
        id: EventId::fresh(at(from)),
        camera: room.camera.id,
        kind: EventKind::Motion,
        start: at(from),
        seen: at(to.unwrap_or(from + 1)),
        end: to.map(at),
        score: 0.5,
        peak: 1,
        cells,
        zones: Vec::new(),
        best: at(from),
        objects: None,
    }
}

impl Room {
    async fn events(&self, from: i64, to: i64) -> Vec<Event> {
        self.flush().await;
        let all = self
            .catalogue
            .events(Scope::everything(), minutes(from, to), &EventFilter::default(), 100)
            .await
            .expect("read");
        let of_camera = self
            .catalogue
            .events_of(Scope::everything(), self.camera.id, minutes(from, to), 100)
            .await
            .expect("read");
        assert_eq!(all, of_camera);
        all
    }

    async fn told(&self) -> Vec<(EventId, serde_json::Value)> {
        let outbox = self.catalogue.outbox(0, 1000).await.expect("outbox");
        outbox.into_iter().filter(|o| o.kind == "event").map(|o| (EventId(o.object), o.body)).collect()
    }
}

#[tokio::test]
async fn an_event_is_told_when_it_begins_ends_and_enters_a_zone() {
    let room = Room::new().await;
    let mut e = event(&room, 5, None);
    assert!(room.catalogue.begin_event(e.clone()) && room.catalogue.begin_event(e.clone()));
    assert_eq!(room.events(0, 10).await, [e.clone()]);
    (e.score, e.peak, e.seen) = (0.75, 9, at(7));
    room.catalogue.update_event(e.clone());
    assert_eq!(room.events(0, 10).await, [e.clone()]);
    assert_eq!(room.told().await.len(), 1, "its beginning, once");
    e.zones = vec![ZoneId::fresh(at(0)), ZoneId::fresh(at(0))];
    room.catalogue.update_event(e.clone());
    e.end = Some(at(8));
    room.catalogue.end_event(e.clone());
    // On its way when it ended.
    room.catalogue.update_event(Event { end: None, ..e.clone() });
    assert_eq!(room.events(0, 10).await, [e.clone()]);
    assert_eq!(room.catalogue.event(Scope::everything(), e.id).await.expect("read"), Some(e.clone()));
    let told = room.told().await;
    assert_eq!(told.iter().map(|(_, body)| body["to"].is_string()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(told[2].1["zone_ids"], serde_json::to_value(&e.zones).expect("ids"));
    assert_eq!(told[2].1["camera"], room.camera.id.to_string());
    let zone = EventFilter { zone: Some(e.zones[1]), ..EventFilter::default() };
    assert_eq!(
        room.catalogue.events(Scope::everything(), minutes(0, 10), &zone, 9).await.expect("read").len(),
        1
    );
    let zone = EventFilter { zone: Some(ZoneId::fresh(at(0))), ..EventFilter::default() };
    assert_eq!(room.catalogue.events(Scope::everything(), minutes(0, 10), &zone, 9).await.expect("read"), []);
}

#[tokio::test]
async fn a_look_is_kept_and_told_and_never_forgets() {
    let room = Room::new().await;
    let mut e = event(&room, 5, None);
    let object = |kind, confidence| Object { kind, confidence };
    let (person, vehicle) = (object(ObjectKind::Person, 0.5), object(ObjectKind::Vehicle, 0.75));
    let surer = object(ObjectKind::Person, 0.875);
    room.catalogue.begin_event(e.clone());
    room.catalogue.put_objects(e.id, vec![]);
    let read = room.events(0, 10).await;
    assert_eq!((read[0].objects.as_deref(), read[0].rank()), (Some(&[][..]), Rank::Low));
    room.catalogue.put_objects(e.id, vec![person]);
    room.catalogue.put_objects(e.id, vec![vehicle, surer]);
    room.catalogue.put_objects(e.id, vec![]);
    room.catalogue.put_objects(EventId::fresh(at(0)), vec![person]);
    e.end = Some(at(6));
    room.catalogue.end_event(e.clone());
    e.objects = Some(vec![surer, vehicle]);
    assert_eq!(room.events(0, 10).await, [e.clone()]);
    assert_eq!(e.rank(), Rank::Usual);
    let told: Vec<_> = room.told().await.into_iter().map(|(_, body)| body).collect();
    let ranks: Vec<_> = told.iter().map(|body| body["rank"].as_str().expect("a rank")).collect();
    assert_eq!(ranks, ["usual", "low", "usual", "usual", "usual"], "a look that finds no more is no news");
    assert!(told[0]["objects"].is_null());
    assert_eq!(told[4]["objects"], serde_json::json!([surer, vehicle]), "the end still says it");
}

#[tokio::test]
async fn an_event_of_no_camera_is_refused() {
    let room = Room::new().await;
    let stranger = CameraId::fresh(at(0));
    room.catalogue.begin_event(Event { camera: stranger, ..event(&room, 1, None) });
    assert_eq!(room.events(0, 10).await, []);
    assert_eq!(room.told().await, []);
}

#[tokio::test]
async fn a_range_has_the_events_that_meet_it() {
    let room = Room::new().await;
    let day = 24 * 60;
    let (before, into, inside) =
        (event(&room, 0, Some(10)), event(&room, 5, Some(11)), event(&room, 12, Some(13)));
    let (after, lasting) = (event(&room, 20, Some(21)), event(&room, -3 * day, None));
    let long = event(&room, -2 * day, Some(11));
    let long_gone = event(&room, -2 * day, Some(9));
    for e in [&before, &into, &inside, &after, &lasting, &long, &long_gone] {
        room.catalogue.end_event((*e).clone());
    }
    let met = room.events(10, 20).await;
    assert_eq!(met, [inside.clone(), into.clone(), long.clone(), lasting.clone()], "newest first");
    let counts = room
        .catalogue
        .count_events(Scope::everything(), minutes(0, 20), &[], Uuid::nil())
        .await
        .expect("read");
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [(room.camera.id, EventCount { events: 3, unseen: 3 })]
    );
    let other = CameraId::fresh(at(0));
    // Page by page it is the same.
    let mut filter = EventFilter::default();
    let mut paged = Vec::new();
    while let Some(e) =
        room.catalogue.events(Scope::everything(), minutes(10, 20), &filter, 1).await.expect("read").pop()
    {
        filter.before = Some((e.start, e.id));
        paged.push(e);
    }
    assert_eq!(paged, met);
    for (filter, expected) in [
        (EventFilter { kinds: vec![EventKind::TamperBlack], ..EventFilter::default() }, 0),
        (EventFilter { kinds: vec![EventKind::TamperBlack, EventKind::Motion], ..EventFilter::default() }, 4),
        (EventFilter { cameras: vec![other], ..EventFilter::default() }, 0),
        (EventFilter { cameras: vec![other, room.camera.id], ..EventFilter::default() }, 4),
        (EventFilter { min_ticks: 6 * MINUTE, ..EventFilter::default() }, 2),
    ] {
        let found =
            room.catalogue.events(Scope::everything(), minutes(10, 20), &filter, 100).await.expect("read");
        assert_eq!(found.len(), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn what_a_crash_left_open_ends_where_it_was_last_seen() {
    let room = Room::new().await;
    let mut e = event(&room, 5, None);
    room.catalogue.begin_event(e.clone());
    e.seen = at(7);
    room.catalogue.update_event(e.clone());
    room.flush().await;
    assert_eq!(room.catalogue.audit_events().await.expect("read").open, 1);
    // A second opening without a close stands for the start after a crash.
    let next = Catalogue::open(&room.path(), room.clock.clone(), Zone::HO_CHI_MINH, &room.tasks)
        .await
        .expect("opens");
    let found = next.event(Scope::everything(), e.id).await.expect("read").expect("there");
    assert_eq!(found.end, Some(at(7)));
    assert_eq!(room.told().await.last().expect("told").1["to"], at(7).rfc3339());
    let audit = next.audit_events().await.expect("read");
    assert_eq!((audit.events, audit.open, audit.backward, audit.orphans), (1, 0, 0, 0));
}

#[tokio::test]
async fn an_orderly_stop_leaves_nothing_open() {
    let mut room = Room::new().await;
    room.catalogue.begin_event(event(&room, 5, None));
    room.catalogue.close().await;
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("opens");
    assert_eq!(tool.audit_events().await.expect("read").open, 0);
    tool.close().await;
    room.restart().await;
}

#[tokio::test]
async fn zones_are_replaced_as_a_set_and_watched() {
    let room = Room::new().await;
    let polygon = |x: f32| Polygon::new(vec![(0.0, 0.0), (x, 0.0), (x, 1.0)]).expect("area");
    let zone = |name: &str, x| CameraZone {
        id: None,
        kind: ZoneKind::Alert,
        name: name.to_owned(),
        polygon: polygon(x),
        sensitivity: Sensitivity::High,
        min_size: 0.01,
        min_duration: TICKS_PER_SECOND,
    };
    assert_eq!(
        room.catalogue.zones(Scope::everything(), room.camera.id).await.expect("read"),
        CameraZones::default()
    );
    let mut changes = room.catalogue.changes();
    changes.mark_unchanged();
    let put = |expected, zones| room.catalogue.put_zones(room.camera.id, expected, zones);
    let first = put(Some(0), vec![zone("Cổng đình", 0.5), zone("Cây đa", 0.7)]).await.expect("put");
    assert!(changes.has_changed().expect("open"), "whoever watches cameras hears of zones");
    assert_eq!(room.catalogue.zones(Scope::everything(), room.camera.id).await.expect("read"), first);
    let stale = put(Some(0), Vec::new()).await.expect_err("stale");
    assert_eq!(stale.kind(), Kind::Conflict);
    let mut kept = first.zones[1].clone();
    kept.name = " Cây đa lớn ".to_owned();
    let foreign = CameraZone { id: Some(ZoneId::fresh(at(0))), ..zone("Ao", 0.2) };
    let second = put(Some(first.revision), vec![kept, foreign.clone()]).await.expect("put");
    assert!(second.revision > first.revision);
    assert_eq!((second.zones[0].id, second.zones[0].name.as_str()), (first.zones[1].id, "Cây đa lớn"));
    assert!(second.zones[1].id.is_some() && second.zones[1].id != foreign.id, "ids are given here");
    assert_eq!(room.catalogue.zones(Scope::everything(), room.camera.id).await.expect("read"), second);
    let alert =
        async |cameras: &[CameraId]| room.catalogue.alert_zones(cameras.iter().copied()).await.expect("read");
    let ids = second.zones.iter().filter_map(|zone| zone.id).map(|zone| (room.camera.id, zone));
    assert_eq!(alert(&[room.camera.id, CameraId::fresh(at(0))]).await, ids.collect());
    assert!(alert(&[]).await.is_empty() && alert(&[CameraId::fresh(at(0))]).await.is_empty());
    for bad in [
        vec![CameraZone { name: String::new(), ..zone("x", 0.5) }],
        vec![CameraZone { min_size: 1.5, ..zone("x", 0.5) }],
        vec![CameraZone { min_duration: -1, ..zone("x", 0.5) }],
        vec![zone("x", 0.5); 33],
        vec![second.zones[0].clone(), second.zones[0].clone()],
    ] {
        assert_eq!(put(None, bad).await.expect_err("refused").kind(), Kind::Invalid);
    }
    assert_eq!(
        room.catalogue.zones(Scope::everything(), room.camera.id).await.expect("read"),
        second,
        "refused ones change nothing"
    );
    let nobody = room.catalogue.put_zones(CameraId::fresh(at(0)), None, Vec::new()).await;
    assert_eq!(nobody.expect_err("nobody").kind(), Kind::NotFound);
    let told = room.catalogue.outbox(0, 1000).await.expect("outbox");
    assert_eq!(told.iter().filter(|o| o.kind == "zones").count(), 2);
}

#[tokio::test]
async fn events_and_cells_go_with_their_footage_and_held_footage_keeps_its_own() {
    let room = Room::new().await;
    room.record(room.main, 0, 10);
    room.record(room.sub, 0, 8);
    let events: Vec<Event> = (0..10).map(|m| event(&room, m, Some(m + 1))).collect();
    let lasting = event(&room, 1, None);
    for e in events.iter().chain([&lasting]) {
        room.catalogue.end_event(e.clone());
    }
    for minute in 0..10 {
        room.catalogue.add_activity(room.camera.id, at(minute), Cells::ALL);
        let jpeg = Bytes::from_static(&[0xFF, 0xD8, 0xFF]);
        let picture = Picture { at: at(minute), jpeg };
        let id = events[minute as usize].id;
        room.catalogue.put_picture(id, room.camera.id, PictureSize::Small, picture).expect("kept");
    }
    room.flush().await;
    let left = async || {
        while room.catalogue.forget_motion(2).await.expect("swept") > 0 {}
        let minutes_of = |e: &Event| (e.start - at(0)) / MINUTE;
        let mut events_left: Vec<i64> = room.events(-60, 60).await.iter().map(minutes_of).collect();
        events_left.sort_unstable();
        let cells =
            room.catalogue.activity(Scope::everything(), room.camera.id, minutes(0, 60)).await.expect("read");
        let cells: Vec<i64> = cells.iter().map(|a| (a.at - at(0)) / MINUTE).collect();
        let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
        (events_left, cells, room.catalogue.pictures(Scope::everything(), &ids).await.expect("read").len())
    };
    let all: Vec<i64> = (0..10).collect();
    let with_lasting = |minutes: &[i64]| {
        let mut minutes = minutes.to_vec();
        minutes.push(1);
        minutes.sort_unstable();
        minutes
    };
    assert_eq!(left().await, (with_lasting(&all), all.clone(), 10));
    let lock = marks::lock(&room, minutes(2, 4));
    room.catalogue.add_lock(Scope::everything(), lock.clone()).await.expect("held");
    let forget = async |stream, from: i64, to: i64| {
        let keys: Vec<_> = (from..to).map(|m| (stream, at(m))).collect();
        let doomed = room.catalogue.doom(keys, "age").await.expect("doomed");
        let gone = doomed.iter().map(|d| (d.stream, d.start)).collect();
        room.catalogue.forget_doomed(gone).await.expect("gone");
    };
    forget(room.main, 0, 6).await;
    assert_eq!(left().await, (with_lasting(&all), all.clone(), 10), "the small picture's footage is there");
    forget(room.sub, 0, 6).await;
    let kept = [2, 3, 6, 7, 8, 9];
    assert_eq!(left().await, (with_lasting(&kept), kept.to_vec(), 6));
    // A clock that is years ahead changes nothing.
    room.clock.step(10 * 365 * 86_400 * TICKS_PER_SECOND);
    assert_eq!(left().await.1, kept);
    assert!(room.catalogue.remove_lock(Scope::everything(), lock.id).await.expect("released"));
    forget(room.main, 2, 4).await;
    forget(room.sub, 2, 4).await;
    assert_eq!(left().await, (with_lasting(&kept[2..]), kept[2..].to_vec(), 4));
}

#[tokio::test]
async fn the_strip_is_at_hand_in_memory_in_the_days_and_by_the_second() {
    let mut room = Room::new().await;
    let strip = async |room: &Room, range, bucket| {
        room.catalogue.motion_strip(Scope::everything(), &room.camera, range, bucket).await.expect("strip")
    };
    assert!(strip(&room, minutes(0, 10), MINUTE).await.is_empty(), "nobody looked");
    let mut one = Cells::NONE;
    one.set(9, 9);
    room.catalogue.add_activity(room.camera.id, at(2), one);
    room.catalogue.add_activity(room.camera.id, at(3) + 7 * TICKS_PER_SECOND, Cells::ALL);
    let now = strip(&room, minutes(0, 10), MINUTE).await;
    assert!(now[2] > 0 && now[3] > now[2] && now[4..] == [0; 6], "{now:?}");
    let fine = strip(&room, minutes(3, 4), TICKS_PER_SECOND).await;
    assert!(fine[7] == 255 && fine.iter().filter(|v| **v > 0).count() == 1, "{fine:?}");
    room.restart().await;
    assert_eq!(strip(&room, minutes(0, 10), MINUTE).await, now, "as it was, from the day");
    room.flush().await;
    let day = room.catalogue.zone().day_of(at(0));
    assert_eq!(
        room.catalogue.days(Scope::everything(), &[room.main], day, day + 1).await.expect("days"),
        [],
        "no footage, no day"
    );
    let wide = strip(&room, minutes(0, 10), 5 * MINUTE).await;
    assert_eq!(wide, [now[3], 0]);
    // Another zone, other days: the same minutes.
    room.catalogue.close().await;
    let auckland = "Pacific/Auckland".parse().expect("zone");
    let moved =
        Catalogue::open(&room.path(), room.clock.clone(), auckland, &room.tasks).await.expect("opens");
    let there =
        moved.motion_strip(Scope::everything(), &room.camera, minutes(0, 10), MINUTE).await.expect("strip");
    assert_eq!(there, now);
    let refused =
        moved.motion_strip(Scope::everything(), &room.camera, minutes(0, 1440), TICKS_PER_SECOND / 10).await;
    assert_eq!(refused.expect_err("too many").kind(), Kind::Invalid);
}

#[tokio::test]
async fn the_first_released_schema_becomes_this_one() {
    use sqlx::Connection;
    let room = Room::new().await;
    let path = room.folder.path().join("old.sqlite");
    open::guard_mode(&path).expect("file");
    let mut conn = open::connect_writer(&path).await.expect("connection");
    let first: &[&str] = &[include_str!("../../../migrations/0001_first.sql")];
    open::migrate_to(&mut conn, first).await.expect("first schema");
    let rows = "insert into camera values (1, x'0192f3a4b5c67d8e9fa0b1c2d3e4f506', 'ngo-7', 'Ngõ 7', '', 1, 1, null, null, \
        'tcp', 3, 0, null); \
        insert into stream values (1, x'0192f3a4b5c67d8e9fa0b1c2d3e4f507', 1, 'main', 'rtsp://10.0.0.7/main', 1, null, \
        null, 'default', null); \
        insert into day_summary (stream_key, day, coverage, motion) values (1, 20000, zeroblob(1440), null);";
    sqlx::raw_sql(rows).execute(&mut conn).await.expect("rows");
    conn.close().await.expect("closed");
    let catalogue =
        Catalogue::open(&path, room.clock.clone(), Zone::HO_CHI_MINH, &room.tasks).await.expect("opens");
    let camera = catalogue.camera(Scope::everything(), "ngo-7").await.expect("read").expect("kept");
    assert_eq!(catalogue.zones(Scope::everything(), camera.id).await.expect("read"), CameraZones::default());
    catalogue.begin_event(Event { camera: camera.id, ..event(&room, 1, None) });
    catalogue.flush().await.expect("written");
    assert_eq!(
        catalogue.events_of(Scope::everything(), camera.id, minutes(0, 10), 9).await.expect("read").len(),
        1
    );
}
