//! How each person wants to be told, and when they want quiet.

use serde_json::Value;
use uuid::Uuid;

use super::Catalogue;
use super::person::nobody;
use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use crate::base::{CameraId, Error, Kind, Result, Ticks, fresh_uuid};

statements! {
    PREF = "select a.body from alert_pref a join person p on p.key = a.person_key where p.id = ?1";
    PREFS = "select p.id, a.body from alert_pref a join person p on p.key = a.person_key";
    PUT_PREF = "insert into alert_pref (person_key, body) select key, ?2 from person where id = ?1 \
        on conflict (person_key) do update set body = excluded.body";
    COUNT = "select count(*) from snooze s join person p on p.key = s.person_key where p.id = ?1 and s.until_90k > ?2";
    ADD = "insert into snooze (id, person_key, camera_key, until_90k, made_90k) \
        select ?1, p.key, (select key from camera where id = ?3), ?4, ?5 from person p where p.id = ?2";
    /// A new one for the same cameras takes the place of the one before.
    REPLACE = "delete from snooze where person_key = (select key from person where id = ?1) \
        and camera_key is (select key from camera where id = ?2)";
    REMOVE = "delete from snooze where id = ?1 and person_key = (select key from person where id = ?2)";
    PRUNE = "delete from snooze where until_90k < ?1";
    ACTIVE = "select s.id, p.id, (select id from camera where key = s.camera_key), s.until_90k, s.made_90k from snooze s \
        join person p on p.key = s.person_key where s.until_90k > ?1 order by s.key";
}

/// Snoozes that one person may have at a time.
const MOST: i64 = 200;

/// Somebody wants quiet for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snooze {
    /// For ever.
    pub id: Uuid,
    /// Who.
    pub person: Uuid,
    /// From which camera; `None` = from all.
    pub camera: Option<CameraId>,
    /// Not beyond this.
    pub until: Ticks,
    /// Since when.
    pub made: Ticks,
}

struct PutPref(Uuid, Value);

impl Change for PutPref {
    type Answer = ();
    const NAME: &'static str = "put_alert_pref";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(PUT_PREF).bind(self.0.as_bytes().to_vec()).bind(self.1.to_string());
        match query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() {
            0 => Err(nobody()),
            _ => Ok(()),
        }
    }
}

struct Add {
    person: Uuid,
    camera: Option<CameraId>,
    until: Ticks,
}

impl Change for Add {
    type Answer = Snooze;
    const NAME: &'static str = "add_snooze";

    async fn apply(&self, w: &mut Write) -> Result<Snooze> {
        let person = self.person.as_bytes().to_vec();
        let camera = self.camera.map(|camera| camera.0.as_bytes().to_vec());
        sqlx::query(PRUNE).bind(w.now.0).execute(&mut w.conn).await.map_err(failed)?;
        let query = sqlx::query(REPLACE).bind(person.clone()).bind(camera.clone());
        query.execute(&mut w.conn).await.map_err(failed)?;
        let count = sqlx::query_scalar(COUNT).bind(person.clone()).bind(w.now.0);
        let count: i64 = count.fetch_one(&mut w.conn).await.map_err(failed)?;
        if count >= MOST {
            return Err(Error::new(Kind::Conflict, "that is too many at once; snooze all cameras instead"));
        }
        let id = fresh_uuid(w.now);
        let query = sqlx::query(ADD).bind(id.as_bytes().to_vec()).bind(person).bind(camera);
        let query = query.bind(self.until.0).bind(w.now.0);
        if query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() == 0 {
            return Err(nobody());
        }
        Ok(Snooze { id, person: self.person, camera: self.camera, until: self.until, made: w.now })
    }
}

struct Remove(Uuid, Uuid);

impl Change for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove_snooze";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(REMOVE).bind(self.1.as_bytes().to_vec()).bind(self.0.as_bytes().to_vec());
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0)
    }
}

fn body(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| damaged("how somebody wants to be told").because(e))
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// How somebody wants to be told; `None` = they have said nothing.
    pub async fn alert_pref(&self, person: Uuid) -> Result<Option<Value>> {
        let query = sqlx::query_scalar(PREF).bind(person.as_bytes().to_vec());
        let row: Option<String> = self.read(query.fetch_optional(self.readers())).await?;
        row.as_deref().map(body).transpose()
    }

    /// The same of everybody who has said something.
    pub async fn alert_prefs(&self) -> Result<Vec<(Uuid, Value)>> {
        let rows: Vec<(Vec<u8>, String)> = self.read(sqlx::query_as(PREFS).fetch_all(self.readers())).await?;
        rows.into_iter().map(|(id, text)| Ok((uuid(&id)?, body(&text)?))).collect()
    }

    /// Sets how somebody wants to be told; `NotFound` for an unknown person.
    pub async fn put_alert_pref(&self, person: Uuid, pref: Value) -> Result<()> {
        self.inner.queue.ask(PutPref(person, pref)).await
    }

    /// Somebody wants quiet, from a camera or from all; an earlier wish for the same is replaced.
    pub async fn add_snooze(&self, person: Uuid, camera: Option<CameraId>, until: Ticks) -> Result<Snooze> {
        self.inner.queue.ask(Add { person, camera, until }).await
    }

    /// Ends a snooze of somebody; `false` when they have none of that id.
    pub async fn remove_snooze(&self, person: Uuid, id: Uuid) -> Result<bool> {
        self.inner.queue.ask(Remove(person, id)).await
    }

    /// Snoozes of everybody that hold at an instant.
    pub async fn snoozes(&self, now: Ticks) -> Result<Vec<Snooze>> {
        type Row = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, i64, i64);
        let rows: Vec<Row> = self.read(sqlx::query_as(ACTIVE).bind(now.0).fetch_all(self.readers())).await?;
        let each = |(id, person, camera, until, made): Row| {
            let camera = camera.as_deref().map(uuid).transpose()?.map(CameraId);
            Ok(Snooze {
                id: uuid(&id)?,
                person: uuid(&person)?,
                camera,
                until: Ticks(until),
                made: Ticks(made),
            })
        };
        rows.into_iter().map(each).collect()
    }
}
