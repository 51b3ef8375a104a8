//! The catalogue at size: lists, timelines, the day view, retention's questions, inserts, opening.
//!
//! `LANEWATCH_BENCH_SEGMENTS` rows (default 200,000; the promise is about 10,000,000) of 19 streams are made once in
//! `target/bench-data`, in the order a recorder writes them. A table goes to standard output; p50 and p95 of many
//! random questions, one after another, through the public API.

use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lanewatch::base::{
    SegmentId, SharedClock, SimClock, StreamKey, TICKS_PER_SECOND, Tasks, Ticks, TimeRange, VolumeId, Zone,
};
use lanewatch::catalogue::{
    Catalogue, NewCamera, NewSegment, NewVolume, Parameters, Scope, SealedSegment, SegmentState,
};
use lanewatch::media::ParametersHash;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

const STREAMS: i64 = 19;
const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// One minute in this many is a gap: two a day.
const GAP_EVERY: i64 = 720;
/// Bytes of a minute's fragment index, as recorded from cameras with a GOP of 2 s: main at 15 pictures a second and
/// 4 Mbit/s, sub at 5 a second and 0.5 Mbit/s. Odd streams are like main here, even ones like sub.
const INDEX_BYTES: [i64; 2] = [410, 470];

/// Rows as the writer makes them, minute by minute over all streams.
const FILL: &str = "with recursive minute (m) as (select ?1 union all select m + 1 from minute where m + 1 < ?2), \
    stream_key (k) as (select 1 union all select k + 1 from stream_key where k < 19) \
    insert into segment (stream_key, start_90k, id, volume_key, boot, run, state, duration_90k, bytes, parameters_key, \
    first_offset, holds, chain_hash, frag_index) \
    select k, ?3 + m * 5400000, cast(printf('%012x%02x', (?3 + m * 5400000) / 90, k) || hex(randomblob(1)) as blob), \
    1, 1, m / ?4, 1, 5400000, 15000000, 1, 800, 0, randomblob(32), randomblob(case k % 2 when 1 then ?5 else ?6 end - 20 + abs(random() % 40)) \
    from minute cross join stream_key where (m + k * 37) % ?4 <> 0";
const FILL_GAPS: &str = "with recursive minute (m) as (select 0 union all select m + 1 from minute where m + 1 < ?1), \
    stream_key (k) as (select 1 union all select k + 1 from stream_key where k < 19) \
    insert into gap (stream_key, from_90k, to_90k, cause, id) \
    select k, ?2 + m * 5400000, ?2 + (m + 1) * 5400000, 'camera_lost', randomblob(16) \
    from stream_key cross join minute where (m + k * 37) % ?3 = 0";
const FILL_USAGE: &str = "insert into usage (stream_key, volume_key, segments, bytes, oldest_90k) \
    select stream_key, 1, count(*), sum(bytes), min(start_90k) from segment group by stream_key";

type Failure = Box<dyn std::error::Error>;

fn origin() -> Ticks {
    Ticks::from_seconds(1_767_225_600)
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let segments: i64 =
        std::env::var("LANEWATCH_BENCH_SEGMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench-data"));
    if !folder.exists() {
        rustix::fs::mkdir(&folder, rustix::fs::Mode::from_raw_mode(0o700))?;
    }
    let path = folder.join(format!("catalogue-{segments}.sqlite"));
    let minutes = segments / STREAMS;
    let clock: SharedClock = SimClock::starting_at(origin() + minutes * MINUTE);
    let mut out = Table::new(segments)?;
    if !path.exists() {
        let start = Instant::now();
        fill(&path, &clock, minutes).await?;
        out.line("fill", &[("total", start.elapsed())])?;
    }
    let rows = rows(&path).await?;
    let bytes = std::fs::metadata(&path)?.len();
    out.text(
        "file",
        &format!(
            "{rows} rows, {:.2} GiB, {} bytes a segment, {:.1} KiB per camera-hour (2 streams)",
            bytes as f64 / f64::from(1 << 30),
            bytes as i64 / rows,
            bytes as f64 / rows as f64 * 120.0 / 1024.0
        ),
    )?;

    let tasks = Tasks::new();
    let start = Instant::now();
    let catalogue = Catalogue::open(&path, clock, Zone::HO_CHI_MINH, &tasks).await?;
    out.line("open", &[("total", start.elapsed())])?;
    let start = Instant::now();
    catalogue.unfinished_segments().await?;
    out.line("what a start has to finish", &[("total", start.elapsed())])?;
    reads(&catalogue, minutes, &mut out).await?;
    writes(&catalogue, minutes, &mut out).await?;
    let start = Instant::now();
    catalogue.close().await;
    out.line("close", &[("total", start.elapsed())])?;
    Ok(())
}

