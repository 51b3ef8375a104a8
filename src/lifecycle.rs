//! Signals, and the words at start.

use std::io::Write;
use std::net::SocketAddr;

use tokio::signal::unix::{SignalKind, signal};

use crate::base::{Error, Result, Secret, Stop, Tasks};

/// Turns the first SIGINT or SIGTERM into a request to stop, and the second into an order.
///
/// # Errors
/// When the operating system refuses to tell us of signals.
pub fn watch(stop: &Stop, tasks: &Tasks) -> Result<()> {
    let listen = |kind| signal(kind).map_err(|e| Error::io("cannot listen for signals", e));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let stop = stop.clone();
    tasks.spawn("signals", async move {
        for order in [Stop::request, Stop::force] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            order(&stop);
        }
    });
    Ok(())
}

/// Says on the machine's screen where the web app is and, at first start, how to get in.
pub fn announce(address: SocketAddr, code: Option<&Secret>) {
    let mut out = std::io::stdout().lock();
    // Whoever closed our output does not want to read this.
    let _ = match code {
        None => writeln!(out, "lanewatch: http://{address}/"),
        Some(code) => writeln!(
            out,
            "lanewatch: http://{address}/#code={} (signs in once, within 15 minutes)",
            code.expose()
        ),
    };
}
