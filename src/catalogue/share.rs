//! Shares: links to an export for people without an account, and who opened them. Tokens and PINs come as hashes.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, TokenHash};
use crate::base::{Error, ExportId, Result, ShareId, TICKS_PER_SECOND, Ticks};

macro_rules! columns {
    () => {
        "select s.id, (select e.id from export e where e.key = s.export_key), s.pin_hash, s.person, s.created_90k, \
         s.expires_90k, s.revoked_90k, \
         (select count(*) from share_open o where o.share_key = s.key and o.what in ('page', 'file')), \
         (select count(*) from share_open o where o.share_key = s.key and o.what = 'wrong_pin'), s.reason from share s "
    };
}

statements! {
    ADD = "insert into share (id, export_key, hash, pin_hash, person, created_90k, expires_90k, reason) \
        select ?1, key, ?3, ?4, ?5, ?6, ?7, ?8 from export where id = ?2 and state = 'done' \
        and (?5 = 'token' or exists (select 1 from person where name = ?5 and enabled = 1))";
    BY_ID = concat!(columns!(), "where s.id = ?1");
    BY_HASH = concat!(columns!(), "where s.hash = ?1");
    OF_EXPORT = concat!(columns!(), "where s.export_key = (select key from export where id = ?1) order by s.key desc");
    REVOKE = "update share set revoked_90k = ?2 where id = ?1 and revoked_90k is null";
    REVOKE_OF = "update share set revoked_90k = ?2 where person = ?1 and revoked_90k is null";
    OPENED = "insert into share_open (share_key, at_90k, address, what) select key, ?2, ?3, ?4 from share where id = ?1";
    TRIM = "delete from share_open where share_key = (select key from share where id = ?1) and key <= \
        (select key from share_open where share_key = (select key from share where id = ?1) order by key desc \
        limit 1 offset 10000)";
    OPENS = "select at_90k, address, what from share_open where share_key = (select key from share where id = ?1) \
        order by key desc limit ?2";
    FORGET = "delete from share where max(expires_90k, coalesce(revoked_90k, 0)) < ?1";
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewShare {
    /// To what.
    pub export: ExportId,
    /// Of its token.
    pub hash: TokenHash,
    /// PHC string; `None` = the link alone opens it.
    pub pin_hash: Option<String>,
    /// Who shares.
    pub person: String,
    /// Not valid from here on.
    pub expires: Ticks,
    /// Why, in their words; may be empty.
    pub reason: String,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// For ever.
    pub id: ShareId,
    /// To what; `None` = it has been deleted.
    pub export: Option<ExportId>,
    /// PHC string.
    pub pin_hash: Option<String>,
    /// Who shared it.
    pub person: String,
    /// When.
    pub created: Ticks,
    /// Not valid from here on.
    pub expires: Ticks,
    /// When it was taken back.
    pub revoked: Option<Ticks>,
    /// How often its page or file was opened.
    pub opens: u64,
    /// How often a wrong PIN was given.
    pub wrong_pins: u64,
    /// Why it was shared, in the sharer's words; may be empty.
    pub reason: String,
}

const DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// So many wrong PINs close a link for good: four digits must not be guessed within a day.
const WRONG_PINS: u64 = 20;

/// Whether a link still opens something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It opens this export.
    Open(ExportId),
    /// Its time is over, or its export is gone.
    Expired,
    /// It was taken back.
    Revoked,
    /// Too many wrong PINs were given.
    Locked,
}

impl Share {
    /// Whether it opens something now.
    pub fn standing(&self, now: Ticks) -> Standing {
        match self.export {
            _ if self.revoked.is_some() => Standing::Revoked,
            _ if self.wrong_pins >= WRONG_PINS => Standing::Locked,
            // Shared by a clock that was ahead, it would be open for as long.
            Some(export) if now < self.expires && self.created - now <= DAY => Standing::Open(export),
            _ => Standing::Expired,
        }
    }
}

/// What somebody did with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Looked at its page.
    Page,
    /// Began to take the file.
    File,
    /// Gave a PIN that is not the right one.
    WrongPin,
    /// Came when it was over.
    Over,
}

impl Opened {
    const ALL: [Self; 4] = [Self::Page, Self::File, Self::WrongPin, Self::Over];

    /// Name in columns and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::File => "file",
            Self::WrongPin => "wrong_pin",
            Self::Over => "over",
        }
    }
}

/// One time that somebody came by a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareOpen {
    /// When.
    pub at: Ticks,
    /// From where.
    pub address: String,
    /// For what.
    pub what: Opened,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Share {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: Error| sqlx::Error::Decode(Box::new(e));
        let export: Option<&[u8]> = row.try_get(1)?;
        Ok(Self {
            id: ShareId(uuid(row.try_get(0)?).map_err(decode)?),
            export: export.map(uuid).transpose().map_err(decode)?.map(ExportId),
            pin_hash: row.try_get(2)?,
            person: row.try_get(3)?,
            created: Ticks(row.try_get(4)?),
            expires: Ticks(row.try_get(5)?),
            revoked: row.try_get::<Option<i64>, _>(6)?.map(Ticks),
            opens: row.try_get::<i64, _>(7)?.unsigned_abs(),
            wrong_pins: row.try_get::<i64, _>(8)?.unsigned_abs(),
            reason: row.try_get(9)?,
        })
    }
}

