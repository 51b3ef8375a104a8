//! Pure. A plain MP4 of any range, made of slices of segment files: `ftyp moov mdat` with the samples where they lie.
//!
//! Every player, phone and messenger opens it, its length is known before the first byte is sent, and an edit list
//! starts it on the asked picture although decoding starts at the key frame before. Gaps are left out.

use bytes::Bytes;

use super::boxes::BoxWriter;
use super::init::{Edit, TrackBoxes, file_type, movie_header, track};
use super::table::{FragmentSamples, SampleSize};
use super::{AudioParameters, Parameters, VideoParameters};
use crate::base::{Ticks, TimeRange};

/// Bytes of a file that belong into the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSlice {
    /// Which file: the number the caller gave.
    pub file: usize,
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub bytes: u64,
}

/// The finished plan: `head`, then the slices.
#[derive(Clone, Debug)]
pub struct Progressive {
    /// `ftyp moov` and the head of `mdat`.
    pub head: Bytes,
    /// What follows.
    pub slices: Vec<FileSlice>,
    /// Bytes in all.
    pub bytes: u64,
    /// What is shown, in ticks.
    pub shown: u64,
}

/// Takes fragments in order and makes the plan.
#[derive(Debug)]
pub struct ProgressiveBuilder {
    range: TimeRange,
    /// Movie time of the picture that is on the screen when the range begins: there the edit list starts, as players
    /// differ in what they show of a picture that an edit cuts.
    skipped: i64,
    video: TrackTables,
    audio: TrackTables,
    video_entries: Vec<VideoParameters>,
    audio_entries: Vec<AudioParameters>,
    slices: Vec<FileSlice>,
    data: u64,
    /// End of the last kept picture on the camera's time line.
    end: Ticks,
}

impl ProgressiveBuilder {
    /// A plan for what lies in `range`; the fragments before its start only help to decode.
    pub fn new(range: TimeRange) -> Self {
        Self {
            range,
            skipped: 0,
            video: TrackTables::default(),
            audio: TrackTables::default(),
            video_entries: Vec::new(),
            audio_entries: Vec::new(),
            slices: Vec::new(),
            data: 0,
            end: range.from,
        }
    }

    /// Adds a fragment. The first one, and the first after every gap, must begin with a random access point.
    /// `payload` is where its first sample lies in `file`; `key` tells whether decoding can start there.
    pub fn fragment(
        &mut self,
        file: usize,
        payload: u64,
        start: Ticks,
        key: bool,
        parameters: &Parameters,
        samples: &FragmentSamples,
    ) {
        let (mut end, mut movie) = (start, self.video.ticks);
        let kept = samples.video.iter().take_while(|s| {
            if end >= self.range.to {
                return false;
            }
            if end <= self.range.from {
                self.skipped = movie;
            }
            end += i64::from(s.duration);
            movie += i64::from(s.duration);
            true
        });
        let pictures = &samples.video[..kept.count()];
        if pictures.is_empty() {
            return;
        }
        self.end = start + pictures.iter().map(|s| i64::from(s.duration)).sum::<i64>();
        let video_at = self.video.ticks;
        let bytes = total(pictures);
        let entry = place(&mut self.video_entries, &parameters.video);
        self.video.chunk(pictures, self.data, entry, key);
        self.slice(file, payload, bytes);
        let cut = pictures.len() < samples.video.len();
        let audio_kept = if cut { self.audio_inside(start, samples) } else { samples.audio.len() };
        if let (Some(audio), 1..) = (&parameters.audio, audio_kept) {
            let frames = &samples.audio[..audio_kept];
            let entry = place(&mut self.audio_entries, audio);
            self.audio.align(video_at + samples.audio_offset);
            self.audio.chunk(frames, self.data, entry, false);
            self.slice(file, payload + total(&samples.video), total(frames));
        }
    }

    fn audio_inside(&self, start: Ticks, samples: &FragmentSamples) -> usize {
        let mut at = start + samples.audio_offset;
        let inside = samples.audio.iter().take_while(|s| {
            let inside = at < self.range.to;
            at += i64::from(s.duration);
            inside
        });
        inside.count()
    }

    fn slice(&mut self, file: usize, offset: u64, bytes: u64) {
        self.data += bytes;
        match self.slices.last_mut() {
            Some(last) if last.file == file && last.offset + last.bytes == offset => last.bytes += bytes,
            _ => self.slices.push(FileSlice { file, offset, bytes }),
        }
    }

