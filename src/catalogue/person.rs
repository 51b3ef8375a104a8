//! People: who they are to the place and which cameras they see.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, endpoint, outbox, share};
use crate::base::{CameraId, Error, Kind, Result, StreamKey, Ticks, fresh_uuid};

/// The columns of a person `p`: the last eight are lists of what they see who do not see the whole site; four of where their role
/// holds, four of what they see live.
macro_rules! person_columns {
    // Cameras `c` that somebody has by rows of what they see that are `$which`.
    (@reached $which:literal) => {
        concat!(
            "(c.key in (select camera_key from person_reach where person_key = p.key and camera_key is not null", $which,
            ") or c.area in (select area from person_reach where person_key = p.key and area is not null", $which, ")) "
        )
    };
    () => {
        concat!(
            "p.id, p.name, p.display_name, p.role, p.password_hash is not null, p.enabled, p.whole_site, p.locale, p.revision, \
             p.created_90k, p.ended_90k, p.live_site, p.phone, \
             (select json_group_array(lower(hex(c.id))) from person_reach r join camera c on c.key = r.camera_key \
             where r.person_key = p.key and r.live = 0), \
             (select json_group_array(r.area) from person_reach r where r.person_key = p.key and r.area is not null and r.live = 0), \
             (select json_group_array(lower(hex(c.id))) from camera c where ",
            person_columns!(@reached " and live = 0"),
            "), (select json_group_array(s.key) from stream s join camera c on c.key = s.camera_key where ",
            person_columns!(@reached " and live = 0"),
            "), (select json_group_array(lower(hex(c.id))) from person_reach r join camera c on c.key = r.camera_key \
             where r.person_key = p.key and r.live = 1), \
             (select json_group_array(r.area) from person_reach r where r.person_key = p.key and r.area is not null and r.live = 1), \
             (select json_group_array(lower(hex(c.id))) from camera c where ",
            person_columns!(@reached ""),
            "), (select json_group_array(s.key) from stream s join camera c on c.key = s.camera_key where ",
            person_columns!(@reached ""),
            ") "
        )
    };
}
pub(super) use person_columns;

statements! {
    ENSURE = "insert into person (id, name, role, created_90k) values (?1, ?2, ?3, ?4) on conflict (name) do nothing";
    BY_NAME = concat!("select ", person_columns!(), "from person p where p.name = ?1");
    BY_ID = concat!("select ", person_columns!(), "from person p where p.id = ?1");
    ALL = concat!("select ", person_columns!(), "from person p order by p.key");
    ADD = "insert into person (id, name, display_name, role, password_hash, whole_site, live_site, created_90k) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (name) do nothing";
    UPDATE = "update person set display_name = ?3, role = ?4, enabled = ?5, whole_site = ?6, locale = ?7, \
        revision = revision + 1, changed_90k = ?8, ended_90k = ?9, live_site = ?10 where id = ?1 and revision = ?2";
    REMOVE = "delete from person where id = ?1";
    END_SESSIONS = "delete from session where person_key = (select key from person where id = ?1)";
    /// Whoever may less now, or nothing, has invited nobody.
    /// A link that gives somebody a password was made for what they were.
    END_INVITES = "delete from invite where (by = ?1 or person = ?2) and used_90k is null";
    CLEAR_REACH = "delete from person_reach where person_key = (select key from person where id = ?1)";
    REACH_CAMERA = "insert into person_reach (person_key, camera_key, live) select p.key, c.key, ?3 from person p join camera c \
        on c.id = ?2 and c.deleted_90k is null where p.id = ?1 on conflict do nothing";
    REACH_AREA = "insert into person_reach (person_key, area, live) select key, ?2, ?3 from person where id = ?1 \
        on conflict do nothing";
    SET_PASSWORD = "update person set password_hash = ?2 where id = ?1 returning name, role";
    SET_PHONE = "update person set phone = ?2 where id = ?1";
    PASSWORD_HASH = "select password_hash from person where id = ?1";
}

/// Cameras and areas that somebody sees who does not see the whole site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// These.
    pub cameras: Vec<CameraId>,
    /// All of these areas, also cameras that come later.
    pub areas: Vec<String>,
}

