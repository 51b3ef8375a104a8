use super::GapCause::{CameraLost, Disabled, RecorderOff, Retention};
use super::*;

#[tokio::test]
async fn a_gap_opens_lasts_and_ends() {
    let room = Room::new().await;
    let c = &room.catalogue;
    c.open_gap(room.main, at(5), CameraLost);
    c.open_gap(room.main, at(5), CameraLost);
    c.open_gap(room.main, at(6), CameraLost);
    assert_eq!(room.gaps().await, [(5, None, CameraLost)]);
    let lasting = c.lasting_gap(room.main).await.expect("read").expect("one lasts");
    c.close_gap(room.main, at(5), at(9));
    c.close_gap(room.main, at(5), at(9));
    assert_eq!(room.gaps().await, [(5, Some(9), CameraLost)]);
    assert_eq!(c.lasting_gap(room.main).await.expect("read"), None);
    // The same cause right after it: one gap, the same id.
    c.open_gap(room.main, at(9), CameraLost);
    assert_eq!(room.gaps().await, [(5, None, CameraLost)]);
    assert_eq!(c.lasting_gap(room.main).await.expect("read").map(|g| g.id), Some(lasting.id));
    c.open_gap(room.main, at(12), Disabled);
    assert_eq!(room.gaps().await, [(5, Some(12), CameraLost), (12, None, Disabled)]);
    // A late repetition does not end the gap that came after.
    c.close_gap(room.main, at(5), at(9));
    c.close_gap(room.main, at(12), at(12));
    assert_eq!(room.gaps().await, [(5, Some(12), CameraLost)]);
}

#[tokio::test]
async fn gaps_are_cut_to_fit_footage_and_each_other() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 10, 12);
    c.put_gap(room.main, minutes(8, 20), RecorderOff);
    assert_eq!(room.gaps().await, [(8, Some(10), RecorderOff), (12, Some(20), RecorderOff)]);
    c.put_gap(room.main, minutes(8, 20), RecorderOff);
    c.put_gap(room.main, minutes(6, 22), CameraLost);
    assert_eq!(
        room.gaps().await,
        [
            (6, Some(8), CameraLost),
            (8, Some(10), RecorderOff),
            (12, Some(20), RecorderOff),
            (20, Some(22), CameraLost)
        ]
    );
    // Joins on both sides.
    c.put_gap(room.main, minutes(24, 26), CameraLost);
    c.put_gap(room.main, minutes(22, 24), CameraLost);
    assert_eq!(room.gaps().await[3..], [(20, Some(26), CameraLost)]);
    // Footage that turns up later wins.
    c.seal_segment(room.sealed(room.main, minutes(19, 25)));
    assert_eq!(room.gaps().await[2..], [(12, Some(19), RecorderOff), (25, Some(26), CameraLost)]);
    c.seal_segment(room.sealed(room.main, minutes(13, 14)));
    c.seal_segment(room.sealed(room.main, minutes(25, 26)));
    assert_eq!(room.gaps().await[2..], [(12, Some(13), RecorderOff), (14, Some(19), RecorderOff)]);
    assert_eq!(room.spans().await, [(10, 12), (13, 14), (19, 26)]);
}

#[tokio::test]
async fn footage_ends_a_lasting_gap_and_leaves_its_rest() {
    let room = Room::new().await;
    let c = &room.catalogue;
    c.open_gap(room.main, at(0), CameraLost);
    c.begin_segment(room.new_segment(room.main, at(3)));
    assert_eq!(room.gaps().await, [(0, Some(3), CameraLost)]);
    // Told before the footage that was still on its way.
    c.open_gap(room.main, at(3), CameraLost);
    c.seal_segment(room.sealed(room.main, minutes(3, 4)));
    assert_eq!(room.gaps().await, [(0, Some(3), CameraLost), (4, None, CameraLost)]);
    assert_eq!(room.spans().await, [(3, 4)]);
    // Opened far back: everything free gets it, and what is free for ever lasts.
    c.close_gap(room.main, at(4), at(5));
    c.seal_segment(room.sealed(room.main, minutes(5, 6)));
    c.open_gap(room.main, at(-2), Disabled);
    assert_eq!(
        room.gaps().await,
        [(-2, Some(0), Disabled), (0, Some(3), CameraLost), (4, Some(5), CameraLost), (6, None, Disabled)]
    );
}

#[tokio::test]
async fn followers_hear_of_gaps_but_not_of_retention() {
    let room = Room::new().await;
    let c = &room.catalogue;
    c.open_gap(room.main, at(0), CameraLost);
    c.close_gap(room.main, at(0), at(1));
    c.put_gap(room.main, minutes(-5, 0), Retention);
    room.flush().await;
    let changes = c.outbox(0, 100).await.expect("outbox");
    let gaps: Vec<_> = changes.iter().filter(|change| change.kind == "gap").collect();
    assert_eq!(gaps.len(), 2);
    assert_eq!(gaps[0].body["to"], serde_json::Value::Null);
    assert_eq!(
        (&gaps[1].body["to"], &gaps[1].body["cause"]),
        (&"2026-11-21T17:01:00.000Z".into(), &"camera_lost".into())
    );
    assert_eq!(gaps[0].object, gaps[1].object);
    assert_eq!(gaps[1].body["stream"], room.camera.streams[0].id.to_string());
}
