//! Pure. What the service and its worker say to each other.
//!
//! A frame is `u32` length of the rest, `u8` kind, content; numbers are little endian. Neither side trusts the other: a
//! length beyond the limit, an unknown kind or a content of the wrong length is an error and ends the connection.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use super::{Damage, Want};
use crate::base::Ticks;
use crate::media::Codec;

/// Longest frame to the worker: an access unit of 64 Mbit/s that holds a whole second fits.
pub(super) const MOST_TO_WORKER: usize = 8 << 20;
/// Longest frame from the worker: a grey picture of 4096 x 2160 fits.
pub(super) const MOST_FROM_WORKER: usize = 9 << 20;
/// Longest text from the worker that is looked at, in bytes.
const MOST_TEXT: usize = 500;

/// A frame that is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

/// To the worker. `channel` names a decoder there, `ticket` the answer that will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order<'a> {
    /// A decoder with these parameters; replaces the one of that channel.
    Open { channel: u32, codec: Codec, configuration: &'a [u8] },
    /// One access unit to decode.
    Unit(UnitOrder, &'a [u8]),
    /// No unit follows: the pictures that the decoder still holds, one an answer.
    Drain { channel: u32, ticket: u64 },
    /// The channel is not needed any more.
    Close { channel: u32 },
}

/// All of a unit but its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitOrder {
    pub(super) channel: u32,
    pub(super) ticket: u64,
    pub(super) at: Ticks,
    /// Decoding can start here.
    pub(super) random_access: bool,
    /// Packets were lost just before it.
    pub(super) loss: bool,
    pub(super) want: Want,
}

/// Bytes of a unit's frame before the unit's own.
const UNIT_HEAD: usize = 5 + 4 + 8 + 8 + 1 + 1 + 2 + 2;

/// The frame of an order without the unit's bytes, which follow it on the wire as they are.
pub(super) fn order_head(order: &Order<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(UNIT_HEAD);
    out.extend_from_slice(&[0; 4]);
    let mut following = 0;
    match order {
        Order::Open { channel, codec, configuration } => {
            out.push(1);
            out.extend_from_slice(&channel.to_le_bytes());
            out.push(match codec {
                Codec::H264 => 4,
                Codec::H265 => 5,
            });
            out.extend_from_slice(configuration);
        }
        Order::Unit(unit, data) => {
            out.push(2);
            out.extend_from_slice(&unit.channel.to_le_bytes());
            out.extend_from_slice(&unit.ticket.to_le_bytes());
            out.extend_from_slice(&unit.at.0.to_le_bytes());
            out.push(u8::from(unit.random_access) | u8::from(unit.loss) << 1);
            let (kind, a, b) = match unit.want {
                Want::Reference => (0, 0, 0),
                Want::Grey { max_width, max_height } => (1, max_width, max_height),
                Want::Jpeg { max_width, quality } => (2, max_width, u16::from(quality)),
            };
            out.push(kind);
            out.extend_from_slice(&a.to_le_bytes());
            out.extend_from_slice(&b.to_le_bytes());
            following = data.len();
        }
        Order::Drain { channel, ticket } => {
            out.push(3);
            out.extend_from_slice(&channel.to_le_bytes());
            out.extend_from_slice(&ticket.to_le_bytes());
        }
        Order::Close { channel } => {
            out.push(4);
            out.extend_from_slice(&channel.to_le_bytes());
        }
    }
    let length = u32::try_from(out.len() - 4 + following).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

/// Reads the frame behind the length.
pub(super) fn order(frame: &[u8]) -> Result<Order<'_>, Malformed> {
    let mut rest = frame;
    let kind = take(&mut rest, Buf::try_get_u8)?;
    let channel = take(&mut rest, Buf::try_get_u32_le)?;
    match kind {
        1 => {
            let codec = match take(&mut rest, Buf::try_get_u8)? {
                4 => Codec::H264,
                5 => Codec::H265,
                _ => return Err(Malformed("an unknown coding")),
            };
            Ok(Order::Open { channel, codec, configuration: rest })
        }
        2 => {
            let ticket = take(&mut rest, Buf::try_get_u64_le)?;
            let at = Ticks(take(&mut rest, Buf::try_get_i64_le)?);
            let flags = take(&mut rest, Buf::try_get_u8)?;
            let want = take(&mut rest, Buf::try_get_u8)?;
            let (a, b) = (take(&mut rest, Buf::try_get_u16_le)?, take(&mut rest, Buf::try_get_u16_le)?);
            let want = match want {
                0 => Want::Reference,
                1 => Want::Grey { max_width: a, max_height: b },
                2 => Want::Jpeg {
                    max_width: a,
                    quality: u8::try_from(b).map_err(|_| Malformed("a quality beyond 255"))?,
                },
                _ => return Err(Malformed("an unknown wish")),
            };
            let (random_access, loss) = (flags & 1 != 0, flags & 2 != 0);
            Ok(Order::Unit(UnitOrder { channel, ticket, at, random_access, loss, want }, rest))
        }
        3 => {
            let ticket = take(&mut rest, Buf::try_get_u64_le)?;
            ended(rest, Order::Drain { channel, ticket })
        }
        4 => ended(rest, Order::Close { channel }),
        _ => Err(Malformed("an unknown order")),
    }
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Confined; units may come. Says how it is confined.
    Ready { confinement: String },
    /// A unit is done, and took so many microseconds of CPU.
    Answer { ticket: u64, cpu_us: u32, outcome: Outcome },
    /// Something for the log, such as what it dies of.
    Note { text: String },
}

