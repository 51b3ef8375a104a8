//! Signals, and the words at start.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use tokio::signal::unix::{SignalKind, signal};

use crate::base::{Error, Host, Result, Secret, Stop, Tasks};
use crate::tls::Standing;

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

/// Calls `work` for each SIGHUP, by which people say that files have changed.
///
/// # Errors
/// When the operating system refuses to tell us of signals.
pub fn on_hangup(stop: &Stop, tasks: &Tasks, work: impl Fn() + Send + 'static) -> Result<()> {
    let mut hangup = signal(SignalKind::hangup()).map_err(|e| Error::io("cannot listen for signals", e))?;
    let stop = stop.clone();
    tasks.spawn("hangup", async move {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                _ = hangup.recv() => work(),
            }
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

/// Host by which other machines ask for HTTPS; `None` = this machine has no address. `own`: its address in the network.
pub fn https_host(address: SocketAddr, own: Option<IpAddr>, standing: &Standing) -> Option<String> {
    let named = standing.certificate.iter().flat_map(|certificate| &certificate.names).next();
    let host = match (standing.is_public, named, address.ip()) {
        (true, Some(name), _) => name.clone(),
        (_, _, ip) if !ip.is_unspecified() => Host::Ip(ip),
        _ => Host::Ip(own?),
    };
    Some(match host {
        Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
        host => host.to_string(),
    })
}

/// Says how other machines get there.
pub fn announce_https(address: SocketAddr, https_port: Option<u16>, host: &str, standing: &Standing) {
    let port = https_port.unwrap_or(address.port());
    let mut out = std::io::stdout().lock();
    let _ = match &standing.authority {
        Some(authority) if !standing.is_public => writeln!(
            out,
            "lanewatch: from other machines: http://{host}:{}/trust first, then https://{host}:{port}/\n\
             lanewatch: certificate authority {}, SHA-256 {}",
            address.port(),
            authority.name,
            authority.fingerprint_text()
        ),
        _ => writeln!(out, "lanewatch: from other machines: https://{host}:{port}/"),
    };
}
