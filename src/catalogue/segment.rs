//! Segments as the recorder writes them: begun, sealed, dropped; and their decoder parameters.

use super::growing::Growing;
use super::names::{parameters_key, volume_key};
use super::sql::{failed, statements};
use super::types::{NewSegment, Parameters, SealedSegment};
use super::writer::{Change, Write};
use super::{Catalogue, day, hold, ledger, usage};
use crate::base::{Error, Kind, Result, StreamKey, Ticks, TimeRange};

statements! {
    BEGIN = "insert into segment (stream_key, start_90k, id, volume_key, boot, run, state, duration_90k, bytes, \
        parameters_key, first_offset, holds) values (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, ?7, ?8, 0) \
        on conflict do nothing";
    BEFORE = "select state, duration_90k, bytes, volume_key, id from segment where stream_key = ?1 and start_90k = ?2";
    SEAL = "insert into segment (stream_key, start_90k, id, volume_key, boot, run, state, duration_90k, bytes, \
        parameters_key, first_offset, holds, chain_hash, frag_index) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?14, ?12, ?13) \
        on conflict (stream_key, start_90k) do update set id = excluded.id, volume_key = excluded.volume_key, \
        run = excluded.run, state = excluded.state, duration_90k = excluded.duration_90k, bytes = excluded.bytes, \
        parameters_key = excluded.parameters_key, first_offset = excluded.first_offset, holds = excluded.holds, \
        chain_hash = excluded.chain_hash, frag_index = excluded.frag_index";
    DROP_OPEN = "delete from segment where stream_key = ?1 and start_90k = ?2 and state = 0 and holds = 0";
    PUT_PARAMETERS = "insert into parameters (hash, mime, codec, width, height, init) values (?1, ?2, ?3, ?4, ?5, ?6) \
        on conflict (hash) do update set mime = excluded.mime, codec = excluded.codec, width = excluded.width, \
        height = excluded.height, init = excluded.init";
}

struct Begin(NewSegment);

impl Change for Begin {
    type Answer = ();
    const NAME: &'static str = "begin_segment";
    const PATIENT: bool = true;

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let s = &self.0;
        let volume = volume_key(w, s.volume).await?;
        let parameters = parameters_key(w, s.parameters_hash).await?;
        ledger::end_open(w, s.stream, s.start).await?;
        let query = sqlx::query(BEGIN)
            .bind(s.stream.0)
            .bind(s.start.0)
            .bind(s.id.0.as_bytes().as_slice())
            .bind(volume)
            .bind(w.boot)
            .bind(s.run)
            .bind(parameters)
            .bind(s.first_offset);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct Seal(SealedSegment);

impl Change for Seal {
    type Answer = ();
    const NAME: &'static str = "seal_segment";
    const PATIENT: bool = true;

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let boot = w.boot;
        let touched = seal(w, &self.0, boot).await?;
        day::recompute(w, self.0.new.stream, touched).await
    }

    fn settled(&self, growing: &Growing) {
        growing.settle(self.0.new.stream, self.0.new.start);
    }
}

/// Writes a complete segment over its open row, its earlier self or nothing; answers the time whose coverage changed.
/// The caller brings the day summary along.
pub(super) async fn seal(w: &mut Write, s: &SealedSegment, boot: i64) -> Result<TimeRange> {
    if !matches!(s.state.code(), 1 | 2) {
        return Err(Error::internal("a sealed segment must be sealed or recovered; report this"));
    }
    let (stream, start) = (s.new.stream, s.new.start);
    let range = TimeRange::new(start, start + s.duration);
    let mut touched = range;
    let query = sqlx::query_as(BEFORE).bind(stream.0).bind(start.0);
    let before: Option<(i64, i64, i64, i64, Vec<u8>)> =
        query.fetch_optional(&mut w.conn).await.map_err(failed)?;
    match before {
        Some((3, ..)) => {
            return Err(Error::new(
                Kind::Conflict,
                "a doomed segment cannot be sealed; its file is being deleted",
            ));
        }
        // Its file would be in no row any more.
        Some((1 | 2, .., id)) if id != s.new.id.0.as_bytes() => {
            return Err(Error::new(
                Kind::Conflict,
                "another complete segment has this start; look at the camera's clock",
            ));
        }
        Some((1 | 2, duration, bytes, volume, _)) => {
            touched.to = touched.to.max(start + duration);
            usage::add(w, stream, volume, -1, -bytes, start).await?;
        }
        _ => {}
    }
    let volume = volume_key(w, s.new.volume).await?;
    let parameters = parameters_key(w, s.new.parameters_hash).await?;
    let query = sqlx::query(SEAL)
        .bind(stream.0)
        .bind(start.0)
        .bind(s.new.id.0.as_bytes().as_slice())
        .bind(volume)
        .bind(boot)
        .bind(s.new.run)
        .bind(s.state.code())
        .bind(s.duration)
        .bind(s.bytes)
        .bind(parameters)
        .bind(s.new.first_offset)
        .bind(s.chain_hash.as_slice())
        .bind(s.frag_index.as_ref())
        .bind(hold::reasons(w, stream, range).await?);
    query.execute(&mut w.conn).await.map_err(failed)?;
    usage::add(w, stream, volume, 1, s.bytes, start).await?;
    ledger::carve(w, stream, range).await?;
    Ok(touched)
}

struct DropOpen(StreamKey, Ticks);

impl Change for DropOpen {
    type Answer = ();
    const NAME: &'static str = "drop_open_segment";
    const PATIENT: bool = true;

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let query = sqlx::query(DROP_OPEN).bind(self.0.0).bind(self.1.0);
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

struct PutParameters(Parameters);

impl Change for PutParameters {
    type Answer = ();
    const NAME: &'static str = "put_parameters";
    const PATIENT: bool = true;

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let p = &self.0;
        let query = sqlx::query(PUT_PARAMETERS)
            .bind(p.hash.as_bytes())
            .bind(p.mime.clone())
            .bind(p.codec.clone())
            .bind(p.width)
            .bind(p.height)
            .bind(p.init.as_ref());
        query.execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

/// Recorder commands: they return at once and are done in the order given. `false` means that the command is lost,
/// because the queue is full or closed (logged).
impl Catalogue {
    /// A file is about to be written; an open gap of the stream ends where it starts.
    pub fn begin_segment(&self, segment: NewSegment) -> bool {
        self.inner.queue.tell(Begin(segment))
    }

    /// A file is complete and on disk. Makes the row if there is none; gaps give way to it; giving it twice is
    /// harmless. From now on reads show it, and the stream's growing file with the same start is cleared.
    pub fn seal_segment(&self, segment: SealedSegment) -> bool {
        let (stream, start) = (segment.new.stream, segment.new.start);
        self.inner.growing.seal(&segment);
        let given = self.inner.queue.tell(Seal(segment));
        if !given {
            self.inner.growing.settle(stream, start);
        }
        given
    }

    /// A begun file came to nothing and is gone: its open row goes. The caller says with a gap what is missing.
    pub fn drop_open_segment(&self, stream: StreamKey, start: Ticks) -> bool {
        self.inner.queue.tell(DropOpen(stream, start))
    }

    /// Decoder parameters, before the first segment that uses them; giving them twice is harmless.
    pub fn put_parameters(&self, parameters: Parameters) -> bool {
        self.inner.queue.tell(PutParameters(parameters))
    }
}
