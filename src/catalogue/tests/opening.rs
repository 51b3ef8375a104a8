use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use super::*;

#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    let room = Room::new().await;
    room.flush().await;
    for name in ["catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.sqlite-shm"] {
        let mode = std::fs::metadata(room.folder.path().join(name)).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    room.catalogue.close().await;
    rustix::fs::chmod(room.path(), rustix::fs::Mode::from_raw_mode(0o640)).expect("chmod");
    let refused = Catalogue::open_for_tool(&room.path()).await.err().expect("refused");
    assert!(refused.kind() == Kind::Invalid && refused.message().contains("chmod 600"), "{refused}");
}

#[tokio::test]
async fn the_pragmas_are_those_promised() {
    let room = Room::new().await;
    let mut conn = super::super::open::connect_writer(&room.path()).await.expect("connection");
    for (pragma, wanted) in [
        ("pragma journal_mode", "wal"),
        ("pragma synchronous", "2"),
        ("pragma busy_timeout", "5000"),
        ("pragma foreign_keys", "1"),
        ("pragma mmap_size", "0"),
        ("pragma cell_size_check", "1"),
        ("pragma trusted_schema", "0"),
        ("pragma page_size", "8192"),
    ] {
        let row = sqlx::query(pragma).fetch_optional(&mut conn).await.expect("pragma").expect("row");
        let value: String = sqlx::Row::try_get_unchecked(&row, 0).expect("value");
        assert_eq!(value, wanted, "{pragma}");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_advice() {
    let room = Room::new().await;
    room.catalogue.close().await;
    let mut conn = super::super::open::connect_writer(&room.path()).await.expect("connection");
    sqlx::query("pragma user_version = 99").execute(&mut conn).await.expect("pragma");
    let refused = Catalogue::open_for_tool(&room.path()).await.err().expect("refused");
    assert!(refused.kind() == Kind::Conflict && refused.message().contains("newer lanewatch"), "{refused}");
}

#[tokio::test]
async fn a_file_that_is_no_catalogue_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    assert_eq!(
        Catalogue::open_for_tool(&folder.path().join("none/x")).await.err().map(|e| e.kind()),
        Some(Kind::Io)
    );
    // tempfile makes files that are 0600.
    let mut file = tempfile::NamedTempFile::new_in(&folder).expect("file");
    file.write_all(&[0x55; 20_000]).expect("bytes");
    let refused = Catalogue::open_for_tool(file.path()).await.err().expect("refused");
    assert_eq!(refused.kind(), Kind::Corrupt, "{refused}");
}

#[tokio::test]
async fn facts_and_ids_survive() {
    let mut room = Room::new().await;
    let id = room.catalogue.database();
    assert_eq!(room.catalogue.meta("site_name").await.expect("read"), None);
    room.catalogue.set_meta("site_name", "Thôn Đoài").await.expect("write");
    room.catalogue.set_volume_state(room.volume, VolumeState::Suspect).await.expect("state");
    room.restart().await;
    assert_eq!(room.catalogue.database(), id);
    assert_eq!(room.catalogue.meta("site_name").await.expect("read").as_deref(), Some("Thôn Đoài"));
    let volumes = room.catalogue.volumes().await.expect("volumes");
    assert_eq!(
        (volumes[0].id, volumes[0].state, volumes[0].budget_bytes),
        (room.volume, VolumeState::Suspect, None)
    );
    let unknown =
        room.catalogue.set_volume_state(VolumeId::fresh(at(0)), VolumeState::Ok).await.expect_err("unknown");
    assert_eq!(unknown.kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_crash_leaves_a_boot_without_end() {
    let room = Room::new().await;
    let (first, seen) = (room.catalogue.boot(), at(1));
    room.clock.advance(MINUTE);
    room.flush().await;
    // A second opening without a close stands for the start after a crash.
    let next = Catalogue::open(&room.path(), room.clock.clone(), Zone::HO_CHI_MINH, &room.tasks)
        .await
        .expect("opens");
    let before = next.previous_boot().await.expect("boot").expect("one");
    assert_eq!((before.id, before.started, before.seen, before.ended), (first, at(0), seen, None));
    assert!(!room.catalogue.machine_ran_on() && next.machine_ran_on(), "only the service ended");
}
