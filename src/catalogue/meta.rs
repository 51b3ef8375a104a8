//! Facts about the catalogue itself: its id, the site's name and zone.

use sqlx::SqliteConnection;

use super::Catalogue;
use super::sql::{damaged, failed, statements};
use super::writer::{Change, Write};
use crate::base::{DatabaseId, Result, Zone};

statements! {
    GET = "select value from meta where name = ?1";
    PUT = "insert into meta (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value";
    PUT_NEW = "insert into meta (name, value) values (?1, ?2) on conflict (name) do nothing";
}

/// Row of the catalogue's own id.
const DATABASE: &str = "database";
/// Row of the zone that the day summaries were made with.
const TIME_ZONE: &str = "time_zone";

/// The zone of the day summaries, if there is one yet.
pub(super) async fn zone(conn: &mut SqliteConnection) -> Result<Option<Zone>> {
    let name: Option<String> = get(conn, TIME_ZONE).await?;
    Ok(name.and_then(|name| name.parse().ok()))
}

/// Notes the zone of the day summaries.
pub(super) async fn put_zone(w: &mut Write, zone: Zone) -> Result<()> {
    put(w, TIME_ZONE, zone.name()).await
}

/// Reads one fact.
pub(super) async fn get(conn: &mut SqliteConnection, name: &'static str) -> Result<Option<String>> {
    sqlx::query_scalar(GET).bind(name).fetch_optional(conn).await.map_err(failed)
}

/// Writes one fact.
pub(super) async fn put(w: &mut Write, name: &str, value: &str) -> Result<()> {
    let query = sqlx::query(PUT).bind(name.to_owned()).bind(value.to_owned());
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// Gives a new catalogue its id; answers the id it has.
pub(super) struct EnsureDatabase(pub(super) DatabaseId);

impl Change for EnsureDatabase {
    type Answer = DatabaseId;
    const NAME: &'static str = "ensure_database";

    async fn apply(&self, w: &mut Write) -> Result<DatabaseId> {
        let query = sqlx::query(PUT_NEW).bind(DATABASE).bind(self.0.to_string());
        query.execute(&mut w.conn).await.map_err(failed)?;
        let id = get(&mut w.conn, DATABASE).await?.ok_or_else(|| damaged("no id of its own"))?;
        id.parse().map_err(|_| damaged("an id of its own"))
    }
}

struct Put(String, String);

impl Change for Put {
    type Answer = ();
    const NAME: &'static str = "set_meta";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        put(w, &self.0, &self.1).await
    }
}

impl Catalogue {
    /// This catalogue's id, as it stood when it was opened; every file and volume written for it carries it.
    pub fn database(&self) -> DatabaseId {
        self.inner.database
    }

    /// Gives the catalogue the id that the volumes and files carry (rebuild); seen after the next opening.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn set_database(&self, id: DatabaseId) -> Result<()> {
        self.set_meta(DATABASE, &id.to_string()).await
    }

    /// A setting of the site, such as `site_name`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn meta(&self, name: &str) -> Result<Option<String>> {
        self.read(sqlx::query_scalar(GET).bind(name.to_owned()).fetch_optional(self.readers())).await
    }

    /// Changes a setting of the site.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn set_meta(&self, name: &str, value: &str) -> Result<()> {
        self.inner.queue.ask(Put(name.to_owned(), value.to_owned())).await
    }
}
