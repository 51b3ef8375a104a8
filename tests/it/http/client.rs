//! A client that can also misbehave: it writes bytes and reads bytes.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A browser, or a program with a token.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) cookies: Vec<(String, String)>,
    pub(super) bearer: Option<String>,
    /// Says it comes from a page of our own.
    pub(super) own_page: bool,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of a problem document.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let body = self.json();
        assert_eq!(body["status"], self.status);
        body["code"].as_str().expect("a code").to_owned()
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let split = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| line.split_once(':').map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
        Some(Self { status, headers: lines.filter_map(header).collect(), body: bytes[split + 4..].to_vec() })
    }
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: Vec::new(), bearer: None, own_page: true }
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    pub(super) async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &[], Some(body)).await
    }

    /// One request on a connection of its own; cookies are kept as a browser does.
    pub(super) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            head.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if let Some(token) = &self.bearer {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if self.own_page {
            head.push_str(&format!("Origin: http://{}\r\n", self.address));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        if !body.is_empty() {
            head.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        let bytes = self.exchange(format!("{head}\r\n{body}").as_bytes()).await;
        let reply = Reply::parse(&bytes)
            .unwrap_or_else(|| panic!("{method} {path}: {:?}", String::from_utf8_lossy(&bytes)));
        self.keep_cookies(&reply);
        reply
    }

    fn keep_cookies(&mut self, reply: &Reply) {
        for (name, line) in reply.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("set-cookie")) {
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect(name);
            self.cookies.retain(|(n, _)| n != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Bytes there, all bytes back until the connection ends.
    pub(super) async fn exchange(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        // A server that refuses early closes while we write.
        let _ = stream.write_all(bytes).await;
        let mut back = Vec::new();
        // What goes on for ever is read up to its first event.
        while stream.read_buf(&mut back).await.is_ok_and(|bytes| bytes > 0) && !has_event(&back) {}
        back
    }
}

/// True for server-sent events of which one is complete.
fn has_event(back: &[u8]) -> bool {
    let text = String::from_utf8_lossy(back);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        head.to_ascii_lowercase().contains("content-type: text/event-stream") && body.contains("\n\n")
    })
}
