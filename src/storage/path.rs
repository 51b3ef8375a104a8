//! Pure. Names of segment files: a function of two ids, so that no path ever comes from outside.

use std::path::{Path, PathBuf};

use crate::base::{SegmentId, StreamId, Ticks};

/// Folder of all segment files of a volume.
pub(super) const MEDIA: &str = "media";
/// Folder of files that are not ours or not readable.
pub(super) const SET_ASIDE: &str = "set-aside";
const ENDING: &str = "mp4";

/// `media/<stream>/<UTC day>`: the day is that of the id's own time (UUIDv7), so that nothing else need be known.
pub(super) fn folder(stream: StreamId, segment: SegmentId) -> PathBuf {
    Path::new(MEDIA).join(stream.to_string()).join(day(segment.made()))
}

/// Name of a UTC day's folder; names in order are days in order.
pub(super) fn day(instant: Ticks) -> String {
    let mut day = instant.rfc3339();
    day.truncate(10);
    day
}

/// The file's name in its folder.
pub(super) fn name(segment: SegmentId) -> String {
    format!("{segment}.{ENDING}")
}

/// The whole path below the volume's folder.
pub(super) fn file(stream: StreamId, segment: SegmentId) -> PathBuf {
    folder(stream, segment).join(name(segment))
}

/// The ids of a path below the volume's folder, when it is one that `file` makes.
pub(super) fn parse(path: &Path) -> Option<(StreamId, SegmentId)> {
    let parts: Vec<&str> = path.iter().map(|p| p.to_str()).collect::<Option<_>>()?;
    let [MEDIA, stream, _, name] = parts[..] else { return None };
    let stream: StreamId = stream.parse().ok()?;
    let segment: SegmentId = name.strip_suffix(ENDING)?.strip_suffix('.')?.parse().ok()?;
    (file(stream, segment) == path).then_some((stream, segment))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clock_at_1970_still_gives_a_path() {
        let (stream, segment) = (StreamId::fresh(Ticks(0)), SegmentId::fresh(Ticks(0)));
        assert_eq!(parse(&file(stream, segment)), Some((stream, segment)));
    }

    proptest! {
        #[test]
        fn a_path_says_which_segment_it_is(seconds in 0_i64..10_000_000_000) {
            let now = Ticks::from_seconds(seconds);
            let (stream, segment) = (StreamId::fresh(now), SegmentId::fresh(now));
            let path = file(stream, segment);
            prop_assert_eq!(parse(&path), Some((stream, segment)));
        }

        #[test]
        fn other_paths_are_strangers(text in "[a-z0-9./-]{0,60}") {
            prop_assert_eq!(parse(Path::new(&text)), None);
        }
    }
}
