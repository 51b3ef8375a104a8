//! Pure. Small pictures out of large ones: every pixel is the mean of the box that it covers.

/// One plane of a picture, 8 bits a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane<'a> {
    /// Rows, top first.
    pub(super) data: &'a [u8],
    /// Bytes from one row to the next.
    pub(super) stride: usize,
    /// Pixels of a row.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
}

impl<'a> Plane<'a> {
    /// `None` when the bytes are fewer than the rows need.
    pub(super) fn new(data: &'a [u8], stride: usize, width: usize, height: usize) -> Option<Self> {
        let needed = stride.checked_mul(height.checked_sub(1)?)?.checked_add(width)?;
        let fits = width > 0 && width <= stride && needed <= data.len();
        fits.then_some(Self { data, stride, width, height })
    }

    fn row(&self, y: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..self.width]
    }
}

/// The largest size within the bounds that keeps the picture's shape and enlarges nothing; a bound of 0 is none.
pub(super) fn fit(
    (width, height): (usize, usize),
    (max_width, max_height): (usize, usize),
) -> (usize, usize) {
    let bound = |max: usize, whole: usize| if max == 0 { whole } else { max.min(whole) };
    let (w, h) = (bound(max_width, width), bound(max_height, height));
    // The bound that is tighter for this shape decides; the other side follows, rounded.
    if w * height <= h * width {
        (w, ((w * height * 2 + width) / (width * 2)).clamp(1, h))
    } else {
        (((h * width * 2 + height) / (height * 2)).clamp(1, w), h)
    }
}

/// Rows that fit into 16-bit sums.
const ROWS_IN_U16: usize = 257;

/// The plane in another size, at most its own: row-major, `width * height` bytes. Box `i` of `n` covers the pixels from
/// `i * size / n` to `(i + 1) * size / n`, so that all of the picture is covered and positions scale evenly.
pub(super) fn average(plane: Plane<'_>, width: usize, height: usize) -> Vec<u8> {
    let (width, height) = (width.clamp(1, plane.width), height.clamp(1, plane.height));
    let mut out = Vec::with_capacity(width * height);
    if (width, height) == (plane.width, plane.height) {
        (0..height).for_each(|y| out.extend_from_slice(plane.row(y)));
        return out;
    }
    // Boxes all of one width, as with usual sizes; otherwise of one of two.
    let even = plane.width.is_multiple_of(width);
    let narrow = plane.width / width;
    let edges: Vec<usize> = (0..=width).map(|i| i * plane.width / width).collect();
    let mut sums = vec![0u16; plane.width];
    let mut boxes = vec![0u32; width];
    for y in 0..height {
        let (top, bottom) = (y * plane.height / height, (y + 1) * plane.height / height);
        boxes.fill(0);
        for group in (top..bottom).step_by(ROWS_IN_U16) {
            sums.fill(0);
            for row in group..bottom.min(group + ROWS_IN_U16) {
                for (sum, pixel) in sums.iter_mut().zip(plane.row(row)) {
                    *sum += u16::from(*pixel);
                }
            }
            match plane.width / width {
                2 if even => add_even::<2>(&mut boxes, &sums),
                3 if even => add_even::<3>(&mut boxes, &sums),
                4 if even => add_even::<4>(&mut boxes, &sums),
                6 if even => add_even::<6>(&mut boxes, &sums),
                8 if even => add_even::<8>(&mut boxes, &sums),
                2 => add_uneven::<2>(&mut boxes, &sums, &edges),
                3 => add_uneven::<3>(&mut boxes, &sums, &edges),
                _ => {
                    for (total, edge) in boxes.iter_mut().zip(edges.windows(2)) {
                        *total += sums[edge[0]..edge[1]].iter().map(|s| u32::from(*s)).sum::<u32>();
                    }
                }
            }
        }
        // Dividing is slow, so by multiplication.
        let rows = bottom - top;
        let divide = [Divide::by(narrow * rows), Divide::by((narrow + 1) * rows)];
        if even {
            out.extend(boxes.iter().map(|total| divide[0].rounded(*total)));
        } else {
            let wide = |edge: &[usize]| usize::from(edge[1] - edge[0] > narrow);
            out.extend(
                boxes.iter().zip(edges.windows(2)).map(|(total, edge)| divide[wide(edge)].rounded(*total)),
            );
        }
    }
    out
}

/// Boxes that are all `N` wide, in a form that the compiler unrolls.
fn add_even<const N: usize>(boxes: &mut [u32], sums: &[u16]) {
    for (total, sums) in boxes.iter_mut().zip(sums.as_chunks::<N>().0) {
        *total += sums.iter().map(|s| u32::from(*s)).sum::<u32>();
    }
}

