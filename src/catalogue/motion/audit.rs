//! Looks at the motion file as a whole: for `lanewatch check`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sqlx::SqliteConnection;

use super::bundle::Bundle;
use super::pack::Minute;
use super::{failed, file_of, store};
use crate::base::{Error, Result};
use crate::catalogue::Catalogue;
use crate::catalogue::open::connect_reader;
use crate::catalogue::sql::statements;

statements! {
    VERSION = "pragma user_version";
    QUICK_CHECK = "pragma quick_check";
    CAMERAS = "select count(*) from camera";
    PICTURES = "select count(*) from picture";
    MINUTES = "select key, fold, packed from activity where key > ?1 order by key limit ?2";
    BUNDLES = "select key, fold, packed from bundle where key > ?1 order by key limit ?2";
}

/// Rows read at once; a bundle is a megabyte at most.
const PAGE: u32 = 100;
/// The first schema with bundles.
const BUNDLED: i64 = 2;

/// What is in the motion file, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MotionAudit {
    /// Version of its schema; 0 when it cannot be read.
    pub version: i64,
    /// Cameras that it knows.
    pub cameras: u64,
    /// Minutes of cameras in which something moved.
    pub minutes: u64,
    /// Pictures of events.
    pub pictures: u64,
    /// Minutes whose cells cannot be read.
    pub unreadable: u64,
    /// What is wrong with the file itself, a sentence each.
    pub wrong: Vec<String>,
}

impl MotionAudit {
    async fn read(&mut self, path: &Path) -> Result<()> {
        let metadata = std::fs::metadata(path).map_err(|e| Error::io("cannot look at the motion file", e))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            self.wrong
                .push(format!("it has mode {mode:o}, others could see pictures in it; run chmod 600 on it"));
        }
        let mut conn = connect_reader(path).await?;
        self.version = sqlx::query_scalar(VERSION).fetch_one(&mut conn).await.map_err(failed)?;
        let newest = store::MIGRATIONS.len() as i64;
        if !(1..=newest).contains(&self.version) {
            let version = self.version;
            self.wrong.push(format!("it has schema {version}, this lanewatch knows 1 to {newest}"));
            return Ok(());
        }
        let found: Vec<String> =
            sqlx::query_scalar(QUICK_CHECK).fetch_all(&mut conn).await.map_err(failed)?;
        self.wrong.extend(found.into_iter().filter(|line| line != "ok"));
        for (count, sql) in [(&mut self.cameras, CAMERAS), (&mut self.pictures, PICTURES)] {
            let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut conn).await.map_err(failed)?;
            *count = rows.unsigned_abs();
        }
        self.rows(&mut conn, MINUTES, |fold, packed, audit| audit.minute(fold, packed)).await?;
        if self.version >= BUNDLED {
            self.rows(&mut conn, BUNDLES, |fold, packed, audit| audit.bundle(fold, packed)).await?;
        }
        Ok(())
    }

    async fn rows(
        &mut self,
        conn: &mut SqliteConnection,
        sql: &'static str,
        look: impl Fn(i64, &[u8], &mut Self),
    ) -> Result<()> {
        let mut after = -1;
        loop {
            let query = sqlx::query_as(sql).bind(after).bind(PAGE);
            let rows: Vec<(i64, i64, Vec<u8>)> = query.fetch_all(&mut *conn).await.map_err(failed)?;
            let Some((last, ..)) = rows.last() else { return Ok(()) };
            after = *last;
            rows.iter().for_each(|(_, fold, packed)| look(*fold, packed, self));
        }
    }

    fn minute(&mut self, fold: i64, packed: &[u8]) {
        self.minutes += 1;
        self.unreadable += u64::from(Minute::unpack(packed).is_none_or(|minute| minute.fold() != fold));
    }

    fn bundle(&mut self, fold: i64, packed: &[u8]) {
        let Some(bundle) = Bundle::open(packed) else {
            self.wrong.push("a bundle of minutes cannot be read".to_owned());
            return;
        };
        let mut all = 0;
        for (_, of, packed) in bundle.newest_first() {
            self.minute(of, packed);
            all |= of;
        }
        if all != fold {
            self.wrong.push("a bundle has minutes that a search does not find".to_owned());
        }
    }
}

impl Catalogue {
    /// Looks at the whole motion file, and changes nothing; `None` = there is none. What cannot be read is told, and is no
    /// error.
    pub async fn audit_motion(&self) -> Option<MotionAudit> {
        let path = file_of(&self.inner.path);
        if !path.exists() {
            return None;
        }
        let mut audit = MotionAudit::default();
        if let Err(error) = audit.read(&path).await {
            audit.wrong.push(error.message().to_owned());
        }
        Some(audit)
    }
}
