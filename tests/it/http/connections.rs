//! Slow, silent and numerous clients, and the end.

use std::time::Duration;

use lanewatch::base::{Kind, TICKS_PER_SECOND};
use lanewatch::http::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::bench::Bench;
use super::filmed::Filmed;
use crate::support::footage::Picture;

const HEALTH: &[u8] = b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";

/// Short ones, so that tests are.
fn limits() -> Limits {
    Limits {
        head: Duration::from_millis(300),
        idle: Duration::from_millis(900),
        write: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// How long the server keeps a connection whose client does this; the answer must be within 5 s.
async fn kept(stream: &mut TcpStream) -> (Duration, Vec<u8>) {
    let (begun, mut back) = (Instant::now(), Vec::new());
    let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut back)).await;
    // A reset is an end, too.
    drop(ended.expect("the server cuts"));
    (begun.elapsed(), back)
}

#[tokio::test]
async fn slow_heads_are_cut_however_they_trickle() {
    let bench = Bench::with(limits()).await;
    let mut silent = TcpStream::connect(bench.address).await.expect("connects");
    let (time, back) = kept(&mut silent).await;
    assert!(back.is_empty() && time >= Duration::from_millis(290), "{time:?}");

    let mut trickle = TcpStream::connect(bench.address).await.expect("connects");
    let begun = Instant::now();
    for byte in HEALTH.iter().cycle() {
        if trickle.write_all(&[*byte, b'x']).await.is_err() {
            break;
        }
        let mut one = [0];
        if matches!(timeout(Duration::from_millis(40), trickle.read(&mut one)).await, Ok(Ok(0) | Err(_))) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "still open");
    }
    assert!(begun.elapsed() >= Duration::from_millis(290));
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_after_ten_seconds() {
    let mut filmed = Filmed::begin().await;
    let mut lane = filmed.lane().await;
    let large = vec![Picture { key: true, data: vec![0; 2 << 20].into() }; 12];
    lane.show(&large, TICKS_PER_SECOND as u32).await;
    lane.end().await;
    let list = filmed.get(&filmed.path("segments", 0, 60 * TICKS_PER_SECOND)).await.json();
    let url = list["segments"][0]["url"].as_str().expect("url").to_owned();
    // A small window: what is not read soon waits in the server.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(64 << 10).expect("a size");
    let mut stream = socket.connect(filmed.bench.address).await.expect("connects");
    let request = format!("GET {url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", filmed.token);
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut buffer = [0; 12];
    stream.read_exact(&mut buffer).await.expect("an answer");
    assert_eq!(&buffer, b"HTTP/1.1 200");
    for _ in 0..100 {
        // Meanwhile the server has written what fits.
        filmed.get("/api/v1/cameras/ngo-7").await;
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    filmed.get("/api/v1/cameras/ngo-7").await;
    let (_, rest) = kept(&mut stream).await;
    assert!(rest.len() < 20 << 20, "{} bytes", rest.len());
}

#[tokio::test]
async fn an_honest_client_may_pause_between_requests() {
    let bench = Bench::with(limits()).await;
    let mut stream = TcpStream::connect(bench.address).await.expect("connects");
    let mut buffer = vec![0; 4096];
    stream.write_all(HEALTH).await.expect("written");
    assert!(stream.read(&mut buffer).await.expect("an answer") > 0);
    // Longer than a head may take, shorter than a connection may idle.
    assert!(timeout(Duration::from_millis(600), stream.read(&mut buffer)).await.is_err());
    stream.write_all(HEALTH).await.expect("written");
    let n = stream.read(&mut buffer).await.expect("an answer");
    assert!(buffer[..n].starts_with(b"HTTP/1.1 200"));
    let (time, _) = kept(&mut stream).await;
    assert!(time >= Duration::from_millis(850), "{time:?}");
}

#[tokio::test]
async fn beyond_the_cap_of_an_address_clients_are_sent_away() {
    let bench = Bench::with(Limits { per_address: 3, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(bench.address).await.expect("connects");
        stream.write_all(HEALTH).await.expect("written");
        let mut buffer = [0; 12];
        stream.read_exact(&mut buffer).await.expect("an answer");
        assert_eq!(&buffer, b"HTTP/1.1 200");
        open.push(stream);
    }
    let mut late = TcpStream::connect(bench.address).await.expect("connects");
    let mut back = Vec::new();
    late.read_to_end(&mut back).await.expect("an answer");
    assert!(back.starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(&back));
    drop(open);
    let begun = Instant::now();
    loop {
        let mut again = TcpStream::connect(bench.address).await.expect("connects");
        again.write_all(HEALTH).await.expect("written");
        let mut buffer = [0; 12];
        if again.read_exact(&mut buffer).await.is_ok() && &buffer == b"HTTP/1.1 200" {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "no room again");
    }
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_the_server() {
    let bench = Bench::new().await;
    let mut idle = TcpStream::connect(bench.address).await.expect("connects");
    idle.write_all(HEALTH).await.expect("written");
    let mut buffer = [0; 4096];
    assert!(idle.read(&mut buffer).await.expect("an answer") > 0);
    bench.stop.request();
    timeout(Duration::from_secs(5), bench.running).await.expect("ends in time").expect("ends well");
    assert_eq!(idle.read(&mut buffer).await.expect("closed"), 0);
    assert!(TcpStream::connect(bench.address).await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_told_in_words() {
    let first = Server::bind("127.0.0.1:0".parse().expect("address")).await.expect("free");
    let address = first.address().expect("address");
    let error = Server::bind(address).await.expect_err("taken");
    assert_eq!(error.kind(), Kind::Conflict);
    let sentence = format!("port {} is in use; stop the other program or use --listen", address.port());
    assert_eq!(error.message(), sentence);
}
