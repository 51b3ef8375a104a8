//! A camera that does what no good server does: a small RTSP server on loopback that plays a script.
//!
//! It speaks enough RTSP 1.0 (RFC 2326) for one client per connection, sends RTP in the connection or by UDP, and
//! counts what it saw. Every session plays the script that has its number, the last one all later sessions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lanewatch::base::Tasks;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::clips;

/// `admin:village` as Basic sends it.
const BASIC: &str = "Basic YWRtaW46dmlsbGFnZQ==";
/// Time between pictures; the RTP clock advances by as much.
pub const INTERVAL: Duration = Duration::from_millis(20);
const INTERVAL_TICKS: u32 = 1800;
/// RTP payload that goes into one packet.
const PACKET: usize = 1200;

/// Which clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    H264,
    SmallerH264,
    H265,
}

/// One thing the camera does after `PLAY`.
#[derive(Clone, Debug)]
pub enum Step {
    /// A key picture with its parameters, then one interval.
    Key,
    /// A picture that refers to the one before, then one interval.
    Delta,
    /// One NAL unit as a picture, then one interval.
    Nal(Vec<u8>),
    /// A picture whose timestamp lies so many intervals from where it should: B-frames.
    DeltaAt(i64),
    /// An AAC frame.
    Sound,
    /// The RTP clock jumps by so many ticks.
    Jump(i64),
    /// The RTP clock stands still from here on, or goes on.
    Clock(bool),
    /// So many packets are counted and not sent.
    Lose(u16),
    /// An RTP packet with this payload.
    Packet(Vec<u8>, bool),
    /// These bytes into the connection.
    Raw(Vec<u8>),
    /// A sender report; the camera's clock is so many seconds ahead of ours.
    Report(i64),
    /// Nothing for so long, but with sender reports each interval when `true`.
    Quiet(Duration, bool),
    /// Another clip from here on.
    Switch(Coding),
    /// The steps again and again.
    Forever(Vec<Step>),
    /// The connection is closed.
    Close,
}

/// A key picture and what depends on it.
pub fn gop(pictures: usize) -> Vec<Step> {
    std::iter::once(Step::Key).chain(std::iter::repeat_n(Step::Delta, pictures - 1)).collect()
}

/// Pictures for ever, a key each ten.
pub fn endless() -> Vec<Step> {
    vec![Step::Forever(gop(10))]
}

/// What the camera asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    #[default]
    None,
    /// Basic, satisfied by `admin` and `village`.
    Basic,
    /// Digest; satisfied by any well-formed answer of `admin`.
    Digest,
    /// Never satisfied.
    RefuseBasic,
    /// Never satisfied.
    RefuseDigest,
}

/// How `DESCRIBE` is answered.
#[derive(Clone, Debug, Default)]
pub enum Greeting {
    /// With a description.
    #[default]
    Describe,
    /// With this description and these further header lines.
    Text(String, String),
    /// With a status line.
    Status(u16),
    /// Not at all.
    Never,
    /// By closing.
    Close,
    /// With one byte each so often.
    Drip(Duration),
    /// With a length that never comes, and bytes without end.
    HugeLength,
    /// With something else.
    Garbage(Vec<u8>),
}

/// Everything a camera will do.
#[derive(Clone, Debug)]
pub struct Script {
    pub coding: Coding,
    pub auth: Auth,
    pub greeting: Greeting,
    /// `AAC`, `PCMA` or nothing.
    pub sound: Option<&'static str>,
    pub first_timestamp: u32,
    pub sessions: Vec<Vec<Step>>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            coding: Coding::H264,
            auth: Auth::None,
            greeting: Greeting::Describe,
            sound: None,
            first_timestamp: 7_000_000,
            sessions: vec![endless()],
        }
    }
}

impl Script {
    /// A good camera that plays these sessions.
    pub fn sessions(sessions: Vec<Vec<Step>>) -> Self {
        Self { sessions, ..Self::default() }
    }
}

/// What the camera saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub connections: AtomicU32,
    pub describes: AtomicU32,
    /// `DESCRIBE` with a password.
    pub tries: AtomicU32,
    pub plays: AtomicU32,
    pub teardowns: AtomicU32,
    /// Pictures sent, over all sessions.
    pub pictures: AtomicU32,
}

