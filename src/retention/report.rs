//! Pure. What retention tells of itself.

use super::Doubt;
use crate::base::VolumeId;

/// After the last sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Those that could be looked at, in the order of the configuration.
    pub volumes: Vec<VolumeReport>,
    /// Why nothing goes by age; `None` = the clock is trusted.
    pub doubt: Option<Doubt>,
}

/// One volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeReport {
    /// Which.
    pub id: VolumeId,
    /// Bytes that stay free on its disk, as far as retention can help it.
    pub reserve_bytes: u64,
    /// What is wrong.
    pub trouble: Option<Trouble>,
}

/// What people should know, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// It needs room, and nothing is left on it that may go: what is left is held, or not ours.
    NothingToDelete,
    /// Rows or files cannot be deleted.
    DeletingFails,
    /// Footage went before the days it was promised to stay.
    PromiseBroken,
}

impl Trouble {
    /// Name in logs and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::NothingToDelete => "nothing_to_delete",
            Self::DeletingFails => "deleting_fails",
            Self::PromiseBroken => "days_min_broken",
        }
    }
}
