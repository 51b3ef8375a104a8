//! Pure. The fragment index: what the catalogue keeps of a file so that no file is opened to plan a playback.

use super::boxes::{put_varint, take_varint, unzigzag, zigzag};
use super::fragment::header_bytes;
use super::link::LINK_BYTES;
use crate::base::{Error, Kind, Result};

/// One fragment of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FragmentEntry {
    /// Bytes of `moof` and `mdat`; the link of [`LINK_BYTES`] follows.
    pub bytes: u32,
    /// Ticks of video.
    pub duration: u32,
    /// Pictures in it.
    pub video_samples: u32,
    /// AAC frames in it.
    pub audio_samples: u32,
    /// Size of the first picture when decoding can start there, else 0.
    pub key_bytes: u32,
}

impl FragmentEntry {
    /// Bytes before the first picture.
    pub fn header_bytes(&self) -> u32 {
        header_bytes(self.video_samples as usize, self.audio_samples as usize) as u32
    }
}

/// All fragments of a file in order, with the compact form that the catalogue stores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FragmentIndex {
    /// The fragments.
    pub entries: Vec<FragmentEntry>,
}

/// What the first byte of a fragment says: its first picture is a random access point, whose size follows.
const KEY: u8 = 1;
/// The number of pictures is not the foretold one.
const VIDEO: u8 = 1 << 1;
/// The number of AAC frames is not the foretold one.
const AUDIO: u8 = 1 << 2;
/// The duration is not the foretold one.
const DURATION: u8 = 1 << 3;
/// Where the length (less one) of the fragment's size stands, and that of its key picture's: two bits each.
const BYTES_AT: u8 = 4;
const KEY_BYTES_AT: u8 = 6;