/// More that somebody sees, of which they see live pictures only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LiveReach {
    /// All cameras.
    pub whole_site: bool,
    /// These.
    pub cameras: Vec<CameraId>,
    /// All of these areas, also cameras that come later.
    pub areas: Vec<String>,
}

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// For ever.
    pub id: Uuid,
    /// What is typed at sign-in.
    pub name: String,
    /// As people call them; may be empty.
    pub display_name: String,
    /// Such as `admin`.
    pub role: String,
    /// A password has been set.
    pub has_password: bool,
    /// They may sign in.
    pub enabled: bool,
    /// Where they are what their role says; `None` = on the whole site.
    pub reach: Option<Reach>,
    /// The same, as it is now.
    pub scope: Scope,
    /// Of what they see live pictures besides.
    pub live: LiveReach,
    /// All of which they see live pictures, as it is now.
    pub live_scope: Scope,
    /// Language of what is written to them.
    pub locale: String,
    /// Where the team calls them, as they wrote it; empty = not said.
    pub phone: String,
    /// Counts the changes of this person.
    pub revision: i64,
    /// When they were added; `None` = it was not noted.
    pub created: Option<Ticks>,
    /// Since when they may not sign in.
    pub ended: Option<Ticks>,
}

/// What to change; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct PersonPatch {
    /// As people call them.
    pub display_name: Option<String>,
    /// Such as `guard`.
    pub role: Option<String>,
    /// They may sign in; when they may not, their sessions end.
    pub enabled: Option<bool>,
    /// Where they are that; `Some(None)` = on the whole site.
    pub reach: Option<Option<Reach>>,
    /// Of what they see live pictures besides.
    pub live: Option<LiveReach>,
    /// Language of what is written to them.
    pub locale: Option<String>,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Person {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: Error| sqlx::Error::Decode(Box::new(e));
        fn list<T: serde::de::DeserializeOwned>(row: &SqliteRow, index: usize) -> sqlx::Result<Vec<T>> {
            let read = serde_json::from_str(row.try_get(index)?);
            read.map_err(|e| sqlx::Error::Decode(Box::new(damaged("what somebody sees").because(e))))
        }
        /// Of two columns, ids of cameras and keys of streams.
        fn scope(row: &SqliteRow, all: bool, index: usize) -> sqlx::Result<Scope> {
            if all {
                return Ok(Scope::everything().clone());
            }
            let streams = list(row, index + 1)?.into_iter().map(StreamKey);
            Ok(Scope::of_rows(list::<CameraId>(row, index)?, streams))
        }
        let (whole_site, live_site): (bool, bool) = (row.try_get(6)?, row.try_get(11)?);
        let reach = Reach { cameras: list(row, 13)?, areas: list(row, 14)? };
        Ok(Self {
            id: uuid(row.try_get(0)?).map_err(decode)?,
            name: row.try_get(1)?,
            display_name: row.try_get(2)?,
            role: row.try_get(3)?,
            has_password: row.try_get(4)?,
            enabled: row.try_get(5)?,
            reach: (!whole_site).then_some(reach),
            scope: scope(row, whole_site, 15)?,
            live: LiveReach { whole_site: live_site, cameras: list(row, 17)?, areas: list(row, 18)? },
            live_scope: scope(row, whole_site || live_site, 19)?,
            locale: row.try_get(7)?,
            phone: row.try_get(12)?,
            revision: row.try_get(8)?,
            created: row.try_get::<Option<i64>, _>(9)?.map(Ticks),
            ended: row.try_get::<Option<i64>, _>(10)?.map(Ticks),
        })
    }
}

pub(super) fn nobody() -> Error {
    Error::not_found("there is no such person")
}

async fn load(w: &mut Write, id: Uuid) -> Result<Person> {
    let query = sqlx::query_as(BY_ID).bind(id.as_bytes().to_vec());
    query.fetch_optional(&mut w.conn).await.map_err(failed)?.ok_or_else(nobody)
}

async fn tell(w: &mut Write, person: &Person) -> Result<()> {
    let body = json!({"name": person.name, "role": person.role, "enabled": person.enabled});
    outbox::put(w, "person", person.id, body).await
}

struct Ensure(String, String);

impl Change for Ensure {
    type Answer = Person;
    const NAME: &'static str = "ensure_person";

    async fn apply(&self, w: &mut Write) -> Result<Person> {
        let id = fresh_uuid(w.now);
        let query = sqlx::query(ENSURE).bind(id.as_bytes().to_vec()).bind(self.0.clone());
        let query = query.bind(self.1.clone()).bind(w.now.0);
        let added = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected();
        let query = sqlx::query_as(BY_NAME).bind(self.0.clone());
        let person = query.fetch_one(&mut w.conn).await.map_err(failed)?;
        if added > 0 {
            tell(w, &person).await?;
        }
        Ok(person)
    }
}

