//! What somebody locked stays, whatever would take it.

use lanewatch::base::{Clock, TimeRange};
use lanewatch::catalogue::Scope;
use lanewatch::config::Days;

use super::site::{DAY, MIB, MINUTE, Site, now};

const ANY: Days = Days { min: None, max: None };

/// From minute to minute after `now()`.
fn minutes(from: i64, to: i64) -> TimeRange {
    TimeRange::new(now() + from * MINUTE, now() + to * MINUTE)
}

#[tokio::test]
async fn a_full_disk_takes_around_what_was_locked_before_it_was_recorded() {
    let mut site = Site::new(&[4 * MIB], ANY).await;
    let camera = site.camera("Ngõ 7").await;
    let (main, sub) = (&camera.streams[0], &camera.streams[1]);
    site.lock(&camera, minutes(5, 8), None).await;
    for minute in 0..40 {
        site.record(main, 0, minute..minute + 1, 200_000).await;
        site.record(sub, 0, minute..minute + 1, 50_000).await;
        site.clock.advance(MINUTE);
        assert_eq!(site.sweep().await.volumes[0].trouble, None, "{minute}");
    }
    for stream in [main, sub] {
        let (kept, gone) = site.kept(stream).await;
        assert_eq!(kept[..3], [5, 6, 7], "{kept:?}");
        assert!(gone.len() > 10 && gone.iter().all(|minute| !(5..8).contains(minute)), "{gone:?}");
    }
}

#[tokio::test]
async fn locks_that_overlap_go_one_by_one_and_survive_a_restart() {
    let mut site = Site::new(&[64 * MIB], Days { min: None, max: Some(1) }).await;
    let camera = site.camera("Ngõ 7").await;
    let main = &camera.streams[0];
    site.record(main, 0, -2000..-1990, 1000).await;
    let first = site.lock(&camera, minutes(-2000, -1995), None).await;
    let second = site.lock(&camera, minutes(-1997, -1992), None).await;
    site.sweep().await;
    assert_eq!(site.kept(main).await.0, (-2000..-1992).collect::<Vec<_>>());
    site.restart().await;
    assert!(site.catalogue.remove_lock(Scope::everything(), first).await.expect("removed"));
    site.sweep().await;
    assert_eq!(site.kept(main).await.0, (-1997..-1992).collect::<Vec<_>>());
    // What is locked twice by the same words is locked until both are gone.
    let again = site.lock(&camera, minutes(-1997, -1992), None).await;
    assert!(site.catalogue.remove_lock(Scope::everything(), second).await.expect("removed"));
    site.restart().await;
    site.sweep().await;
    assert_eq!(site.kept(main).await.0.len(), 5);
    assert!(site.catalogue.remove_lock(Scope::everything(), again).await.expect("removed"));
    site.restart().await;
    site.sweep().await;
    assert_eq!(site.kept(main).await.0, Vec::<i64>::new());
}

#[tokio::test]
async fn a_lock_ends_by_itself_by_a_clock_that_is_trusted_only() {
    let mut site = Site::new(&[64 * MIB], Days { min: None, max: Some(1) }).await;
    let camera = site.camera("Ngõ 7").await;
    let main = &camera.streams[0];
    site.record(main, 0, -2000..-1990, 1000).await;
    site.record(main, 0, -5..0, 1000).await;
    site.lock(&camera, minutes(-2000, -1995), Some(now() + DAY / 2)).await;
    assert_eq!(site.sweep().await.doubt, None);
    assert_eq!(site.kept(main).await.0.len(), 10, "five are locked, five are young");
    // A clock that jumped ahead ends nothing.
    site.clock.step(10 * DAY);
    assert!(site.sweep().await.doubt.is_some());
    assert_eq!(
        site.catalogue.locks(Scope::everything(), minutes(-9999, 0), None, 9).await.expect("locks").len(),
        1
    );
    site.clock.step(-10 * DAY);
    site.restart().await;
    assert_eq!(site.sweep().await.doubt, None);
    site.clock.advance(DAY / 2 - MINUTE);
    site.sweep().await;
    assert_eq!(site.kept(main).await.0.len(), 10, "not a minute too early");
    // In the very sweep after it is over, although what it held lies before what the sweep remembers.
    site.clock.advance(2 * MINUTE);
    site.sweep().await;
    assert_eq!(site.kept(main).await.0, (-5..0).collect::<Vec<_>>(), "{}", site.clock.now());
    assert!(
        site.catalogue
            .locks(Scope::everything(), minutes(-9999, 0), None, 9)
            .await
            .expect("locks")
            .is_empty()
    );
}

#[tokio::test]
async fn footage_of_a_removed_camera_stays_while_it_is_locked() {
    let mut site = Site::new(&[2 * MIB], ANY).await;
    let (camera, other) = (site.camera("Ngõ 7").await, site.camera("Ngõ 9").await);
    site.record(&camera.streams[0], 0, -30..-25, 100_000).await;
    let lock = site.lock(&camera, minutes(-30, -28), None).await;
    site.remove(camera.id).await;
    site.record(&other.streams[0], 0, -20..0, 100_000).await;
    site.sweep().await;
    assert_eq!(site.kept(&camera.streams[0]).await.0, [-30, -29]);
    assert!(site.catalogue.remove_lock(Scope::everything(), lock).await.expect("removed"));
    site.record(&other.streams[0], 0, 0..10, 100_000).await;
    site.restart().await;
    site.sweep().await;
    assert_eq!(site.kept(&camera.streams[0]).await.0, Vec::<i64>::new());
}
