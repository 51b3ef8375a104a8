//! Pure. What the detector says of a clip, written down for scoring: events as intervals, and a line per picture.

use std::fmt::Write as _;

use super::motion::{Activity, Frame, State};
use super::observer::{Observer, Seen};
use super::tracker::{Change, Settings};
use super::zones::Zones;
use crate::base::{TICKS_PER_SECOND, Ticks};

struct Line {
    at: f64,
    moves: bool,
    text: String,
}

/// Shows pictures to an observer with its defaults and keeps what it says. Times in the clip are seconds.
pub struct Sheet {
    observer: Observer,
    lines: Vec<Line>,
    intervals: Vec<(f64, f64)>,
    /// Where on the detector's time line the clip begins.
    begins: Ticks,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            observer: Observer::new(Zones::default(), Settings::default()),
            lines: Vec::new(),
            intervals: Vec::new(),
            begins: Ticks(0),
        }
    }
}

impl Sheet {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a picture `at` seconds into the clip; its own time is not looked at.
    pub fn take(&mut self, frame: &Frame<'_>, at: f64) -> Activity {
        let on_its_time_line = self.begins + (at * TICKS_PER_SECOND as f64).round() as i64;
        let Seen { activity, changes, .. } = self.observer.look(&Frame { at: on_its_time_line, ..*frame });
        changes.into_iter().for_each(|change| self.note(change));
        // What moves was there before it was known to move.
        for mover in &activity.movers {
            let since = self.seconds(mover.since);
            let earlier = self.lines.iter_mut().rev().take_while(|line| line.at >= since - 1e-3);
            earlier.for_each(|line| line.moves = true);
        }
        self.lines.push(Line { at, moves: !activity.movers.is_empty(), text: text(&activity, at) });
        activity
    }

    /// The clip begins again, `seconds` after its beginning, with everything known that was learned; what was written is
    /// thrown away.
    pub fn again(&mut self, seconds: f64) {
        self.observer.finish();
        self.lines.clear();
        self.intervals.clear();
        self.begins += (seconds * TICKS_PER_SECOND as f64).round() as i64;
    }

    fn seconds(&self, at: Ticks) -> f64 {
        (at - self.begins) as f64 / TICKS_PER_SECOND as f64
    }

    fn note(&mut self, change: Change) {
        if let Change::End(event) = change {
            self.intervals.push((self.seconds(event.start).max(0.0), self.seconds(event.end)));
        }
    }

    /// `{"intervals": [[start_s, end_s], …]}` of the events, without roll.
    pub fn intervals(&mut self) -> String {
        if let Some(change) = self.observer.finish() {
            self.note(change);
        }
        let pairs: Vec<String> = self.intervals.iter().map(|(s, e)| format!("[{s:.3}, {e:.3}]")).collect();
        format!("{{\"intervals\": [{}]}}\n", pairs.join(", "))
    }

    /// One JSON object per picture: `frame`, `t` (seconds), `motion`, `moved` (share of the picture), `state`, `boxes`
    /// (left, top, right, bottom in 0..=1) and `cells` (72 bytes as hexadecimal digits).
    pub fn lines(&self) -> String {
        let mut out = String::new();
        for (n, line) in self.lines.iter().enumerate() {
            let _ = writeln!(out, "{{\"frame\": {n}, {}, \"motion\": {}}}", line.text, line.moves);
        }
        out
    }
}

fn text(activity: &Activity, at: f64) -> String {
    let state = match activity.state {
        State::Learning => "learning",
        State::Steady => "steady",
        State::Relearning => "relearning",
    };
    let corners = activity.movers.iter().map(|mover| {
        let b = mover.bounds;
        format!("[{:.4}, {:.4}, {:.4}, {:.4}]", b.left, b.top, b.right, b.bottom)
    });
    let boxes: Vec<String> = corners.collect();
    let cells: String = activity.cells.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "\"t\": {at:.3}, \"moved\": {:.5}, \"state\": \"{state}\", \"boxes\": [{}], \"cells\": \"{cells}\"",
        activity.moved,
        boxes.join(", ")
    )
}
