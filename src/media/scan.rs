//! Reading a file that nobody vouches for: how far is it whole, and what does it hold.

use std::io;

use bytes::Bytes;

use super::boxes::{self, child, children, u32_at, u64_at};
use super::link::{Chain, LINK_BYTES, linked_bytes};
use super::table::{FragmentSamples, SampleSize};
use super::{
    AudioParameters, Codec, FileHeader, FragmentEntry, FragmentIndex, Parameters, SampleTable,
    VideoParameters,
};
use crate::base::{Error, Kind, Result, Ticks};

/// Positioned reads; the storage room hands one in.
pub trait ReadAt {
    /// Fills `buf` from `offset` as far as the file goes; returns the bytes read.
    ///
    /// # Errors
    /// What the operating system says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for [u8] {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|o| self.get(o..)).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

/// One fragment found whole.
#[derive(Clone, Debug)]
pub struct ScannedFragment {
    /// Its index entry; the duration runs to the next fragment where there is one.
    pub entry: FragmentEntry,
    /// Start of its first picture.
    pub start: Ticks,
    /// Its samples.
    pub samples: FragmentSamples,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Who filmed it, when.
    pub header: FileHeader,
    /// Its decoder parameters.
    pub parameters: Parameters,
    /// Bytes of `ftyp moov`.
    pub first_offset: u64,
    /// The whole fragments.
    pub fragments: Vec<ScannedFragment>,
    /// Bytes up to the end of the last good link: what may be kept.
    pub valid_bytes: u64,
    /// Bytes in the file.
    pub file_bytes: u64,
    /// A good sample table follows the fragments: the file was sealed.
    pub sealed: bool,
    /// Not sealed by what can be read, yet a good sample table stands at its end: bytes have changed since.
    pub damaged: bool,
    /// Hash at the end of the chain.
    pub chain_hash: [u8; 32],
}

impl Scan {
    /// The index of what was found whole.
    pub fn index(&self) -> FragmentIndex {
        FragmentIndex { entries: self.fragments.iter().map(|f| f.entry).collect() }
    }

    /// The sample table of what was found whole.
    pub fn table(&self) -> SampleTable {
        SampleTable { fragments: self.fragments.iter().map(|f| f.samples.clone()).collect() }
    }

