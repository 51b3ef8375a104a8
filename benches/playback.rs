//! An hour of a 4 Mbit/s camera as one MP4: its first byte, all its bytes, a piece from its middle. And five minutes
//! across a gap as an export.
//!
//! They are recorded once, through hub, recorder, storage and catalogue, into `target/bench-data/playback`. Then
//! the service itself serves it over loopback to a client that throws the bytes away. The file data is in the page
//! cache after the first pass. CPU is that of the service alone; beside others on the machine figures get worse.

#[path = "../tests/support/footage.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the integration tests")]
mod footage;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use footage::{Lane, Picture, Rooms};
use lanewatch::app::catalogue_file;
use lanewatch::base::{SimClock, StreamKind, TICKS_PER_SECOND, Tasks, Ticks, Zone};
use lanewatch::catalogue::{Catalogue, NewCamera, NewVolume};
use lanewatch::hub::Hub;
use lanewatch::media::Parameters;
use lanewatch::storage::{VolumeSpec, Volumes, ensure_folder};

const HOUR: i64 = 3600;
/// Seconds of an export, and of the gap in it.
const FIVE: i64 = 300;
const LOST: i64 = 12;
const FPS: i64 = 15;
/// Pictures of a GOP and their bytes: 4 Mbit/s.
const GOP: usize = 30;
const KEY_BYTES: usize = 130_000;
const DELTA_BYTES: usize = 30_000;
/// Parameter sets that look real; nobody decodes this footage.
const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x95];
const PPS: &[u8] = &[0x68, 0xce, 0x0f, 0xc8];

type Failure = Box<dyn std::error::Error>;

fn start() -> Ticks {
    Ticks::from_seconds(1_767_225_600)
}

