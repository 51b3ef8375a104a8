//! How minutes lie in the motion file: bundled, on their own, of an older lanewatch, dropped, damaged.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;

use sqlx::{Connection, SqliteConnection};

use super::tests::{block, brute_force, file, second};
use super::*;
use crate::base::{Cells, EventId};
use crate::catalogue::tests::{Room, at, minutes};
use crate::catalogue::{Activity, Catalogue, Picture, PictureSize, Scope};

const DAY: i64 = 1440;

/// Rows of a table.
async fn rows(room: &Room, table: &str) -> i64 {
    let mut conn = connect(&file(room)).await.expect("connection");
    let count = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut conn).await.expect("counted")
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(conn).await.expect("done");
}

/// Somebody passes in each minute of a stretch.
async fn pass(room: &Room, stretch: std::ops::Range<i64>, cells: Cells) -> BTreeMap<i64, Cells> {
    let mut all = BTreeMap::new();
    for minute in stretch {
        for n in minute * 60 + 10..minute * 60 + 14 {
            room.moved(n, cells);
            all.insert(n, cells);
        }
        // No more than the file's queue holds.
        if minute % 100 == 0 {
            room.flush().await;
        }
    }
    room.flush().await;
    all
}

fn activity(all: &BTreeMap<i64, Cells>) -> Vec<Activity> {
    all.iter().map(|(n, cells)| Activity { at: second(*n), cells: *cells }).collect()
}

#[tokio::test]
async fn minutes_become_bundles_of_four_hours_and_late_ones_join_them() {
    let mut room = Room::new().await;
    let (here, there) = (block(4, 8, 3, 5), block(20, 0, 2, 2));
    // Bundles begin at 3, 7, 11, 15, 19 and 23 o'clock here.
    let mut all = pass(&room, 180..DAY, here).await;
    assert_eq!(
        (rows(&room, "bundle").await, rows(&room, "activity").await),
        (5, 59),
        "the last is in memory"
    );
    // They come late, in a minute that is bundled, and in one in which nothing had moved.
    for n in [600 * 60 + 11, 600 * 60 + 40, 601 * 60 + 50] {
        room.moved(n, there);
        let known = all.entry(n).or_default();
        *known = *known | there;
    }
    let day = minutes(0, 2 * DAY);
    let check = async |room: &Room, all: &BTreeMap<i64, Cells>, what: &str| {
        for region in [here, there, here | there] {
            let found = room.found(day, region, 4).await;
            assert_eq!(found, brute_force(all, day, region, 4), "{what}");
        }
        assert_eq!(
            room.catalogue.activity(Scope::everything(), room.camera.id, day).await.expect("read"),
            activity(all),
            "{what}"
        );
    };
    check(&room, &all, "in memory").await;
    room.restart().await;
    check(&room, &all, "on their own").await;
    let before = rows(&room, "bundle").await;
    for minute in DAY + 180..DAY + 184 {
        all.extend(pass(&room, minute..minute + 1, here).await);
        check(&room, &all, "on the way").await;
    }
    room.restart().await;
    assert_eq!((rows(&room, "bundle").await, rows(&room, "activity").await), (before + 1, 4));
    check(&room, &all, "bundled").await;
    let audit = room.catalogue.audit_motion().await.expect("there is a file");
    assert_eq!((audit.minutes, audit.unreadable, audit.wrong), (DAY as u64 - 180 + 4, 0, vec![]));
}

#[tokio::test]
async fn seconds_of_which_parts_lie_in_different_places_count_as_one() {
    let mut room = Room::new().await;
    let (left, right) = (block(4, 8, 2, 1), block(6, 8, 2, 1));
    room.moved(10, left);
    room.restart().await;
    // With the second of these its bundle is written, and something comes for it before its row is dropped.
    for n in [5 * 3600, 70, 5 * 3600 + 60, 5 * 3600 + 120, 5 * 3600 + 180, 5 * 3600 + 240] {
        room.moved(n, right);
        room.flush().await;
        assert_eq!(
            room.found(minutes(0, 60), left | right, 2).await.len(),
            if n == 5 * 3600 { 1 } else { 2 }
        );
    }
    assert_eq!((rows(&room, "bundle").await, rows(&room, "activity").await), (1, 4));
    // The second half of the second comes after it.
    room.moved(10, right);
    let found = room.found(minutes(0, 60), left | right, 4).await;
    assert_eq!(found.iter().map(|hit| hit.cells).collect::<Vec<_>>(), [4]);
    room.restart().await;
    assert_eq!(room.found(minutes(0, 60), left | right, 4).await, found);
}

