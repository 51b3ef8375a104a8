//! Pure. Who somebody is and what they may do.

use std::str::FromStr;

use uuid::Uuid;

use crate::base::{Error, Result};
use crate::catalogue::TokenHash;

/// One right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Figures for a monitoring system: `/metrics` and `/health`, no pictures.
    Metrics,
    /// To look at everything, live and recorded.
    Read,
    /// Everything.
    Admin,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Metrics, Self::Read, Self::Admin];

    /// Name in the API and in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// Some rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Everything.
    pub fn admin() -> Self {
        Self(vec![Scope::Admin])
    }

    /// True when `scope` is among them or follows from one of them: admin > read > metrics.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.iter().any(|held| *held as u8 >= scope as u8)
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|scope| scope.name()).collect()
    }
}

impl FromStr for Scopes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let scopes = text.split_whitespace().map(|name| {
            let found = Scope::ALL.into_iter().find(|scope| scope.name() == name);
            found
                .ok_or_else(|| Error::invalid(format!("{name:?} is not a right; use admin, read or metrics")))
        });
        let scopes = scopes.collect::<Result<Vec<_>>>()?;
        if scopes.is_empty() {
            return Err(Error::invalid("a token needs at least one right; use admin, read or metrics"));
        }
        Ok(Self(scopes))
    }
}

/// Somebody whose session or token is valid at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the audit calls them.
    pub name: String,
    /// What they may do.
    pub scopes: Scopes,
    pub(super) means: Means,
}

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// A session of a person; `has_password` as of this request.
    Session { hash: TokenHash, person: Uuid, has_password: bool },
    /// A bearer token of a machine.
    Token(TokenHash),
}

impl Identity {
    /// Whom marks belong to that are each person's own: the person, or what stands for the machine's token.
    pub fn id(&self) -> Uuid {
        match self.means {
            Means::Session { person, .. } => person,
            Means::Token(hash) => {
                let mut id = [0; 16];
                id.copy_from_slice(&hash.0[..16]);
                Uuid::from_bytes(id)
            }
        }
    }

    /// True for a person with a session, false for a machine with a token.
    pub fn is_person(&self) -> bool {
        matches!(self.means, Means::Session { .. })
    }

    /// Both came in by the same session or token.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.means, other.means) {
            (Means::Session { hash: mine, .. }, Means::Session { hash: theirs, .. })
            | (Means::Token(mine), Means::Token(theirs)) => mine == theirs,
            _ => false,
        }
    }

    /// The person has set a password.
    pub fn has_password(&self) -> bool {
        matches!(self.means, Means::Session { has_password: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greater_rights_include_smaller_ones() {
        assert!(Scopes::admin().allow(Scope::Metrics));
        let reader: Scopes = "read".parse().expect("scopes");
        assert!(reader.allow(Scope::Metrics) && !reader.allow(Scope::Admin));
        let metrics: Scopes = " metrics ".parse().expect("scopes");
        assert!(!metrics.allow(Scope::Read));
        assert!("".parse::<Scopes>().is_err() && "root".parse::<Scopes>().is_err());
    }
}
