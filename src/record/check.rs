//! Does everything hold that should? Looks at every row and every file, and changes nothing.
//!
//! | letter | what always holds | how it is looked at |
//! |---|---|---|
//! | a | a catalogued file has at least its recorded length | every row's file is measured |
//! | b | every file is growing, catalogued, doomed or set aside | every file's row is looked for |
//! | c | a row tells the truth about what was synced | its hash is read back from the file's last link |
//! | d | a file goes only after its row is doomed | every complete row's file is there |
//! | e | segments of a stream do not overlap | all rows in order |
//! | f | after an orderly stop nothing is growing | rows that are open, with the service stopped |
//! | g | every second of a stream is footage or a gap with its cause | rows and gaps in order, up to now while it runs |
//! | h | held footage is there | as a and d, for held rows |
//! | i | an event has its camera, ends after its beginning, and ends with an orderly stop | all rows |
//!
//! Besides: the hash chain of the log of what people did, SQLite's own check of the catalogue and of the motion file beside it,
//! whether every minute of cells can be read, and (`deep`) every byte of every file against its hash chain.

use serde::Serialize;

use super::adoption::examine;
use super::recovery::{blocking, streams, without_row};
use crate::base::{Error, Kind, Result, StreamId, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Camera, Catalogue, Scope, Segment, SegmentState, Stream};
use crate::media::{FragmentIndex, LINK_BYTES, ReadAt};
use crate::storage::{Found, Volume, Volumes};

/// Violations that are written out; the others are counted.
const EXAMPLES: usize = 10;
/// Rows read at once.
const PAGE: u32 = 1000;
/// A running recorder has accounted for everything up to this long ago: a segment's first row, or a gap's, is written
/// within the catalogue's linger after the camera's silence limit.
const ACCOUNTED: i64 = 10 * TICKS_PER_SECOND;

/// One thing that should hold.
#[derive(Clone, Debug, Serialize)]
pub struct Invariant {
    /// Its letter.
    pub id: &'static str,
    /// What it says.
    pub name: &'static str,
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them do not hold.
    pub violations: u64,
    /// Some of them, in words.
    pub examples: Vec<String>,
}

impl Invariant {
    fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, checked: 0, violations: 0, examples: Vec::new() }
    }

    fn bad(&mut self, example: impl FnOnce() -> String) {
        self.violations += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }
}

/// A gap, as it is told.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedGap {
    /// RFC 3339.
    pub from: String,
    /// RFC 3339; none while it lasts.
    pub to: Option<String>,
    /// Name of its cause.
    pub cause: &'static str,
}

/// What a stream has.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedStream {
    /// The camera's name.
    pub camera: String,
    /// main or sub.
    pub stream: &'static str,
    /// Complete segments.
    pub segments: u64,
    /// Rows of files that are growing, or on their way out.
    pub unfinished: u64,
    /// Start of the first footage, RFC 3339.
    pub first: Option<String>,
    /// End of the last footage, RFC 3339.
    pub last: Option<String>,
    /// Seconds of footage.
    pub recorded_s: f64,
    /// Share of the time from first to last that is footage, 0..=1.
    pub coverage: f64,
    /// What is missing, in order.
    pub gaps: Vec<CheckedGap>,
}

/// What the file of cells and pictures has.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedMotion {
    /// Version of its schema; 0 when it cannot be read.
    pub version: i64,
    /// Cameras that it knows.
    pub cameras: u64,
    /// Minutes of cameras in which something moved.
    pub minutes: u64,
    /// Of these, how many cannot be read.
    pub unreadable: u64,
    /// Pictures of events.
    pub pictures: u64,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Everything holds.
    pub ok: bool,
    /// The service was running meanwhile.
    pub running: bool,
    /// Files that were moved out of the way at some time.
    pub set_aside: u64,
    /// Files that a crash left open; the next start finishes them.
    pub left_open: u64,
    /// The invariants.
    pub invariants: Vec<Invariant>,
    /// The file of cells and pictures; none when nobody ever looked for motion.
    pub motion: Option<CheckedMotion>,
    /// All streams, also of removed cameras.
    pub streams: Vec<CheckedStream>,
}

