//! Pure. The fragment index: what the catalogue keeps of a file so that no file is opened to plan a playback.

use super::boxes::{put_varint, take_varint, unzigzag, zigzag};
use super::fragment::header_bytes;
use super::link::LINK_BYTES;
use crate::base::{Error, Kind, Result};

/// One fragment of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// All fragments of a file in order, with the compact form that the catalogue stores (about 7 bytes each).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FragmentIndex {
    /// The fragments.
    pub entries: Vec<FragmentEntry>,
}

impl FragmentIndex {
    /// Compact form: numbers of 7 bits a byte; a duration is written as its difference from what the previous
    /// fragment's frame rate predicts.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.entries.len() * 10);
        let mut pace = Pace::default();
        for e in &self.entries {
            put_varint(&mut out, u64::from(e.bytes));
            put_varint(&mut out, u64::from(e.video_samples) << 1 | u64::from(e.audio_samples > 0));
            if e.audio_samples > 0 {
                put_varint(&mut out, u64::from(e.audio_samples));
            }
            put_varint(&mut out, zigzag(i64::from(e.duration) - pace.predict(e.video_samples)));
            put_varint(&mut out, u64::from(e.key_bytes));
            pace.learn(e);
        }
        out
    }

    /// Reads the compact form.
    ///
    /// # Errors
    /// `Corrupt` when the bytes end early or a number is out of range.
    pub fn decode(mut data: &[u8]) -> Result<Self> {
        let mut entries = Vec::with_capacity(data.len() / 7);
        let mut pace = Pace::default();
        while !data.is_empty() {
            let entry = Self::decode_one(&mut data, &pace).ok_or_else(|| {
                Error::new(Kind::Corrupt, "a fragment index is damaged; run lanewatch rebuild")
            })?;
            pace.learn(&entry);
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    fn decode_one(data: &mut &[u8], pace: &Pace) -> Option<FragmentEntry> {
        let mut number = || take_varint(data);
        let bytes = number()?.try_into().ok()?;
        let counts = number()?;
        let video_samples: u32 = (counts >> 1).try_into().ok()?;
        let audio_samples = if counts & 1 == 1 { number()?.try_into().ok()? } else { 0 };
        let duration = pace.predict(video_samples).checked_add(unzigzag(number()?))?.try_into().ok()?;
        let key_bytes = number()?.try_into().ok()?;
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

/// Ticks a picture of the previous fragment.
#[derive(Default)]
struct Pace {
    duration: i64,
    samples: i64,
}

impl Pace {
    fn predict(&self, samples: u32) -> i64 {
        if self.samples == 0 { 0 } else { self.duration * i64::from(samples) / self.samples }
    }

    fn learn(&mut self, e: &FragmentEntry) {
        *self = Self { duration: i64::from(e.duration), samples: i64::from(e.video_samples) };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = FragmentEntry> {
        (any::<u32>(), any::<u32>(), 0..=u32::MAX / 4, any::<u32>(), any::<u32>()).prop_map(
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

    #[test]
    fn a_steady_minute_is_small() {
        let gop = [(183_000, 11, 60_000), (122_000, 11, 0), (89_000, 8, 0)];
        let entries = (0..30)
            .flat_map(|_| gop)
            .map(|(bytes, n, key_bytes)| FragmentEntry {
                bytes,
                duration: n * 6000,
                video_samples: n,
                audio_samples: 0,
                key_bytes,
            })
            .collect();
        let size = FragmentIndex { entries }.encode().len();
        assert!(size <= 90 * 7, "{size} bytes for 90 fragments");
    }
}
