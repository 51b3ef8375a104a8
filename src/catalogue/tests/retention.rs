use super::*;

fn starts(segments: &[Doomed]) -> Vec<Ticks> {
    segments.iter().map(|s| s.start).collect()
}

#[tokio::test]
async fn deletion_goes_by_doom_and_forget() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 0, 10);
    room.flush().await;
    let oldest = c.oldest_segments(Scope::Stream(room.main), 3).await.expect("oldest");
    assert_eq!(starts(&oldest), [at(0), at(1), at(2)]);
    let keys: Vec<_> = oldest.iter().map(|s| (s.stream, s.start)).collect();
    assert_eq!(c.doom(keys.clone(), "age").await.expect("doom"), oldest);
    assert!(c.doom(keys.clone(), "age").await.expect("doom").is_empty(), "doomed already");
    assert_eq!(room.spans().await, [(3, 10)], "doomed is no footage");
    assert_eq!(c.oldest(room.main).await.expect("oldest"), Some(at(3)));
    assert_eq!(c.segment(oldest[0].id).await.expect("by id"), None);
    assert_eq!(c.unfinished_segments().await.expect("unfinished").len(), 3);
    assert_eq!(c.usage().await.expect("usage")[0].segments, 10, "files are still there");
    assert_eq!(c.forget_doomed(keys.clone()).await.expect("forget"), 3);
    assert_eq!(c.forget_doomed(keys).await.expect("forget"), 0);
    let usage = c.usage().await.expect("usage")[0];
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
    assert_eq!(c.hold(room.main, TimeRange::new(at(1) + 1, at(2) + 1)).await.expect("hold"), 2);
    assert_eq!(c.hold(room.main, minutes(1, 2)).await.expect("hold"), 1);
    let all: Vec<_> = (0..4).map(|m| (room.main, at(m))).collect();
    assert_eq!(
        starts(&c.oldest_segments(Scope::Stream(room.main), 9).await.expect("oldest")),
        [at(0), at(3)]
    );
    assert_eq!(starts(&c.doom(all.clone(), "full").await.expect("doom")), [at(0), at(3)]);
    c.release(room.main, minutes(1, 3)).await.expect("release");
    assert_eq!(starts(&c.doom(all, "full").await.expect("doom")), [at(2)], "minute 1 was held twice");
    // Not by code alone: the database refuses.
    let mut conn = super::super::open::connect_writer(&room.path()).await.expect("connection");
    for sql in ["update segment set state = 3", "delete from segment where holds > 0"] {
        let refused = sqlx::query(sql).execute(&mut conn).await.expect_err("refused");
        assert!(refused.to_string().contains("held"), "{refused}");
    }
    c.release(room.main, minutes(1, 2)).await.expect("release");
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
    let found = c.oldest_segments(Scope::Volume(second), 3).await.expect("oldest");
    assert_eq!(
        found.iter().map(|s| (s.stream, s.start)).collect::<Vec<_>>(),
        [(room.main, at(5)), (room.sub, at(5)), (room.main, at(7))]
    );
    let keys: Vec<_> = found.iter().map(|s| (s.stream, s.start)).collect();
    c.doom(keys.clone(), "full").await.expect("doom");
    c.forget_doomed(keys).await.expect("forget");
    let usage = c.usage().await.expect("usage");
    let of = |stream, volume| usage.iter().find(|u| u.stream == stream && u.volume == volume).expect("usage");
    assert_eq!((of(room.main, second).oldest, of(room.main, second).segments), (Some(at(9)), 1));
    assert_eq!((of(room.sub, second).oldest, of(room.main, room.volume).oldest), (Some(at(7)), Some(at(0))));
    assert_eq!(of(room.main, room.volume).segments, 8);
    let found = c.oldest_segments(Scope::Volume(room.volume), 100).await.expect("oldest");
    assert_eq!(found.len(), 11);
    assert!(found.is_sorted_by_key(|s| s.start));
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
