use std::time::Duration;

use sqlx::{Connection, SqliteConnection};

use super::super::open::connect_writer;
use super::*;

/// Another process that holds the database.
async fn hold(room: &Room) -> SqliteConnection {
    let mut other = connect_writer(&room.path()).await.expect("connection");
    sqlx::query("begin immediate").execute(&mut other).await.expect("lock");
    other
}

#[tokio::test]
async fn commands_wait_in_order_while_another_program_holds_the_database() {
    let room = Room::new().await;
    let other = hold(&room).await;
    let segments = room.record(room.main, 0, 300);
    room.catalogue.open_gap(room.main, at(300), GapCause::CameraLost);
    room.catalogue.close_gap(room.main, at(300), at(301));
    room.catalogue.open_gap(room.main, at(301), GapCause::Disabled);
    room.record(room.main, 302, 310);
    // Longer than SQLite's own patience: the writer has to try again by itself.
    let held = room.tasks.spawn("holder", async move {
        tokio::time::sleep(Duration::from_millis(5600)).await;
        other.close().await.expect("close");
    });
    // Meanwhile readers answer, with the footage that has no row yet.
    assert_eq!(room.spans().await, [(0, 300), (302, 310)]);
    assert!(room.catalogue.waiting() > 0);
    let listed =
        room.catalogue.segments(Scope::everything(), room.main, minutes(0, 400), 1000).await.expect("list");
    assert_eq!(listed.len(), 308);
    assert!(!held.is_finished());
    room.flush().await;
    assert!(held.is_finished());
    assert_eq!(
        room.catalogue.segments(Scope::everything(), room.main, minutes(0, 400), 1000).await.expect("list"),
        listed
    );
    assert_eq!(
        room.gaps().await,
        [(300, Some(301), GapCause::CameraLost), (301, Some(302), GapCause::Disabled)]
    );
    assert_eq!(
        room.catalogue.usage(Scope::everything()).await.expect("usage")[0].segments,
        segments.len() as i64 + 8
    );
    assert!(room.catalogue.audit_stream(room.main).await.expect("audit").is_sound());
}

#[tokio::test]
async fn a_tool_gives_up_after_its_patience() {
    let room = Room::new().await;
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("tool");
    let other = hold(&room).await;
    let error = tool.set_meta("site_name", "x").await.expect_err("held");
    assert_eq!(error.kind(), Kind::Unavailable);
    other.close().await.expect("close");
    tool.set_meta("site_name", "x").await.expect("free again");
}

#[tokio::test]
async fn a_refused_command_is_undone_alone() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let mut astray = room.sealed(room.main, minutes(1, 2));
    astray.new.volume = VolumeId::fresh(at(0));
    c.seal_segment(room.sealed(room.main, minutes(0, 1)));
    c.seal_segment(astray.clone());
    c.seal_segment(room.sealed(StreamKey(99), minutes(1, 2)));
    c.seal_segment(room.sealed(room.main, minutes(2, 3)));
    room.flush().await;
    let rows = c.segments_after(room.main, Ticks(i64::MIN), 100).await.expect("rows");
    assert_eq!(rows.iter().map(|s| s.start).collect::<Vec<_>>(), [at(0), at(2)]);
    assert_eq!(
        c.segments(Scope::everything(), room.main, minutes(0, 9), 9).await.expect("list").len(),
        2,
        "the refused one is not shown"
    );
    let error = c
        .insert_adopted_segments(vec![room.sealed(room.main, minutes(5, 6)), astray])
        .await
        .expect_err("refused");
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(c.usage(Scope::everything()).await.expect("usage")[0].segments, 2, "all or nothing");
}

#[tokio::test]
async fn an_asker_who_left_changes_nothing() {
    let room = Room::new().await;
    let other = hold(&room).await;
    let asked = room.catalogue.set_meta("site_name", "too late");
    assert!(tokio::time::timeout(Duration::from_millis(50), asked).await.is_err());
    other.close().await.expect("close");
    room.flush().await;
    assert_eq!(room.catalogue.meta("site_name").await.expect("read"), None);
}

#[tokio::test]
async fn closing_writes_what_waits_and_ends_the_tasks() {
    let room = Room::new().await;
    room.record(room.main, 0, 50);
    room.catalogue.close().await;
    assert!(!room.folder.path().join("catalogue.sqlite-wal").exists(), "all is in the one file");
    room.tasks.finished().await;
    assert!(!room.catalogue.begin_segment(room.new_segment(room.main, at(60))), "closed");
    assert_eq!(room.catalogue.flush().await.expect_err("closed").kind(), Kind::Unavailable);
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("tool");
    assert_eq!(
        tool.segments(Scope::everything(), room.main, minutes(0, 60), 100).await.expect("list").len(),
        50
    );
    assert_eq!(tool.previous_boot().await.expect("boot").expect("one").ended, Some(at(0)));
}

