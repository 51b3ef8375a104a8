//! Access units out of a video file, for a developer's tool that runs files through the path of the cameras. The file is
//! taken apart in the calling process: only for files that one trusts.

use std::path::Path;
use std::sync::{Arc, Once};

use bytes::Bytes;
use ffmpeg_next as ffmpeg;

use ffmpeg::codec::Id;
use ffmpeg::format::context::Input;
use ffmpeg::packet::side_data;
use ffmpeg::{Packet, media, util::log};

use super::foreign::file_track;
use crate::base::{Error, Result, TICKS_PER_SECOND, Ticks};
use crate::media::{AccessUnit, Codec, Parameters, Track, VideoParameters};

/// The video track of a file as access units, in order of decoding. Times begin at 0 with the first picture shown.
///
/// Other than a camera's, the units may be reordered ([`AccessUnit::start`] is when the picture is shown); call
/// [`super::Decoder::drain`] after the last.
pub struct Clip {
    input: Input,
    stream: usize,
    /// Seconds of a tick of the file, as a fraction.
    time_base: (i64, i64),
    first: Option<i64>,
    /// For pictures whose length the file does not say, in ticks.
    usual: u32,
    parameters: Arc<Parameters>,
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

impl Clip {
    /// Opens an MP4 or MOV file with H.264 or H.265.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read or holds no such video.
    pub fn open(path: &Path) -> Result<Self> {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| log::set_level(log::Level::Error));
        let wrong = |what: &str| Error::invalid(format!("{}: {what}", path.display()));
        let input = ffmpeg::format::input(path).map_err(|e| wrong("cannot be read as video").because(e))?;
        let stream = input.streams().best(media::Type::Video).ok_or_else(|| wrong("has no video"))?;
        let codec = match stream.parameters().id() {
            Id::H264 => Codec::H264,
            Id::HEVC => Codec::H265,
            other => return Err(wrong(&format!("is {other:?}; only H.264 and H.265 are decoded"))),
        };
        let track = file_track(&stream);
        let video =
            VideoParameters::from_configuration(codec, &track.configuration, track.width, track.height)
                .map_err(|e| wrong("is no MP4 or MOV; convert it with ffmpeg").because(e))?;
        let base = stream.time_base();
        let rate = stream.avg_frame_rate();
        let (frames, seconds) = (i64::from(rate.numerator()), i64::from(rate.denominator()));
        let usual = if frames > 0 { TICKS_PER_SECOND * seconds / frames } else { TICKS_PER_SECOND / 25 };
        let stream = stream.index();
        Ok(Self {
            input,
            stream,
            time_base: (base.numerator().into(), i64::from(base.denominator()).max(1)),
            first: None,
            usual: u32::try_from(usual).unwrap_or(0),
            parameters: Arc::new(Parameters::new(video, None)),
        })
    }

    /// Size and coding.
    pub fn parameters(&self) -> &Arc<Parameters> {
        &self.parameters
    }

    fn ticks(&self, time: i64) -> i64 {
        let (numerator, denominator) = self.time_base;
        let ticks = i128::from(time) * i128::from(TICKS_PER_SECOND) * i128::from(numerator);
        i64::try_from(ticks / i128::from(denominator)).unwrap_or(i64::MAX)
    }
}

impl Iterator for Clip {
    type Item = Result<Arc<AccessUnit>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut packet = Packet::empty();
        loop {
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.stream => break,
                Ok(()) => {}
                Err(ffmpeg::Error::Eof) => return None,
                Err(e) => return Some(Err(Error::invalid("the video ends in the middle").because(e))),
            }
        }
        let changed = packet.side_data().find(|side| side.kind() == side_data::Type::NewExtraData);
        if let Some(changed) = changed {
            let old = &self.parameters.video;
            let size = [old.width, old.height].map(|pixels| u16::try_from(pixels).unwrap_or(0));
            match VideoParameters::from_configuration(old.codec, changed.data(), size[0], size[1]) {
                Ok(video) => self.parameters = Arc::new(Parameters::new(video, None)),
                Err(e) => return Some(Err(e)),
            }
        }
        let time = packet.pts().or(packet.dts()).unwrap_or(0);
        let first = *self.first.get_or_insert(time);
        let duration = u32::try_from(self.ticks(packet.duration())).ok().filter(|d| *d > 0);
        let start = Ticks(self.ticks(time - first));
        Some(Ok(Arc::new(AccessUnit {
            track: Track::Video,
            run: 0,
            start,
            duration: duration.unwrap_or(self.usual),
            random_access: packet.is_key(),
            data: Bytes::copy_from_slice(packet.data().unwrap_or_default()),
            parameters: Arc::clone(&self.parameters),
            received: start,
            loss: 0,
        })))
    }
}
