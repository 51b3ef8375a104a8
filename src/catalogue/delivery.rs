//! Deliveries: what waits to be sent, what became of it, and what is told in a digest instead.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::Catalogue;
use super::alert::{Alert, AlertKind, alert_columns};
use super::alert_write::{self, NewDelivery};
use super::sql::{damaged, failed, statements, uuid};
use super::writer::{Change, Write};
use crate::base::{Error, Result, TICKS_PER_SECOND, Ticks, fresh_uuid};

macro_rules! of_outlet {
    () => {
        "d.person = ?1 and d.channel = ?2 and d.target = ?3 "
    };
}

// The list of states stands in each question as it does in the index, so that those that wait are found by it.
statements! {
    OUTLETS = "select d.person, d.channel, d.target, min(d.made_90k), count(*), o.failing_90k, coalesce(o.tries, 0) \
        from delivery d left join outlet o on o.person = d.person and o.channel = d.channel and o.target = d.target \
        where d.state in ('due', 'held') and d.state = 'due' and (coalesce(o.next_90k, 0) <= ?1 or o.next_90k > ?2) \
        group by d.person, d.channel, d.target";
    /// When the next failed place is tried again.
    NEXT = "select min(next_90k) from outlet";
    /// A place that has said of none of its last twenty that it was shown is one that does not say.
    DUE = concat!("select d.id, d.version, d.tries, d.made_90k, d.sent_90k, d.shown_90k is not null or 0 = (select count(shown_90k) \
        from (select shown_90k from delivery where target = d.target order by key desc limit 20)), x.* from delivery d join (",
        alert_columns!(), ") x on x.id = (select id from alert where key = d.alert_key) \
        where d.state in ('due', 'held') and d.state = 'due' and ", of_outlet!(), "order by d.key limit ?4");
    /// More of it may have come meanwhile; a letter is written once, but for a digest: what it did not have is in nothing else.
    SENT = "update delivery set state = case when version > ?2 and (channel not in ('mail', 'zalo') \
        or (select kind from alert where key = alert_key) = 'digest') then 'due' else 'sent' end, sent_90k = ?3, tried_90k = ?3, \
        tries = tries + 1, error = null where id = ?1 and state = 'due'";
    TRIED = "update delivery set tried_90k = ?2, tries = tries + 1, error = ?3 where id = ?1";
    DROPPED = "update delivery set state = 'dropped', tried_90k = ?2, tries = tries + 1, error = ?3 \
        where id = ?1 and state in ('due', 'held')";
    /// More of what was told before waits for nothing: it has been told.
    HOLD = "update delivery set state = case when sent_90k is null then 'held' else 'sent' end where id = ?1 and state = 'due'";
    WELL = "delete from outlet where person = ?1 and channel = ?2 and target = ?3";
    FAILS = "insert into outlet (person, channel, target, tries, failing_90k, next_90k, error) \
        values (?1, ?2, ?3, 1, ?4, ?5, ?6) on conflict (person, channel, target) do update set tries = tries + 1, \
        failing_90k = min(failing_90k, excluded.failing_90k), next_90k = excluded.next_90k, error = excluded.error";
    DROP_ALL = "update delivery set state = 'dropped', error = ?4 where state in ('due', 'held') \
        and person = ?1 and channel = ?2 and target = ?3";
    /// The digest that waits already.
    OPEN_DIGEST = concat!("select a.id from delivery d join alert a on a.key = d.alert_key \
        where d.state in ('due', 'held') and d.state = 'due' and a.kind = 'digest' and ", of_outlet!(), "order by d.key limit 1");
    /// More of it than may be on its way by now: whoever has sent that sends this, too.
    MORE_OF = "update alert set version = version + 1 where id = ?1";
    MORE_IS_DUE = "update delivery set version = version + 1 where alert_key = (select key from alert where id = ?1)";
    HELD = "select distinct person, channel, target from delivery where state in ('due', 'held') \
        and state = 'held'";
    ADD_MEMBERS = concat!("insert into digest_member (digest_key, alert_key) \
        select (select key from alert where id = ?4), d.alert_key from delivery d join alert a on a.key = d.alert_key \
        where d.state in ('due', 'held') and d.state = ?5 and a.kind <> 'digest' and ", of_outlet!(), "on conflict do nothing");
    DIGESTED = "update delivery set state = 'digested' where state in ('due', 'held') and state = ?5 and person = ?1 and channel = ?2 and target = ?3 \
        and alert_key in (select alert_key from digest_member where digest_key = (select key from alert where id = ?4))";
    /// Since when something waits that people were to be told at once, where a place fails and nothing has arrived since it was
    /// made. What a machine took, such as a broker in the house, is not heard by anybody: it counts for machines alone.
    STUCK = "with told as (select max(sent_90k) filter (where person <> zeroblob(16)) as people, max(sent_90k) as any_at \
        from (select person, sent_90k from delivery order by key desc limit 1000) where sent_90k <= ?1), \
        waits as (select d.person, d.channel, d.target, d.made_90k from delivery d join alert a on a.key = d.alert_key \
        where d.state in ('due', 'held') and d.state = 'due' and a.kind not in ('test', 'digest') \
        union all select d.person, d.channel, d.target, own.made_90k from delivery d join alert a on a.key = d.alert_key \
        join digest_member m on m.digest_key = a.key join alert x on x.key = m.alert_key \
        join delivery own on own.alert_key = m.alert_key and own.person = d.person and own.channel = d.channel \
        and own.target = d.target where d.state in ('due', 'held') and d.state = 'due' and a.kind = 'digest' and x.out = 1) \
        select min(max(o.failing_90k, w.made_90k)), count(distinct hex(o.person) || o.channel || hex(o.target)) \
        from outlet o join waits w on w.person = o.person and w.channel = o.channel and w.target = o.target, told \
        where w.made_90k > coalesce(iif(w.person = zeroblob(16), told.any_at, told.people), 0)";
    /// Since when something of the last day that went out has come to no person, where somebody could be told once: made since the
    /// last of their browsers was gone, or waiting for it when it went.
    UNHEARD = "with left as (select max(e.gone_90k) as at from push_endpoint e join person p on p.key = e.person_key \
        where p.enabled = 1) select max(min(a.made_90k), left.at) from alert a, left where a.made_90k > ?1 and a.out = 1 \
        and a.kind not in ('test', 'digest') and a.handled_90k is null and not exists (select 1 from delivery d \
        where d.alert_key = a.key and d.person <> zeroblob(16) and d.state <> 'dropped') and (a.made_90k >= left.at \
        or exists (select 1 from delivery d where d.alert_key = a.key and d.person <> zeroblob(16)))";
    /// How a channel does; what was sent long ago is not looked for.
    CHANNEL = "select (select max(sent_90k) from (select channel, sent_90k from delivery order by key desc limit 2000) \
        where channel = ?1), (select min(failing_90k) from outlet where channel = ?1), \
        (select count(*) from delivery where state in ('due', 'held') and state = 'due' and channel = ?1)";
    SHOWN = "update delivery set shown_90k = coalesce(shown_90k, ?2) where id = ?1";
    OPENED = "update delivery set shown_90k = coalesce(shown_90k, ?2), opened_90k = coalesce(opened_90k, ?2) where id = ?1";
    BY_ID = "select d.id, (select id from alert where key = d.alert_key), d.person, d.channel, d.target, d.state, d.tries, \
        d.made_90k, d.sent_90k, d.shown_90k, d.opened_90k, d.error, (select kind from alert where key = d.alert_key) from delivery d where d.id = ?1";
    OF_TARGET = "select d.id, (select id from alert where key = d.alert_key), d.person, d.channel, d.target, d.state, d.tries, \
        d.made_90k, d.sent_90k, d.shown_90k, d.opened_90k, d.error, (select kind from alert where key = d.alert_key) from delivery d where d.target = ?1 order by d.key desc \
        limit ?2";
    OF_ALERT = "select d.id, (select id from alert where key = d.alert_key), d.person, d.channel, d.target, d.state, d.tries, \
        d.made_90k, d.sent_90k, d.shown_90k, d.opened_90k, d.error, (select kind from alert where key = d.alert_key) from delivery d \
        where d.alert_key = (select key from alert where id = ?1) order by d.key";
}

