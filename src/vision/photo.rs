//! A JPEG of ours, opened again. In this process: the decoder is safe Rust, and it opens only what a worker has encoded.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{ImageDecoder, Limits};

use crate::base::{Error, Kind, Result};

/// Longest side that is opened; a worker that makes larger ones is no longer ours.
const LONGEST: u32 = 4096;

/// A picture in colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Red, green, blue of each, row by row, top first.
    pub rgb: Vec<u8>,
}

impl Photo {
    /// Opens a JPEG file in colour.
    ///
    /// # Errors
    /// `Corrupt` when it is none, or larger than ours are.
    pub fn open(file: &[u8]) -> Result<Self> {
        let broken = |e: image::ImageError| {
            Error::new(Kind::Corrupt, "a picture of an event is damaged; report this").because(e)
        };
        let mut limits = Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
        let mut decoder = JpegDecoder::new(Cursor::new(file)).map_err(broken)?;
        decoder.set_limits(limits).map_err(broken)?;
        let (width, height) = decoder.dimensions();
        if decoder.color_type() != image::ColorType::Rgb8 {
            return Err(Error::new(Kind::Corrupt, "a picture of an event is not in colour; report this"));
        }
        let (width, height) = (width as usize, height as usize);
        let mut rgb = vec![0; width * height * 3];
        decoder.read_image(&mut rgb).map_err(broken)?;
        Ok(Self { width, height, rgb })
    }
}

#[cfg(test)]
mod tests {
    use image::ExtendedColorType;
    use image::codecs::jpeg::JpegEncoder;

    use super::*;

    #[test]
    fn what_was_encoded_is_opened_and_nothing_else() {
        let pixels: Vec<u8> = (0..32 * 16).flat_map(|_| [200, 60, 20]).collect();
        let mut file = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut file, 95);
        encoder.encode(&pixels, 32, 16, ExtendedColorType::Rgb8).expect("a file");
        let photo = Photo::open(&file).expect("a picture");
        assert_eq!((photo.width, photo.height, photo.rgb.len()), (32, 16, pixels.len()));
        assert!(photo.rgb.iter().zip(&pixels).all(|(is, was)| is.abs_diff(*was) < 6));
        for bad in [&file[..40], b"no JPEG", b""] {
            assert_eq!(Photo::open(bad).expect_err("damaged").kind(), Kind::Corrupt);
        }
    }
}
