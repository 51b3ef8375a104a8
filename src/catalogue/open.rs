//! Opening: file mode, connections and their pragmas, SQLite's version, migrations, the tasks.

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use tokio::sync::Mutex;

use super::growing::Growing;
use super::motion::Motion;
use super::names::Names;
use super::sql::{failed, statements};
use super::tally::Tally;
use super::vault::Vault;
use super::watch::Announcer;
use super::writer::{Queue, Write, Writer};
use super::{Catalogue, Inner, boot, day, meta, site, watch};
use crate::base::{DatabaseId, Error, Kind, Result, SharedClock, Stop, SystemClock, Tasks, Zone};

/// Migrations in order; the index plus one is the schema's version. A released one is never edited.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_motion.sql"),
    include_str!("../../migrations/0003_objects.sql"),
    include_str!("../../migrations/0004_marks.sql"),
    include_str!("../../migrations/0005_exports.sql"),
    include_str!("../../migrations/0006_layouts.sql"),
    include_str!("../../migrations/0007_people.sql"),
    include_str!("../../migrations/0008_alerts.sql"),
    include_str!("../../migrations/0009_reasons.sql"),
    include_str!("../../migrations/0010_lost_phones.sql"),
    include_str!("../../migrations/0011_live_only.sql"),
];

/// Older ones can corrupt the file: the WAL-reset bug, fixed in 3.51.3. <https://www.sqlite.org/wal.html#walresetbug>
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);

/// Connections for reading: as many as requests that one mini-PC answers at once.
const READERS: u32 = 4;

statements! {
    SQLITE_VERSION = "select sqlite_version()";
    SCHEMA_VERSION = "pragma user_version";
    BEGIN = "begin immediate";
    COMMIT = "commit";
    ROLLBACK = "rollback";
}

/// What all connections of the room have in common.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        // A mapped page that cannot be read would be a SIGBUS; a read that fails is an error.
        .pragma("mmap_size", "0")
        .pragma("cell_size_check", "on")
        .pragma("trusted_schema", "off")
        // KiB, per connection: enough for the inner pages of every index; the operating system's cache does the rest.
        .pragma("cache_size", "-2048")
        .statement_cache_capacity(256)
        // Rows that cross from SQLite's thread at once: fewer wake-ups for long lists.
        .row_buffer_size(512)
        .thread_name(|n| format!("catalogue-{n}"))
        .disable_statement_logging()
}

/// The writing connection.
pub(super) async fn connect_writer(path: &Path) -> Result<SqliteConnection> {
    options(path)
        // Before the first table only; a segment row is about 900 bytes, and nine to a page waste less than four.
        .page_size(8192)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // The pages of a transaction, and the ends of all indexes.
        .pragma("cache_size", "-8192")
        // After a long lock the log shrinks to this again.
        .pragma("journal_size_limit", "67108864")
        // Savepoints keep a journal of their own, which would go to a temporary file: half as many bytes again.
        .pragma("temp_store", "memory")
        .connect()
        .await
        .map_err(failed)
}

/// A connection that cannot write.
pub(super) async fn connect_reader(path: &Path) -> Result<SqliteConnection> {
    options(path).read_only(true).connect().await.map_err(failed)
}

/// Creates the file for its owner alone, or refuses one that others may read: it holds the cameras' passwords.
/// SQLite gives its side files (-wal, -shm) the mode of the main file.
pub(super) fn guard_mode(path: &Path) -> Result<()> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let fail = |e: rustix::io::Errno| {
        Error::io(format_args!("cannot open the database {}", path.display()), e.into())
    };
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(fail)?;
    let mode = rustix::fs::fstat(&file).map_err(fail)?.st_mode & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::invalid(format!(
            "the database {} has mode {mode:o}, others could read passwords or pictures in it; run chmod 600 on it",
            path.display()
        )));
    }
    Ok(())
}

async fn assert_version(conn: &mut SqliteConnection) -> Result<()> {
    let version: String = sqlx::query_scalar(SQLITE_VERSION).fetch_one(conn).await.map_err(failed)?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    if (next(), next(), next()) < SQLITE_AT_LEAST {
        return Err(Error::internal(format!(
            "SQLite {version} can damage the catalogue; build lanewatch with the bundled one (3.51.3 or newer)"
        )));
    }
    Ok(())
}

/// Brings the schema to this program's version; each step is there entirely or not at all.
pub(super) async fn migrate(conn: &mut SqliteConnection) -> Result<()> {
    migrate_to(conn, MIGRATIONS).await
}

