//! The one error that crosses rooms. Small enums stay inside a room where callers act on the difference.

use std::fmt;

/// What sort of failure it is; decides HTTP status, retry and log level, each in one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The caller gave something wrong; saying it again will not help.
    Invalid,
    /// The thing named does not exist.
    NotFound,
    /// It exists already, is in use, or was changed meanwhile.
    Conflict,
    /// The data belongs to another process that runs.
    InUse,
    /// Not signed in.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    /// Too many at once; try later.
    TooMany,
    /// Cannot be had now, may be later.
    Unavailable,
    /// A deadline passed.
    Timeout,
    /// No room on the volume.
    NoSpace,
    /// Bytes are not what they should be.
    Corrupt,
    /// Input or output failed.
    Io,
    /// A mistake of ours.
    Internal,
}

/// A failure with a sentence for the person who can do something about it.
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Result with the shared error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A new error; the message is one sentence that says what to do.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the cause below.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Wrong input.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// No such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Input or output failed while doing `what`; a full disk gets its own kind.
    pub fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Kind::NoSpace,
            _ => Kind::Io,
        };
        Self { kind, message: format!("{what}: {source}"), source: Some(Box::new(source)) }
    }

    /// A mistake of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)?;
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|s| &**s as &(dyn std::error::Error + 'static))
    }
}
