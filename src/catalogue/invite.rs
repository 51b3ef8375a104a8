//! Invites: links by which somebody becomes a person, or gets another password. Tokens come as hashes.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::person::{self, NewPerson};
use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, LiveReach, Person, Reach, TokenHash};
use crate::base::{Error, Result, Ticks, fresh_uuid};

macro_rules! columns {
    () => {
        "select id, name, display_name, role, whole_site, reach, by, created_90k, expires_90k, person, live from invite "
    };
}

/// One that was made more than a day from now was made by a clock that was ahead, and would be open for as long.
macro_rules! not_ahead {
    () => {
        "created_90k <= ?2 + 7776000000"
    };
}

statements! {
    TAKEN = "select count(*) from person where name = ?1";
    REPLACED = "delete from invite where name = ?1 and used_90k is null";
    ADD = "insert into invite (id, hash, name, display_name, role, whole_site, reach, by, created_90k, expires_90k, person, live) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    OPEN = concat!(columns!(), "where used_90k is null and expires_90k > ?1 order by key desc limit 200");
    BY_HASH = concat!(columns!(), "where hash = ?1 and used_90k is null and expires_90k > ?2 and ", not_ahead!());
    USE = concat!("update invite set used_90k = ?2 where hash = ?1 and used_90k is null and expires_90k > ?2 and ", not_ahead!());
    REMOVE = "delete from invite where id = ?1 and used_90k is null";
}

/// Somebody to invite.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// Of its token.
    pub hash: TokenHash,
    /// Sign-in name that they will have.
    pub name: String,
    /// As people call them; may be empty.
    pub display_name: String,
    /// Such as `guard`.
    pub role: String,
    /// Where they will be that; `None` = on the whole site.
    pub reach: Option<Reach>,
    /// Of what they will see live pictures besides.
    pub live: LiveReach,
    /// Who invites, by sign-in name.
    pub by: String,
    /// Not valid from here on.
    pub expires: Ticks,
    /// Who is there already and gets another password by it; `None` = it makes a person.
    pub person: Option<Uuid>,
}

/// An invite that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// For ever.
    pub id: Uuid,
    /// Sign-in name that they will have.
    pub name: String,
    /// As people call them; may be empty.
    pub display_name: String,
    /// Such as `guard`.
    pub role: String,
    /// Where they will be that; `None` = on the whole site.
    pub reach: Option<Reach>,
    /// Of what they will see live pictures besides.
    pub live: LiveReach,
    /// Who invites, by sign-in name.
    pub by: String,
    /// When.
    pub created: Ticks,
    /// Not valid from here on.
    pub expires: Ticks,
    /// Who is there already and gets another password by it; `None` = it makes a person.
    pub person: Option<Uuid>,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Invite {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: Error| sqlx::Error::Decode(Box::new(e));
        let unreadable = |e: serde_json::Error| decode(damaged("an invite").because(e));
        let whole_site: bool = row.try_get(4)?;
        let reach = serde_json::from_str(row.try_get(5)?).map_err(unreadable)?;
        Ok(Self {
            id: uuid(row.try_get(0)?).map_err(decode)?,
            name: row.try_get(1)?,
            display_name: row.try_get(2)?,
            role: row.try_get(3)?,
            reach: (!whole_site).then_some(reach),
            live: serde_json::from_str(row.try_get(10)?).map_err(unreadable)?,
            by: row.try_get(6)?,
            created: Ticks(row.try_get(7)?),
            expires: Ticks(row.try_get(8)?),
            person: row.try_get::<Option<&[u8]>, _>(9)?.map(uuid).transpose().map_err(decode)?,
        })
    }
}

struct Add(NewInvite);

impl Change for Add {
    type Answer = Invite;
    const NAME: &'static str = "add_invite";