struct Add(ShareId, NewShare);

impl Change for Add {
    type Answer = Option<Share>;
    const NAME: &'static str = "add_share";

    async fn apply(&self, w: &mut Write) -> Result<Option<Share>> {
        let (id, new) = (self.0.0.as_bytes().to_vec(), &self.1);
        let query = sqlx::query(ADD)
            .bind(id.clone())
            .bind(new.export.0.as_bytes().to_vec())
            .bind(new.hash.0.to_vec())
            .bind(new.pin_hash.clone())
            .bind(new.person.clone())
            .bind(w.now.0)
            .bind(new.expires.0)
            .bind(new.reason.clone());
        query.execute(&mut w.conn).await.map_err(failed)?;
        sqlx::query_as(BY_ID).bind(id).fetch_optional(&mut w.conn).await.map_err(failed)
    }
}

struct Revoke(ShareId);

impl Change for Revoke {
    type Answer = bool;
    const NAME: &'static str = "revoke_share";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(REVOKE).bind(self.0.0.as_bytes().to_vec()).bind(w.now.0);
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0)
    }
}

/// Takes back all links of somebody, in a change that ends them: who may not sign in has shared nothing.
pub(super) async fn revoke_of(w: &mut Write, person: &str) -> Result<()> {
    let query = sqlx::query(REVOKE_OF).bind(person.to_owned()).bind(w.now.0);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

struct Note(ShareId, Opened, String);

impl Change for Note {
    type Answer = ();
    const NAME: &'static str = "note_share_open";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let id = self.0.0.as_bytes().to_vec();
        let query = sqlx::query(OPENED).bind(id.clone()).bind(w.now.0);
        query.bind(self.2.clone()).bind(self.1.name()).execute(&mut w.conn).await.map_err(failed)?;
        sqlx::query(TRIM).bind(id).execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct Forget(Ticks);

impl Change for Forget {
    type Answer = u64;
    const NAME: &'static str = "forget_shares";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        let query = sqlx::query(FORGET).bind(self.0.0);
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected())
    }
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// Makes a link to a finished export; `None` when there is no such, or whoever shares may not sign in any more.
    pub async fn add_share(&self, scope: &Scope, new: NewShare) -> Result<Option<Share>> {
        if self.export(scope, new.export).await?.is_none() {
            return Ok(None);
        }
        let id = ShareId::fresh(self.inner.clock.now());
        self.inner.queue.ask(Add(id, new)).await
    }

    /// The link of a token, also one that is over.
    pub async fn share(&self, hash: TokenHash) -> Result<Option<Share>> {
        let query = sqlx::query_as(BY_HASH).bind(hash.0.as_slice());
        self.read(query.fetch_optional(self.readers())).await
    }

    /// All links to an export, newest first, each with the last times that somebody came by it, newest first.
    pub async fn shares(
        &self,
        scope: &Scope,
        export: ExportId,
        opens: u32,
    ) -> Result<Vec<(Share, Vec<ShareOpen>)>> {
        if self.export(scope, export).await?.is_none() {
            return Ok(Vec::new());
        }
        let query = sqlx::query_as(OF_EXPORT).bind(export.0.as_bytes().as_slice());
        let rows: Vec<Share> = self.read(query.fetch_all(self.readers())).await?;
        let mut all = Vec::with_capacity(rows.len());
        for share in rows {
            let opens = self.share_opens(share.id, opens).await?;
            all.push((share, opens));
        }
        Ok(all)
    }

    /// Takes a link back; `false` when there is none to take back.
    pub async fn revoke_share(&self, scope: &Scope, id: ShareId) -> Result<bool> {
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().to_vec());
        let share: Option<Share> = self.read(query.fetch_optional(self.readers())).await?;
        let there = match share.map(|share| share.export) {
            Some(Some(export)) => self.export(scope, export).await?.is_some(),
            // It leads nowhere any more, and nobody knows where it did.
            Some(None) => scope.is_everything(),
            None => false,
        };
        if !there {
            return Ok(false);
        }
        self.inner.queue.ask(Revoke(id)).await
    }

    /// Notes that somebody came by a link, before they get anything.
    pub async fn note_share_open(&self, id: ShareId, what: Opened, address: String) -> Result<()> {
        self.inner.queue.ask(Note(id, what, address)).await
    }

    async fn share_opens(&self, id: ShareId, limit: u32) -> Result<Vec<ShareOpen>> {
        let query = sqlx::query_as(OPENS).bind(id.0.as_bytes().as_slice()).bind(limit);
        let rows: Vec<(i64, String, String)> = self.read(query.fetch_all(self.readers())).await?;
        let open = |(at, address, what): (i64, String, String)| {
            let what = Opened::ALL.into_iter().find(|w| w.name() == what);
            Ok(ShareOpen { at: Ticks(at), address, what: what.ok_or_else(|| damaged("a share's log"))? })
        };
        rows.into_iter().map(open).collect()
    }

    /// Forgets links that were over before an instant, with their logs.
    pub async fn forget_shares(&self, before: Ticks) -> Result<u64> {
        self.inner.queue.ask(Forget(before)).await
    }
}
