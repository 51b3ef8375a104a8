//! One stream's decoder: units in, the wished pictures out, none that damage may have touched.

use std::collections::VecDeque;

use ffmpeg_next as ffmpeg;

use ffmpeg::codec::decoder::Video;
use ffmpeg::codec::discard::Discard;
use ffmpeg::util::format::Pixel;
use ffmpeg::{Packet, frame};

use super::super::average::{Plane, average, fit};
use super::super::wire::{Outcome, UnitOrder};
use super::super::{Damage, Want, foreign};
use super::jpeg;
use crate::base::Ticks;
use crate::media::Codec;

/// Units whose picture the decoder may still hold: more than the longest reordering of H.264 and H.265.
const MOST_HELD: usize = 32;
/// Pictures at least this wide are large.
const LARGE: u32 = 480;

/// What a unit's picture is to become.
struct Wish {
    ticket: i64,
    at: Ticks,
    want: Want,
}

pub(super) struct Decoder {
    codec: Codec,
    decoder: Video,
    /// Of units whose picture has not come out, in order of decoding.
    wishes: VecDeque<Wish>,
    /// Came out, not yet told.
    ready: VecDeque<Outcome>,
    /// False until a key frame, at first and after damage.
    intact: bool,
    draining: bool,
    /// The unit before was a key frame.
    after_key: bool,
    frame: frame::Video,
}

impl Decoder {
    pub(super) fn open(codec: Codec, configuration: &[u8]) -> Result<Self, String> {
        Ok(Self {
            codec,
            decoder: foreign::open_decoder(codec, configuration)?,
            wishes: VecDeque::new(),
            ready: VecDeque::new(),
            intact: false,
            draining: false,
            after_key: false,
            frame: frame::Video::empty(),
        })
    }

    /// Decodes one unit.
    pub(super) fn unit(&mut self, unit: UnitOrder, data: &[u8]) -> Outcome {
        if unit.loss && !unit.random_access {
            self.intact = false;
        }
        if !self.intact {
            if !unit.random_access {
                return Outcome::Damage(Damage::NeedsKey);
            }
            self.begin_anew();
        }
        if data.is_empty() {
            return self.broken();
        }
        self.wishes.push_back(Wish { ticket: unit.ticket as i64, at: unit.at, want: unit.want });
        if self.wishes.len() > MOST_HELD {
            self.wishes.pop_front();
        }
        let unsmoothed = if self.smooths(unit.want) { Discard::Default } else { Discard::All };
        self.decoder.skip_loop_filter(unsmoothed);
        // Copied, because FFmpeg reads beyond the end.
        let mut packet = Packet::copy(data);
        packet.set_pts(Some(unit.ticket as i64));
        if self.decoder.send_packet(&packet).is_err() {
            return self.broken();
        }
        if !self.receive() {
            return self.broken();
        }
        // Where only key frames are sent, or one for a snapshot, a decoder that reorders would keep each until the next.
        let alone = self.after_key || matches!(unit.want, Want::Jpeg { .. });
        self.after_key = unit.random_access;
        if unit.random_access && alone && !self.wishes.is_empty() {
            let whole = self.decoder.send_eof().is_ok() && self.receive();
            self.intact = false;
            if !whole {
                return self.broken();
            }
            self.ready.drain(..self.ready.len().saturating_sub(1));
        }
        self.ready.pop_front().unwrap_or(Outcome::Nothing)
    }

    /// Whether edges of blocks are worth smoothing, which is a sixth of the work: where a large picture is made small and
    /// grey they vanish anyway.
    fn smooths(&self, want: Want) -> bool {
        match want {
            Want::Grey { .. } | Want::Reference => self.decoder.width() < LARGE,
            Want::Jpeg { .. } => true,
        }
    }

    /// The next of the pictures that are still held; `Nothing` when that was all.
    pub(super) fn drain(&mut self) -> Outcome {
        if self.intact && !self.draining {
            self.draining = true;
            if self.decoder.send_eof().is_err() || !self.receive() {
                return self.broken();
            }
        }
        let outcome = self.ready.pop_front().unwrap_or(Outcome::Nothing);
        if self.ready.is_empty() {
            self.intact = false;
        }
        outcome
    }

    fn begin_anew(&mut self) {
        self.decoder.flush();
        self.wishes.clear();
        self.ready.clear();
        self.intact = true;
        self.draining = false;
    }

    fn broken(&mut self) -> Outcome {
        self.intact = false;
        Outcome::Damage(Damage::Broken)
    }

    /// Takes all frames that are there; false when one is damaged.
    fn receive(&mut self) -> bool {
        while self.decoder.receive_frame(&mut self.frame).is_ok() {
            // Neither flag is certain to be set for damage; that is why loss and errors count too.
            if self.frame.is_corrupt() || self.frame.has_decode_errors() {
                return false;
            }
            let of = self.frame.pts();
            let found = self.wishes.iter().position(|wish| of == Some(wish.ticket)).unwrap_or(0);
            let Some(wish) = self.wishes.remove(found) else { continue };
            let outcome = match wish.want {
                Want::Reference => continue,
                Want::Grey { max_width, max_height } => {
                    grey(&self.frame, wish.at, (max_width.into(), max_height.into()))
                }
                Want::Jpeg { max_width, quality } => {
                    jpeg::encode(&self.frame, wish.at, max_width.into(), quality)
                }
            };
            self.ready.push_back(outcome.unwrap_or_else(|why| {
                Outcome::Damage(Damage::Unsupported(format!("{} {why}", self.codec.name())))
            }));
        }
        true
    }
}

/// Plane `index` of a frame whose planes have 8 bits a pixel.
pub(super) fn plane(frame: &frame::Video, index: usize) -> Result<Plane<'_>, String> {
    let (width, height) = (frame.plane_width(index) as usize, frame.plane_height(index) as usize);
    Plane::new(frame.data(index), frame.stride(index), width, height)
        .ok_or_else(|| "with a picture that is smaller than it says".to_owned())
}

fn grey(frame: &frame::Video, at: Ticks, bounds: (usize, usize)) -> Result<Outcome, String> {
    match frame.format() {
        Pixel::YUV420P
        | Pixel::YUVJ420P
        | Pixel::YUV422P
        | Pixel::YUVJ422P
        | Pixel::YUV444P
        | Pixel::YUVJ444P
        | Pixel::GRAY8 => {}
        other => {
            return Err(format!("with pixels of type {other:?} is not supported; set the camera to 8 bits"));
        }
    }
    let plane = plane(frame, 0)?;
    let (width, height) = fit((plane.width, plane.height), bounds);
    let luma = average(plane, width, height).into();
    Ok(Outcome::Grey { at, width: side(width)?, height: side(height)?, luma })
}

/// A side of a picture on the wire.
pub(super) fn side(pixels: usize) -> Result<u16, String> {
    u16::try_from(pixels).map_err(|_| "with a picture that is too large".to_owned())
}
