//! A full volume gives its oldest.

use bytes::Bytes;
use lanewatch::base::{SegmentId, TICKS_PER_SECOND, Ticks, TimeRange, VolumeId};
use lanewatch::catalogue::{GrowingSegment, NewVolume, Scope, SealedSegment, SegmentState};
use lanewatch::config::Days;
use lanewatch::media::ParametersHash;
use lanewatch::retention::Trouble;

use super::site::{MIB, MINUTE, Site, now};

const ANY: Days = Days { min: None, max: None };

#[tokio::test]
async fn a_volume_stays_within_its_budget_and_gives_the_oldest() {
    let mut site = Site::new(&[4 * MIB], ANY).await;
    let camera = site.camera("Ngõ 7").await;
    let (main, sub) = (&camera.streams[0], &camera.streams[1]);
    site.record(main, 0, -30..0, 200_000).await;
    site.record(sub, 0, -30..0, 50_000).await;
    let held = TimeRange::new(now() - 25 * MINUTE, now() - 23 * MINUTE);
    site.lock(&camera, held, None).await;

    let report = site.sweep().await;
    assert_eq!(report.volumes[0].trouble, None);
    // Nothing comes in: what is kept free for the next sweep is a thirty-second of the budget.
    let bytes = site.bytes(0);
    assert!(bytes <= 4 * MIB - 4 * MIB / 32, "{bytes}");
    assert!(bytes > 4 * MIB - 4 * MIB / 32 - 250_000, "no more than needed: {bytes}");

    let (kept, gone) = site.kept(main).await;
    let first = kept.iter().copied().find(|m| ![-25, -24].contains(m)).expect("some are left");
    assert_eq!(kept, [-25, -24].into_iter().chain(first..0).collect::<Vec<_>>());
    assert_eq!(gone, (-30..first).filter(|m| ![-25, -24].contains(m)).collect::<Vec<_>>());
    let (kept, _) = site.kept(sub).await;
    assert_eq!(kept[..2], [-25, -24], "of both streams");
    assert!((kept[2] - first).abs() <= 1, "the oldest of both streams go first");
    assert_eq!(kept[2..], (kept[2]..0).collect::<Vec<_>>());

    site.sweep().await;
    assert_eq!(site.bytes(0), bytes, "and that was all");
}

#[tokio::test]
async fn what_is_being_written_counts() {
    let mut site = Site::new(&[4 * MIB], ANY).await;
    let camera = site.camera("Ngõ 7").await;
    site.record(&camera.streams[0], 0, -30..0, 200_000).await;
    site.sweep().await;
    let before = site.bytes(0);
    site.catalogue.growing().put(
        camera.streams[1].key,
        GrowingSegment {
            id: SegmentId::fresh(now()),
            start: now(),
            duration: 50 * TICKS_PER_SECOND,
            bytes: 1_000_000,
            volume: site.volume(0).id(),
            run: 1,
            parameters_hash: ParametersHash([7; 16]),
            first_offset: 100,
            frag_index: Bytes::new(),
        },
    );
    site.sweep().await;
    // The file itself, and ten seconds more of it.
    assert!(site.bytes(0) <= before - 1_000_000, "{before} {}", site.bytes(0));
    assert!(site.bytes(0) + 1_000_000 + 200_000 + 4 * MIB / 32 <= 4 * MIB);
}

#[tokio::test]
async fn promised_footage_goes_last_and_people_are_told() {
    let mut site = Site::new(&[4 * MIB], ANY).await;
    let (promised, other) = (site.camera("Ngõ 7").await, site.camera("Ngõ 9").await);
    let patch = lanewatch::catalogue::CameraPatch { min_days: Some(Some(1)), ..Default::default() };
    site.catalogue.patch_camera(promised.id, None, patch).await.expect("patch");
    site.record(&promised.streams[0], 0, -60..-40, 150_000).await;
    site.record(&other.streams[0], 0, -20..0, 200_000).await;

    assert_eq!(site.sweep().await.volumes[0].trouble, None);
    assert_eq!(site.kept(&promised.streams[0]).await.0.len(), 20, "older, but promised");
    assert!(site.kept(&other.streams[0]).await.0.len() < 10);

    site.record(&promised.streams[0], 0, -10..5, 200_000).await;
    assert_eq!(site.sweep().await.volumes[0].trouble, Some(Trouble::PromiseBroken));
    assert_eq!(site.kept(&other.streams[0]).await.0, Vec::<i64>::new());
    let (kept, gone) = site.kept(&promised.streams[0]).await;
    assert!(gone.len() > 2 && gone[0] == -60 && kept.ends_with(&[3, 4]), "{kept:?} {gone:?}");
    assert!(site.bytes(0) <= 4 * MIB);
}