impl Seen {
    pub fn of(counter: &AtomicU32) -> u32 {
        counter.load(Ordering::SeqCst)
    }
}

/// A running camera; dropping it takes it off the network.
#[derive(Debug)]
pub struct FakeCamera {
    pub address: SocketAddr,
    pub seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl FakeCamera {
    /// Starts on a free port of the loopback address.
    pub async fn start(script: Script) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
    }

    /// Starts where a camera was before.
    pub async fn start_at(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port for the camera");
        let address = listener.local_addr().expect("its address");
        let seen = Arc::new(Seen::default());
        let accepting = Tasks::new().spawn("camera", accept(listener, Arc::new(script), Arc::clone(&seen)));
        Self { address, seen, accepting }
    }

    /// Its address as people write it.
    pub fn url(&self) -> String {
        format!("rtsp://{}/main", self.address)
    }
}

impl Drop for FakeCamera {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, script: Arc<Script>, seen: Arc<Seen>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
        // The set ends its tasks with the camera.
        connections.spawn(async move {
            // The client may leave at any moment.
            let _ = Connection::new(stream, script, seen).serve().await;
        });
        while connections.try_join_next().is_some() {}
    }
}

struct Connection {
    reader: BufReader<tokio::net::tcp::OwnedReadHalf>,
    writer: Arc<Mutex<OwnedWriteHalf>>,
    local: SocketAddr,
    peer: SocketAddr,
    script: Arc<Script>,
    seen: Arc<Seen>,
    tracks: Vec<Way>,
    media: Option<tokio::task::JoinSet<()>>,
}

/// How the packets of a track travel.
#[derive(Clone)]
enum Way {
    Channel(u8),
    Udp { rtp: Arc<UdpSocket>, rtcp: Arc<UdpSocket>, port: u16 },
}

struct Request {
    method: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

impl Connection {
    fn new(stream: TcpStream, script: Arc<Script>, seen: Arc<Seen>) -> Self {
        let (local, peer) = (stream.local_addr().expect("local"), stream.peer_addr().expect("peer"));
        let (reader, writer) = stream.into_split();
        let (reader, writer) = (BufReader::new(reader), Arc::new(Mutex::new(writer)));
        Self { reader, writer, local, peer, script, seen, tracks: Vec::new(), media: None }
    }

