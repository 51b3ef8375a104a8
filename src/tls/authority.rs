//! The recorder's own certificate authority. Phones trust it once; it signs what the listener shows.
//!
//! Who holds its key could speak for any site to a phone that trusts it, so the certificate itself says what it is good
//! for: names that exist in one house only, private addresses (RFC 1918, 4193), and what this recorder was told that it
//! is called. Every browser refuses what it signs beyond that (RFC 5280 section 4.2.1.10, critical).

use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;

use super::names::Hosts;
use super::read;
use crate::base::{Error, Host, Kind, Result, Secret, Ticks, random_token};

const DAY_S: i64 = 86_400;
/// Ten years: a phone is taken into the hand for this once.
const AUTHORITY_DAYS: i64 = 3652;
/// Browsers take no more of a certificate (CA/Browser Forum, Apple's HT211025).
const LEAF_DAYS: i64 = 397;
/// Phones' clocks are behind by this at most.
const BEFORE_S: i64 = DAY_S;
/// A clock that is before the program was made is wrong; what is signed then must hold when it is right again.
const EARLIEST: i64 = 1_790_000_000;

/// Hosts that no public name ends in (RFC 6761, 6762, 8375; ICANN 2024 for `internal`), and `lan`, which routers use.
const HOUSE_NAMES: [&str; 5] = ["localhost", "local", "lan", "internal", "home.arpa"];
/// Addresses that are no public site's: private, shared (RFC 6598), link-local, loopback.
const HOUSE_NETWORKS: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

/// The authority with its key.
pub(super) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    permitted: Permitted,
    name: String,
    not_after: Ticks,
}

/// What it may sign for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Permitted {
    /// Each with what is below it.
    names: Vec<String>,
    /// Addresses and masks.
    networks: Vec<(IpAddr, IpAddr)>,
}

fn failed(what: &str) -> impl FnOnce(rcgen::Error) -> Error {
    move |e| Error::internal(format!("{what}; report this")).because(e)
}

fn instant(seconds: i64) -> rcgen::CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    params
}

/// Fresh parameters, valid from and until these seconds since 1970.
fn between(from: i64, to: i64) -> CertificateParams {
    let mut params = instant(from);
    params.not_after = instant(to).not_before;
    params.distinguished_name = DistinguishedName::new();
    params
}

/// A single word of letters could be somebody's top-level domain (`dev`, `cam`), and all below it would be permitted.
pub(super) fn is_own_word(name: &str) -> bool {
    name.contains('.') || name.bytes().any(|b| !b.is_ascii_alphabetic())
}

impl Authority {
    /// Makes one, for the house and for these names.
    pub(super) fn make(names: &Hosts, hostname: &str, now: Ticks) -> Result<Self> {
        let now = now.seconds().max(EARLIEST);
        let mut params = between(EARLIEST.min(now - BEFORE_S), now + AUTHORITY_DAYS * DAY_S);
        // Two of the same name and different keys confuse those who look for the issuer by its name.
        let name = format!("lanewatch {hostname} {}", random_token(4));
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "lanewatch");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees: subtrees(names), excluded_subtrees: Vec::new() });
        let key = KeyPair::generate().map_err(failed("a key cannot be made"))?;
        let certificate = params.self_signed(&key).map_err(failed("an authority cannot be made"))?;
        Self::of(certificate.der().clone(), key)
    }

    /// The text that [`Self::pem`] gave.
    pub(super) fn load(pem: &str) -> Result<Self> {
        let damaged = |what: &str| Error::new(Kind::Corrupt, format!("{what} cannot be read"));
        let certificate =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| damaged("its certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| damaged("its key"))?;
        let key = KeyPair::try_from(&key).map_err(|_| damaged("its key"))?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|_| damaged("its certificate"))?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
            return Err(Error::new(Kind::Corrupt, "its key belongs to another certificate"));
        }
        Self::of(certificate, key)
    }

    fn of(certificate: CertificateDer<'static>, key: KeyPair) -> Result<Self> {
        let facts = read::facts(&certificate)?;
        let permitted = Permitted::read(&certificate)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|e| Error::new(Kind::Corrupt, "it is no authority").because(e))?;
        Ok(Self { certificate, issuer, permitted, name: facts.subject, not_after: facts.not_after })
    }

    /// Certificate and key, for its file.
    pub(super) fn pem(&self) -> Secret {
        Secret::new(format!("{}{}", read::pem(&self.certificate), self.issuer.key().serialize_pem()))
    }

    /// The certificate (DER), as phones get it.
    pub(super) fn der(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// As phones list it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Not valid from here on.
    pub(super) fn not_after(&self) -> Ticks {
        self.not_after
    }

    /// What people compare.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// It may sign for this.
    pub(super) fn covers(&self, name: &Host) -> bool {
        self.permitted.covers(name)
    }

    /// Signs a certificate for those of the names that it may sign for; chain and key as PEM.
    ///
    /// # Errors
    /// `Internal` when it cannot sign: a mistake of ours.
    pub(super) fn issue(&self, names: &Hosts, now: Ticks) -> Result<Secret> {
        self.sign(&names.iter().filter(|name| self.covers(name)).cloned().collect(), now)
    }

    /// Also what no browser will take.
    fn sign(&self, names: &Hosts, now: Ticks) -> Result<Secret> {
        let from = now.seconds() - BEFORE_S;
        let to = (from + LEAF_DAYS * DAY_S).min(self.not_after.seconds());
        let mut params = between(from, to);
        params.distinguished_name.push(DnType::CommonName, "lanewatch");
        for name in names {
            params.subject_alt_names.push(match name {
                Host::Ip(address) => SanType::IpAddress(*address),
                Host::Dns(name) => {
                    let name = name.as_str().try_into().map_err(failed("a name does not fit"))?;
                    SanType::DnsName(name)
                }
            });
        }
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(failed("a key cannot be made"))?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(failed("a certificate cannot be signed"))?;
        Ok(Secret::new(format!("{}{}", leaf.pem(), key.serialize_pem())))
    }
}

