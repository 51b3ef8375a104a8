//! Who is not proven gets nothing: mail servers and HTTPS receivers with certificates of a test authority, right and wrong ones.
//! Each server writes down all that it could read, so that a secret that was sent too early shows.

use std::sync::{Arc, Mutex};

use lanewatch::alert::{
    Alerts, ExtraRoots, Fault, Internet, LocalHosts, MailSecurity, MailServer, Outside, SiteChannel, Step,
};
use lanewatch::base::{Secret, Tasks};
use lanewatch::catalogue::PushAddress;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::push::{AUTH, P256DH};
use super::stand::Stand;
use super::yard::{Yard, hears};

const PASSWORD: &str = "canary-password";

/// What a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// Signed by the site's authority, for its address.
    Right,
    /// Signed by an authority that nobody trusts.
    Stranger,
    /// Signed by itself.
    Itself,
    /// Signed by the site's authority for somebody else.
    OtherName,
    /// Signed by the site's authority, and over.
    Over,
}

const WRONG: [Shows; 4] = [Shows::Stranger, Shows::Itself, Shows::OtherName, Shows::Over];

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn acceptor(&self, shows: Shows) -> TlsAcceptor {
        let name = if shows == Shows::OtherName { "mail.example.vn" } else { "127.0.0.1" };
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        if shows == Shows::Over {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        let key = KeyPair::generate().expect("a key");
        let signed = match shows {
            Shows::Itself => params.self_signed(&key),
            Shows::Stranger => params.signed_by(&key, &Self::new().issuer),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain = vec![signed.expect("signed").der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }

    fn roots(&self) -> ExtraRoots {
        ExtraRoots::from_pem(self.pem.as_bytes()).expect("certificates")
    }
}

/// When a mail server speaks TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    First,
    Asked,
    Never,
}

/// A mail server that takes every letter (RFC 5321), and the lines that it could read: whether under TLS, and what.
struct Office {
    port: u16,
    said: Arc<Mutex<Vec<(bool, String)>>>,
}

impl Office {
    async fn new(acceptor: TlsAcceptor, when: When) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let said: Arc<Mutex<Vec<(bool, String)>>> = Arc::default();
        let (heard, tasks) = (Arc::clone(&said), Tasks::new());
        tasks.spawn("mail server", async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                if when == When::First {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        talk(stream, true, false, true, &heard).await;
                    }
                } else if let Some(stream) = talk(stream, false, when == When::Asked, true, &heard).await
                    && let Ok(stream) = acceptor.accept(stream).await
                {
                    talk(stream, true, false, false, &heard).await;
                }
            }
        });
        Self { port, said }
    }

    /// Whether a letter came, and that nothing worth hiding was said without TLS.
    fn letter(&self) -> bool {
        let said = self.said.lock().expect("lock");
        let early = said.iter().filter(|(secret, _)| !secret).map(|(_, line)| line.as_str());
        for line in early {
            assert!(
                ["EHLO", "STARTTLS", "QUIT"].iter().any(|word| line.starts_with(word)),
                "{line} in the open"
            );
        }
        said.iter().any(|(_, line)| line == ".")
    }
}

/// Speaks with a client; answers the connection when it is to be made secret.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    secret: bool,
    offers: bool,
    greets: bool,
    said: &Mutex<Vec<(bool, String)>>,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if greets {
        stream.write_all(b"220 mail.test ESMTP\r\n").await.ok()?;
    }
    let mut writes = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        said.lock().expect("lock").push((secret, line.clone()));
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            _ if writes && line != "." => continue,
            "." => {
                writes = false;
                b"250 taken\r\n"
            }
            "EHLO" if offers => b"250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
            "EHLO" => b"250-mail.test\r\n250 AUTH PLAIN\r\n",
            "STARTTLS" => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
            "AUTH" => b"235 come in\r\n",
            "DATA" => {
                writes = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                let _ = stream.write_all(b"221 bye\r\n").await;
                return None;
            }
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await.ok()?;
    }
}

async fn alerts(yard: &Yard, extra_roots: ExtraRoots) -> Alerts {
    let local = LocalHosts::new(["127.0.0.1".to_owned()]);
    let network = Arc::new(Internet::new(local.clone(), &extra_roots).expect("TLS"));
    let url = "https://thon.example.vn".to_owned();
    let outside = Outside { local, url, contact: None, extra_roots };
    Alerts::open(yard.catalogue.clone(), yard.clock.clone(), network, outside, hears).await.expect("alerts")
}

