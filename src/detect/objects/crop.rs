//! Pure. The part of a picture that is shown to the model, and the way back.

use super::Sighting;
use crate::detect::motion::Bounds;
use crate::vision::Photo;

/// Room around the place on each side, in its width or height: a model wants to see what a thing stands before.
const AROUND: f32 = 0.25;
/// What a mover goes in a second, in its longer side: somebody who walks one, a motorbike some more.
const GOES: f32 = 2.0;
/// What fills a shown picture beyond the part that is cut out: the grey that such models are trained with.
const FILL: u8 = 114;

/// A part of a picture in whole pixels, and how large it is in what is shown, from its upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crop {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    shown: (usize, usize),
    whole: (usize, usize),
}

impl Crop {
    /// Around a place; as near to the shape of what is shown as the picture allows, for models know things by their shape.
    pub(super) fn around(place: Bounds, picture: (usize, usize), whole: (usize, usize)) -> Self {
        let more = 1.0 + 2.0 * AROUND;
        let across = (place.right - place.left).abs() * picture.0 as f32 * more;
        let down = (place.bottom - place.top).abs() * picture.1 as f32 * more;
        let shape = whole.0 as f32 / whole.1 as f32;
        let span = |length: f32, middle: f32, limit: usize| {
            let length = (length.ceil() as usize).clamp(1, limit);
            let from = (middle * limit as f32 - length as f32 / 2.0).round().max(0.0) as usize;
            (from.min(limit - length), length)
        };
        let (left, width) = span(across.max(down * shape), (place.left + place.right) / 2.0, picture.0);
        let (top, height) = span(down.max(across / shape), (place.top + place.bottom) / 2.0, picture.1);
        let scale = (whole.0 as f32 / width as f32).min(whole.1 as f32 / height as f32);
        let side = |length: usize, limit| ((length as f32 * scale).round() as usize).clamp(1, limit);
        Self { left, top, width, height, shown: (side(width, whole.0), side(height, whole.1)), whole }
    }

    /// The pixels to show.
    pub(super) fn pixels(&self, photo: &Photo) -> Vec<u8> {
        let mut out = vec![FILL; self.whole.0 * self.whole.1 * 3];
        let columns: Vec<Span> =
            (0..self.shown.0).map(|x| span(x, self.left, self.width, self.shown.0)).collect();
        for y in 0..self.shown.1 {
            let rows = span(y, self.top, self.height, self.shown.1);
            for (x, columns) in columns.iter().enumerate() {
                let at = (y * self.whole.0 + x) * 3;
                out[at..at + 3].copy_from_slice(&mean(photo, columns, &rows));
            }
        }
        out
    }

    /// Where something in the shown picture is in the picture that it was cut from.
    pub(super) fn back(&self, seen: Bounds, picture: (usize, usize)) -> Bounds {
        let of = |part: f32, from: usize, length: usize, shown: usize, whole: usize, picture: usize| {
            (from as f32 + part * whole as f32 / shown as f32 * length as f32) / picture as f32
        };
        let x = |part| of(part, self.left, self.width, self.shown.0, self.whole.0, picture.0);
        let y = |part| of(part, self.top, self.height, self.shown.1, self.whole.1, picture.1);
        Bounds { left: x(seen.left), top: y(seen.top), right: x(seen.right), bottom: y(seen.bottom) }
    }
}

/// Where a mover may be `apart` seconds before or after it was seen.
pub(super) fn reach(mover: Bounds, apart: f32, (width, height): (usize, usize)) -> Bounds {
    let (width, height) = (width as f32, height as f32);
    let longer = ((mover.right - mover.left) * width).max((mover.bottom - mover.top) * height);
    let (across, down) = (GOES * apart.abs() * longer / width, GOES * apart.abs() * longer / height);
    Bounds {
        left: (mover.left - across).max(0.0),
        top: (mover.top - down).max(0.0),
        right: (mover.right + across).min(1.0),
        bottom: (mover.bottom + down).min(1.0),
    }
}

/// Whether something was seen in a place, and not beside it: parked cars stand everywhere.
pub(super) fn is_there(seen: &Sighting, place: Bounds) -> bool {
    let b = seen.bounds;
    b.left < place.right && place.left < b.right && b.top < place.bottom && place.top < b.bottom
}

/// Pixels of the source that make one shown pixel, with the weight of the last one when it lies between two.
struct Span {
    from: usize,
    to: usize,
    /// Between `from` and `to - 1`, when there are just two of them; 256 is all.
    blend: Option<usize>,
}

fn span(n: usize, from: usize, length: usize, shown: usize) -> Span {
    if length >= shown {
        let start = from + n * length / shown;
        return Span { from: start, to: (from + (n + 1) * length / shown).max(start + 1), blend: None };
    }
    // Made larger: between the two nearest.
    let centre = ((2 * n + 1) * length * 128 / shown).saturating_sub(128).min((length - 1) * 256);
    let (first, part) = (centre / 256, centre % 256);
    Span { from: from + first, to: from + (first + 2).min(length), blend: Some(part) }
}

