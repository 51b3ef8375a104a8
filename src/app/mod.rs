//! Builds each room once, in order, and runs them until somebody says stop.
//!
//! Start: lock the data folder, take the ports, have a certificate, open catalogue and volumes, begin all streams, then everything that
//! can wait (recovery, the web, alerts, retention). Stop, top to bottom as written in [`serve`]: sessions, recorders, web,
//! retention, alerts, volumes, catalogue.

mod alerts;
mod detection;
mod fleet;
mod glue;
mod log;
mod volumes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::Auth;
use crate::base::{Error, Result, Stop, SystemClock, Tasks};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::http::{App, Parts, Server};
use crate::hub::Hub;
use crate::ingest::IngestRuntime;
use crate::lifecycle;
use crate::playback::{ExportLimits, Exports, Playback};
use crate::retention::Retention;
use crate::storage::{DataLock, ExportFolder};
use crate::tls::{self, Tls};
use detection::Detection;
use fleet::Fleet;

pub(crate) use glue::transport;
pub(crate) use volumes::known;

/// Threads of the web's runtime. With two, each picture of a live view would wake both, one of them for nothing; whoever
/// copies an hour of footage gives way every megabyte, and what blocks has threads of its own.
const WEB_THREADS: usize = 1;
/// Sessions and recorders end within this, or are cut.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Folder of exports in a data folder.
const EXPORTS: &str = "exports";

/// Folder of certificates and their keys in a data folder.
const CERTIFICATES: &str = "tls";

/// The catalogue's file in a data folder.
pub fn catalogue_file(data: &Path) -> PathBuf {
    data.join("catalogue.db")
}

/// Runs the service until SIGINT or SIGTERM.
///
/// # Errors
/// What keeps it from starting: one sentence that says what to do.
pub fn serve(config: &Config) -> Result<ExitCode> {
    let _log = log::start(&config.log);
    let _lock = DataLock::acquire(&config.data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WEB_THREADS)
        .thread_name("web")
        .enable_all()
        .build()
        .map_err(|e| Error::io("cannot start", e))?;
    runtime.block_on(run(config))?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(ExitCode::SUCCESS)
}

