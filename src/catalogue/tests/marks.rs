//! What people do with events and moments.

use uuid::Uuid;

use super::events::event;
use super::*;
use crate::base::{BookmarkId, EventId, LockId};

/// A lock of the room's camera.
pub(super) fn lock(room: &Room, range: TimeRange) -> Lock {
    let id = LockId::fresh(at(0));
    let (note, by) = (String::new(), "admin".to_owned());
    Lock { id, camera: room.camera.id, range, until: None, note, by, made: at(0) }
}

fn bookmark(room: &Room, minute: i64, to: Option<i64>) -> Bookmark {
    Bookmark {
        id: BookmarkId::fresh(at(minute)),
        camera: room.camera.id,
        at: at(minute),
        to: to.map(at),
        note: "xe tải".to_owned(),
        by: "admin".to_owned(),
        made: at(0),
        revision: 1,
    }
}

impl Room {
    /// Minutes of a stream whose segments are held.
    async fn held(&self, stream: StreamKey) -> Vec<i64> {
        self.flush().await;
        let rows = self
            .catalogue
            .segments(Scope::everything(), stream, minutes(-1440, 2880), 9999)
            .await
            .expect("segments");
        rows.iter().filter(|s| s.held).map(|s| s.start.minutes()).collect()
    }

    /// Kinds that followers hear of, in order, of one object.
    async fn told_of(&self, object: Uuid) -> Vec<String> {
        let outbox = self.catalogue.outbox(0, 1000).await.expect("outbox");
        outbox.into_iter().filter(|o| o.object == object).map(|o| o.kind).collect()
    }
}

#[tokio::test]
async fn seen_is_each_person_s_own_and_handled_is_the_team_s() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let (an, binh) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let all = [event(&room, 1, Some(2)), event(&room, 3, Some(4)), event(&room, 5, Some(6))];
    all.iter().for_each(|e| assert!(c.end_event(e.clone())));
    let ids: Vec<EventId> = all.iter().map(|e| e.id).collect();
    let see = |seen| NewMarks { seen: Some(seen), ..NewMarks::default() };
    let gone = EventId::fresh(at(9));
    c.mark_events(Scope::everything(), vec![ids[0], ids[1], gone], an, "an", see(true))
        .await
        .expect("marked");
    c.mark_events(Scope::everything(), vec![ids[1]], an, "an", see(true)).await.expect("once more");
    let unseen = async |person| {
        let filter = EventFilter { seen: Some((person, false)), ..EventFilter::default() };
        let events = c.events(Scope::everything(), minutes(0, 10), &filter, 9).await.expect("read");
        let of_all = c
            .count_events(Scope::everything(), minutes(0, 10), &[EventKind::Motion], person)
            .await
            .expect("read");
        assert_eq!(of_all[&room.camera.id], EventCount { events: 3, unseen: events.len() as u64 });
        events.into_iter().map(|e| e.id).collect::<Vec<_>>()
    };
    assert_eq!(unseen(an).await, [ids[2]]);
    assert_eq!(unseen(binh).await, [ids[2], ids[1], ids[0]], "what one saw is new to the other");
    assert!(
        c.count_events(Scope::everything(), minutes(0, 10), &[EventKind::TamperBlack], an)
            .await
            .expect("read")
            .is_empty()
    );
    let filter = EventFilter { seen: Some((an, true)), ..EventFilter::default() };
    assert_eq!(c.events(Scope::everything(), minutes(0, 10), &filter, 9).await.expect("read").len(), 2);

    room.clock.advance(MINUTE);
    let handle = NewMarks {
        handled: Some(Some("đã gọi điện".to_owned())),
        verdict: Some(Some(Verdict::FalseAlarm)),
        ..NewMarks::default()
    };
    c.mark_events(Scope::everything(), vec![ids[1]], an, "an", handle).await.expect("marked");
    let marks = c.event_marks(Scope::everything(), &ids, binh).await.expect("marks");
    let handled = Handled { at: at(1), by: "an".to_owned(), note: "đã gọi điện".to_owned() };
    let expected =
        EventMarks { seen: false, handled: Some(handled.clone()), verdict: Some(Verdict::FalseAlarm) };
    assert_eq!((marks.len(), &marks[&ids[1]], &marks[&ids[0]]), (3, &expected, &EventMarks::default()));

    // Taken back one by one.
    let undo = NewMarks { verdict: Some(None), ..see(false) };
    c.mark_events(Scope::everything(), vec![ids[1]], an, "an", undo).await.expect("undone");
    let expected = EventMarks { seen: false, handled: Some(handled), verdict: None };
    assert_eq!(c.event_marks(Scope::everything(), &ids[1..2], an).await.expect("marks")[&ids[1]], expected);
    let undo = NewMarks { handled: Some(None), ..NewMarks::default() };
    c.mark_events(Scope::everything(), vec![ids[1]], an, "an", undo).await.expect("undone");
    assert_eq!(
        c.event_marks(Scope::everything(), &ids[1..2], an).await.expect("marks")[&ids[1]],
        EventMarks::default()
    );
    assert_eq!(
        room.told_of(ids[1].0).await,
        ["event", "event_seen", "event_mark", "event_seen", "event_mark", "event_mark"],
        "what changed nothing is not told"
    );
}

