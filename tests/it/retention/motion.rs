//! What moved goes with its footage, and not by itself.

use lanewatch::base::{Cells, EventId, TICKS_PER_SECOND, TimeRange};
use lanewatch::catalogue::{CameraPatch, Event, EventFilter, EventKind, Scope};
use lanewatch::config::Days;

use super::site::{DAY, MIB, MINUTE, Site, now};

const A_DAY: i64 = 1440;

fn ever() -> TimeRange {
    TimeRange::new(now() - 20 * DAY, now() + DAY)
}

#[tokio::test]
async fn events_and_cells_go_with_their_footage() {
    let mut site = Site::new(&[64 * MIB], Days { min: None, max: Some(3) }).await;
    let camera = site.camera("Ngõ 7").await;
    for day in 1..6 {
        site.record(&camera.streams[0], 0, -day * A_DAY - 1..-day * A_DAY, 1000).await;
        let start = now() - day * DAY - MINUTE;
        site.catalogue.add_activity(camera.id, start, Cells::ALL);
        site.catalogue.end_event(Event {
            id: EventId::fresh(start),
            camera: camera.id,
            kind: EventKind::Motion,
            start,
            seen: start,
            end: Some(start + 10 * TICKS_PER_SECOND),
            score: 1.0,
            peak: 576,
            cells: Cells::ALL,
            zones: Vec::new(),
            best: start,
            objects: None,
        });
    }
    // The newest minute of cells is in memory only.
    site.restart().await;
    let left = async |site: &Site| {
        let events = site
            .catalogue
            .events(Scope::everything(), ever(), &EventFilter::default(), 100)
            .await
            .expect("read");
        let events: Vec<i64> = events.iter().map(|e| (now() - e.start) / DAY).collect();
        let mut cells = Vec::new();
        for day in 1..6 {
            let minute = TimeRange::new(now() - day * DAY - MINUTE, now() - day * DAY);
            let found = site.catalogue.activity(Scope::everything(), camera.id, minute).await.expect("read");
            cells.extend((!found.is_empty()).then_some(day));
        }
        (events, cells)
    };
    assert_eq!(left(&site).await, (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5]));
    site.sweep().await;
    assert_eq!(left(&site).await, (vec![1, 2], vec![1, 2]), "three days and more are too old");
    // A wrong clock deletes no footage, and so nothing of this.
    site.clock.step(3650 * DAY);
    site.sweep().await;
    site.clock.advance(12 * 60 * MINUTE);
    site.sweep().await;
    assert_eq!(left(&site).await, (vec![1, 2], vec![1, 2]));
    let keep = CameraPatch { max_days: Some(Some(5)), ..CameraPatch::default() };
    site.catalogue.patch_camera(camera.id, None, keep).await.expect("patch");
    site.catalogue.remove_camera(camera.id).await.expect("removed");
    site.clock.advance(60 * MINUTE);
    site.sweep().await;
    assert_eq!(left(&site).await, (vec![1, 2], vec![1, 2]), "a removed camera's footage is still there");
}
