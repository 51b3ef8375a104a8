//! `lanewatch vision-worker`: not for people; see room vision.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::base::Result;
use crate::vision::{WorkerOptions, worker};

#[derive(Debug, Args)]
pub(super) struct VisionWorker {
    /// Process id of the service.
    #[arg(long)]
    parent: u32,
    /// Most memory it may map, in bytes.
    #[arg(long)]
    memory: u64,
    /// For tests: die at a unit that contains this.
    #[arg(long)]
    die_at: Option<String>,
    /// For tests: be caught in a loop by a unit that contains this.
    #[arg(long)]
    spin_at: Option<String>,
    /// For tests: a folder to try to reach from inside.
    #[arg(long, requires = "probe_address")]
    probe_folder: Option<PathBuf>,
    /// For tests: an address to try to reach from inside.
    #[arg(long, requires = "probe_folder")]
    probe_address: Option<SocketAddr>,
}

pub(super) fn run(worker_args: VisionWorker) -> Result<ExitCode> {
    let VisionWorker { parent, memory, die_at, spin_at, probe_folder, probe_address } = worker_args;
    worker(&WorkerOptions { parent, memory, die_at, spin_at, probe: probe_folder.zip(probe_address) })?;
    Ok(ExitCode::SUCCESS)
}