async fn reads(c: &Catalogue, minutes: i64, out: &mut Table) -> Result<(), Failure> {
    let mut random = Random(42);
    for (name, length) in [("1 hour", HOUR), ("1 day", DAY), ("30 days", 30 * DAY)] {
        let mut pick = || {
            let from = origin() + random.below((minutes * MINUTE - length).max(1));
            (StreamKey(1 + random.below(STREAMS)), TimeRange::new(from, from + length))
        };
        let picks: Vec<_> = (0..200).map(|_| pick()).collect();
        let mut listed = 0;
        for (stream, range) in &picks {
            listed = listed.max(c.segments(Scope::everything(), *stream, *range, 1000).await?.len());
        }
        measure(out, &format!("list, 1 camera, {name} (page of {listed})"), &picks, |(s, r)| {
            c.segments(Scope::everything(), s, r, 1000)
        })
        .await?;
        measure(out, &format!("timeline, 1 camera, {name}"), &picks, |(s, r)| {
            c.spans(Scope::everything(), s, r)
        })
        .await?;
    }
    let all: Vec<StreamKey> = (1..=STREAMS).map(StreamKey).collect();
    let days = (minutes * MINUTE / DAY).max(1);
    let picks: Vec<i64> = (0..100).map(|_| random.below(days)).collect();
    let week = TimeRange::new(origin() + (minutes * MINUTE - 7 * DAY).max(0), origin() + minutes * MINUTE);
    measure(out, "pace of all streams, 7 days (forecast)", &[week; 50], |range| {
        futures::future::try_join_all(
            all.iter().map(move |stream| c.pace(Scope::everything(), *stream, range)),
        )
    })
    .await?;
    measure(out, "outages of 19 cameras, 30 days, a page", &[week; 50], |range| {
        futures::future::try_join_all(
            (1..=19).map(move |k| c.outages(Scope::everything(), StreamKey(k), range, 0, None, 51)),
        )
    })
    .await?;
    let first = c.zone().day_of(origin());
    measure(out, "19 cameras, 1 day, minutes (day_summary)", &picks, |day| {
        let all = &all;
        async move { c.days(Scope::everything(), all, first + day as i32, first + day as i32 + 1).await }
    })
    .await?;
    measure(out, "19 cameras, 1 day, spans", &picks, |day| {
        let all = &all;
        async move {
            for stream in all {
                c.spans(
                    Scope::everything(),
                    *stream,
                    TimeRange::new(origin() + day * DAY, origin() + (day + 1) * DAY),
                )
                .await?;
            }
            Ok(())
        }
    })
    .await?;
    measure(out, "1 camera, 31 days of the calendar", &picks, |day| {
        let all = &all[..1];
        async move { c.days(Scope::everything(), all, first + day as i32, first + day as i32 + 31).await }
    })
    .await?;
    let volume = c.volumes().await?[0].id;
    measure(out, "oldest 4 of all streams on a volume", &picks, |_| async move {
        for stream in 1..=STREAMS {
            c.oldest_segments(StreamKey(stream), volume, Ticks(0), 4).await?;
        }
        Ok(())
    })
    .await?;
    measure(out, "doomed of a volume", &picks, |_| c.doomed_segments(volume, 64)).await?;
    measure(out, "usage of all", &picks, |_| c.usage(Scope::everything())).await
}

async fn writes(c: &Catalogue, minutes: i64, out: &mut Table) -> Result<(), Failure> {
    let volume = c.volumes().await?[0].id;
    let end =
        c.newest(Scope::everything(), StreamKey(1)).await?.unwrap_or(origin() + minutes * MINUTE) + MINUTE;
    let segment = |m: i64, stream: i64| sealed(volume, StreamKey(stream), end + m * MINUTE);
    let count = 100;
    let start = Instant::now();
    for m in 0..count {
        for stream in 1..=STREAMS {
            let sealed = segment(m, stream);
            c.begin_segment(sealed.new.clone());
            c.seal_segment(sealed);
        }
    }
    let given = start.elapsed();
    c.flush().await?;
    let each = (count * STREAMS) as u32;
    out.line(
        "insert one segment (begin and seal, many waiting)",
        &[("caller", given / each), ("on disk", start.elapsed() / each)],
    )?;
    let picks: Vec<i64> = (0..100).collect();
    measure(out, "insert one segment alone, until on disk", &picks, |n| {
        let sealed = segment(count + n, 1);
        async move {
            c.begin_segment(sealed.new.clone());
            c.seal_segment(sealed);
            c.flush().await
        }
    })
    .await?;
    let doomed: Vec<_> =
        (0..count).flat_map(|m| (1..=STREAMS).map(move |s| (StreamKey(s), end + m * MINUTE))).collect();
    let alone = (0..100).map(|n| (StreamKey(1), end + (count + n) * MINUTE));
    let doomed: Vec<_> = doomed.into_iter().chain(alone).collect();
    let (start, each) = (Instant::now(), doomed.len() as u32);
    c.doom(doomed.clone(), "bench").await?;
    let doom = start.elapsed();
    c.forget_doomed(doomed).await?;
    out.line("delete one segment (many at once)", &[("doom", doom / each), ("all", start.elapsed() / each)])?;
    Ok(())
}