fn main() -> Result<(), Failure> {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench-data/playback-and-export"));
    if !data.exists() {
        let part = data.with_extension("part");
        if part.exists() {
            return Err(format!("{} was left half made; remove it", part.display()).into());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let began = Instant::now();
        runtime.block_on(record(&part))?;
        rustix::fs::rename(&part, &data)?;
        say("recorded an hour", &format!("{:.1} s", began.elapsed().as_secs_f64()));
    }
    let mut service = Service::start(&data)?;
    first_byte(&mut service)?;
    whole(&mut service)?;
    pieces(&mut service)?;
    minute(&mut service)?;
    export(&mut service)
}

/// Makes the hour, as the service would have.
async fn record(data: &Path) -> Result<(), Failure> {
    ensure_folder(data)?;
    let (clock, tasks) = (SimClock::starting_at(start()), Tasks::new());
    let catalogue = Catalogue::open(&catalogue_file(data), clock.clone(), Zone::HO_CHI_MINH, &tasks).await?;
    // Where the service looks for footage when its configuration names no other place.
    let spec = VolumeSpec { path: data.join("footage"), group: "default".into(), budget_bytes: None };
    let volumes = Volumes::open(vec![spec.clone()], &[], catalogue.database(), start())?;
    for volume in volumes.iter() {
        let (path, group) = (spec.path.clone(), spec.group.clone());
        catalogue.put_volume(NewVolume { id: volume.id(), path, group, budget_bytes: None }).await?;
    }
    // Switched off: the service must not look for it.
    let camera = NewCamera { enabled: false, ..NewCamera::new("Hour", "rtsp://127.0.0.1:9/main".parse()?) };
    let camera = catalogue.add_camera(camera).await?;
    let rooms = Rooms { catalogue: catalogue.clone(), volumes: volumes.clone(), hub: Hub::new(), clock };
    let parameters = Parameters::new(footage::video(SPS, PPS, (1920, 1080)), None);
    let mut lane = Lane::begin(&rooms, &camera, StreamKind::Main, parameters.clone()).await;
    let gop = pictures();
    for _ in 0..HOUR * FPS / GOP as i64 {
        lane.show(&gop, (TICKS_PER_SECOND / FPS) as u32).await;
    }
    lane.end().await;
    let camera = NewCamera { enabled: false, ..NewCamera::new("Gap", "rtsp://127.0.0.1:9/gap".parse()?) };
    let camera = catalogue.add_camera(camera).await?;
    let mut lane = Lane::begin(&rooms, &camera, StreamKind::Main, parameters).await;
    for half in 0..2 {
        for _ in 0..(FIVE - LOST) / 2 * FPS / GOP as i64 {
            lane.show(&gop, (TICKS_PER_SECOND / FPS) as u32).await;
        }
        if half == 0 {
            lane.lose(LOST * TICKS_PER_SECOND).await;
        }
    }
    lane.end().await;
    volumes.close();
    catalogue.close().await;
    Ok(())
}

/// One GOP of noise, which compresses no better than footage does.
fn pictures() -> Vec<Picture> {
    let mut random = Random(7);
    let picture = |number: usize| {
        let bytes = if number == 0 { KEY_BYTES } else { DELTA_BYTES * 3 / 4 + random.below(DELTA_BYTES / 2) };
        let words = (0..bytes.div_ceil(8)).flat_map(|_| random.next().to_le_bytes());
        let mut data: Vec<u8> = words.take(bytes).collect();
        data[..5].copy_from_slice(&[0, 0, 0, 0, if number == 0 { 0x65 } else { 0x41 }]);
        data[..4].copy_from_slice(&(bytes as u32 - 4).to_be_bytes());
        Picture { key: number == 0, data: Bytes::from(data) }
    };
    (0..GOP).map(picture).collect()
}

fn first_byte(service: &mut Service) -> Result<(), Failure> {
    let mut times = Vec::new();
    for n in 0..30 {
        // Another range each time, so that no plan is kept.
        let path = clip(n, HOUR * 1000 - 1000 + n);
        times.push(service.get(&path, None, Wanted::FirstByte)?.first);
    }
    line("1 hour: first byte, planned anew", &mut times);
    let path = clip(0, HOUR * 1000);
    service.get(&path, None, Wanted::FirstByte)?;
    let mut times = Vec::new();
    for _ in 0..30 {
        times.push(service.get(&path, None, Wanted::FirstByte)?.first);
    }
    line("1 hour: first byte, plan kept", &mut times);
    Ok(())
}

fn whole(service: &mut Service) -> Result<(), Failure> {
    let path = clip(0, HOUR * 1000);
    for pass in 0..4 {
        let (cpu, began) = (service.cpu()?, Instant::now());
        let bytes = service.get(&path, None, Wanted::All)?.bytes;
        let (cpu, took) = (service.cpu()? - cpu, began.elapsed().as_secs_f64());
        let mib = bytes as f64 / f64::from(1 << 20);
        let text = format!(
            "{mib:.0} MiB, {:.0} MiB/s, {:.3} CPU ms per MiB, RSS {} MiB",
            mib / took,
            cpu.as_secs_f64() * 1000.0 / mib,
            service.rss_mib()?
        );
        say(&format!("1 hour: all bytes, pass {}", pass + 1), &text);
    }
    Ok(())
}

fn pieces(service: &mut Service) -> Result<(), Failure> {
    let mut random = Random(42);
    let path = clip(0, HOUR * 1000);
    let total = service.get(&path, Some((0, 0)), Wanted::All)?.total;
    let mut times = Vec::new();
    for _ in 0..300 {
        let from = random.below(total as usize - (64 << 10)) as u64;
        let began = Instant::now();
        service.get(&path, Some((from, from + (64 << 10) - 1)), Wanted::All)?;
        times.push(began.elapsed());
    }
    line("1 hour: 64 KiB from anywhere, plan kept", &mut times);
    let mut times = Vec::new();
    for n in 0..30 {
        let path = clip(n, HOUR * 1000 - 5000 + n);
        let began = Instant::now();
        service.get(&path, Some((total / 2, total / 2 + (64 << 10) - 1)), Wanted::All)?;
        times.push(began.elapsed());
    }
    line("1 hour: 64 KiB from the middle, planned anew", &mut times);
    Ok(())
}

fn minute(service: &mut Service) -> Result<(), Failure> {
    let mut times = Vec::new();
    for n in 0..50 {
        let path = clip(n * 60_000 + 500, n * 60_000 + 60_500);
        let began = Instant::now();
        service.get(&path, None, Wanted::All)?;
        times.push(began.elapsed());
    }
    line("1 minute: all bytes", &mut times);
    Ok(())
}

/// From the request to the finished zip, with both its parts hashed.
fn export(service: &mut Service) -> Result<(), Failure> {
    let at = |s: i64| (start() + (HOUR + s) * TICKS_PER_SECOND).rfc3339();
    let body = serde_json::json!({"items": [{"camera": "gap", "from": at(0), "to": at(FIVE)}]}).to_string();
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..5 {
        let began = Instant::now();
        let mut told = service.ask("POST", "/api/v1/exports", &body)?;
        let path = format!("/api/v1/exports/{}", told["id"].as_str().ok_or("no id")?);
        while told["state"] == "queued" || told["state"] == "running" {
            std::thread::sleep(Duration::from_millis(5));
            told = service.ask("GET", &path, "")?;
        }
        times.push(began.elapsed());
        if told["state"] != "done" || told["missing"].as_array().is_none_or(|gaps| gaps.len() != 1) {
            return Err(told.to_string().into());
        }
        bytes = told["bytes"].as_u64().unwrap_or(0);
        service.ask("DELETE", &path, "")?;
    }
    line(&format!("5 minutes across a gap: {} MiB exported", bytes >> 20), &mut times);
    Ok(())
}

/// Address of a clip; times in milliseconds after the start.
fn clip(from: i64, to: i64) -> String {
    let at = |ms: i64| (start() + ms * TICKS_PER_SECOND / 1000).rfc3339();
    format!("/api/v1/cameras/hour/clip.mp4?from={}&to={}", at(from), at(to))
}

/// How much of an answer is read; of a body that is not wanted the connection is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    FirstByte,
    All,
}

