use sqlx::{Executor, SqlSafeStr};

use super::*;
use crate::catalogue::{
    adopt, alert, alert_setting, alert_write, audit, audit_log, bookmark, boot, camera, camera_order,
    camera_write, day, delivery, doom, endpoint, event_list, event_write, export, gap, hold, housekeeping,
    invite, layout, ledger, list, lock, mark, meta, motion_sweep, names, open, outage, outbox, pace, person,
    salvage, segment, session, share, snooze, strip, timeline, usage, vault, volume, watch, writer, zone,
};

fn all() -> Vec<(&'static str, &'static [(&'static str, &'static str)])> {
    vec![
        ("adopt", adopt::STATEMENTS),
        ("alert", alert::STATEMENTS),
        ("alert_setting", alert_setting::STATEMENTS),
        ("alert_write", alert_write::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("audit_log", audit_log::STATEMENTS),
        ("bookmark", bookmark::STATEMENTS),
        ("boot", boot::STATEMENTS),
        ("camera", camera::STATEMENTS),
        ("camera_order", camera_order::STATEMENTS),
        ("camera_write", camera_write::STATEMENTS),
        ("day", day::STATEMENTS),
        ("delivery", delivery::STATEMENTS),
        ("doom", doom::STATEMENTS),
        ("endpoint", endpoint::STATEMENTS),
        ("event_list", event_list::STATEMENTS),
        ("event_write", event_write::STATEMENTS),
        ("export", export::STATEMENTS),
        ("gap", gap::STATEMENTS),
        ("hold", hold::STATEMENTS),
        ("housekeeping", housekeeping::STATEMENTS),
        ("invite", invite::STATEMENTS),
        ("layout", layout::STATEMENTS),
        ("ledger", ledger::STATEMENTS),
        ("list", list::STATEMENTS),
        ("lock", lock::STATEMENTS),
        ("mark", mark::STATEMENTS),
        ("meta", meta::STATEMENTS),
        ("motion_sweep", motion_sweep::STATEMENTS),
        ("names", names::STATEMENTS),
        ("open", open::STATEMENTS),
        ("outage", outage::STATEMENTS),
        ("outbox", outbox::STATEMENTS),
        ("pace", pace::STATEMENTS),
        ("person", person::STATEMENTS),
        ("salvage", salvage::STATEMENTS),
        ("segment", segment::STATEMENTS),
        ("session", session::STATEMENTS),
        ("share", share::STATEMENTS),
        ("snooze", snooze::STATEMENTS),
        ("strip", strip::STATEMENTS),
        ("timeline", timeline::STATEMENTS),
        ("usage", usage::STATEMENTS),
        ("vault", vault::STATEMENTS),
        ("volume", volume::STATEMENTS),
        ("watch", watch::STATEMENTS),
        ("writer", writer::STATEMENTS),
        ("zone", zone::STATEMENTS),
    ]
}

#[tokio::test]
async fn every_statement_can_be_prepared_against_a_fresh_catalogue() {
    let room = Room::new().await;
    let mut conn = open::connect_writer(&room.path()).await.expect("connection");
    // What salvage reads from.
    let old = Room::new().await;
    salvage::attach(&mut conn, &old.path()).await.expect("attached");
    for (file, statements) in all() {
        for (name, sql) in statements {
            let prepared = (&mut conn).prepare((*sql).into_sql_str()).await;
            assert!(prepared.is_ok(), "{file}::{name}: {:?}", prepared.err());
            assert_eq!(*sql, sql.replace("SELECT", "select"), "{file}::{name} is lower case");
        }
    }
}

/// No SQL outside the lists: whoever writes `query("…")` inline escapes the test above.
#[test]
fn all_sql_is_in_the_lists() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalogue");
    let listed: Vec<&str> = all().iter().map(|(file, _)| *file).collect();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let (text, stem) = (
            std::fs::read_to_string(&path).expect("text"),
            path.file_stem().expect("stem").to_string_lossy(),
        );
        for call in ["query(\"", "query_as(\"", "query_scalar(\"", "raw_sql(\""] {
            assert!(!text.contains(call), "{stem} has SQL outside its statements! block");
        }
        let has_statements = text.contains("\nstatements! {");
        assert_eq!(has_statements, listed.contains(&&*stem), "{stem} must be in the list of this test");
    }
}

#[tokio::test]
async fn the_statements_that_must_be_quick_use_their_keys() {
    let room = Room::new().await;
    let mut conn = open::connect_reader(&room.path()).await.expect("connection");
    for (file, statements) in all() {
        for (name, sql) in statements.iter().filter(|(_, sql)| sql.contains("from segment")) {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&mut conn).await.expect("plan");
            for (.., step) in plan {
                let whole = step.starts_with("SCAN segment") && !step.contains("segment_unfinished");
                assert!(!whole, "{file}::{name} reads every segment: {step}");
                assert!(!step.contains("TEMP B-TREE") || file == "camera", "{file}::{name} sorts: {step}");
            }
        }
    }
}

#[tokio::test]
async fn doomed_segments_are_found_without_reading_the_others() {
    let room = Room::new().await;
    let mut conn = open::connect_reader(&room.path()).await.expect("connection");
    let (_, sql) = doom::STATEMENTS.iter().find(|(name, _)| *name == "DOOMED").expect("the statement");
    let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(&mut conn).await.expect("plan");
    assert!(plan.iter().any(|(.., step)| step.contains("segment_unfinished")), "{plan:?}");
}

#[tokio::test]
async fn events_are_found_by_their_indexes() {
    let room = Room::new().await;
    let mut conn = open::connect_reader(&room.path()).await.expect("connection");
    let lists = [event_list::STATEMENTS, event_write::STATEMENTS, mark::STATEMENTS, motion_sweep::STATEMENTS];
    // A check looks at all of them.
    let quick = |(name, sql): &&(&str, &str)| *name != "AUDIT" && sql.contains("event");
    for (name, sql) in lists.into_iter().flatten().filter(quick) {
        let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut conn).await.expect("plan");
        for (.., step) in &plan {
            let whole = ["SCAN e", "SCAN event"].contains(&step.as_str());
            assert!(!whole, "{name} reads every event: {plan:?}");
        }
    }
}

#[tokio::test]
async fn what_waits_to_be_sent_is_found_without_reading_what_was() {
    let room = Room::new().await;
    let mut conn = open::connect_reader(&room.path()).await.expect("connection");
    for (name, sql) in delivery::STATEMENTS.iter().chain(alert::STATEMENTS) {
        let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut conn).await.expect("plan");
        let whole = |step: &str| {
            let scan = ["SCAN d", "SCAN delivery", "SCAN a", "SCAN alert"].iter().any(|scan| {
                step == *scan
                    || step.starts_with(&format!("{scan} USING")) && !step.contains("delivery_waiting")
            });
            scan && !step.contains("PRIMARY KEY")
        };
        // These read some of the newest, by their keys, from the end.
        let newest = ["STUCK", "CHANNEL"].contains(name);
        let whole = plan.iter().filter(|(.., step)| whole(step)).count();
        assert!(whole == 0 || newest, "{name} reads everything: {plan:?}");
    }
}
