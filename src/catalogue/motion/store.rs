//! The one writer of the motion file: opens it, begins it anew when it is damaged, writes minutes and pictures.
//!
//! Commits are not synced (WAL, `synchronous = normal`): a power cut takes the last minutes of an index and damages
//! nothing. What cannot be written after some tries is given up and counted.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustix::fs::rename;
use sqlx::sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use super::board::{Board, Sealed};
use super::bundle;
use super::bundling::Progress;
use super::pack::Minute;
use super::{HOUR, MINUTE, PictureSize, Readers, Shared, failed, row_key};
use crate::base::{CameraId, Error, EventId, Kind, Result, SharedClock, Ticks, TimeRange};
use crate::catalogue::open::{guard_mode, migrate_to, options};
use crate::catalogue::sql::{is_store_failure, statements};

/// Migrations of the motion file, as the catalogue's own.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/motion/0001_first.sql"),
    include_str!("../../../migrations/motion/0002_bundle.sql"),
];

/// How long a minute waits for those of other cameras, which end at the same time.
const LINGER: Duration = Duration::from_secs(3);
/// The same for a picture, for which somebody may be waiting.
const SOON: Duration = Duration::from_millis(200);
/// Commands of one transaction.
const BATCH: usize = 64;
/// Tries of a batch before it is given up.
const TRIES: u32 = 3;
/// Pause between them.
const RETRY: Duration = Duration::from_millis(500);
/// How often a file that cannot be opened is tried again.
const REOPEN: Duration = Duration::from_secs(30);
/// How often the file is looked after.
const TICK: Duration = Duration::from_secs(600);
/// Connections for reading: searches take turns, everything else is short.
const READERS: u32 = 2;

statements! {
    BEGIN = "begin immediate";
    COMMIT = "commit";
    ROLLBACK = "rollback";
    CHECKPOINT = "pragma wal_checkpoint(truncate)";
    OPTIMIZE = "pragma optimize";
    VERSION = "pragma user_version";
    PUT_CAMERA = "insert into camera (id) values (?1) on conflict (id) do nothing";
    CAMERA = "select key from camera where id = ?1";
    MINUTE_BEFORE = "select packed from activity where key = ?1";
    PUT_MINUTE = "insert into activity (key, fold, peak, packed) values (?1, ?2, ?3, ?4) \
        on conflict (key) do update set fold = excluded.fold, peak = excluded.peak, packed = excluded.packed";
    PUT_OBSERVED = "insert into observed (key, minutes) values (?1, ?2) \
        on conflict (key) do update set minutes = observed.minutes | excluded.minutes";
    PUT_PICTURE = "insert into picture (event, size, camera_key, at_90k, jpeg) values (?1, ?2, ?3, ?4, ?5) \
        on conflict (event, size) do update set camera_key = excluded.camera_key, at_90k = excluded.at_90k, \
        jpeg = excluded.jpeg";
    FORGET_MINUTES = "delete from activity where key in (select key from activity where key >= ?1 and key < ?2 \
        order by key limit ?3)";
    FORGET_BUNDLES = "delete from bundle where key in (select key from bundle where key >= ?1 and key < ?2 \
        order by key limit ?3)";
    FORGET_HOURS = "delete from observed where key in (select key from observed where key >= ?1 and key < ?2 \
        order by key limit ?3)";
    FORGET_PICTURES = "delete from picture where key in (select key from picture where camera_key = ?1 \
        and at_90k >= ?2 and at_90k < ?3 order by at_90k limit ?4)";
}

/// What the file is to hold, or to hold no more.
pub(in crate::catalogue) enum Command {
    /// A minute of a camera.
    Minute(Sealed),
    /// A picture of an event.
    Picture { event: EventId, camera: CameraId, size: PictureSize, at: Ticks, jpeg: Bytes },
    /// Drop some rows of these times; answers how many.
    Forget { camera: CameraId, ranges: Vec<TimeRange>, limit: u32, reply: oneshot::Sender<Result<u64>> },
    /// A reader has found the file of this generation damaged.
    Damaged(u64),
    /// Answer when all before is done.
    Flush(oneshot::Sender<()>),
    /// Write, close, answer.
    Close(oneshot::Sender<()>),
}

impl Command {
    fn patience(&self) -> Duration {
        match self {
            Self::Minute(_) => LINGER,
            Self::Picture { .. } => SOON,
            _ => Duration::ZERO,
        }
    }
}

