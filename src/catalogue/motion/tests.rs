//! The motion file: searching, what waits for it, damage.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use proptest::prelude::*;
use sqlx::{Executor, SqlSafeStr};

use super::*;
use crate::base::{COLUMNS, Cells, EventId, ROWS};
use crate::catalogue::Scope;
use crate::catalogue::tests::{Room, at, minutes};
use crate::catalogue::{Activity, Catalogue, MotionHit};

/// Any set of cells, mostly small ones.
pub(super) fn cells() -> impl Strategy<Value = Cells> {
    let cell = (0..COLUMNS, 0..ROWS);
    proptest::collection::vec(cell, 0..12).prop_map(|cells| {
        let mut set = Cells::NONE;
        cells.into_iter().for_each(|(column, row)| set.set(column, row));
        set
    })
}

/// A rectangle of cells.
pub(super) fn block(column: usize, row: usize, width: usize, height: usize) -> Cells {
    let mut set = Cells::NONE;
    (column..column + width)
        .flat_map(|c| (row..row + height).map(move |r| (c, r)))
        .for_each(|(c, r)| set.set(c, r));
    set
}

pub(super) fn second(n: i64) -> Ticks {
    at(0) + n * TICKS_PER_SECOND
}

pub(super) fn seconds(from: i64, to: i64) -> TimeRange {
    TimeRange::new(second(from), second(to))
}

pub(super) fn file(room: &Room) -> PathBuf {
    file_of(&room.path())
}

impl Room {
    pub(super) fn moved(&self, n: i64, cells: Cells) {
        self.catalogue.add_activity(self.camera.id, second(n), cells);
    }

    pub(super) async fn found(&self, range: TimeRange, region: Cells, least: u32) -> Vec<MotionHit> {
        let mut search =
            self.catalogue.search_motion(Scope::everything(), self.camera.id, range, region, least);
        let (mut hits, mut until) = (Vec::new(), range.to);
        while let Some(found) = search.next().await.expect("read") {
            assert!(found.scanned_until < until, "each reading gets further");
            until = found.scanned_until;
            assert!(found.hits.iter().all(|hit| hit.range.to > until), "what is told lies in what was read");
            hits.extend(found.hits);
        }
        assert_eq!(until, range.from, "all was read");
        hits
    }
}

/// The same, from the seconds themselves, without any index.
pub(super) fn brute_force(
    all: &BTreeMap<i64, Cells>,
    range: TimeRange,
    region: Cells,
    least: u32,
) -> Vec<MotionHit> {
    let mut hits: Vec<MotionHit> = Vec::new();
    for (n, cells) in all.iter().rev() {
        let second = seconds(*n, n + 1);
        let count = (*cells & region).count();
        if second.overlap(range).is_none() || count < least.max(1) {
            continue;
        }
        match hits.last_mut() {
            Some(hit)
                if hit.range.from - second.to <= 5 * TICKS_PER_SECOND
                    && hit.range.to - second.from <= 60 * MINUTE =>
            {
                hit.range.from = second.from;
                // Of equal seconds the newest is told.
                if count > hit.cells {
                    (hit.best, hit.cells) = (second.from, count);
                }
            }
            _ => hits.push(MotionHit { range: second, best: second.from, cells: count }),
        }
    }
    hits
}

#[derive(Clone, Debug)]
struct Case {
    /// Start and length of each stretch of motion, and what moves in it.
    stretches: Vec<(i64, i64, Cells)>,
    range: (i64, i64),
    region: Cells,
    least: u32,
}

const DAY: i64 = 86_400;

