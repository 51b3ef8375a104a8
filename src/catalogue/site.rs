//! What is set about the place itself: its name, its zone, its words, how far setting up has come.
//!
//! The configuration file says how the recorder begins; what people set in the app is kept here and counts from then on.

use std::sync::PoisonError;

use super::writer::{Change, Write};
use super::{Catalogue, day, meta};
use crate::base::{Result, Zone};

/// Row of the zone that was chosen; the row `time_zone` tells which the day summaries have.
const ZONE: &str = "site_time_zone";
const NAME: &str = "site_name";
const LANE: &str = "site_word_lane";
const STEP: &str = "site_setup_step";

/// What has been set; `None` = nobody has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// What people call it.
    pub name: Option<String>,
    /// Zone of days and schedules; when it is read, the one that holds now.
    pub zone: Option<Zone>,
    /// What a lane is called there, such as `Ngõ` or `Xóm`.
    pub lane: Option<String>,
    /// The step of the first run that is open, by its name in the API.
    pub setup_step: Option<String>,
}

/// The zone that was chosen, if one was.
pub(super) async fn zone(conn: &mut sqlx::SqliteConnection) -> Result<Option<Zone>> {
    let name = meta::get(conn, ZONE).await?;
    Ok(name.and_then(|name| name.parse().ok()))
}

struct Put(Site);

impl Change for Put {
    type Answer = ();
    const NAME: &'static str = "put_site";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let Site { name, zone, lane, setup_step } = &self.0;
        let zone = zone.map(|zone| zone.name().to_owned());
        let rows = [(NAME, name), (ZONE, &zone), (LANE, lane), (STEP, setup_step)];
        for (row, value) in rows {
            if let Some(value) = value {
                meta::put(w, row, value).await?;
            }
        }
        Ok(())
    }
}

impl Catalogue {
    /// What has been set about the place.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn site(&self) -> Result<Site> {
        Ok(Site {
            name: self.meta(NAME).await?,
            zone: Some(self.zone()),
            lane: self.meta(LANE).await?,
            setup_step: self.meta(STEP).await?,
        })
    }

    /// Sets what is `Some` and leaves the rest. Another zone makes the day summaries anew, from the spans between gaps.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn set_site(&self, site: Site) -> Result<()> {
        let zone = site.zone;
        self.inner.queue.ask(Put(site)).await?;
        if let Some(zone) = zone.filter(|zone| *zone != self.zone()) {
            self.inner.queue.ask(day::Rebuild(zone)).await?;
            *self.inner.zone.write().unwrap_or_else(PoisonError::into_inner) = zone;
        }
        Ok(())
    }
}
