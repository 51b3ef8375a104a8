//! Pure. When to cut: access units in, steps out.

use std::sync::Arc;

use crate::base::{StreamKey, TICKS_PER_SECOND, Ticks};
use crate::media::{AccessUnit, FragmentBuilder, Parameters, Sample, Track};

/// Length of a segment, cut at the first random access point after it.
const SEGMENT: i64 = 60 * TICKS_PER_SECOND;
/// The first segment of a stream is shorter, by up to this, differently for each stream: rotation is spread out.
const STAGGER: i64 = 40 * TICKS_PER_SECOND;
/// Longest fragment. A kill loses what has not become a fragment: with one frame interval (until the next unit tells
/// the last one's duration), a pause of the ingest thread and the write it stays below one second.
const FRAGMENT: u32 = (TICKS_PER_SECOND * 65 / 100) as u32;
/// Fragments are also cut at this size, so that a flood does not wait in memory.
const FRAGMENT_BYTES: usize = 4 << 20;

/// What the recorder does next.
#[derive(Debug)]
pub(super) enum Step {
    /// A segment begins.
    Begin {
        /// Start of its first sample.
        start: Ticks,
        /// Its run.
        run: u64,
        /// Its decoder parameters.
        parameters: Arc<Parameters>,
    },
    /// A fragment of the segment is complete.
    Fragment(FragmentBuilder),
    /// The segment is complete; its last sample ends here.
    End(Ticks),
}

/// The state of one stream's recording.
#[derive(Debug)]
pub(super) struct Segmenter {
    /// Start of the segment in progress.
    segment: Option<Ticks>,
    /// The segment in progress ends at the first random access point after so many ticks.
    length: i64,
    fragment: FragmentBuilder,
    fragment_bytes: usize,
    /// Fragments get about this long: a GOP like the last one falls into equal parts, which for the same number of
    /// fragments are the shortest.
    part: u32,
    /// The newest random access point, and its run.
    key: Option<(u64, Ticks)>,
    /// The newest picture; its duration is known when the next one comes.
    pending: Option<Arc<AccessUnit>>,
}

impl Segmenter {
    pub(super) fn new(stream: StreamKey) -> Self {
        // Knuth's multiplicative hash spreads neighbouring keys over the whole range.
        let spread = (stream.0 as u32).wrapping_mul(2_654_435_761);
        let shorter = i64::from(spread) * STAGGER / i64::from(u32::MAX);
        Self {
            segment: None,
            length: SEGMENT - shorter,
            fragment: FragmentBuilder::default(),
            fragment_bytes: 0,
            part: FRAGMENT,
            key: None,
            pending: None,
        }
    }

    /// Takes the next unit.
    pub(super) fn push(&mut self, unit: Arc<AccessUnit>) -> Vec<Step> {
        match unit.track {
            Track::Audio => {
                self.audio(&unit);
                Vec::new()
            }
            Track::Video => self.video(unit),
        }
    }

    /// Ends what is in progress: the stream has stopped. The last picture keeps its predicted duration.
    pub(super) fn finish(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.finish_before(None, &mut steps);
        steps
    }

    /// The same, and nothing is shown at `limit` or later.
    pub(super) fn finish_until(&mut self, limit: Ticks) -> Vec<Step> {
        let mut steps = Vec::new();
        self.finish_before(Some(limit), &mut steps);
        steps
    }

    /// The same, when another run begins at `next`: the last picture is not shown beyond it. Answers the end.
    fn finish_before(&mut self, next: Option<Ticks>, steps: &mut Vec<Step>) -> Option<Ticks> {
        let end = self.settle(next, false);
        self.cut(steps);
        let end = self.segment.take().and(end)?;
        self.length = SEGMENT;
        steps.push(Step::End(end));
        Some(end)
    }

    /// Forgets what is in progress: it cannot be written. Goes on at the next random access point.
    pub(super) fn abandon(&mut self) {
        self.segment = None;
        self.pending = None;
        self.fragment = FragmentBuilder::default();
        self.fragment_bytes = 0;
    }

    fn audio(&mut self, unit: &AccessUnit) {
        // Sound from before the segment's first picture has no place in it.
        if self.segment.is_none_or(|start| unit.start < start) {
            return;
        }
        self.fragment_bytes += unit.data.len();
        let sample = Sample {
            start: unit.start,
            duration: unit.duration,
            random_access: true,
            data: unit.data.clone(),
        };
        self.fragment.push(Track::Audio, sample);
    }