    async fn request(&mut self) -> std::io::Result<Option<Request>> {
        let mut line = String::new();
        while line.trim().is_empty() {
            line.clear();
            if self.reader.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
        }
        let method = line.split(' ').next().unwrap_or("").to_owned();
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.reader.read_line(&mut line).await?;
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                None => return Ok(Some(Request { method, headers })),
            }
        }
    }

    async fn send(&self, bytes: &[u8]) -> std::io::Result<()> {
        self.writer.lock().await.write_all(bytes).await
    }

    async fn answer(
        &self,
        request: &Request,
        status: &str,
        headers: &str,
        body: &str,
    ) -> std::io::Result<()> {
        let cseq = request.header("CSeq").unwrap_or("0");
        let length = body.len();
        let text =
            format!("RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        self.send(text.as_bytes()).await
    }

    async fn serve(mut self) -> std::io::Result<()> {
        while let Some(request) = self.request().await? {
            match request.method.as_str() {
                "DESCRIBE" => {
                    if !self.describe(&request).await? {
                        return Ok(());
                    }
                }
                "SETUP" => self.setup(&request).await?,
                "PLAY" => self.play(&request).await?,
                "TEARDOWN" => {
                    self.media = None;
                    self.seen.teardowns.fetch_add(1, Ordering::SeqCst);
                    self.answer(&request, "200 OK", "Session: 1\r\n", "").await?;
                }
                _ => self.answer(&request, "200 OK", "Public: GET_PARAMETER\r\nSession: 1\r\n", "").await?,
            }
        }
        Ok(())
    }

    /// False when the connection is to be closed.
    async fn describe(&mut self, request: &Request) -> std::io::Result<bool> {
        self.seen.describes.fetch_add(1, Ordering::SeqCst);
        if !self.let_in(request).await? {
            return Ok(true);
        }
        let script = Arc::clone(&self.script);
        match &script.greeting {
            Greeting::Describe => {
                self.answer(request, "200 OK", "Content-Type: application/sdp\r\n", &description(&script))
                    .await?;
            }
            Greeting::Text(body, headers) => {
                let headers = format!("Content-Type: application/sdp\r\n{headers}");
                self.answer(request, "200 OK", &headers, body).await?;
            }
            Greeting::Status(code) => self.answer(request, &format!("{code} No"), "", "").await?,
            Greeting::Never => {
                self.wait_for_the_end().await;
            }
            Greeting::Close => return Ok(false),
            Greeting::Drip(pause) => {
                let text = "RTSP/1.0 200 OK\r\nX-Slow: ".bytes().chain(std::iter::repeat(b'x'));
                for byte in text {
                    self.send(&[byte]).await?;
                    tokio::time::sleep(*pause).await;
                }
            }
            Greeting::HugeLength => {
                let cseq = request.header("CSeq").unwrap_or("0");
                let head = format!(
                    "RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
                    u64::MAX
                );
                self.send(head.as_bytes()).await?;
                loop {
                    self.send(&[b'v'; 1024]).await?;
                    tokio::time::sleep(INTERVAL).await;
                }
            }
            Greeting::Garbage(bytes) => self.send(bytes).await?,
        }
        Ok(true)
    }

    async fn wait_for_the_end(&mut self) {
        let mut rest = [0; 256];
        while self.reader.read(&mut rest).await.is_ok_and(|n| n > 0) {}
    }

    async fn let_in(&self, request: &Request) -> std::io::Result<bool> {
        let given = request.header("Authorization");
        if given.is_some() {
            self.seen.tries.fetch_add(1, Ordering::SeqCst);
        }
        let (right, challenge) = match self.script.auth {
            Auth::None => (true, ""),
            Auth::Basic => (given == Some(BASIC), "Basic realm=\"camera\""),
            Auth::Digest => {
                let right =
                    given.is_some_and(|g| g.starts_with("Digest ") && g.contains("username=\"admin\""));
                (right, "Digest realm=\"camera\", nonce=\"0123456789abcdef\", algorithm=MD5")
            }
            Auth::RefuseBasic => (false, "Basic realm=\"camera\""),
            Auth::RefuseDigest => {
                (false, "Digest realm=\"camera\", nonce=\"0123456789abcdef\", algorithm=MD5")
            }
        };
        if !right {
            let header = format!("WWW-Authenticate: {challenge}\r\n");
            self.answer(request, "401 Unauthorized", &header, "").await?;
        }
        Ok(right)
    }

    async fn setup(&mut self, request: &Request) -> std::io::Result<()> {
        let wanted = request.header("Transport").unwrap_or("").to_owned();
        let transport = match wanted.split_once("client_port=") {
            None => {
                let channel = self.tracks.len() as u8 * 2;
                self.tracks.push(Way::Channel(channel));
                format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel + 1)
            }
            Some((_, ports)) => {
                let port = ports.split('-').next().and_then(|p| p.parse().ok()).unwrap_or(0);
                let (rtp, rtcp) = udp_pair().await;
                let from = rtp.local_addr().map_or(0, |a| a.port());
                self.tracks.push(Way::Udp { rtp: Arc::new(rtp), rtcp: Arc::new(rtcp), port });
                format!("RTP/AVP/UDP;unicast;client_port={ports};server_port={from}-{}", from + 1)
            }
        };
        self.answer(request, "200 OK", &format!("Session: 1;timeout=60\r\nTransport: {transport}\r\n"), "")
            .await
    }

    async fn play(&mut self, request: &Request) -> std::io::Result<()> {
        let number = self.seen.plays.fetch_add(1, Ordering::SeqCst) as usize;
        self.answer(request, "200 OK", "Session: 1\r\nRange: npt=0.000-\r\n", "").await?;
        let steps = self.script.sessions[number.min(self.script.sessions.len() - 1)].clone();
        let mut player = Player {
            writer: Arc::clone(&self.writer),
            peer: self.peer,
            tracks: self.tracks.clone(),
            seen: Arc::clone(&self.seen),
            coding: self.script.coding,
            sequence: [65_500, 100],
            timestamp: self.script.first_timestamp,
            sound_timestamp: 4_000_000_000,
            running: true,
            due: tokio::time::Instant::now(),
        };
        debug_assert!(self.local.ip().is_loopback());
        let mut media = tokio::task::JoinSet::new();
        media.spawn(async move {
            // The client may leave at any moment.
            let _ = player.play(&steps).await;
        });
        self.media = Some(media);
        Ok(())
    }
}