#[tokio::test]
async fn hours_are_reported_once_each() {
    use super::super::housekeeping::Hourly;
    let room = Room::new().await;
    let queue = &room.catalogue.inner.queue;
    queue.ask(Hourly).await.expect("hourly");
    room.record(room.main, 0, 90);
    room.clock.advance(124 * MINUTE);
    queue.ask(Hourly).await.expect("hourly");
    queue.ask(Hourly).await.expect("hourly");
    room.clock.advance(MINUTE);
    queue.ask(Hourly).await.expect("hourly");
    room.clock.step(-60 * MINUTE);
    queue.ask(Hourly).await.expect("hourly");
    let outbox = room.catalogue.outbox(0, 100).await.expect("outbox");
    let hours: Vec<_> =
        outbox.iter().filter(|o| o.kind == "coverage" && o.object == room.camera.streams[0].id.0).collect();
    assert_eq!(hours.iter().map(|o| o.body["seconds"].clone()).collect::<Vec<_>>(), [0, 3600, 1800]);
    assert_eq!(outbox.iter().filter(|o| o.kind == "coverage").count(), 6);
    let last = outbox.last().expect("rows").seq;
    room.catalogue.forget_outbox(last).await.expect("forget");
    assert!(room.catalogue.outbox(0, 100).await.expect("outbox").is_empty());
}

#[tokio::test]
async fn a_full_queue_says_so_and_makes_nobody_wait() {
    let room = Room::new().await;
    let _other = hold(&room).await;
    let given = (0..70_000).filter(|m| room.catalogue.drop_open_segment(room.main, at(*m))).count();
    assert!((65_000..70_000).contains(&given), "{given}");
    assert!(!room.catalogue.seal_segment(room.sealed(room.main, minutes(0, 1))));
    let listed =
        room.catalogue.segments(Scope::everything(), room.main, minutes(0, 9), 9).await.expect("list");
    assert!(listed.is_empty(), "what is lost is not shown");
}

/// Puts so many bytes into the catalogue.
struct Big(&'static str, usize);

impl super::super::writer::Change for Big {
    type Answer = ();
    const NAME: &'static str = "big";

    async fn apply(&self, w: &mut super::super::writer::Write) -> Result<()> {
        let query = sqlx::query("insert into meta (name, value) values (?1, ?2)")
            .bind(self.0)
            .bind("x".repeat(self.1));
        query.execute(&mut w.conn).await.map(drop).map_err(super::super::sql::failed)
    }
}

#[tokio::test]
async fn a_full_disk_is_told_to_askers_and_outlived_by_the_rest() {
    use super::super::writer::{Queue, Write, Writer};
    let room = Room::new().await;
    room.catalogue.close().await;
    // A limit of this connection stands for the full disk; the writer's next connection finds room again.
    let mut conn = connect_writer(&room.path()).await.expect("connection");
    sqlx::query("pragma max_page_count = 1").execute(&mut conn).await.expect("limit");
    let (queue, receiver) = Queue::new();
    let (growing, announcer) = (Growing::default(), super::super::watch::Announcer::new());
    let clock: SharedClock = room.clock.clone();
    let zone = Zone::HO_CHI_MINH;
    let vault = Arc::new(super::super::vault::Vault::open(&room.path()).expect("a key"));
    let write = Write { conn, now: at(0), zone, boot: 0, configuration_changed: false, told: false, vault };
    let writer = Writer { write, path: room.path(), clock, growing, announcer, service: true };
    queue.tell(Big("told before", 100_000));
    let asked = queue.ask(Big("asked", 100_000));
    let written = Tasks::new().spawn("writer", writer.run(receiver));
    assert_eq!(asked.await.expect_err("no room").kind(), Kind::NoSpace);
    queue.tell(Big("told after", 100_000));
    queue.ask(Big("asked later", 10)).await.expect("room again");
    queue.close().await;
    written.await.expect("ends");
    let tool = Catalogue::open_for_tool(&room.path()).await.expect("opens");
    for (name, there) in
        [("told before", true), ("asked", false), ("told after", true), ("asked later", true)]
    {
        assert_eq!(tool.meta(name).await.expect("read").is_some(), there, "{name}");
    }
}