    fn video(&mut self, unit: Arc<AccessUnit>) -> Vec<Step> {
        let mut steps = Vec::new();
        let unbroken = self.pending.as_ref().is_some_and(|p| p.run == unit.run);
        if self.segment.is_some() && !unbroken {
            let end = self.finish_before(Some(unit.start), &mut steps);
            // A clock that was set back: this time has footage already.
            if end.is_some_and(|end| unit.start < end) {
                return steps;
            }
        }
        let end = self.settle(Some(unit.start), true).unwrap_or(unit.start);
        // Three quarters of a picture to spare: durations tremble, and a part is often half a picture more than whole ones.
        let most = FRAGMENT.min(self.part.saturating_add(unit.duration * 3 / 4));
        let full = self.fragment.video_ticks() + unit.duration > most || self.fragment_bytes > FRAGMENT_BYTES;
        if unit.random_access || full {
            self.cut(&mut steps);
        }
        if unit.random_access {
            self.part =
                self.key.filter(|(run, _)| *run == unit.run).map_or(FRAGMENT, |k| part(unit.start - k.1));
            self.key = Some((unit.run, unit.start));
            if self.segment.is_some_and(|start| unit.start - start >= self.length) {
                self.segment = None;
                self.length = SEGMENT;
                steps.push(Step::End(end));
            }
            if self.segment.is_none() {
                self.segment = Some(unit.start);
                let parameters = Arc::clone(&unit.parameters);
                steps.push(Step::Begin { start: unit.start, run: unit.run, parameters });
            }
        }
        if self.segment.is_some() {
            self.fragment_bytes += unit.data.len();
            self.pending = Some(unit);
        }
        steps
    }

    /// Gives the newest picture its duration and puts it into the fragment; returns its end. It lasts until `next`
    /// when the two are `unbroken`, else as long as predicted, and at most until `next`.
    fn settle(&mut self, next: Option<Ticks>, unbroken: bool) -> Option<Ticks> {
        let unit = self.pending.take()?;
        let until = next.and_then(|next| u32::try_from(next - unit.start).ok()).filter(|ticks| *ticks > 0);
        let longest = if unbroken { u32::MAX } else { unit.duration };
        let duration = until.map_or(unit.duration, |ticks| ticks.min(longest)).max(1);
        let sample = Sample {
            start: unit.start,
            duration,
            random_access: unit.random_access,
            data: unit.data.clone(),
        };
        self.fragment.push(Track::Video, sample);
        Some(unit.start + i64::from(duration))
    }

    fn cut(&mut self, steps: &mut Vec<Step>) {
        if !self.fragment.is_empty() {
            self.fragment_bytes = 0;
            steps.push(Step::Fragment(std::mem::take(&mut self.fragment)));
        }
    }
}

