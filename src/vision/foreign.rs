//! What FFmpeg's safe wrapper lacks: extradata in and out, and a limit of pixels. The one place that touches its structures.
#![expect(unsafe_code, reason = "ffmpeg-next has no safe way to extradata and to the limit of pixels")]

use std::ptr;

use ffmpeg_next as ffmpeg;

use ffmpeg::codec::decoder::Video;
use ffmpeg::codec::threading;
use ffmpeg::ffi;

use crate::media::Codec;

/// Pictures with more pixels are refused: 8192 x 4320, the largest level of H.265.
const MOST_PIXELS: i64 = 8192 * 4320;

/// Looks the decoders up, before files are out of reach, and makes FFmpeg silent: what it would write is foreign text.
pub(super) fn prepare_decoders() -> Result<(), String> {
    ffmpeg::util::log::set_level(ffmpeg::util::log::Level::Quiet);
    [Codec::H264, Codec::H265].into_iter().try_for_each(|codec| find(codec).map(|_| ()))
}

fn find(codec: Codec) -> Result<ffmpeg::Codec, String> {
    // By name: FFmpeg's own, never one that opens devices.
    let name = match codec {
        Codec::H264 => "h264",
        Codec::H265 => "hevc",
    };
    ffmpeg::codec::decoder::find_by_name(name)
        .ok_or_else(|| format!("this FFmpeg cannot decode {}; install Debian's libavcodec59", codec.name()))
}

/// A decoder in this thread only, fed with length-prefixed NAL units.
pub(super) fn open_decoder(codec: Codec, configuration: &[u8]) -> Result<Video, String> {
    let found = find(codec)?;
    let mut context = ffmpeg::codec::Context::new_with_codec(found);
    context.set_threading(threading::Config { count: 1, ..threading::Config::default() });
    let size = i32::try_from(configuration.len()).map_err(|_| "decoder parameters too long".to_owned())?;
    let padding = ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    // SAFETY: `context` is owned here and not yet open; the buffer has room for `size` bytes and the zeros that FFmpeg
    // reads beyond, comes from its own allocator, and belongs to the context from here on.
    unsafe {
        let context = context.as_mut_ptr();
        let extradata = ffi::av_mallocz(configuration.len() + padding).cast::<u8>();
        if context.is_null() || extradata.is_null() {
            return Err("out of memory".to_owned());
        }
        ptr::copy_nonoverlapping(configuration.as_ptr(), extradata, configuration.len());
        (*context).extradata = extradata;
        (*context).extradata_size = size;
        (*context).max_pixels = MOST_PIXELS;
    }
    context
        .decoder()
        .open_as(found)
        .and_then(ffmpeg::codec::decoder::Opened::video)
        .map_err(|e| e.to_string())
}

/// What a file says of its video track.
pub(super) struct FileTrack {
    /// Content of the `avcC` or `hvcC` box, in MP4 and MOV files.
    pub(super) configuration: Vec<u8>,
    /// Pixels.
    pub(super) width: u16,
    /// Pixels.
    pub(super) height: u16,
}

/// Reads it from an open file.
pub(super) fn file_track(stream: &ffmpeg::Stream<'_>) -> FileTrack {
    let parameters = stream.parameters();
    // SAFETY: the parameters live as long as the stream; FFmpeg keeps `extradata_size` bytes at `extradata`, or none.
    unsafe {
        let parameters = parameters.as_ptr();
        let (data, size) = ((*parameters).extradata, (*parameters).extradata_size);
        let configuration = match usize::try_from(size) {
            Ok(size) if !data.is_null() => std::slice::from_raw_parts(data, size).to_vec(),
            _ => Vec::new(),
        };
        let side = |pixels: i32| u16::try_from(pixels).unwrap_or(0);
        FileTrack { configuration, width: side((*parameters).width), height: side((*parameters).height) }
    }
}
