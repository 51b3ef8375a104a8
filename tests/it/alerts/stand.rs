//! A push service, or whoever else is posted to: on a real socket, with answers that a test chooses.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use lanewatch::base::Tasks;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// What came in.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) at: std::time::Instant,
}

impl Came {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// What is answered: a status with headers, or nothing at all.
pub(super) type Answer = Option<(u16, &'static str)>;

#[derive(Clone)]
pub(super) struct Stand {
    pub(super) address: SocketAddr,
    pub(super) came: Arc<Mutex<Vec<Came>>>,
    /// Answers for the next ones; then 201.
    pub(super) answers: Arc<Mutex<VecDeque<Answer>>>,
    pub(super) news: Arc<Notify>,
}

impl Stand {
    pub(super) async fn new() -> Self {
        Self::with(None).await
    }

    /// Behind TLS.
    pub(super) async fn secure(acceptor: TlsAcceptor) -> Self {
        Self::with(Some(acceptor)).await
    }

    async fn with(acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stand = Self { address, came: Arc::default(), answers: Arc::default(), news: Arc::default() };
        let (serving, tasks) = (stand.clone(), Tasks::new());
        let each = tasks.clone();
        tasks.spawn("stand", async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (serving, acceptor) = (serving.clone(), acceptor.clone());
                each.spawn("guest", async move {
                    let Some(acceptor) = acceptor else { return serving.serve(stream).await };
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serving.serve(stream).await;
                    }
                });
            }
        });
        stand
    }

    async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        let (head, length) = loop {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut length = head
                .lines()
                .filter_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            break (head.clone(), end + 4 + length.next().unwrap_or(0_usize));
        };
        while bytes.len() < length {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let mut lines = head.lines();
        let target = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
        let headers =
            lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
        let body = bytes[head.len() + 4..].to_vec();
        self.came.lock().expect("lock").push(Came {
            target,
            headers: headers.collect(),
            body,
            at: std::time::Instant::now(),
        });
        self.news.notify_one();
        let answer = self.answers.lock().expect("lock").pop_front().unwrap_or(Some((201, "")));
        match answer {
            Some((status, more)) => {
                let reply =
                    format!("HTTP/1.1 {status} x\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n");
                // Whoever has gone does not want to know.
                let _ = stream.write_all(reply.as_bytes()).await;
            }
            None => std::future::pending().await,
        }
    }

    pub(super) fn take(&self) -> Vec<Came> {
        std::mem::take(&mut self.came.lock().expect("lock"))
    }

    pub(super) fn answer(&self, answer: Answer) {
        self.answers.lock().expect("lock").push_back(answer);
    }
}