#[tokio::test]
async fn marks_go_with_their_event() {
    let room = Room::new().await;
    room.record(room.main, 0, 2);
    let (old, new) = (event(&room, 0, Some(1)), event(&room, 1, Some(2)));
    for e in [&old, &new] {
        room.catalogue.end_event(e.clone());
    }
    let marks = NewMarks { seen: Some(true), handled: Some(Some(String::new())), verdict: None };
    room.catalogue
        .mark_events(Scope::everything(), vec![old.id, new.id], Uuid::nil(), "an", marks)
        .await
        .expect("marked");
    let doomed = room.catalogue.doom(vec![(room.main, at(0))], "age").await.expect("doomed");
    room.catalogue.forget_doomed(vec![(doomed[0].stream, doomed[0].start)]).await.expect("gone");
    assert!(room.catalogue.forget_motion(100).await.expect("forgotten") > 0);
    let marks =
        room.catalogue.event_marks(Scope::everything(), &[old.id, new.id], Uuid::nil()).await.expect("marks");
    assert_eq!(marks.into_keys().collect::<Vec<_>>(), [new.id]);
    let mut conn = super::super::open::connect_reader(&room.path()).await.expect("connection");
    for sql in ["select count(*) from event_seen", "select count(*) from event_mark"] {
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect("count");
        assert_eq!(rows, 1, "{sql}");
    }
}

#[tokio::test]
async fn a_lock_holds_what_is_there_and_what_is_sealed_later_of_both_streams() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 0, 4);
    room.record(room.sub, 0, 4);
    assert!(c.begin_segment(room.new_segment(room.main, at(4))), "one is growing");
    let wide = lock(&room, TimeRange::new(at(2) + 1, at(6)));
    let narrow = lock(&room, minutes(5, 7));
    c.add_lock(Scope::everything(), wide.clone()).await.expect("lock");
    c.add_lock(Scope::everything(), narrow.clone()).await.expect("lock");
    assert_eq!((room.held(room.main).await, room.held(room.sub).await), (vec![2, 3], vec![2, 3]));
    room.record(room.main, 4, 8);
    room.record(room.sub, 4, 8);
    assert_eq!((room.held(room.main).await, room.held(room.sub).await), ((2..7).collect(), (2..7).collect()));
    // Told twice, as a recorder does after a failed commit.
    c.seal_segment(room.sealed(room.main, minutes(5, 6)));
    assert!(c.remove_lock(Scope::everything(), wide.id).await.expect("removed"));
    assert_eq!((room.held(room.main).await, room.held(room.sub).await), (vec![5, 6], vec![5, 6]));
    assert!(c.remove_lock(Scope::everything(), narrow.id).await.expect("removed"));
    assert_eq!(room.held(room.main).await, Vec::<i64>::new(), "no count is left over");
    assert_eq!(room.told_of(wide.id.0).await, ["lock", "lock_removed"]);
}