#[tokio::test]
async fn a_file_of_minutes_only_is_read_and_bundled_bit_by_bit() {
    let mut room = Room::new().await;
    let here = block(4, 8, 3, 5);
    let all = pass(&room, 180..181, here).await;
    room.catalogue.close().await;
    // As the version before left it: a day of minutes.
    let mut conn = connect(&file(&room)).await.expect("connection");
    let minute: (i64, i64, i64, Vec<u8>) = sqlx::query_as("select key, fold, peak, packed from activity")
        .fetch_one(&mut conn)
        .await
        .expect("one");
    for n in 1..DAY {
        let insert = sqlx::query("insert into activity (key, fold, peak, packed) values (?1, ?2, ?3, ?4)");
        let insert = insert.bind(minute.0 + n).bind(minute.1).bind(minute.2).bind(minute.3.clone());
        insert.execute(&mut conn).await.expect("inserted");
    }
    execute(
        &mut conn,
        "drop table bundle; create index activity_fold on activity (key, fold, peak); pragma user_version = 1;",
    )
    .await;
    conn.close().await.expect("closed");
    let mut all: BTreeMap<i64, Cells> =
        (0..DAY).flat_map(|n| all.iter().map(move |(second, cells)| (second + n * 60, *cells))).collect();
    // A tool beside it changes nothing, and says why it cannot read it.
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("opens");
    assert!(tool.motion_trouble().is_some_and(|why| why.contains("another version")));
    let audit = tool.audit_motion().await.expect("there is a file");
    assert_eq!((audit.version, audit.minutes, audit.wrong), (1, DAY as u64, vec![]));
    tool.close().await;
    room.tasks = crate::base::Tasks::new();
    room.restart().await;
    assert_eq!(room.catalogue.motion_trouble(), None);
    let week = minutes(0, 7 * DAY);
    assert_eq!(room.found(week, here, 0).await, brute_force(&all, week, here, 0));
    let next = 2 * DAY + 180;
    for n in 0..8 {
        all.extend(pass(&room, next + n..next + n + 1, here).await);
        assert_eq!(room.found(week, here, 0).await, brute_force(&all, week, here, 0), "{n}");
    }
    room.restart().await;
    assert_eq!((rows(&room, "bundle").await, rows(&room, "activity").await), (6, 8), "all that is complete");
    assert_eq!(room.found(week, here, 0).await, brute_force(&all, week, here, 0));
}

#[tokio::test]
async fn what_is_dropped_makes_room_for_what_comes() {
    let room = Room::new().await;
    let pages = async || {
        let mut conn = connect(&file(&room)).await.expect("connection");
        let pages: i64 = sqlx::query_scalar("pragma page_count").fetch_one(&mut conn).await.expect("pages");
        pages
    };
    let day = async |n: i64| {
        pass(&room, n * DAY..(n + 1) * DAY, Cells::ALL).await;
        let jpeg = [&[0xFF, 0xD8, 0xFF][..], &[0; 200_000]].concat().into();
        let picture = Picture { at: at(n * DAY), jpeg };
        let event = EventId::fresh(at(n * DAY));
        room.catalogue.put_picture(event, room.camera.id, PictureSize::Large, picture).expect("kept");
        room.flush().await;
    };
    let forget = async |to: i64| {
        let gone = vec![TimeRange::new(at(-DAY), at(to))];
        while room.catalogue.inner.motion.forget(room.camera.id, gone.clone(), 3).await.expect("dropped") > 0
        {
        }
    };
    for n in 0..3 {
        day(n).await;
    }
    let full = pages().await;
    for n in 3..9 {
        forget((n - 2) * DAY).await;
        assert!(
            room.found(minutes(0, (n - 2) * DAY - 240), Cells::ALL, 0).await.is_empty(),
            "cells of day {n}"
        );
        day(n).await;
        assert!(room.found(minutes((n - 1) * DAY, n * DAY), Cells::ALL, 0).await.len() > 100);
    }
    let later = pages().await;
    // One bundle more or less may be on its way out.
    assert!(later <= full + full / 10, "{full} pages for three days, {later} after nine");
}

