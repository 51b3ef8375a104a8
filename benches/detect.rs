//! The detector on one picture, and the watch for tampering: a lane with noise and two walkers, at the size it asks for.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lanewatch::base::Ticks;
use lanewatch::detect::{Detector, Frame, TamperWatch, picture_size};

/// Ticks between two pictures: five a second.
const GAP: i64 = 18_000;
/// Pictures painted before and used in turn.
const PICTURES: usize = 50;

/// A textured scene with noise of about two levels; two bright figures cross it.
fn pictures(width: usize, height: usize) -> Vec<Vec<u8>> {
    let mut state = 1u64;
    let mut dice = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 56) as u8
    };
    let scene: Vec<u8> =
        (0..width * height).map(|n| (70 + (n / 9 * 37 + n / width / 7 * 53) % 90) as u8).collect();
    let picture = |t: usize| {
        let mut picture: Vec<u8> = scene.iter().map(|level| level + dice() % 5).collect();
        for (from, row) in [(10, height / 3), (width / 2, height / 2)] {
            let left = (from + t * 2) % (width - 12);
            for line in picture.chunks_exact_mut(width).skip(row).take(height / 5) {
                line[left..left + 10].fill(230);
            }
        }
        picture
    };
    (0..PICTURES).map(picture).collect()
}

fn motion(c: &mut Criterion) {
    let (width, height) = picture_size(640, 360);
    let pictures = pictures(width, height);
    let mut detector = Detector::new();
    let mut n = 0usize;
    c.bench_function("detector, one picture", |b| {
        b.iter(|| {
            let at = Ticks(n as i64 * GAP);
            let frame = Frame { width, height, luma: &pictures[n % PICTURES], at };
            n += 1;
            black_box(detector.look(black_box(&frame)))
        });
    });
    let mut watch = TamperWatch::new();
    let mut n = 0usize;
    c.bench_function("tampering, one look a second", |b| {
        b.iter(|| {
            let at = Ticks(n as i64 * 90_000);
            let frame = Frame { width, height, luma: &pictures[n % PICTURES], at };
            n += 1;
            black_box(watch.look(black_box(&frame)))
        });
    });
}

criterion_group!(benches, motion);
criterion_main!(benches);
