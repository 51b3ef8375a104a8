//! Pure. Fragments: `moof mdat` (ISO/IEC 14496-12 section 8.8) with the payloads left where they are.

use bytes::Bytes;

use super::boxes::BoxWriter;
use super::init::{AUDIO_TRACK, FLAGS_DELTA, FLAGS_KEY, VIDEO_TRACK};
use super::{FragmentEntry, Track};
use crate::base::Ticks;

/// One sample of a fragment: an access unit with its final duration.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Start on the stream's time line.
    pub start: Ticks,
    /// Shown for so many ticks.
    pub duration: u32,
    /// Decoding can start here.
    pub random_access: bool,
    /// The payload, shared with the ring.
    pub data: Bytes,
}

/// Collects the samples of one fragment.
#[derive(Debug, Default)]
pub struct FragmentBuilder {
    video: Vec<Sample>,
    audio: Vec<Sample>,
}

impl FragmentBuilder {
    /// Adds a sample behind the others of its track.
    pub fn push(&mut self, track: Track, sample: Sample) {
        match track {
            Track::Video => self.video.push(sample),
            Track::Audio => self.audio.push(sample),
        }
    }

    /// True without video: then there is nothing to write yet.
    pub fn is_empty(&self) -> bool {
        self.video.is_empty()
    }

    /// Start of the first picture.
    pub fn start(&self) -> Option<Ticks> {
        self.video.first().map(|s| s.start)
    }

    /// Ticks from the first picture's start to the last one's end.
    pub fn video_ticks(&self) -> u32 {
        self.video.iter().map(|s| s.duration).sum()
    }

    /// Number of pictures.
    pub fn pictures(&self) -> usize {
        self.video.len()
    }

    /// Samples of both tracks, pictures first: what the sample table is made of.
    pub fn samples(&self) -> (&[Sample], &[Sample]) {
        (&self.video, &self.audio)
    }

    /// Bytes of `moof`, `mdat` head and payloads, without the link.
    pub fn bytes(&self) -> usize {
        header_bytes(self.video.len(), self.audio.len())
            + self.video.iter().chain(&self.audio).map(|s| s.data.len()).sum::<usize>()
    }

    /// The fragment as one head and the payloads in file order, with its index entry.
    /// `number` is the fragment's place in the file, from 1.
    pub fn finish(self, number: u32) -> (FragmentEntry, Vec<Bytes>) {
        let (nv, na) = (self.video.len(), self.audio.len());
        let entry = FragmentEntry {
            bytes: self.bytes() as u32,
            duration: self.video_ticks(),
            video_samples: nv as u32,
            audio_samples: na as u32,
            key_bytes: self.video.first().filter(|s| s.random_access).map_or(0, |s| s.data.len() as u32),
        };
        let mut parts = Vec::with_capacity(1 + nv + na);
        parts.push(head(number, &self.video, &self.audio));
        parts.extend(self.video.into_iter().chain(self.audio).map(|s| s.data));
        (entry, parts)
    }
}

/// The head of a fragment that holds one sample: what live viewers get, and what a key-frame track is made of.
/// The sample's bytes follow it.
pub fn sample_fragment(number: u32, track: Track, sample: &Sample) -> Bytes {
    let one = std::slice::from_ref(sample);
    match track {
        Track::Video => head(number, one, &[]),
        Track::Audio => head(number, &[], one),
    }
}

/// Bytes before the first sample: `moof` with one or two `traf`, and the head of `mdat`.
pub(super) fn header_bytes(video: usize, audio: usize) -> usize {
    let traf = |n: usize, trun: usize| if n == 0 { 0 } else { 8 + 16 + 20 + trun + 8 * n };
    8 + 16 + traf(video, 24) + traf(audio, 20) + 8
}

fn head(number: u32, video: &[Sample], audio: &[Sample]) -> Bytes {
    let size = header_bytes(video.len(), audio.len());
    let video_bytes: usize = video.iter().map(|s| s.data.len()).sum();
    let audio_bytes: usize = audio.iter().map(|s| s.data.len()).sum();
    let mut w = BoxWriter::with_capacity(size);
    w.nest(b"moof", |w| {
        w.full(b"mfhd", 0, 0, |w| w.u32(number));
        if let Some(first) = video.first() {
            let flags = if first.random_access { FLAGS_KEY } else { FLAGS_DELTA };
            track_fragment(w, VIDEO_TRACK, first.start, video, size, Some(flags));
        }
        if let Some(first) = audio.first() {
            track_fragment(w, AUDIO_TRACK, first.start, audio, size + video_bytes, None);
        }
    });
    w.u32((8 + video_bytes + audio_bytes) as u32);
    w.bytes(b"mdat");
    debug_assert_eq!(w.out.len(), size, "the head has the size that the index computes");
    Bytes::from(w.out)
}

fn track_fragment(
    w: &mut BoxWriter,
    track: u32,
    start: Ticks,
    samples: &[Sample],
    data_offset: usize,
    first_flags: Option<u32>,
) {
    w.nest(b"traf", |w| {
        w.full(b"tfhd", 0, 0x02_0000, |w| w.u32(track)); // default-base-is-moof
        w.full(b"tfdt", 1, 0, |w| w.u64(start.0 as u64));
        // data offset, duration and size of every sample; flags of the first
        let flags = 0x0301 | if first_flags.is_some() { 4 } else { 0 };
        w.full(b"trun", 0, flags, |w| {
            w.u32(samples.len() as u32);
            w.u32(data_offset as u32);
            if let Some(flags) = first_flags {
                w.u32(flags);
            }
            for s in samples {
                w.u32(s.duration);
                w.u32(s.data.len() as u32);
            }
        });
    });
}