    async fn apply(&self, w: &mut Write) -> Result<Invite> {
        let new = self.0.clone();
        let query = sqlx::query_scalar(TAKEN).bind(new.name.clone());
        let taken: i64 = query.fetch_one(&mut w.conn).await.map_err(failed)?;
        if taken > 0 && new.person.is_none() {
            return Err(person::taken(&new.name));
        }
        sqlx::query(REPLACED).bind(new.name.clone()).execute(&mut w.conn).await.map_err(failed)?;
        let id = fresh_uuid(w.now);
        let unwritable = |e: serde_json::Error| Error::internal("an invite cannot be written").because(e);
        let reach = serde_json::to_string(&new.reach.clone().unwrap_or_default()).map_err(unwritable)?;
        let live = serde_json::to_string(&new.live).map_err(unwritable)?;
        let query = sqlx::query(ADD)
            .bind(id.as_bytes().to_vec())
            .bind(new.hash.0.to_vec())
            .bind(new.name.clone())
            .bind(new.display_name.clone())
            .bind(new.role.clone())
            .bind(new.reach.is_none())
            .bind(reach)
            .bind(new.by.clone())
            .bind(w.now.0)
            .bind(new.expires.0)
            .bind(new.person.map(|id| id.as_bytes().to_vec()))
            .bind(live);
        query.execute(&mut w.conn).await.map_err(failed)?;
        let NewInvite { name, display_name, role, reach, live, by, expires, person, .. } = new;
        Ok(Invite { id, name, display_name, role, reach, live, by, created: w.now, expires, person })
    }
}

struct Accept(TokenHash, String);

impl Change for Accept {
    type Answer = Option<Person>;
    const NAME: &'static str = "accept_invite";

    async fn apply(&self, w: &mut Write) -> Result<Option<Person>> {
        let query = sqlx::query_as(BY_HASH).bind(self.0.0.to_vec()).bind(w.now.0);
        let found: Option<Invite> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
        let Some(invite) = found else { return Ok(None) };
        let query = sqlx::query(USE).bind(self.0.0.to_vec()).bind(w.now.0);
        query.execute(&mut w.conn).await.map_err(failed)?;
        if let Some(id) = invite.person {
            return person::renew(w, id, &invite.role, &self.1).await;
        }
        let new = NewPerson {
            name: &invite.name,
            display_name: &invite.display_name,
            role: &invite.role,
            password_hash: &self.1,
            reach: invite.reach.as_ref(),
            live: &invite.live,
        };
        person::add(w, new).await.map(Some)
    }
}

struct Remove(Uuid);

impl Change for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove_invite";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(REMOVE).bind(self.0.as_bytes().to_vec());
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0)
    }
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// Invites somebody, in the place of an earlier open invite for that name; `Conflict` when the name is taken.
    pub async fn add_invite(&self, invite: NewInvite) -> Result<Invite> {
        self.inner.queue.ask(Add(invite)).await
    }

    /// Open invites, newest first.
    pub async fn invites(&self) -> Result<Vec<Invite>> {
        self.read(sqlx::query_as(OPEN).bind(self.inner.clock.now().0).fetch_all(self.readers())).await
    }

    /// The open invite of a token.
    pub async fn invite(&self, hash: TokenHash) -> Result<Option<Invite>> {
        let query = sqlx::query_as(BY_HASH).bind(hash.0.to_vec()).bind(self.inner.clock.now().0);
        self.read(query.fetch_optional(self.readers())).await
    }

    /// Makes a person of an invite, or gives one another password and ends all their sessions, once, with a password hash (PHC
    /// string); `None` when it is not open. `Conflict` when
    /// the name was taken meanwhile.
    pub async fn accept_invite(&self, hash: TokenHash, password_hash: String) -> Result<Option<Person>> {
        self.inner.queue.ask(Accept(hash, password_hash)).await
    }

    /// Takes an open invite back; `false` when there is none.
    pub async fn remove_invite(&self, id: Uuid) -> Result<bool> {
        self.inner.queue.ask(Remove(id)).await
    }
}
