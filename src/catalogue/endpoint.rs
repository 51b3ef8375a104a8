//! Push endpoints: browsers that people want to be told by. Their address and keys are sealed: who knows them can send.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::person::nobody;
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, TokenHash};
use crate::base::{Error, Kind, Result, Secret, Ticks, fresh_uuid};

statements! {
    KNOWN = "select e.id, p.id from push_endpoint e join person p on p.key = e.person_key where e.hash = ?1";
    PUT = "insert into push_endpoint (id, person_key, hash, sealed, host, name, made_90k, origin, session) \
        select ?1, key, ?3, ?4, ?5, ?6, ?7, ?8, ?9 from person where id = ?2 and enabled = 1 \
        on conflict (hash) do update set person_key = excluded.person_key, sealed = excluded.sealed, host = excluded.host, \
        name = excluded.name, origin = excluded.origin, session = excluded.session, gone_90k = null";
    /// Of the person of a session: what was subscribed by it, or by none that is still there: nobody knows where that is.
    OF_SESSION = "select e.id from push_endpoint e where e.gone_90k is null \
        and e.person_key = (select person_key from session where hash = ?1) \
        and (e.session is null or e.session = ?1 or not exists (select 1 from session s where s.hash = e.session and s.expires_90k > ?2))";
    OF_OTHERS = "select e.id from push_endpoint e where e.gone_90k is null and e.person_key = (select key from person where id = ?1) \
        and (?2 is null or e.session is not ?2)";
    ORIGIN = "select origin from push_endpoint where id = ?1";
    COUNT = "select count(*) from push_endpoint e join person p on p.key = e.person_key where p.id = ?1 and e.gone_90k is null";
    REMOVE = "delete from push_endpoint where id = ?1 and person_key = (select key from person where id = ?2)";
    DROP_WAITING = "update delivery set state = 'dropped', error = 'removed' where target = ?1 and state in ('due', 'held')";
    FORGET_OUTLET = "delete from outlet where target = ?1";
    OF_PERSON = "select e.id, p.id, e.host, e.name, e.made_90k, e.used_90k, e.gone_90k, e.session from push_endpoint e \
        join person p on p.key = e.person_key where p.id = ?1 order by e.key";
    ALL = "select e.id, p.id, e.host, e.name, e.made_90k, e.used_90k, e.gone_90k, e.session from push_endpoint e \
        join person p on p.key = e.person_key where e.gone_90k is null and p.enabled = 1 order by e.key";
    SEALED = "select e.sealed from push_endpoint e join person p on p.key = e.person_key \
        where e.id = ?1 and e.gone_90k is null and p.enabled = 1";
    /// When the last one of somebody who may come in was found to be no more.
    LAST_GONE = "select max(e.gone_90k) from push_endpoint e join person p on p.key = e.person_key where p.enabled = 1";
    USED = "update push_endpoint set used_90k = ?2 where id = ?1";
    GONE = "update push_endpoint set gone_90k = ?2 where id = ?1 and gone_90k is null";
}

/// Browsers that one person may have: more is a mistake, or worse.
const MOST: i64 = 20;

/// Where and how to send (RFC 8291 section 4): not to be shown to anybody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushAddress {
    /// Address of the push service; whoever knows it can send there.
    pub url: String,
    /// The browser's public key: 65 bytes, an uncompressed point of P-256, base64url.
    pub p256dh: String,
    /// What browser and sender share: 16 bytes, base64url.
    pub auth: String,
}

impl fmt::Debug for PushAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(push address)")
    }
}

/// A browser's push subscription, as it may be shown to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushEndpoint {
    /// For ever.
    pub id: Uuid,
    /// Whose.
    pub person: Uuid,
    /// Of the push service.
    pub host: String,
    /// What the device is called.
    pub name: String,
    /// When it was added.
    pub made: Ticks,
    /// When it took a message last.
    pub used: Option<Ticks>,
    /// Since when nothing is sent there: the push service says that it is no more, or the session was ended that it was made by.
    pub gone: Option<Ticks>,
    /// By which session it was made; `None` = not known.
    pub session: Option<TokenHash>,
}