impl FragmentIndex {
    /// Compact form. Cameras repeat themselves from GOP to GOP, so a fragment is written as what differs from the one
    /// at its place in the GOP before: a byte that says what follows, then the differences. A steady camera takes three
    /// or four bytes a fragment, and two or three more where decoding can start.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.entries.len() * 6);
        let mut pattern = Pattern::default();
        for e in &self.entries {
            let key = e.key_bytes > 0;
            let like = pattern.foretell(key);
            let place = out.len();
            out.push(0);
            let mut what = put_short(&mut out, fold(e.bytes, like.bytes)) << BYTES_AT;
            if key {
                what |= KEY | put_short(&mut out, fold(e.key_bytes, like.key_bytes)) << KEY_BYTES_AT;
            }
            let mut put = |flag: u8, value: u32, foretold: u32| {
                if value != foretold {
                    what |= flag;
                    put_varint(&mut out, fold(value, foretold).into());
                }
            };
            put(VIDEO, e.video_samples, like.video_samples);
            put(AUDIO, e.audio_samples, like.audio_samples);
            put(DURATION, e.duration, pace(like, e.video_samples));
            out[place] = what;
            pattern.learn(*e);
        }
        out
    }

    /// Reads the compact form.
    ///
    /// # Errors
    /// `Corrupt` when the bytes end early or a number is out of range.
    pub fn decode(mut data: &[u8]) -> Result<Self> {
        let mut entries = Vec::with_capacity(data.len() / 3);
        let mut pattern = Pattern::default();
        while !data.is_empty() {
            let entry = Self::decode_one(&mut data, &pattern).ok_or_else(|| {
                Error::new(Kind::Corrupt, "a fragment index is damaged; run lanewatch rebuild")
            })?;
            pattern.learn(entry);
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    fn decode_one(data: &mut &[u8], pattern: &Pattern) -> Option<FragmentEntry> {
        let (&what, rest) = data.split_first()?;
        *data = rest;
        let like = pattern.foretell(what & KEY != 0);
        let bytes = unfold(take_short(data, what >> BYTES_AT)?, like.bytes);
        let key_bytes = match what & KEY {
            0 => 0,
            _ => unfold(take_short(data, what >> KEY_BYTES_AT)?, like.key_bytes),
        };
        let mut take = |flag: u8, foretold: u32| match what & flag {
            0 => Some(foretold),
            _ => Some(unfold(take_varint(data)?.try_into().ok()?, foretold)),
        };
        let video_samples = take(VIDEO, like.video_samples)?;
        let audio_samples = take(AUDIO, like.audio_samples)?;
        let duration = take(DURATION, pace(like, video_samples))?;
        Some(FragmentEntry { bytes, duration, video_samples, audio_samples, key_bytes })
    }

    /// Ticks of all fragments.
    pub fn ticks(&self) -> i64 {
        self.entries.iter().map(|e| i64::from(e.duration)).sum()
    }

    /// Offsets in the file and starts (ticks after the file's start) beside the entries; `first_offset` is the size
    /// of the file's init.
    pub fn placed(&self, first_offset: u64) -> impl Iterator<Item = (u64, i64, &FragmentEntry)> {
        let (mut offset, mut start) = (first_offset, 0);
        self.entries.iter().map(move |e| {
            let here = (offset, start, e);
            offset += u64::from(e.bytes) + LINK_BYTES as u64;
            start += i64::from(e.duration);
            here
        })
    }
}

/// The GOP so far, over the one before it.
#[derive(Default)]
struct Pattern {
    fragments: Vec<FragmentEntry>,
    /// Place of the next fragment, unless it begins a GOP.
    next: usize,
}

impl Pattern {
    /// What the next fragment is probably like: the one at its place in the GOP before, else the last one.
    fn foretell(&self, key: bool) -> FragmentEntry {
        let place = if key { 0 } else { self.next };
        self.fragments.get(place).or(self.fragments.last()).copied().unwrap_or_default()
    }

    fn learn(&mut self, entry: FragmentEntry) {
        let place = if entry.key_bytes > 0 { 0 } else { self.next };
        match self.fragments.get_mut(place) {
            Some(known) => *known = entry,
            None => self.fragments.push(entry),
        }
        self.next = place + 1;
    }
}

/// Ticks of so many pictures at the frame rate of another fragment.
fn pace(like: FragmentEntry, samples: u32) -> u32 {
    let ticks = u64::from(like.duration) * u64::from(samples);
    let each = ticks.checked_div(like.video_samples.into()).unwrap_or(0);
    u32::try_from(each).unwrap_or(u32::MAX)
}

/// A difference as a number that is small when it is small either way.
fn fold(value: u32, foretold: u32) -> u32 {
    zigzag(i64::from(value.wrapping_sub(foretold) as i32)) as u32
}

/// Inverse of [`fold`].
fn unfold(folded: u32, foretold: u32) -> u32 {
    foretold.wrapping_add(unzigzag(folded.into()) as u32)
}

/// Appends a number in one to four bytes; returns their count less one.
fn put_short(out: &mut Vec<u8>, value: u32) -> u8 {
    let more = (31 - (value | 1).leading_zeros()) / 8;
    out.extend_from_slice(&value.to_le_bytes()[..=more as usize]);
    more as u8
}

/// Takes a number whose count of bytes, less one, are the two low bits of `more`.
fn take_short(data: &mut &[u8], more: u8) -> Option<u32> {
    let (taken, rest) = data.split_at_checked(usize::from(more & 3) + 1)?;
    *data = rest;
    let mut value = [0; 4];
    value[..taken.len()].copy_from_slice(taken);
    Some(u32::from_le_bytes(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = FragmentEntry> {
        (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(
            |(bytes, duration, video_samples, audio_samples, key_bytes)| FragmentEntry {
                bytes,
                duration,
                video_samples,
                audio_samples,
                key_bytes,
            },
        )
    }

    proptest! {
        #[test]
        fn an_index_comes_back(entries in proptest::collection::vec(entry(), 0..40)) {
            let index = FragmentIndex { entries };
            prop_assert_eq!(FragmentIndex::decode(&index.encode()).expect("own bytes"), index);
        }

        #[test]
        fn garbage_is_an_error_not_a_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = FragmentIndex::decode(&data);
        }
    }

    /// A minute of a camera: GOPs of fragments with so many pictures, `each` bytes a picture and as much as a third
    /// more or less, key pictures of `key_bytes`.
    fn minute(gop: &[u32], ticks: u32, each: u32, key_bytes: u32) -> FragmentIndex {
        let gops = 60 * 90_000 / (gop.iter().sum::<u32>() * ticks);
        let mut random = 1_u32;
        let entries = (0..gops).flat_map(|_| gop.iter().enumerate()).map(|(place, &pictures)| {
            // Numerical Recipes' generator: the same sizes each time.
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let spread = (random >> 16) % 640;
            let vary = |bytes: u32| bytes * (680 + spread) / 1000;
            let key_bytes = if place == 0 { vary(key_bytes) } else { 0 };
            let (duration, bytes) = (pictures * ticks, vary(pictures * each) + key_bytes);
            FragmentEntry { bytes, duration, video_samples: pictures, audio_samples: 0, key_bytes }
        });
        FragmentIndex { entries: entries.collect() }
    }

    #[test]
    fn a_steady_minute_is_small() {
        for (name, index, limit) in [
            ("main, 4 Mbit/s at 15 a second", minute(&[11, 11, 8], 6000, 30_000, 90_000), 90 * 4 + 30 * 3),
            (
                "sub, 0.5 Mbit/s at 5 a second",
                minute(&[3, 3, 3, 1], 18_000, 10_000, 30_000),
                120 * 3 + 30 * 2,
            ),
        ] {
            let size = index.encode().len();
            assert!(size <= limit + 20, "{name}: {size} bytes for {} fragments", index.entries.len());
        }
    }
}
