//! `lanewatch export`: a range of footage into an MP4 file.

use std::fs::OpenOptions;
use std::process::ExitCode;

use super::tool::{self, catalogue, print};
use super::{Export, camera};
use crate::base::{Error, Result, TimeRange};
use crate::catalogue::{Catalogue, GrowingSegment, Scope, SegmentState};
use crate::hub::Hub;
use crate::media;
use crate::playback::{self, Playback, Source};
use crate::storage::Volumes;

pub(super) async fn run(export: Export) -> Result<ExitCode> {
    let range = export.stretch.range()?;
    let catalogue = catalogue(&export.stretch.data).await?;
    let written = write(&catalogue, &export, range).await;
    catalogue.close().await;
    print(&written?);
    Ok(ExitCode::SUCCESS)
}

async fn write(catalogue: &Catalogue, export: &Export, range: TimeRange) -> Result<String> {
    let camera = camera::find(catalogue, &export.stretch.camera).await?;
    let stream = camera.stream(export.stream).ok_or_else(|| {
        Error::not_found(format!("{} has no {} stream; use --stream main", camera.name, export.stream))
    })?;
    let (volumes, source) = (tool::volumes(catalogue).await?, Source { key: stream.key, id: stream.id });
    show_growing(catalogue, &volumes, source).await?;
    let clip = Playback::new(catalogue.clone(), volumes, Hub::new())
        .clip(Scope::everything(), source, range)
        .await?;
    let shown = export.out.display();
    let opened = OpenOptions::new().write(true).create_new(true).open(&export.out);
    let mut file = opened.map_err(|e| Error::io(format!("cannot make {shown}"), e))?;
    let done = playback::export(&clip, &mut file);
    if done.is_err() {
        // Half an export is worse than none; the first error is the one worth telling.
        remove(&export.out);
    }
    let mut text = format!(
        "{shown}: {} bytes, {:.3} s",
        done?,
        clip.shown as f64 / crate::base::TICKS_PER_SECOND as f64
    );
    for gap in &clip.gaps {
        let to = gap.to.map_or_else(|| "now".to_owned(), |t| t.rfc3339());
        text.push_str(&format!("\n  left out: {} to {to} ({})", gap.from, gap.cause));
    }
    Ok(text)
}

/// The service beside us knows how far its growing files are, we have only the files: as far as one is whole, it is footage.
async fn show_growing(catalogue: &Catalogue, volumes: &Volumes, source: Source) -> Result<()> {
    let unfinished = catalogue.unfinished_segments().await?;
    // The one that grows, those whose seal is on its way, and what a crash left open.
    for open in unfinished.iter().filter(|s| s.stream == source.key && s.state == SegmentState::Open) {
        // Not made yet, or gone already: then there is nothing of it to export.
        let Ok(file) = volumes.reader(open.volume, source.id, open.id) else { continue };
        let bytes = file.bytes().map_err(|e| Error::io("cannot read footage", e))?;
        let Ok(found) = media::scan(&file, bytes) else { continue };
        let index = found.index();
        if index.entries.is_empty() {
            continue;
        }
        let growing = GrowingSegment {
            id: open.id,
            start: open.start,
            duration: index.ticks(),
            bytes: found.valid_bytes as i64,
            volume: open.volume,
            run: open.run,
            parameters_hash: open.parameters_hash,
            first_offset: open.first_offset,
            frag_index: index.encode().into(),
        };
        catalogue.growing().put(source.key, growing);
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the export is the user's file, and was made a moment ago")]
fn remove(file: &std::path::Path) {
    let _ = std::fs::remove_file(file);
}
