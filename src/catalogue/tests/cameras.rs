use super::*;
use crate::base::{Secret, StreamKind};

#[tokio::test]
async fn a_camera_is_found_by_id_slug_and_name() {
    let room = Room::new().await;
    let c = &room.catalogue;
    assert_eq!(room.camera.slug, "ngo-7-cong-dinh");
    for which in [room.camera.id.to_string().as_str(), "ngo-7-cong-dinh", "Ngõ 7 - cổng đình"] {
        assert_eq!(
            c.camera(Scope::everything(), which).await.expect("read").as_ref(),
            Some(&room.camera),
            "{which}"
        );
    }
    assert_eq!(c.camera(Scope::everything(), "ngo-8").await.expect("read"), None);
    let twin = NewCamera::new("Ngo 7 cong dinh", "rtsp://10.0.0.8/".parse().expect("url"));
    let twin = c.add_camera(twin).await.expect("twin");
    assert_eq!((twin.slug.as_str(), twin.order, twin.streams.len()), ("ngo-7-cong-dinh-2", 2, 1));
    let ids: Vec<_> =
        c.cameras(Scope::everything()).await.expect("list").into_iter().map(|camera| camera.id).collect();
    assert_eq!(ids, [room.camera.id, twin.id]);
    assert_eq!(
        c.add_camera(NewCamera::new("  ", "rtsp://h/".parse().expect("url"))).await.expect_err("name").kind(),
        Kind::Invalid
    );
}

#[tokio::test]
async fn a_patch_needs_the_revision_that_was_seen() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let patch = CameraPatch {
        name: Some("Ngõ 8".into()),
        password: Some(Some(Secret::new("canary"))),
        username: Some(Some("admin".into())),
        max_days: Some(Some(30)),
        ..CameraPatch::default()
    };
    let changed =
        c.patch_camera(room.camera.id, Some(room.camera.revision), patch.clone()).await.expect("patch");
    assert!(changed.revision > room.camera.revision);
    assert_eq!((changed.name.as_str(), changed.slug.as_str()), ("Ngõ 8", "ngo-7-cong-dinh"));
    assert_eq!(changed.credentials().map(|c| c.password.expose().to_owned()), Some("canary".to_owned()));
    assert!(changed.streams.iter().all(|stream| stream.max_days == Some(30)));
    assert_eq!(c.cameras(Scope::everything()).await.expect("list"), std::slice::from_ref(&changed));
    let stale = c.patch_camera(room.camera.id, Some(room.camera.revision), patch).await.expect_err("stale");
    assert_eq!(stale.kind(), Kind::Conflict);
    let cleared = CameraPatch { password: Some(None), ..CameraPatch::default() };
    let cleared = c.patch_camera(room.camera.id, None, cleared).await.expect("patch");
    assert_eq!(cleared.password, None);
    let outbox = c.outbox(0, 100).await.expect("outbox");
    assert_eq!(outbox.iter().filter(|change| change.kind == "camera").count(), 3);
    assert!(!format!("{outbox:?}").contains("canary"));
}

#[tokio::test]
async fn a_sub_stream_that_comes_back_has_its_old_key() {
    let room = Room::new().await;
    let c = &room.catalogue;
    c.open_gap(room.sub, at(0), GapCause::CameraLost);
    room.clock.advance(MINUTE);
    let without = CameraPatch { sub_url: Some(None), record_main: Some(false), ..CameraPatch::default() };
    let camera = c.patch_camera(room.camera.id, None, without).await.expect("patch");
    assert_eq!((camera.streams.len(), camera.streams[0].recorded), (1, false));
    let gaps = c.gaps(Scope::everything(), room.sub, minutes(-10, 10)).await.expect("gaps");
    assert_eq!(gaps.iter().map(|g| g.to).collect::<Vec<_>>(), [Some(at(1))]);
    let url: crate::base::RtspUrl = "rtsp://10.0.0.7/sub2".parse().expect("url");
    let with = CameraPatch { sub_url: Some(Some(url.clone())), ..CameraPatch::default() };
    let camera = c.patch_camera(room.camera.id, None, with).await.expect("patch");
    let sub = camera.stream(StreamKind::Sub).expect("sub");
    assert_eq!((sub.key, sub.id, &sub.url), (room.sub, room.camera.streams[1].id, &url));
}

