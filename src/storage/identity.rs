//! The identity file of a volume: which volume it is, and for which catalogue.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use crate::base::{DatabaseId, Ticks, VolumeId};

/// Its name in the volume's folder.
pub(super) const FILE: &str = "lanewatch-volume.json";

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) volume: VolumeId,
    pub(super) database: DatabaseId,
    /// For people: when it was marked.
    pub(super) created: String,
}

impl Identity {
    pub(super) fn fresh(database: DatabaseId, now: Ticks) -> Self {
        Self { volume: VolumeId::fresh(now), database, created: now.rfc3339() }
    }

    /// Reads it; `None` when there is none.
    pub(super) fn read(root: &OwnedFd) -> io::Result<Option<Self>> {
        let opened = rustix::fs::openat(root, FILE, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let mut file = match opened {
            Ok(fd) => std::fs::File::from(fd),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        serde_json::from_str(&text).map(Some).map_err(io::Error::other)
    }

    /// Writes it, synced.
    pub(super) fn write(&self, root: &OwnedFd) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file = std::fs::File::from(rustix::fs::openat(root, FILE, flags, Mode::RUSR | Mode::WUSR)?);
        file.write_all(serde_json::to_string_pretty(self).map_err(io::Error::other)?.as_bytes())?;
        file.sync_all()?;
        Ok(rustix::fs::fsync(root.as_fd())?)
    }
}