/// Boxes that are `N` or `N + 1` wide: what is one too many counts nothing, without a branch.
fn add_uneven<const N: usize>(boxes: &mut [u32], sums: &[u16], edges: &[usize]) {
    for (total, edge) in boxes.iter_mut().zip(edges.windows(2)) {
        let wide = u32::from(sums[edge[1] - 1]) * (edge[1] - edge[0] - N) as u32;
        *total += sums[edge[0]..][..N].iter().map(|s| u32::from(*s)).sum::<u32>() + wide;
    }
}

/// Division of a sum of `area` bytes by `area`, rounded to the nearest.
#[derive(Clone, Copy)]
struct Divide {
    area: u32,
    /// 2^40 / area, rounded up.
    reciprocal: u64,
}

/// With larger boxes the multiplication's error could show.
const LARGEST_RECIPROCAL: u32 = 1 << 15;

impl Divide {
    fn by(area: usize) -> Self {
        let area = u32::try_from(area).unwrap_or(u32::MAX);
        Self { area, reciprocal: (1u64 << 40).div_ceil(u64::from(area)) }
    }

    fn rounded(self, sum: u32) -> u8 {
        let sum = u64::from(sum) + u64::from(self.area / 2);
        let mean = if self.area <= LARGEST_RECIPROCAL {
            (sum * self.reciprocal) >> 40
        } else {
            sum / u64::from(self.area)
        };
        mean.min(255) as u8
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, as plainly as it can be said.
    fn slowly(plane: Plane<'_>, width: usize, height: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let mut pixels = Vec::new();
                for row in y * plane.height / height..(y + 1) * plane.height / height {
                    for column in x * plane.width / width..(x + 1) * plane.width / width {
                        pixels.push(u64::from(plane.row(row)[column]));
                    }
                }
                let n = pixels.len() as u64;
                out.push(((pixels.iter().sum::<u64>() + n / 2) / n) as u8);
            }
        }
        out
    }

    proptest! {
        #[test]
        fn every_pixel_is_the_mean_of_its_box(
            width in 1usize..90, height in 1usize..90, padding in 0usize..9,
            across in 0.0f64..1.0, down in 0.0f64..1.0, seed: u64
        ) {
            let mut state = seed | 1;
            let data: Vec<u8> = (0..(width + padding) * height).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Extremes are where rounding and overflow would show.
                match state >> 61 { 0 => 0, 1 | 2 => 255, _ => (state >> 56) as u8 }
            }).collect();
            let plane = Plane::new(&data, width + padding, width, height).unwrap();
            let small = |size: usize, by: f64| ((size as f64 * by) as usize).max(1);
            let (w, h) = (small(width, across), small(height, down));
            prop_assert_eq!(average(plane, w, h), slowly(plane, w, h));
        }

        #[test]
        fn a_fitting_size_keeps_shape_and_bounds(
            width in 1usize..5000, height in 1usize..5000, max_width in 0usize..2000, max_height in 0usize..2000
        ) {
            let (w, h) = fit((width, height), (max_width, max_height));
            prop_assert!(w >= 1 && h >= 1 && w <= width && h <= height);
            prop_assert!((max_width == 0 || w <= max_width) && (max_height == 0 || h <= max_height));
            // The other side is at most one pixel from the exact shape.
            let (exact_h, exact_w) = (w as f64 * height as f64 / width as f64, h as f64 * width as f64 / height as f64);
            prop_assert!((exact_h - h as f64).abs() <= 1.0 || (exact_w - w as f64).abs() <= 1.0);
        }
    }

    #[test]
    fn white_stays_white_in_the_largest_boxes() {
        let data = vec![255; 700 * 900];
        let plane = Plane::new(&data, 700, 700, 900).unwrap();
        assert_eq!(average(plane, 1, 1), [255]);
        assert_eq!(average(plane, 3, 2), [255; 6]);
    }

    #[test]
    fn usual_sizes() {
        assert_eq!(fit((640, 360), (160, 90)), (160, 90));
        assert_eq!(fit((704, 576), (160, 90)), (110, 90));
        assert_eq!(fit((360, 640), (160, 90)), (51, 90));
        assert_eq!(fit((1920, 1080), (640, 0)), (640, 360));
        assert_eq!(fit((320, 240), (640, 0)), (320, 240));
    }

    #[test]
    fn a_plane_shorter_than_it_says_is_refused() {
        assert!(Plane::new(&[0; 19], 5, 4, 4).is_some());
        for (bytes, stride, width, height) in [(18, 5, 4, 4), (99, 3, 4, 4), (99, 5, 0, 4), (99, 5, 4, 0)] {
            assert!(Plane::new(&vec![0; bytes], stride, width, height).is_none());
        }
    }
}
