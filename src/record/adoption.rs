//! From a volume, and from a file that nobody vouches for, to a row: what start, recovery and rebuild have in common.

use bytes::Bytes;

use crate::base::{Error, Kind, Result, StreamKey};
use crate::catalogue::{self, NewSegment, NewVolume, SealedSegment, SegmentState};
use crate::media::{Scan, scan};
use crate::storage::{Found, Volume};

/// The row of a volume.
pub fn volume_row(volume: &Volume) -> NewVolume {
    let spec = volume.spec();
    NewVolume {
        id: volume.id(),
        path: spec.path.clone(),
        group: spec.group.clone(),
        budget_bytes: spec.budget_bytes.map(|b| i64::try_from(b).unwrap_or(i64::MAX)),
    }
}

/// Reads a whole file and checks that it is the one its name says.
///
/// # Errors
/// `Corrupt` when it is not, or holds no whole fragment; `NotFound` when it is gone; `Io` when it cannot be read.
pub(super) fn examine(volume: &Volume, file: Found) -> Result<Scan> {
    let reader = volume.reader(file.stream, file.segment)?;
    let bytes = reader.bytes().map_err(|e| Error::io("cannot read a segment", e))?;
    let scan = scan(&reader, bytes)?;
    let corrupt = |why: &str| Err(Error::new(Kind::Corrupt, why));
    if (scan.header.stream, scan.header.segment) != (file.stream, file.segment) {
        return corrupt("the file is not the one that its name says");
    }
    if scan.fragments.is_empty() {
        return corrupt("the file holds no whole fragment");
    }
    Ok(scan)
}

/// Ends a file that was left open, and makes the row of what is in it. A file that was sealed and has changed since
/// stays as it is: the row counts what stands before the change.
///
/// # Errors
/// `Io` when the disk does not do it.
pub(super) fn finish(volume: &Volume, scan: &Scan, stream: StreamKey) -> Result<SealedSegment> {
    let header = &scan.header;
    let bytes = if scan.sealed || scan.damaged {
        scan.file_bytes
    } else {
        volume.finish(header.stream, header.segment, scan.valid_bytes, &scan.table().encode())?
    };
    let index = scan.index();
    Ok(SealedSegment {
        new: NewSegment {
            id: header.segment,
            stream,
            start: header.start,
            volume: volume.id(),
            run: header.run as i64,
            parameters_hash: scan.parameters.hash,
            first_offset: scan.first_offset as i64,
        },
        duration: index.ticks(),
        bytes: bytes as i64,
        frag_index: Bytes::from(index.encode()),
        chain_hash: scan.chain_hash,
        state: if scan.sealed { SegmentState::Sealed } else { SegmentState::Recovered },
    })
}

/// The parameters of a file or a run, as the catalogue keeps them.
pub(super) fn parameters(of: &crate::media::Parameters) -> catalogue::Parameters {
    catalogue::Parameters {
        hash: of.hash,
        mime: of.mime(),
        codec: of.video.codec_string.clone(),
        width: of.video.width,
        height: of.video.height,
        init: of.init.clone(),
    }
}