/// The writing connection.
pub(in crate::catalogue) async fn connect(path: &Path) -> Result<SqliteConnection> {
    guard_mode(path)?;
    let mut conn = options(path)
        // A minute of cells takes some hundred bytes, a bundle three pages on average.
        .page_size(4096)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("journal_size_limit", "16777216")
        .pragma("temp_store", "memory")
        .connect()
        .await
        .map_err(failed)?;
    migrate_to(&mut conn, MIGRATIONS).await?;
    Ok(conn)
}

/// Connections that cannot write.
pub(super) async fn pool(path: &Path) -> Result<SqlitePool> {
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(crate::catalogue::READ_LIMIT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None);
    pool.connect_with(options(path).read_only(true)).await.map_err(failed)
}

/// The same for a tool, which brings no file up to date.
pub(super) async fn pool_as_it_is(path: &Path) -> Result<SqlitePool> {
    let pool = pool(path).await?;
    let version: i64 = sqlx::query_scalar(VERSION).fetch_one(&pool).await.map_err(failed)?;
    if version != MIGRATIONS.len() as i64 {
        let sentence =
            "the motion file is of another version of lanewatch; start the service of this version once";
        return Err(Error::new(Kind::Conflict, sentence));
    }
    Ok(pool)
}

/// What is known of a camera in the file.
#[derive(Clone, Copy)]
struct Known {
    key: i64,
    bundling: Progress,
}

/// The writing task's state.
pub(in crate::catalogue) struct Store {
    path: PathBuf,
    clock: SharedClock,
    board: Board,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    conn: Option<SqliteConnection>,
    /// Files begun since the service started.
    generation: u64,
    /// When opening failed last.
    failed: Option<Instant>,
    /// What is known of cameras in the file, as far as it was needed.
    cameras: HashMap<CameraId, Known>,
    /// Batches since the last that was written.
    given_up: u64,
}

impl Store {
    pub(super) fn new(
        path: PathBuf,
        clock: SharedClock,
        board: Board,
        shared: Arc<Shared>,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let cameras = HashMap::new();
        Self {
            path,
            clock,
            board,
            shared,
            commands,
            conn: None,
            generation: 0,
            failed: None,
            cameras,
            given_up: 0,
        }
    }

    /// Opens the file, if it can be; else the task goes on trying.
    pub(in crate::catalogue) async fn open(&mut self) {
        if self.conn.is_some() || self.failed.is_some_and(|at| at.elapsed() < REOPEN) {
            return;
        }
        let mut opened = self.connect().await;
        if opened.as_ref().is_err_and(|e| e.kind() == Kind::Corrupt) {
            self.set_aside().await;
            opened = self.connect().await;
        }
        match opened {
            Ok((conn, pool)) => {
                self.generation += 1;
                self.cameras.clear();
                self.conn = Some(conn);
                self.failed = None;
                self.shared.set_readers(Some(Readers { pool, generation: self.generation }));
                self.shared.set_trouble(None);
            }
            Err(error) => {
                tracing::warn!(file = %self.path.display(), error = %error,
                    "the motion file cannot be opened; recording goes on, what moves cannot be searched meanwhile");
                self.failed = Some(Instant::now());
                self.shared.set_trouble(Some(error.message().to_owned()));
            }
        }
    }

    async fn connect(&self) -> Result<(SqliteConnection, SqlitePool)> {
        let conn = connect(&self.path).await?;
        Ok((conn, pool(&self.path).await?))
    }

