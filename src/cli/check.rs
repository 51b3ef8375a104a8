//! `lanewatch check`: the report of [`crate::record::check`], as text or JSON.

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;

use super::Data;
use super::tool::{self, print};
use crate::base::{Error, Result, SystemClock};
use crate::record::{self, CheckedStream, Report};
use crate::storage::DataLock;

/// What `check` prints of each stream's gaps as text; `--json` has them all.
const LAST_GAPS: usize = 3;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    data: Data,
    /// Print the whole report as JSON.
    #[arg(long)]
    json: bool,
    /// Read every byte of every file and check it against its hash: minutes for each terabyte.
    #[arg(long)]
    deep: bool,
}

pub(super) async fn run(check: Check) -> Result<ExitCode> {
    let folder = tool::config(&check.data, None)?.data;
    if !crate::app::catalogue_file(&folder).exists() {
        let shown = folder.display();
        return Err(Error::not_found(format!(
            "{shown} has no catalogue; give the right --data, or make a catalogue from the files: lanewatch rebuild"
        )));
    }
    let running = DataLock::is_held(&folder);
    let catalogue = tool::catalogue(&check.data).await?;
    let volumes = tool::volumes(&catalogue).await?;
    let now = SystemClock::shared().now();
    let report = record::check(&catalogue, &volumes, now, running, check.deep).await;
    catalogue.close().await;
    let report = report?;
    if check.json {
        let text = serde_json::to_string_pretty(&report);
        print(&text.map_err(|e| Error::internal("the report cannot be written as JSON").because(e))?);
    } else {
        print(text(&report).trim_end());
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for i in &report.invariants {
        let mark = if i.violations == 0 { "ok  " } else { "FAIL" };
        let _ =
            writeln!(out, "{mark} {:8} {}: {} looked at, {} wrong", i.id, i.name, i.checked, i.violations);
        for example in &i.examples {
            let _ = writeln!(out, "       {example}");
        }
    }
    out.push('\n');
    for stream in &report.streams {
        stream_text(&mut out, stream);
    }
    match &report.motion {
        Some(m) => {
            let _ = writeln!(
                out,
                "Motion file, schema {}: {} cameras, {} minutes with motion, {} of them unreadable, {} pictures.",
                m.version, m.cameras, m.minutes, m.unreadable, m.pictures
            );
        }
        None => out.push_str("There is no motion file: nobody ever looked for motion.\n"),
    }
    if report.left_open > 0 {
        let _ = writeln!(out, "A crash left {} files open; the next start finishes them.", report.left_open);
    }
    if report.set_aside > 0 {
        let _ = writeln!(
            out,
            "{} files lie in set-aside/: look at them, nothing deletes them.",
            report.set_aside
        );
    }
    let _ = writeln!(
        out,
        "{}",
        if report.ok { "Everything holds." } else { "Not everything holds: see FAIL above." }
    );
    out
}

fn stream_text(out: &mut String, s: &CheckedStream) {
    let Some((first, last)) = s.first.as_ref().zip(s.last.as_ref()) else {
        let _ = writeln!(out, "{} {}: no footage yet, {} gaps", s.camera, s.stream, s.gaps.len());
        return;
    };
    let _ = writeln!(
        out,
        "{} {}: {} segments, {:.3} % of {first} to {last}, {} gaps",
        s.camera,
        s.stream,
        s.segments,
        s.coverage * 100.0,
        s.gaps.len()
    );
    for gap in s.gaps.iter().rev().take(LAST_GAPS).rev() {
        let _ = writeln!(out, "       {} to {}: {}", gap.from, gap.to.as_deref().unwrap_or("now"), gap.cause);
    }
}