/// A push subscription to be kept.
#[derive(Clone, Debug)]
pub struct NewPushEndpoint {
    /// Whose.
    pub person: Uuid,
    /// Where and how to send.
    pub address: PushAddress,
    /// Of the push service, to be shown.
    pub host: String,
    /// What the device is called.
    pub name: String,
    /// Scheme, host and port of the page at which it was made; `None` = not known.
    pub origin: Option<String>,
    /// By which session.
    pub session: Option<TokenHash>,
}

fn place(id: Uuid) -> String {
    format!("push|{id}")
}

impl Change for NewPushEndpoint {
    type Answer = Uuid;
    const NAME: &'static str = "put_push_endpoint";

    async fn apply(&self, w: &mut Write) -> Result<Uuid> {
        let hash = Sha256::digest(self.address.url.as_bytes()).to_vec();
        let person = self.person.as_bytes().to_vec();
        let known: Option<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as(KNOWN).bind(hash.clone()).fetch_optional(&mut w.conn).await.map_err(failed)?;
        let id = known.as_ref().map(|(id, _)| uuid(id)).transpose()?.unwrap_or_else(|| fresh_uuid(w.now));
        let same = known.as_ref().is_some_and(|(_, whose)| *whose == person);
        if known.is_none() {
            let count = sqlx::query_scalar(COUNT).bind(person.clone());
            let count: i64 = count.fetch_one(&mut w.conn).await.map_err(failed)?;
            if count >= MOST {
                let sentence = "you have twenty browsers that are told already; remove one of them first";
                return Err(Error::new(Kind::Conflict, sentence));
            }
        }
        let plain = serde_json::to_string(&self.address)
            .map_err(|e| Error::internal("a push address cannot be written; report this").because(e))?;
        let sealed = w.vault.seal_at(&place(id), &Secret::new(plain))?;
        let query = sqlx::query(PUT)
            .bind(id.as_bytes().to_vec())
            .bind(person)
            .bind(hash)
            .bind(sealed)
            .bind(self.host.clone())
            .bind(self.name.clone())
            .bind(w.now.0)
            .bind(self.origin.clone())
            .bind(self.session.map(|hash| hash.0.to_vec()));
        if query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() == 0 {
            return Err(nobody());
        }
        // Whatever failed before: it is a new beginning. What waits stays theirs, and is nobody else's.
        forget(w, id, if same { &[FORGET_OUTLET] } else { &[DROP_WAITING, FORGET_OUTLET] }).await?;
        Ok(id)
    }
}

async fn forget(w: &mut Write, id: Uuid, what: &[&'static str]) -> Result<()> {
    for sql in what {
        let query = sqlx::query(*sql).bind(id.as_bytes().to_vec());
        query.execute(&mut w.conn).await.map_err(failed)?;
    }
    Ok(())
}

struct Remove {
    person: Uuid,
    id: Uuid,
}

impl Change for Remove {
    type Answer = bool;
    const NAME: &'static str = "remove_push_endpoint";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(REMOVE).bind(self.id.as_bytes().to_vec());
        let query = query.bind(self.person.as_bytes().to_vec());
        let gone = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
        if gone {
            forget(w, self.id, &[DROP_WAITING, FORGET_OUTLET]).await?;
        }
        Ok(gone)
    }
}