#[tokio::test]
async fn a_segment_is_held_as_long_as_its_newest_end_meets_the_lock() {
    let room = Room::new().await;
    room.catalogue.add_lock(Scope::everything(), lock(&room, minutes(1, 2))).await.expect("lock");
    let mut segment = room.sealed(room.main, minutes(0, 2));
    room.catalogue.seal_segment(segment.clone());
    assert_eq!(room.held(room.main).await, [0]);
    // Recovery found less of it.
    segment.duration = MINUTE;
    room.catalogue.seal_segment(segment);
    assert_eq!(room.held(room.main).await, Vec::<i64>::new());
}

#[tokio::test]
async fn locks_and_marks_survive_a_rebuild_and_hold_what_is_adopted() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let segments = room.record(room.main, 0, 4);
    let (kept, e) = (lock(&room, minutes(1, 3)), event(&room, 2, Some(3)));
    c.end_event(e.clone());
    c.add_lock(Scope::everything(), kept.clone()).await.expect("lock");
    c.add_bookmark(Scope::everything(), bookmark(&room, 2, None)).await.expect("bookmark");
    let marks = NewMarks { seen: Some(true), ..NewMarks::default() };
    c.mark_events(Scope::everything(), vec![e.id], Uuid::nil(), "an", marks).await.expect("marked");
    room.flush().await;
    c.close().await;

    let new = room.folder.path().join("new.sqlite");
    Catalogue::open_for_tool(&new).await.expect("opens").close().await;
    assert_eq!(take_settings(&room.path(), &new).await.expect("taken"), Vec::<&str>::new());
    let c = Catalogue::open_for_tool(&new).await.expect("opens");
    c.insert_adopted_segments(segments).await.expect("adopted");
    let rows = c.segments(Scope::everything(), room.main, minutes(0, 9), 9).await.expect("segments");
    assert_eq!(rows.iter().map(|s| s.held).collect::<Vec<_>>(), [false, true, true, false]);
    assert!(c.event_marks(Scope::everything(), &[e.id], Uuid::nil()).await.expect("marks")[&e.id].seen);
    assert_eq!(
        c.bookmarks(Scope::everything(), minutes(0, 9), None, None, 9).await.expect("bookmarks").len(),
        1
    );
    assert!(c.remove_lock(Scope::everything(), kept.id).await.expect("removed"));
    let rows = c.segments(Scope::everything(), room.main, minutes(0, 9), 9).await.expect("segments");
    assert!(rows.iter().all(|s| !s.held));
}

#[tokio::test]
async fn bookmarks_are_changed_by_whoever_read_them_last_and_listed_page_by_page() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let all = [bookmark(&room, 1, None), bookmark(&room, 3, Some(6)), bookmark(&room, 8, None)];
    for b in &all {
        c.add_bookmark(Scope::everything(), b.clone()).await.expect("added");
    }
    let [one, two, three] = &all;
    let list = async |range, before| {
        c.bookmarks(Scope::everything(), range, Some(room.camera.id), before, 2).await.expect("list")
    };
    assert_eq!(list(minutes(0, 9), None).await, [three.clone(), two.clone()]);
    assert_eq!(list(minutes(0, 9), Some((two.at, two.id))).await, std::slice::from_ref(one));
    assert_eq!(list(minutes(5, 8), None).await, std::slice::from_ref(two), "a stretch that meets the range");
    assert_eq!(list(minutes(1, 2), None).await, std::slice::from_ref(one));

    let changed = Bookmark { note: "xe máy".to_owned(), to: Some(at(2)), ..one.clone() };
    c.put_bookmark(Scope::everything(), changed.clone()).await.expect("changed");
    assert_eq!(
        c.bookmark(Scope::everything(), one.id).await.expect("read"),
        Some(Bookmark { revision: 2, ..changed })
    );
    let stale = c.put_bookmark(Scope::everything(), one.clone()).await.expect_err("stale");
    assert_eq!(stale.kind(), Kind::Conflict);
    assert!(c.remove_bookmark(Scope::everything(), one.id).await.expect("removed"));
    assert!(!c.remove_bookmark(Scope::everything(), one.id).await.expect("removed"));
    let gone = c.put_bookmark(Scope::everything(), one.clone()).await.expect_err("gone");
    assert_eq!(gone.kind(), Kind::NotFound);
    assert_eq!(room.told_of(one.id.0).await, ["bookmark", "bookmark", "bookmark_removed"]);
}