#[tokio::test]
async fn a_removed_camera_keeps_its_footage_and_gives_its_slug_back() {
    let room = Room::new().await;
    let c = &room.catalogue;
    room.record(room.main, 0, 2);
    c.open_gap(room.main, at(2), GapCause::CameraLost);
    room.clock.advance(5 * MINUTE);
    c.remove_camera(room.camera.id).await.expect("remove");
    assert!(c.cameras(Scope::everything()).await.expect("list").is_empty());
    assert_eq!(c.camera(Scope::everything(), "ngo-7-cong-dinh").await.expect("read"), None);
    assert_eq!(c.all_cameras().await.expect("list")[0].deleted, Some(at(5)));
    assert_eq!(room.spans().await, [(0, 2)]);
    assert_eq!(room.gaps().await, [(2, Some(5), GapCause::CameraLost)]);
    assert_eq!(c.remove_camera(room.camera.id).await.expect_err("gone").kind(), Kind::NotFound);
    let again = NewCamera::new("Ngõ 7 cổng đình", "rtsp://10.0.0.7/".parse().expect("url"));
    assert_eq!(c.add_camera(again).await.expect("add").slug, "ngo-7-cong-dinh");
}

#[tokio::test]
async fn watchers_hear_of_changes_here_and_in_another_process() {
    let room = Room::new().await;
    let mut changes = room.catalogue.changes();
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("tool");
    let camera = NewCamera::new("Ngõ 9", "rtsp://10.0.0.9/".parse().expect("url"));
    let added = tool.add_camera(camera).await.expect("add");
    changes.changed().await.expect("a tick");
    assert_eq!(*changes.borrow_and_update(), added.revision.unsigned_abs());
    tool.close().await;
    let patch = CameraPatch { enabled: Some(false), ..CameraPatch::default() };
    let patched = room.catalogue.patch_camera(added.id, None, patch).await.expect("patch");
    changes.changed().await.expect("a tick");
    assert_eq!(*changes.borrow_and_update(), patched.revision.unsigned_abs());
    room.record(room.main, 0, 3);
    room.flush().await;
    assert!(!changes.has_changed().expect("open"), "footage is no change of configuration");
}

#[tokio::test]
async fn two_cameras_cannot_have_one_name() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let url = || "rtsp://10.0.0.8/main".parse().expect("url");
    let same =
        c.add_camera(NewCamera::new(format!(" {} ", room.camera.name), url())).await.expect_err("taken");
    assert_eq!(same.kind(), Kind::Invalid);
    let other = c.add_camera(NewCamera::new("Ngõ 8", url())).await.expect("another");
    let patch = |name: &str| CameraPatch { name: Some(name.into()), ..CameraPatch::default() };
    c.patch_camera(other.id, None, patch(&room.camera.name)).await.expect_err("taken");
    c.patch_camera(other.id, None, patch("Ngõ 8")).await.expect("its own");
    c.remove_camera(room.camera.id).await.expect("removed");
    c.patch_camera(other.id, None, patch(&room.camera.name)).await.expect("free again");
}

#[tokio::test]
async fn a_catalogue_is_rebuilt_from_what_the_files_say() {
    let old = Room::new().await;
    let segments = old.record(old.main, 0, 5);
    old.flush().await;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("new.sqlite");
    let c = Catalogue::open_for_tool(&path).await.expect("opens");
    c.set_database(old.catalogue.database()).await.expect("id");
    let volume = NewVolume {
        id: old.volume,
        path: "/srv/footage".into(),
        group: "default".into(),
        budget_bytes: None,
    };
    c.put_volume(volume).await.expect("volume");
    let streams = old.camera.streams.iter().map(|s| AdoptedStream { id: s.id, kind: s.kind }).collect();
    let adopted = AdoptedCamera { id: old.camera.id, name: "Máy quay tìm thấy".into(), streams };
    let camera = c.insert_adopted_camera(adopted.clone()).await.expect("camera");
    assert_eq!(
        (camera.id, camera.enabled, camera.streams[0].id),
        (old.camera.id, false, old.camera.streams[0].id)
    );
    c.insert_adopted_segments(segments.clone()).await.expect("segments");
    c.insert_adopted_segments(segments).await.expect("again");
    let url =
        CameraPatch { main_url: Some("rtsp://10.0.0.7/".parse().expect("url")), ..CameraPatch::default() };
    let named = c.patch_camera(camera.id, None, url).await.expect("patch");
    assert_eq!(c.insert_adopted_camera(adopted).await.expect("again").streams[0].url, named.streams[0].url);
    let (then, now) = (
        old.catalogue.segments(Scope::everything(), old.main, minutes(0, 9), 9),
        c.segments(Scope::everything(), old.main, minutes(0, 9), 9),
    );
    let then: Vec<_> = then.await.expect("old").into_iter().map(|s| Segment { boot: 0, ..s }).collect();
    assert_eq!(now.await.expect("new"), then);
    c.close().await;
    let c = Catalogue::open_for_tool(&path).await.expect("opens");
    assert_eq!(c.database(), old.catalogue.database());
    assert_eq!(c.usage(Scope::everything()).await.expect("usage")[0].segments, 5);
}

