//! What is older than allowed goes, if the clock is right.

use lanewatch::base::{Clock, TICKS_PER_SECOND};
use lanewatch::catalogue::CameraPatch;
use lanewatch::config::Days;
use lanewatch::retention::Doubt;

use super::site::{DAY, MIB, MINUTE, Site};

const HOUR: i64 = 60 * MINUTE;
const YEAR: i64 = 365 * DAY;
/// Minutes of a day.
const A_DAY: i64 = 1440;

async fn site(max: u32) -> Site {
    Site::new(&[64 * MIB], Days { min: None, max: Some(max) }).await
}

#[tokio::test]
async fn each_stream_has_its_own_maximum_or_the_site_s() {
    let mut site = site(3).await;
    let (usual, own) = (site.camera("Ngõ 7").await, site.camera("Ngõ 9").await);
    let patch = CameraPatch { max_days: Some(Some(5)), ..CameraPatch::default() };
    site.catalogue.patch_camera(own.id, None, patch).await.expect("patch");
    for day in 1..9 {
        for stream in [&usual.streams[0], &usual.streams[1], &own.streams[0]] {
            // It ends when that day is over, and then it is so many days old.
            site.record(stream, 0, -day * A_DAY - 1..-day * A_DAY, 1000).await;
        }
    }
    assert_eq!(site.sweep().await.doubt, None);
    let days = async |stream| {
        let (kept, gone) = site.kept(stream).await;
        let days = |minutes: Vec<i64>| minutes.into_iter().map(|m| -(m + 1) / A_DAY).collect::<Vec<_>>();
        (days(kept), days(gone))
    };
    assert_eq!(days(&usual.streams[0]).await, (vec![2, 1], vec![8, 7, 6, 5, 4, 3]));
    assert_eq!(days(&usual.streams[1]).await, (vec![2, 1], vec![8, 7, 6, 5, 4, 3]));
    assert_eq!(days(&own.streams[0]).await, (vec![4, 3, 2, 1], vec![8, 7, 6, 5]));
}

/// Footage of the last days and a service that runs well.
async fn running() -> (Site, lanewatch::catalogue::Stream) {
    let mut site = site(3).await;
    let main = site.camera("Ngõ 7").await.streams.remove(0);
    site.record(&main, 0, -2 * A_DAY..-2 * A_DAY + 5, 1000).await;
    site.record(&main, 0, -5..0, 1000).await;
    assert_eq!(site.sweep().await.doubt, None);
    (site, main)
}

#[tokio::test]
async fn no_step_of_the_clock_deletes_anything() {
    for step in [-HOUR - MINUTE, HOUR + MINUTE, 10 * YEAR, -20 * YEAR] {
        let (mut site, main) = running().await;
        site.clock.step(step);
        assert_eq!(site.sweep().await.doubt, Some(Doubt::Jumped));
        // Sweeps for six hours, with a restart in the middle.
        for hour in 0..6 {
            site.clock.advance(HOUR);
            if hour == 3 {
                site.restart().await;
            }
            let doubt = site.sweep().await.doubt;
            assert!(doubt.is_some() || hour >= 3 && step.abs() < DAY, "{step}: hour {hour}");
        }
        site.clock.step(-step);
        site.sweep().await;
        assert_eq!(site.kept(&main).await.0.len(), 10, "{step}");
    }
}

#[tokio::test]
async fn a_machine_that_starts_in_1970_deletes_nothing_and_then_goes_on() {
    let (mut site, main) = running().await;
    let right = site.clock.now();
    site.clock.step(-(right.0 - 7 * TICKS_PER_SECOND));
    site.restart().await;
    assert_eq!(site.sweep().await.doubt, Some(Doubt::Behind));
    site.clock.advance(20 * MINUTE);
    assert_eq!(site.sweep().await.doubt, Some(Doubt::Behind));
    site.clock.step(right.0);
    assert_eq!(site.sweep().await.doubt, Some(Doubt::Jumped));
    for _ in 0..23 {
        site.clock.advance(HOUR);
        assert!(site.sweep().await.doubt.is_some());
    }
    assert_eq!(site.kept(&main).await.0.len(), 10);
    site.clock.advance(2 * HOUR);
    assert_eq!(site.sweep().await.doubt, None);
    assert_eq!(site.kept(&main).await.0.len(), 5, "three days are over for the first five");
}

#[tokio::test]
async fn what_was_promised_is_reckoned_by_the_last_time_that_was_believed() {
    let mut site = Site::new(&[4 * MIB], Days { min: Some(2), max: None }).await;
    let main = site.camera("Ngõ 7").await.streams.remove(0);
    site.record(&main, 0, -3 * A_DAY..-3 * A_DAY + 10, 100_000).await;
    site.record(&main, 0, -10..0, 100_000).await;
    site.sweep().await;
    site.clock.step(10 * YEAR);
    site.record(&main, 0, 0..25, 100_000).await;
    let report = site.sweep().await;
    assert_eq!((report.doubt, report.volumes[0].trouble), (Some(Doubt::Jumped), None));
    let (kept, gone) = site.kept(&main).await;
    assert!(gone.iter().all(|m| *m < -A_DAY) && kept.len() >= 35, "{gone:?}");
}