fn case() -> impl Strategy<Value = Case> {
    // Many lie around midnight, where readings meet.
    let start = prop_oneof![0..3 * DAY, (1..3_i64, -20..20_i64).prop_map(|(day, off)| day * DAY + off)];
    let stretch = (start, 1..90_i64, cells());
    let region = prop_oneof![cells(), (0..28_usize, 0..14_usize).prop_map(|(c, r)| block(c, r, 4, 4))];
    (proptest::collection::vec(stretch, 0..25), (0..3 * DAY, 0..3 * DAY), region, 0..4_u32).prop_map(
        |(stretches, (from, length), region, least)| Case {
            stretches,
            range: (from, from + length),
            region,
            least,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_brute_force_finds(cases in proptest::collection::vec(case(), 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let room = Room::new().await;
            let mut all: BTreeMap<i64, Cells> = BTreeMap::new();
            for case in &cases {
                for (from, length, cells) in &case.stretches {
                    for n in *from..from + length {
                        room.moved(n, *cells);
                        let known = all.entry(n).or_default();
                        *known = *known | *cells;
                    }
                    room.flush().await;
                }
                // The last minute is in memory, the others in the file.
                let range = seconds(case.range.0, case.range.1);
                let found = room.found(range, case.region, case.least).await;
                prop_assert_eq!(found, brute_force(&all, range, case.region, case.least));
                let known = room.catalogue.activity(Scope::everything(), room.camera.id, range).await.expect("read");
                let inside = all.iter().filter(|(n, c)| !c.is_empty() && seconds(**n, **n + 1).overlap(range).is_some());
                let inside: Vec<_> = inside.map(|(n, cells)| Activity { at: second(*n), cells: *cells }).collect();
                prop_assert_eq!(known, inside);
            }
            room.catalogue.close().await;
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_tree_that_moves_for_hours_is_told_by_the_hour() {
    let room = Room::new().await;
    let leaf = block(1, 1, 1, 1);
    for minute in 0..150 {
        (0..60).step_by(4).for_each(|second| room.moved(minute * 60 + second, leaf));
        room.flush().await;
    }
    let hits = room.found(minutes(0, 1440), Cells::ALL, 0).await;
    assert_eq!(hits.len(), 3);
    assert!(hits.iter().all(|hit| hit.range.ticks() <= 60 * MINUTE), "{hits:?}");
    assert!(hits.windows(2).all(|pair| pair[1].range.to <= pair[0].range.from), "{hits:?}");
}

#[tokio::test]
async fn every_statement_can_be_prepared_against_a_fresh_file() {
    let folder = tempfile::tempdir().expect("folder");
    let mut conn = connect(&folder.path().join("motion.db")).await.expect("connection");
    for (file, statements) in [
        ("audit", audit::STATEMENTS),
        ("bundling", bundling::STATEMENTS),
        ("picture", picture::STATEMENTS),
        ("read", read::STATEMENTS),
        ("store", store::STATEMENTS),
    ] {
        for (name, sql) in statements {
            let prepared = (&mut conn).prepare((*sql).into_sql_str()).await;
            assert!(prepared.is_ok(), "{file}::{name}: {:?}", prepared.err());
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&mut conn).await.unwrap_or_default();
            for (.., step) in plan {
                let table = ["activity", "bundle", "observed", "picture"]
                    .iter()
                    .find(|t| step == format!("SCAN {t}"));
                assert!(table.is_none() && !step.contains("TEMP B-TREE"), "{file}::{name}: {step}");
            }
        }
    }
}

#[tokio::test]
async fn what_moved_is_found_at_once_and_after_a_restart() {
    let mut room = Room::new().await;
    let (here, there) = (block(4, 8, 3, 5), block(20, 0, 2, 2));
    room.moved(10, here);
    room.moved(11, Cells::NONE);
    room.moved(11, there);
    let day = minutes(0, 1440);
    let hit = MotionHit { range: seconds(10, 11), best: second(10), cells: 15 };
    assert_eq!(room.found(day, here, 0).await, [hit], "from memory");
    assert_eq!(
        room.catalogue.observed(Scope::everything(), room.camera.id, day).await.expect("read"),
        [minutes(0, 1)]
    );
    room.restart().await;
    assert_eq!(room.found(day, here, 15).await, [hit], "from the file");
    assert_eq!(room.found(day, here, 16).await, []);
    // The rest of the minute comes after the restart.
    room.moved(12, here);
    room.moved(130, Cells::NONE);
    room.flush().await;
    let both = MotionHit { range: seconds(10, 13), best: second(12), cells: 15 };
    assert_eq!(room.found(day, here, 0).await, [both]);
    // A tool beside the service reads what is in the file.
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("opens");
    let seconds = tool.activity(Scope::everything(), room.camera.id, day).await.expect("read");
    assert_eq!(seconds.last().map(|a| a.at), Some(second(12)));
    tool.close().await;
    let activity = room.catalogue.activity(Scope::everything(), room.camera.id, day).await.expect("read");
    let each = |(n, cells)| Activity { at: second(n), cells };
    assert_eq!(activity, [(10, here), (11, there), (12, here)].map(each));
    let looked = room.catalogue.observed(Scope::everything(), room.camera.id, day).await.expect("read");
    assert_eq!(
        looked,
        [minutes(0, 1), minutes(2, 3)],
        "nothing moved in the third, and nobody looked in the second"
    );
    assert_eq!(
        room.catalogue.observed_since(Scope::everything(), room.camera.id).await.expect("read"),
        Some(at(0))
    );
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_costs_nothing_else() {
    let mut room = Room::new().await;
    room.moved(10, Cells::ALL);
    room.catalogue.close().await;
    assert_eq!(std::fs::metadata(file(&room)).expect("file").permissions().mode() & 0o777, 0o600);
    let damage = |room: &Room| {
        use std::os::unix::fs::FileExt;
        let file = std::fs::OpenOptions::new().write(true).open(file(room)).expect("file");
        file.write_all_at(&[0x55; 8192], 0).expect("damage");
    };
    damage(&room);
    room.restart().await;
    assert_eq!(room.catalogue.motion_trouble(), None);
    assert_eq!(room.found(minutes(0, 10), Cells::ALL, 0).await, [], "the new file is empty");
    room.moved(70, Cells::ALL);
    room.moved(190, Cells::NONE);
    room.record(room.main, 0, 3);
    room.flush().await;
    assert_eq!(room.found(minutes(0, 10), Cells::ALL, 0).await.len(), 1);
    assert_eq!(room.spans().await, [(0, 3)]);
    let kept = std::fs::read_dir(room.folder.path()).expect("folder");
    let kept = kept.filter(|e| e.as_ref().expect("entry").file_name().to_string_lossy().contains("damaged"));
    assert_eq!(kept.count(), 1, "the old one is still there to be looked at");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_said_and_costs_nothing_else() {
    let mut room = Room::new().await;
    room.catalogue.close().await;
    rustix::fs::chmod(file(&room), rustix::fs::Mode::from_raw_mode(0o644)).expect("chmod");
    room.restart().await;
    assert!(room.catalogue.motion_trouble().is_some_and(|why| why.contains("chmod 600")));
    room.moved(10, Cells::ALL);
    room.moved(70, Cells::NONE);
    room.record(room.main, 0, 3);
    room.flush().await;
    assert_eq!(room.spans().await, [(0, 3)]);
    // What is still in memory is found; the minute that could not be written is lost.
    assert_eq!(room.found(minutes(0, 10), Cells::ALL, 0).await, []);
    let strip = room
        .catalogue
        .motion_strip(Scope::everything(), &room.camera, minutes(0, 2), MINUTE)
        .await
        .expect("strip");
    assert!(strip[0] > 0 && strip[1] == 0, "the strip is the catalogue's: {strip:?}");
}

#[tokio::test]
async fn pictures_are_kept_replaced_and_refused() {
    let room = Room::new().await;
    let (event, camera) = (EventId::fresh(at(0)), room.camera.id);
    let picture = |n: u8, bytes: usize| {
        let mut jpeg = vec![0xFF, 0xD8, 0xFF, n];
        jpeg.resize(bytes, 0);
        Picture { at: second(i64::from(n)), jpeg: jpeg.into() }
    };
    let put = |size, picture| room.catalogue.put_picture(event, camera, size, picture);
    put(PictureSize::Small, picture(1, 1000)).expect("kept");
    put(PictureSize::Small, picture(2, 2000)).expect("kept");
    put(PictureSize::Large, picture(3, 1 << 20)).expect("kept");
    assert_eq!(
        put(PictureSize::Small, picture(4, (64 << 10) + 1)).expect_err("too large").kind(),
        Kind::Invalid
    );
    let text = Picture { at: at(0), jpeg: bytes::Bytes::from_static(b"<svg/>") };
    assert_eq!(put(PictureSize::Large, text).expect_err("no JPEG").kind(), Kind::Invalid);
    room.flush().await;
    let small = room.catalogue.picture(Scope::everything(), event, PictureSize::Small).await.expect("read");
    assert_eq!(small, Some(picture(2, 2000)));
    let other = EventId::fresh(at(1));
    assert_eq!(
        room.catalogue.picture(Scope::everything(), other, PictureSize::Small).await.expect("read"),
        None
    );
    let mut sizes = room.catalogue.pictures(Scope::everything(), &[other, event]).await.expect("read");
    sizes.sort_unstable_by_key(|(_, size)| size.code());
    assert_eq!(sizes, [(event, PictureSize::Small), (event, PictureSize::Large)]);
}