/// Names of the channels, as the column has them.
pub const CHANNELS: [&str; 5] = ["push", "mail", "zalo", "webhook", "mqtt"];

const DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// No place is left alone for longer. What is to be tried after that was noted by a clock that was ahead.
pub const LONGEST_PAUSE: i64 = 3600 * TICKS_PER_SECOND;

/// A place that has something to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outlet {
    /// Whose; nil = the site's own.
    pub person: Uuid,
    /// Name of the channel.
    pub channel: String,
    /// Id of the push endpoint, or nil.
    pub target: Uuid,
    /// When the oldest that waits was made.
    pub oldest: Ticks,
    /// How many wait.
    pub waiting: u64,
    /// Since when it fails; `None` = it does not.
    pub failing: Option<Ticks>,
    /// Failures in a row.
    pub tries: u32,
}

/// One that waits to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Names the message, also when it is sent again.
    pub id: Uuid,
    /// What is to be told: this much of it.
    pub version: i64,
    /// Attempts that were made.
    pub tries: u32,
    /// When it was made.
    pub made: Ticks,
    /// When less of it was told before; `None` = it was not.
    pub sent: Option<Ticks>,
    /// That was shown, as far as the place ever says so.
    pub shown: bool,
    /// Of what.
    pub alert: Alert,
}

