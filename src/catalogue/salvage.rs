//! Taking over from an older catalogue file what no segment file can tell: cameras with their addresses, people, tokens,
//! names, gaps, locks, what people marked, what they are told and how. Table by table, so that one damaged page does not cost the others.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use super::open::{connect_writer, migrate};
use super::sql::{failed, statements};
use crate::base::Result;

statements! {
    /// Starts are counted anew.
    META = "insert or replace into main.meta select * from old.meta where name <> 'recovered_boot'";
    CAMERA = "insert or ignore into main.camera select * from old.camera";
    STREAM = "insert or ignore into main.stream select * from old.stream";
    VOLUME = "insert or ignore into main.volume select * from old.volume";
    PERSON = "insert or ignore into main.person select * from old.person";
    PERSON_REACH = "insert or ignore into main.person_reach select * from old.person_reach \
        where person_key in (select key from main.person)";
    TOKEN = "insert or ignore into main.token select * from old.token";
    ZONE = "insert or ignore into main.zone select * from old.zone";
    ZONE_SET = "insert or ignore into main.zone_set select * from old.zone_set";
    LAYOUT = "insert or ignore into main.layout select * from old.layout";
    LAYOUT_CAMERA = "insert or ignore into main.layout_camera select * from old.layout_camera";
    EVENT = "insert or ignore into main.event select * from old.event";
    EVENT_SEEN = "insert or ignore into main.event_seen select * from old.event_seen \
        where event_key in (select key from main.event)";
    EVENT_MARK = "insert or ignore into main.event_mark select * from old.event_mark \
        where event_key in (select key from main.event)";
    BOOKMARK = "insert or ignore into main.bookmark select * from old.bookmark";
    /// Before any footage: what is adopted is held by them.
    LOCK = "insert or ignore into main.lock select * from old.lock";
    GAP = "insert or ignore into main.gap select * from old.gap";
    DELETION_LOG = "insert or ignore into main.deletion_log select * from old.deletion_log";
    AUDIT = "insert or ignore into main.audit select * from old.audit";
    ALERT = "insert or ignore into main.alert select * from old.alert";
    DIGEST_MEMBER = "insert or ignore into main.digest_member select * from old.digest_member \
        where digest_key in (select key from main.alert) and alert_key in (select key from main.alert)";
    DELIVERY = "insert or ignore into main.delivery select * from old.delivery \
        where alert_key in (select key from main.alert)";
    PUSH_ENDPOINT = "insert or ignore into main.push_endpoint select * from old.push_endpoint \
        where person_key in (select key from main.person)";
    ALERT_SETTING = "insert or ignore into main.alert_setting select * from old.alert_setting";
    ALERT_PREF = "insert or ignore into main.alert_pref select * from old.alert_pref \
        where person_key in (select key from main.person)";
    SNOOZE = "insert or ignore into main.snooze select * from old.snooze where person_key in (select key from main.person)";
    JUDGED = "insert or ignore into main.judged select * from old.judged \
        where alert_key is null or alert_key in (select key from main.alert)";
    TROUBLE = "insert or ignore into main.trouble select * from old.trouble";
    HABIT = "insert or ignore into main.habit select * from old.habit";
    OUTBOX = "insert or ignore into main.outbox select * from old.outbox";
    ATTACH = "attach database ?1 as old";
}

/// In order of reference. Both files have this program's schema, so all columns are alike.
const TABLES: [(&str, &str); 30] = [
    ("meta", META),
    ("camera", CAMERA),
    ("stream", STREAM),
    ("volume", VOLUME),
    ("person", PERSON),
    ("person_reach", PERSON_REACH),
    ("token", TOKEN),
    ("zone", ZONE),
    ("zone_set", ZONE_SET),
    ("layout", LAYOUT),
    ("layout_camera", LAYOUT_CAMERA),
    ("event", EVENT),
    ("event_seen", EVENT_SEEN),
    ("event_mark", EVENT_MARK),
    ("bookmark", BOOKMARK),
    ("lock", LOCK),
    ("gap", GAP),
    ("deletion_log", DELETION_LOG),
    ("audit", AUDIT),
    ("alert", ALERT),
    ("digest_member", DIGEST_MEMBER),
    ("delivery", DELIVERY),
    ("push_endpoint", PUSH_ENDPOINT),
    ("alert_setting", ALERT_SETTING),
    ("alert_pref", ALERT_PREF),
    ("snooze", SNOOZE),
    ("judged", JUDGED),
    ("trouble", TROUBLE),
    ("habit", HABIT),
    ("outbox", OUTBOX),
];

/// Copies everything but footage from `old` into the new, still empty file. Answers the tables that could not be read.
///
/// # Errors
/// When the new file cannot be written.
pub async fn take_settings(old: &Path, new: &Path) -> Result<Vec<&'static str>> {
    let mut conn = connect_writer(new).await?;
    migrate(&mut conn).await?;
    let mut lost = Vec::new();
    let attached = attach(&mut conn, old).await.is_ok();
    for (table, sql) in TABLES {
        if !attached || sqlx::query(sql).execute(&mut conn).await.is_err() {
            lost.push(table);
        }
    }
    conn.close().await.map_err(failed)?;
    Ok(lost)
}

/// The old file as `old`.
pub(super) async fn attach(conn: &mut SqliteConnection, old: &Path) -> Result<()> {
    // Brings an older file to this schema first.
    let mut opened = connect_writer(old).await?;
    migrate(&mut opened).await?;
    opened.close().await.map_err(failed)?;
    let path = old.to_string_lossy().into_owned();
    sqlx::query(ATTACH).bind(path).execute(conn).await.map(drop).map_err(failed)
}
