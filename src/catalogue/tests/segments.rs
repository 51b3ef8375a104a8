use super::*;

#[tokio::test]
async fn a_segment_goes_from_growing_over_sealed_to_a_row() {
    let room = Room::new().await;
    let (c, stream) = (&room.catalogue, room.main);
    let sealed = room.sealed(stream, minutes(10, 11));
    c.begin_segment(sealed.new.clone());
    room.flush().await;
    assert!(
        c.segments(Scope::everything(), stream, minutes(0, 60), 10).await.expect("list").is_empty(),
        "an open row alone is no footage"
    );
    let growing = GrowingSegment {
        id: sealed.new.id,
        start: at(10),
        duration: MINUTE / 2,
        bytes: 500,
        volume: room.volume,
        run: 1,
        parameters_hash: hash(7),
        first_offset: 800,
        frag_index: Bytes::from_static(b"half"),
    };
    c.growing().put(stream, growing);
    let listed = c.segments(Scope::everything(), stream, minutes(0, 60), 10).await.expect("list");
    assert_eq!((listed.len(), listed[0].duration, listed[0].is_complete()), (1, MINUTE / 2, false));
    assert_eq!(c.newest(Scope::everything(), stream).await.expect("newest"), Some(at(10) + MINUTE / 2));
    assert_eq!(
        c.segment(Scope::everything(), sealed.new.id).await.expect("by id").map(|s| s.bytes),
        Some(500)
    );

    c.seal_segment(sealed.clone());
    let unsettled = c.segments(Scope::everything(), stream, minutes(0, 60), 10).await.expect("list");
    assert_eq!((unsettled.len(), unsettled[0].duration, unsettled[0].is_complete()), (1, MINUTE, true));
    room.flush().await;
    let settled = c.segments(Scope::everything(), stream, minutes(0, 60), 10).await.expect("list");
    assert_eq!(settled, unsettled, "the row says what was shown before");
    assert_eq!(settled[0].frag_index, sealed.frag_index);
    assert_eq!(settled[0].chain_hash, Some([3; 32]));
    assert_eq!((settled[0].volume, settled[0].parameters_hash), (room.volume, hash(7)));
    let reached = c.growing().reaches(stream);
    assert_eq!(
        reached,
        Some(at(10) + MINUTE / 2),
        "a stream is recorded also before its next file has begun"
    );
    assert_eq!(
        c.segment(Scope::everything(), sealed.new.id).await.expect("by id").as_ref(),
        Some(&settled[0])
    );
}

#[tokio::test]
async fn a_list_begins_with_the_segment_that_contains_its_start() {
    let room = Room::new().await;
    room.record(room.main, 0, 10);
    room.record(room.sub, 0, 10);
    room.flush().await;
    let range = TimeRange::new(at(3) + 1, at(7));
    let list = room.catalogue.segments(Scope::everything(), room.main, range, 100).await.expect("list");
    assert_eq!(list.iter().map(|s| s.start).collect::<Vec<_>>(), [at(3), at(4), at(5), at(6)]);
    let page = room.catalogue.segments(Scope::everything(), room.main, range, 2).await.expect("page");
    let rest = TimeRange::new(page[1].end(), range.to);
    let next = room.catalogue.segments(Scope::everything(), room.main, rest, 2).await.expect("page");
    assert_eq!((page[1].start, next[0].start, next[1].start), (at(4), at(5), at(6)));
    assert!(
        room.catalogue
            .segments(Scope::everything(), room.main, minutes(20, 30), 9)
            .await
            .expect("list")
            .is_empty()
    );
}