/// Somebody to add, in a change that makes them.
pub(super) struct NewPerson<'a> {
    pub(super) name: &'a str,
    pub(super) display_name: &'a str,
    pub(super) role: &'a str,
    pub(super) password_hash: &'a str,
    pub(super) reach: Option<&'a Reach>,
    pub(super) live: &'a LiveReach,
}

/// Adds somebody.
///
/// # Errors
/// `Conflict` when the name is taken.
pub(super) async fn add(w: &mut Write, new: NewPerson<'_>) -> Result<Person> {
    let id = fresh_uuid(w.now);
    let query = sqlx::query(ADD)
        .bind(id.as_bytes().to_vec())
        .bind(new.name.to_owned())
        .bind(new.display_name.to_owned())
        .bind(new.role.to_owned())
        .bind(new.password_hash.to_owned())
        .bind(new.reach.is_none())
        .bind(new.live.whole_site)
        .bind(w.now.0);
    if query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() == 0 {
        return Err(taken(new.name));
    }
    put_reach(w, id, new.reach, new.live).await?;
    let person = load(w, id).await?;
    tell(w, &person).await?;
    Ok(person)
}

pub(super) fn taken(name: &str) -> Error {
    Error::new(Kind::Conflict, format!("there is somebody named {name:?} already; choose another name"))
}

/// What somebody may in full goes before: a camera stands there once.
async fn put_reach(w: &mut Write, id: Uuid, reach: Option<&Reach>, live: &LiveReach) -> Result<()> {
    let person = id.as_bytes().to_vec();
    sqlx::query(CLEAR_REACH).bind(person.clone()).execute(&mut w.conn).await.map_err(failed)?;
    let full = reach.map_or((&[][..], &[][..]), |reach| (&reach.cameras, &reach.areas));
    for (only_live, (cameras, areas)) in [(false, full), (true, (&live.cameras, &live.areas))] {
        for camera in cameras {
            let query = sqlx::query(REACH_CAMERA).bind(person.clone()).bind(camera.0.as_bytes().to_vec());
            query.bind(only_live).execute(&mut w.conn).await.map_err(failed)?;
        }
        for area in areas {
            let query = sqlx::query(REACH_AREA).bind(person.clone()).bind(area.clone()).bind(only_live);
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
    }
    Ok(())
}

async fn end_invites(w: &mut Write, by: &str, person: Uuid) -> Result<()> {
    let query = sqlx::query(END_INVITES).bind(by.to_owned()).bind(person.as_bytes().to_vec());
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

struct Patch {
    id: Uuid,
    expected: i64,
    patch: PersonPatch,
}

impl Change for Patch {
    type Answer = Person;
    const NAME: &'static str = "patch_person";

    async fn apply(&self, w: &mut Write) -> Result<Person> {
        let (before, p) = (load(w, self.id).await?, self.patch.clone());
        let reach = p.reach.unwrap_or(before.reach.clone());
        let live = p.live.unwrap_or(before.live.clone());
        let enabled = p.enabled.unwrap_or(before.enabled);
        let ended = if enabled { None } else { before.ended.or(Some(w.now)) };
        let query = sqlx::query(UPDATE)
            .bind(self.id.as_bytes().to_vec())
            .bind(self.expected)
            .bind(p.display_name.unwrap_or(before.display_name))
            .bind(p.role.unwrap_or_else(|| before.role.clone()))
            .bind(enabled)
            .bind(reach.is_none())
            .bind(p.locale.unwrap_or(before.locale))
            .bind(w.now.0)
            .bind(ended.map(|at| at.0))
            .bind(live.whole_site);
        if query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() == 0 {
            let sentence = "somebody changed this person meanwhile; read them again and repeat the change";
            return Err(Error::new(Kind::Conflict, sentence));
        }
        put_reach(w, self.id, reach.as_ref(), &live).await?;
        let p = &self.patch;
        if p.role.is_some() || p.enabled.is_some() || p.reach.is_some() || p.live.is_some() {
            end_invites(w, &before.name, self.id).await?;
        }
        if !enabled {
            let query = sqlx::query(END_SESSIONS).bind(self.id.as_bytes().to_vec());
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        let person = load(w, self.id).await?;
        // What they have handed out they may not have any more. To see all cameras, as the same, is the one way to lose nothing.
        let narrowed = person.role != before.role || (person.reach.is_some() && person.reach != before.reach);
        if !enabled || narrowed {
            share::revoke_of(w, &before.name).await?;
        }
        tell(w, &person).await?;
        Ok(person)
    }
}

struct Remove(Uuid);

impl Change for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove_person";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let id = self.0.as_bytes().to_vec();
        let person = match load(w, self.0).await {
            Err(e) if e.kind() == Kind::NotFound => return Ok(false),
            person => person?,
        };
        end_invites(w, &person.name, self.0).await?;
        share::revoke_of(w, &person.name).await?;
        sqlx::query(END_SESSIONS).bind(id.clone()).execute(&mut w.conn).await.map_err(failed)?;
        let gone = sqlx::query(REMOVE).bind(id).execute(&mut w.conn).await.map_err(failed)?;
        if gone.rows_affected() > 0 {
            outbox::put(w, "person_removed", self.0, json!({})).await?;
        }
        Ok(gone.rows_affected() > 0)
    }
}

struct SetPhone(Uuid, String);

impl Change for SetPhone {
    type Answer = ();
    const NAME: &'static str = "set_phone";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(SET_PHONE).bind(self.0.as_bytes().as_slice()).bind(self.1.clone());
        match query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() {
            0 => Err(nobody()),
            _ => Ok(()),
        }
    }
}