#[tokio::test]
async fn held_footage_stays_whatever_happens_and_goes_when_it_is_released() {
    let mut site = Site::new(&[4 * MIB], ANY).await;
    let camera = site.camera("Ngõ 7").await;
    let main = camera.streams[0].clone();
    site.record(&main, 0, -30..0, 200_000).await;
    let lock = site.lock(&camera, TimeRange::new(now() - 30 * MINUTE, now()), None).await;
    assert_eq!(site.sweep().await.volumes[0].trouble, None, "not at the first look");
    site.clock.advance(3 * TICKS_PER_SECOND);
    assert_eq!(site.sweep().await.volumes[0].trouble, Some(Trouble::NothingToDelete));
    assert_eq!(site.kept(&main).await.0.len(), 30);
    assert!(site.catalogue.remove_lock(Scope::everything(), lock).await.expect("remove"));
    assert_eq!(site.sweep().await.volumes[0].trouble, None);
    assert!(site.bytes(0) <= 4 * MIB);
    site.kept(&main).await;
}

#[tokio::test]
async fn what_a_crash_left_doomed_goes_first_and_an_absent_disk_is_waited_for() {
    let mut site = Site::new(&[64 * MIB], ANY).await;
    let main = site.camera("Ngõ 7").await.streams.remove(0);
    site.record(&main, 0, -10..0, 1000).await;
    let doom: Vec<_> = (-10..-6).map(|m| (main.key, now() + m * MINUTE)).collect();
    let doomed = site.catalogue.doom(doom, "volume_full").await.expect("doom");
    let (_, first) = site.volume(0).remove(&[(main.id, doomed[0].id)]);
    first.expect("unlinked before the crash");

    let absent = VolumeId::fresh(now());
    let new = NewVolume { id: absent, path: "/srv/gone".into(), group: "default".into(), budget_bytes: None };
    site.catalogue.put_volume(new).await.expect("volume");
    let elsewhere = now() - 20 * MINUTE;
    let row = site.catalogue.segments_after(main.key, Ticks(i64::MIN), 1).await.expect("rows").remove(0);
    site.catalogue.seal_segment(SealedSegment {
        new: lanewatch::catalogue::NewSegment {
            id: SegmentId::fresh(elsewhere),
            stream: main.key,
            start: elsewhere,
            volume: absent,
            run: 1,
            parameters_hash: row.parameters_hash,
            first_offset: 100,
        },
        duration: MINUTE,
        bytes: 5,
        frag_index: row.frag_index,
        chain_hash: [0; 32],
        state: SegmentState::Sealed,
    });
    let gone = site.catalogue.doom(vec![(main.key, elsewhere)], "age").await.expect("doom");
    assert_eq!(gone.len(), 1);

    site.restart().await;
    site.sweep().await;
    let doomed = site.catalogue.doomed_segments(absent, 9).await.expect("doomed");
    assert_eq!(doomed, gone, "its row waits");
    site.catalogue.forget_doomed(vec![(main.key, elsewhere)]).await.expect("the disk is given up");
    let (kept, gaps) = site.kept(&main).await;
    assert_eq!((kept, gaps), ((-6..0).collect(), [-20].into_iter().chain(-10..-6).collect()));
}

#[tokio::test]
async fn footage_of_a_removed_camera_goes_like_the_rest() {
    let mut site = Site::new(&[4 * MIB], ANY).await;
    let (gone, other) = (site.camera("Ngõ 7").await, site.camera("Ngõ 9").await);
    site.record(&gone.streams[0], 0, -20..-10, 200_000).await;
    site.remove(gone.id).await;
    site.record(&other.streams[0], 0, -10..11, 200_000).await;
    site.sweep().await;
    assert!(site.bytes(0) <= 4 * MIB);
    assert_eq!(site.kept(&gone.streams[0]).await.0, Vec::<i64>::new());
    assert!(site.kept(&other.streams[0]).await.0.len() > 15);
}

#[tokio::test]
async fn volumes_of_a_group_end_up_reaching_back_equally_far() {
    let mut site = Site::new(&[4 * MIB, 8 * MIB], ANY).await;
    let main = site.camera("Ngõ 7").await.streams.remove(0);
    for minute in 0..200 {
        let chosen = site.volumes.choose("default").expect("a volume").id();
        let volume = usize::from(chosen == site.volume(1).id());
        site.record(&main, volume, minute..minute + 1, 100_000).await;
        site.sweep().await;
        assert!(site.bytes(0) <= 4 * MIB && site.bytes(1) <= 8 * MIB);
    }
    let (kept, _) = site.kept(&main).await;
    assert!(kept.len() > 110, "both are used to the full: {}", kept.len());
    assert_eq!(kept, (kept[0]..200).collect::<Vec<_>>(), "nothing older than what went is left");
}