/// The same for any file of ours and its migrations.
pub(super) async fn migrate_to(conn: &mut SqliteConnection, migrations: &[&'static str]) -> Result<()> {
    sqlx::query(BEGIN).execute(&mut *conn).await.map_err(failed)?;
    let done = migrate_inside(conn, migrations).await;
    let end = if done.is_ok() { COMMIT } else { ROLLBACK };
    let ended = sqlx::query(end).execute(&mut *conn).await.map_err(failed);
    done.and(ended.map(drop))
}

async fn migrate_inside(conn: &mut SqliteConnection, migrations: &[&'static str]) -> Result<()> {
    let version: i64 = sqlx::query_scalar(SCHEMA_VERSION).fetch_one(&mut *conn).await.map_err(failed)?;
    let known = migrations.len();
    let applied = usize::try_from(version).unwrap_or(usize::MAX);
    if applied > known {
        return Err(Error::new(
            Kind::Conflict,
            format!(
                "the database has schema {version}, this lanewatch knows {known}; install the newer lanewatch again"
            ),
        ));
    }
    for migration in &migrations[applied..] {
        sqlx::raw_sql(*migration).execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}

impl Catalogue {
    /// Opens the catalogue for the service, creates it if there is none, and starts its tasks.
    ///
    /// # Errors
    /// `Invalid` when others may read the file, `Conflict` when a newer program wrote it, else why the file
    /// cannot be used.
    pub async fn open(path: &Path, clock: SharedClock, zone: Zone, tasks: &Tasks) -> Result<Self> {
        Self::start(path, clock, Some(zone), tasks, true).await
    }

    /// Opens the catalogue for a command beside a running service: short transactions, at most five seconds of
    /// waiting for the service's, and no housekeeping. The zone is the one the service used last.
    ///
    /// # Errors
    /// As [`Catalogue::open`].
    pub async fn open_for_tool(path: &Path) -> Result<Self> {
        Self::start(path, SystemClock::shared(), None, &Tasks::new(), false).await
    }

    async fn start(
        path: &Path,
        clock: SharedClock,
        zone: Option<Zone>,
        tasks: &Tasks,
        service: bool,
    ) -> Result<Self> {
        guard_mode(path)?;
        let mut conn = connect_writer(path).await?;
        assert_version(&mut conn).await?;
        migrate(&mut conn).await?;
        let vault = Arc::new(Vault::open(path)?);
        vault.take_over(&mut conn).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(super::READ_LIMIT)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(failed)?;
        let (queue, receiver) = Queue::new();
        let (growing, announcer, stop) = (Growing::default(), Announcer::new(), Stop::new());
        let (motion, motion_commands) = Motion::new();
        announcer.look(&mut conn).await;
        let used = meta::zone(&mut conn).await?;
        let zone = site::zone(&mut conn).await?.or(zone).or(used).unwrap_or(Zone::HO_CHI_MINH);
        let write = Write {
            conn,
            now: clock.now(),
            zone,
            boot: 0,
            configuration_changed: false,
            told: false,
            vault: Arc::clone(&vault),
        };
        let writer = Writer {
            write,
            path: path.to_owned(),
            clock: clock.clone(),
            growing: growing.clone(),
            announcer: announcer.clone(),
            service,
        };
        tasks.spawn("catalogue writer", writer.run(receiver));
        let database = queue.ask(meta::EnsureDatabase(DatabaseId::fresh(clock.now()))).await?;
        let (mut boot, mut machine_ran_on, mut watching) = (0, false, None);
        if service {
            let mut store = motion.store(path, clock.clone(), motion_commands);
            store.open().await;
            tasks.spawn("catalogue motion", store.run());
            let start = boot::Start { steady: clock.monotonic(), machine: boot::machine() };
            (boot, machine_ran_on) = queue.ask(start).await?;
            if used != Some(zone) {
                queue.ask(day::Rebuild(zone)).await?;
            }
            let run = watch::run(path.to_owned(), announcer.clone(), stop.clone());
            watching = Some(tasks.spawn("catalogue watch", run));
        } else {
            motion.open_to_read(path).await;
        }
        let names = Names::default();
        let growing = growing.with_boot(boot);
        let inner = Inner {
            path: path.to_owned(),
            queue,
            readers,
            growing,
            motion,
            tally: Tally::default(),
            announcer,
            vault,
            names,
            clock,
            zone: RwLock::new(zone),
            boot,
            machine_ran_on,
            database,
            stop,
            watching: Mutex::new(watching),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Ends reading, writes everything that was given before, notes the orderly end and closes the file.
    pub async fn close(&self) {
        self.inner.stop.request();
        if let Some(watching) = self.inner.watching.lock().await.take() {
            // A panic in there has been logged; closing goes on.
            drop(watching.await);
        }
        self.inner.readers.close().await;
        self.end_activity();
        self.inner.motion.close().await;
        // Last: only a connection that may write can fold the write-ahead log into the file.
        self.inner.queue.close().await;
    }
}
