//! Pure. By how many pixels a shaking camera has moved: the sums of rows and columns of the picture are laid over
//! those of the background. A shift is believed only when the picture itself then fits better.

use super::sums::Sums;

/// Shifts that are tried on each side, of the picture's height: 1/24 is 7 pixels of 180.
const FARTHEST: usize = 24;

pub(super) struct Shake {
    aligned: Vec<u8>,
    farthest: usize,
}

/// Differences of neighbours: light that changes smoothly falls out.
fn edges(sums: &[u32]) -> Vec<i32> {
    sums.windows(3).map(|w| w[2] as i32 - w[0] as i32).collect()
}

fn best(now: &[i32], known: &[i32], farthest: usize) -> i32 {
    let n = now.len().min(known.len());
    let inner = farthest..n.saturating_sub(farthest);
    if inner.is_empty() {
        return 0;
    }
    let known = &known[inner.clone()];
    let cost = |shift: i32| -> u64 {
        let from = (inner.start as i32 + shift) as usize;
        let now = &now[from..from + known.len()];
        let sum: u32 = now.iter().zip(known).map(|(a, b)| (a - b).unsigned_abs()).sum();
        u64::from(sum)
    };
    let far = farthest as i32;
    let found = (-far..=far).min_by_key(|&shift| (cost(shift), shift.abs())).unwrap_or(0);
    if cost(found) * 10 < cost(0) * 9 { found } else { 0 }
}

impl Shake {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { aligned: vec![0; width * height], farthest: height / FARTHEST }
    }

    /// The picture, moved so that it lies on the background, and by how many columns and rows. What came from outside
    /// repeats the border. `now` and `known` are the sums of both.
    pub(super) fn align<'a>(
        &'a mut self,
        picture: &'a [u8],
        look: &[u8],
        now: &Sums,
        known: &Sums,
    ) -> (&'a [u8], (i32, i32)) {
        let (width, height) = (now.columns.len(), now.rows.len());
        let across = best(&edges(&now.columns), &edges(&known.columns), self.farthest);
        let down = best(&edges(&now.rows), &edges(&known.rows), self.farthest);
        if (across, down) == (0, 0) {
            return (picture, (0, 0));
        }
        let (left, right) = (self.farthest, width - self.farthest);
        let misfit = |across: i32, down: i32| -> u32 {
            let lines = (self.farthest..height - self.farthest).step_by(3);
            lines
                .map(|y| {
                    let row = &look[y * width..][left..right];
                    let from = (y as i32 + down) as usize * width + (left as i32 + across) as usize;
                    let now = &picture[from..from + row.len()];
                    now.iter().zip(row).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum::<u32>()
                })
                .sum()
        };
        let unmoved = misfit(0, 0);
        let choices = [(across, down), (across, 0), (0, down)];
        let (across, down) = choices.into_iter().min_by_key(|&(a, d)| misfit(a, d)).unwrap_or((0, 0));
        if misfit(across, down) * 10 > unmoved * 9 {
            return (picture, (0, 0));
        }
        for (y, out) in self.aligned.chunks_exact_mut(width).enumerate() {
            let from = (y as i32 + down).clamp(0, height as i32 - 1) as usize * width;
            let row = &picture[from..from + width];
            if across >= 0 {
                let (kept, edge) = out.split_at_mut(width - across as usize);
                kept.copy_from_slice(&row[across as usize..]);
                edge.fill(row[width - 1]);
            } else {
                let (edge, kept) = out.split_at_mut(-across as usize);
                kept.copy_from_slice(&row[..kept.len()]);
                edge.fill(row[0]);
            }
        }
        (&self.aligned, (across, down))
    }
}