/// What came of a letter, and whether it arrived.
async fn letter(authority: &Authority, roots: ExtraRoots, shows: Shows, when: When) -> (Option<Fault>, bool) {
    let office = Office::new(authority.acceptor(shows), when).await;
    let yard = Yard::new(1, |_| String::new()).await;
    let alerts = alerts(&yard, roots).await;
    let server = MailServer {
        enabled: true,
        host: "127.0.0.1".to_owned(),
        port: office.port,
        security: if when == When::First { MailSecurity::Tls } else { MailSecurity::Starttls },
        from: "camera@example.vn".to_owned(),
        username: Some("camera".to_owned()),
    };
    alerts.put_mail(&server, Some(Secret::new(PASSWORD)), 0, "admin").await.expect("set");
    let fault = alerts.try_channel(SiteChannel::Mail, Some("an@example.vn"), "vi").await.expect("tried");
    let came = office.letter();
    if fault.is_some() {
        assert!(office.said.lock().expect("lock").iter().all(|(secret, _)| !secret), "{shows:?}");
    }
    (fault, came)
}

#[tokio::test]
async fn a_mail_server_that_is_proven_gets_the_letter() {
    let authority = Authority::new();
    for when in [When::First, When::Asked] {
        assert_eq!(letter(&authority, authority.roots(), Shows::Right, when).await, (None, true));
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_proven_gets_neither_password_nor_letter() {
    let authority = Authority::new();
    for when in [When::First, When::Asked] {
        for shows in WRONG {
            let (fault, came) = letter(&authority, authority.roots(), shows, when).await;
            assert_eq!((fault.map(|fault| fault.step), came), (Some(Step::Tls), false), "{shows:?}");
        }
        // Nobody has said that this authority is the site's own.
        let (fault, came) = letter(&authority, ExtraRoots::default(), Shows::Right, when).await;
        assert_eq!((fault.map(|fault| fault.step), came), (Some(Step::Tls), false));
    }
    let (fault, came) = letter(&authority, authority.roots(), Shows::Right, When::Never).await;
    let fault = fault.expect("no letter without TLS");
    assert_eq!((fault.step, came), (Step::Tls, false));
    assert!(fault.why.contains("STARTTLS"), "{}", fault.why);
}

#[tokio::test]
async fn whoever_is_not_proven_gets_no_request() {
    let authority = Authority::new();
    for shows in [Shows::Right].into_iter().chain(WRONG) {
        let stand = Stand::secure(authority.acceptor(shows)).await;
        let yard = Yard::new(1, |_| String::new()).await;
        let alerts = alerts(&yard, authority.roots()).await;
        let url = |path: &str| format!("https://127.0.0.1:{}/{path}", stand.address.port());
        alerts.put_webhook(true, Some(&Secret::new(url("canary-hook"))), 0, "admin").await.expect("set");
        let fault = alerts.try_channel(SiteChannel::Webhook, None, "vi").await.expect("tried");
        let person = yard.catalogue.ensure_person("binh", "guard").await.expect("a person").id;
        let address =
            PushAddress { url: url("canary-push"), p256dh: P256DH.to_owned(), auth: AUTH.to_owned() };
        let endpoint = alerts.subscribe(person, address, "", None, None).await.expect("subscribed");
        alerts.test(person, endpoint).await.expect("on its way");
        alerts.deliver().step().await.expect("tried");
        let row = yard.catalogue.deliveries_to(endpoint, 1).await.expect("read").remove(0);
        let came: Vec<String> = stand.take().into_iter().map(|came| came.target).collect();
        match shows {
            Shows::Right => {
                assert_eq!((fault, came), (None, vec!["/canary-hook".to_owned(), "/canary-push".to_owned()]));
                assert_eq!(row.state, "sent");
            }
            _ => {
                assert_eq!((fault.map(|fault| fault.step), came), (Some(Step::Tls), Vec::new()), "{shows:?}");
                let why = row.error.unwrap_or_default();
                assert!(row.state == "due" && why.contains("prove"), "{shows:?}: {} {why}", row.state);
            }
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a file as somebody wrote it, not one of the recorder's")]
fn a_file_of_authorities_that_cannot_be_used_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let refused = |path: &std::path::Path| ExtraRoots::read(path).expect_err("refused").message().to_owned();
    assert!(refused(&path).contains("alert.extra_ca"), "{}", refused(&path));
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).expect("written");
        assert!(refused(&path).contains("holds no certificate"), "{text}: {}", refused(&path));
    }
    std::fs::write(&path, Authority::new().pem).expect("written");
    assert!(ExtraRoots::read(&path).is_ok());
}
