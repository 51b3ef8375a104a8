//! Exports: what was asked for, how far it has got, and what came of it. The files are storage's.

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sql::{damaged, failed, statements, uuid};
use super::types::GapCause;
use super::writer::{Change, Write};
use super::{Catalogue, Scope, Share, Standing};
use crate::base::{CameraId, Error, ExportId, Result, StreamKind, Ticks, TimeRange};

macro_rules! columns {
    () => {
        "select e.id, e.state, e.items, e.rendition, e.reason, e.person, e.created_90k, e.finished_90k, e.attempts, \
         e.estimate_bytes, e.bytes, e.missing, e.file_name, e.sha256, e.problem "
    };
}

statements! {
    ADD = "insert into export (id, state, items, rendition, reason, person, idempotency, created_90k, estimate_bytes) \
        values (?1, 'queued', ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (idempotency) do nothing";
    BY_IDEMPOTENCY = concat!(columns!(), "from export e where e.idempotency = ?1");
    BY_ID = concat!(columns!(), "from export e where e.id = ?1");
    /// ?4 is a JSON list of the cameras that may be seen: an export that touches another is not there.
    LIST = concat!(columns!(), "from export e where (e.created_90k, e.id) < (?1, ?2) \
        and (?4 is null or not exists (select 1 from json_each(e.items) i \
        where json_extract(i.value, '$.camera') not in (select value from json_each(?4)))) \
        order by e.created_90k desc, e.id desc limit ?3");
    NEXT = concat!(columns!(), "from export e where e.finished_90k is null and e.state = 'queued' \
        order by e.created_90k limit 1");
    KEPT = concat!(columns!(), "from export e where e.finished_90k is not null order by e.finished_90k limit 10000");
    PENDING = "select coalesce(sum(estimate_bytes), 0) from export where finished_90k is null";
    BEGIN = "update export set state = 'running', attempts = attempts + 1 where id = ?1 and state = 'queued'";
    INTERRUPTED = "update export set state = 'failed', problem = 'interrupted', finished_90k = ?1 \
        where finished_90k is null and state = 'running' and attempts >= ?2";
    AGAIN = "update export set state = 'queued' where finished_90k is null and state = 'running'";
    DONE = "update export set state = 'done', finished_90k = ?2, bytes = ?3, missing = ?4, file_name = ?5, sha256 = ?6 \
        where id = ?1 and finished_90k is null";
    FAIL = "update export set state = 'failed', finished_90k = ?2, problem = ?3 where id = ?1 and finished_90k is null";
    CANCEL = "update export set state = 'canceled', finished_90k = ?2 where id = ?1 and finished_90k is null";
    REMOVE = "delete from export where id = ?1 and finished_90k is not null";
}

/// Where an export is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportState {
    /// Waits for its turn.
    Queued,
    /// Is being written.
    Running,
    /// Its file is there.
    Done,
    /// It could not be made.
    Failed,
    /// Somebody did not want it any more.
    Canceled,
}

impl ExportState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Canceled];

    /// Name in columns and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// True when nothing will change any more.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A stretch of a camera that is asked for. Its name stays as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportItem {
    /// Whose footage.
    pub camera: CameraId,
    /// What people called it.
    pub name: String,
    /// For names of files.
    pub slug: String,
    /// What of it.
    pub range: TimeRange,
}

/// A stretch that was asked for and is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportMissing {
    /// Whose.
    pub camera: CameraId,
    /// Which.
    pub range: TimeRange,
    /// Why.
    pub cause: GapCause,
}

/// An export to be made.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// Stretches, at least one.
    pub items: Vec<ExportItem>,
    /// Which encoding.
    pub rendition: StreamKind,
    /// What it is for.
    pub reason: Option<String>,
    /// Who asks.
    pub person: String,
    /// The same request sent twice has the same key.
    pub idempotency: Option<String>,
    /// Bytes it will take.
    pub estimate_bytes: u64,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// For ever.
    pub id: ExportId,
    /// Where it is in its life.
    pub state: ExportState,
    /// What was asked for.
    pub items: Vec<ExportItem>,
    /// Which encoding.
    pub rendition: StreamKind,
    /// What it is for.
    pub reason: Option<String>,
    /// Who asked, by name.
    pub person: String,
    /// When it was asked for.
    pub created: Ticks,
    /// When it ended, however.
    pub finished: Option<Ticks>,
    /// How often it was begun.
    pub attempts: u32,
    /// Bytes that were expected.
    pub estimate_bytes: u64,
    /// Bytes of the file.
    pub bytes: Option<u64>,
    /// What was asked for and is not recorded; known when it is done.
    pub missing: Vec<ExportMissing>,
    /// Name under which the file is saved.
    pub file_name: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<[u8; 32]>,
    /// Stable name of why it failed.
    pub problem: Option<String>,
}

