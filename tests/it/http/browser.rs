//! A client of HTTPS that trusts what it is told to trust, as a browser does.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use lanewatch::tls::Tls;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::Reply;

#[derive(Clone)]
pub(super) struct Browser {
    pub(super) address: SocketAddr,
    /// As it stands in the browser's address.
    pub(super) name: String,
    pub(super) roots: Arc<RootCertStore>,
}

impl Browser {
    /// Trusts one root.
    pub(super) fn new(address: SocketAddr, name: &str, root: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(root.to_vec())).expect("a root");
        Self { address, name: name.to_owned(), roots: roots.into() }
    }

    /// Trusts the recorder's own authority.
    pub(super) fn of(address: SocketAddr, name: &str, tls: &Tls) -> Self {
        Self::new(address, name, &tls.standing().authority.expect("an authority").der)
    }

    pub(super) async fn connect(&self, protocols: &[&[u8]]) -> io::Result<TlsStream<TcpStream>> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let mut config = config.with_root_certificates(Arc::clone(&self.roots)).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(self.name.clone()).expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// What the recorder shows.
    pub(super) async fn certificate(&self) -> Vec<u8> {
        let stream = self.connect(&[]).await.expect("trusted");
        stream.get_ref().1.peer_certificates().expect("a chain")[0].to_vec()
    }

    pub(super) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut stream = self.connect(&[b"http/1.1"]).await.expect("trusted");
        ask(&mut stream, "GET", path, &self.name, headers, "").await
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> Reply {
        let mut stream = self.connect(&[b"http/1.1"]).await.expect("trusted");
        let origin = format!("https://{}", self.name);
        ask(&mut stream, "POST", path, &self.name, &[("origin", &origin)], body).await
    }
}

/// One request that ends the connection.
pub(super) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    method: &str,
    path: &str,
    host: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.expect("written");
    let mut back = Vec::new();
    // Some end without saying goodbye.
    let _ = stream.read_to_end(&mut back).await;
    Reply::parse(&back).unwrap_or_else(|| panic!("{path}: {:?}", String::from_utf8_lossy(&back)))
}