async fn udp_pair() -> (UdpSocket, UdpSocket) {
    loop {
        let rtp = UdpSocket::bind("127.0.0.1:0").await.expect("a port for RTP");
        let port = rtp.local_addr().expect("its address").port();
        if let Ok(rtcp) = UdpSocket::bind(("127.0.0.1", port.saturating_add(1))).await {
            return (rtp, rtcp);
        }
    }
}

struct Player {
    writer: Arc<Mutex<OwnedWriteHalf>>,
    peer: SocketAddr,
    tracks: Vec<Way>,
    seen: Arc<Seen>,
    coding: Coding,
    sequence: [u16; 2],
    timestamp: u32,
    sound_timestamp: u32,
    running: bool,
    due: tokio::time::Instant,
}

impl Player {
    async fn play(&mut self, steps: &[Step]) -> std::io::Result<()> {
        for step in steps {
            match step {
                Step::Key => {
                    let nals: Vec<&[u8]> = match self.coding {
                        Coding::H264 => vec![clips::H264_SPS, clips::H264_PPS, clips::H264_KEY],
                        Coding::SmallerH264 => {
                            vec![clips::SMALLER_H264_SPS, clips::SMALLER_H264_PPS, clips::SMALLER_H264_KEY]
                        }
                        Coding::H265 => {
                            vec![clips::H265_VPS, clips::H265_SPS, clips::H265_PPS, clips::H265_KEY]
                        }
                    };
                    self.picture(&nals, 0).await?;
                }
                Step::Delta => self.picture(&[self.delta()], 0).await?,
                Step::DeltaAt(intervals) => self.picture(&[self.delta()], *intervals).await?,
                Step::Nal(nal) => self.picture(&[nal], 0).await?,
                Step::Sound => self.sound().await?,
                Step::Jump(ticks) => self.timestamp = self.timestamp.wrapping_add(*ticks as u32),
                Step::Clock(running) => self.running = *running,
                Step::Lose(packets) => self.sequence[0] = self.sequence[0].wrapping_add(*packets),
                Step::Packet(payload, marker) => self.packet(0, payload, *marker, self.timestamp).await?,
                Step::Raw(bytes) => self.writer.lock().await.write_all(bytes).await?,
                Step::Report(ahead) => self.report(*ahead).await?,
                Step::Quiet(length, reports) => self.quiet(*length, *reports).await?,
                Step::Switch(coding) => self.coding = *coding,
                Step::Forever(steps) => loop {
                    Box::pin(self.play(steps)).await?;
                },
                Step::Close => {
                    self.writer.lock().await.shutdown().await?;
                    return Err(std::io::ErrorKind::ConnectionAborted.into());
                }
            }
        }
        Ok(())
    }

