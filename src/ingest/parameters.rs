//! From retina's decoder parameters to ours.

use retina::codec::VideoParametersCodec;

use crate::media::{AudioParameters, Codec, VideoParameters};

/// `None` when they cannot be written to a file.
pub(super) fn video(from: &retina::codec::VideoParameters) -> Option<VideoParameters> {
    let codec = match from.codec_params() {
        VideoParametersCodec::H264 { .. } => Codec::H264,
        VideoParametersCodec::H265 { .. } => Codec::H265,
        _ => return None,
    };
    let (width, height) = from.pixel_dimensions();
    Some(VideoParameters {
        codec,
        sample_entry: from.mp4_sample_entry().build().ok()?.into(),
        codec_string: from.rfc6381_codec().to_owned(),
        width,
        height,
    })
}

/// `None` for everything that is not AAC.
pub(super) fn audio(from: &retina::codec::AudioParameters) -> Option<AudioParameters> {
    let codec_string = from.rfc6381_codec().filter(|c| c.starts_with("mp4a."))?;
    Some(AudioParameters {
        sample_entry: from.mp4_sample_entry().build().ok()?.into(),
        codec_string: codec_string.to_owned(),
        sample_rate: from.clock_rate(),
    })
}
