//! Pure. Writing and walking ISO boxes (ISO/IEC 14496-12 section 4.2).

/// Writes boxes into one buffer; sizes are filled in when a box ends.
pub(super) struct BoxWriter {
    pub(super) out: Vec<u8>,
}

impl BoxWriter {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    /// A box whose content is written by `fill`.
    pub(super) fn nest(&mut self, kind: &[u8; 4], fill: impl FnOnce(&mut Self)) {
        let at = self.out.len();
        self.u32(0);
        self.bytes(kind);
        fill(self);
        let size = u32::try_from(self.out.len() - at).unwrap_or(u32::MAX);
        self.out[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }

    /// A full box: version and flags first.
    pub(super) fn full(&mut self, kind: &[u8; 4], version: u8, flags: u32, fill: impl FnOnce(&mut Self)) {
        self.nest(kind, |w| {
            w.u32(u32::from(version) << 24 | flags);
            fill(w);
        });
    }

    pub(super) fn u8(&mut self, v: u8) {
        self.out.push(v);
    }
    pub(super) fn u16(&mut self, v: u16) {
        self.bytes(&v.to_be_bytes());
    }
    pub(super) fn u32(&mut self, v: u32) {
        self.bytes(&v.to_be_bytes());
    }
    pub(super) fn u64(&mut self, v: u64) {
        self.bytes(&v.to_be_bytes());
    }
    pub(super) fn bytes(&mut self, v: &[u8]) {
        self.out.extend_from_slice(v);
    }
    pub(super) fn zeros(&mut self, n: usize) {
        self.out.resize(self.out.len() + n, 0);
    }
}

/// Reads the head of the box at the start of `data`: kind, head size, whole size (0 = to the end is not supported).
pub(super) fn head(data: &[u8]) -> Option<([u8; 4], usize, u64)> {
    let size = u32_at(data, 0)?;
    let kind: [u8; 4] = data.get(4..8)?.try_into().ok()?;
    match size {
        1 => {
            let large = u64::from_be_bytes(data.get(8..16)?.try_into().ok()?);
            (large >= 16).then_some((kind, 16, large))
        }
        8.. => Some((kind, 8, u64::from(size))),
        _ => None,
    }
}

/// Content of the first child box of a kind; `data` is the content of the parent after `skip` bytes.
pub(super) fn child<'a>(data: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    children(data).find(|(k, _)| k == kind).map(|(_, content)| content)
}

/// All child boxes in order: kind and content. Ends at the first that does not fit.
pub(super) fn children(mut data: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, head_size, size) = head(data)?;
        let size = usize::try_from(size).ok().filter(|s| *s <= data.len())?;
        let content = data.get(head_size..size)?;
        data = &data[size..];
        Some((kind, content))
    })
}

pub(super) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// Appends an unsigned LEB128 number.
pub(super) fn put_varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

/// Takes an unsigned LEB128 number off the front.
pub(super) fn take_varint(data: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&b, rest) = data.split_first()?;
        *data = rest;
        value |= u64::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Maps small negative and positive numbers to small unsigned ones.
pub(super) fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

/// Inverse of [`zigzag`].
pub(super) fn unzigzag(v: u64) -> i64 {
    (v >> 1) as i64 ^ -((v & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(v in any::<u64>(), s in any::<i64>()) {
            let mut out = Vec::new();
            put_varint(&mut out, v);
            put_varint(&mut out, zigzag(s));
            let mut rest = &out[..];
            prop_assert_eq!(take_varint(&mut rest), Some(v));
            prop_assert_eq!(take_varint(&mut rest).map(unzigzag), Some(s));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn walking_garbage_never_panics(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = children(&data).count();
        }
    }
}
