//! Pure. HLS playlists (RFC 8216) with byte ranges into the segment files, for iPhones and other players.

use std::fmt::Write as _;

use super::plan::{Placed, PlannedSegment};
use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::media::LINK_BYTES;

/// Where the playlist's entries are fetched.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    /// Address of the folder of init segments, such as `/api/v1/init`.
    pub init: &'a str,
    /// Address of the folder of segment files, such as `/api/v1/segments`.
    pub segments: &'a str,
}

/// One entry: a GOP, as bytes of a file.
struct Entry {
    start: Ticks,
    end: Ticks,
    offset: u64,
    bytes: u64,
}

/// A playlist of all GOPs of a range. `live` leaves the end open.
pub fn media_playlist(segments: &[PlannedSegment], links: Links<'_>, live: bool) -> String {
    render(segments, links, live, false, gops)
}

/// A playlist of the key pictures alone (section 4.3.3.6), for scrubbing.
pub fn iframe_playlist(segments: &[PlannedSegment], links: Links<'_>) -> String {
    render(segments, links, false, true, keys)
}

/// One encoding of a range, for a [`master_playlist`].
#[derive(Clone, Debug)]
pub struct Variant<'a> {
    /// Codec strings (RFC 6381) of pictures and sound.
    pub codecs: &'a [String],
    /// Of the pictures alone.
    pub video_codecs: &'a [String],
    /// Largest width and height, in pixels.
    pub size: (u32, u32),
    /// Address of its [`media_playlist`].
    pub media: &'a str,
    /// Address of its [`iframe_playlist`].
    pub iframes: &'a str,
}

/// A master playlist (section 4.3.4): what a player needs to know before it begins, and where it finds the key
/// pictures.
pub fn master_playlist(segments: &[PlannedSegment], variant: &Variant<'_>) -> String {
    let (width, height) = variant.size;
    let rates = |entries: fn(&PlannedSegment) -> Vec<Entry>, codecs: &[String]| {
        let entries: Vec<Entry> = segments.iter().flat_map(entries).collect();
        let (ticks, bytes) =
            entries.iter().fold((0, 0), |sum, e| (sum.0 + (e.end - e.start), sum.1 + e.bytes));
        let peak = entries.iter().map(|e| bits_per_second(e.bytes, e.end - e.start)).max().unwrap_or(0);
        format!(
            "BANDWIDTH={peak},AVERAGE-BANDWIDTH={},CODECS=\"{}\",RESOLUTION={width}x{height}",
            bits_per_second(bytes, ticks),
            codecs.join(",")
        )
    };
    format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:{}\n{}\n\
         #EXT-X-I-FRAME-STREAM-INF:{},URI=\"{}\"\n",
        rates(gops, variant.codecs),
        variant.media,
        rates(keys, variant.video_codecs),
        variant.iframes
    )
}

/// Rounded up.
fn bits_per_second(bytes: u64, ticks: i64) -> u64 {
    (bytes * 8 * TICKS_PER_SECOND.unsigned_abs()).div_ceil(ticks.unsigned_abs().max(1))
}

fn render(
    segments: &[PlannedSegment],
    links: Links<'_>,
    live: bool,
    iframes: bool,
    entries: fn(&PlannedSegment) -> Vec<Entry>,
) -> String {
    let listed: Vec<_> = segments.iter().map(|s| (s, entries(s))).collect();
    let longest =
        listed.iter().flat_map(|(_, e)| e).map(|e| e.end - e.start).max().unwrap_or(TICKS_PER_SECOND);
    let mut out = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:{}\n",
        (longest + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND,
        if live { "EVENT" } else { "VOD" },
    );
    out.push_str(if iframes { "#EXT-X-I-FRAMES-ONLY\n" } else { "#EXT-X-INDEPENDENT-SEGMENTS\n" });
    let mut before: Option<(Ticks, &PlannedSegment)> = None;
    for (segment, entries) in &listed {
        let Some(first) = entries.first() else { continue };
        let new_init = before.is_none_or(|(_, b)| b.parameters != segment.parameters);
        if before.is_some_and(|(end, _)| end != first.start || new_init) {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if new_init {
            let _ = writeln!(out, "#EXT-X-MAP:URI=\"{}/{}.mp4\"", links.init, segment.parameters);
        }
        let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", first.start.rfc3339());
        for e in entries {
            let seconds = (e.end - e.start) as f64 / TICKS_PER_SECOND as f64;
            let _ = writeln!(out, "#EXTINF:{seconds:.5},\n#EXT-X-BYTERANGE:{}@{}", e.bytes, e.offset);
            let _ = writeln!(out, "{}/{}.mp4", links.segments, segment.id);
        }
        before = entries.last().map(|last| (last.end, *segment));
    }
    if !live {
        out.push_str("#EXT-X-ENDLIST\n");
    }
    out
}

fn gops(segment: &PlannedSegment) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for f in segment.wanted() {
        match entries.last_mut() {
            Some(last) if !f.key() => {
                last.bytes += u64::from(f.bytes) + LINK_BYTES as u64;
                last.end = f.end();
            }
            _ => entries.push(Entry {
                start: f.start,
                end: f.end(),
                offset: f.offset,
                bytes: u64::from(f.bytes),
            }),
        }
    }
    entries
}

fn keys(segment: &PlannedSegment) -> Vec<Entry> {
    let wanted = segment.wanted();
    let end = wanted.last().map_or(segment.range.to, Placed::end);
    let keys: Vec<&Placed> = wanted.iter().filter(|f| f.key()).collect();
    let ends = keys.iter().skip(1).map(|k| k.start).chain([end]);
    keys.iter()
        .zip(ends)
        .map(|(k, end)| Entry {
            start: k.start,
            end,
            offset: k.offset,
            bytes: u64::from(k.header_bytes + k.key_bytes),
        })
        .collect()
}
