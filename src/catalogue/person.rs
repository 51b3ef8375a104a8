//! People, sessions, bearer tokens and one-time codes, as the auth room stores them: hashes only.

use serde_json::json;
use uuid::Uuid;

use super::Catalogue;
use super::outbox;
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use crate::base::{Error, Result, Ticks, fresh_uuid};

statements! {
    ENSURE = "insert into person (id, name, role) values (?1, ?2, ?3) on conflict (name) do nothing";
    PERSON = "select id, name, role, password_hash is not null from person where name = ?1";
    PEOPLE = "select id, name, role, password_hash is not null from person order by key";
    SET_PASSWORD = "update person set password_hash = ?2 where id = ?1 returning name, role";
    PASSWORD_HASH = "select password_hash from person where id = ?1";
    ADD_SESSION = "insert into session (hash, person_key, kind, created_90k, seen_90k, expires_90k) \
        values (?1, (select key from person where id = ?2), ?3, ?4, ?4, ?5)";
    SESSION = "select p.id, p.name, p.role, p.password_hash is not null, s.kind, s.created_90k, s.seen_90k, s.expires_90k \
        from session s join person p on p.key = s.person_key where s.hash = ?1 and s.expires_90k > ?2";
    TOUCH_SESSION = "update session set seen_90k = ?2, expires_90k = ?3 where hash = ?1";
    END_SESSION = "delete from session where hash = ?1";
    END_OTHERS = "delete from session where person_key = (select key from person where id = ?1) and hash is not ?2";
    ADD_TOKEN = "insert into token (hash, name, scope, created_90k) values (?1, ?2, ?3, ?4)";
    TOKEN = "select scope from token where hash = ?1 and revoked_90k is null";
    REVOKE_TOKEN = "update token set revoked_90k = ?2 where hash = ?1 and revoked_90k is null";
    ADD_CODE = "insert into login_code (hash, expires_90k) values (?1, ?2)";
    USE_CODE = "update login_code set used_90k = ?2 where hash = ?1 and used_90k is null and expires_90k > ?2";
}

/// SHA-256 of a session token, bearer token or one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// For ever.
    pub id: Uuid,
    /// What is typed at sign-in.
    pub name: String,
    /// Such as `admin`.
    pub role: String,
    /// A password has been set.
    pub has_password: bool,
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Of its token.
    pub hash: TokenHash,
    /// Whose.
    pub person: Uuid,
    /// How it began: `password` or `code`.
    pub kind: String,
    /// Not valid from here on.
    pub expires: Ticks,
}

/// A session that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub person: Person,
    /// How it began: `password` or `code`.
    pub kind: String,
    /// When it began.
    pub created: Ticks,
    /// When it was used last, as far as it was noted.
    pub seen: Ticks,
    /// Not valid from here on.
    pub expires: Ticks,
}

type PersonRow = (Vec<u8>, String, String, bool);

fn person((id, name, role, has_password): PersonRow) -> Result<Person> {
    Ok(Person { id: uuid(&id)?, name, role, has_password })
}

struct Ensure(String, String);

impl Change for Ensure {
    type Answer = Person;
    const NAME: &'static str = "ensure_person";

    async fn apply(&self, w: &mut Write) -> Result<Person> {
        let id = fresh_uuid(w.now);
        let query =
            sqlx::query(ENSURE).bind(id.as_bytes().as_slice()).bind(self.0.clone()).bind(self.1.clone());
        let added = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected();
        let row = sqlx::query_as(PERSON).bind(self.0.clone()).fetch_one(&mut w.conn).await.map_err(failed)?;
        let person = person(row)?;
        if added > 0 {
            outbox::put(w, "person", person.id, json!({"name": person.name, "role": person.role})).await?;
        }
        Ok(person)
    }
}

struct SetPassword(Uuid, String);

impl Change for SetPassword {
    type Answer = ();
    const NAME: &'static str = "set_password";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query_as(SET_PASSWORD).bind(self.0.as_bytes().as_slice()).bind(self.1.clone());
        let row: Option<(String, String)> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
        let (name, role) = row.ok_or_else(|| Error::not_found("there is no such person"))?;
        outbox::put(w, "person", self.0, json!({"name": name, "role": role, "password_changed": true})).await
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
            .bind(s.expires.0);
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

struct EndSession(TokenHash);

impl Change for EndSession {
    type Answer = ();
    const NAME: &'static str = "end_session";

    async fn apply(&self, w: &mut Write) -> Result<()> {
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
    /// The person of that name, added if there is none.
    pub async fn ensure_person(&self, name: &str, role: &str) -> Result<Person> {
        self.inner.queue.ask(Ensure(name.to_owned(), role.to_owned())).await
    }

    /// The person of that name.
    pub async fn person(&self, name: &str) -> Result<Option<Person>> {
        let query = sqlx::query_as(PERSON).bind(name.to_owned());
        let row: Option<PersonRow> = self.read(query.fetch_optional(self.readers())).await?;
        row.map(person).transpose()
    }

    /// Everybody, in order of addition.
    pub async fn people(&self) -> Result<Vec<Person>> {
        let rows: Vec<PersonRow> = self.read(sqlx::query_as(PEOPLE).fetch_all(self.readers())).await?;
        rows.into_iter().map(person).collect()
    }

    /// Sets a password hash (PHC string); `NotFound` for an unknown person.
    pub async fn set_password(&self, person: Uuid, hash: &str) -> Result<()> {
        self.inner.queue.ask(SetPassword(person, hash.to_owned())).await
    }

    /// A person's password hash; `None` when there is no such person or no password.
    pub async fn password_hash(&self, person: Uuid) -> Result<Option<String>> {
        let query = sqlx::query_scalar(PASSWORD_HASH).bind(person.as_bytes().as_slice());
        let hash: Option<Option<String>> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(hash.flatten())
    }

    /// Begins a session; `Conflict` for an unknown person.
    pub async fn add_session(&self, session: NewSession) -> Result<()> {
        self.inner.queue.ask(AddSession(session)).await
    }

    /// The session of a token, if it has not expired.
    pub async fn session(&self, hash: TokenHash) -> Result<Option<Session>> {
        type Row = (Vec<u8>, String, String, bool, String, i64, i64, i64);
        let query = sqlx::query_as(SESSION).bind(hash.0.as_slice()).bind(self.inner.clock.now().0);
        let row: Option<Row> = self.read(query.fetch_optional(self.readers())).await?;
        let session = row.map(|(id, name, role, has_password, kind, created, seen, expires)| {
            let person = person((id, name, role, has_password))?;
            Ok(Session { person, kind, created: Ticks(created), seen: Ticks(seen), expires: Ticks(expires) })
        });
        session.transpose()
    }

    /// Notes that a session is in use and until when it is valid now; returns at once.
    pub fn touch_session(&self, hash: TokenHash, expires: Ticks) -> bool {
        self.inner.queue.tell(Touch(hash, expires))
    }

    /// Ends a session.
    pub async fn end_session(&self, hash: TokenHash) -> Result<()> {
        self.inner.queue.ask(EndSession(hash)).await
    }

    /// Ends all sessions of a person but one: after a change of password. Answers how many.
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