/// What came of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Decoded; no picture to show for it.
    Nothing,
    /// Luma, `width * height` bytes.
    Grey { at: Ticks, width: u16, height: u16, luma: Bytes },
    /// A JPEG file.
    Jpeg { at: Ticks, width: u16, height: u16, file: Bytes },
    /// No picture.
    Damage(Damage),
}

/// The frame of a word.
pub(super) fn word_frame(word: &Word) -> Vec<u8> {
    let mut out = vec![0; 4];
    match word {
        Word::Ready { confinement } => {
            out.push(1);
            out.extend_from_slice(confinement.as_bytes());
        }
        Word::Answer { ticket, cpu_us, outcome } => {
            out.push(2);
            out.extend_from_slice(&ticket.to_le_bytes());
            out.extend_from_slice(&cpu_us.to_le_bytes());
            match outcome {
                Outcome::Nothing => out.push(0),
                Outcome::Grey { at, width, height, luma: data }
                | Outcome::Jpeg { at, width, height, file: data } => {
                    out.push(if matches!(outcome, Outcome::Grey { .. }) { 1 } else { 2 });
                    out.extend_from_slice(&at.0.to_le_bytes());
                    out.extend_from_slice(&width.to_le_bytes());
                    out.extend_from_slice(&height.to_le_bytes());
                    out.extend_from_slice(data);
                }
                Outcome::Damage(Damage::NeedsKey) => out.push(3),
                Outcome::Damage(Damage::Broken) => out.push(4),
                Outcome::Damage(Damage::Unsupported(text)) => {
                    out.push(5);
                    out.extend_from_slice(text.as_bytes());
                }
            }
        }
        Word::Note { text } => {
            out.push(3);
            out.extend_from_slice(text.as_bytes());
        }
    }
    let length = u32::try_from(out.len() - 4).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

/// Takes the next whole frame from the front of what has been received; `None` when more must come first.
pub(super) fn next_word(received: &mut BytesMut) -> Result<Option<Word>, Malformed> {
    let Some(length) = received.first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 || length > MOST_FROM_WORKER {
        return Err(Malformed("a frame longer than allowed"));
    }
    if received.len() < 4 + length {
        received.reserve(4 + length - received.len());
        return Ok(None);
    }
    received.advance(4);
    word(received.split_to(length).freeze()).map(Some)
}

fn word(mut rest: Bytes) -> Result<Word, Malformed> {
    match take(&mut rest, Buf::try_get_u8)? {
        1 => Ok(Word::Ready { confinement: text(&rest) }),
        2 => {
            let ticket = take(&mut rest, Buf::try_get_u64_le)?;
            let cpu_us = take(&mut rest, Buf::try_get_u32_le)?;
            let kind = take(&mut rest, Buf::try_get_u8)?;
            let outcome = match kind {
                0 => ended(&rest, Outcome::Nothing)?,
                1 | 2 => {
                    let at = Ticks(take(&mut rest, Buf::try_get_i64_le)?);
                    let width = take(&mut rest, Buf::try_get_u16_le)?;
                    let height = take(&mut rest, Buf::try_get_u16_le)?;
                    if kind == 2 {
                        Outcome::Jpeg { at, width, height, file: rest }
                    } else if rest.len() == usize::from(width) * usize::from(height) && !rest.is_empty() {
                        Outcome::Grey { at, width, height, luma: rest }
                    } else {
                        return Err(Malformed("a picture of another size than it says"));
                    }
                }
                3 => ended(&rest, Outcome::Damage(Damage::NeedsKey))?,
                4 => ended(&rest, Outcome::Damage(Damage::Broken))?,
                5 => Outcome::Damage(Damage::Unsupported(text(&rest))),
                _ => return Err(Malformed("an unknown outcome")),
            };
            Ok(Word::Answer { ticket, cpu_us, outcome })
        }
        3 => Ok(Word::Note { text: text(&rest) }),
        _ => Err(Malformed("an unknown word")),
    }
}

fn take<B, T, E>(from: &mut B, read: impl FnOnce(&mut B) -> Result<T, E>) -> Result<T, Malformed> {
    read(from).map_err(|_| Malformed("a frame shorter than its content"))
}

fn ended<T>(rest: &[u8], done: T) -> Result<T, Malformed> {
    if rest.is_empty() { Ok(done) } else { Err(Malformed("a frame longer than its content")) }
}

/// Text of the worker is foreign: short, and without what could forge a line of the log.
fn text(bytes: &[u8]) -> String {
    let short = &bytes[..bytes.len().min(MOST_TEXT)];
    String::from_utf8_lossy(short).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn wants() -> impl Strategy<Value = Want> {
        prop_oneof![
            Just(Want::Reference),
            (any::<u16>(), any::<u16>())
                .prop_map(|(max_width, max_height)| Want::Grey { max_width, max_height }),
            (any::<u16>(), any::<u8>()).prop_map(|(max_width, quality)| Want::Jpeg { max_width, quality }),
        ]
    }

    fn outcomes() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            Just(Outcome::Nothing),
            Just(Outcome::Damage(Damage::NeedsKey)),
            Just(Outcome::Damage(Damage::Broken)),
            "[a-z ]{0,40}".prop_map(|text| Outcome::Damage(Damage::Unsupported(text))),
            (any::<i64>(), 1u16..40, 1u16..40, any::<u8>()).prop_map(|(at, width, height, grey)| {
                let luma = vec![grey; usize::from(width) * usize::from(height)].into();
                Outcome::Grey { at: Ticks(at), width, height, luma }
            }),
            (any::<i64>(), any::<u16>(), any::<u16>(), vec(any::<u8>(), 0..200)).prop_map(
                |(at, width, height, file)| Outcome::Jpeg { at: Ticks(at), width, height, file: file.into() }
            ),
        ]
    }

    fn words() -> impl Strategy<Value = Word> {
        prop_oneof![
            "[a-z ]{0,40}".prop_map(|confinement| Word::Ready { confinement }),
            "[a-z ]{0,40}".prop_map(|text| Word::Note { text }),
            (any::<u64>(), any::<u32>(), outcomes()).prop_map(|(ticket, cpu_us, outcome)| Word::Answer {
                ticket,
                cpu_us,
                outcome
            }),
        ]
    }

    proptest! {
        #[test]
        fn an_order_is_read_as_it_was_written(
            channel: u32, ticket: u64, at: i64, random_access: bool, loss: bool, want in wants(),
            data in vec(any::<u8>(), 0..300)
        ) {
            let unit = UnitOrder { channel, ticket, at: Ticks(at), random_access, loss, want };
            for written in [
                Order::Open { channel, codec: Codec::H264, configuration: &data },
                Order::Open { channel, codec: Codec::H265, configuration: &data },
                Order::Unit(unit, &data),
                Order::Drain { channel, ticket },
                Order::Close { channel },
            ] {
                let mut frame = order_head(&written);
                if matches!(written, Order::Unit(..)) {
                    frame.extend_from_slice(&data);
                }
                prop_assert_eq!(u32::from_le_bytes(*frame.first_chunk().unwrap()) as usize, frame.len() - 4);
                prop_assert_eq!(order(&frame[4..]), Ok(written));
            }
        }

        #[test]
        fn words_are_read_in_whatever_pieces_they_come(
            spoken in vec(words(), 1..6), pieces in vec(1usize..50, 1..40)
        ) {
            let stream: Vec<u8> = spoken.iter().flat_map(word_frame).collect();
            let (mut received, mut heard, mut at) = (BytesMut::new(), Vec::new(), 0);
            for piece in pieces.iter().cycle() {
                let end = (at + piece).min(stream.len());
                received.extend_from_slice(&stream[at..end]);
                at = end;
                while let Some(word) = next_word(&mut received).unwrap() {
                    heard.push(word);
                }
                if at == stream.len() {
                    break;
                }
            }
            prop_assert_eq!(heard, spoken);
            prop_assert!(received.is_empty());
        }

        #[test]
        fn no_bytes_break_a_reader(bytes in vec(any::<u8>(), 0..400)) {
            let _ = order(&bytes);
            let mut received = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = next_word(&mut received) {}
            // No memory is taken for a length that somebody claims beyond the limit.
            prop_assert!(received.capacity() <= MOST_FROM_WORKER + 8);
        }

        #[test]
        fn a_damaged_frame_is_an_error_or_another_word(
            spoken in words(), at: prop::sample::Index, flip in 1u8..
        ) {
            let mut stream = word_frame(&spoken);
            let at = at.index(stream.len());
            stream[at] ^= flip;
            let mut received = BytesMut::from(&stream[..]);
            if let Ok(Some(Word::Answer { outcome: Outcome::Grey { width, height, luma, .. }, .. })) =
                next_word(&mut received)
            {
                prop_assert_eq!(luma.len(), usize::from(width) * usize::from(height));
            }
        }
    }

    #[test]
    fn text_cannot_forge_a_line_of_the_log() {
        assert_eq!(text(b"one\ntwo\x1b[2J"), "one two [2J");
    }
}
