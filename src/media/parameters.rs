//! Pure. Decoder parameters: what a player must know before the first picture.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::boxes::{BoxWriter, child};
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

/// Bytes of a visual sample entry before its child boxes, box head included (ISO/IEC 14496-12 section 12.1.3).
const VISUAL_ENTRY: usize = 8 + 78;

impl VideoParameters {
    /// From the content of an `avcC` or `hvcC` box, as files and FFmpeg's extradata hold it.
    ///
    /// # Errors
    /// `Invalid` when it is no such content, or when lengths of NAL units are not 4 bytes long.
    pub fn from_configuration(codec: Codec, configuration: &[u8], width: u16, height: u16) -> Result<Self> {
        // ISO/IEC 14496-15 sections 5.3.3.1.2 and 8.3.3.1.2: version 1; the last two bits of that byte are length - 1.
        let (kind, name, lengths_at) = match codec {
            Codec::H264 => (b"avc1", b"avcC", 4),
            Codec::H265 => (b"hvc1", b"hvcC", 21),
        };
        let lengths = configuration.get(lengths_at).filter(|_| configuration[0] == 1);
        let lengths =
            lengths.ok_or_else(|| Error::invalid(format!("these are no {} parameters", codec.name())))?;
        if lengths & 3 != 3 {
            return Err(Error::invalid(
                "lengths of NAL units must have 4 bytes; convert the file with ffmpeg",
            ));
        }
        let mut w = BoxWriter::with_capacity(VISUAL_ENTRY + 8 + configuration.len());
        w.nest(kind, |w| {
            w.zeros(6);
            w.u16(1); // data reference
            w.zeros(16);
            w.u16(width);
            w.u16(height);
            w.u32(0x0048_0000); // 72 dpi
            w.u32(0x0048_0000);
            w.zeros(4);
            w.u16(1); // one picture a sample
            w.zeros(32);
            w.u16(24);
            w.u16(0xffff);
            w.nest(name, |w| w.bytes(configuration));
        });
        Ok(Self {
            codec,
            sample_entry: w.out.into(),
            codec_string: codec_string(codec, configuration),
            width: width.into(),
            height: height.into(),
        })
    }

    /// Content of the `avcC` or `hvcC` box: what a decoder must be given before the first access unit. `None` when the
    /// sample entry has none.
    pub fn configuration(&self) -> Option<Bytes> {
        let name = match self.codec {
            Codec::H264 => b"avcC",
            Codec::H265 => b"hvcC",
        };
        let content = child(self.sample_entry.get(VISUAL_ENTRY..)?, name)?;
        Some(self.sample_entry.slice_ref(content))
    }
}

/// RFC 6381 and ISO/IEC 14496-15 annex E; the configuration is long enough.
fn codec_string(codec: Codec, configuration: &[u8]) -> String {
    let byte = |at: usize| configuration[at];
    match codec {
        Codec::H264 => format!("avc1.{:02x}{:02x}{:02x}", byte(1), byte(2), byte(3)),
        Codec::H265 => {
            let space = ["", "A", "B", "C"][usize::from(byte(1) >> 6)];
            let compatible = u32::from_be_bytes([byte(2), byte(3), byte(4), byte(5)]).reverse_bits();
            let tier = if byte(1) & 0x20 == 0 { 'L' } else { 'H' };
            let mut text = format!("hvc1.{space}{}.{compatible:X}.{tier}{}", byte(1) & 0x1f, byte(12));
            let constraints = &configuration[6..12];
            let used = constraints.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
            for constraint in &constraints[..used] {
                text += &format!(".{constraint:X}");
            }
            text
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As x264 and x265 write them, shortened behind what is read.
    const AVCC: &[u8] = &[1, 0x4d, 0x40, 0x1e, 0xff, 0xe1, 0, 0, 0];
    const HVCC: &[u8] =
        &[1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x5a, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0];

    #[test]
    fn a_configuration_goes_in_and_comes_out() {
        for (codec, configuration, string) in
            [(Codec::H264, AVCC, "avc1.4d401e"), (Codec::H265, HVCC, "hvc1.1.6.L90.90")]
        {
            let made = VideoParameters::from_configuration(codec, configuration, 640, 360).unwrap();
            assert_eq!(made.configuration().unwrap(), configuration);
            assert_eq!(made.codec_string, string);
        }
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        for wrong in [&AVCC[..4], &[], &[0; 30], &[1, 0x4d, 0x40, 0x1e, 0xfd, 0xe1]] {
            let refused = VideoParameters::from_configuration(Codec::H264, wrong, 640, 360);
            assert_eq!(refused.unwrap_err().kind(), Kind::Invalid, "{wrong:?}");
        }
    }

    #[test]
    fn a_sample_entry_without_children_has_no_configuration() {
        let mut made = VideoParameters::from_configuration(Codec::H264, AVCC, 640, 360).unwrap();
        for length in 0..made.sample_entry.len() {
            made.sample_entry.truncate(made.sample_entry.len() - usize::from(length > 0));
            assert_eq!(made.configuration().is_some(), length == 0);
        }
    }
}
