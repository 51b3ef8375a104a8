//! Which certificate a connection is shown; exchanged at any time.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::read::{Facts, Pair};
use crate::base::{Error, Host, Result};

/// What there is to show.
#[derive(Debug, Default)]
pub(super) struct Shown(RwLock<Certificates>);

#[derive(Debug, Default)]
struct Certificates {
    /// Of the recorder's own authority.
    own: Option<Pair>,
    /// From files or a public authority.
    given: Option<Pair>,
    /// `given` is for its names only; whoever comes by another gets the own one.
    by_name: bool,
}

impl Shown {
    /// `by_name`: what is given is shown only to those who ask for one of its names.
    pub(super) fn new(by_name: bool) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Certificates { by_name, ..Certificates::default() })))
    }

    pub(super) fn put_own(&self, pair: Pair) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).own = Some(pair);
    }

    pub(super) fn put_given(&self, pair: Pair) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).given = Some(pair);
    }

    pub(super) fn own(&self) -> Option<Facts> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.own.as_ref().map(|pair| pair.facts.clone())
    }

    pub(super) fn given(&self) -> Option<Facts> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.given.as_ref().map(|pair| pair.facts.clone())
    }

    /// For whoever asks by this name; those who come by an address give none.
    fn choose(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let given = shown.given.as_ref().filter(|pair| {
            !shown.by_name || shown.own.is_none() || name.is_some_and(|name| is_for(&pair.facts, name))
        });
        given.or(shown.own.as_ref()).map(|pair| Arc::clone(&pair.key))
    }
}

fn is_for(facts: &Facts, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    facts.names.iter().any(|of| match of {
        // A wildcard stands for one part (RFC 9525 section 6.3).
        Host::Dns(of) => match of.strip_prefix("*.") {
            Some(parent) => name.split_once('.').is_some_and(|(_, above)| above == parent),
            None => *of == name,
        },
        Host::Ip(_) => false,
    })
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.server_name())
    }
}

/// What rustls works with: TLS 1.2 and 1.3 with ring, HTTP/2 before HTTP/1.1.
pub(super) fn server(shown: Arc<Shown>) -> Result<Arc<ServerConfig>> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::internal("TLS cannot be set up; report this").because(e))?;
    let mut config = config.with_no_client_auth().with_cert_resolver(shown);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::super::authority::Authority;
    use super::super::names::Hosts;
    use super::*;
    use crate::base::Ticks;

    fn pair(names: &[&str]) -> Pair {
        let now = Ticks::parse("2026-11-22T15:00:00Z").expect("a time");
        let names: Hosts = names.iter().map(|name| name.parse().expect("a name")).collect();
        let pem = Authority::make(&names, "may", now).expect("made").issue(&names, now).expect("issued");
        Pair::read(pem.expose().as_bytes(), pem.expose().as_bytes()).expect("read")
    }

    #[test]
    fn a_public_certificate_is_for_its_names_and_the_own_one_for_the_rest() {
        let (own, public) = (pair(&["10.0.0.5"]), pair(&["camera.example.vn"]));
        let shown = Shown::new(true);
        assert!(shown.choose(None).is_none());
        shown.put_given(public.clone());
        assert!(Arc::ptr_eq(&shown.choose(None).expect("better than nothing"), &public.key));
        shown.put_own(own.clone());
        assert!(Arc::ptr_eq(&shown.choose(None).expect("one"), &own.key));
        assert!(Arc::ptr_eq(&shown.choose(Some("may.local")).expect("one"), &own.key));
        assert!(Arc::ptr_eq(&shown.choose(Some("Camera.example.vn")).expect("one"), &public.key));
    }

    #[test]
    fn files_are_shown_to_everybody() {
        let (own, files) = (pair(&["10.0.0.5"]), pair(&["camera.example.vn"]));
        let shown = Shown::new(false);
        shown.put_own(own.clone());
        assert!(Arc::ptr_eq(&shown.choose(None).expect("one"), &own.key));
        shown.put_given(files.clone());
        assert!(Arc::ptr_eq(&shown.choose(None).expect("one"), &files.key));
    }

    #[test]
    fn a_wildcard_is_one_part() {
        let mut facts = pair(&["x.lan"]).facts;
        facts.names = vec![Host::Dns("*.example.vn".to_owned())];
        assert!(is_for(&facts, "a.example.vn"));
        assert!(!is_for(&facts, "example.vn") && !is_for(&facts, "a.b.example.vn"));
    }
}
