//! What people did: rows that are only added, each with a hash over the one before it, kept for a year.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope};
use crate::base::{CameraId, Result, Ticks, TimeRange};

statements! {
    NEWEST = "select hash from audit order by seq desc limit 1";
    ADD = "insert into audit (at_90k, actor, action, camera, detail, peer, hash) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    LIST = "select seq, at_90k, actor, action, camera, detail, peer, hash from audit where seq < ?1 \
        and at_90k >= ?2 and at_90k < ?3 and (?4 is null or actor = ?4) and (?5 is null or action = ?5) \
        and (?6 is null or camera is null or camera in (select unhex(value, '-') from json_each(?6))) \
        order by seq desc limit ?7";
    CHAIN = "select seq, at_90k, actor, action, camera, detail, peer, hash from audit where seq > ?1 order by seq limit 1000";
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What somebody did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AuditAction { $($(#[$doc])* $name,)+ }

        impl AuditAction {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Name in the column and in the API.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

actions! {
    /// Came in.
    SignIn = "sign_in",
    /// Tried to, in vain.
    SignInFailed = "sign_in_failed",
    /// Went out.
    SignOut = "sign_out",
    /// Set a password.
    Password = "password",
    /// Ended a session.
    SessionEnded = "session_ended",
    /// Invited somebody.
    Invite = "invite",
    /// Took an invite back.
    InviteRemoved = "invite_removed",
    /// Became a person.
    InviteAccepted = "invite_accepted",
    /// Changed what somebody may do or see.
    PersonChanged = "person_changed",
    /// Removed a person.
    PersonRemoved = "person_removed",
    /// Watched live pictures.
    Live = "live",
    /// Watched recordings.
    Playback = "playback",
    /// Searched for motion.
    Search = "search",
    /// Asked for an export.
    Export = "export",
    /// Took an export's file.
    ExportFile = "export_file",
    /// Deleted an export.
    ExportRemoved = "export_removed",
    /// Made a link for somebody without an account.
    Share = "share",
    /// Took a link back.
    ShareRevoked = "share_revoked",
    /// Locked footage.
    Lock = "lock",
    /// Unlocked footage.
    Unlock = "unlock",
    /// Added a camera.
    CameraAdded = "camera_added",
    /// Changed a camera.
    CameraChanged = "camera_changed",
    /// Removed a camera.
    CameraRemoved = "camera_removed",
    /// Restarted a camera's sessions.
    CameraRestarted = "camera_restarted",
    /// Kept, changed or removed a layout of the wall.
    Layout = "layout",
    /// Marked events as seen, handled or false alarm.
    Mark = "mark",
    /// Made, changed or removed a bookmark.
    Bookmark = "bookmark",
    /// Wanted quiet, or no longer.
    Snooze = "snooze",
    /// Set how they want to be told themselves.
    AlertPrefs = "alert_prefs",
    /// Had a browser of theirs told, or no longer.
    PushDevice = "push_device",
    /// Drew zones.
    Zones = "zones",
    /// Set when alerts are sent, of what, or by which way.
    AlertSettings = "alert_settings",
    /// Changed the site's settings.
    Site = "site",
}

/// Something to note.
#[derive(Clone, Debug)]
pub struct NewAudit {
    /// Sign-in name of a person, `token` of a machine, empty = nobody who is known.
    pub actor: String,
    /// What they did.
    pub action: AuditAction,
    /// The camera that it is about.
    pub camera: Option<CameraId>,
    /// An object, without secrets.
    pub detail: Value,
    /// From where; empty = this machine.
    pub peer: String,
}

/// Something that was noted.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Order.
    pub seq: i64,
    /// When.
    pub at: Ticks,
    /// Who.
    pub actor: String,
    /// What, by its name.
    pub action: String,
    /// The camera that it is about.
    pub camera: Option<CameraId>,
    /// More of it.
    pub detail: Value,
    /// From where.
    pub peer: String,
    /// Over the hash before and this row.
    pub hash: [u8; 32],
}

/// Which of it.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// By this one.
    pub actor: Option<String>,
    /// Of this kind.
    pub action: Option<AuditAction>,
    /// Before this place in the list: an entry's `seq`.
    pub before: Option<i64>,
}

type Row = (i64, i64, String, String, Option<Vec<u8>>, String, String, Vec<u8>);

fn entry((seq, at, actor, action, camera, detail, peer, hash): Row) -> Result<AuditEntry> {
    let wrong = || damaged("an entry of the audit log");
    Ok(AuditEntry {
        seq,
        at: Ticks(at),
        actor,
        action,
        camera: camera.map(|id| uuid(&id).map(CameraId)).transpose()?,
        detail: serde_json::from_str(&detail).map_err(|e| wrong().because(e))?,
        peer,
        hash: hash.try_into().map_err(|_| wrong())?,
    })
}

/// Of the hash before and what a row says, in a form that has one meaning.
fn link(before: &[u8], at: Ticks, new: (&str, &str, Option<CameraId>, &str, &str)) -> [u8; 32] {
    let (actor, action, camera, detail, peer) = new;
    let row = json!([at.0, actor, action, camera, detail, peer]).to_string();
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(row.as_bytes());
    hash.finalize().into()
}

struct Note(NewAudit);

impl Change for Note {
    type Answer = ();
    const NAME: &'static str = "note";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let new = &self.0;
        let before: Option<Vec<u8>> =
            sqlx::query_scalar(NEWEST).fetch_optional(&mut w.conn).await.map_err(failed)?;
        let (detail, action) = (new.detail.to_string(), new.action.name());
        let row = (new.actor.as_str(), action, new.camera, detail.as_str(), new.peer.as_str());
        let hash = link(&before.unwrap_or_default(), w.now, row);
        let query = sqlx::query(ADD)
            .bind(w.now.0)
            .bind(new.actor.clone())
            .bind(action)
            .bind(new.camera.map(|camera| camera.0.as_bytes().to_vec()))
            .bind(detail.clone())
            .bind(new.peer.clone())
            .bind(hash.to_vec());
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

impl Catalogue {
    /// Notes what somebody did; returns at once.
    pub fn note(&self, new: NewAudit) {
        self.inner.queue.tell(Note(new));
    }

    /// What people did in a range, newest first, at most `limit`; of cameras only those that may be seen.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn audit_log(
        &self,
        scope: &Scope,
        range: TimeRange,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>> {
        let query = sqlx::query_as(LIST)
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(range.from.0)
            .bind(range.to.0)
            .bind(filter.actor.clone())
            .bind(filter.action.map(AuditAction::name))
            .bind(scope.list())
            .bind(limit);
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        rows.into_iter().map(entry).collect()
    }

    /// The first entry of the log whose hash does not follow from the one before it: it or that one was changed, or one
    /// between them was taken out. `None` = all are as they were written. With how many were looked at.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn audit_broken(&self) -> Result<(u64, Option<i64>)> {
        let (mut after, mut before): (i64, Option<[u8; 32]>) = (i64::MIN, None);
        let mut looked_at = 0;
        loop {
            let rows: Vec<Row> =
                self.read(sqlx::query_as(CHAIN).bind(after).fetch_all(self.readers())).await?;
            if rows.is_empty() {
                return Ok((looked_at, None));
            }
            for row in rows {
                looked_at += 1;
                let (seq, at, detail) = (row.0, Ticks(row.1), row.5.clone());
                let e = entry(row)?;
                // What the oldest one that is kept follows was taken by its age; the very first follows nothing.
                let known = before.map(|hash| hash.to_vec()).or((seq == 1).then(Vec::new));
                let new = (e.actor.as_str(), e.action.as_str(), e.camera, detail.as_str(), e.peer.as_str());
                if known.is_some_and(|known| link(&known, at, new) != e.hash) {
                    return Ok((looked_at, Some(seq)));
                }
                (after, before) = (seq, Some(e.hash));
            }
        }
    }
}
