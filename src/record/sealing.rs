//! A segment from its first fragment to its sealed row.

use bytes::Bytes;
use tokio::sync::watch;

use crate::base::{Kind, Result, Tasks, Ticks};
use crate::catalogue::{Catalogue, GrowingSegment, NewSegment, SealedSegment, SegmentState};
use crate::media::{FragmentBuilder, FragmentIndex, FragmentSamples, SampleTable};
use crate::storage::{FileState, SegmentWriter};

/// The segment that a recorder is writing.
#[derive(Debug)]
pub(super) struct OpenSegment {
    new: NewSegment,
    writer: SegmentWriter,
    state: watch::Receiver<FileState>,
    /// Fragments handed over; the writer's state tells how many of them are in the file.
    index: FragmentIndex,
    table: SampleTable,
}

impl OpenSegment {
    pub(super) fn new(new: NewSegment, writer: SegmentWriter) -> Self {
        let state = writer.state();
        Self { new, writer, state, index: FragmentIndex::default(), table: SampleTable::default() }
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
        if state.written.fragments == 0 {
            return;
        }
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

    /// Ends the file; a task sees to its row once everything is on disk, or as much as could be.
    pub(super) fn seal(mut self, catalogue: &Catalogue, tasks: &Tasks) {
        let table = self.table.encode();
        if let Err(error) = self.writer.seal(table) {
            tracing::error!(segment.id = %self.new.id, error = %error, "a segment is left open; the next start finishes it");
            catalogue.growing().clear(self.new.stream);
            return;
        }
        let catalogue = catalogue.clone();
        tasks.spawn("record.seal", async move {
            let ended = self.state.wait_for(|s| s.sealed || s.failed.is_some()).await;
            let Ok(state) = ended.map(|s| s.clone()) else { return };
            self.settle(&catalogue, &state);
        });
    }

    fn settle(&self, catalogue: &Catalogue, state: &FileState) {
        let index = self.written(state);
        if index.entries.is_empty() {
            catalogue.growing().clear(self.new.stream);
            catalogue.drop_open_segment(self.new.stream, self.new.start);
            return;
        }
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
