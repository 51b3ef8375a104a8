//! The own authority and what it signs: kept in two files, made anew where that is needed.

use std::io;

use super::authority::{Authority, is_own_word};
use super::keeper::{Inner, RENEW, Shelf};
use super::names::Hosts;
use super::read::Pair;
use crate::base::{Host, Result, Ticks};
use crate::storage::put_private;

/// Certificate and key of the own authority.
const AUTHORITY: &str = "authority.pem";
/// What it signed last, with its key.
const OWN: &str = "own.pem";

impl Inner {
    /// The own authority and what it signs, made anew where that is needed.
    pub(super) fn look_after_own(&self, shelf: &mut Shelf, now: Ticks) -> Result<()> {
        let mut wanted = (self.hosts)();
        wanted.extend(self.config.names.iter().cloned());
        let again = std::mem::take(&mut shelf.unwritten);
        let mut unwritten = Ok(());
        if shelf.authority.is_none() {
            shelf.authority = self.load_authority();
        }
        let serves = |authority: &Authority| {
            let mut told = self.config.names.iter();
            now < authority.not_after() && told.all(|name| authority.covers(name) || !is_coverable(name))
        };
        let replaces = shelf.authority.is_some();
        let authority = match shelf.authority.take().filter(serves) {
            Some(authority) => {
                if again {
                    unwritten = put_private(&self.file(AUTHORITY), authority.pem().expose().as_bytes());
                }
                authority
            }
            None => {
                let made = Authority::make(&wanted, &hostname(&wanted), now)?;
                if replaces {
                    tracing::warn!(
                        "another certificate authority is needed; all phones must be told to trust it"
                    );
                }
                tracing::info!(
                    authority = made.name(),
                    "a certificate authority was made; /trust is the way to trust it"
                );
                unwritten = put_private(&self.file(AUTHORITY), made.pem().expose().as_bytes());
                made
            }
        };
        if self.shown.own().is_none()
            && let Ok(pem) = std::fs::read(self.file(OWN))
            && let Ok(pair) = Pair::read(&pem, &pem)
        {
            self.shown.put_own(pair);
        }
        wanted.retain(|name| authority.covers(name));
        let holds = self.shown.own().is_some_and(|facts| {
            let has = |name: &Host| facts.names.contains(name);
            // Close to the authority's own end nothing longer can be had.
            let is_last = facts.not_after >= authority.not_after() && facts.left(now) > 0.0;
            let begun = facts.not_before <= now;
            facts.issuer == authority.name()
                && wanted.iter().all(has)
                && begun
                && (facts.left(now) > RENEW || is_last)
        });
        if !holds || again {
            let pem = authority.issue(&wanted, now)?;
            let pem = pem.expose().as_bytes();
            self.shown.put_own(Pair::read(pem, pem)?);
            tracing::info!(names = ?wanted.iter().map(Host::to_string).collect::<Vec<_>>(), "a certificate was made");
            unwritten = unwritten.and(put_private(&self.file(OWN), pem));
        }
        shelf.authority = Some(authority);
        shelf.unwritten = unwritten.is_err();
        unwritten
    }

    fn load_authority(&self) -> Option<Authority> {
        let path = self.file(AUTHORITY);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
            Err(e) => format!("({e})"),
        };
        match Authority::load(&text) {
            Ok(authority) => Some(authority),
            Err(error) => {
                let kept = path.with_extension("unreadable");
                tracing::error!(error = %error, kept = %kept.display(), "the authority's file cannot be used; a new one is made");
                if let Err(error) = put_private(&kept, text.as_bytes()) {
                    tracing::warn!(error = %error, "what was in it is lost");
                }
                None
            }
        }
    }
}

/// A single word of letters is nobody's own: no authority is made for it.
fn is_coverable(name: &Host) -> bool {
    match name {
        Host::Dns(name) => is_own_word(name),
        Host::Ip(_) => true,
    }
}

/// For the name of the authority in a phone's list.
fn hostname(hosts: &Hosts) -> String {
    let mut names = hosts.iter().filter_map(|host| match host {
        Host::Dns(name) if name != "localhost" => name.split('.').next(),
        _ => None,
    });
    names.next().unwrap_or("recorder").to_owned()
}