/// Every file of the catalogue but the key, as text.
fn files(room: &Room) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(room.folder.path()).expect("folder") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "key") {
            all.push_str(&String::from_utf8_lossy(&std::fs::read(path).expect("bytes")));
        }
    }
    all
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the key is lost and found by hand")]
async fn passwords_are_sealed_in_the_files_and_bound_to_their_camera() {
    let mut room = Room::new().await;
    let patch = CameraPatch { password: Some(Some(Secret::new("c4n4ry-eins"))), ..CameraPatch::default() };
    room.catalogue.patch_camera(room.camera.id, None, patch).await.expect("patched");
    let mut other = NewCamera::new("Ngõ 8", "rtsp://10.0.0.8/main".parse().expect("url"));
    other.password = Some(Secret::new("c4n4ry-zwei"));
    let other = room.catalogue.add_camera(other).await.expect("added");
    let password = async |room: &Room, which: &str| {
        let camera = room.catalogue.camera(Scope::everything(), which).await.expect("read").expect("there");
        (camera.password.map(|p| p.expose().to_owned()), camera.password_lost)
    };
    let (first, second) = (room.camera.slug.clone(), other.slug.clone());
    assert_eq!(password(&room, &first).await, (Some("c4n4ry-eins".into()), false));
    assert!(!files(&room).contains("c4n4ry"));

    // An older program stored the plain word: it is sealed at the next start.
    room.catalogue.close().await;
    let mut conn = open::connect_writer(&room.path()).await.expect("connection");
    let plain = "update camera set password = 'c4n4ry-drei' where slug = 'ngo-8'";
    sqlx::query(plain).execute(&mut conn).await.expect("plain");
    sqlx::Connection::close(conn).await.expect("closed");
    assert!(files(&room).contains("c4n4ry-drei"));
    room.restart().await;
    assert_eq!(password(&room, &second).await, (Some("c4n4ry-drei".into()), false));
    assert!(!files(&room).contains("c4n4ry"));

    // Put into another row it opens nothing there.
    let mut conn = open::connect_writer(&room.path()).await.expect("connection");
    let swap = "update camera set password = (select password from camera where slug = 'ngo-8') where slug <> 'ngo-8'";
    sqlx::query(swap).execute(&mut conn).await.expect("swapped");
    assert_eq!(password(&room, &first).await, (None, true));

    // With another key none can be read; what is entered anew can, and the old one is found again with the old key.
    room.catalogue.close().await;
    let key = room.folder.path().join("catalogue.key");
    let old = std::fs::read(&key).expect("a key");
    std::fs::remove_file(&key).expect("lost");
    room.restart().await;
    assert_eq!(password(&room, &second).await, (None, true));
    let anew = CameraPatch { password: Some(Some(Secret::new("c4n4ry-vier"))), ..CameraPatch::default() };
    room.catalogue.patch_camera(room.camera.id, None, anew).await.expect("patched");
    let renamed = CameraPatch { name: Some("Ngõ 8 mới".into()), ..CameraPatch::default() };
    room.catalogue.patch_camera(other.id, None, renamed).await.expect("patched");
    assert_eq!(password(&room, &first).await, (Some("c4n4ry-vier".into()), false));
    room.catalogue.close().await;
    std::fs::write(&key, old).expect("found");
    room.restart().await;
    assert_eq!(password(&room, &second).await, (Some("c4n4ry-drei".into()), false));
}