    /// The plan; `None` when no picture lies in the range.
    pub fn finish(self) -> Option<Progressive> {
        if self.video.sizes.is_empty() {
            return None;
        }
        let skipped = self.skipped;
        let over = (self.end - self.range.to).max(0);
        let shown = (self.video.ticks - skipped - over).max(0) as u64;
        let mut w = BoxWriter::with_capacity(4096 + 5 * self.video.sizes.len());
        file_type(&mut w);
        let mut offsets = Vec::new();
        w.nest(b"moov", |w| {
            movie_header(w, shown, 3);
            let mut boxes = TrackBoxes::video(&self.video_entries[0]);
            boxes.sample_entries = self.video_entries.iter().map(|e| &e.sample_entry[..]).collect();
            let edit = [Edit { shown, from: skipped }];
            track(w, &boxes, self.video.ticks as u64, &edit, |w| offsets.push(self.video.write(w, true)));
            if let Some(entry) = self.audio_entries.first() {
                let mut boxes = TrackBoxes::audio(entry);
                boxes.sample_entries = self.audio_entries.iter().map(|e| &e.sample_entry[..]).collect();
                let edits = self.audio.edits(skipped, shown);
                track(w, &boxes, (self.audio.ticks - self.audio.origin) as u64, &edits, |w| {
                    offsets.push(self.audio.write(w, false));
                });
            }
        });
        w.u32(1);
        w.bytes(b"mdat");
        w.u64(16 + self.data);
        let base = w.out.len() as u64;
        for at in offsets.into_iter().flatten().step_by(8) {
            if let Some(place) = w.out.get_mut(at..at + 8) {
                let relative = u64::from_be_bytes(place.try_into().unwrap_or_default());
                place.copy_from_slice(&(base + relative).to_be_bytes());
            }
        }
        Some(Progressive { bytes: base + self.data, head: Bytes::from(w.out), slices: self.slices, shown })
    }
}

fn total(samples: &[SampleSize]) -> u64 {
    samples.iter().map(|s| u64::from(s.size)).sum()
}

/// Number (from 1) of an entry in the list, put there when new.
fn place<T: PartialEq + Clone>(entries: &mut Vec<T>, entry: &T) -> u32 {
    let at = entries.iter().rposition(|e| e == entry).unwrap_or_else(|| {
        entries.push(entry.clone());
        entries.len() - 1
    });
    at as u32 + 1
}

/// Sample tables of one track (ISO/IEC 14496-12 sections 8.6 and 8.7).
#[derive(Debug, Default)]
struct TrackTables {
    /// Movie time of the first sample.
    origin: i64,
    /// Movie time of the end.
    ticks: i64,
    sizes: Vec<u32>,
    durations: Vec<(u32, u32)>,
    keys: Vec<u32>,
    /// Offset in `mdat`, samples, sample entry.
    chunks: Vec<(u64, u32, u32)>,
}

impl TrackTables {
    /// Lets the track continue at a movie time: the sample before is stretched, or shortened, to meet it.
    fn align(&mut self, at: i64) {
        if self.sizes.is_empty() {
            (self.origin, self.ticks) = (at, at);
            return;
        }
        let Some(last) = self.durations.last_mut() else { return };
        let stretched = (i64::from(last.1) + at - self.ticks).clamp(1, i64::from(u32::MAX / 2));
        if stretched == i64::from(last.1) {
            return;
        }
        self.ticks += stretched - i64::from(last.1);
        last.0 -= 1;
        if last.0 == 0 {
            self.durations.pop();
        }
        self.durations.push((1, stretched as u32));
    }

    fn chunk(&mut self, samples: &[SampleSize], offset: u64, entry: u32, key: bool) {
        if key {
            self.keys.push(self.sizes.len() as u32 + 1);
        }
        for s in samples {
            self.sizes.push(s.size);
            self.ticks += i64::from(s.duration);
            match self.durations.last_mut() {
                Some((count, duration)) if *duration == s.duration => *count += 1,
                _ => self.durations.push((1, s.duration)),
            }
        }
        self.chunks.push((offset, samples.len() as u32, entry));
    }

    fn edits(&self, skipped: i64, shown: u64) -> Vec<Edit> {
        let late = (self.origin - skipped).clamp(0, shown as i64) as u64;
        let from = (skipped - self.origin).max(0);
        let mut edits = Vec::new();
        if late > 0 {
            edits.push(Edit { shown: late, from: -1 });
        }
        edits.push(Edit { shown: shown - late, from });
        edits
    }

    /// Writes the tables; returns the place of the chunk offsets, still relative to the first byte of data.
    fn write(&self, w: &mut BoxWriter, with_keys: bool) -> std::ops::Range<usize> {
        w.full(b"stts", 0, 0, |w| {
            w.u32(self.durations.len() as u32);
            for (count, duration) in &self.durations {
                w.u32(*count);
                w.u32(*duration);
            }
        });
        if with_keys {
            w.full(b"stss", 0, 0, |w| {
                w.u32(self.keys.len() as u32);
                self.keys.iter().for_each(|k| w.u32(*k));
            });
        }
        w.full(b"stsz", 0, 0, |w| {
            w.u32(0);
            w.u32(self.sizes.len() as u32);
            self.sizes.iter().for_each(|s| w.u32(*s));
        });
        w.full(b"stsc", 0, 0, |w| {
            let mut runs: Vec<(u32, u32, u32)> = Vec::new();
            for (at, (_, samples, entry)) in self.chunks.iter().enumerate() {
                if runs.last().is_none_or(|last| (last.1, last.2) != (*samples, *entry)) {
                    runs.push((at as u32 + 1, *samples, *entry));
                }
            }
            w.u32(runs.len() as u32);
            for (first_chunk, samples, entry) in runs {
                w.u32(first_chunk);
                w.u32(samples);
                w.u32(entry);
            }
        });
        let mut place = 0..0;
        w.full(b"co64", 0, 0, |w| {
            w.u32(self.chunks.len() as u32);
            let from = w.out.len();
            self.chunks.iter().for_each(|c| w.u64(c.0));
            place = from..w.out.len();
        });
        place
    }
}
