//! What the sweep has to know of the streams: their rules, and the ids that name their files.

use std::collections::HashMap;

use tokio::sync::watch;

use super::policy::Rule;
use crate::base::{Result, StreamId, StreamKey};
use crate::catalogue::Catalogue;
use crate::config::Days;

/// Read again only when a camera changed.
pub(super) struct Rules {
    catalogue: Catalogue,
    site: Days,
    changes: watch::Receiver<u64>,
    streams: HashMap<StreamKey, (StreamId, Rule)>,
}

impl Rules {
    pub(super) fn new(catalogue: Catalogue, site: Days) -> Self {
        let mut changes = catalogue.changes();
        changes.mark_changed();
        Self { catalogue, site, changes, streams: HashMap::new() }
    }

    /// Brings them in line with the catalogue.
    pub(super) async fn refresh(&mut self) -> Result<()> {
        if !self.changes.has_changed().unwrap_or(true) {
            return Ok(());
        }
        self.changes.mark_unchanged();
        // Removed ones too: their footage is still there.
        let read = self.catalogue.all_cameras().await.inspect_err(|_| self.changes.mark_changed())?;
        let streams = read.iter().flat_map(|camera| &camera.streams);
        self.streams = streams.map(|s| (s.key, (s.id, Rule::of(s, self.site)))).collect();
        Ok(())
    }

    /// Of a stream that was never in the catalogue nothing is known, and nothing goes.
    pub(super) fn of(&self, stream: StreamKey) -> Option<(StreamId, Rule)> {
        self.streams.get(&stream).copied()
    }

    /// All streams, removed ones too.
    pub(super) fn streams(&self) -> impl Iterator<Item = StreamKey> {
        self.streams.keys().copied()
    }
}
