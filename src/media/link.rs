//! Pure. The hash chain over the fragments of a file.

use uuid::Uuid;

use super::boxes::{BoxWriter, u32_at};

/// Extended type of the `uuid` box that follows every fragment.
const KIND: Uuid = Uuid::from_u128(0x6c61_6e65_7761_7463_8002_6c69_6e6b_0001);

/// Size of a link box.
pub const LINK_BYTES: usize = 8 + 16 + 4 + 4 + 32;

/// BLAKE3 hashes sixteen chunks of 1 KiB side by side only where a whole run of them is at hand: parts of odd sizes,
/// gathered into pieces of this size first, are hashed in three quarters of the time.
const PIECE: usize = 64 << 10;

/// The running hash: of the init first, then of each fragment behind the hash before it.
#[derive(Clone, Debug)]
pub struct Chain {
    last: [u8; 32],
    number: u32,
}

impl Chain {
    /// Starts with the bytes of `ftyp moov`.
    pub fn start(init: &[u8]) -> Self {
        Self { last: *blake3::hash(init).as_bytes(), number: 0 }
    }

    /// Number of the last fragment linked, 0 before the first.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The hash so far.
    pub fn hash(&self) -> [u8; 32] {
        self.last
    }

    /// Links the next fragment, given in parts, and returns the box to write behind it.
    pub fn link<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; LINK_BYTES] {
        let mut hasher = blake3::Hasher::new();
        let mut piece = Vec::with_capacity(PIECE);
        piece.extend_from_slice(&self.last);
        let mut length = 0;
        for mut part in parts {
            length += part.len();
            while !part.is_empty() {
                let (fits, rest) = part.split_at(part.len().min(PIECE - piece.len()));
                piece.extend_from_slice(fits);
                part = rest;
                if piece.len() == PIECE {
                    hasher.update(&piece);
                    piece.clear();
                }
            }
        }
        hasher.update(&piece);
        self.last = *hasher.finalize().as_bytes();
        self.number += 1;
        let mut w = BoxWriter::with_capacity(LINK_BYTES);
        w.nest(b"uuid", |w| {
            w.bytes(KIND.as_bytes());
            w.u32(self.number);
            w.u32(length as u32);
            w.bytes(&self.last);
        });
        let mut link = [0; LINK_BYTES];
        link.copy_from_slice(&w.out);
        link
    }

    /// Checks that `link` (a whole box) is the one that belongs behind `fragment`, and moves on when it is.
    pub fn check(&mut self, fragment: &[u8], link: &[u8]) -> bool {
        let mut next = self.clone();
        let right = next.link([fragment]);
        if link != right {
            return false;
        }
        *self = next;
        true
    }
}

/// Length of the fragment that the content of a `uuid` box links, when it is a link.
pub(super) fn linked_bytes(content: &[u8]) -> Option<u32> {
    u32_at(content.strip_prefix(KIND.as_bytes())?, 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_make_the_hash_of_the_whole(lengths in proptest::collection::vec(0_usize..90_000, 0..8)) {
            let parts: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(n, l)| vec![n as u8 + 1; *l]).collect();
            let mut chain = Chain::start(b"init");
            let plain = blake3::Hasher::new().update(&chain.hash()).update(&parts.concat()).finalize();
            let link = chain.link(parts.iter().map(Vec::as_slice));
            prop_assert_eq!(chain.hash(), *plain.as_bytes());
            prop_assert!(Chain::start(b"init").check(&parts.concat(), &link));
        }
    }
}
