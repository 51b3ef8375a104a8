//! Pure. Sums over a picture in one go: of its columns, its rows and its tiles.

use multiversion::multiversion;

pub(super) struct Sums {
    width: usize,
    tile: usize,
    /// Of each column.
    pub(super) columns: Vec<u32>,
    /// Of each row.
    pub(super) rows: Vec<u32>,
    /// Of each tile, row by row; those at the right and at the bottom may be smaller.
    pub(super) tiles: Vec<u32>,
    line: Vec<u16>,
}

impl Sums {
    pub(super) fn new(width: usize, height: usize, tile: usize) -> Self {
        Self {
            width,
            tile,
            columns: vec![0; width],
            rows: vec![0; height],
            tiles: vec![0; width.div_ceil(tile) * height.div_ceil(tile)],
            line: vec![0; width],
        }
    }

    pub(super) fn measure(&mut self, picture: &[u8]) {
        measure(self, picture);
    }
}

/// Lanes that are summed side by side: of a row of up to 4112 pixels they do not overflow.
const LANES: usize = 16;

#[inline(always)]
fn sum(row: &[u8]) -> u32 {
    let (pieces, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0u16; LANES];
    for piece in pieces {
        lanes.iter_mut().zip(piece).for_each(|(sum, &v)| *sum += u16::from(v));
    }
    lanes.iter().map(|&v| u32::from(v)).chain(rest.iter().map(|&v| u32::from(v))).sum()
}

#[multiversion(targets("x86_64+avx2"))]
fn measure(sums: &mut Sums, picture: &[u8]) {
    let Sums { width, tile, columns, rows, tiles, line } = sums;
    let (width, tile) = (*width, *tile);
    columns.fill(0);
    let bands = picture.chunks(width * tile).zip(rows.chunks_mut(tile));
    for ((band, rows), tiles) in bands.zip(tiles.chunks_mut(width.div_ceil(tile))) {
        line.fill(0);
        for (row, out) in band.chunks_exact(width).zip(rows) {
            line.iter_mut().zip(row).for_each(|(sum, &v)| *sum += u16::from(v));
            *out = sum(row);
        }
        columns.iter_mut().zip(&*line).for_each(|(sum, &v)| *sum += u32::from(v));
        for (sum, piece) in tiles.iter_mut().zip(line.chunks(tile)) {
            *sum = piece.iter().map(|&v| u32::from(v)).sum();
        }
    }
}
