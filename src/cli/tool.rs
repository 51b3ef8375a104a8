//! What all commands share: the configuration, a small runtime, words on the terminal.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
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
    if !file.exists() {
        let folder = data.data.display();
        return Err(Error::not_found(format!(
            "{folder} has no catalogue; give the right --data, or start the service there once"
        )));
    }
    Catalogue::open_for_tool(&file).await
}

/// The same; the folder and an empty catalogue are made when they are missing, for what is done before the first start.
pub(super) async fn catalogue_or_new(data: &Data) -> Result<Catalogue> {
    let folder = config(data, None)?.data;
    crate::storage::ensure_folder(&folder)?;
    Catalogue::open_for_tool(&crate::app::catalogue_file(&folder)).await
}

/// The volumes that a catalogue knows, for reading.
pub(super) async fn volumes(catalogue: &Catalogue) -> Result<Volumes> {
    Ok(Volumes::for_reading(catalogue.volumes().await?.into_iter().map(crate::app::known)))
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