#[tokio::test]
async fn sealing_twice_counts_once_and_a_missing_open_row_is_made() {
    let room = Room::new().await;
    let segment = room.sealed(room.main, minutes(0, 1));
    room.catalogue.seal_segment(segment.clone());
    room.catalogue.seal_segment(segment.clone());
    room.flush().await;
    let usage = room.catalogue.usage(Scope::everything()).await.expect("usage");
    assert_eq!((usage.len(), usage[0].segments, usage[0].bytes), (1, 1, segment.bytes));
    let other = room.sealed(room.main, minutes(0, 1));
    room.catalogue.seal_segment(other);
    room.flush().await;
    let listed =
        room.catalogue.segments(Scope::everything(), room.main, minutes(0, 9), 9).await.expect("list");
    assert_eq!(
        listed.iter().map(|s| s.id).collect::<Vec<_>>(),
        [segment.new.id],
        "a second file of this start is refused"
    );
    let shorter =
        SealedSegment { duration: MINUTE / 2, bytes: 77, state: SegmentState::Recovered, ..segment };
    room.catalogue.seal_segment(shorter);
    room.flush().await;
    let usage = room.catalogue.usage(Scope::everything()).await.expect("usage");
    assert_eq!((usage[0].segments, usage[0].bytes, usage[0].oldest), (1, 77, Some(at(0))));
    let day = room.catalogue.zone().day_of(at(0));
    let days = room.catalogue.days(Scope::everything(), &[room.main], day, day + 1).await.expect("days");
    assert_eq!(days[0].seconds(), 30);
}

#[tokio::test]
async fn a_restart_finds_what_is_open_and_recovers_it() {
    let mut room = Room::new().await;
    room.record(room.main, 0, 3);
    let open = room.new_segment(room.main, at(3));
    room.catalogue.begin_segment(open.clone());
    let dropped = room.new_segment(room.sub, at(0));
    room.catalogue.begin_segment(dropped.clone());
    let first_boot = room.catalogue.boot();
    room.restart().await;
    assert_eq!(room.catalogue.boot(), first_boot + 1);
    let before = room.catalogue.previous_boot().await.expect("boot").expect("there is one");
    assert_eq!((before.id, before.ended), (first_boot, Some(at(0))));
    // Recording goes on while recovery has not looked yet: nothing is claimed for the unknown stretch.
    room.record(room.main, 10, 12);
    room.flush().await;
    assert_eq!(room.spans().await, [(0, 3), (10, 12)]);
    let unfinished = room.catalogue.unfinished_segments().await.expect("unfinished");
    assert_eq!(unfinished.iter().map(|s| s.id).collect::<Vec<_>>(), [open.id, dropped.id]);
    assert!(unfinished.iter().all(|s| s.boot == first_boot && s.state == SegmentState::Open));
    let recovered =
        SealedSegment { new: open, state: SegmentState::Recovered, ..room.sealed(room.main, minutes(3, 5)) };
    room.catalogue.seal_segment(recovered);
    room.catalogue.drop_open_segment(room.sub, at(0));
    room.catalogue.put_gap(room.main, minutes(5, 10), GapCause::LostInCrash);
    room.flush().await;
    assert!(room.catalogue.unfinished_segments().await.expect("unfinished").is_empty());
    assert_eq!(room.spans().await, [(0, 5), (10, 12)]);
    assert_eq!(room.gaps().await, [(5, Some(10), GapCause::LostInCrash)]);
    let listed =
        room.catalogue.segments(Scope::everything(), room.main, minutes(3, 4), 10).await.expect("list");
    assert_eq!((listed[0].state, listed[0].boot), (SegmentState::Recovered, first_boot));
    assert!(room.catalogue.audit_stream(room.main).await.expect("audit").is_sound());
}

#[tokio::test]
async fn parameters_may_come_after_their_first_segment() {
    let room = Room::new().await;
    room.record(room.main, 0, 1);
    room.flush().await;
    assert_eq!(room.catalogue.parameters(hash(7)).await.expect("read"), None);
    let parameters = Parameters {
        hash: hash(7),
        mime: "video/mp4; codecs=\"avc1.640028\"".into(),
        codec: "avc1.640028".into(),
        width: 1920,
        height: 1080,
        init: Bytes::from_static(b"ftyp"),
    };
    room.catalogue.put_parameters(parameters.clone());
    room.catalogue.put_parameters(parameters.clone());
    room.flush().await;
    assert_eq!(room.catalogue.parameters(hash(7)).await.expect("read"), Some(parameters));
}