fn mean(photo: &Photo, columns: &Span, rows: &Span) -> [u8; 3] {
    let weight = |span: &Span, n: usize| match span.blend {
        None => 256,
        Some(_) if span.to - span.from == 1 => 256,
        Some(part) if n == span.from => 256 - part,
        Some(part) => part,
    };
    let (mut sum, mut total) = ([0_usize; 3], 0);
    for y in rows.from..rows.to {
        for x in columns.from..columns.to {
            let weight = weight(columns, x) * weight(rows, y);
            let at = (y * photo.width + x) * 3;
            for (sum, value) in sum.iter_mut().zip(&photo.rgb[at..at + 3]) {
                *sum += usize::from(*value) * weight;
            }
            total += weight;
        }
    }
    sum.map(|sum| u8::try_from(sum / total.max(1)).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::ObjectKind;

    fn bounds() -> impl Strategy<Value = Bounds> {
        (0.0..1.0_f32, 0.0..1.0_f32, 0.0..1.0_f32, 0.0..1.0_f32).prop_map(|(a, b, c, d)| Bounds {
            left: a.min(b),
            right: a.max(b),
            top: c.min(d),
            bottom: c.max(d),
        })
    }

    proptest! {
        #[test]
        fn a_crop_lies_within_the_picture_holds_the_mover_and_finds_the_way_back(
            mover in bounds(), apart in 0.0..10.0_f32, width in 1_usize..80, height in 1_usize..60, side in 1_usize..40,
        ) {
            let picture = (width, height);
            let place = reach(mover, apart, picture);
            prop_assert!(place.left <= mover.left && place.bottom >= mover.bottom);
            let crop = Crop::around(place, picture, (side, side));
            prop_assert!(crop.left + crop.width <= width && crop.top + crop.height <= height);
            let slack = |whole: usize| 1.5 / whole as f32;
            prop_assert!(crop.left as f32 / width as f32 <= mover.left + slack(width));
            prop_assert!((crop.left + crop.width) as f32 / width as f32 >= mover.right - slack(width));
            prop_assert!((crop.top + crop.height) as f32 / height as f32 >= mover.bottom - slack(height));
            let whole = Bounds {
                left: 0.0, top: 0.0,
                right: crop.shown.0 as f32 / side as f32, bottom: crop.shown.1 as f32 / side as f32,
            };
            let back = crop.back(whole, picture);
            prop_assert!((back.right - (crop.left + crop.width) as f32 / width as f32).abs() < 1e-3);
            prop_assert!((back.top - crop.top as f32 / height as f32).abs() < 1e-3);
            // No pixel comes from elsewhere.
            let inside = |n: usize| {
                let (x, y) = (n % width, n / width);
                (crop.left..crop.left + crop.width).contains(&x) && (crop.top..crop.top + crop.height).contains(&y)
            };
            let rgb = (0..width * height).flat_map(|n| if inside(n) { [9, 99, 199] } else { [0, 0, 0] }).collect();
            let pixels = crop.pixels(&Photo { width, height, rgb });
            prop_assert_eq!(pixels.len(), side * side * 3);
            for pixel in pixels.chunks_exact(3) {
                prop_assert!(pixel == [9, 99, 199] || pixel == [FILL; 3], "{:?}", pixel);
            }
        }
    }

    #[test]
    fn a_tall_mover_is_shown_in_its_own_shape() {
        let mover = Bounds { left: 0.5, top: 0.25, right: 0.54, bottom: 0.5 };
        let crop = Crop::around(mover, (1280, 720), (300, 300));
        assert_eq!((crop.width, crop.height), (270, 270), "0.25 of 720 pixels and half as much again");
        let later = reach(mover, 0.25, (1280, 720));
        let (went, fell) = (later.right - mover.right, later.bottom - mover.bottom);
        assert!((went * 1280.0 - 90.0).abs() < 0.1 && (fell * 720.0 - 90.0).abs() < 0.1, "half its height");
    }

    #[test]
    fn edges_are_kept_when_a_part_is_made_larger_or_smaller() {
        let rgb = (0..64).flat_map(|n| if n % 8 < 4 { [0; 3] } else { [240; 3] }).collect();
        let photo = Photo { width: 8, height: 8, rgb };
        let whole = Bounds { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
        let reds = |side: usize| {
            let pixels = Crop::around(whole, (8, 8), (side, side)).pixels(&photo);
            pixels.chunks_exact(3).take(side).map(|pixel| pixel[0]).collect::<Vec<_>>()
        };
        assert_eq!(reds(4), [0, 0, 240, 240]);
        assert_eq!(reds(16), [0, 0, 0, 0, 0, 0, 0, 60, 180, 240, 240, 240, 240, 240, 240, 240]);
    }

    #[test]
    fn what_stands_beside_is_not_the_mover() {
        let seen = |left, right| Sighting {
            kind: ObjectKind::Vehicle,
            confidence: 0.9,
            bounds: Bounds { left, top: 0.0, right, bottom: 1.0 },
        };
        let mover = Bounds { left: 0.4, top: 0.4, right: 0.5, bottom: 0.6 };
        assert!(is_there(&seen(0.45, 0.9), mover));
        assert!(!is_there(&seen(0.55, 0.9), mover));
    }
}
