//! Gaps as callers give and read them.

use super::ranges::FOREVER;
use super::sql::{statements, uuid};
use super::types::{Gap, GapCause};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, ledger};
use crate::base::{Result, StreamKey, Ticks, TimeRange};

statements! {
    WITHIN = "select from_90k, to_90k, cause, id from gap where stream_key = ?1 and from_90k < ?3 \
        and from_90k >= coalesce((select max(from_90k) from gap where stream_key = ?1 and from_90k <= ?2), ?2) \
        and (to_90k is null or to_90k > ?2) order by from_90k";
    OPEN = "select from_90k, to_90k, cause, id from gap where stream_key = ?1 and to_90k is null";
}

struct Open(StreamKey, Ticks, GapCause);

impl Change for Open {
    type Answer = ();
    const NAME: &'static str = "open_gap";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let Self(stream, from, cause) = *self;
        let lasting = ledger::open(w, stream).await?;
        if lasting.is_some_and(|gap| gap.cause != cause.name()) {
            ledger::end_open(w, stream, from).await?;
        }
        ledger::fill(w, stream, TimeRange::new(from, FOREVER), cause).await
    }
}

struct Close {
    stream: StreamKey,
    from: Ticks,
    to: Ticks,
}

impl Change for Close {
    type Answer = ();
    const NAME: &'static str = "close_gap";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        match ledger::open(w, self.stream).await? {
            // A gap that began after `to` is a later one: this command comes a second time.
            Some(gap) if gap.range.from < self.to || gap.range.from == self.from => {
                ledger::end_open(w, self.stream, self.to).await
            }
            _ => Ok(()),
        }
    }
}

struct Put(StreamKey, TimeRange, GapCause);

impl Change for Put {
    type Answer = ();
    const NAME: &'static str = "put_gap";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        ledger::fill(w, self.0, self.1, self.2).await
    }
}

struct Withdraw(StreamKey, TimeRange);

impl Change for Withdraw {
    type Answer = ();
    const NAME: &'static str = "withdraw_gaps";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        ledger::carve(w, self.0, self.1).await
    }
}

struct Blame {
    stream: StreamKey,
    range: TimeRange,
    was: GapCause,
    cause: GapCause,
}

impl Change for Blame {
    type Answer = ();
    const NAME: &'static str = "blame_gap";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        for piece in ledger::of_cause(w, self.stream, self.range, self.was).await? {
            ledger::carve(w, self.stream, piece).await?;
            ledger::fill(w, self.stream, piece, self.cause).await?;
        }
        Ok(())
    }
}

type Raw = (i64, Option<i64>, String, Vec<u8>);

fn gap((from, to, cause, id): Raw) -> Result<Gap> {
    Ok(Gap { from: Ticks(from), to: to.map(Ticks), cause: GapCause::from_name(&cause), id: uuid(&id)? })
}

/// Like the recorder's other commands: they return at once; `false` = lost (logged).
impl Catalogue {
    /// From here on nothing is recorded. A lasting gap of the same cause goes on, one of another cause ends here.
    /// Footage and earlier gaps in the way are left as they are.
    pub fn open_gap(&self, stream: StreamKey, from: Ticks, cause: GapCause) -> bool {
        self.inner.queue.tell(Open(stream, from, cause))
    }

    /// The gap that lasts since `from` (or since where it was cut to fit) ends.
    pub fn close_gap(&self, stream: StreamKey, from: Ticks, to: Ticks) -> bool {
        self.inner.queue.tell(Close { stream, from, to })
    }

    /// Nothing was recorded in the range, as far as it is neither footage nor a gap already.
    pub fn put_gap(&self, stream: StreamKey, range: TimeRange, cause: GapCause) -> bool {
        self.inner.queue.tell(Put(stream, range, cause))
    }

    /// No gap reaches into the range any more: that time has not come yet.
    pub fn withdraw_gaps(&self, stream: StreamKey, range: TimeRange) -> bool {
        self.inner.queue.tell(Withdraw(stream, range))
    }

    /// Within the range, what counted as a gap of cause `was` turns out to have another cause.
    pub fn blame_gap(&self, stream: StreamKey, range: TimeRange, was: GapCause, cause: GapCause) -> bool {
        self.inner.queue.tell(Blame { stream, range, was, cause })
    }

    /// Gaps that meet a range, in order, whole (not cut to the range).
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn gaps(&self, scope: &Scope, stream: StreamKey, range: TimeRange) -> Result<Vec<Gap>> {
        if !scope.sees_stream(stream) {
            return Ok(Vec::new());
        }
        let query = sqlx::query_as(WITHIN).bind(stream.0).bind(range.from.0).bind(range.to.0);
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        rows.into_iter().map(gap).collect()
    }

    /// The gap that lasts, if one does: what a start finds after a stop or a crash.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn lasting_gap(&self, stream: StreamKey) -> Result<Option<Gap>> {
        let row: Option<Raw> =
            self.read(sqlx::query_as(OPEN).bind(stream.0).fetch_optional(self.readers())).await?;
        row.map(gap).transpose()
    }
}
