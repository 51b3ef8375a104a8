//! Pure. The little we read of NAL units: is it a random access point, may it be dropped, is it whole.

use super::Codec;

/// What the NAL units of one access unit say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NalSummary {
    /// Decoding can start here (H.264 IDR; H.265 IDR, CRA or BLA).
    pub random_access: bool,
    /// H.265 CRA or BLA: pictures marked RASL that follow it cannot be decoded when starting here.
    pub open_gop: bool,
    /// H.265 RASL picture (ITU-T H.265 section 3.111).
    pub rasl: bool,
    /// Holds at least one coded slice.
    pub has_slice: bool,
    /// Lengths do not add up, or a forbidden bit is set.
    pub broken: bool,
}

/// Looks at the NAL headers of a length-prefixed access unit; reads no more than one byte of each payload.
pub fn summarize(codec: Codec, mut data: &[u8]) -> NalSummary {
    let mut s = NalSummary::default();
    while !data.is_empty() {
        let Some((length, rest)) = data.split_first_chunk::<4>() else {
            s.broken = true;
            break;
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length == 0 || length > rest.len() {
            s.broken = true;
            break;
        }
        let (nal, next) = rest.split_at(length);
        data = next;
        s.broken |= nal[0] & 0x80 != 0;
        match codec {
            // ITU-T H.264 table 7-1.
            Codec::H264 => match nal[0] & 0x1f {
                5 => {
                    s.random_access = true;
                    s.has_slice = true;
                }
                1..=4 => s.has_slice = true,
                _ => {}
            },
            // ITU-T H.265 table 7-1.
            Codec::H265 => match (nal[0] >> 1) & 0x3f {
                19 | 20 => {
                    s.random_access = true;
                    s.has_slice = true;
                }
                16..=18 | 21 => {
                    s.random_access = true;
                    s.open_gop = true;
                    s.has_slice = true;
                }
                8 | 9 => {
                    s.rasl = true;
                    s.has_slice = true;
                }
                0..=7 => s.has_slice = true,
                _ => {}
            },
        }
    }
    s
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(nals: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for nal in nals {
            out.extend_from_slice(&(nal.len() as u32).to_be_bytes());
            out.extend_from_slice(nal);
        }
        out
    }

    #[test]
    fn sees_key_pictures() {
        let idr = summarize(Codec::H264, &unit(&[&[0x06, 1], &[0x65, 1, 2]]));
        assert!(idr.random_access && idr.has_slice && !idr.broken);
        let cra = summarize(Codec::H265, &unit(&[&[21 << 1, 1, 9]]));
        assert!(cra.random_access && cra.open_gop);
        let rasl = summarize(Codec::H265, &unit(&[&[9 << 1, 1, 9]]));
        assert!(rasl.rasl && !rasl.random_access);
        assert!(summarize(Codec::H264, &[0, 0, 0, 9, 1]).broken);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = summarize(Codec::H264, &data);
            let _ = summarize(Codec::H265, &data);
        }
    }
}
