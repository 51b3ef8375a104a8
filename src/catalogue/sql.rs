//! What every file here needs to talk to SQLite: the statement list, error kinds, small decoders.

use uuid::Uuid;

use crate::base::{Error, Kind, Result};

/// Declares the SQL of one file: each a constant, all of them in `STATEMENTS`, which a test prepares.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+
        #[cfg(test)]
        pub(super) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(super) use statements;

/// Primary result code of SQLite (its extended code's low byte), when the failure came from there.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// The room's one translation of sqlx errors. Codes: <https://www.sqlite.org/rescode.html>.
pub(super) fn failed(error: sqlx::Error) -> Error {
    let (kind, advice) = match (&error, primary_code(&error)) {
        (_, Some(5 | 6)) => (Kind::Unavailable, "the catalogue is held by another program; try again"),
        (_, Some(13)) => (Kind::NoSpace, "the disk of the catalogue is full; make room on it"),
        (_, Some(11 | 26)) => {
            (Kind::Corrupt, "the catalogue file is damaged; restore it or run lanewatch rebuild")
        }
        (_, Some(8 | 10 | 14 | 23)) => {
            (Kind::Io, "the catalogue file cannot be read or written; look at its disk and its mode")
        }
        (_, Some(19)) => (Kind::Conflict, "the catalogue refused a change that breaks its rules"),
        (sqlx::Error::PoolTimedOut, _) => (Kind::TooMany, "too many are reading the catalogue; try again"),
        (sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed, _) => {
            (Kind::Io, "the connection to the catalogue broke; try again")
        }
        _ => (Kind::Internal, "the catalogue was asked wrongly; report this"),
    };
    Error::new(kind, format!("{advice}: {error}")).because(error)
}

/// True when the failure is the store's and not the change's: the same change may work later.
pub(super) fn is_store_failure(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unavailable | Kind::NoSpace | Kind::Io | Kind::Corrupt | Kind::Timeout)
}

/// A UUID column.
pub(super) fn uuid(bytes: &[u8]) -> Result<Uuid> {
    Uuid::from_slice(bytes).map_err(|e| damaged("an id").because(e))
}

/// A stored value does not have its form.
pub(super) fn damaged(what: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the catalogue holds {what} that cannot be read; run lanewatch check"))
}