    /// End of what was found whole.
    pub fn end(&self) -> Ticks {
        self.header.start + self.index().ticks()
    }
}

/// Larger than any `moov`, `moof` or sample table that we write; a size above it is damage.
const MAX_META: u64 = 4 << 20;
/// Larger than any fragment that we write.
const MAX_FRAGMENT: u64 = 64 << 20;

/// Reads a file from its start, checks every link of the chain and stops at the first that is not right.
///
/// # Errors
/// `Corrupt` when even the file's beginning is not ours; `Io` when it cannot be read.
pub fn scan(file: &(impl ReadAt + ?Sized), file_bytes: u64) -> Result<Scan> {
    let bad =
        || Error::new(Kind::Corrupt, "the file does not begin like a segment of lanewatch; it is set aside");
    let (kind, ftyp_size) = box_at(file, 0)?.ok_or_else(bad)?;
    if &kind != b"ftyp" || ftyp_size > MAX_META {
        return Err(bad());
    }
    let (kind, moov_size) = box_at(file, ftyp_size)?.ok_or_else(bad)?;
    if &kind != b"moov" || moov_size > MAX_META {
        return Err(bad());
    }
    let first_offset = ftyp_size + moov_size;
    let init = read_exactly(file, 0, first_offset)?.ok_or_else(bad)?;
    let (header, parameters) = read_init(&init[ftyp_size as usize..]).ok_or_else(bad)?;
    let mut chain = Chain::start(&init);
    let mut fragments: Vec<ScannedFragment> = Vec::new();
    let mut at = first_offset;
    while let Some(fragment) = next_fragment(file, at, &mut chain)? {
        if let Some(before) = fragments.last_mut() {
            let between = fragment.start - before.start;
            before.entry.duration = between.clamp(0, i64::from(u32::MAX)) as u32;
        }
        at += u64::from(fragment.entry.bytes) + LINK_BYTES as u64;
        fragments.push(fragment);
    }
    let sealed = table_ends(file, at, file_bytes)?;
    let damaged = !sealed && table_follows(file, at, file_bytes)?;
    Ok(Scan {
        header,
        parameters,
        first_offset,
        fragments,
        valid_bytes: at,
        file_bytes,
        sealed,
        damaged,
        chain_hash: chain.hash(),
    })
}

/// True when a good sample table stands at `at` and ends the file.
fn table_ends(file: &(impl ReadAt + ?Sized), at: u64, file_bytes: u64) -> Result<bool> {
    match box_at(file, at)? {
        Some((kind, size)) if &kind == b"uuid" && size <= MAX_META && at + size == file_bytes => {
            Ok(read_exactly(file, at, size)?.is_some_and(|b| SampleTable::decode(&b).is_some()))
        }
        _ => Ok(false),
    }
}

/// True when a good sample table ends the file some boxes further on.
fn table_follows(file: &(impl ReadAt + ?Sized), mut at: u64, file_bytes: u64) -> Result<bool> {
    while let Some((_, size)) = box_at(file, at)?.filter(|(_, size)| (8..=MAX_FRAGMENT).contains(size)) {
        if table_ends(file, at, file_bytes)? {
            return Ok(true);
        }
        at += size;
    }
    Ok(false)
}

fn next_fragment(
    file: &(impl ReadAt + ?Sized),
    at: u64,
    chain: &mut Chain,
) -> Result<Option<ScannedFragment>> {
    let Some((kind, moof_size)) = box_at(file, at)? else { return Ok(None) };
    if &kind != b"moof" || moof_size > MAX_META {
        return Ok(None);
    }
    let Some((kind, mdat_size)) = box_at(file, at + moof_size)? else { return Ok(None) };
    let size = moof_size + mdat_size;
    if &kind != b"mdat" || size > MAX_FRAGMENT {
        return Ok(None);
    }
    let Some(whole) = read_exactly(file, at, size + LINK_BYTES as u64)? else { return Ok(None) };
    let (fragment, link) = whole.split_at(size as usize);
    if linked_bytes(&link[8..]).map(u64::from) != Some(size) || !chain.check(fragment, link) {
        return Ok(None);
    }
    Ok(read_moof(&fragment[8..moof_size as usize], size as u32))
}

/// The samples of a fragment, out of its first [`header_bytes`](FragmentEntry::header_bytes); `None` when these are
/// not the beginning of a fragment of ours.
pub fn fragment_samples(head: &[u8]) -> Option<FragmentSamples> {
    let (kind, skip, size) = boxes::head(head)?;
    let content = head.get(skip..usize::try_from(size).ok()?).filter(|_| &kind == b"moof")?;
    Some(read_moof(content, 0)?.samples)
}

/// The sample table and index entry out of the content of a `moof`.
fn read_moof(content: &[u8], bytes: u32) -> Option<ScannedFragment> {
    let mut tracks = children(content).filter(|(k, _)| k == b"traf").map(|(_, traf)| {
        let start = Ticks(u64_at(child(traf, b"tfdt")?, 4)? as i64);
        let trun = child(traf, b"trun")?;
        let count = u32_at(trun, 4)? as usize;
        let with_first_flags = u32_at(trun, 0)? & 4 != 0;
        let first_flags = if with_first_flags { u32_at(trun, 12)? } else { super::init::FLAGS_DELTA };
        let samples = trun.get(if with_first_flags { 16 } else { 12 }..)?;
        let sizes: Vec<SampleSize> = samples
            .chunks_exact(8)
            .filter_map(|c| Some(SampleSize { duration: u32_at(c, 0)?, size: u32_at(c, 4)? }))
            .collect();
        (sizes.len() == count).then_some((start, first_flags, sizes))
    });
    let (start, first_flags, video) = tracks.next()??;
    let (audio_start, _, audio) = tracks.next().flatten().unwrap_or((start, 0, Vec::new()));
    let entry = FragmentEntry {
        bytes,
        duration: video.iter().map(|s| s.duration).sum(),
        video_samples: video.len() as u32,
        audio_samples: audio.len() as u32,
        key_bytes: if first_flags == super::init::FLAGS_KEY { video.first()?.size } else { 0 },
    };
    Some(ScannedFragment {
        entry,
        start,
        samples: FragmentSamples { video, audio_offset: audio_start - start, audio },
    })
}

/// The decoder parameters of a file, out of its `ftyp moov`; `None` when these are not ours.
pub fn init_parameters(init: &[u8]) -> Option<Parameters> {
    let (kind, _, size) = boxes::head(init)?;
    let moov = init.get(usize::try_from(size).ok()?..).filter(|_| &kind == b"ftyp")?;
    Some(read_init(moov)?.1)
}

/// File header and parameters out of a whole `moov`.
fn read_init(moov: &[u8]) -> Option<(FileHeader, Parameters)> {
    let content = moov.get(8..)?;
    let header = children(content).filter(|(k, _)| k == b"uuid").find_map(|(_, c)| FileHeader::read(c))?;
    let mut entries = children(content).filter(|(k, _)| k == b"trak").map(|(_, trak)| {
        let tkhd = child(trak, b"tkhd")?;
        let size = (u32_at(tkhd, tkhd.len().checked_sub(8)?)? >> 16, u32_at(tkhd, tkhd.len() - 4)? >> 16);
        let media = child(child(child(child(trak, b"mdia")?, b"minf")?, b"stbl")?, b"stsd")?;
        Some((media.get(8..)?, size))
    });
    let (video_entry, (width, height)) = entries.next()??;
    let codec = match &boxes::head(video_entry)?.0 {
        b"avc1" => Codec::H264,
        b"hvc1" => Codec::H265,
        _ => return None,
    };
    let video = VideoParameters {
        codec,
        sample_entry: Bytes::copy_from_slice(video_entry),
        codec_string: header.codecs.0.clone(),
        width,
        height,
    };
    let audio = match (entries.next().flatten(), &header.codecs.1) {
        (Some((entry, _)), Some(codec_string)) => Some(AudioParameters {
            sample_entry: Bytes::copy_from_slice(entry),
            codec_string: codec_string.clone(),
            // ISO/IEC 14496-12 section 12.2.3: 16.16 sample rate, 32 bytes into the entry.
            sample_rate: u32_at(entry, 32)? >> 16,
        }),
        _ => None,
    };
    Some((header, Parameters::new(video, audio)))
}

fn box_at(file: &(impl ReadAt + ?Sized), at: u64) -> Result<Option<([u8; 4], u64)>> {
    let mut head = [0; 16];
    let n = file.read_at(at, &mut head).map_err(|e| Error::io("cannot read a segment", e))?;
    Ok(boxes::head(&head[..n]).map(|(kind, _, size)| (kind, size)))
}

fn read_exactly(file: &(impl ReadAt + ?Sized), at: u64, size: u64) -> Result<Option<Vec<u8>>> {
    let mut data = vec![0; size as usize];
    let n = file.read_at(at, &mut data).map_err(|e| Error::io("cannot read a segment", e))?;
    Ok((n == data.len()).then_some(data))
}