fn sealed(volume: VolumeId, stream: StreamKey, start: Ticks) -> SealedSegment {
    let parameters_hash = ParametersHash([7; 16]);
    SealedSegment {
        new: NewSegment {
            id: SegmentId::fresh(start),
            stream,
            start,
            volume,
            run: 9,
            parameters_hash,
            first_offset: 800,
        },
        duration: MINUTE,
        bytes: 15_000_000,
        frag_index: Bytes::from(vec![9; INDEX_BYTES[0] as usize]),
        chain_hash: [3; 32],
        state: SegmentState::Sealed,
    }
}

/// Makes a catalogue by its own API and its segments by SQL.
async fn fill(path: &Path, clock: &SharedClock, minutes: i64) -> Result<(), Failure> {
    let part = path.with_extension("part");
    for name in [part.clone(), part.with_extension("part-wal"), part.with_extension("part-shm")] {
        if name.exists() {
            rustix::fs::unlink(&name)?;
        }
    }
    let tasks = Tasks::new();
    let c = Catalogue::open(&part, Arc::clone(clock), Zone::HO_CHI_MINH, &tasks).await?;
    let volume = VolumeId::fresh(origin());
    c.put_volume(NewVolume { id: volume, path: "/srv".into(), group: "default".into(), budget_bytes: None })
        .await?;
    for n in 1..=STREAMS {
        let url = format!("rtsp://10.0.0.{n}/main").parse()?;
        c.add_camera(NewCamera::new(format!("Ngõ {n}"), url)).await?;
    }
    let (mime, codec) = ("video/mp4; codecs=\"avc1.640028\"".to_owned(), "avc1.640028".to_owned());
    let hash = ParametersHash([7; 16]);
    c.put_parameters(Parameters {
        hash,
        mime,
        codec,
        width: 1920,
        height: 1080,
        init: Bytes::from_static(&[0; 800]),
    });
    c.close().await;

    let mut conn = connect(&part).await?;
    let mut m = 0;
    while m < minutes {
        let to = (m + 1440).min(minutes);
        let query = sqlx::query(FILL).bind(m).bind(to).bind(origin().0).bind(GAP_EVERY);
        let query = query.bind(INDEX_BYTES[0]).bind(INDEX_BYTES[1]);
        query.execute(&mut conn).await?;
        m = to;
    }
    sqlx::query(FILL_GAPS).bind(minutes).bind(origin().0).bind(GAP_EVERY).execute(&mut conn).await?;
    sqlx::query(FILL_USAGE).execute(&mut conn).await?;
    // The next opening makes the day summaries.
    sqlx::query("delete from meta where name = 'time_zone'").execute(&mut conn).await?;
    sqlx::query("analyze").execute(&mut conn).await?;
    conn.close().await?;
    let c = Catalogue::open(&part, Arc::clone(clock), Zone::HO_CHI_MINH, &tasks).await?;
    c.close().await;
    if part.with_extension("part-wal").exists() {
        return Err("the filled catalogue was not closed cleanly".into());
    }
    rustix::fs::rename(&part, path)?;
    Ok(())
}

/// A connection that hurries: what is lost is made again.
async fn connect(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .pragma("synchronous", "off")
        .pragma("cache_size", "-262144");
    options.disable_statement_logging().connect().await
}

async fn rows(path: &Path) -> Result<i64, Failure> {
    let mut conn = connect(path).await?;
    let rows = sqlx::query_scalar("select sum(segments) from usage").fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(rows)
}

async fn measure<P: Copy, T, F>(
    out: &mut Table,
    name: &str,
    picks: &[P],
    ask: impl Fn(P) -> F,
) -> Result<(), Failure>
where
    F: Future<Output = lanewatch::base::Result<T>>,
{
    let mut times = Vec::with_capacity(picks.len());
    for &pick in picks {
        let start = Instant::now();
        std::hint::black_box(ask(pick).await?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    out.line(name, &[("p50", times[times.len() / 2]), ("p95", times[times.len() * 95 / 100])])
}

struct Table(std::io::Stdout);

impl Table {
    fn new(segments: i64) -> Result<Self, Failure> {
        let mut table = Self(std::io::stdout());
        table.text("asked for", &format!("{segments} segments of {STREAMS} streams"))?;
        Ok(table)
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.0, "{name:<52} {text}")?)
    }

    fn line(&mut self, name: &str, values: &[(&str, Duration)]) -> Result<(), Failure> {
        let values: Vec<String> =
            values.iter().map(|(what, t)| format!("{what} {:>9.3} ms", t.as_secs_f64() * 1000.0)).collect();
        self.text(name, &values.join("   "))
    }
}

/// xorshift64*: the same questions each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 1) as i64 % n
    }
}