/// It took a message.
pub(super) async fn used(w: &mut Write, id: Uuid) -> Result<()> {
    let query = sqlx::query(USED).bind(id.as_bytes().to_vec()).bind(w.now.0);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// The push service says that it is no more.
pub(super) async fn gone(w: &mut Write, id: Uuid) -> Result<()> {
    let query = sqlx::query(GONE).bind(id.as_bytes().to_vec()).bind(w.now.0);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

async fn leave(w: &mut Write, ids: Vec<Vec<u8>>) -> Result<()> {
    for id in ids {
        let id = uuid(&id)?;
        gone(w, id).await?;
        forget(w, id, &[DROP_WAITING, FORGET_OUTLET]).await?;
    }
    Ok(())
}

/// A session is ended by hand: nothing more is sent to where it was, whoever has that now.
pub(super) async fn leave_session(w: &mut Write, session: TokenHash) -> Result<()> {
    let ids = sqlx::query_scalar(OF_SESSION).bind(session.0.to_vec()).bind(w.now.0);
    let ids = ids.fetch_all(&mut w.conn).await.map_err(failed)?;
    leave(w, ids).await
}

/// All sessions of a person but one are ended.
pub(super) async fn leave_others(w: &mut Write, person: Uuid, but: Option<TokenHash>) -> Result<()> {
    let ids =
        sqlx::query_scalar(OF_OTHERS).bind(person.as_bytes().to_vec()).bind(but.map(|hash| hash.0.to_vec()));
    let ids = ids.fetch_all(&mut w.conn).await.map_err(failed)?;
    leave(w, ids).await
}

type Row = (Vec<u8>, Vec<u8>, String, String, i64, Option<i64>, Option<i64>, Option<Vec<u8>>);

fn endpoint((id, person, host, name, made, used, gone, session): Row) -> Result<PushEndpoint> {
    Ok(PushEndpoint {
        id: uuid(&id)?,
        person: uuid(&person)?,
        host,
        name,
        made: Ticks(made),
        used: used.map(Ticks),
        gone: gone.map(Ticks),
        session: session.and_then(|hash| hash.try_into().ok()).map(TokenHash),
    })
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// Keeps a browser's subscription; one that is known becomes whose it is now. `Conflict` when somebody has too many.
    pub async fn put_push_endpoint(&self, new: NewPushEndpoint) -> Result<Uuid> {
        self.inner.queue.ask(new).await
    }

    /// Removes a subscription of somebody; `false` when they have none of that id.
    pub async fn remove_push_endpoint(&self, person: Uuid, id: Uuid) -> Result<bool> {
        self.inner.queue.ask(Remove { person, id }).await
    }

    /// Subscriptions of somebody, also those that are no more.
    pub async fn push_endpoints_of(&self, person: Uuid) -> Result<Vec<PushEndpoint>> {
        let query = sqlx::query_as(OF_PERSON).bind(person.as_bytes().to_vec());
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        rows.into_iter().map(endpoint).collect()
    }

    /// When the last subscription of somebody who may come in was found to be no more; `None` = none was.
    pub async fn last_push_endpoint_gone(&self) -> Result<Option<Ticks>> {
        let gone: Option<i64> = self.read(sqlx::query_scalar(LAST_GONE).fetch_one(self.readers())).await?;
        Ok(gone.map(Ticks))
    }

    /// All subscriptions that can be sent to.
    pub async fn push_endpoints(&self) -> Result<Vec<PushEndpoint>> {
        let rows: Vec<Row> = self.read(sqlx::query_as(ALL).fetch_all(self.readers())).await?;
        rows.into_iter().map(endpoint).collect()
    }

    /// Scheme, host and port of the page at which a subscription was made; `None` when that is not known.
    pub async fn push_origin(&self, id: Uuid) -> Result<Option<String>> {
        let query = sqlx::query_scalar(ORIGIN).bind(id.as_bytes().to_vec());
        let origin: Option<Option<String>> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(origin.flatten())
    }

    /// Where and how to send; `None` when it is no more, its person may not come in, or the key of the seal is gone.
    pub async fn push_address(&self, id: Uuid) -> Result<Option<PushAddress>> {
        let query = sqlx::query_scalar(SEALED).bind(id.as_bytes().to_vec());
        let sealed: Option<String> = self.read(query.fetch_optional(self.readers())).await?;
        let plain = sealed.and_then(|sealed| self.inner.vault.reveal_at(&place(id), &sealed));
        Ok(plain.and_then(|plain| serde_json::from_str(plain.expose()).ok()))
    }
}
