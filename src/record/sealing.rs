//! A segment from its first fragment to its sealed row.

use bytes::Bytes;
use tokio::sync::watch;

use super::cause;
use crate::base::{Kind, Result, StreamId, Tasks, Ticks, TimeRange};
use crate::catalogue::{Catalogue, GrowingSegment, NewSegment, SealedSegment, SegmentState};
use crate::media::{FragmentBuilder, FragmentIndex, FragmentSamples, SampleTable};
use crate::storage::{FileState, SegmentWriter, Volume};

/// The segment that a recorder is writing.
#[derive(Debug)]
pub(super) struct OpenSegment {
    new: NewSegment,
    /// Where the file lies, and whose folder it is in.
    place: (Volume, StreamId),
    writer: SegmentWriter,
    state: watch::Receiver<FileState>,
    /// Fragments handed over; the writer's state tells how many of them are in the file.
    index: FragmentIndex,
    table: SampleTable,
    /// Fragments that the catalogue was told of.
    told: u32,
}

impl OpenSegment {
    pub(super) fn new(new: NewSegment, place: (Volume, StreamId), writer: SegmentWriter) -> Self {
        let state = writer.state();
        let (index, table) = (FragmentIndex::default(), SampleTable::default());
        Self { new, place, writer, state, index, table, told: 0 }
    }

    /// Hands a fragment over.
    pub(super) fn append(&mut self, fragment: FragmentBuilder) -> Result<()> {
        let samples = FragmentSamples::of(&fragment);
        let (entry, parts) = fragment.finish(self.index.entries.len() as u32 + 1);
        self.writer.append(parts)?;
        self.index.entries.push(entry);
        self.table.fragments.push(samples);
        Ok(())
    }

    /// Tells the catalogue how far the file has come, when it has come further.
    pub(super) fn look(&mut self, catalogue: &Catalogue) {
        if !self.state.has_changed().unwrap_or(false) {
            return;
        }
        let state = self.state.borrow_and_update().clone();
        // A sync moves only what is synced.
        if state.written.fragments <= self.told {
            return;
        }
        self.told = state.written.fragments;
        let index = self.written(&state);
        catalogue.growing().put(
            self.new.stream,
            GrowingSegment {
                id: self.new.id,
                start: self.new.start,
                duration: index.ticks(),
                bytes: state.written.bytes as i64,
                volume: self.new.volume,
                run: self.new.run,
                parameters_hash: self.new.parameters_hash,
                first_offset: self.new.first_offset,
                frag_index: Bytes::from(index.encode()),
            },
        );
    }

    /// Why the file failed, if it did.
    pub(super) fn failed(&self) -> Option<(Kind, String)> {
        self.state.borrow().failed.as_ref().map(|f| (f.kind, f.message.clone()))
    }

    /// End of the footage that is in the file.
    pub(super) fn written_end(&self) -> Ticks {
        self.new.start + self.written(&self.state.borrow()).ticks()
    }

    fn written(&self, state: &FileState) -> FragmentIndex {
        FragmentIndex { entries: self.index.entries[..state.written.fragments as usize].to_vec() }
    }

    /// Ends the file; a task sees to its row once everything is on disk, or as much as could be. What is missing then
    /// up to `end`, where the ledger goes on, becomes a gap.
    pub(super) fn seal(mut self, end: Ticks, catalogue: &Catalogue, tasks: &Tasks) {
        let table = self.table.encode();
        if let Err(error) = self.writer.seal(table) {
            tracing::error!(segment.id = %self.new.id, error = %error, "a segment is left open; the next start finishes it");
            catalogue.growing().clear(self.new.stream, self.new.start);
            return;
        }
        let catalogue = catalogue.clone();
        tasks.spawn("record.seal", async move {
            let ended = self.state.wait_for(|s| s.sealed || s.failed.is_some()).await;
            let Ok(state) = ended.map(|s| s.clone()) else { return };
            self.place.0.note_file(state.sealed);
            let index = self.written(&state);
            if index.entries.is_empty() {
                self.discard(&catalogue).await;
            } else {
                self.settle(&catalogue, &state, &index);
            }
            if let Some(failure) = &state.failed {
                let missing = TimeRange::new(self.new.start + index.ticks(), end);
                catalogue.put_gap(self.new.stream, missing, cause::of_failure(failure.kind));
            }
        });
    }

    /// Nothing came into the file: it goes, and then its row.
    async fn discard(&self, catalogue: &Catalogue) {
        catalogue.growing().clear(self.new.stream, self.new.start);
        let (volume, file) = (self.place.0.clone(), (self.place.1, self.new.id));
        let removed = tokio::task::spawn_blocking(move || volume.remove(&[file]).1).await;
        match removed {
            Ok(Ok(())) => drop(catalogue.drop_open_segment(self.new.stream, self.new.start)),
            failed => {
                tracing::warn!(segment.id = %self.new.id, error = ?failed, "an empty file is left; the next start finishes it");
            }
        }
    }

    fn settle(&self, catalogue: &Catalogue, state: &FileState, index: &FragmentIndex) {
        catalogue.seal_segment(SealedSegment {
            new: self.new.clone(),
            duration: index.ticks(),
            bytes: state.written.bytes as i64,
            frag_index: Bytes::from(index.encode()),
            chain_hash: state.written.chain_hash,
            state: if state.sealed { SegmentState::Sealed } else { SegmentState::Recovered },
        });
    }
}