    /// Works until closed, or until the last handle is gone.
    pub(in crate::catalogue) async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closing = loop {
            let first = tokio::select! {
                biased;
                first = self.commands.recv() => first,
                _ = tick.tick() => {
                    self.keep_house().await;
                    continue;
                }
            };
            let Some(first) = first else { break None };
            let (batch, closing) = self.gather(first).await;
            self.write(batch).await;
            if closing.is_some() {
                break closing;
            }
        };
        self.close_file().await;
        if let Some(reply) = closing {
            // An error means that whoever asked has stopped waiting.
            reply.send(()).ok();
        }
    }

    /// Takes what waits, and what comes while all of it can wait.
    async fn gather(&mut self, first: Command) -> (Vec<Command>, Option<oneshot::Sender<()>>) {
        let mut until = Instant::now() + first.patience();
        let mut next = Some(first);
        let mut batch = Vec::new();
        loop {
            match next {
                Some(Command::Close(reply)) => return (batch, Some(reply)),
                Some(command) => {
                    until = until.min(Instant::now() + command.patience());
                    batch.push(command);
                }
                None => return (batch, None),
            }
            if batch.len() >= BATCH {
                return (batch, None);
            }
            next = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                () = tokio::time::sleep_until(until) => None,
            };
        }
    }

    async fn write(&mut self, batch: Vec<Command>) {
        let mut tries = 0;
        let done = loop {
            self.open().await;
            let Some(mut conn) = self.conn.take() else {
                break Err(Error::new(Kind::Unavailable, "there is no motion file; look at the log"));
            };
            let outcome = self.attempt(&mut conn, &batch).await;
            self.conn = Some(conn);
            let Err(error) = outcome else { break outcome };
            tries += 1;
            // What a transaction did that came to nothing.
            self.cameras.clear();
            if error.kind() == Kind::Corrupt {
                self.set_aside().await;
            } else {
                // A connection that met an input/output error may be unusable.
                self.close_file().await;
            }
            if tries >= TRIES {
                break Err(error);
            }
            tokio::time::sleep(RETRY).await;
        };
        self.tell(&done);
        let counts = done.unwrap_or_default();
        for (n, command) in batch.into_iter().enumerate() {
            match command {
                Command::Minute(sealed) => self.board.settle(&sealed),
                Command::Forget { reply, .. } => {
                    let count = counts.get(n).copied();
                    let none = || Error::new(Kind::Unavailable, "the motion file cannot be written now");
                    // Whoever asked may have gone.
                    drop(reply.send(count.ok_or_else(none)));
                }
                Command::Flush(reply) => drop(reply.send(())),
                Command::Picture { .. } | Command::Damaged(_) | Command::Close(_) => {}
            }
        }
    }

    /// Says that batches are given up, and that they are not any more.
    fn tell(&mut self, done: &Result<Vec<u64>>) {
        match done {
            Ok(_) if self.given_up > 0 => {
                tracing::info!(batches = self.given_up, "the motion file can be written again");
                self.given_up = 0;
                self.shared.set_trouble(None);
            }
            Ok(_) => {}
            Err(error) => {
                self.given_up += 1;
                // Why it cannot be opened says more.
                if self.failed.is_none() {
                    self.shared.set_trouble(Some(error.message().to_owned()));
                }
                if self.given_up.is_power_of_two() {
                    tracing::warn!(error = %error, batches = self.given_up,
                        "what moved is not in the motion file; recording goes on");
                }
            }
        }
    }

    /// All of a batch in one transaction; answers how many rows each dropped.
    async fn attempt(&mut self, conn: &mut SqliteConnection, batch: &[Command]) -> Result<Vec<u64>> {
        execute(conn, BEGIN).await?;
        let mut counts = Vec::with_capacity(batch.len());
        for command in batch {
            match self.apply(conn, command).await {
                Ok(count) => counts.push(count),
                Err(error) if is_store_failure(&error) => {
                    // It fails when SQLite has rolled back by itself: the same end.
                    drop(execute(conn, ROLLBACK).await);
                    return Err(error);
                }
                Err(error) => {
                    tracing::error!(error = ?error, "the motion file refused a row; it is lost");
                    counts.push(0);
                }
            }
        }
        execute(conn, COMMIT).await?;
        Ok(counts)
    }

    async fn apply(&mut self, conn: &mut SqliteConnection, command: &Command) -> Result<u64> {
        match command {
            Command::Minute(sealed) => self.minute(conn, sealed).await.map(|()| 0),
            Command::Picture { event, camera, size, at, jpeg } => {
                let camera = self.camera(conn, *camera).await?;
                let query = sqlx::query(PUT_PICTURE)
                    .bind(event.0.as_bytes().as_slice())
                    .bind(size.code())
                    .bind(camera)
                    .bind(at.0)
                    .bind(jpeg.as_ref());
                query.execute(conn).await.map(|_| 0).map_err(failed)
            }
            Command::Forget { camera, ranges, limit, .. } => {
                let camera = self.camera(conn, *camera).await?;
                let mut count = 0;
                for range in ranges {
                    count += forget(conn, camera, *range, *limit).await?;
                }
                Ok(count)
            }
            Command::Damaged(generation) if *generation == self.generation => {
                Err(Error::new(Kind::Corrupt, "the motion file is damaged"))
            }
            Command::Damaged(_) | Command::Flush(_) | Command::Close(_) => Ok(0),
        }
    }

    async fn minute(&mut self, conn: &mut SqliteConnection, sealed: &Sealed) -> Result<()> {
        let camera = self.camera(conn, sealed.camera).await?;
        let (hour, minute) = (sealed.number.div_euclid(HOUR), sealed.number.rem_euclid(HOUR));
        let query = sqlx::query(PUT_OBSERVED).bind(row_key(camera, hour)).bind(1_i64 << minute);
        query.execute(&mut *conn).await.map_err(failed)?;
        let known = self.cameras.get_mut(&sealed.camera).expect("just asked for");
        if !sealed.cells.is_empty() {
            known.bundling.wrote(sealed.number);
            put_minute(conn, row_key(camera, sealed.number), &sealed.cells).await?;
        }
        known.bundling.step(conn, camera, sealed.number).await
    }

    async fn camera(&mut self, conn: &mut SqliteConnection, id: CameraId) -> Result<i64> {
        if let Some(known) = self.cameras.get(&id) {
            return Ok(known.key);
        }
        let bytes = id.0.as_bytes().as_slice();
        sqlx::query(PUT_CAMERA).bind(bytes).execute(&mut *conn).await.map_err(failed)?;
        let key = sqlx::query_scalar(CAMERA).bind(bytes).fetch_one(conn).await.map_err(failed)?;
        self.cameras.insert(id, Known { key, bundling: Progress::default() });
        Ok(key)
    }

    async fn keep_house(&mut self) {
        self.open().await;
        let Some(conn) = &mut self.conn else { return };
        for sql in [CHECKPOINT, OPTIMIZE] {
            if let Err(error) = sqlx::query(sql).fetch_all(&mut *conn).await {
                tracing::debug!(sql, error = %error, "housekeeping of the motion file is left to the next time");
            }
        }
    }

    /// Ends reading first: only the last connection folds the write-ahead log into the file.
    async fn close_file(&mut self) {
        if let Some(readers) = self.shared.set_readers(None) {
            readers.pool.close().await;
        }
        if let Some(conn) = self.conn.take()
            && let Err(error) = conn.close().await
        {
            tracing::debug!(error = %error, "the motion file did not close cleanly");
        }
    }

    /// Gives a damaged file another name, so that the next opening begins a new one.
    async fn set_aside(&mut self) {
        self.close_file().await;
        let stamp: String = self.clock.now().rfc3339().chars().filter(char::is_ascii_alphanumeric).collect();
        let kept = self.path.with_extension(format!("damaged-{stamp}"));
        tracing::error!(file = %self.path.display(), kept = %kept.display(),
            "the motion file is damaged; it is set aside and a new one is begun: what moved before cannot be searched");
        for side in ["", "-wal", "-shm"] {
            let beside = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(side);
                PathBuf::from(name)
            };
            // SQLite made the file, not storage: as with its mode, the room looks after it itself.
            match rename(beside(&self.path), beside(&kept)) {
                Ok(()) | Err(rustix::io::Errno::NOENT) => {}
                Err(error) => tracing::error!(error = %error, "the damaged motion file cannot be renamed"),
            }
        }
    }
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(conn).await.map(drop).map_err(failed)
}