/// How far one has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Names the message.
    pub id: Uuid,
    /// Of what.
    pub alert: Uuid,
    /// What that is.
    pub kind: AlertKind,
    /// To whom; nil = the site's own.
    pub person: Uuid,
    /// Name of the channel.
    pub channel: String,
    /// Id of the push endpoint, or nil.
    pub target: Uuid,
    /// `due`, `held`, `sent`, `digested` or `dropped`.
    pub state: String,
    /// Attempts that were made.
    pub tries: u32,
    /// When it was made.
    pub made: Ticks,
    /// When the channel took it.
    pub sent: Option<Ticks>,
    /// When the device said that it was shown.
    pub shown: Option<Ticks>,
    /// When the person opened it.
    pub opened: Option<Ticks>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// How a channel does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// When it took a message last.
    pub sent: Option<Ticks>,
    /// Since when a place of it takes none; `None` = all do.
    pub failing: Option<Ticks>,
    /// Messages that wait for it.
    pub waiting: u64,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The channel took it.
    Sent,
    /// Not now; not before this instant, and why.
    Later(Ticks, String),
    /// None was made: its person wants quiet by now, and it waits for the digest of the day.
    Held,
    /// This one will never be taken, and why; the place is well.
    Refused(String),
    /// None was made, and none will be: why. It says nothing of the place.
    Dropped(String),
    /// The place is no more: nothing is sent there again, and why.
    Gone(String),
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Due {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: Error| sqlx::Error::Decode(Box::new(e));
        Ok(Self {
            id: uuid(row.try_get(0)?).map_err(decode)?,
            version: row.try_get(1)?,
            tries: row.try_get(2)?,
            made: Ticks(row.try_get(3)?),
            sent: row.try_get::<Option<i64>, _>(4)?.map(Ticks),
            shown: row.try_get(5)?,
            alert: super::alert::read(row, 6)?,
        })
    }
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Delivery {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let id = |index: usize| uuid(row.try_get(index)?).map_err(|e| sqlx::Error::Decode(Box::new(e)));
        let at = |index: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(index)?.map(Ticks));
        Ok(Self {
            id: id(0)?,
            alert: id(1)?,
            person: id(2)?,
            channel: row.try_get(3)?,
            target: id(4)?,
            state: row.try_get(5)?,
            tries: row.try_get(6)?,
            made: Ticks(row.try_get(7)?),
            sent: at(8)?,
            shown: at(9)?,
            opened: at(10)?,
            error: row.try_get(11)?,
            kind: AlertKind::from_name(row.try_get(12)?)
                .ok_or_else(|| sqlx::Error::Decode(Box::new(damaged("an alert's kind"))))?,
        })
    }
}

