//! Pure. Init segments: `ftyp moov` (ISO/IEC 14496-12 sections 4.3 and 8.2).

use bytes::Bytes;

use super::boxes::BoxWriter;
use super::{AudioParameters, FileHeader, Parameters, VideoParameters};
use crate::base::TICKS_PER_SECOND;

/// Track number of the video in every file.
pub(super) const VIDEO_TRACK: u32 = 1;
/// Track number of the audio, where there is one.
pub(super) const AUDIO_TRACK: u32 = 2;
/// Sample flags of a picture that needs others (section 8.8.3.1: depends on others, is no sync sample).
pub(super) const FLAGS_DELTA: u32 = 0x0101_0000;
/// Sample flags of a random access point (depends on no other).
pub(super) const FLAGS_KEY: u32 = 0x0200_0000;

/// The init segment that players get: nothing of camera, stream or time in it.
pub fn init_segment(video: &VideoParameters, audio: Option<&AudioParameters>) -> Bytes {
    build(video, audio, None)
}

/// The beginning of a file: the init segment plus an edit list to the start and the file header.
pub fn file_init(parameters: &Parameters, header: &FileHeader) -> Bytes {
    build(&parameters.video, parameters.audio.as_ref(), Some(header))
}

fn build(video: &VideoParameters, audio: Option<&AudioParameters>, header: Option<&FileHeader>) -> Bytes {
    let mut w = BoxWriter::with_capacity(1024 + video.sample_entry.len());
    file_type(&mut w);
    let edit: Vec<Edit> = header.iter().map(|h| Edit { shown: 0, from: h.start.0 }).collect();
    w.nest(b"moov", |w| {
        movie_header(w, 0, AUDIO_TRACK + 1);
        track(w, &TrackBoxes::video(video), 0, &edit, empty_tables);
        if let Some(audio) = audio {
            track(w, &TrackBoxes::audio(audio), 0, &edit, empty_tables);
        }
        w.nest(b"mvex", |w| {
            extends(w, VIDEO_TRACK, FLAGS_DELTA);
            if audio.is_some() {
                extends(w, AUDIO_TRACK, FLAGS_KEY);
            }
        });
        if let Some(header) = header {
            header.write(w);
        }
    });
    Bytes::from(w.out)
}

pub(super) fn file_type(w: &mut BoxWriter) {
    w.nest(b"ftyp", |w| {
        w.bytes(b"iso6");
        w.u32(1);
        w.bytes(b"iso6isommp41");
    });
}

/// `mvhd`; duration in ticks.
pub(super) fn movie_header(w: &mut BoxWriter, duration: u64, next_track: u32) {
    w.full(b"mvhd", 1, 0, |w| {
        w.zeros(16);
        w.u32(TICKS_PER_SECOND as u32);
        w.u64(duration);
        w.u32(0x0001_0000);
        w.u16(0x0100);
        w.zeros(10);
        matrix(w);
        w.zeros(24);
        w.u32(next_track);
    });
}

fn matrix(w: &mut BoxWriter) {
    for v in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        w.u32(v);
    }
}

/// What differs between a video and an audio track.
pub(super) struct TrackBoxes<'a> {
    number: u32,
    pub(super) sample_entries: Vec<&'a [u8]>,
    handler: &'static [u8; 4],
    size: (u32, u32),
}

impl<'a> TrackBoxes<'a> {
    pub(super) fn video(v: &'a VideoParameters) -> Self {
        Self {
            number: VIDEO_TRACK,
            sample_entries: vec![&v.sample_entry],
            handler: b"vide",
            size: (v.width, v.height),
        }
    }

    pub(super) fn audio(a: &'a AudioParameters) -> Self {
        Self { number: AUDIO_TRACK, sample_entries: vec![&a.sample_entry], handler: b"soun", size: (0, 0) }
    }
}

/// One entry of an edit list (section 8.6.6), in ticks; `from` = -1 shows nothing for that long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edit {
    pub(super) shown: u64,
    pub(super) from: i64,
}

/// `trak`; `duration` in ticks of media, `tables` writes what follows the sample entries.
pub(super) fn track(
    w: &mut BoxWriter,
    t: &TrackBoxes<'_>,
    duration: u64,
    edits: &[Edit],
    tables: impl FnOnce(&mut BoxWriter),
) {
    let sound = t.handler == b"soun";
    w.nest(b"trak", |w| {
        w.full(b"tkhd", 1, 3, |w| {
            w.zeros(16);
            w.u32(t.number);
            w.u32(0);
            w.u64(if edits.is_empty() { duration } else { edits.iter().map(|e| e.shown).sum() });
            w.zeros(12);
            w.u16(if sound { 0x0100 } else { 0 });
            w.u16(0);
            matrix(w);
            w.u32(t.size.0 << 16);
            w.u32(t.size.1 << 16);
        });
        if !edits.is_empty() {
            w.nest(b"edts", |w| {
                w.full(b"elst", 1, 0, |w| {
                    w.u32(edits.len() as u32);
                    for edit in edits {
                        w.u64(edit.shown);
                        w.u64(edit.from as u64);
                        w.u32(0x0001_0000);
                    }
                });
            });
        }
        w.nest(b"mdia", |w| {
            w.full(b"mdhd", 1, 0, |w| {
                w.zeros(16);
                w.u32(TICKS_PER_SECOND as u32);
                w.u64(duration);
                w.u16(0x55c4); // language "und"
                w.u16(0);
            });
            w.full(b"hdlr", 0, 0, |w| {
                w.u32(0);
                w.bytes(t.handler);
                w.zeros(12);
                w.bytes(b"lanewatch\0");
            });
            w.nest(b"minf", |w| {
                if sound {
                    w.full(b"smhd", 0, 0, |w| w.zeros(4));
                } else {
                    w.full(b"vmhd", 0, 1, |w| w.zeros(8));
                }
                w.nest(b"dinf", |w| {
                    w.full(b"dref", 0, 0, |w| {
                        w.u32(1);
                        w.full(b"url ", 0, 1, |_| {});
                    });
                });
                w.nest(b"stbl", |w| {
                    w.full(b"stsd", 0, 0, |w| {
                        w.u32(t.sample_entries.len() as u32);
                        t.sample_entries.iter().for_each(|entry| w.bytes(entry));
                    });
                    tables(w);
                });
            });
        });
    });
}

fn empty_tables(w: &mut BoxWriter) {
    w.full(b"stts", 0, 0, |w| w.u32(0));
    w.full(b"stsc", 0, 0, |w| w.u32(0));
    w.full(b"stsz", 0, 0, |w| w.zeros(8));
    w.full(b"stco", 0, 0, |w| w.u32(0));
}

fn extends(w: &mut BoxWriter, number: u32, flags: u32) {
    w.full(b"trex", 0, 0, |w| {
        w.u32(number);
        w.u32(1);
        w.u32(0);
        w.u32(0);
        w.u32(flags);
    });
}