struct SetPassword(Uuid, String);

impl Change for SetPassword {
    type Answer = ();
    const NAME: &'static str = "set_password";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query_as(SET_PASSWORD).bind(self.0.as_bytes().as_slice()).bind(self.1.clone());
        let row: Option<(String, String)> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
        let (name, role) = row.ok_or_else(nobody)?;
        outbox::put(w, "person", self.0, json!({"name": name, "role": role, "password_changed": true})).await
    }
}

/// Somebody who is still what they were when it was promised gets another password; all their sessions end, and what is sent to
/// their browsers. `None` = they are not.
pub(super) async fn renew(w: &mut Write, id: Uuid, role: &str, hash: &str) -> Result<Option<Person>> {
    let person = match load(w, id).await {
        Err(e) if e.kind() == Kind::NotFound => return Ok(None),
        person => person?,
    };
    if !person.enabled || person.role != role {
        return Ok(None);
    }
    SetPassword(id, hash.to_owned()).apply(w).await?;
    endpoint::leave_others(w, id, None).await?;
    let query = sqlx::query(END_SESSIONS).bind(id.as_bytes().to_vec());
    query.execute(&mut w.conn).await.map_err(failed)?;
    Ok(Some(person))
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// The person of that name, added if there is none.
    pub async fn ensure_person(&self, name: &str, role: &str) -> Result<Person> {
        self.inner.queue.ask(Ensure(name.to_owned(), role.to_owned())).await
    }

    /// The person of that sign-in name.
    pub async fn person(&self, name: &str) -> Result<Option<Person>> {
        let query = sqlx::query_as(BY_NAME).bind(name.to_owned());
        self.read(query.fetch_optional(self.readers())).await
    }

    /// The person of that id.
    pub async fn person_by_id(&self, id: Uuid) -> Result<Option<Person>> {
        let query = sqlx::query_as(BY_ID).bind(id.as_bytes().to_vec());
        self.read(query.fetch_optional(self.readers())).await
    }

    /// Says where the team calls somebody; empty = nowhere.
    pub async fn set_phone(&self, person: Uuid, phone: &str) -> Result<()> {
        self.inner.queue.ask(SetPhone(person, phone.to_owned())).await
    }

    /// Everybody, in order of addition.
    pub async fn people(&self) -> Result<Vec<Person>> {
        self.read(sqlx::query_as(ALL).fetch_all(self.readers())).await
    }

    /// Changes a person who still has the revision that the caller saw; whoever may not sign in any more has no session
    /// from then on and no link that opens anything, and their open invites end with any change of what they may. `NotFound`, or `Conflict` when the revision is another. Cameras that are not there are passed over.
    pub async fn patch_person(&self, id: Uuid, expected: i64, patch: PersonPatch) -> Result<Person> {
        self.inner.queue.ask(Patch { id, expected, patch }).await
    }

    /// Removes a person and their sessions, and takes their links back; `false` when there is none. What they did stays
    /// in the log.
    pub async fn remove_person(&self, id: Uuid) -> Result<bool> {
        self.inner.queue.ask(Remove(id)).await
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
}