fn subtrees(names: &Hosts) -> Vec<GeneralSubtree> {
    let mut out: Vec<GeneralSubtree> =
        HOUSE_NAMES.iter().map(|name| GeneralSubtree::DnsName((*name).to_owned())).collect();
    let networks = HOUSE_NETWORKS.iter().filter_map(|network| network.parse::<CidrSubnet>().ok());
    out.extend(networks.map(GeneralSubtree::IpAddress));
    let mut permitted = Permitted::default();
    for tree in &out {
        permitted.add(tree);
    }
    for name in names.iter().filter(|name| !permitted.covers(name)) {
        match name {
            Host::Dns(name) if is_own_word(name) => out.push(GeneralSubtree::DnsName(name.clone())),
            Host::Dns(_) => {}
            Host::Ip(address) => {
                let bits = if address.is_ipv4() { 32 } else { 128 };
                out.push(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, bits)));
            }
        }
    }
    out
}

/// An address and a mask as they stand in the extension: 4 + 4 or 16 + 16 bytes.
fn network(bytes: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let (address, mask) = bytes.split_at(bytes.len() / 2);
    Some((read::address(address)?, read::address(mask)?))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Permitted {
    fn read(certificate: &[u8]) -> Result<Self> {
        let bad = || Error::new(Kind::Corrupt, "its certificate does not say what it is good for");
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| bad())?;
        let constraints = parsed.name_constraints().ok().flatten().ok_or_else(bad)?;
        let mut out = Self::default();
        for subtree in constraints.value.permitted_subtrees.iter().flatten() {
            match &subtree.base {
                GeneralName::DNSName(name) => out.names.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => out.networks.extend(network(bytes)),
                _ => {}
            }
        }
        Ok(out)
    }

    fn add(&mut self, subtree: &GeneralSubtree) {
        match subtree {
            GeneralSubtree::DnsName(name) => self.names.push(name.clone()),
            GeneralSubtree::IpAddress(CidrSubnet::V4(address, mask)) => {
                self.networks.push(((*address).into(), (*mask).into()));
            }
            GeneralSubtree::IpAddress(CidrSubnet::V6(address, mask)) => {
                self.networks.push(((*address).into(), (*mask).into()));
            }
            _ => {}
        }
    }

    fn covers(&self, name: &Host) -> bool {
        match name {
            Host::Dns(name) => self.names.iter().any(|permitted| {
                let above = name.strip_suffix(permitted.as_str());
                above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }),
            Host::Ip(address) => self.networks.iter().any(|(network, mask)| {
                network.is_ipv4() == address.is_ipv4()
                    && bits(*network) & bits(*mask) == bits(*address) & bits(*mask)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Ticks {
        Ticks::parse("2026-11-22T15:00:00Z").expect("a time")
    }

    fn names(list: &[&str]) -> Hosts {
        list.iter().map(|name| name.parse().expect("a name")).collect()
    }

    #[test]
    fn it_covers_the_house_and_what_it_was_made_for_and_nothing_else() {
        let made = Authority::make(&names(&["nvr.thon.vn", "203.0.113.9", "cam", "may-1"]), "may-1", now());
        let made = made.expect("made");
        for good in [
            "localhost",
            "may-ghi.local",
            "x.lan",
            "10.9.8.7",
            "192.168.255.1",
            "fd00::1",
            "100.64.0.1",
            "nvr.thon.vn",
            "203.0.113.9",
            "may-1",
        ] {
            assert!(made.covers(&good.parse().expect("a name")), "{good}");
        }
        for bad in [
            "example.com",
            "thon.vn",
            "xnvr.thon.vn",
            "cam",
            "a.cam",
            "8.8.8.8",
            "203.0.113.8",
            "2001:db8::1",
            "local.vn",
        ] {
            assert!(!made.covers(&bad.parse().expect("a name")), "{bad}");
        }
    }

    #[test]
    fn it_is_the_same_after_its_file() {
        let made = Authority::make(&Hosts::new(), "may", now()).expect("made");
        let again = Authority::load(made.pem().expose()).expect("loaded");
        assert_eq!(made.fingerprint(), again.fingerprint());
        assert_eq!(made.permitted, again.permitted);
        assert!(again.name().starts_with("lanewatch may "), "{}", again.name());
        let days = (again.not_after() - now()) / crate::base::TICKS_PER_SECOND / DAY_S;
        assert_eq!(days, AUTHORITY_DAYS);
    }

    #[test]
    fn a_damaged_file_or_anothers_key_is_refused() {
        let (one, other) =
            (Authority::make(&Hosts::new(), "a", now()), Authority::make(&Hosts::new(), "b", now()));
        let (one, other) = (one.expect("made"), other.expect("made"));
        let mixed = format!("{}{}", read::pem(one.der()), other.issuer.key().serialize_pem());
        for bad in ["", "x", &one.pem().expose()[..200], &mixed] {
            assert!(Authority::load(bad).is_err());
        }
    }

    #[test]
    fn a_certificate_is_short_lived_and_has_no_foreign_name() {
        let made = Authority::make(&Hosts::new(), "may", now()).expect("made");
        let pem = made.issue(&names(&["may.local", "10.0.0.5", "example.com"]), now()).expect("issued");
        let leaf = CertificateDer::from_pem_slice(pem.expose().as_bytes()).expect("a certificate");
        let facts = read::facts(&leaf).expect("read");
        assert_eq!(facts.names.iter().map(Host::to_string).collect::<Vec<_>>(), ["may.local", "10.0.0.5"]);
        assert_eq!((facts.not_after - facts.not_before) / crate::base::TICKS_PER_SECOND, LEAF_DAYS * DAY_S);
        assert_eq!(facts.issuer, made.name());
    }

    /// What rustls, which browsers' rules are in, says of a certificate for a name.
    fn taken_by_webpki(made: &Authority, pem: &Secret, name: &str) -> bool {
        use rustls::client::WebPkiServerVerifier;
        use rustls::client::danger::ServerCertVerifier;
        use rustls::pki_types::{ServerName, UnixTime};

        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.der().clone()).expect("a root");
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().expect("a verifier");
        let leaf = CertificateDer::from_pem_slice(pem.expose().as_bytes()).expect("a certificate");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let at = UnixTime::since_unix_epoch(Duration::from_secs(now().seconds() as u64));
        verifier.verify_server_cert(&leaf, &[], &name, &[], at).is_ok()
    }

    /// What OpenSSL says; `None` where there is none.
    #[expect(clippy::disallowed_methods, reason = "files of the test's own, for openssl to read")]
    fn taken_by_openssl(made: &Authority, pem: &Secret, name: &str) -> Option<bool> {
        let dir = tempfile::tempdir().expect("a folder");
        let (root, leaf) = (dir.path().join("root.pem"), dir.path().join("leaf.pem"));
        std::fs::write(&root, read::pem(made.der())).expect("written");
        std::fs::write(&leaf, pem.expose()).expect("written");
        let asked = if name.parse::<IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" };
        let mut command = std::process::Command::new("openssl");
        command.args([
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-attime",
            &now().seconds().to_string(),
        ]);
        command.arg("-CAfile").arg(root).args([asked, name]).arg(leaf);
        Some(command.output().ok()?.status.success())
    }

    #[test]
    fn others_that_verify_keep_it_to_the_house() {
        let told = names(&["nvr.thon.vn", "may-1", "203.0.113.9"]);
        let made = Authority::make(&told, "may-1", now()).expect("made");
        let verify = |name: &str| {
            let pem = made.sign(&names(&[name]), now()).expect("signed");
            let taken = taken_by_webpki(&made, &pem, name);
            assert_eq!(taken_by_openssl(&made, &pem, name).unwrap_or(taken), taken, "they differ on {name}");
            taken
        };
        for good in
            ["nvr.thon.vn", "may-1.local", "localhost", "10.1.2.3", "192.168.7.7", "fd00::7", "203.0.113.9"]
        {
            assert!(verify(good), "{good}");
        }
        for bad in ["example.com", "vietcombank.com.vn", "thon.vn", "8.8.8.8", "203.0.113.8", "2001:db8::1"] {
            assert!(!verify(bad), "{bad}");
        }
        // One foreign name spoils all of them.
        let mixed = made.sign(&names(&["may-1.local", "example.com"]), now()).expect("signed");
        assert!(!taken_by_webpki(&made, &mixed, "may-1.local"));
    }

    #[test]
    fn a_machine_without_a_clock_makes_one_that_holds_when_it_has_one() {
        let made = Authority::make(&Hosts::new(), "may", Ticks::from_seconds(10)).expect("made");
        assert!(made.not_after() > now(), "{}", made.not_after());
    }
}