/// The fewest equal parts of a GOP that are no longer than a fragment may be.
fn part(gop: i64) -> u32 {
    let parts = (gop + i64::from(FRAGMENT) - 1) / i64::from(FRAGMENT);
    u32::try_from(gop / parts.max(1)).unwrap_or(FRAGMENT)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::media::{Codec, VideoParameters};

    fn parameters() -> Arc<Parameters> {
        let video = VideoParameters {
            codec: Codec::H264,
            sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
            codec_string: "avc1.640028".to_owned(),
            width: 640,
            height: 360,
        };
        Arc::new(Parameters::new(video, None))
    }

    fn unit(parameters: &Arc<Parameters>, run: u64, start: i64, duration: u32, key: bool) -> Arc<AccessUnit> {
        Arc::new(AccessUnit {
            track: Track::Video,
            run,
            start: Ticks(start),
            duration,
            random_access: key,
            data: Bytes::from(start.to_be_bytes().to_vec()),
            parameters: Arc::clone(parameters),
            received: Ticks(start),
            loss: 0,
        })
    }

    /// Checks everything that must hold of the steps, and returns the starts of all samples in files.
    fn follow(steps: Vec<Step>) -> Vec<i64> {
        let mut open: Option<Ticks> = None;
        let mut at = Ticks(0);
        let mut samples = Vec::new();
        for step in steps {
            match step {
                Step::Begin { start, .. } => {
                    assert!(open.is_none(), "a segment begins inside another");
                    assert!(start >= at, "segments overlap");
                    (open, at) = (Some(start), start);
                }
                Step::Fragment(fragment) => {
                    assert!(open.is_some());
                    let (video, _) = fragment.samples();
                    if open == Some(at) {
                        assert!(video[0].random_access, "a segment starts with a key");
                    }
                    assert!(video.iter().skip(1).all(|s| !s.random_access), "a key starts a fragment");
                    for s in video {
                        assert_eq!(s.start, at, "samples follow each other");
                        at += i64::from(s.duration);
                        samples.push(s.start.0);
                    }
                    let but_last: u32 = video.iter().rev().skip(1).map(|s| s.duration).sum();
                    assert!(but_last <= FRAGMENT, "fragments are short");
                }
                Step::End(end) => {
                    assert_eq!(end, at, "a segment ends with its last sample");
                    open = None;
                }
            }
        }
        assert!(open.is_none(), "all is ended at the end");
        samples
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_doubled(
            units in proptest::collection::vec((1_u32..20_000, 0_u8..12, 0_u8..40), 1..600), key in 0_i64..1000,
        ) {
            let parameters = parameters();
            let mut segmenter = Segmenter::new(StreamKey(key));
            let mut steps = Vec::new();
            let mut expected = Vec::new();
            let (mut at, mut run, mut begun) = (0, 1, false);
            for (n, (duration, is_key, breaks)) in units.iter().enumerate() {
                let fresh = *breaks == 0;
                if fresh {
                    run += 1;
                    at += 100_000;
                }
                let is_key = *is_key == 0 || n == 0 || fresh;
                begun |= is_key;
                if begun {
                    expected.push(at);
                }
                steps.append(&mut segmenter.push(unit(&parameters, run, at, *duration, is_key)));
                at += i64::from(*duration);
            }
            steps.append(&mut segmenter.finish());
            prop_assert_eq!(follow(steps), expected);
        }
    }

    #[test]
    fn gops_fall_into_equal_fragments() {
        let (parameters, mut segmenter) = (parameters(), Segmenter::new(StreamKey(1)));
        let mut at = 0;
        let mut pictures = Vec::new();
        for n in 0_u32..15 * 20 {
            // A camera's clock trembles by a millisecond.
            let duration = 6000 + 90 * (n % 3) - 90;
            for step in segmenter.push(unit(&parameters, 1, at, duration, n % 30 == 0)) {
                if let Step::Fragment(fragment) = step {
                    pictures.push(fragment.pictures());
                }
            }
            at += i64::from(duration);
        }
        assert_eq!(pictures[..4], [9, 9, 9, 3], "nothing is known of the first GOP");
        assert!(pictures[4..].chunks_exact(4).all(|gop| gop == [8, 8, 8, 6]), "{pictures:?}");
    }

    #[test]
    fn a_run_that_begins_early_does_not_overlap_the_one_before() {
        let parameters = parameters();
        for (next, kept) in [(11_900, true), (12_000, true), (50_000, true), (6000, false), (100, false)] {
            let mut segmenter = Segmenter::new(StreamKey(1));
            let mut steps = segmenter.push(unit(&parameters, 1, 0, 6000, true));
            steps.append(&mut segmenter.push(unit(&parameters, 1, 6000, 6000, false)));
            // The picture at 6000 is predicted to last until 12000.
            steps.append(&mut segmenter.push(unit(&parameters, 2, next, 6000, true)));
            steps.append(&mut segmenter.finish());
            let samples = follow(steps);
            assert_eq!(samples, if kept { vec![0, 6000, next] } else { vec![0, 6000] });
        }
    }

    #[test]
    fn a_minute_is_a_segment_and_streams_do_not_rotate_together() {
        let parameters = parameters();
        let mut first_ends = std::collections::BTreeSet::new();
        for key in 1..=38 {
            let mut segmenter = Segmenter::new(StreamKey(key));
            let mut ends = Vec::new();
            for n in 0..15 * 200 {
                for step in segmenter.push(unit(&parameters, 1, n * 6000, 6000, n % 30 == 0)) {
                    if let Step::End(end) = step {
                        ends.push(end.0 / TICKS_PER_SECOND);
                    }
                }
            }
            assert!((20..=62).contains(&ends[0]), "{ends:?}");
            assert!(ends.windows(2).all(|w| (60..=62).contains(&(w[1] - w[0]))), "{ends:?}");
            first_ends.insert(ends[0]);
        }
        assert!(first_ends.len() > 15, "{first_ends:?}");
    }
}
