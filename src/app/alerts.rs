//! What alerts ask of rooms that they must not know.

use std::sync::Arc;

use crate::alert::{Alerts, ExtraRoots, Internet, LocalHosts, Outside, Sign, Signs};
use crate::auth::{Right, Role};
use crate::base::{Result, SharedClock};
use crate::catalogue::{AlertKind, Catalogue};
use crate::config::Config;
use crate::http::{Level, Volumes, disk_trouble};

use super::glue::VolumeReport;

/// Who may see recordings may be told of what is in them.
fn hears(role: &str) -> bool {
    role.parse::<Role>().is_ok_and(|role| role.rights().allow(Right::Playback))
}

/// Alerts that leave by this machine's network. `url`: what their links begin with, unless the configuration says it.
pub(super) async fn open(
    config: &Config,
    url: String,
    catalogue: &Catalogue,
    clock: &SharedClock,
) -> Result<Alerts> {
    let local = LocalHosts::new(config.alert.local_hosts.clone());
    let extra_roots = config.alert.extra_ca.as_deref().map(ExtraRoots::read).transpose()?.unwrap_or_default();
    let network = Arc::new(Internet::new(local.clone(), &extra_roots)?);
    let url = config.site.url.clone().unwrap_or(url);
    let outside = Outside { local, url, contact: config.alert.contact.clone(), extra_roots };
    Alerts::open(catalogue.clone(), Arc::clone(clock), network, outside, hears).await
}

/// What the disks and the clock say.
pub(super) struct Report(pub(super) Arc<VolumeReport>);

impl Signs for Report {
    fn signs(&self) -> Vec<Sign> {
        let volumes = self.0.volumes();
        let disk = disk_trouble(&volumes).map(|(level, name, _)| Sign {
            name,
            kind: AlertKind::Disk,
            rank: if level == Level::Error { 1.0 } else { 0.7 },
        });
        let clock =
            self.0.clock_doubt().map(|_| Sign { name: "clock_doubted", kind: AlertKind::Clock, rank: 0.6 });
        disk.into_iter().chain(clock).collect()
    }
}
