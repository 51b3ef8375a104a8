use super::*;

/// What nothing holds, from the beginning.
async fn oldest(room: &Room, stream: StreamKey, volume: VolumeId, limit: u32) -> Vec<Doomed> {
    room.catalogue.oldest_segments(stream, volume, Ticks(i64::MIN), limit).await.expect("oldest")
}

fn starts(segments: &[Doomed]) -> Vec<Ticks> {
    segments.iter().map(|s| s.start).collect()
}

#[tokio::test]
async fn deletion_goes_by_doom_and_forget() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 0, 10);
    room.flush().await;
    let oldest = oldest(&room, room.main, room.volume, 3).await;
    assert_eq!(starts(&oldest), [at(0), at(1), at(2)]);
    let keys: Vec<_> = oldest.iter().map(|s| (s.stream, s.start)).collect();
    assert_eq!(c.doom(keys.clone(), "age").await.expect("doom"), oldest);
    assert!(c.doom(keys.clone(), "age").await.expect("doom").is_empty(), "doomed already");
    assert_eq!(room.spans().await, [(3, 10)], "doomed is no footage");
    assert_eq!(c.oldest(Scope::everything(), room.main).await.expect("oldest"), Some(at(3)));
    assert_eq!(c.segment(Scope::everything(), oldest[0].id).await.expect("by id"), None);
    assert_eq!(c.unfinished_segments().await.expect("unfinished").len(), 3);
    assert_eq!(c.doomed_segments(room.volume, 9).await.expect("doomed"), oldest);
    assert_eq!(c.doomed_segments(room.volume, 2).await.expect("doomed"), oldest[..2]);
    assert_eq!(c.usage(Scope::everything()).await.expect("usage")[0].segments, 10, "files are still there");
    assert_eq!(c.forget_doomed(keys.clone()).await.expect("forget"), 3);
    assert_eq!(c.forget_doomed(keys).await.expect("forget"), 0);
    assert_eq!(c.doomed_segments(room.volume, 9).await.expect("doomed"), []);
    let usage = c.usage(Scope::everything()).await.expect("usage")[0];
    assert_eq!((usage.segments, usage.oldest), (7, Some(at(3))));
    assert_eq!(room.gaps().await, [(0, Some(3), GapCause::Retention)]);
    let next = vec![(room.main, at(3))];
    c.doom(next.clone(), "age").await.expect("doom");
    c.forget_doomed(next).await.expect("forget");
    assert_eq!(room.gaps().await, [(0, Some(4), GapCause::Retention)], "one row that moves on");
    let mut conn = super::super::open::connect_reader(&room.path()).await.expect("connection");
    let log: Vec<(i64, i64, i64, String)> =
        sqlx::query_as("select from_90k, to_90k, segments, reason from deletion_log")
            .fetch_all(&mut conn)
            .await
            .expect("log");
    assert_eq!(log, [(at(0).0, at(4).0, 4, "age".to_owned())]);
    assert!(c.audit_stream(room.main).await.expect("audit").is_sound());
}

#[tokio::test]
async fn held_footage_is_never_doomed() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 0, 4);
    let (both, one) =
        (marks::lock(&room, TimeRange::new(at(1) + 1, at(2) + 1)), marks::lock(&room, minutes(1, 2)));
    c.add_lock(Scope::everything(), both.clone()).await.expect("lock");
    c.add_lock(Scope::everything(), one.clone()).await.expect("lock");
    let all: Vec<_> = (0..4).map(|m| (room.main, at(m))).collect();
    assert_eq!(starts(&oldest(&room, room.main, room.volume, 9).await), [at(0), at(3)]);
    assert_eq!(starts(&c.doom(all.clone(), "full").await.expect("doom")), [at(0), at(3)]);
    assert!(c.remove_lock(Scope::everything(), both.id).await.expect("remove"));
    assert!(!c.remove_lock(Scope::everything(), both.id).await.expect("remove"), "a lock goes once");
    assert_eq!(starts(&c.doom(all, "full").await.expect("doom")), [at(2)], "minute 1 was held twice");
    // Not by code alone: the database refuses.
    let mut conn = super::super::open::connect_writer(&room.path()).await.expect("connection");
    for sql in ["update segment set state = 3", "delete from segment where holds > 0"] {
        let refused = sqlx::query(sql).execute(&mut conn).await.expect_err("refused");
        assert!(refused.to_string().contains("held"), "{refused}");
    }
    assert!(c.remove_lock(Scope::everything(), one.id).await.expect("remove"));
    let refused =
        sqlx::query("delete from segment where state = 1").execute(&mut conn).await.expect_err("refused");
    assert!(refused.to_string().contains("not doomed"), "{refused}");
}

