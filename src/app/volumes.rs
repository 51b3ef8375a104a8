//! The volumes at the start, and disks that come and go while the service runs.

use std::time::Duration;

use crate::base::{Result, SharedClock, Stop};
use crate::catalogue::{self, Catalogue, VolumeState};
use crate::config::Config;
use crate::record;
use crate::storage::{Change, Known, Volume, VolumeSpec, Volumes};

/// How often disks are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Opens the volumes of the configuration. One that was used before and is not there keeps nobody from recording on
/// the others.
pub(super) async fn open(config: &Config, catalogue: &Catalogue, clock: &SharedClock) -> Result<Volumes> {
    let specs = config.volumes.iter().map(|v| VolumeSpec {
        path: v.path.clone(),
        group: v.group.clone(),
        budget_bytes: v.budget_bytes,
    });
    let known: Vec<Known> = catalogue.volumes().await?.into_iter().map(known).collect();
    let volumes = Volumes::open(specs.collect(), &known, catalogue.database(), clock.now())?;
    let retired = volumes.retired();
    for id in &retired {
        catalogue.set_volume_state(*id, VolumeState::Retired).await?;
    }
    for volume in volumes.iter().filter(|v| !retired.contains(&v.id())) {
        put(catalogue, &volume).await?;
    }
    for (id, reason) in volumes.absent() {
        catalogue.set_volume_state(id, VolumeState::Absent).await?;
        tracing::error!(
            reason,
            "a volume is absent: it is used as soon as it is right again; if its disk is lost for good, configure another folder"
        );
    }
    Ok(volumes)
}

/// A volume of the catalogue, for storage.
pub(crate) fn known(volume: catalogue::Volume) -> Known {
    let budget_bytes = volume.budget_bytes.and_then(|b| u64::try_from(b).ok());
    Known { id: volume.id, spec: VolumeSpec { path: volume.path, group: volume.group, budget_bytes } }
}

async fn put(catalogue: &Catalogue, volume: &Volume) -> Result<()> {
    catalogue.put_volume(record::volume_row(volume)).await?;
    catalogue.set_volume_state(volume.id(), VolumeState::Ok).await
}

/// What is done for the disks beside recording, which has begun before.
pub(super) struct Disks {
    pub(super) catalogue: Catalogue,
    pub(super) volumes: Volumes,
    pub(super) clock: SharedClock,
}

impl Disks {
    /// Finishes what an earlier start left open, then follows disks that come and go.
    pub(super) async fn follow(self, stop: Stop) {
        if let Err(error) = record::recover(&self.catalogue, &self.volumes, &self.clock, &stop).await {
            tracing::error!(error = %error, "what a crash left open is not in order yet; the next start tries again");
        }
        let mut pace = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.wait() => return,
                _ = pace.tick() => {}
            }
            let (volumes, database) = (self.volumes.clone(), self.catalogue.database());
            let look = tokio::task::spawn_blocking(move || volumes.look_again(database));
            // A disk that hangs keeps this look, and nothing else.
            let changes = tokio::select! {
                () = stop.wait() => return,
                changes = look => changes.unwrap_or_default(),
            };
            for change in changes {
                let told = match change {
                    Change::Back(volume) => self.back(&volume, &stop).await,
                    Change::Gone(id, path) => {
                        let path = path.display();
                        tracing::error!(%path, "this volume is gone: nothing is recorded there until its disk is back");
                        self.catalogue.set_volume_state(id, VolumeState::Absent).await
                    }
                };
                if let Err(error) = told {
                    tracing::error!(error = %error, "a changed volume is not in order yet; the next start tries again");
                }
            }
        }
    }

    async fn back(&self, volume: &Volume, stop: &Stop) -> Result<()> {
        tracing::info!(path = %volume.spec().path.display(), "this volume is back, and used again");
        put(&self.catalogue, volume).await?;
        record::recover_volume(&self.catalogue, volume, &self.clock, stop).await.map(drop)
    }
}
