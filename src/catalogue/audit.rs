//! The catalogue's own check of a stream: nothing overlaps, and every instant is footage or gap.

use super::Catalogue;
use super::open::connect_reader;
use super::ranges::{FOREVER, coalesce, without};
use super::sql::{failed, statements};
use crate::base::{Result, StreamKey, Ticks, TimeRange};

statements! {
    FOOTAGE = "select start_90k, duration_90k, state from segment where stream_key = ?1 and start_90k > ?2 \
        order by start_90k limit ?3";
    QUICK_CHECK = "pragma quick_check";
    INTEGRITY_CHECK = "pragma integrity_check";
    GAPS = "select from_90k, to_90k from gap where stream_key = ?1 order by from_90k";
}

/// Rows read at once: a check of a year must not hold a snapshot that keeps the write-ahead log growing.
const PAGE: i64 = 10_000;

/// What a check of a stream found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamAudit {
    /// Complete segments.
    pub segments: u64,
    /// Rows that are open or doomed.
    pub unfinished: u64,
    /// Stretches where a segment begins before the one before it ends; should be none.
    pub overlaps: Vec<TimeRange>,
    /// Stretches between first and last that are neither footage nor gap; should be none.
    pub uncovered: Vec<TimeRange>,
    /// Stretches that are both footage and gap; should be none.
    pub contradictions: Vec<TimeRange>,
    /// Ticks of complete footage.
    pub recorded_ticks: i64,
    /// Ticks of gaps that have ended.
    pub gap_ticks: i64,
    /// Start of the first footage.
    pub first: Option<Ticks>,
    /// End of the last footage.
    pub last: Option<Ticks>,
    /// Gap rows.
    pub gaps: u64,
}

impl StreamAudit {
    /// True when nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.overlaps.is_empty() && self.uncovered.is_empty() && self.contradictions.is_empty()
    }
}

impl Catalogue {
    /// Lets SQLite check the file: pages and rows, `thorough` also indexes against tables (minutes at ten million
    /// segments). Answers what is wrong; nothing = sound. Has a connection of its own and no time limit.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub async fn check_file(&self, thorough: bool) -> Result<Vec<String>> {
        let mut conn = connect_reader(&self.inner.path).await?;
        let query = sqlx::query_scalar(if thorough { INTEGRITY_CHECK } else { QUICK_CHECK });
        let found: Vec<String> = query.fetch_all(&mut conn).await.map_err(failed)?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// Reads every row of a stream; a second or so for a year.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn audit_stream(&self, stream: StreamKey) -> Result<StreamAudit> {
        let mut audit = StreamAudit::default();
        // Doomed and open rows are neither footage nor missing: they are on their way.
        let (mut footage, mut pending): (Vec<TimeRange>, Vec<TimeRange>) = (Vec::new(), Vec::new());
        let mut after = i64::MIN;
        loop {
            let query = sqlx::query_as(FOOTAGE).bind(stream.0).bind(after).bind(PAGE);
            let rows: Vec<(i64, i64, i64)> = self.read(query.fetch_all(self.readers())).await?;
            let Some(last) = rows.last() else { break };
            after = last.0;
            for (start, duration, state) in rows {
                let range = TimeRange::new(Ticks(start), Ticks(start + duration));
                if !matches!(state, 1 | 2) {
                    audit.unfinished += 1;
                    pending.push(range);
                    continue;
                }
                audit.segments += 1;
                audit.recorded_ticks += duration;
                audit.first.get_or_insert(range.from);
                if let Some(end) = audit.last.filter(|end| range.from < *end) {
                    audit.overlaps.push(TimeRange::new(range.from, Ord::min(end, range.to)));
                }
                audit.last = audit.last.max(Some(range.to));
                match footage.last_mut() {
                    Some(before) if before.to == range.from => before.to = range.to,
                    _ => footage.push(range),
                }
            }
        }
        let rows: Vec<(i64, Option<i64>)> =
            self.read(sqlx::query_as(GAPS).bind(stream.0).fetch_all(self.readers())).await?;
        audit.gaps = rows.len() as u64;
        audit.gap_ticks = rows.iter().filter_map(|(from, to)| Some((*to)? - from)).sum();
        let gaps: Vec<TimeRange> = rows
            .into_iter()
            .map(|(from, to)| TimeRange::new(Ticks(from), to.map_or(FOREVER, Ticks)))
            .collect();
        let footage = coalesce(footage);
        audit.contradictions = common(&footage, &gaps);
        let known = coalesce(footage.into_iter().chain(gaps).chain(pending).collect());
        if let (Some(first), Some(last)) = (known.first(), known.last()) {
            audit.uncovered = without(TimeRange::new(first.from, last.to), known.clone());
        }
        Ok(audit)
    }
}

/// What two sorted lists have in common.
fn common(a: &[TimeRange], b: &[TimeRange]) -> Vec<TimeRange> {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        out.extend(x.overlap(*y));
        if x.to <= y.to {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}
