//! A public authority asked for a certificate: Pebble, Let's Encrypt's own test server, on loopback, with its DNS. Where
//! these are not installed (Debian's package `pebble`) there is nothing to test.

#![expect(clippy::disallowed_methods, reason = "files of the test's own, for other programs to read")]

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lanewatch::base::{Host, SharedClock, SimClock, SystemClock, TICKS_PER_SECOND};
use lanewatch::config::{Acme, CertificateSource, Proof, Tls as Config};
use lanewatch::http::Limits;
use lanewatch::tls::Tls;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;

use super::bench::Bench;
use super::browser::Browser;

const NAME: &str = "camera.example.vn";
const DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

struct Pebble {
    directory: url::Url,
    management: SocketAddr,
    /// Who signs Pebble's own HTTPS.
    root: PathBuf,
    root_der: Vec<u8>,
    /// Takes records, as a provider of DNS does.
    dns: String,
    _running: [Running; 2],
}

/// Certificate for Pebble's own HTTPS; writes `root.pem`, `pebble.pem`, `pebble.key`.
fn certificates(folder: &Path) -> Vec<u8> {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "test root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).expect("signed");
    let issuer = Issuer::new(params, key);
    let leaf_key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
    let leaf = leaf.signed_by(&leaf_key, &issuer).expect("signed");
    std::fs::write(folder.join("root.pem"), root.pem()).expect("written");
    std::fs::write(folder.join("pebble.pem"), leaf.pem()).expect("written");
    std::fs::write(folder.join("pebble.key"), leaf_key.serialize_pem()).expect("written");
    root.der().to_vec()
}