fn blob(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// Where something goes: person, channel, target.
pub type Place = (Uuid, String, Uuid);

impl Outlet {
    /// Where it is.
    pub fn place(&self) -> Place {
        (self.person, self.channel.clone(), self.target)
    }
}

macro_rules! bind_place {
    ($sql:expr, $place:expr) => {
        sqlx::query($sql).bind(blob($place.0)).bind($place.1.clone()).bind(blob($place.2))
    };
}

/// Puts what waits in a state at a place into one digest: that which waits already, or a new one.
async fn fold(w: &mut Write, place: &Place, state: &'static str) -> Result<()> {
    let query = sqlx::query_scalar(OPEN_DIGEST);
    let query = query.bind(blob(place.0)).bind(place.1.clone()).bind(blob(place.2));
    let open: Option<Vec<u8>> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
    let digest = match open {
        Some(id) => {
            for sql in [MORE_OF, MORE_IS_DUE] {
                sqlx::query(sql).bind(id.clone()).execute(&mut w.conn).await.map_err(failed)?;
            }
            uuid(&id)?
        }
        None => {
            let id = fresh_uuid(w.now);
            let alert = Alert { person: Some(place.0), ..Alert::new(id, AlertKind::Digest, w.now) };
            alert_write::put(w, &alert).await?;
            let channel = CHANNELS.into_iter().find(|name| **name == *place.1);
            let channel =
                channel.ok_or_else(|| Error::internal("a delivery has an unknown channel; report this"))?;
            let delivery = NewDelivery { alert: id, person: place.0, channel, target: place.2, held: false };
            alert_write::deliver(w, &delivery).await?;
            id
        }
    };
    for sql in [ADD_MEMBERS, DIGESTED] {
        let query = bind_place!(sql, place).bind(blob(digest)).bind(state);
        query.execute(&mut w.conn).await.map_err(failed)?;
    }
    Ok(())
}

/// All that was held is told in digests now.
pub(super) async fn fold_held(w: &mut Write) -> Result<()> {
    let rows: Vec<(Vec<u8>, String, Vec<u8>)> =
        sqlx::query_as(HELD).fetch_all(&mut w.conn).await.map_err(failed)?;
    for (person, channel, target) in rows {
        fold(w, &(uuid(&person)?, channel, uuid(&target)?), "held").await?;
    }
    Ok(())
}

struct Fold(Place);

impl Change for Fold {
    type Answer = ();
    const NAME: &'static str = "fold_deliveries";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        fold(w, &self.0, "due").await
    }
}

struct Settle {
    place: Place,
    delivery: Uuid,
    version: i64,
    attempt: Attempt,
}

impl Change for Settle {
    type Answer = ();
    const NAME: &'static str = "settle_delivery";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let (id, now) = (blob(self.delivery), w.now.0);
        let well = matches!(self.attempt, Attempt::Sent | Attempt::Refused(_));
        match &self.attempt {
            Attempt::Sent => {
                let query = sqlx::query(SENT).bind(id).bind(self.version).bind(now);
                query.execute(&mut w.conn).await.map_err(failed)?;
                super::endpoint::used(w, self.place.2).await?;
            }
            Attempt::Later(next, error) => {
                let query = sqlx::query(TRIED).bind(id).bind(now).bind(error.clone());
                query.execute(&mut w.conn).await.map_err(failed)?;
                let query = bind_place!(FAILS, self.place).bind(now).bind(next.0).bind(error.clone());
                query.execute(&mut w.conn).await.map_err(failed)?;
            }
            Attempt::Held => {
                sqlx::query(HOLD).bind(id).execute(&mut w.conn).await.map_err(failed)?;
            }
            Attempt::Refused(error) | Attempt::Dropped(error) => {
                let query = sqlx::query(DROPPED).bind(id).bind(now).bind(error.clone());
                query.execute(&mut w.conn).await.map_err(failed)?;
            }
            Attempt::Gone(error) => {
                let query = sqlx::query(DROPPED).bind(id).bind(now).bind(error.clone());
                query.execute(&mut w.conn).await.map_err(failed)?;
                let query = bind_place!(DROP_ALL, self.place).bind(error.clone());
                query.execute(&mut w.conn).await.map_err(failed)?;
                super::endpoint::gone(w, self.place.2).await?;
            }
        }
        if well || matches!(self.attempt, Attempt::Gone(_)) {
            bind_place!(WELL, self.place).execute(&mut w.conn).await.map_err(failed)?;
        }
        Ok(())
    }
}

struct Rest(Place);

impl Change for Rest {
    type Answer = ();
    const NAME: &'static str = "rest_outlet";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        bind_place!(WELL, self.0).execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct Receipt {
    delivery: Uuid,
    opened: bool,
}

impl Change for Receipt {
    type Answer = ();
    const NAME: &'static str = "put_receipt";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(if self.opened { OPENED } else { SHOWN }).bind(blob(self.delivery));
        query.bind(w.now.0).execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// Places that have something to be sent and may be tried now.
    pub async fn outlets(&self, now: Ticks) -> Result<Vec<Outlet>> {
        type Row = (Vec<u8>, String, Vec<u8>, i64, i64, Option<i64>, u32);
        let query = sqlx::query_as(OUTLETS).bind(now.0).bind((now + LONGEST_PAUSE).0);
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        let each = |(person, channel, target, oldest, waiting, failing, tries): Row| {
            Ok(Outlet {
                person: uuid(&person)?,
                channel,
                target: uuid(&target)?,
                oldest: Ticks(oldest),
                waiting: waiting.unsigned_abs(),
                failing: failing.map(Ticks),
                tries,
            })
        };
        rows.into_iter().map(each).collect()
    }

