//! Our own clock is wrong for a while: nothing is lost, nothing overlaps, and everything is accounted for.

use lanewatch::base::{Clock, TICKS_PER_SECOND, Ticks, TimeRange};
use lanewatch::catalogue::Scope;

use crate::recovery::{ALWAYS, checked, violations};
use crate::support::recording::{BEGIN, Recording};

const SECOND: i64 = TICKS_PER_SECOND;

fn begin() -> Ticks {
    Ticks::parse(BEGIN).expect("time")
}

/// A GOP: recording begins with a key picture.
const GOP: i64 = 2 * SECOND;

#[tokio::test]
async fn recording_goes_on_around_what_a_clock_that_was_ahead_has_recorded() {
    let folder = tempfile::tempdir().expect("folder");
    let box_ = Recording::open(folder.path(), 60).await;
    let mut fed = box_.add("Ngõ 3").await;
    box_.feed(&mut fed, 20).await;
    let ahead = TimeRange::new(begin() + 60 * SECOND, box_.clock.now());
    box_.set_clock(&mut fed, -80);
    box_.feed(&mut fed, 100).await;
    box_.settled(1).await;
    let key = fed.key;
    // Up to what was there, over it, and on behind it with the next key picture.
    let spans = box_.catalogue.spans(Scope::everything(), key, ALWAYS).await.expect("read");
    let [around, behind] = &spans[..] else { panic!("two stretches: {spans:?}") };
    let off = (around.to - ahead.to).abs();
    assert!(around.from < ahead.from && off < GOP, "{spans:?} with {ahead:?}");
    assert!(behind.from - around.to <= GOP && behind.to - begin() > 99 * SECOND, "{spans:?}");
    box_.close(vec![fed]).await;
    assert_eq!(violations(&checked(folder.path(), true).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_start_with_footage_ten_years_ahead_records_at_once_and_accounts_for_its_absence() {
    let folder = tempfile::tempdir().expect("folder");
    let years = 10 * 365 * 86_400;
    let first = Recording::open(folder.path(), 0).await;
    let mut fed = first.add("Ngõ 3").await;
    first.feed(&mut fed, 10).await;
    first.set_clock(&mut fed, years);
    first.feed(&mut fed, 10).await;
    first.close(vec![fed]).await;

    // Twice: what the first of these starts leaves must not stop the second.
    for later in [60, 300] {
        let again = Recording::open(folder.path(), later).await;
        let camera = again.catalogue.cameras(Scope::everything()).await.expect("cameras").remove(0);
        let mut fed = again.record(camera);
        again.feed(&mut fed, 10).await;
        again.catalogue.flush().await.expect("written");
        let now = TimeRange::new(begin(), begin() + later * SECOND + 60 * SECOND);
        let spans = again.catalogue.spans(Scope::everything(), fed.key, now).await.expect("read");
        let [.., before, after] = &spans[..] else { panic!("two stretches: {spans:?}") };
        assert!(after.from - begin() >= later * SECOND, "{spans:?}");
        assert!((7 * SECOND..30 * SECOND).contains(&(after.to - after.from)), "{spans:?}");
        let gaps = again.catalogue.gaps(Scope::everything(), fed.key, now).await.expect("read");
        let absence = gaps.iter().find(|gap| gap.to == Some(after.from)).expect("a gap");
        assert!(absence.from >= before.to && gaps.iter().any(|gap| gap.from == before.to), "{gaps:?}");
        again.close(vec![fed]).await;
        assert_eq!(violations(&checked(folder.path(), true).await), Vec::<String>::new());
    }
}
