//! Commands of whoever looks after the box: tokens, codes, check, rebuild.

use std::process::ExitCode;

use super::tool::{catalogue, config, print};
use super::{Check, Data};
use crate::auth::{self, Scope};
use crate::base::{Error, Kind, Result};
use crate::record;
use crate::storage::{DataLock, Volumes};

/// Exit code of a check that found something.
const NOT_SOUND: u8 = 3;

pub(super) async fn create_token(data: Data, scope: String, name: String) -> Result<ExitCode> {
    let scope: Scope = scope.parse()?;
    let catalogue = catalogue(&data).await?;
    let token = auth::create_token(&catalogue, &name, scope).await;
    catalogue.close().await;
    print(token?.expose());
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn login_code(data: Data) -> Result<ExitCode> {
    let catalogue = catalogue(&data).await?;
    let code = auth::create_login_code(&catalogue).await;
    catalogue.close().await;
    print(code?.expose());
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn check(check: Check) -> Result<ExitCode> {
    let config = config(&check.data, None)?;
    let file = crate::app::catalogue_file(&config.data);
    if !file.exists() {
        let folder = config.data.display();
        return Err(Error::not_found(format!(
            "{folder} holds no catalogue; give the right --data, or make one from the files: lanewatch rebuild"
        )));
    }
    let catalogue = crate::catalogue::Catalogue::open_for_tool(&file).await?;
    let volumes = Volumes::for_reading(&catalogue.volumes().await?);
    let running = DataLock::is_held(&config.data);
    let report = record::check(&catalogue, &volumes, running, check.deep).await;
    catalogue.close().await;
    let report = report?;
    print(&if check.json { report.json() } else { report.text() });
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::from(NOT_SOUND) })
}

pub(super) async fn rebuild(data: Data) -> Result<ExitCode> {
    let config = config(&data, None)?;
    let _lock = DataLock::acquire(&config.data)?;
    let file = crate::app::catalogue_file(&config.data);
    if file.exists() {
        let shown = file.display();
        return Err(Error::new(
            Kind::Invalid,
            format!("{shown} exists; move it (and its -wal and -shm) away first if it is damaged, then run this again"),
        ));
    }
    let folders: Vec<_> = config.volumes.iter().map(|v| v.path.clone()).collect();
    let report = record::rebuild(&file, &folders, config.site.zone).await?;
    print(&report.text());
    Ok(ExitCode::SUCCESS)
}