    /// When the next place that fails may be tried again.
    pub async fn next_outlet(&self) -> Result<Option<Ticks>> {
        let next: Option<i64> = self.read(sqlx::query_scalar(NEXT).fetch_one(self.readers())).await?;
        Ok(next.map(Ticks))
    }

    /// Since when nothing arrives although something waits that is no test and no digest of what could wait, and at how many
    /// places; `None` = it does, or nothing waits. Whoever is a person is not told by what a machine took.
    pub async fn nothing_arrives(&self, now: Ticks) -> Result<Option<(Ticks, u64)>> {
        let query = sqlx::query_as(STUCK).bind(now.0);
        let row: (Option<i64>, i64) = self.read(query.fetch_one(self.readers())).await?;
        Ok(row.0.map(|since| (Ticks(since), row.1.unsigned_abs())))
    }

    /// Since when there is an alert of the last day that nobody could be told of although somebody once could: their browsers are
    /// no more. Whether somebody can be told now, the caller knows.
    pub async fn unheard(&self, now: Ticks) -> Result<Option<Ticks>> {
        let query = sqlx::query_scalar(UNHEARD).bind(now.0 - DAY);
        let since: Option<i64> = self.read(query.fetch_one(self.readers())).await?;
        Ok(since.map(Ticks))
    }

    /// How a channel does.
    pub async fn channel_state(&self, channel: &'static str) -> Result<ChannelState> {
        let query = sqlx::query_as(CHANNEL).bind(channel);
        let row: (Option<i64>, Option<i64>, i64) = self.read(query.fetch_one(self.readers())).await?;
        let (sent, failing) = (row.0.map(Ticks), row.1.map(Ticks));
        Ok(ChannelState { sent, failing, waiting: row.2.unsigned_abs() })
    }

    /// What waits at a place, in the order of making.
    pub async fn due(&self, outlet: &Outlet, limit: u32) -> Result<Vec<Due>> {
        let query = sqlx::query_as(DUE).bind(blob(outlet.person)).bind(outlet.channel.clone());
        let query = query.bind(blob(outlet.target)).bind(limit);
        self.read(query.fetch_all(self.readers())).await
    }

    /// Puts what waits at a place into one digest.
    pub async fn fold(&self, outlet: &Outlet) -> Result<()> {
        self.inner.queue.ask(Fold(outlet.place())).await
    }

    /// Nothing is to be sent to a place at the moment: how it did before says nothing of how it does.
    pub async fn rest(&self, outlet: &Outlet) -> Result<()> {
        self.inner.queue.ask(Rest(outlet.place())).await
    }

    /// Writes what came of an attempt to send something at a place.
    pub async fn settle(&self, outlet: &Outlet, due: &Due, attempt: Attempt) -> Result<()> {
        let place = outlet.place();
        self.inner.queue.ask(Settle { place, delivery: due.id, version: due.version, attempt }).await
    }

    /// The device says that a message was shown, or opened. Once said it stays.
    pub async fn put_receipt(&self, delivery: Uuid, opened: bool) -> Result<()> {
        self.inner.queue.ask(Receipt { delivery, opened }).await
    }

    /// One delivery.
    pub async fn delivery(&self, id: Uuid) -> Result<Option<Delivery>> {
        self.read(sqlx::query_as(BY_ID).bind(blob(id)).fetch_optional(self.readers())).await
    }

    /// The newest deliveries to a push endpoint.
    pub async fn deliveries_to(&self, target: Uuid, limit: u32) -> Result<Vec<Delivery>> {
        self.read(sqlx::query_as(OF_TARGET).bind(blob(target)).bind(limit).fetch_all(self.readers())).await
    }

    /// Deliveries of an alert, in the order of making.
    pub async fn deliveries_of(&self, alert: Uuid) -> Result<Vec<Delivery>> {
        self.read(sqlx::query_as(OF_ALERT).bind(blob(alert)).fetch_all(self.readers())).await
    }
}
