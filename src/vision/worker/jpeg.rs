//! A JPEG out of a decoded frame: made smaller first, then coloured.

use ffmpeg_next as ffmpeg;

use ffmpeg::frame;
use ffmpeg::util::color::{Range, Space};
use ffmpeg::util::format::Pixel;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::super::average::{average, fit};
use super::super::wire::Outcome;
use super::decode::{plane, side};
use crate::base::Ticks;

/// Pictures higher than this are BT.709 when they do not say, lower ones BT.601: what cameras and players assume.
const SD_HEIGHT: usize = 576;

/// `quality` is 1 to 100.
pub(super) fn encode(
    frame: &frame::Video,
    at: Ticks,
    max_width: usize,
    quality: u8,
) -> Result<Outcome, String> {
    if !matches!(frame.format(), Pixel::YUV420P | Pixel::YUVJ420P) {
        return Err(format!(
            "with pixels of type {:?} makes no JPEG; set the camera to 4:2:0",
            frame.format()
        ));
    }
    let full = frame.format() == Pixel::YUVJ420P || frame.color_range() == Range::JPEG;
    let luma = plane(frame, 0)?;
    let matrix = match frame.color_space() {
        Space::BT709 => Matrix::BT709,
        Space::BT470BG | Space::SMPTE170M => Matrix::BT601,
        _ if luma.height > SD_HEIGHT => Matrix::BT709,
        _ => Matrix::BT601,
    };
    let (width, height) = fit((luma.width, luma.height), (max_width, 0));
    let bright = average(luma, width, height);
    let chroma = [plane(frame, 1)?, plane(frame, 2)?];
    let (across, down) = (chroma[0].width.min(width), chroma[0].height.min(height));
    let [blue, red] = chroma.map(|plane| average(plane, across, down));

    let mut rgb = Vec::with_capacity(width * height * 3);
    for (y, row) in bright.chunks_exact(width).enumerate() {
        let colours = y * down / height * across;
        for (x, luma) in row.iter().enumerate() {
            let colour = colours + x * across / width;
            rgb.extend_from_slice(&matrix.rgb(full, *luma, blue[colour], red[colour]));
        }
    }
    let mut file = Vec::with_capacity(rgb.len() / 8);
    let (width, height) = (side(width)?, side(height)?);
    JpegEncoder::new_with_quality(&mut file, quality.clamp(1, 100))
        .encode(&rgb, width.into(), height.into(), ExtendedColorType::Rgb8)
        .map_err(|e| format!("makes no JPEG: {e}"))?;
    Ok(Outcome::Jpeg { at, width, height, file: file.into() })
}

/// Red and blue out of luma and chroma (ITU-R BT.601 section 2.5, BT.709 section 3), in 1/65536.
struct Matrix {
    red: i32,
    green_by_blue: i32,
    green_by_red: i32,
    blue: i32,
}

impl Matrix {
    const BT601: Self = Self { red: 91881, green_by_blue: -22554, green_by_red: -46802, blue: 116_130 };
    const BT709: Self = Self { red: 103_206, green_by_blue: -12276, green_by_red: -30679, blue: 121_609 };

    fn rgb(&self, full: bool, luma: u8, blue: u8, red: u8) -> [u8; 3] {
        let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
        // Limited range: luma 16 to 235, chroma 16 to 240.
        let (luma, scale) = if full { (luma << 16, 256) } else { ((luma - 16) * 76309, 291) };
        let colour = |by_blue: i32, by_red: i32| {
            let chroma = (by_blue * blue + by_red * red) / 256 * scale;
            ((luma + chroma + (1 << 15)) >> 16).clamp(0, 255) as u8
        };
        [colour(0, self.red), colour(self.green_by_blue, self.green_by_red), colour(self.blue, 0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_red_are_what_the_standards_say() {
        for matrix in [Matrix::BT601, Matrix::BT709] {
            assert_eq!(matrix.rgb(false, 16, 128, 128), [0, 0, 0]);
            assert_eq!(matrix.rgb(false, 235, 128, 128), [255, 255, 255]);
            assert_eq!(matrix.rgb(true, 0, 128, 128), [0, 0, 0]);
            assert_eq!(matrix.rgb(true, 255, 128, 128), [255, 255, 255]);
        }
        let near = |seen: [u8; 3], wished: [u8; 3]| seen.iter().zip(wished).all(|(s, w)| s.abs_diff(w) <= 2);
        assert!(near(Matrix::BT601.rgb(false, 81, 90, 240), [255, 0, 0]));
        assert!(near(Matrix::BT601.rgb(true, 76, 85, 255), [254, 0, 0]));
        assert!(near(Matrix::BT709.rgb(false, 63, 102, 240), [255, 0, 0]));
    }
}
