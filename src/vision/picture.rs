//! Pure. What is asked for, and what comes back.

use bytes::Bytes;

use crate::base::Ticks;

/// What to make of a unit's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Nothing: it is decoded only because later pictures refer to it.
    Reference,
    /// Its luma, made smaller by averaging until it fits, shape kept; never larger than it is. 0 = no bound.
    Grey {
        /// Pixels across, at most.
        max_width: u16,
        /// Pixels down, at most.
        max_height: u16,
    },
    /// A JPEG file in colour, made smaller by averaging.
    Jpeg {
        /// Pixels across, at most; 0 = as it is.
        max_width: u16,
        /// 1 (small) to 100 (good).
        quality: u8,
    },
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// For [`Want::Grey`].
    Grey(Grey),
    /// For [`Want::Jpeg`].
    Jpeg(Jpeg),
}

impl Picture {
    /// When it is a JPEG file.
    pub fn jpeg(self) -> Option<Jpeg> {
        match self {
            Self::Jpeg(jpeg) => Some(jpeg),
            Self::Grey(_) => None,
        }
    }
}

/// A small grey picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grey {
    /// Start of the unit that it is the picture of.
    pub at: Ticks,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Luma as coded (mostly 16 to 235, some cameras 0 to 255): `width * height` bytes, row by row, top first.
    pub luma: Bytes,
}

/// A JPEG file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jpeg {
    /// Start of the unit that it is the picture of.
    pub at: Ticks,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// The file.
    pub file: Bytes,
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// As many units are under way as may be; the unit was not taken. Whoever drops it goes on with a key frame.
    #[error("the vision worker has as many pictures of this stream as it takes at once")]
    Busy,
    /// The worker ended while it had the unit. The next unit must be a key frame: send the GOP again from its start.
    #[error("the vision worker ended and is started again")]
    Restarted,
    /// The decoder is new, or something before this unit was lost or damaged: no picture until a key frame.
    #[error("pictures come again with the next key frame")]
    NeedsKey,
    /// The unit cannot be decoded; no picture until a key frame.
    #[error("the picture is damaged")]
    Broken,
    /// The unit, or others of its stream before it, ended the worker: it was not sent.
    #[error("left out because it ended the vision worker before")]
    Skipped,
    /// A coding that is not decoded here; says which.
    #[error("{0}")]
    Unsupported(String),
    /// The room is closed.
    #[error("the vision worker has been stopped")]
    Stopped,
}

/// What a worker may say instead of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// As in [`Trouble`].
    NeedsKey,
    /// As in [`Trouble`].
    Broken,
    /// As in [`Trouble`].
    Unsupported(String),
}

impl From<Damage> for Trouble {
    fn from(damage: Damage) -> Self {
        match damage {
            Damage::NeedsKey => Self::NeedsKey,
            Damage::Broken => Self::Broken,
            Damage::Unsupported(why) => Self::Unsupported(why),
        }
    }
}
