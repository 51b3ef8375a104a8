//! Pure. What somebody may do: rights, the roles that people have, and what a machine's token gives.

use std::str::FromStr;

use crate::base::{Error, Result};

/// One right. For cameras it holds within a person's reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Figures for a monitoring system: no pictures, no names but those of cameras.
    Metrics,
    /// To see cameras and their live pictures.
    Live,
    /// To see what was recorded: footage, events, searches, timelines, outages.
    Playback,
    /// To say that footage stays, to bookmark, to mark events for the team.
    Hold,
    /// To make files of footage and to take them away.
    Export,
    /// To give an export to somebody without an account.
    Share,
    /// To say which parts of a picture count.
    Zones,
    /// To say when alerts are sent, and of what.
    Alerts,
    /// To invite people and to end their access.
    People,
    /// To set cameras, the site and everything else.
    Settings,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Metrics,
        Self::Live,
        Self::Playback,
        Self::Hold,
        Self::Export,
        Self::Share,
        Self::Zones,
        Self::Alerts,
        Self::People,
        Self::Settings,
    ];

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Live => "live",
            Self::Playback => "playback",
            Self::Hold => "hold",
            Self::Export => "export",
            Self::Share => "share",
            Self::Zones => "zones",
            Self::Alerts => "alerts",
            Self::People => "people",
            Self::Settings => "settings",
        }
    }
}

/// Some rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u16);

impl Rights {
    fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |all, right| all | 1 << *right as u16))
    }

    /// True when a right is among them.
    pub fn allow(self, right: Right) -> bool {
        self.0 & 1 << right as u16 != 0
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        Right::ALL.into_iter().filter(|right| self.allow(*right)).map(Right::name).collect()
    }

    fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

/// What somebody is to the village, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks at live pictures.
    Viewer,
    /// A guard of the hamlet: looks, looks back, keeps and takes footage.
    Guard,
    /// The head of the hamlet: also gives footage away, draws zones, sets when alerts are sent, invites viewers and
    /// guards.
    Head,
    /// Whoever looks after the recorder: everything.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Guard, Self::Head, Self::Admin];

    /// Name in columns and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Guard => "guard",
            Self::Head => "head",
            Self::Admin => "admin",
        }
    }

    /// What the role may do.
    pub fn rights(self) -> Rights {
        let own: &[Right] = match self {
            Self::Viewer => return Rights::of(&[Right::Live]),
            Self::Guard => &[Right::Playback, Right::Hold, Right::Export],
            Self::Head => &[Right::Share, Right::Zones, Right::Alerts, Right::People],
            Self::Admin => return Rights::of(&Right::ALL),
        };
        let below = if self == Self::Guard { Self::Viewer } else { Self::Guard };
        below.rights().and(Rights::of(own))
    }

    /// Whether somebody of this role may invite, change and remove people of another.
    pub fn may_manage(self, other: Self) -> bool {
        match self {
            Self::Admin => true,
            Self::Head => other < Self::Head,
            Self::Viewer | Self::Guard => false,
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| Error::invalid(format!("{name:?} is no role; use viewer, guard, head or admin")))
    }
}

/// What a machine's token gives: `admin` everything, `read` live pictures and recordings of all cameras, `metrics` figures.
///
/// # Errors
/// `Invalid` for another word, or none.
pub(super) fn of_token(words: &str) -> Result<Rights> {
    let mut rights = Rights::default();
    for word in words.split_whitespace() {
        rights = rights.and(match word {
            "admin" => Rights::of(&Right::ALL),
            "read" => Rights::of(&[Right::Metrics, Right::Live, Right::Playback]),
            "metrics" => Rights::of(&[Right::Metrics]),
            _ => {
                let sentence = format!("{word:?} is not a right; use admin, read or metrics");
                return Err(Error::invalid(sentence));
            }
        });
    }
    if rights == Rights::default() {
        return Err(Error::invalid("a token needs at least one right; use admin, read or metrics"));
    }
    Ok(rights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greater_roles_include_smaller_ones() {
        let names = |role: Role| role.rights().names().join(" ");
        assert_eq!(names(Role::Viewer), "live");
        assert_eq!(names(Role::Guard), "live playback hold export");
        assert_eq!(names(Role::Head), "live playback hold export share zones alerts people");
        assert_eq!(
            names(Role::Admin),
            "metrics live playback hold export share zones alerts people settings"
        );
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().expect("a role"), role);
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn a_head_manages_those_below_and_nobody_else_does() {
        let managed = |by: Role| Role::ALL.into_iter().filter(|other| by.may_manage(*other)).count();
        assert_eq!(Role::ALL.map(managed), [0, 0, 2, 4]);
    }

    #[test]
    fn tokens_give_what_their_words_say() {
        let names = |words: &str| of_token(words).expect("rights").names().join(" ");
        assert_eq!(names("read"), "metrics live playback");
        assert_eq!(names(" metrics "), "metrics");
        assert_eq!(of_token("metrics admin").expect("rights"), Role::Admin.rights());
        assert!(of_token("").is_err() && of_token("root").is_err());
    }
}
