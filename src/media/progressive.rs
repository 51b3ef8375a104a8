//! Pure. A plain MP4 of any range, made of slices of segment files: `ftyp moov mdat` with the samples where they lie.
//!
//! Every player, phone and messenger opens it, its length is known before the first byte is sent, and an edit list
//! starts it on the asked picture although decoding starts at the key frame before. Not every player heeds an edit list
//! (Firefox shows what lies before it), so the pictures before the asked one pass in a moment, and sound from before
//! it is left out. So are gaps.

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

/// Pictures that only help to decode are so many times as fast. Beyond a thousand ffmpeg takes what follows for a
/// break in time.
const HASTE: u32 = 500;

/// Takes fragments in order and makes the plan.
#[derive(Debug)]
pub struct ProgressiveBuilder {
    range: TimeRange,
    /// Ticks of the pictures that only help to decode. The edit list starts behind them: on the picture
    /// that is on the screen when the range begins, as a whole, since players differ in what they show of half a one.
    skipped: i64,
    /// Start of the first picture that is shown.
    begins: Option<Ticks>,
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
            begins: None,
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
        let mut at = start;
        let mut pictures = Vec::with_capacity(samples.video.len());
        for picture in &samples.video {
            if at >= self.range.to {
                break;
            }
            let end = at + i64::from(picture.duration);
            if end <= self.range.from {
                let duration = picture.duration / HASTE + 1;
                pictures.push(SampleSize { duration, ..*picture });
                self.skipped += i64::from(duration);
            } else {
                self.begins.get_or_insert(at);
                pictures.push(*picture);
            }
            at = end;
        }
        if pictures.is_empty() {
            return;
        }
        self.end = at;
        let bytes = total(&pictures);
        let entry = place(&mut self.video_entries, &parameters.video);
        self.video.chunk(&pictures, self.data, entry, key);
        self.slice(file, payload, bytes);
        let (Some(audio), Some(begins)) = (&parameters.audio, self.begins) else { return };
        let mut first = start + samples.audio_offset;
        let early = samples.audio.iter().take_while(|s| {
            let ended = first + i64::from(s.duration) <= begins;
            first += if ended { i64::from(s.duration) } else { 0 };
            ended
        });
        let early = early.count();
        let mut next = first;
        let inside = samples.audio[early..].iter().take_while(|s| {
            let inside = next < self.range.to;
            next += i64::from(s.duration);
            inside
        });
        let (skipped, frames) = samples.audio[..early + inside.count()].split_at(early);
        if !frames.is_empty() {
            let entry = place(&mut self.audio_entries, audio);
            self.audio.align(self.video.ticks + (first - at));
            self.audio.chunk(frames, self.data, entry, false);
            self.slice(file, payload + total(&samples.video) + total(skipped), total(frames));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Codec;

    /// Ticks of a picture and of an AAC frame at 16 kHz.
    const PICTURE: u32 = 6000;
    const FRAME: u32 = 5760;

    fn parameters() -> Parameters {
        let video = VideoParameters {
            codec: Codec::H264,
            sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
            codec_string: String::new(),
            width: 16,
            height: 16,
        };
        let sample_entry = Bytes::from_static(b"\0\0\0\x08mp4a");
        let audio = AudioParameters { sample_entry, codec_string: String::new(), sample_rate: 16_000 };
        Parameters::new(video, Some(audio))
    }

    /// Ten fragments of five pictures and as much sound, `late` ticks behind the pictures; a fragment is as long as
    /// its number, and its sound as ten times that.
    fn plan(range: TimeRange, late: i64) -> ProgressiveBuilder {
        let mut builder = ProgressiveBuilder::new(range);
        let size = |duration, size| SampleSize { duration, size };
        let mut frames = 0;
        for n in 0..10_u32 {
            let start = Ticks(i64::from(n * 5 * PICTURE));
            let first = i64::from(frames * FRAME) + late;
            let until = i64::from((n + 1) * 5 * PICTURE);
            let count =
                (0_u32..).take_while(|k| i64::from((frames + k) * FRAME) + late < until).count() as u32;
            frames += count;
            let samples = FragmentSamples {
                video: vec![size(PICTURE, n + 1); 5],
                audio_offset: first - start.0,
                audio: vec![size(FRAME, 10 * (n + 1)); count as usize],
            };
            builder.fragment(0, u64::from(n) * 10_000, start, n % 3 == 0, &parameters(), &samples);
        }
        builder
    }

    #[test]
    fn what_only_helps_to_decode_takes_no_time_and_makes_no_sound() {
        for late in [-3000, 0, 7000] {
            // Within the third picture of the first fragment, to the end of the last.
            let made = plan(TimeRange::new(Ticks(13_000), Ticks(300_000)), late);
            let moment = PICTURE / HASTE + 1;
            assert_eq!((made.skipped, made.begins), (2 * i64::from(moment), Some(Ticks(12_000))));
            assert_eq!(&made.video.durations[..2], [(2, moment), (48, PICTURE)]);
            // Movie time is the camera's, less 12,000 and what the pictures before take.
            let first = i64::from(FRAME) * ((12_000 - late) / i64::from(FRAME)) + late;
            assert_eq!(made.audio.origin, first - 12_000 + made.skipped, "late by {late}");
            assert!(made.audio.durations.iter().all(|(_, d)| *d == FRAME), "{:?}", made.audio.durations);
            let edits = made.audio.edits(made.skipped, 288_000);
            assert_eq!((edits.len(), edits[0].from), (1, 12_000 - first));
        }
    }

    #[test]
    fn the_end_cuts_pictures_and_sound_alike() {
        let made = plan(TimeRange::new(Ticks(0), Ticks(100_000)), 0);
        assert_eq!((made.video.ticks, made.audio.ticks), (102_000, 18 * i64::from(FRAME)));
        let clip = made.finish().expect("a clip");
        assert_eq!(clip.shown, 100_000);
    }
}