/// Looks at everything. `running`: a service is using the data now; `deep`: read every byte.
///
/// # Errors
/// When the catalogue cannot be read at all.
pub async fn check(
    catalogue: &Catalogue,
    volumes: &Volumes,
    now: Ticks,
    running: bool,
    deep: bool,
) -> Result<Report> {
    let mut work = Work::new(catalogue, volumes, now, running, deep);
    work.database().await?;
    work.audit().await?;
    let motion = work.motion().await;
    work.events().await?;
    let mut found = Vec::new();
    for camera in catalogue.all_cameras().await? {
        for stream in &camera.streams {
            work.rows(stream).await?;
            found.push(work.stream(&camera, stream).await?);
        }
    }
    let set_aside = work.files().await?;
    let left_open = work.left_open;
    let invariants = work.all;
    Ok(Report {
        ok: invariants.iter().all(|i| i.violations == 0),
        running,
        set_aside,
        left_open,
        invariants,
        motion,
        streams: found,
    })
}

struct Work<'a> {
    catalogue: &'a Catalogue,
    volumes: &'a Volumes,
    now: Ticks,
    running: bool,
    deep: bool,
    left_open: u64,
    all: Vec<Invariant>,
}

/// What one file says against its row.
struct FileFacts {
    length: Option<u64>,
    ends_right: bool,
    damage: Option<String>,
}

impl<'a> Work<'a> {
    fn new(catalogue: &'a Catalogue, volumes: &'a Volumes, now: Ticks, running: bool, deep: bool) -> Self {
        let mut all = vec![
            Invariant::new("a", "a catalogued file has at least its recorded length"),
            Invariant::new("b", "every file is growing, catalogued, doomed or set aside"),
            Invariant::new("c", "a row says what its file really ends with"),
            Invariant::new("d", "a catalogued file is there"),
            Invariant::new("e", "segments of a stream do not overlap"),
            Invariant::new("f", "after an orderly stop nothing is growing"),
            Invariant::new("g", "every second of a stream is footage or a gap with its cause"),
            Invariant::new("h", "held footage is there"),
            Invariant::new(
                "i",
                "an event has a camera and a beginning before its end, and none lasts after an orderly stop",
            ),
            Invariant::new("audit", "the log of what people did is as it was written"),
            Invariant::new("database", "the catalogue file is sound"),
            Invariant::new("motion", "the motion file is sound, and its minutes can be read"),
        ];
        if deep {
            all.push(Invariant::new("deep", "every byte of a file is what was written"));
        }
        Self { catalogue, volumes, now, running, deep, left_open: 0, all }
    }

    fn on(&mut self, id: &'static str) -> &mut Invariant {
        self.all.iter_mut().find(|i| i.id == id).expect("listed in new")
    }

    async fn database(&mut self) -> Result<()> {
        let wrong = self.catalogue.check_file(false).await?;
        let database = self.on("database");
        database.checked = 1;
        for line in wrong {
            database.bad(|| line);
        }
        Ok(())
    }

    async fn audit(&mut self) -> Result<()> {
        let (looked_at, broken) = self.catalogue.audit_broken().await?;
        let audit = self.on("audit");
        audit.checked = looked_at;
        if let Some(seq) = broken {
            audit.bad(|| format!("entry {seq} does not follow from the one before it: one of them was changed, or some are gone"));
        }
        Ok(())
    }

    /// A damaged one costs no footage: the service sets it aside and begins a new one.
    async fn motion(&mut self) -> Option<CheckedMotion> {
        let audit = self.catalogue.audit_motion().await?;
        let motion = self.on("motion");
        motion.checked = audit.minutes + 1;
        for line in audit.wrong {
            motion.bad(|| line);
        }
        if audit.unreadable > 0 {
            motion.bad(|| format!("{} minutes of cells cannot be read", audit.unreadable));
            motion.violations += audit.unreadable - 1;
        }
        Some(CheckedMotion {
            version: audit.version,
            cameras: audit.cameras,
            minutes: audit.minutes,
            unreadable: audit.unreadable,
            pictures: audit.pictures,
        })
    }

    /// i, for all events.
    async fn events(&mut self) -> Result<()> {
        let audit = self.catalogue.audit_events().await?;
        let crashed = self.catalogue.previous_boot().await?.is_some_and(|b| b.ended.is_none());
        // While it runs one may last; after a crash the next start ends it.
        let left = if self.running || crashed { 0 } else { audit.open };
        let events = self.on("i");
        events.checked = audit.events;
        for (count, what) in
            [(audit.orphans, "no camera"), (audit.backward, "an end before its beginning"), (left, "no end")]
        {
            if count > 0 {
                events.bad(|| format!("{count} events have {what}"));
                events.violations += count - 1;
            }
        }
        Ok(())
    }

