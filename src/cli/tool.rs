//! What all commands share: the configuration, a small runtime, words on the terminal.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use super::Data;
use crate::base::{Error, Kind, Result};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::storage::Volumes;

/// Reads the configuration and lays the command line over it.
pub(super) fn config(data: &Data, listen: Option<SocketAddr>) -> Result<Config> {
    let mut config = Config::load(data.config.as_deref(), Some(&data.data))?;
    if let Some(listen) = listen {
        config.listen = listen;
    }
    Ok(config)
}

/// The catalogue of a data folder, for a command that may run beside the service.
pub(super) async fn catalogue(data: &Data) -> Result<Catalogue> {
    let file = crate::app::catalogue_file(&config(data, None)?.data);
    if !file.exists() && !parent_is_usable(&file) {
        let folder = data.data.display();
        return Err(Error::not_found(format!(
            "{folder} does not exist; start the service once, or give --data"
        )));
    }
    Catalogue::open_for_tool(&file).await
}

/// The volumes that a catalogue knows, for reading.
pub(super) async fn volumes(catalogue: &Catalogue) -> Result<Volumes> {
    Ok(Volumes::for_reading(catalogue.volumes().await?.into_iter().map(crate::app::known)))
}

fn parent_is_usable(file: &Path) -> bool {
    file.parent().is_some_and(|folder| crate::storage::ensure_folder(folder).is_ok())
}

/// Runs a command's future on a runtime of its own.
pub(super) fn block_on(work: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::io("cannot start", e))?;
    runtime.block_on(work)
}

/// Prints a line on standard output; a closed pipe is no error.
pub(super) fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints an error, with its causes, on standard error.
pub(super) fn complain(error: &Error) {
    let mut text = format!("lanewatch: {}", error.message());
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause.filter(|_| error.kind() != Kind::Invalid) {
        let more = next.to_string();
        if !text.contains(&more) {
            text.push_str(&format!(" ({more})"));
        }
        cause = next.source();
    }
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