impl Export {
    /// True when it touches no camera but those that may be seen.
    pub fn is_within(&self, scope: &Scope) -> bool {
        scope.sees_all(self.items.iter().map(|item| item.camera))
    }
}

/// What came of a finished export.
#[derive(Clone, Debug)]
pub struct ExportDone {
    /// Bytes of the file.
    pub bytes: u64,
    /// Name under which it is saved.
    pub file_name: String,
    /// SHA-256 of it.
    pub sha256: [u8; 32],
    /// What is not in it.
    pub missing: Vec<ExportMissing>,
}

#[derive(Deserialize, Serialize)]
struct ItemColumn {
    camera: CameraId,
    name: String,
    slug: String,
    from_90k: i64,
    to_90k: i64,
}

#[derive(Deserialize, Serialize)]
struct MissingColumn {
    camera: CameraId,
    from_90k: i64,
    to_90k: i64,
    cause: String,
}

fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal("an export cannot be written").because(e))
}

fn items_text(items: &[ExportItem]) -> Result<String> {
    let column = |item: &ExportItem| ItemColumn {
        camera: item.camera,
        name: item.name.clone(),
        slug: item.slug.clone(),
        from_90k: item.range.from.0,
        to_90k: item.range.to.0,
    };
    text(&items.iter().map(column).collect::<Vec<_>>())
}

fn missing_text(missing: &[ExportMissing]) -> Result<String> {
    let column = |m: &ExportMissing| MissingColumn {
        camera: m.camera,
        from_90k: m.range.from.0,
        to_90k: m.range.to.0,
        cause: m.cause.name().to_owned(),
    };
    text(&missing.iter().map(column).collect::<Vec<_>>())
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Export {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: Error| sqlx::Error::Decode(Box::new(e));
        let wrong = |_| decode(damaged("an export"));
        let items: Vec<ItemColumn> = serde_json::from_str(row.try_get(2)?).map_err(wrong)?;
        let missing: Vec<MissingColumn> = serde_json::from_str(row.try_get(11)?).map_err(wrong)?;
        let state: &str = row.try_get(1)?;
        let state = ExportState::ALL.into_iter().find(|s| s.name() == state);
        let bytes = |index: usize| row.try_get::<i64, _>(index).map(i64::unsigned_abs);
        let range = |from: i64, to: i64| TimeRange::new(Ticks(from), Ticks(to));
        let sha256: Option<&[u8]> = row.try_get(13)?;
        Ok(Self {
            id: ExportId(uuid(row.try_get(0)?).map_err(decode)?),
            state: state.ok_or_else(|| decode(damaged("the state of an export")))?,
            items: items
                .into_iter()
                .map(|i| ExportItem {
                    camera: i.camera,
                    name: i.name,
                    slug: i.slug,
                    range: range(i.from_90k, i.to_90k),
                })
                .collect(),
            rendition: row.try_get::<&str, _>(3)?.parse().map_err(decode)?,
            reason: row.try_get(4)?,
            person: row.try_get(5)?,
            created: Ticks(row.try_get(6)?),
            finished: row.try_get::<Option<i64>, _>(7)?.map(Ticks),
            attempts: row.try_get(8)?,
            estimate_bytes: bytes(9)?,
            bytes: row.try_get::<Option<i64>, _>(10)?.map(i64::unsigned_abs),
            missing: missing
                .into_iter()
                .map(|m| ExportMissing {
                    camera: m.camera,
                    range: range(m.from_90k, m.to_90k),
                    cause: GapCause::from_name(&m.cause),
                })
                .collect(),
            file_name: row.try_get(12)?,
            sha256: sha256.and_then(|hash| hash.try_into().ok()),
            problem: row.try_get(14)?,
        })
    }
}

struct Add(ExportId, NewExport);

impl Change for Add {
    type Answer = Export;
    const NAME: &'static str = "add_export";

    async fn apply(&self, w: &mut Write) -> Result<Export> {
        let (id, new) = (self.0.0.as_bytes().to_vec(), &self.1);
        let query = sqlx::query(ADD)
            .bind(id.clone())
            .bind(items_text(&new.items)?)
            .bind(new.rendition.name())
            .bind(new.reason.clone())
            .bind(new.person.clone())
            .bind(new.idempotency.clone())
            .bind(w.now.0)
            .bind(new.estimate_bytes.cast_signed());
        let added = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
        let find = match added {
            true => sqlx::query_as(BY_ID).bind(id),
            false => sqlx::query_as(BY_IDEMPOTENCY).bind(new.idempotency.clone()),
        };
        find.fetch_one(&mut w.conn).await.map_err(failed)
    }
}

