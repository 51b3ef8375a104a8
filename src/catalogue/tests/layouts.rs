use super::*;
use crate::base::LayoutId;

fn named(name: &str) -> NewLayout {
    NewLayout { name: name.to_owned(), ..NewLayout::default() }
}

async fn camera(room: &Room, name: &str) -> Camera {
    let new = NewCamera::new(name, "rtsp://10.0.0.8/main".parse().expect("url"));
    room.catalogue.add_camera(new).await.expect("camera")
}

#[tokio::test]
async fn a_layout_keeps_its_cameras_in_their_order_and_leaves_removed_ones_out() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let second = camera(&room, "Ngõ 8").await;
    let new = NewLayout {
        grid: Grid::OneAndFive,
        cameras: vec![second.id, room.camera.id],
        carousel_s: Some(15),
        ..named(" Chợ ")
    };
    let layout = c.add_layout(new).await.expect("layout");
    assert_eq!((layout.name.as_str(), layout.revision), ("Chợ", 1));
    c.add_layout(named("An ninh")).await.expect("another");
    let all = c.layouts(Scope::everything()).await.expect("list");
    assert_eq!(all.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["An ninh", "Chợ"]);
    assert_eq!(all[1], layout);
    assert!(all[0].cameras.is_empty());
    c.remove_camera(second.id).await.expect("removed");
    assert_eq!(c.layouts(Scope::everything()).await.expect("list")[1].cameras, [room.camera.id]);
}

#[tokio::test]
async fn a_patch_of_a_layout_needs_the_revision_that_was_seen() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let layout = c.add_layout(named("Chợ")).await.expect("layout");
    let patch = LayoutPatch {
        grid: Some(Grid::ThreeByThree),
        cameras: Some(vec![room.camera.id]),
        carousel_s: Some(Some(30)),
        ..LayoutPatch::default()
    };
    let changed = c.patch_layout(layout.id, 1, patch.clone()).await.expect("patched");
    assert_eq!((changed.grid, changed.revision, changed.carousel_s), (Grid::ThreeByThree, 2, Some(30)));
    assert_eq!(c.layouts(Scope::everything()).await.expect("list"), [changed]);
    assert_eq!(c.patch_layout(layout.id, 1, patch).await.expect_err("stale").kind(), Kind::Conflict);
    let by_hand = LayoutPatch { carousel_s: Some(None), ..LayoutPatch::default() };
    assert_eq!(c.patch_layout(layout.id, 2, by_hand).await.expect("patched").carousel_s, None);
    c.remove_layout(layout.id).await.expect("removed");
    assert_eq!(c.remove_layout(layout.id).await.expect_err("gone").kind(), Kind::NotFound);
    let outbox = c.outbox(0, 100).await.expect("outbox");
    let told = |kind: &str| outbox.iter().filter(|change| change.kind == kind).count();
    assert_eq!((told("layout"), told("layout_removed")), (3, 1));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_nothing_is_kept() {
    let room = Room::new().await;
    let c = &room.catalogue;
    c.add_layout(named("Chợ")).await.expect("layout");
    let nobody = crate::base::CameraId::fresh(at(0));
    let twice = vec![room.camera.id, room.camera.id];
    for (new, kind) in [
        (named("Chợ"), Kind::Invalid),
        (named(" "), Kind::Invalid),
        (NewLayout { carousel_s: Some(4), ..named("x") }, Kind::Invalid),
        (NewLayout { cameras: twice, ..named("x") }, Kind::Invalid),
        (NewLayout { cameras: vec![nobody], ..named("x") }, Kind::NotFound),
    ] {
        assert_eq!(c.add_layout(new.clone()).await.expect_err("refused").kind(), kind, "{new:?}");
    }
    assert_eq!(c.layouts(Scope::everything()).await.expect("list").len(), 1);
    let gone = c.patch_layout(LayoutId::fresh(at(0)), 1, LayoutPatch::default()).await;
    assert_eq!(gone.expect_err("gone").kind(), Kind::NotFound);
}

#[tokio::test]
async fn the_order_of_the_wall_is_set_as_a_whole() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let (second, third) = (camera(&room, "Ngõ 8").await, camera(&room, "Ngõ 9").await);
    let ids = |cameras: Vec<Camera>| cameras.into_iter().map(|c| c.id).collect::<Vec<_>>();
    let wanted = [third.id, room.camera.id, second.id];
    // The one that is left out follows.
    assert_eq!(ids(c.order_cameras(vec![third.id, room.camera.id]).await.expect("order")), wanted);
    let now = c.cameras(Scope::everything()).await.expect("list");
    assert!(now.iter().all(|camera| camera.revision > third.revision), "whoever watches hears of it");
    assert_eq!(ids(now.clone()), wanted);
    assert_eq!(c.order_cameras(wanted.to_vec()).await.expect("the same again").len(), 3);
    assert_eq!(c.cameras(Scope::everything()).await.expect("list"), now, "what did not move is not changed");
    let nobody = crate::base::CameraId::fresh(at(0));
    assert_eq!(c.order_cameras(vec![nobody]).await.expect_err("unknown").kind(), Kind::Invalid);
}