/// Overwrites the file from a position on.
fn damage(room: &Room, from: u64, bytes: usize) {
    let file = std::fs::OpenOptions::new().write(true).open(file(room)).expect("file");
    file.write_all_at(&vec![0x55; bytes], from).expect("damage");
}

/// Files that were set aside, without those that SQLite keeps beside them.
fn set_aside(room: &Room) -> usize {
    let all = std::fs::read_dir(room.folder.path()).expect("folder");
    let names = all.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.contains("damaged") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        .count()
}

#[tokio::test]
async fn damage_that_a_search_meets_is_set_aside_while_everything_goes_on() {
    let mut room = Room::new().await;
    pass(&room, 0..DAY, Cells::ALL).await;
    room.catalogue.close().await;
    // Behind the tables' roots, in the cells.
    let length = std::fs::metadata(file(&room)).expect("file").len();
    damage(&room, 128 << 10, length as usize - (128 << 10));
    room.restart().await;
    assert_eq!(room.catalogue.motion_trouble(), None, "it opens");
    let audit = room.catalogue.audit_motion().await.expect("there is a file");
    assert!(!audit.wrong.is_empty());
    let mut search =
        room.catalogue.search_motion(Scope::everything(), room.camera.id, minutes(0, DAY), Cells::ALL, 0);
    let failed = async {
        while search.next().await?.is_some() {}
        Ok::<_, crate::base::Error>(())
    };
    assert_eq!(failed.await.expect_err("damaged").kind(), Kind::Corrupt);
    room.moved(2 * 86_400, Cells::ALL);
    room.moved(2 * 86_400 + 60, Cells::ALL);
    room.record(room.main, 0, 3);
    room.flush().await;
    assert_eq!((set_aside(&room), room.catalogue.motion_trouble()), (1, None));
    assert_eq!(room.found(minutes(0, 4 * DAY), Cells::ALL, 0).await.len(), 2, "a new one is begun");
    assert_eq!(room.spans().await, [(0, 3)]);
}

#[tokio::test]
async fn a_bundle_that_cannot_be_read_hides_no_other() {
    let mut room = Room::new().await;
    let all = pass(&room, 180..DAY, Cells::ALL).await;
    room.catalogue.close().await;
    let mut conn = connect(&file(&room)).await.expect("connection");
    execute(&mut conn, "update bundle set packed = x'ff' where key = (select min(key) from bundle)").await;
    execute(
        &mut conn,
        "update activity set packed = substr(packed, 1, length(packed) - 1) where key = (select max(key) from activity)",
    )
    .await;
    conn.close().await.expect("closed");
    room.tasks = crate::base::Tasks::new();
    room.restart().await;
    let day = minutes(0, DAY);
    // Its first four hours, and the last second of the last minute.
    let last = *all.keys().next_back().expect("some");
    let left = all.into_iter().filter(|(n, _)| *n >= 420 * 60 && *n != last).collect();
    assert_eq!(room.found(day, Cells::ALL, 0).await, brute_force(&left, day, Cells::ALL, 0));
    assert_eq!(
        room.catalogue.activity(Scope::everything(), room.camera.id, day).await.expect_err("not all").kind(),
        Kind::Corrupt
    );
    let audit = room.catalogue.audit_motion().await.expect("there is a file");
    assert_eq!((audit.unreadable, audit.wrong.len()), (1, 1));
    assert_eq!(set_aside(&room), 0, "the file itself is sound");
}

#[tokio::test]
async fn what_is_no_motion_file_is_set_aside_and_a_newer_one_is_left_alone() {
    let mut room = Room::new().await;
    room.catalogue.close().await;
    let mut conn = connect(&file(&room)).await.expect("connection");
    execute(&mut conn, "pragma user_version = 99").await;
    conn.close().await.expect("closed");
    room.tasks = crate::base::Tasks::new();
    room.restart().await;
    assert!(room.catalogue.motion_trouble().is_some_and(|why| why.contains("newer lanewatch")));
    assert_eq!(set_aside(&room), 0);
    let audit = room.catalogue.audit_motion().await.expect("there is a file");
    assert_eq!((audit.version, audit.wrong.len()), (99, 1));
    room.catalogue.close().await;
    damage(&room, 0, 100_000);
    let audit = room.catalogue.audit_motion().await.expect("there is a file");
    assert_eq!(audit.wrong.len(), 1);
    room.restart().await;
    assert_eq!((set_aside(&room), room.catalogue.motion_trouble()), (1, None));
}
