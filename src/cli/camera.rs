//! `lanewatch camera …`: writes the catalogue; a running service notices within a second.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::Data;
use super::tool::{catalogue, catalogue_or_new, print};
use crate::app::transport;
use crate::base::{CameraNetworks, Credentials, Error, Result, RtspUrl, Secret};
use crate::catalogue::{Camera, Catalogue, NewCamera, Scope, Transport};
use crate::ingest::{ProbeReport, ProbeRequest, probe};

/// A test answers within this, or says that the camera does not.
const TEST_LIMIT: Duration = Duration::from_secs(15);
/// A hundred years.
const DAYS_MAX: i64 = 36_500;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a camera.
    Add(Add),
    /// List the cameras.
    List {
        #[command(flatten)]
        data: Data,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Connect to a camera and say what comes: one of the catalogue, or any address.
    Test(Test),
    /// Remove a camera; its footage stays until retention takes it.
    Remove {
        #[command(flatten)]
        data: Data,
        /// Name, slug or id.
        camera: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Login {
    /// User name that the camera asks for.
    #[arg(long)]
    username: Option<String>,
    /// File whose first line is the camera's password; it is never given on the command line.
    #[arg(long, requires = "username")]
    password_file: Option<PathBuf>,
    /// tcp, or udp for cameras whose tcp is broken.
    #[arg(long, default_value = "tcp")]
    transport: Transport,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    data: Data,
    /// Name as people call it, such as "Ngõ 7 - cổng đình".
    #[arg(long)]
    name: String,
    /// Address of the main stream: rtsp://…
    #[arg(long)]
    main: String,
    /// Address of the sub stream.
    #[arg(long)]
    sub: Option<String>,
    /// Lane or place it belongs to.
    #[arg(long, default_value = "")]
    area: String,
    /// Days that its footage is kept even when others must go first.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=DAYS_MAX))]
    days_min: Option<u32>,
    /// Days after which its footage goes although there is room.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
    days_max: Option<u32>,
    #[command(flatten)]
    login: Login,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    data: Data,
    /// Name, slug or id of a camera, or an address: rtsp://…
    camera: String,
    #[command(flatten)]
    login: Login,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Add(add) => self::add(add).await,
        Command::List { data, json } => {
            let catalogue = catalogue(&data).await?;
            let cameras = catalogue.cameras(Scope::everything()).await?;
            catalogue.close().await;
            if json {
                let list: Vec<_> = cameras.iter().map(described).collect();
                print(&serde_json::json!({ "items": list }).to_string());
            } else {
                cameras.iter().for_each(|c| print(&line(c)));
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Test(test) => self::test(test).await,
        Command::Remove { data, camera } => {
            let catalogue = catalogue(&data).await?;
            let found = find(&catalogue, &camera).await?;
            catalogue.remove_camera(found.id).await?;
            catalogue.close().await;
            print(&format!("removed {}; its footage stays until retention takes it", found.name));
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn add(add: Add) -> Result<ExitCode> {
    let (main_url, inside) = RtspUrl::split(&add.main)?;
    let sub = add.sub.as_deref().map(RtspUrl::split).transpose()?;
    let credentials = add.login.credentials()?.or(inside).or(sub.as_ref().and_then(|(_, c)| c.clone()));
    if let (Some(min), Some(max)) = (add.days_min, add.days_max)
        && max < min
    {
        return Err(Error::invalid(
            "--days-max is less than --days-min; make it the same or more, or leave it out",
        ));
    }
    let mut new = NewCamera::new(add.name, main_url);
    (new.min_days, new.max_days) = (add.days_min, add.days_max);
    new.area = add.area;
    new.sub_url = sub.map(|(url, _)| url);
    new.transport = add.login.transport;
    (new.username, new.password) = match credentials {
        Some(c) => (Some(c.username), Some(c.password)),
        None => (None, None),
    };
    let catalogue = catalogue_or_new(&add.data).await?;
    let added = catalogue.add_camera(new).await;
    catalogue.close().await;
    print(&line(&added?));
    Ok(ExitCode::SUCCESS)
}

async fn test(test: Test) -> Result<ExitCode> {
    let given = test.login.credentials()?;
    let targets = if test.camera.contains("://") {
        let (url, inside) = RtspUrl::split(&test.camera)?;
        vec![(
            "main",
            ProbeRequest {
                url,
                credentials: given.or(inside),
                transport: transport(test.login.transport),
                networks: CameraNetworks::Anywhere,
            },
        )]
    } else {
        let catalogue = catalogue(&test.data).await?;
        let camera = find(&catalogue, &test.camera).await;
        catalogue.close().await;
        let camera = camera?;
        let credentials = given.or_else(|| camera.credentials());
        let request = |s: &crate::catalogue::Stream| ProbeRequest {
            url: s.url.clone(),
            credentials: credentials.clone(),
            transport: transport(camera.transport),
            networks: CameraNetworks::Anywhere,
        };
        camera.streams.iter().map(|s| (s.kind.name(), request(s))).collect()
    };
    let mut right = true;
    for (stream, request) in targets {
        let url = request.url.clone();
        let report = probe(request, TEST_LIMIT).await;
        right &= report.ok();
        say(stream, &url, &report, test.json);
    }
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn say(stream: &str, url: &RtspUrl, report: &ProbeReport, json: bool) {
    if json {
        let line = serde_json::json!({ "stream": stream, "url": url.to_string(), "ok": report.ok(), "report": report });
        print(&line.to_string());
        return;
    }
    print(&format!("{stream} {url}: {}", report.summary()));
    for check in &report.checks {
        let level = check.level.name();
        print(&format!("  {level}: {}", check.message));
    }
}

impl Login {
    fn credentials(&self) -> Result<Option<Credentials>> {
        let Some(username) = self.username.clone() else { return Ok(None) };
        let password = match &self.password_file {
            None => String::new(),
            Some(file) => {
                let what = format!("cannot read the password file {}", file.display());
                let text = std::fs::read_to_string(file).map_err(|e| Error::io(what, e))?;
                text.lines().next().unwrap_or_default().to_owned()
            }
        };
        Ok(Some(Credentials { username, password: Secret::new(password) }))
    }
}

/// The camera of a name, slug or id.
pub(super) async fn find(catalogue: &Catalogue, which: &str) -> Result<Camera> {
    let found = catalogue.camera(Scope::everything(), which).await?;
    found.ok_or_else(|| Error::not_found(format!("there is no camera {which:?}; see lanewatch camera list")))
}

fn line(camera: &Camera) -> String {
    let streams: Vec<String> = camera.streams.iter().map(|s| format!("{}={}", s.kind, s.url)).collect();
    let off = if camera.enabled { "" } else { " (off)" };
    format!("{}\t{}\t{}{off}\t{}", camera.id, camera.slug, camera.name, streams.join(" "))
}

fn described(camera: &Camera) -> serde_json::Value {
    let streams = camera.streams.iter().map(|s| {
        serde_json::json!({ "id": s.id.to_string(), "kind": s.kind.name(), "url": s.url.to_string(), "recorded": s.recorded })
    });
    serde_json::json!({
        "id": camera.id.to_string(),
        "slug": camera.slug,
        "name": camera.name,
        "area": camera.area,
        "enabled": camera.enabled,
        "transport": camera.transport.name(),
        "username": camera.username,
        "streams": streams.collect::<Vec<_>>(),
    })
}
