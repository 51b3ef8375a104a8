//! Sessions, bearer tokens and one-time codes, as the auth room stores them: hashes only.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::person::{Person, person_columns};
use super::sql::{damaged, failed, statements};
use super::writer::{Change, Write};
use super::{Catalogue, endpoint};
use crate::base::{Result, Ticks};

macro_rules! session_columns {
    () => {
        ", s.hash, s.kind, s.created_90k as begun_90k, s.seen_90k, s.expires_90k, s.peer, s.agent, \
         coalesce(s.proved_90k, s.created_90k) as proved_90k, \
         exists (select 1 from push_endpoint e where e.session = s.hash and e.gone_90k is null) as told \
         from session s join person p on p.key = s.person_key "
    };
}

statements! {
    ADD_SESSION = "insert into session (hash, person_key, kind, created_90k, seen_90k, expires_90k, peer, agent) \
        values (?1, (select key from person where id = ?2), ?3, ?4, ?4, ?5, ?6, ?7)";
    SESSION = concat!("select ", person_columns!(), session_columns!(), "where s.hash = ?1 and s.expires_90k > ?2 and p.enabled = 1");
    OF_PERSON = concat!("select ", person_columns!(), session_columns!(), "where p.id = ?1 and s.expires_90k > ?2 \
        order by s.created_90k desc, s.hash");
    PROVED = "update session set proved_90k = ?2 where hash = ?1";
    TOUCH_SESSION = "update session set seen_90k = ?2, expires_90k = ?3 where hash = ?1";
    END_SESSION = "delete from session where hash = ?1";
    END_OTHERS = "delete from session where person_key = (select key from person where id = ?1) and hash is not ?2";
    ADD_TOKEN = "insert into token (hash, name, scope, created_90k) values (?1, ?2, ?3, ?4)";
    TOKEN = "select scope from token where hash = ?1 and revoked_90k is null";
    REVOKE_TOKEN = "update token set revoked_90k = ?2 where hash = ?1 and revoked_90k is null";
    ADD_CODE = "insert into login_code (hash, expires_90k) values (?1, ?2)";
    /// One that ends more than a day from now was made by a clock that was ahead.
    USE_CODE = "update login_code set used_90k = ?2 where hash = ?1 and used_90k is null and expires_90k > ?2 \
        and expires_90k <= ?2 + 7776000000";
}

/// SHA-256 of a session token, bearer token, link or one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Of its token.
    pub hash: TokenHash,
    /// Whose.
    pub person: Uuid,
    /// How it began: `password`, `code` or `invite`.
    pub kind: String,
    /// Not valid from here on.
    pub expires: Ticks,
    /// From where it began.
    pub peer: String,
    /// What the browser calls itself; may be empty.
    pub agent: String,
}

/// A session that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Of its token.
    pub hash: TokenHash,
    /// Whose.
    pub person: Person,
    /// How it began: `password`, `code` or `invite`.
    pub kind: String,
    /// When it began.
    pub created: Ticks,
    /// When it was used last, as far as it was noted.
    pub seen: Ticks,
    /// Not valid from here on.
    pub expires: Ticks,
    /// When its person typed their password last.
    pub proved: Ticks,
    /// Alerts are sent to the browser that it is in.
    pub told: bool,
    /// From where it began; empty = not noted.
    pub peer: String,
    /// What the browser called itself; may be empty.
    pub agent: String,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Session {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let hash: &[u8] = row.try_get("hash")?;
        let hash = hash.try_into().map_err(|_| sqlx::Error::Decode(Box::new(damaged("a session"))))?;
        Ok(Self {
            hash: TokenHash(hash),
            person: Person::from_row(row)?,
            kind: row.try_get("kind")?,
            created: Ticks(row.try_get("begun_90k")?),
            seen: Ticks(row.try_get("seen_90k")?),
            expires: Ticks(row.try_get("expires_90k")?),
            proved: Ticks(row.try_get("proved_90k")?),
            told: row.try_get("told")?,
            peer: row.try_get("peer")?,
            agent: row.try_get("agent")?,
        })
    }
}

struct AddSession(NewSession);

impl Change for AddSession {
    type Answer = ();
    const NAME: &'static str = "add_session";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let s = &self.0;
        let query = sqlx::query(ADD_SESSION)
            .bind(s.hash.0.as_slice())
            .bind(s.person.as_bytes().as_slice())
            .bind(s.kind.clone())
            .bind(w.now.0)
            .bind(s.expires.0)
            .bind(s.peer.clone())
            .bind(s.agent.clone());
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct Touch(TokenHash, Ticks);

impl Change for Touch {
    type Answer = ();
    const NAME: &'static str = "touch_session";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(TOUCH_SESSION).bind(self.0.0.as_slice()).bind(w.now.0).bind(self.1.0);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct Proved(TokenHash);

impl Change for Proved {
    type Answer = ();
    const NAME: &'static str = "session_proved";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(PROVED).bind(self.0.0.as_slice()).bind(w.now.0);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct EndSession(TokenHash);

impl Change for EndSession {
    type Answer = ();
    const NAME: &'static str = "end_session";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        endpoint::leave_session(w, self.0).await?;
        sqlx::query(END_SESSION)
            .bind(self.0.0.as_slice())
            .execute(&mut w.conn)
            .await
            .map(drop)
            .map_err(failed)
    }
}

struct EndOthers(Uuid, Option<TokenHash>);

impl Change for EndOthers {
    type Answer = u64;
    const NAME: &'static str = "end_other_sessions";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        endpoint::leave_others(w, self.0, self.1).await?;
        let query = sqlx::query(END_OTHERS)
            .bind(self.0.as_bytes().as_slice())
            .bind(self.1.map(|hash| hash.0.to_vec()));
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected())
    }
}

