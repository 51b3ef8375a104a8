//! Pure. Decoder parameters: what a player must know before the first picture.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::init::init_segment;
use crate::base::{Error, Kind, Result};

/// Video coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    H265,
}

impl Codec {
    /// Name as people know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
        }
    }
}

/// Video part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoParameters {
    /// Coding.
    pub codec: Codec,
    /// Complete `avc1` or `hvc1` box (ISO/IEC 14496-15), parameter sets inside.
    pub sample_entry: Bytes,
    /// Codec string (RFC 6381), such as `avc1.640028`.
    pub codec_string: String,
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
}

/// Audio part: AAC only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioParameters {
    /// Complete `mp4a` box.
    pub sample_entry: Bytes,
    /// Codec string (RFC 6381), such as `mp4a.40.2`.
    pub codec_string: String,
    /// Samples a second.
    pub sample_rate: u32,
}

/// First 16 bytes of the BLAKE3 hash of an init segment: names it in the catalogue, in URLs and in ETags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParametersHash(pub [u8; 16]);

impl ParametersHash {
    /// Of an init segment's bytes.
    pub fn of(init: &[u8]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&blake3::hash(init).as_bytes()[..16]);
        Self(short)
    }

    /// From the 16 bytes of a column or a file.
    ///
    /// # Errors
    /// `Corrupt` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let short = bytes
            .try_into()
            .map_err(|_| Error::new(Kind::Corrupt, "a hash of decoder parameters has 16 bytes"))?;
        Ok(Self(short))
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for ParametersHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        let number =
            number.ok_or_else(|| Error::invalid("a hash of decoder parameters is 32 hexadecimal digits"))?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for ParametersHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ParametersHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Decoder parameters of one run, with the init segment made from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Video part; every stream has one.
    pub video: VideoParameters,
    /// Audio part, when the camera sends AAC.
    pub audio: Option<AudioParameters>,
    /// `ftyp moov` for these parameters, the same for every stream that has them.
    pub init: Bytes,
    /// Names the init segment.
    pub hash: ParametersHash,
}

impl Parameters {
    /// Makes the init segment and its name.
    pub fn new(video: VideoParameters, audio: Option<AudioParameters>) -> Self {
        let init = init_segment(&video, audio.as_ref());
        let hash = ParametersHash::of(&init);
        Self { video, audio, init, hash }
    }

    /// MIME type with codecs, as `MediaSource.isTypeSupported` takes it.
    pub fn mime(&self) -> String {
        match &self.audio {
            Some(audio) => {
                format!("video/mp4; codecs=\"{},{}\"", self.video.codec_string, audio.codec_string)
            }
            None => format!("video/mp4; codecs=\"{}\"", self.video.codec_string),
        }
    }
}
