//! Pure. The sample table: sizes and durations of all samples of a sealed file, at its end.

use uuid::Uuid;

use super::boxes::{BoxWriter, put_varint, take_varint, unzigzag, zigzag};
use super::fragment::FragmentBuilder;

/// Extended type of the `uuid` box that holds the table.
const KIND: Uuid = Uuid::from_u128(0x6c61_6e65_7761_7463_8003_7461_626c_6501);
/// Bytes before the numbers: box head, extended type, short hash of the numbers.
const HEAD: usize = 8 + 16 + 16;

/// Duration in ticks and size in bytes of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleSize {
    /// Ticks shown.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
}

/// Samples of one fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FragmentSamples {
    /// Pictures in order.
    pub video: Vec<SampleSize>,
    /// Ticks from the first picture's start to the first AAC frame's start.
    pub audio_offset: i64,
    /// AAC frames in order.
    pub audio: Vec<SampleSize>,
}

impl FragmentSamples {
    /// Of a fragment about to be written.
    pub fn of(fragment: &FragmentBuilder) -> Self {
        let (video, audio) = fragment.samples();
        let sizes = |samples: &[super::Sample]| {
            samples.iter().map(|s| SampleSize { duration: s.duration, size: s.data.len() as u32 }).collect()
        };
        let audio_offset = video.first().zip(audio.first()).map_or(0, |(v, a)| a.start - v.start);
        Self { video: sizes(video), audio_offset, audio: sizes(audio) }
    }
}

/// Samples of all fragments of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleTable {
    /// One for each fragment.
    pub fragments: Vec<FragmentSamples>,
}

impl SampleTable {
    /// The whole box. Durations are written as differences from the sample before: a steady camera takes one byte
    /// for each besides the two or three of the size.
    pub fn encode(&self) -> Vec<u8> {
        let mut numbers = Vec::with_capacity(4 * 1024);
        let mut last = (0, 0);
        for f in &self.fragments {
            put_samples(&mut numbers, &f.video, &mut last.0);
            put_samples(&mut numbers, &f.audio, &mut last.1);
            if !f.audio.is_empty() {
                put_varint(&mut numbers, zigzag(f.audio_offset));
            }
        }
        let mut w = BoxWriter::with_capacity(HEAD + numbers.len());
        w.nest(b"uuid", |w| {
            w.bytes(KIND.as_bytes());
            w.bytes(&blake3::hash(&numbers).as_bytes()[..16]);
            w.bytes(&numbers);
        });
        w.out
    }

    /// Reads the box that [`encode`](Self::encode) made; `None` when it is another box or damaged.
    pub fn decode(whole_box: &[u8]) -> Option<Self> {
        let (kind, head, size) = super::boxes::head(whole_box)?;
        let content = whole_box.get(head..usize::try_from(size).ok()?).filter(|_| &kind == b"uuid")?;
        let rest = content.strip_prefix(KIND.as_bytes())?;
        let (hash, mut numbers) = rest.split_at_checked(16)?;
        if blake3::hash(numbers).as_bytes()[..16] != *hash {
            return None;
        }
        let mut table = Self::default();
        let mut last = (0, 0);
        while !numbers.is_empty() {
            let video = take_samples(&mut numbers, &mut last.0)?;
            let audio = take_samples(&mut numbers, &mut last.1)?;
            let audio_offset = if audio.is_empty() { 0 } else { unzigzag(take_varint(&mut numbers)?) };
            table.fragments.push(FragmentSamples { video, audio_offset, audio });
        }
        Some(table)
    }
}

fn put_samples(out: &mut Vec<u8>, samples: &[SampleSize], last: &mut i64) {
    put_varint(out, samples.len() as u64);
    for s in samples {
        put_varint(out, zigzag(i64::from(s.duration) - *last));
        put_varint(out, u64::from(s.size));
        *last = i64::from(s.duration);
    }
}

fn take_samples(data: &mut &[u8], last: &mut i64) -> Option<Vec<SampleSize>> {
    let count = usize::try_from(take_varint(data)?).ok().filter(|c| *c <= data.len())?;
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        *last = last.checked_add(unzigzag(take_varint(data)?))?;
        let duration = (*last).try_into().ok()?;
        samples.push(SampleSize { duration, size: take_varint(data)?.try_into().ok()? });
    }
    Some(samples)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples() -> impl Strategy<Value = Vec<SampleSize>> {
        proptest::collection::vec(
            (any::<u32>(), any::<u32>()).prop_map(|(duration, size)| SampleSize { duration, size }),
            0..20,
        )
    }

    proptest! {
        #[test]
        fn a_table_comes_back(fragments in proptest::collection::vec((samples(), samples(), any::<i32>()), 0..10)) {
            let fragments = fragments
                .into_iter()
                .map(|(video, audio, offset)| FragmentSamples {
                    video,
                    audio_offset: if audio.is_empty() { 0 } else { i64::from(offset) },
                    audio,
                })
                .collect();
            let table = SampleTable { fragments };
            let bytes = table.encode();
            prop_assert_eq!(SampleTable::decode(&bytes), Some(table));
            for at in [8, HEAD, bytes.len() - 1] {
                let mut changed = bytes.clone();
                if let Some(b) = changed.get_mut(at) {
                    *b ^= 1;
                    prop_assert_eq!(SampleTable::decode(&changed), None);
                }
            }
        }

        #[test]
        fn garbage_never_panics(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = SampleTable::decode(&data);
        }
    }
}
