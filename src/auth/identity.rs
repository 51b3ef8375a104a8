//! Pure. Who somebody is and what they may do.

use uuid::Uuid;

use super::rights::{Right, Rights, Role};
use crate::base::{CameraId, Error, Kind, Result};
use crate::catalogue::{LiveReach, Reach, Scope, TokenHash};

/// Somebody whose session or token is valid at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the audit calls them: a person's sign-in name, or `token`.
    pub name: String,
    /// As people call them; may be empty.
    pub display_name: String,
    /// Their role; `None` for a machine.
    pub role: Option<Role>,
    /// What they may do.
    pub rights: Rights,
    /// Language of what is written to them.
    pub locale: String,
    /// Where the team calls them; empty = not said.
    pub phone: String,
    /// Where they may do it.
    pub(super) scope: Scope,
    /// What the scope was made of; `None` = the whole site.
    pub(super) reach: Option<Reach>,
    /// Of what they see live pictures besides.
    pub(super) live: LiveReach,
    /// All of which they see live pictures: no less than `scope`.
    pub(super) live_scope: Scope,
    pub(super) means: Means,
}

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// A session of a person; `has_password` as of this request; `stale`: they have not typed it for long.
    Session { hash: TokenHash, person: Uuid, has_password: bool, stale: bool },
    /// A bearer token of a machine.
    Token(TokenHash),
}

/// The public id of a session or token: what its hash begins with says nothing of the token.
pub(super) fn public_id(hash: TokenHash) -> Uuid {
    let mut id = [0; 16];
    id.copy_from_slice(&hash.0[..16]);
    Uuid::from_bytes(id)
}

impl Identity {
    /// The cameras on which somebody may do this: whatever is asked of the catalogue in their name needs it.
    ///
    /// # Errors
    /// `Forbidden` when they may not.
    pub fn require(&self, right: Right) -> Result<Scope> {
        if self.rights.allow(right) {
            let scope = if right == Right::Live { &self.live_scope } else { &self.scope };
            return Ok(scope.clone());
        }
        let who = if self.is_person() { "you do not have" } else { "this token does not have" };
        let sentence = format!("{who} the right {}; ask whoever looks after the recorder", right.name());
        Err(Error::new(Kind::Forbidden, sentence))
    }

    /// The cameras they may see; `None` = all.
    pub fn cameras(&self) -> Option<Vec<CameraId>> {
        self.live_scope.cameras().map(Iterator::collect)
    }

    /// Those of them where their rights hold; of the others they see live pictures only. `None` = all.
    pub fn full_cameras(&self) -> Option<Vec<CameraId>> {
        self.scope.cameras().map(Iterator::collect)
    }

    /// Whom marks belong to that are each person's own: the person, or what stands for the machine's token.
    pub fn id(&self) -> Uuid {
        match self.means {
            Means::Session { person, .. } => person,
            Means::Token(hash) => public_id(hash),
        }
    }

    /// True for a person with a session, false for a machine with a token.
    pub fn is_person(&self) -> bool {
        matches!(self.means, Means::Session { .. })
    }

    /// They came in by the session of this public id.
    pub fn came_by(&self, session: Uuid) -> bool {
        matches!(self.means, Means::Session { hash, .. } if public_id(hash) == session)
    }

    /// Hash of the session that they came in with; `None` for a token.
    pub fn session(&self) -> Option<TokenHash> {
        match self.means {
            Means::Session { hash, .. } => Some(hash),
            Means::Token(_) => None,
        }
    }

    /// Both came in by the same session or token.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.means, other.means) {
            (Means::Session { hash: mine, .. }, Means::Session { hash: theirs, .. })
            | (Means::Token(mine), Means::Token(theirs)) => mine == theirs,
            _ => false,
        }
    }

    /// Both may do the same on the same cameras.
    pub(super) fn may_the_same(&self, other: &Self) -> bool {
        self.rights == other.rights && self.scope == other.scope && self.live_scope == other.live_scope
    }

    /// They have not typed the password that they have for long: what could do harm asks for it.
    pub fn is_stale(&self) -> bool {
        matches!(self.means, Means::Session { stale: true, .. })
    }

    /// The person has set a password.
    pub fn has_password(&self) -> bool {
        matches!(self.means, Means::Session { has_password: true, .. })
    }
}