impl Pebble {
    /// Starts it; it looks for proofs on `http_port`. `None` when it is not installed.
    async fn start(folder: &Path, http_port: u16) -> Option<Self> {
        let (listen, management, dns, records) = (port(), port(), port(), port());
        let root_der = certificates(folder);
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{listen}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.join("pebble.pem"),
            "privateKey": folder.join("pebble.key"),
            "httpPort": http_port,
            "tlsPort": 5001,
        }});
        std::fs::write(folder.join("pebble.json"), config.to_string()).expect("written");
        let spawn = |command: &mut Command| {
            let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            quiet.spawn().map(Running)
        };
        let mut server = Command::new("pebble");
        server.env("PEBBLE_VA_NOSLEEP", "1").arg("-config").arg(folder.join("pebble.json"));
        server.args(["-dnsserver", &format!("127.0.0.1:{dns}"), "-strict"]);
        let mut names = Command::new("pebble-challtestsrv");
        names.args(["-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""]);
        names.args(["-dns01", &format!("127.0.0.1:{dns}"), "-management", &format!("127.0.0.1:{records}")]);
        let (Ok(names), Ok(server)) = (spawn(&mut names), spawn(&mut server)) else { return None };
        for port in [listen, management, records] {
            let mut tries = 0;
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tries += 1;
                assert!(tries < 200, "pebble does not come up");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Some(Self {
            directory: format!("https://localhost:{listen}/dir").parse().expect("an address"),
            management: ([127, 0, 0, 1], management).into(),
            root: folder.join("root.pem"),
            root_der,
            dns: format!("http://127.0.0.1:{records}"),
            _running: [names, server],
        })
    }

    /// What a browser would have to trust.
    async fn issuer(&self) -> Vec<u8> {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;
        let reply = Browser::new(self.management, "localhost", &self.root_der).get("/roots/0", &[]).await;
        CertificateDer::from_pem_slice(&reply.body).expect("a root").to_vec()
    }

    fn config(&self, proof: Proof) -> Config {
        let acme = Acme {
            names: vec![NAME.to_owned()],
            directory: self.directory.clone(),
            email: Some("it@example.vn".to_owned()),
            proof,
            root: Some(self.root.clone()),
        };
        Config { listen: None, names: Vec::new(), source: CertificateSource::Acme(acme) }
    }
}

/// Certificates, with the machine's own time: Pebble has no other.
fn open(config: Config, folder: &Path) -> (Tls, std::sync::Arc<SimClock>) {
    let system: SharedClock = SystemClock::shared();
    let clock = SimClock::starting_at(system.now());
    let names = || ["127.0.0.1", "may-ghi.local"].iter().map(|n| n.parse().expect("a name")).collect();
    let tls = Tls::open(config, folder.join("tls"), clock.clone(), names).expect("certificates");
    (tls, clock)
}

#[tokio::test]
async fn a_public_authority_looks_at_port_80_signs_and_renews() {
    let folder = tempfile::tempdir().expect("a folder");
    let http_port = port();
    let Some(pebble) = Pebble::start(folder.path(), http_port).await else { return };
    let (tls, clock) = open(pebble.config(Proof::Http), folder.path());
    let bench = Bench::on(
        ([127, 0, 0, 1], http_port).into(),
        Limits::default(),
        tempfile::tempdir().expect("a folder"),
        clock.clone(),
        Some(tls.clone()),
    )
    .await;
    assert!(!tls.standing().is_the_wanted);
    tls.look().await;
    let standing = tls.standing();
    assert_eq!(standing.trouble, None);
    assert!(standing.is_the_wanted && !standing.is_public, "its root is none that browsers know");
    let facts = standing.certificate.expect("a certificate");
    assert_eq!(facts.names, [Host::Dns(NAME.to_owned())]);
    assert!(facts.issuer.contains("Pebble"), "{}", facts.issuer);

    // By its name, with the public root; by an address with the own authority's.
    let public = Browser::new(bench.address, NAME, &pebble.issuer().await);
    let first = public.certificate().await;
    assert_eq!(Browser::of(bench.address, "may-ghi.local", &tls).get("/trust", &[]).await.status, 200);
    for file in ["acme.pem", "acme-account.json"] {
        let mode =
            std::fs::metadata(folder.path().join("tls").join(file)).expect("kept").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // Nothing is asked for while it holds, and a restart takes what is kept.
    tls.look().await;
    assert_eq!(public.certificate().await, first);
    let (again, _) = open(pebble.config(Proof::Http), folder.path());
    assert!(again.standing().is_the_wanted);
    // Two thirds of five years later.
    clock.advance(4 * 365 * DAY);
    tls.look().await;
    assert_eq!(tls.standing().trouble, None);
    assert_ne!(public.certificate().await, first, "renewed with another key");
    assert_eq!(tls.challenge("x"), None);
}

#[tokio::test]
async fn a_public_authority_reads_a_record_that_a_program_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(pebble) = Pebble::start(folder.path(), port()).await else { return };
    let (hook, told) = (folder.path().join("hook"), folder.path().join("told"));
    // As a provider's own program would: a request for each record.
    let text = format!(
        "#!/bin/sh\necho \"$1 $2\" >> {told}\ncase $1 in\n\
         add) curl -sf -d \"{{\\\"host\\\":\\\"$2.\\\",\\\"value\\\":\\\"$3\\\"}}\" {dns}/set-txt ;;\n\
         remove) curl -sf -d \"{{\\\"host\\\":\\\"$2.\\\"}}\" {dns}/clear-txt ;;\nesac\n",
        told = told.display(),
        dns = pebble.dns
    );
    std::fs::write(&hook, text).expect("written");
    std::fs::set_permissions(&hook, PermissionsExt::from_mode(0o700)).expect("executable");
    let (tls, _) = open(pebble.config(Proof::Dns { hook: hook.clone(), settle_s: 0 }), folder.path());
    tls.look().await;
    let standing = tls.standing();
    assert_eq!(standing.trouble, None);
    assert_eq!(standing.certificate.expect("a certificate").names, [Host::Dns(NAME.to_owned())]);
    let told = std::fs::read_to_string(told).expect("told");
    assert_eq!(told, format!("add _acme-challenge.{NAME}\nremove _acme-challenge.{NAME}\n"));
}

#[tokio::test]
async fn a_proof_that_fails_is_told_in_the_authority_s_words_and_tried_later() {
    let folder = tempfile::tempdir().expect("a folder");
    // Nobody listens where it looks.
    let Some(pebble) = Pebble::start(folder.path(), port()).await else { return };
    let (tls, clock) = open(pebble.config(Proof::Http), folder.path());
    tls.look().await;
    let standing = tls.standing();
    let trouble = standing.trouble.expect("a trouble");
    assert_eq!(trouble.code, "acme_failed");
    assert!(trouble.message.contains("refused"), "{}", trouble.message);
    assert!(standing.certificate.is_some() && !standing.is_the_wanted, "the own one stands in");
    let next = standing.next_try.expect("a next try");
    let wait_s = (next - lanewatch::base::Clock::now(&*clock)) / TICKS_PER_SECOND;
    assert!((700..=1100).contains(&wait_s), "{wait_s}");
    // Not before.
    tls.look().await;
    assert_eq!(tls.standing().next_try, Some(next));
    clock.advance(20 * 60 * TICKS_PER_SECOND);
    tls.look().await;
    assert!(tls.standing().next_try > Some(next));
    assert_eq!(tls.standing().trouble.expect("still").since, trouble.since);
}

#[tokio::test]
async fn an_authority_that_cannot_be_reached_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let acme = Acme {
        names: vec![NAME.to_owned()],
        directory: format!("https://localhost:{}/dir", port()).parse().expect("an address"),
        email: None,
        proof: Proof::Http,
        root: Some(folder.path().join("root.pem")),
    };
    let config = Config { listen: None, names: Vec::new(), source: CertificateSource::Acme(acme) };
    let (tls, _) = open(config, folder.path());
    tls.look().await;
    let trouble = tls.standing().trouble.expect("a trouble");
    assert_eq!(trouble.code, "acme_failed");
    assert!(trouble.message.starts_with("the authority makes no account"), "{}", trouble.message);
}
