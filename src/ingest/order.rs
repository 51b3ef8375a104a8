//! Pure. Are pictures sent in another order than they are shown (B-frames)?
//!
//! RTP gives only the time at which a picture is shown. With B-frames it falls again and again; a camera whose clock
//! stepped back once falls once. So the falls are counted, not the pictures that are behind.

/// Falls within [`WINDOW`] pictures that mean B-frames.
const FALLS: u32 = 3;
/// Pictures looked at.
pub(super) const WINDOW: u32 = 32;

/// Counts falls over the last pictures.
#[derive(Debug, Default)]
pub(super) struct Order {
    behind: u32,
}

impl Order {
    /// Takes the next picture; true when the last ones cannot be explained without B-frames.
    pub(super) fn push(&mut self, out_of_order: bool) -> bool {
        self.behind = (self.behind << 1) | u32::from(out_of_order);
        (self.behind & !(self.behind >> 1)).count_ones() >= FALLS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pattern: &[i64]) -> Option<usize> {
        let (mut order, mut newest) = (Order::default(), i64::MIN);
        pattern.iter().position(|t| {
            let found = order.push(*t < newest);
            newest = newest.max(*t);
            found
        })
    }

    #[test]
    fn b_frames_are_found_within_a_second() {
        // I P B B P B B …, as x264 sends them.
        let ibbp: Vec<i64> = (0..10).flat_map(|g| [3 * g + 3, 3 * g + 1, 3 * g + 2]).collect();
        assert!(judged(&ibbp).is_some_and(|n| n < 10));
        let pyramid: Vec<i64> = (0..10).flat_map(|g| [8, 4, 2, 1, 3, 6, 5, 7].map(|t| 8 * g + t)).collect();
        assert!(judged(&pyramid).is_some_and(|n| n < 26));
    }

    #[test]
    fn one_step_back_is_not_b_frames() {
        let step: Vec<i64> = (0..40).chain(33..90).collect();
        assert_eq!(judged(&step), None);
    }
}
