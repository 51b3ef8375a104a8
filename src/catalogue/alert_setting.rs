//! When and how the site alerts: documents by name, whose form is the alert room's, and its channels' sealed secrets.

use serde_json::{Value, json};
use uuid::Uuid;

use super::sql::{damaged, failed, statements};
use super::writer::{Change, Write};
use super::{Catalogue, meta, outbox};
use crate::base::{Error, Kind, Result, Secret, Ticks};

statements! {
    GET = "select body, sealed, revision, changed_90k, changed_by from alert_setting where name = ?1";
    PUT = "insert into alert_setting (name, body, sealed, revision, changed_90k, changed_by) values (?1, ?2, ?3, ?4, ?5, ?6) \
        on conflict (name) do update set body = excluded.body, sealed = excluded.sealed, revision = excluded.revision, \
        changed_90k = excluded.changed_90k, changed_by = excluded.changed_by";
}

/// A document of settings.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertSetting {
    /// Its form is the alert room's.
    pub body: Value,
    /// A channel's secret.
    pub secret: Option<Secret>,
    /// One was kept and cannot be read: its key is gone.
    pub secret_lost: bool,
    /// Counts its changes; 0 = it was never set.
    pub revision: i64,
    /// When it was changed last.
    pub changed: Ticks,
    /// By whom; '' = nobody yet.
    pub by: String,
}

impl Default for AlertSetting {
    fn default() -> Self {
        Self {
            body: Value::Null,
            secret: None,
            secret_lost: false,
            revision: 0,
            changed: Ticks::default(),
            by: String::new(),
        }
    }
}

/// What becomes of a channel's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewSecret {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
    /// This one.
    Put(Secret),
}

type Row = (String, Option<String>, i64, i64, String);

fn place(name: &str) -> String {
    format!("setting|{name}")
}

struct Put {
    name: &'static str,
    expected: Option<i64>,
    body: Value,
    secret: NewSecret,
    by: String,
}

impl Change for Put {
    type Answer = i64;
    const NAME: &'static str = "put_alert_setting";

    async fn apply(&self, w: &mut Write) -> Result<i64> {
        let before: Option<Row> =
            sqlx::query_as(GET).bind(self.name).fetch_optional(&mut w.conn).await.map_err(failed)?;
        let (sealed, revision) = before.map_or((None, 0), |(_, sealed, revision, ..)| (sealed, revision));
        if self.expected.is_some_and(|expected| expected != revision) {
            let sentence = "somebody changed this meanwhile; read it again and repeat the change";
            return Err(Error::new(Kind::Conflict, sentence));
        }
        let sealed = match &self.secret {
            NewSecret::Keep => sealed,
            NewSecret::Remove => None,
            NewSecret::Put(secret) => Some(w.vault.seal_at(&place(self.name), secret)?),
        };
        let query = sqlx::query(PUT)
            .bind(self.name)
            .bind(self.body.to_string())
            .bind(sealed)
            .bind(revision + 1)
            .bind(w.now.0)
            .bind(self.by.clone());
        query.execute(&mut w.conn).await.map_err(failed)?;
        outbox::put(w, "alert_setting", Uuid::nil(), json!({"name": self.name})).await?;
        Ok(revision + 1)
    }
}

struct Ensure(&'static str, Secret);

impl Change for Ensure {
    type Answer = Secret;
    const NAME: &'static str = "ensure_secret";

    async fn apply(&self, w: &mut Write) -> Result<Secret> {
        let place = place(self.0);
        let kept = meta::get(&mut w.conn, self.0).await?;
        if let Some(secret) = kept.and_then(|sealed| w.vault.reveal_at(&place, &sealed)) {
            return Ok(secret);
        }
        let sealed = w.vault.seal_at(&place, &self.1)?;
        meta::put(w, self.0, &sealed).await?;
        Ok(self.1.clone())
    }
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// A document of settings; one that was never set has revision 0 and no body.
    pub async fn alert_setting(&self, name: &str) -> Result<AlertSetting> {
        let query = sqlx::query_as(GET).bind(name.to_owned());
        let row: Option<Row> = self.read(query.fetch_optional(self.readers())).await?;
        let Some((body, sealed, revision, changed, by)) = row else { return Ok(AlertSetting::default()) };
        let body = serde_json::from_str(&body).map_err(|e| damaged("settings of alerts").because(e))?;
        let secret = sealed.as_deref().map(|sealed| self.inner.vault.reveal_at(&place(name), sealed));
        Ok(AlertSetting {
            body,
            secret_lost: secret.as_ref().is_some_and(Option::is_none),
            secret: secret.flatten(),
            revision,
            changed: Ticks(changed),
            by,
        })
    }

    /// Sets a document, if it still has the revision `expected` (`None` = whichever it has); answers its new revision.
    /// `Conflict` when it has another.
    pub async fn put_alert_setting(
        &self,
        name: &'static str,
        expected: Option<i64>,
        body: Value,
        secret: NewSecret,
        by: &str,
    ) -> Result<i64> {
        self.inner.queue.ask(Put { name, expected, body, secret, by: by.to_owned() }).await
    }

    /// A secret of the recorder's own, sealed: the one that is kept, or this one from now on. One whose key is gone is
    /// replaced.
    pub async fn ensure_secret(&self, name: &'static str, fresh: Secret) -> Result<Secret> {
        self.inner.queue.ask(Ensure(name, fresh)).await
    }
}