#[tokio::test]
async fn the_oldest_of_a_volume_are_found_among_others() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let second = VolumeId::fresh(at(0));
    let new =
        NewVolume { id: second, path: "/srv/second".into(), group: "default".into(), budget_bytes: Some(9) };
    c.put_volume(new).await.expect("volume");
    room.record(room.main, 0, 5);
    room.record(room.sub, 2, 5);
    for m in [5, 7, 9] {
        for stream in [room.main, room.sub] {
            let mut segment = room.sealed(stream, minutes(m, m + 1));
            segment.new.volume = second;
            c.seal_segment(segment);
        }
        c.seal_segment(room.sealed(room.main, minutes(m + 1, m + 2)));
    }
    room.flush().await;
    let mut found = oldest(&room, room.main, second, 2).await;
    assert_eq!(starts(&found), [at(5), at(7)]);
    let from = c.oldest_segments(room.main, second, at(5) + 1, 9).await.expect("oldest");
    assert_eq!(starts(&from), [at(7), at(9)]);
    found.extend(oldest(&room, room.sub, second, 1).await);
    let keys: Vec<_> = found.iter().map(|s| (s.stream, s.start)).collect();
    c.doom(keys.clone(), "volume_full").await.expect("doom");
    assert_eq!(c.doomed_segments(room.volume, 9).await.expect("doomed"), [], "they lie on the other");
    c.forget_doomed(keys).await.expect("forget");
    let usage = c.usage(Scope::everything()).await.expect("usage");
    let of = |stream, volume| usage.iter().find(|u| u.stream == stream && u.volume == volume).expect("usage");
    assert_eq!((of(room.main, second).oldest, of(room.main, second).segments), (Some(at(9)), 1));
    assert_eq!((of(room.sub, second).oldest, of(room.main, room.volume).oldest), (Some(at(7)), Some(at(0))));
    assert_eq!(of(room.main, room.volume).segments, 8);
    assert_eq!(starts(&oldest(&room, room.sub, room.volume, 100).await), [at(2), at(3), at(4)]);
}

#[tokio::test]
async fn growing_files_count_on_their_volume() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let mut growing = GrowingSegment {
        id: SegmentId::fresh(at(0)),
        start: at(0),
        duration: 10 * TICKS_PER_SECOND,
        bytes: 5000,
        volume: room.volume,
        run: 1,
        parameters_hash: hash(7),
        first_offset: 800,
        frag_index: Bytes::new(),
    };
    c.growing().put(room.main, growing.clone());
    (growing.duration, growing.bytes) = (1, 300);
    c.growing().put(room.sub, growing);
    let load = |c: &Catalogue| c.growing().loads().get(&room.volume).copied().unwrap_or_default();
    assert_eq!(load(c), Load { bytes: 5300, bytes_per_second: 800 });
    c.seal_segment(room.sealed(room.main, minutes(0, 1)));
    assert_eq!(load(c).bytes_per_second, 300);
    room.flush().await;
    assert_eq!(load(c), Load { bytes: 300, bytes_per_second: 300 }, "rows count it now");
}

#[tokio::test]
async fn an_audit_finds_what_is_wrong() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 0, 5);
    c.put_gap(room.main, minutes(5, 7), GapCause::CameraLost);
    room.record(room.main, 7, 9);
    c.open_gap(room.main, at(9), GapCause::CameraLost);
    room.flush().await;
    let audit = c.audit_stream(room.main).await.expect("audit");
    assert!(audit.is_sound(), "{audit:?}");
    for thorough in [false, true] {
        assert_eq!(c.check_file(thorough).await.expect("check"), Vec::<String>::new());
    }
    assert_eq!(
        (audit.segments, audit.gaps, audit.recorded_ticks, audit.gap_ticks),
        (7, 2, 7 * MINUTE, 2 * MINUTE)
    );
    assert_eq!((audit.first, audit.last), (Some(at(0)), Some(at(9))));
    let mut conn = super::super::open::connect_writer(&room.path()).await.expect("connection");
    for sql in [
        "delete from gap where to_90k is not null",
        "update segment set duration_90k = duration_90k + 90000 where start_90k = (select min(start_90k) from segment)",
        "update gap set from_90k = from_90k - 90000 where to_90k is null",
    ] {
        sqlx::query(sql).execute(&mut conn).await.expect("damage");
    }
    let audit = c.audit_stream(room.main).await.expect("audit");
    assert_eq!(audit.overlaps, [TimeRange::new(at(1), at(1) + TICKS_PER_SECOND)]);
    assert_eq!(audit.uncovered, [minutes(5, 7)]);
    assert_eq!(audit.contradictions, [TimeRange::new(at(9) - TICKS_PER_SECOND, at(9))]);
}
