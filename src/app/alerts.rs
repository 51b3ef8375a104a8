//! What alerts ask of rooms that they must not know.

use std::sync::Arc;

use crate::alert::{Alerts, CameraDoes, ExtraRoots, Internet, LocalHosts, Outside, Sights, Sign, Signs};
use crate::auth::{Auth, Right, Role};
use crate::base::{CameraId, Result, SharedClock, TICKS_PER_SECOND};
use crate::catalogue::{AlertKind, Camera, Catalogue};
use crate::config::Config;
use crate::http::{Level, Volumes, volume_trouble};
use crate::hub::{Hub, State};

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

/// A camera that is being tried, or whose picture stands still, is not called lost before this.
const GRACE: i64 = 10 * TICKS_PER_SECOND;

/// What the disks, the clock and the door say.
pub(super) struct Report {
    pub(super) volumes: Arc<VolumeReport>,
    pub(super) auth: Arc<Auth>,
}

impl Signs for Report {
    fn signs(&self) -> Vec<Sign> {
        let volumes = self.volumes.volumes();
        // Each of several says it for itself: one that has been gone since yesterday hides nothing.
        let several = volumes.len() > 1;
        let disks = volumes.iter().filter_map(|volume| Some((volume, volume_trouble(volume)?)));
        let disks = disks.map(|(volume, (level, code))| Sign {
            code,
            of: several.then(|| (volume.id.0, volume.path.display().to_string())),
            kind: AlertKind::Disk,
            rank: if level == Level::Error { 1.0 } else { 0.7 },
        });
        let clock = self.volumes.clock_doubt();
        let clock =
            clock.map(|_| Sign { code: "clock_doubted", of: None, kind: AlertKind::Clock, rank: 0.6 });
        let guessing = self.auth.is_guessed_at();
        let guessing =
            guessing.then_some(Sign { code: "guessing", of: None, kind: AlertKind::Guessing, rank: 0.8 });
        disks.chain(clock).chain(guessing).collect()
    }
}

/// What cameras and disks do, from memory.
pub(super) struct View {
    pub(super) hub: Hub,
    pub(super) volumes: Arc<VolumeReport>,
    pub(super) clock: SharedClock,
}

impl Sights for View {
    fn does(&self, camera: &Camera) -> Option<CameraDoes> {
        let main = self.hub.get(camera.streams.first()?.key)?;
        let status = main.status();
        let (state, since) = (status.borrow().state, status.borrow().since);
        match state {
            State::Live => Some(CameraDoes::Live),
            State::Off => Some(CameraDoes::Off),
            State::Offline => Some(CameraDoes::Offline),
            State::Connecting | State::Stalled => {
                (self.clock.now() - since > GRACE).then_some(CameraDoes::Offline)
            }
        }
    }

    fn moves(&self, camera: CameraId) -> bool {
        self.hub.motion().watch(camera).borrow().as_ref().is_some_and(|activity| activity.event.is_some())
    }

    fn free_bytes(&self) -> u64 {
        self.volumes
            .volumes()
            .iter()
            .filter(|volume| volume.state == "ok")
            .map(|volume| volume.free_bytes)
            .sum()
    }
}