async fn run(config: &Config) -> Result<()> {
    let clock = SystemClock::shared();
    let (stop, tasks) = (Stop::new(), Tasks::new());
    lifecycle::watch(&stop, &tasks)?;
    let server = Server::bind(config.listen).await?;
    let address = server.address()?;
    let tls = match &config.tls {
        Some(how) => Some(Tls::open(
            how.clone(),
            config.data.join(CERTIFICATES),
            Arc::clone(&clock),
            tls::of_this_machine,
        )?),
        None => None,
    };
    let second = match config.tls.as_ref().and_then(|tls| tls.listen) {
        Some(address) => Some(Server::bind_as("tls.listen", address).await?),
        None => None,
    };
    let https_port = second.as_ref().map(Server::address).transpose()?.map(|address| address.port());

    let file = catalogue_file(&config.data);
    let catalogue = Catalogue::open(&file, Arc::clone(&clock), config.site.zone, &tasks).await?;
    let volumes = volumes::open(config, &catalogue, &clock).await?;

    let hub = Hub::new();
    let ingest = IngestRuntime::start(hub.audience())?;
    let retention = Retention::new(catalogue.clone(), volumes.clone(), Arc::clone(&clock), config.retention);
    let fleet = Fleet::new(config, &catalogue, &volumes, &hub, &clock, &ingest, retention.hurry());
    fleet.apply().await?;

    let detection = config
        .detect
        .as_ref()
        .map(|how| Detection::start(how, &catalogue, &hub, &clock, &stop))
        .transpose()?;

    let playback = Playback::new(catalogue.clone(), volumes.clone(), hub.clone());
    let limits = ExportLimits { budget_bytes: config.export.budget_bytes, days: config.export.days };
    let folder = ExportFolder::open(&config.data.join(EXPORTS))?;
    let exports =
        Exports::new(playback.clone(), folder, Arc::clone(&clock), config.site.name.clone(), limits);

    let auth = Arc::new(Auth::open(catalogue.clone(), Arc::clone(&clock)).await?);
    let from_others = tls
        .as_ref()
        .filter(|_| !address.ip().is_loopback())
        .map(Tls::standing)
        .and_then(|standing| lifecycle::https_host(address, crate::http::own_address(), &standing));
    // What a message leads to when nobody has said how the recorder is reached.
    let url = match &from_others {
        Some(host) => format!("https://{host}:{}", https_port.unwrap_or(address.port())),
        None => format!("http://{address}"),
    };
    let alerts = alerts::open(config, url, &catalogue, &clock).await?;
    let first_start = !auth.password_set().await?;
    let code = if first_start { Some(auth.one_time_code().await?) } else { None };
    let volume_report =
        Arc::new(glue::VolumeReport::start(&catalogue, &volumes, retention.report(), &tasks, &stop));
    let signs = Arc::new(alerts::Report { volumes: Arc::clone(&volume_report), auth: Arc::clone(&auth) });
    let sights = Arc::new(alerts::View {
        hub: hub.clone(),
        volumes: Arc::clone(&volume_report),
        clock: Arc::clone(&clock),
    });
    let web = App::new(Parts {
        playback,
        exports: exports.clone(),
        catalogue: catalogue.clone(),
        hub: hub.clone(),
        clock: Arc::clone(&clock),
        site_name: config.site.name.clone(),
        site_url: config.site.url.clone(),
        auth,
        alerts: alerts.clone(),
        tls: tls.clone(),
        https_port,
        others_come: [
            Some(address.ip()),
            config.tls.as_ref().and_then(|tls| tls.listen).map(|second| second.ip()),
        ]
        .iter()
        .flatten()
        .any(|ip| !ip.is_loopback()),
        may_be_plain: |peer| peer.is_loopback(),
        probe: Arc::new(glue::Prober::new(
            detection.as_ref().map(Detection::stills),
            &clock,
            config.camera_networks(),
        )),
        restart: Arc::new(fleet.clone()),
        volumes: volume_report,
        zone_replay: Some(Arc::new(glue::Replayer(catalogue.clone()))),
        workers: detection.as_ref().map(|d| Arc::new(d.workers()) as Arc<dyn crate::http::Workers>),
        stills: detection.as_ref().map(|d| Arc::new(d.stills()) as Arc<dyn crate::http::Stills>),
        days: config.retention,
        started: clock.now(),
        stop: stop.clone(),
    });
    let second = second.map(|second| tasks.spawn("web", second.run(web.clone(), stop.clone())));
    let serving = tasks.spawn("web", server.run(web, stop.clone()));
    lifecycle::announce(address, code.as_ref());
    let deciding = tasks.spawn("alert decisions", alerts.dispatch(signs).run(stop.clone()));
    let sending = tasks.spawn("alert deliveries", alerts.deliver().run(stop.clone()));
    let relaying = tasks.spawn("alert relay", alerts.relay().run(stop.clone()));
    let linking = tasks.spawn("zalo links", {
        let (alerts, stop) = (alerts.clone(), stop.clone());
        async move { alerts.follow_zalo(stop).await }
    });
    let present = tasks.spawn("mqtt", alerts.presence(sights).run(stop.clone()));
    if let (Some(tls), Some(host)) = (&tls, &from_others) {
        lifecycle::announce_https(address, https_port, host, &tls.standing());
    }
    lifecycle::on_hangup(&stop, &tasks, {
        let tls = tls.clone();
        move || tls.iter().for_each(Tls::look_again)
    })?;
    let certificates = tls.map(|tls| tasks.spawn("certificates", tls.run(stop.clone())));
    tasks.spawn("fleet", fleet.clone().follow(stop.clone()));
    let disks = volumes::Disks { catalogue: catalogue.clone(), volumes: volumes.clone(), clock };
    let recovery = tasks.spawn("recovery", disks.follow(stop.clone()));
    let exporting = tasks.spawn("exports", exports.run(stop.clone()));
    let sweeping = tasks.spawn("retention", retention.run(stop.clone()));

    stop.wait().await;
    tracing::info!("stopping");
    fleet.end().await;
    let _ = serving.await;
    for ending in [second, certificates].into_iter().flatten() {
        let _ = ending.await;
    }
    let _ = recovery.await;
    let _ = exporting.await;
    let _ = sweeping.await;
    let _ = deciding.await;
    let _ = sending.await;
    let _ = relaying.await;
    let _ = linking.await;
    let _ = present.await;
    if let Some(detection) = detection {
        detection.ended().await;
    }
    let ended = tokio::task::spawn_blocking(move || ingest.shutdown(STOP_LIMIT)).await;
    if let Ok(Err(error)) = ended {
        tracing::warn!(error = %error, "the sessions did not end in order");
    }
    volumes.close();
    catalogue.close().await;
    tracing::info!("stopped");
    Ok(())
}
