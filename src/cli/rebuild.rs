//! `lanewatch rebuild`: a catalogue made from the files.

use std::process::ExitCode;

use super::Data;
use super::tool::{self, print};
use crate::base::{Error, Result, SystemClock};
use crate::record::{self, Rebuilt};
use crate::storage::{DataLock, VolumeSpec};

pub(super) async fn run(data: Data) -> Result<ExitCode> {
    let config = tool::config(&data, None)?;
    if !config.data.exists() {
        let shown = config.data.display();
        return Err(Error::not_found(format!("{shown} does not exist; give the right --data or --config")));
    }
    let _lock = DataLock::acquire(&config.data)?;
    let specs = config.volumes.iter().map(|v| VolumeSpec {
        path: v.path.clone(),
        group: v.group.clone(),
        budget_bytes: v.budget_bytes,
    });
    let file = crate::app::catalogue_file(&config.data);
    let now = SystemClock::shared().now();
    let done = record::rebuild(&file, specs.collect(), now, &mut |line| print(line)).await?;
    print(&text(&done));
    Ok(ExitCode::SUCCESS)
}

fn text(done: &Rebuilt) -> String {
    let mut out = format!("{} files are in the new catalogue", done.adopted);
    if done.cut > 0 {
        out.push_str(&format!(", {} of them only up to where they are whole", done.cut));
    }
    if done.set_aside > 0 {
        out.push_str(&format!("; {} were moved to set-aside/", done.set_aside));
    }
    out.push('.');
    match done.lost.as_deref() {
        None => out.push_str("\nThere was no old catalogue to take cameras and people from."),
        Some([]) => out.push_str("\nCameras, people and gaps are those of the old catalogue."),
        Some(lost) => {
            out.push_str(&format!("\nThe old catalogue could not be read for: {}.", lost.join(", ")))
        }
    }
    if done.nameless > 0 {
        out.push_str(&format!(
            "\n{} cameras are known from their files only and switched off; give each its address in the web app.",
            done.nameless
        ));
    }
    if let Some(kept) = &done.kept {
        out.push_str(&format!("\nThe old catalogue is now {}.", kept.display()));
    }
    out
}