    /// a, c, d, f, h and deep, for all rows of a stream.
    async fn rows(&mut self, stream: &Stream) -> Result<()> {
        let crashed = self.catalogue.unrecovered_since().await?.is_some();
        let mut after = Ticks(i64::MIN);
        loop {
            let page = self.catalogue.segments_after(stream.key, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.start;
            for row in &page {
                match row.state {
                    SegmentState::Open if self.running => {}
                    SegmentState::Open if crashed => self.left_open += 1,
                    SegmentState::Open => {
                        let f = self.on("f");
                        f.bad(|| format!("segment {} of {} is still open", row.id, row.start));
                    }
                    SegmentState::Doomed => {}
                    SegmentState::Sealed | SegmentState::Recovered => self.row(stream.id, row).await?,
                }
                self.on("f").checked += 1;
            }
        }
    }

    async fn row(&mut self, stream: StreamId, row: &Segment) -> Result<()> {
        let Some(volume) = self.volumes.get(row.volume) else {
            self.on("d").bad(|| format!("segment {}: the disk that holds it is not there", row.id));
            return Ok(());
        };
        let (row, deep) = (row.clone(), self.deep);
        let (facts, row) = blocking(&volume, move |v| Ok((facts(v, stream, &row, deep)?, row))).await?;
        let shown =
            || format!("{}/{}", volume.spec().path.display(), volume.path_of(stream, row.id).display());
        let there = match facts.length {
            Some(_) => true,
            // Retention may have taken it since the row was read.
            None => !self.catalogue.segment_row(row.id).await?.is_some_and(|now| now.is_complete()),
        };
        self.on("d").checked += 1;
        if !there {
            self.on("d").bad(|| format!("{} is missing", shown()));
        }
        let whole = there && facts.length.is_none_or(|n| n as i64 >= row.bytes);
        if let Some(length) = facts.length {
            self.on("a").checked += 1;
            if !whole {
                self.on("a").bad(|| format!("{} has {length} bytes of {}", shown(), row.bytes));
            }
            self.on("c").checked += 1;
            if whole && !facts.ends_right {
                self.on("c").bad(|| format!("{} does not end as its row says", shown()));
            }
            if deep {
                self.on("deep").checked += 1;
            }
        }
        if let Some(damage) = facts.damage {
            self.on("deep").bad(|| format!("{}: {damage}", shown()));
        }
        if row.held {
            self.on("h").checked += 1;
            if !whole {
                self.on("h").bad(|| format!("{} is held, and gone or cut", shown()));
            }
        }
        Ok(())
    }

    /// e and g, and what there is to say of a stream.
    async fn stream(&mut self, camera: &Camera, stream: &Stream) -> Result<CheckedStream> {
        let name = format!("{} {}", camera.name, stream.kind);
        let mut audit = self.catalogue.audit_stream(stream.key).await?;
        // What changed between its two readings (a segment sealed, a gap closed) is looked at again.
        if self.running && !audit.is_sound() {
            audit = self.catalogue.audit_stream(stream.key).await?;
        }
        let gaps = self
            .catalogue
            .gaps(Scope::everything(), stream.key, TimeRange { from: Ticks(i64::MIN), to: Ticks(i64::MAX) })
            .await?;
        let e = self.on("e");
        e.checked += audit.segments;
        for range in &audit.overlaps {
            e.bad(|| format!("{name}: {} to {} is there twice", range.from, range.to));
        }
        let now = self.now;
        let g = self.on("g");
        g.checked += (audit.recorded_ticks + audit.gap_ticks) as u64 / TICKS_PER_SECOND as u64;
        // Footage of a clock that was ahead may lie beyond now; the time up to it has not come yet.
        for range in audit.uncovered.iter().filter(|hole| hole.to <= now) {
            g.bad(|| format!("{name}: {} to {} is neither footage nor gap", range.from, range.to));
        }
        for range in &audit.contradictions {
            g.bad(|| format!("{name}: {} to {} is both footage and gap", range.from, range.to));
        }
        let lasting = gaps.last().is_some_and(|gap| gap.to.is_none());
        let wanted =
            camera.enabled && stream.recorded && camera.deleted.is_none() && stream.deleted.is_none();
        let known = gaps.last().and_then(|gap| gap.to).max(audit.last);
        if self.running && wanted && !lasting && audit.unfinished == 0 && known.is_some() {
            let silent = known.filter(|known| self.now - *known > ACCOUNTED);
            if let Some(since) = silent {
                self.on("g").bad(|| format!("{name}: nothing is known since {since}"));
            }
        }
        let span = audit.first.zip(audit.last).map_or(0, |(first, last)| last - first);
        Ok(CheckedStream {
            camera: camera.name.clone(),
            stream: stream.kind.name(),
            segments: audit.segments,
            unfinished: audit.unfinished,
            first: audit.first.map(Ticks::rfc3339),
            last: audit.last.map(Ticks::rfc3339),
            recorded_s: audit.recorded_ticks as f64 / TICKS_PER_SECOND as f64,
            coverage: if span == 0 { 0.0 } else { audit.recorded_ticks as f64 / span as f64 },
            gaps: gaps
                .into_iter()
                .map(|gap| CheckedGap {
                    from: gap.from.rfc3339(),
                    to: gap.to.map(Ticks::rfc3339),
                    cause: gap.cause.name(),
                })
                .collect(),
        })
    }

    /// b; answers how many files were set aside.
    async fn files(&mut self) -> Result<u64> {
        let known = streams(self.catalogue).await?;
        let mut set_aside = 0;
        for volume in self.volumes.iter() {
            set_aside += volume.set_aside_count() as u64;
            let mut walk = volume.walk();
            loop {
                let (listing, rest) =
                    blocking(&volume, move |_| Ok((walk.next().transpose()?, walk))).await?;
                let Some(listing) = listing else { break };
                walk = rest;
                let root = volume.spec().path.display();
                self.on("b").checked += (listing.found.len() + listing.strangers.len()) as u64;
                for path in listing.strangers {
                    self.on("b").bad(|| format!("{root}/{} is not ours", path.display()));
                }
                for file in without_row(self.catalogue, &known, &listing.found).await? {
                    if self.is_coming(&volume, file).await? {
                        continue;
                    }
                    let path = volume.path_of(file.stream, file.segment);
                    self.on("b").bad(|| format!("{root}/{} is in no row", path.display()));
                }
            }
        }
        Ok(set_aside)
    }

    /// A running recorder makes the file first and the row some moments later; retention deletes it first.
    async fn is_coming(&self, volume: &Volume, file: Found) -> Result<bool> {
        if !self.running {
            return Ok(false);
        }
        let fresh = self.now - file.segment.made() < ACCOUNTED;
        let gone = blocking(volume, move |v| Ok(v.length(file.stream, file.segment)?.is_none())).await?;
        Ok(fresh || gone)
    }
}

fn facts(volume: &Volume, stream: StreamId, row: &Segment, deep: bool) -> Result<FileFacts> {
    let length = volume.length(stream, row.id)?;
    let mut facts = FileFacts { length, ends_right: false, damage: None };
    if length.is_none() {
        return Ok(facts);
    }
    match volume.reader(stream, row.id) {
        Ok(reader) => facts.ends_right = ends_as_said(&reader, row)?,
        Err(error) if error.kind() == Kind::NotFound => return Ok(facts),
        Err(error) => return Err(error),
    }
    if deep {
        let said = FragmentIndex::decode(&row.frag_index)?.entries.len();
        facts.damage = match examine(volume, Found { stream, segment: row.id }) {
            Ok(scan) if scan.fragments.len() < said || scan.damaged => {
                let second = scan.end();
                Some(format!("the bytes after {second} are not those that were written"))
            }
            Ok(_) => None,
            Err(error) if error.kind() == Kind::Corrupt => Some(error.message().to_owned()),
            Err(error) => return Err(error),
        };
    }
    Ok(facts)
}

/// True when the link that stands where the row's last fragment ends carries the row's hash.
fn ends_as_said(file: &impl ReadAt, row: &Segment) -> Result<bool> {
    let index = FragmentIndex::decode(&row.frag_index)?;
    let link = LINK_BYTES as u64;
    let end: u64 =
        index.entries.iter().map(|e| u64::from(e.bytes) + link).sum::<u64>() + row.first_offset as u64;
    let mut hash = [0; 32];
    let Some(at) = end.checked_sub(hash.len() as u64) else { return Ok(false) };
    let n = file.read_at(at, &mut hash).map_err(|e| Error::io("cannot read a segment", e))?;
    Ok(n == hash.len() && Some(hash) == row.chain_hash)
}