/// Adds a minute to what is known of it.
async fn put_minute(conn: &mut SqliteConnection, key: i64, minute: &Minute) -> Result<()> {
    let query = sqlx::query_scalar(MINUTE_BEFORE).bind(key);
    let before: Option<Vec<u8>> = query.fetch_optional(&mut *conn).await.map_err(failed)?;
    let mut cells = minute.clone();
    if let Some(before) = before {
        // What cannot be read is replaced.
        cells.merge(&Minute::unpack_some(&before).0);
    }
    let query = sqlx::query(PUT_MINUTE).bind(key).bind(cells.fold()).bind(cells.peak()).bind(cells.pack());
    query.execute(conn).await.map(drop).map_err(failed)
}

/// Drops at most so many rows of each kind; whole minutes, bundles and hours of the range only.
async fn forget(conn: &mut SqliteConnection, camera: i64, range: TimeRange, limit: u32) -> Result<u64> {
    let first = |unit: i64| (range.from.0.saturating_add(unit - 1)).div_euclid(unit);
    let last = |unit: i64| range.to.0.div_euclid(unit);
    let mut count = 0;
    // A bundle is as much work as many minutes.
    let bundles = limit.div_ceil(20);
    for (sql, minutes, limit) in
        [(FORGET_MINUTES, 1, limit), (FORGET_BUNDLES, bundle::MINUTES, bundles), (FORGET_HOURS, HOUR, limit)]
    {
        let unit = minutes * MINUTE;
        let query = sqlx::query(sql);
        let query = query.bind(row_key(camera, first(unit))).bind(row_key(camera, last(unit))).bind(limit);
        count += query.execute(&mut *conn).await.map_err(failed)?.rows_affected();
    }
    let query = sqlx::query(FORGET_PICTURES).bind(camera).bind(range.from.0).bind(range.to.0).bind(limit);
    Ok(count + query.execute(conn).await.map_err(failed)?.rows_affected())
}