struct Answer {
    /// Until the first byte of the body was here.
    first: Duration,
    /// Bytes of the body.
    bytes: u64,
    /// Bytes of the whole, of which the body may be a part.
    total: u64,
}

/// The service as a process of its own, and a connection to it.
struct Service {
    child: Child,
    address: String,
    token: String,
    connection: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Service {
    fn start(data: &Path) -> Result<Self, Failure> {
        let program = env!("CARGO_BIN_EXE_lanewatch");
        let made = Command::new(program).args(["token", "create", "--data"]).arg(data).output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        let token = String::from_utf8(made.stdout)?.trim().to_owned();
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child = command.env("RUST_LOG", "warn").stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut said)?;
        let address = said.split("//").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.ok_or("the service did not say where it is")?.to_owned();
        Ok(Self { child, address, token, connection: None, buffer: vec![0; 1 << 20] })
    }

    fn get(&mut self, path: &str, range: Option<(u64, u64)>, wanted: Wanted) -> Result<Answer, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = TcpStream::connect(&self.address)?;
                connection.set_nodelay(true)?;
                connection
            }
        };
        let range = range.map_or_else(String::new, |(a, b)| format!("Range: bytes={a}-{b}\r\n"));
        let (host, token) = (&self.address, &self.token);
        let began = Instant::now();
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{range}\r\n"
        )?;
        let mut have = 0;
        let head = loop {
            let n = connection.read(&mut self.buffer[have..])?;
            if n == 0 {
                return Err("the service closed the connection".into());
            }
            have += n;
            if let Some(at) = self.buffer[..have].windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        if !text.starts_with("HTTP/1.1 20") {
            return Err(format!("{path}: {text}").into());
        }
        let header = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
        let length: u64 = header("content-length:").ok_or("no length")?.parse()?;
        let total = match header("content-range:").and_then(|r| r.split('/').nth(1)) {
            Some(total) => total.parse()?,
            None => length,
        };
        let mut bytes = (have - head) as u64;
        while bytes == 0 {
            bytes += connection.read(&mut self.buffer)? as u64;
        }
        let first = began.elapsed();
        if wanted == Wanted::All {
            while bytes < length {
                match connection.read(&mut self.buffer)? {
                    0 => return Err("the body ended early".into()),
                    n => bytes += n as u64,
                }
            }
            self.connection = Some(connection);
        }
        Ok(Answer { first, bytes, total })
    }

    /// A request with a JSON answer, on a connection of its own.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<serde_json::Value, Failure> {
        let mut connection = TcpStream::connect(&self.address)?;
        let (host, token, length) = (&self.address, &self.token, body.len());
        write!(
            connection,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.starts_with("HTTP/1.1 20") {
            return Err(answer.into());
        }
        Ok(if body.is_empty() { serde_json::Value::Null } else { serde_json::from_str(body)? })
    }

    /// What its threads have cost so far.
    fn cpu(&self) -> Result<Duration, Failure> {
        let mut nanos = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanos += text.split(' ').next().unwrap_or("0").parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    fn rss_mib(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? >> 10)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let ms = |t: Duration| t.as_secs_f64() * 1000.0;
    let (p50, p95) = (times[times.len() / 2], times[times.len() * 95 / 100]);
    say(name, &format!("p50 {:>8.3} ms   p95 {:>8.3} ms", ms(p50), ms(p95)));
}

fn say(name: &str, text: &str) {
    // Nobody reads on: then nobody misses it.
    let _ = writeln!(std::io::stdout(), "{name:<48} {text}");
}

/// xorshift64*: the same questions each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 1) as usize % n
    }
}