#[tokio::test]
async fn days_count_each_minute_and_take_deletions_back() {
    let room = Room::new().await;
    let half = TimeRange::new(at(1) + MINUTE / 4, at(1) + MINUTE / 2);
    room.record(room.main, 0, 1);
    room.catalogue.seal_segment(room.sealed(room.main, half));
    room.catalogue.seal_segment(room.sealed(room.main, TimeRange::new(at(1) + MINUTE / 2, at(3))));
    room.record(room.main, 1439, 1442);
    room.flush().await;
    let day = room.catalogue.zone().day_of(at(0));
    let days = room
        .catalogue
        .days(Scope::everything(), &[room.main, room.sub], day - 5, day + 5)
        .await
        .expect("days");
    assert_eq!(
        days.iter().map(|d| (d.stream, d.day, d.seconds())).collect::<Vec<_>>(),
        [(room.main, day, 60 + 45 + 60 + 60), (room.main, day + 1, 120)]
    );
    assert_eq!((days[0].coverage.len(), &days[0].coverage[..4]), (1440, &[60, 45, 60, 0][..]));
    let doomed = vec![(room.main, half.from), (room.main, at(1440)), (room.main, at(1441))];
    room.catalogue.doom(doomed.clone(), "age").await.expect("doom");
    room.catalogue.forget_doomed(doomed).await.expect("forget");
    let days = room.catalogue.days(Scope::everything(), &[room.main], day - 5, day + 5).await.expect("days");
    assert_eq!(days.iter().map(|d| (d.day, d.seconds())).collect::<Vec<_>>(), [(day, 60 + 30 + 60 + 60)]);
}

#[tokio::test]
async fn another_zone_makes_the_days_anew() {
    let mut room = Room::new().await;
    room.record(room.main, 0, 1440);
    room.catalogue.close().await;
    let utc: Zone = "Etc/UTC".parse().expect("zone");
    room.catalogue =
        Catalogue::open(&room.path(), room.clock.clone(), utc, &room.tasks).await.expect("opens");
    let day = utc.day_of(at(0));
    let days = room.catalogue.days(Scope::everything(), &[room.main], day - 2, day + 5).await.expect("days");
    assert_eq!(
        days.iter().map(|d| (d.day, d.seconds())).collect::<Vec<_>>(),
        [(day, 7 * 3600), (day + 1, 17 * 3600)]
    );
    room.catalogue.close().await;
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("opens");
    assert_eq!(tool.zone(), utc);
}

/// Lists travel from SQLite as one text and one blob: no byte may be lost or change its place.
#[tokio::test]
async fn every_byte_of_an_index_comes_back() {
    let room = Room::new().await;
    let given: Vec<SealedSegment> = (0..40)
        .map(|m| SealedSegment {
            frag_index: (0..m * 37).map(|n| (n * 7 + m) as u8).collect(),
            chain_hash: std::array::from_fn(|n| if m % 2 == 0 { 0 } else { 255 - n as u8 }),
            bytes: (1 << 40) + m,
            ..room.sealed(room.main, minutes(m, m + 1))
        })
        .collect();
    given.iter().for_each(|segment| assert!(room.catalogue.seal_segment(segment.clone())));
    room.flush().await;
    let list =
        room.catalogue.segments(Scope::everything(), room.main, minutes(0, 60), 100).await.expect("list");
    let rows = room.catalogue.segments_after(room.main, Ticks(i64::MIN), 100).await.expect("rows");
    assert_eq!(list, rows, "both ways of reading agree");
    assert_eq!(list.len(), given.len());
    for (got, given) in list.iter().zip(&given) {
        assert_eq!((got.id, got.bytes, got.chain_hash), (given.new.id, given.bytes, Some(given.chain_hash)));
        assert_eq!(got.frag_index, given.frag_index);
    }
}