struct AddToken(TokenHash, String, String);

impl Change for AddToken {
    type Answer = ();
    const NAME: &'static str = "add_token";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(ADD_TOKEN)
            .bind(self.0.0.as_slice())
            .bind(self.1.clone())
            .bind(self.2.clone())
            .bind(w.now.0);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct RevokeToken(TokenHash);

impl Change for RevokeToken {
    type Answer = bool;
    const NAME: &'static str = "revoke_token";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(REVOKE_TOKEN).bind(self.0.0.as_slice()).bind(w.now.0);
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0)
    }
}

struct AddCode(TokenHash, Ticks);

impl Change for AddCode {
    type Answer = ();
    const NAME: &'static str = "add_login_code";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(ADD_CODE).bind(self.0.0.as_slice()).bind(self.1.0);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct UseCode(TokenHash, Ticks);

impl Change for UseCode {
    type Answer = bool;
    const NAME: &'static str = "use_login_code";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(USE_CODE).bind(self.0.0.as_slice()).bind(self.1.0);
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0)
    }
}

/// Storage for the auth room, which makes and compares the hashes. Each fails when the catalogue cannot be used.
impl Catalogue {
    /// Begins a session; `Conflict` for an unknown person.
    pub async fn add_session(&self, session: NewSession) -> Result<()> {
        self.inner.queue.ask(AddSession(session)).await
    }

    /// The session of a token, if it has not expired and its person may sign in.
    pub async fn session(&self, hash: TokenHash) -> Result<Option<Session>> {
        let query = sqlx::query_as(SESSION).bind(hash.0.as_slice()).bind(self.inner.clock.now().0);
        self.read(query.fetch_optional(self.readers())).await
    }

    /// The sessions of a person that have not expired, newest first.
    pub async fn sessions_of(&self, person: Uuid) -> Result<Vec<Session>> {
        let query = sqlx::query_as(OF_PERSON).bind(person.as_bytes().to_vec());
        self.read(query.bind(self.inner.clock.now().0).fetch_all(self.readers())).await
    }

    /// Notes that a session is in use and until when it is valid now; returns at once.
    pub fn touch_session(&self, hash: TokenHash, expires: Ticks) -> bool {
        self.inner.queue.tell(Touch(hash, expires))
    }

    /// Notes that the person of a session has typed their password again.
    pub async fn session_proved(&self, hash: TokenHash) -> Result<()> {
        self.inner.queue.ask(Proved(hash)).await
    }

    /// Ends a session; nothing more is sent to the browsers that were subscribed by it.
    pub async fn end_session(&self, hash: TokenHash) -> Result<()> {
        self.inner.queue.ask(EndSession(hash)).await
    }

    /// Ends all sessions of a person but one, and what the others' browsers are sent: after a change of password. Answers how many.
    pub async fn end_other_sessions(&self, person: Uuid, but: Option<TokenHash>) -> Result<u64> {
        self.inner.queue.ask(EndOthers(person, but)).await
    }

    /// Adds a bearer token for a machine.
    pub async fn add_token(&self, hash: TokenHash, name: &str, scope: &str) -> Result<()> {
        self.inner.queue.ask(AddToken(hash, name.to_owned(), scope.to_owned())).await
    }

    /// What a bearer token may do; `None` when it is unknown or revoked.
    pub async fn token(&self, hash: TokenHash) -> Result<Option<String>> {
        self.read(sqlx::query_scalar(TOKEN).bind(hash.0.as_slice()).fetch_optional(self.readers())).await
    }

    /// Revokes a bearer token; `false` when there was none that is valid.
    pub async fn revoke_token(&self, hash: TokenHash) -> Result<bool> {
        self.inner.queue.ask(RevokeToken(hash)).await
    }

    /// Adds a one-time code.
    pub async fn add_login_code(&self, hash: TokenHash, expires: Ticks) -> Result<()> {
        self.inner.queue.ask(AddCode(hash, expires)).await
    }

    /// Uses a one-time code up: `true` once, for one caller, before it expires.
    pub async fn use_login_code(&self, hash: TokenHash, now: Ticks) -> Result<bool> {
        self.inner.queue.ask(UseCode(hash, now)).await
    }
}