    fn delta(&self) -> &'static [u8] {
        match self.coding {
            Coding::H264 => clips::H264_DELTA,
            Coding::SmallerH264 => clips::SMALLER_H264_DELTA,
            Coding::H265 => clips::H265_DELTA,
        }
    }

    async fn picture(&mut self, nals: &[&[u8]], intervals: i64) -> std::io::Result<()> {
        let timestamp = self.timestamp.wrapping_add((intervals * i64::from(INTERVAL_TICKS)) as u32);
        for (n, nal) in nals.iter().enumerate() {
            let last = n + 1 == nals.len();
            for (payload, end) in payloads(nal, self.coding == Coding::H265) {
                self.packet(0, &payload, last && end, timestamp).await?;
            }
        }
        self.seen.pictures.fetch_add(1, Ordering::SeqCst);
        if self.running {
            self.timestamp = self.timestamp.wrapping_add(INTERVAL_TICKS);
        }
        self.due = (self.due + INTERVAL).max(tokio::time::Instant::now());
        tokio::time::sleep_until(self.due).await;
        Ok(())
    }

    /// One AAC frame of silence in mode AAC-hbr (RFC 3640 section 3.3.6).
    async fn sound(&mut self) -> std::io::Result<()> {
        let frame = [0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c];
        let mut payload = vec![0, 16, 0, (frame.len() as u8) << 3];
        payload.extend_from_slice(&frame);
        let timestamp = self.sound_timestamp;
        self.packet(1, &payload, true, timestamp).await?;
        self.sound_timestamp = self.sound_timestamp.wrapping_add(1024);
        Ok(())
    }

    async fn quiet(&mut self, length: Duration, reports: bool) -> std::io::Result<()> {
        let end = tokio::time::Instant::now() + length;
        while reports && tokio::time::Instant::now() < end {
            self.report(0).await?;
            tokio::time::sleep(INTERVAL).await;
        }
        tokio::time::sleep_until(end).await;
        Ok(())
    }

    async fn packet(
        &mut self,
        track: usize,
        payload: &[u8],
        marker: bool,
        timestamp: u32,
    ) -> std::io::Result<()> {
        let mut packet = vec![0x80, (96 + track as u8) | u8::from(marker) << 7];
        packet.extend_from_slice(&self.sequence[track].to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&[1, 2, 3, 4 + track as u8]);
        packet.extend_from_slice(payload);
        self.sequence[track] = self.sequence[track].wrapping_add(1);
        self.transmit(track, &packet, false).await
    }

    /// RFC 3550 section 6.4.1.
    async fn report(&mut self, ahead: i64) -> std::io::Result<()> {
        let now = lanewatch::base::Clock::now(&*lanewatch::base::SystemClock::shared()).seconds() + ahead;
        let mut packet = vec![0x80, 200, 0, 6, 1, 2, 3, 4];
        packet.extend_from_slice(&((now + 2_208_988_800) as u32).to_be_bytes());
        packet.extend_from_slice(&[0; 4]);
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&[0; 8]);
        self.transmit(0, &packet, true).await
    }

    async fn transmit(&self, track: usize, packet: &[u8], control: bool) -> std::io::Result<()> {
        match &self.tracks[track] {
            Way::Channel(channel) => {
                let mut framed = vec![b'$', channel + u8::from(control)];
                framed.extend_from_slice(&(packet.len() as u16).to_be_bytes());
                framed.extend_from_slice(packet);
                self.writer.lock().await.write_all(&framed).await
            }
            Way::Udp { rtp, rtcp, port } => {
                let socket = if control { rtcp } else { rtp };
                let to = SocketAddr::new(self.peer.ip(), port + u16::from(control));
                socket.send_to(packet, to).await.map(|_| ())
            }
        }
    }
}

/// A NAL unit as RTP payloads: whole, or as FU-A (RFC 6184 section 5.8) or FU (RFC 7798 section 4.4.3).
fn payloads(nal: &[u8], h265: bool) -> Vec<(Vec<u8>, bool)> {
    if nal.len() <= PACKET {
        return vec![(nal.to_vec(), true)];
    }
    let header = if h265 { 2 } else { 1 };
    let chunks: Vec<&[u8]> = nal[header..].chunks(PACKET).collect();
    let last = chunks.len() - 1;
    let fragment = |(n, chunk): (usize, &&[u8])| {
        let flags = u8::from(n == 0) << 7 | u8::from(n == last) << 6;
        let mut payload = if h265 {
            vec![(nal[0] & 0x81) | 49 << 1, nal[1], flags | (nal[0] >> 1 & 0x3f)]
        } else {
            vec![(nal[0] & 0xe0) | 28, flags | (nal[0] & 0x1f)]
        };
        payload.extend_from_slice(chunk);
        (payload, n == last)
    };
    chunks.iter().enumerate().map(fragment).collect()
}

/// The description a good camera of this kind gives; parameters come with the key pictures.
pub fn description(script: &Script) -> String {
    let video = if script.coding == Coding::H265 { "H265" } else { "H264" };
    let sound = match script.sound {
        Some("AAC") => {
            "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000/1\r\na=fmtp:97 profile-level-id=1;mode=AAC-hbr;\
             sizelength=13;indexlength=3;indexdeltalength=3;config=1408\r\na=control:sound\r\n"
        }
        Some("PCMA") => "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:sound\r\n",
        _ => "",
    };
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
         a=rtpmap:96 {video}/90000\r\na=control:picture\r\n{sound}"
    )
}