enum Turn {
    Begin,
    Done(ExportDone),
    Fail(&'static str),
    Cancel,
    Remove,
}

struct Move(ExportId, Turn);

impl Change for Move {
    type Answer = bool;
    const NAME: &'static str = "move_export";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let id = self.0.0.as_bytes().to_vec();
        let query = match &self.1 {
            Turn::Begin => sqlx::query(BEGIN).bind(id),
            Turn::Done(done) => sqlx::query(DONE)
                .bind(id)
                .bind(w.now.0)
                .bind(done.bytes.cast_signed())
                .bind(missing_text(&done.missing)?)
                .bind(done.file_name.clone())
                .bind(done.sha256.to_vec()),
            Turn::Fail(problem) => sqlx::query(FAIL).bind(id).bind(w.now.0).bind(*problem),
            Turn::Cancel => sqlx::query(CANCEL).bind(id).bind(w.now.0),
            Turn::Remove => sqlx::query(REMOVE).bind(id),
        };
        Ok(query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0)
    }
}

struct Again(u32);

impl Change for Again {
    type Answer = u64;
    const NAME: &'static str = "exports_again";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        let given_up = sqlx::query(INTERRUPTED).bind(w.now.0).bind(self.0);
        given_up.execute(&mut w.conn).await.map_err(failed)?;
        Ok(sqlx::query(AGAIN).execute(&mut w.conn).await.map_err(failed)?.rows_affected())
    }
}

/// Each fails when the catalogue cannot be used. Those that change an export answer whether it was in a state for it.
impl Catalogue {
    /// Puts an export at the end of the queue; the same key again answers the export that it made.
    pub async fn add_export(&self, new: NewExport) -> Result<Export> {
        let id = ExportId::fresh(self.inner.clock.now());
        self.inner.queue.ask(Add(id, new)).await
    }

    /// One export.
    pub async fn export(&self, scope: &Scope, id: ExportId) -> Result<Option<Export>> {
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().as_slice());
        let found: Option<Export> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(found.filter(|export| export.is_within(scope)))
    }

    /// What a link opens, whoever comes by it: having it is the right to this one export.
    pub async fn shared_export(&self, share: &Share, now: Ticks) -> Result<Option<Export>> {
        match share.standing(now) {
            Standing::Open(id) => self.export(Scope::everything(), id).await,
            _ => Ok(None),
        }
    }

    /// The export that a request with this key made.
    pub async fn export_of_request(&self, scope: &Scope, idempotency: &str) -> Result<Option<Export>> {
        let query = sqlx::query_as(BY_IDEMPOTENCY).bind(idempotency.to_owned());
        let found: Option<Export> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(found.filter(|export| export.is_within(scope)))
    }

    /// Exports, newest first; for the next page give the last one's creation and id as `before`.
    pub async fn exports(
        &self,
        scope: &Scope,
        before: Option<(Ticks, ExportId)>,
        limit: u32,
    ) -> Result<Vec<Export>> {
        let (at, id) = before.map_or((i64::MAX, Vec::new()), |(at, id)| (at.0, id.0.as_bytes().to_vec()));
        let query = sqlx::query_as(LIST).bind(at).bind(id).bind(limit).bind(scope.list());
        self.read(query.fetch_all(self.readers())).await
    }

    /// Those that are over, longest ago first.
    pub async fn exports_over(&self) -> Result<Vec<Export>> {
        self.read(sqlx::query_as(KEPT).fetch_all(self.readers())).await
    }

    /// The one that has waited longest.
    pub async fn next_export(&self) -> Result<Option<Export>> {
        self.read(sqlx::query_as(NEXT).fetch_optional(self.readers())).await
    }

    /// Bytes that those will take which wait or run.
    pub async fn pending_export_bytes(&self) -> Result<u64> {
        let bytes: i64 = self.read(sqlx::query_scalar(PENDING).fetch_one(self.readers())).await?;
        Ok(bytes.unsigned_abs())
    }

    /// It is being made.
    pub async fn begin_export(&self, id: ExportId) -> Result<bool> {
        self.inner.queue.ask(Move(id, Turn::Begin)).await
    }

    /// Its file is there.
    pub async fn finish_export(&self, id: ExportId, done: ExportDone) -> Result<bool> {
        self.inner.queue.ask(Move(id, Turn::Done(done))).await
    }

    /// It cannot be made, for a reason with this stable name.
    pub async fn fail_export(&self, id: ExportId, problem: &'static str) -> Result<bool> {
        self.inner.queue.ask(Move(id, Turn::Fail(problem))).await
    }

    /// Nobody wants it any more.
    pub async fn cancel_export(&self, id: ExportId) -> Result<bool> {
        self.inner.queue.ask(Move(id, Turn::Cancel)).await
    }

    /// Forgets one that is over. Its shares stay and lead nowhere.
    pub async fn remove_export(&self, id: ExportId) -> Result<bool> {
        self.inner.queue.ask(Move(id, Turn::Remove)).await
    }

    /// At start: those that an end of the service cut off wait again, unless they were begun `attempts` times.
    pub async fn exports_again(&self, attempts: u32) -> Result<u64> {
        self.inner.queue.ask(Again(attempts)).await
    }
}
