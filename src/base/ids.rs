//! Ids. Public ids are UUIDv7 (RFC 9562 section 5.7): unique over all sites, in order of creation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{ContextV7, Timestamp, Uuid};

use super::{Error, Result, Ticks};

/// A new UUIDv7 for the given wall time; ids made within the same millisecond stay in order.
pub fn fresh_uuid(now: Ticks) -> Uuid {
    static ORDER: std::sync::Mutex<ContextV7> = std::sync::Mutex::new(ContextV7::new());
    let micros = now.micros().max(0) as u64;
    let order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Uuid::new_v7(Timestamp::from_unix(&*order, micros / 1_000_000, (micros % 1_000_000) as u32 * 1000))
}

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id at the given wall time.
            pub fn fresh(now: Ticks) -> Self {
                Self(fresh_uuid(now))
            }

            /// The wall time it was made at, to the millisecond.
            pub fn made(self) -> Ticks {
                let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |t| t.to_unix());
                Ticks::from_micros(seconds as i64 * 1_000_000 + i64::from(nanos) / 1000)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| Error::invalid(format!(concat!("{:?} is not the id of a ", $what), text)))
            }
        }
    };
}

public_id!(
    /// A camera, for ever and over all sites.
    CameraId, "camera"
);
public_id!(
    /// A camera's main or sub encoding.
    StreamId, "stream"
);
public_id!(
    /// One recorded file.
    SegmentId, "segment"
);
public_id!(
    /// One catalogue; stands in every file and volume written for it.
    DatabaseId, "database"
);
public_id!(
    /// One volume.
    VolumeId, "volume"
);
public_id!(
    /// A span in which something happened.
    EventId, "event"
);
public_id!(
    /// A file made from segments; also its job.
    ExportId, "export"
);
public_id!(
    /// A link to an export for somebody without an account.
    ShareId, "share"
);
public_id!(
    /// An area of a camera's picture that counts in its own way.
    ZoneId, "zone"
);
public_id!(
    /// A moment that somebody wants to find again.
    BookmarkId, "bookmark"
);
public_id!(
    /// Somebody's word that footage stays.
    LockId, "lock"
);
public_id!(
    /// A layout of the wall.
    LayoutId, "layout"
);

/// A stream's local key: small, valid in this catalogue only; the ring, the files' folders and the rows use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey(pub i64);

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which encoding of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// Full picture, recorded for evidence.
    Main,
    /// Small picture, for the wall, scrubbing and detection.
    Sub,
}

impl StreamKind {
    /// Name in columns, paths and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

impl fmt::Display for StreamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for StreamKind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "main" => Ok(Self::Main),
            "sub" => Ok(Self::Sub),
            _ => Err(Error::invalid(format!("{text:?} is not a stream; use main or sub"))),
        }
    }
}
