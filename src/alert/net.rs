//! Requests to the outside: one connection for each, resolved once, to an address that was looked at; no redirect is followed,
//! no proxy is asked. Nobody else in the recorder speaks HTTP to strangers.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{DATE, HOST, HeaderMap, RETRY_AFTER};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::address::{LocalHosts, is_public};
use super::channel::{Fault, Step};
use crate::base::{Error, Result, Tasks, Ticks};

/// Bytes of an answer that are read: nobody has more to say to us.
const ANSWER: usize = 64 << 10;
/// Longest wait that a push service may ask for: an hour.
const LONGEST_WAIT: u64 = 3600;

/// What is sent: a POST.
#[derive(Clone)]
pub struct Post {
    /// Where to. It may be a secret.
    pub url: Url,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Bytes,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
    /// Its first 64 KiB.
    pub body: Bytes,
}

/// Authorities that are trusted besides the machine's: of a site that signs its own servers' certificates.
#[derive(Clone, Debug, Default)]
pub struct ExtraRoots(Vec<CertificateDer<'static>>);

impl ExtraRoots {
    /// Out of a file of PEM (RFC 7468).
    ///
    /// # Errors
    /// `Invalid` when it cannot be read or holds none, saying what to do.
    pub fn read(path: &Path) -> Result<Self> {
        let todo = "name a PEM file that the recorder's user may read, or remove the line";
        let text = std::fs::read(path).map_err(|e| {
            Error::invalid(format!("alert.extra_ca {} cannot be read; {todo}", path.display())).because(e)
        })?;
        Self::from_pem(&text).ok_or_else(|| {
            Error::invalid(format!("alert.extra_ca {} holds no certificate; {todo}", path.display()))
        })
    }

    /// Out of PEM; `None` when there is no certificate in it, or one that is none.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let all: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
        let mut store = RootCertStore::empty();
        let right = all.iter().all(|one| store.add(one.clone()).is_ok());
        (right && !all.is_empty()).then_some(Self(all))
    }

    /// Each as DER.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// The way to others; tests have their own.
pub trait Network: Send + Sync + 'static {
    /// Sends and waits for the answer. `Err`: there was none, and why, without what is secret.
    fn post(&self, post: Post) -> BoxFuture<'_, Result<Reply, Fault>>;
}

/// The real one.
pub struct Internet {
    tls: Arc<ClientConfig>,
    local: LocalHosts,
    tasks: Tasks,
}

impl Internet {
    /// With the machine's certificates and more. `local`: hosts that may be in a private network.
    ///
    /// # Errors
    /// `Internal` when TLS cannot be set up.
    pub fn new(local: LocalHosts, extra: &ExtraRoots) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        roots.add_parsable_certificates(extra.0.iter().cloned());
        if roots.is_empty() {
            tracing::warn!(
                "this machine has no certificates to check others by; install ca-certificates so that alerts can be sent"
            );
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::internal("TLS cannot be set up; report this").because(e))?;
        let tls = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        Ok(Self { tls, local, tasks: Tasks::new() })
    }

    /// Looks a host up once, and takes only addresses that may be spoken to.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Fault> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let all: Vec<IpAddr> = match url.host() {
            Some(Host::Ipv4(v4)) => vec![IpAddr::V4(v4)],
            Some(Host::Ipv6(v6)) => vec![IpAddr::V6(v6)],
            Some(Host::Domain(name)) => {
                let found = tokio::net::lookup_host((name, port)).await;
                found
                    .map_err(|_| Fault::at(Step::Name, "its name is not known; is there internet?"))?
                    .map(|a| a.ip())
                    .collect()
            }
            None => Vec::new(),
        };
        let may = |address: &IpAddr| self.local.has(host) || is_public(*address);
        let addresses: Vec<SocketAddr> =
            all.into_iter().filter(may).map(|ip| SocketAddr::new(ip, port)).collect();
        if addresses.is_empty() {
            return Err(Fault::at(Step::Private, "its name stands for an address in a private network"));
        }
        Ok(addresses)
    }

    async fn connect(&self, url: &Url) -> Result<TcpStream, Fault> {
        for address in self.addresses(url).await?.into_iter().take(4) {
            let tried = tokio::time::timeout(Duration::from_secs(4), TcpStream::connect(address)).await;
            if let Ok(Ok(stream)) = tried {
                // Short messages go at once; where that cannot be set they go a little later.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
        Err(Fault::at(Step::Connect, "it does not answer; is there internet?"))
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        post: Post,
    ) -> Result<Reply, Fault> {
        let broken = |_| Fault::at(Step::Connect, "the connection broke off");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        self.tasks.spawn("outbound", async move {
            if connection.await.is_err() {
                tracing::trace!("a connection to the outside broke off");
            }
        });
        let target = &post.url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &post.url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut request = hyper::Request::post(target).header(HOST, host).header("user-agent", "lanewatch");
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        let request = request
            .body(Full::new(post.body))
            .map_err(|_| Fault::at(Step::Settings, "a header of a request to the outside is not right"))?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(answer.headers());
        // An answer that is too long has a status all the same.
        let body = Limited::new(answer.into_body(), ANSWER).collect().await;
        Ok(Reply { status, retry_after, body: body.map(|body| body.to_bytes()).unwrap_or_default() })
    }
}

/// What `Retry-After` asks for. A date is counted from what it is at the other side: our clock may be another.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| Some(headers.get(name)?.to_str().ok()?.trim());
    let asked = text(RETRY_AFTER)?;
    let seconds = match asked.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let wait = Ticks::parse_http(asked)?.seconds() - Ticks::parse_http(text(DATE)?)?.seconds();
            u64::try_from(wait).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

impl Network for Internet {
    fn post(&self, post: Post) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move {
            let stream = self.connect(&post.url).await?;
            if post.url.scheme() != "https" {
                return self.exchange(stream, post).await;
            }
            let host = post.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| Fault::at(Step::Settings, "its host is no name that a certificate can have"))?;
            let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
            let tls = tls.map_err(|_| Fault::at(Step::Tls, "it cannot prove who it is, or speaks no TLS"))?;
            self.exchange(tls, post).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_as_a_date() {
        let asked = |after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().expect("a value"));
            if let Some(date) = date {
                headers.insert(DATE, date.parse().expect("a value"));
            }
            retry_after(&headers).map(|wait| wait.as_secs())
        };
        let now = Some("Fri, 27 Nov 2026 15:00:00 GMT");
        assert_eq!(asked("120", None), Some(120));
        assert_eq!(asked("Fri, 27 Nov 2026 15:02:05 GMT", now), Some(125));
        assert_eq!(asked("Fri, 27 Nov 2026 14:00:00 GMT", now), Some(0), "that is over");
        assert_eq!(asked("Sat, 28 Nov 2026 15:00:00 GMT", now), Some(LONGEST_WAIT));
        assert_eq!(asked("Fri, 27 Nov 2026 15:02:05 GMT", None), None, "nobody knows what time it is there");
        assert_eq!(asked("tomorrow", now), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
