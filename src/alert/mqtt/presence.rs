//! The recorder's presence at the broker: one connection as long as a broker is set and on, by which everything goes. Where none
//! is, it waits for somebody to set one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::channel::{Fault, Step};
use super::super::failures::{Failures, every};
use super::super::service::Alerts;
use super::super::settings::SchedulePlan;
use super::super::world::MQTT_TOLD;
use super::commands::{self, Measure};
use super::discovery::Announcer;
use super::line::{For, Heard, Line, availability};
use super::pictures::Pictures;
use super::states::{self, CameraDoes, Events, ONLINE, Sights, Table, Told};
use super::{Job, Site};
use crate::base::{EventId, Result, Stop, TICKS_PER_SECOND};
use crate::catalogue::{Camera, NewSecret, Scope};

/// How often it is looked what cameras do: a lamp that follows motion should not be late.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is told how the recorder does.
const STATS: Duration = Duration::from_secs(60);
/// How soon a broker that is not there is tried again: twice as long each time, up to this; an alert tries at once.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A catalogue that could not be read is read again.
const AGAIN: Duration = Duration::from_secs(5);
/// Home Assistant starts, and is told everything, at most so often.
const GREETED: Duration = Duration::from_secs(10);
/// Changes that are read at a time.
const ROWS: u32 = 200;
const DAY_S: f64 = 86_400.0;

/// The task; one runs at a time.
pub struct Presence {
    alerts: Alerts,
    sights: Arc<dyn Sights>,
}

/// Why a connection is over.
enum End {
    Stopped,
    /// The setting is another; what was to be sent by it.
    Changed(Option<Job>),
    /// It broke off, or never was; it was flooded.
    Broken(Fault, bool),
}

/// What it knows while it is connected.
struct Known {
    told: Told,
    cameras: Vec<Camera>,
    /// What the broker should keep: begun anew with settings, and brought up to date at each look.
    table: Table,
    plan: SchedulePlan,
    stats: Option<(Instant, String)>,
    events: Events,
    pictures: Pictures,
    /// Up to this change everything was read.
    position: i64,
    measure: Measure,
    greeted: Instant,
}

impl Alerts {
    /// The task that is present at the site's MQTT broker.
    pub fn presence(&self, sights: Arc<dyn Sights>) -> Presence {
        Presence { alerts: self.clone(), sights }
    }
}

impl Presence {
    /// The broker that is set, on, and may be spoken to.
    async fn wanted(&self) -> Result<Option<Site>> {
        let site = self.alerts.0.mqtt.site().await?;
        let may =
            |site: &Site| site.broker.enabled && site.broker.check(&self.alerts.0.outside.local).is_ok();
        Ok(site.filter(may))
    }

    /// Is present until stopped.
    pub async fn run(self, stop: Stop) {
        let mqtt = Arc::clone(&self.alerts.0.mqtt);
        let mut jobs = mqtt.taken.lock().await;
        let (mut pause, mut failures, mut broken) = (FIRST_PAUSE, Failures::default(), 0_u32);
        let mut carried: Option<Job> = None;
        // Whoever floods us is not heard until somebody sets the broker anew.
        let mut deaf: Option<i64> = None;
        loop {
            let wanted = self.wanted().await;
            failures.note(wanted.as_ref().err(), "the MQTT broker waits");
            let site = match wanted {
                Ok(Some(site)) => site,
                Ok(None) => {
                    if let Some(job) = carried.take() {
                        job.failed(Fault::at(Step::Settings, "the broker is switched off"));
                    }
                    tokio::select! {
                        () = stop.wait() => return,
                        () = mqtt.changed.notified() => {}
                        job = jobs.recv() => carried = job,
                    }
                    continue;
                }
                Err(_) => {
                    tokio::select! {
                        () = stop.wait() => return,
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                    continue;
                }
            };
            let begun = Instant::now();
            let hears = deaf != Some(site.revision);
            match self.session(&site, hears, &stop, &mut jobs, carried.take()).await {
                End::Stopped => return,
                End::Changed(job) => {
                    (carried, pause, broken) = (job, FIRST_PAUSE, 0);
                }
                End::Broken(fault, flooded) => {
                    if flooded {
                        deaf = Some(site.revision);
                        tracing::warn!(
                            "somebody publishes what is too large at the MQTT broker; nothing is heard from it until it is set anew"
                        );
                    }
                    if begun.elapsed() > LONGEST_PAUSE {
                        (pause, broken) = (FIRST_PAUSE, 0);
                    }
                    broken += 1;
                    if broken.is_power_of_two() {
                        tracing::warn!(why = fault.why, failures = broken, "the MQTT broker cannot be used");
                    }
                    while let Ok(job) = jobs.try_recv() {
                        job.failed(fault.clone());
                    }
                    tokio::select! {
                        () = stop.wait() => return,
                        () = mqtt.changed.notified() => {}
                        () = tokio::time::sleep(pause) => {}
                        job = jobs.recv() => carried = job,
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// One connection, from its beginning to its end.
    async fn session(
        &self,
        site: &Site,
        hears: bool,
        stop: &Stop,
        jobs: &mut mpsc::Receiver<Job>,
        carried: Option<Job>,
    ) -> End {
        let (catalogue, mqtt) = (&self.alerts.0.catalogue, &self.alerts.0.mqtt);
        let opened = tokio::select! {
            () = stop.wait() => return End::Stopped,
            opened = Line::open(site, catalogue, For::Lasting) => opened,
        };
        let mut line = match opened {
            Ok(line) => line,
            Err(fault) => {
                if let Some(job) = carried {
                    job.failed(fault.clone());
                }
                return End::Broken(fault, false);
            }
        };
        tracing::info!(host = site.broker.host, "present at the MQTT broker");
        if let Some(job) = carried {
            line.publish(&job.all, Some(job.done));
        }
        line.publish(&[availability(&site.broker, true)], None);
        if hears {
            let mut topics = if site.broker.commands { commands::topics(&site.broker) } else { Vec::new() };
            topics.extend(site.broker.discovery.as_ref().map(|prefix| format!("{prefix}/status")));
            if !topics.is_empty() {
                line.subscribe(topics);
            }
        }
        let (mut changes, mut written) = (catalogue.changes(), catalogue.outbox_written());
        let mut known = match self.known(site).await {
            Ok(known) => known,
            Err(error) => return End::Broken(error.into(), false),
        };
        let mut tick = every(LOOK);
        loop {
            let done = tokio::select! {
                () = stop.wait() => {
                    line.leave(&site.broker, Vec::new()).await;
                    return End::Stopped;
                }
                () = mqtt.changed.notified() => return self.change(site, line, known, None).await,
                job = jobs.recv() => match job {
                    Some(job) if job.revision == site.revision => {
                        line.publish(&job.all, Some(job.done));
                        Ok(())
                    }
                    job => return self.change(site, line, known, job).await,
                },
                heard = line.next() => match heard {
                    Some(heard) => self.hear(site, &mut known, &heard).await,
                    None => return End::Broken(line.fault(), line.was_flooded()),
                },
                Ok(()) = changes.changed() => self.settle(site, &mut known).await,
                Ok(()) = written.changed() => self.read(site, &line, &mut known).await,
                _ = tick.tick() => self.look(site, &line, &mut known).await,
            };
            if let Err(error) = done {
                tracing::debug!(error = %error, "what the MQTT broker is told waits");
            }
        }
    }

    async fn known(&self, site: &Site) -> Result<Known> {
        let catalogue = &self.alerts.0.catalogue;
        let before = catalogue.alert_setting(MQTT_TOLD).await?.body;
        let topics: Vec<String> = serde_json::from_value(before["topics"].clone()).unwrap_or_default();
        let here = before["place"] == json!(site.place());
        let mut known = Known {
            told: Told::before(topics.into_iter().filter(|_| here)),
            cameras: Vec::new(),
            table: Table::new(),
            plan: SchedulePlan::default(),
            stats: None,
            events: Events::default(),
            pictures: Pictures::default(),
            position: catalogue.outbox_newest().await?,
            measure: Measure::default(),
            greeted: Instant::now(),
        };
        self.settle(site, &mut known).await?;
        Ok(known)
    }

    /// Cameras, rules or the schedule may be others: what follows from them.
    async fn settle(&self, site: &Site, known: &mut Known) -> Result<()> {
        let inner = &self.alerts.0;
        known.cameras = inner.catalogue.cameras(Scope::everything()).await?;
        let (rules, _) = self.alerts.rules().await?;
        let (broker, mut table) = (&site.broker, Table::new());
        let announcer = Announcer { broker, recorder: inner.catalogue.database(), url: &inner.outside.url };
        if broker.discovery.is_some() {
            let (topic, payload) = announcer.recorder();
            table.insert(topic, Some(payload.into()));
        }
        for camera in &known.cameras {
            // One that was switched off stays as long as it is a camera: whoever has it on a page keeps it.
            let announced = |topic: &String| camera.enabled || known.told.has(topic);
            if announcer.topic(camera).as_ref().is_some_and(announced) {
                let (topic, payload) = announcer.camera(camera);
                table.insert(topic, Some(payload.into()));
            }
            if broker.commands {
                let on = states::on_off(commands::is_told(&rules, camera.id));
                table.insert(broker.topic(&format!("{}/alerts/state", camera.slug)), Some(on.into()));
            }
            if broker.pictures {
                let topic = broker.picture_topic(&camera.slug);
                let stands = known.table.remove(&topic).flatten();
                table.insert(topic, stands);
            }
        }
        known.table = table;
        (known.plan, ..) = self.alerts.schedule().await?;
        self.remember(site, known).await
    }

    /// What is about to be told is written down first: whoever comes after a crash can take it away.
    async fn remember(&self, site: &Site, known: &Known) -> Result<()> {
        let catalogue = &self.alerts.0.catalogue;
        let states = states::cameras(&site.broker, &known.cameras, &*self.sights);
        let mut topics: BTreeSet<String> = known.told.topics().chain(known.table.keys()).cloned().collect();
        topics.extend(states.into_keys());
        topics.extend(["stats", "snooze/state"].map(|rest| site.broker.topic(rest)));
        let body = json!({"place": site.place(), "topics": topics});
        let before = catalogue.alert_setting(MQTT_TOLD).await?.body;
        if before != body {
            catalogue.put_alert_setting(MQTT_TOLD, None, body, NewSecret::Keep, "").await?;
        }
        Ok(())
    }

    /// Tells what is not as it was told.
    async fn look(&self, site: &Site, line: &Line, known: &mut Known) -> Result<()> {
        let broker = &site.broker;
        known.table.extend(states::cameras(broker, &known.cameras, &*self.sights));
        if known.stats.as_ref().is_none_or(|(at, _)| at.elapsed() >= STATS) {
            known.stats = Some((Instant::now(), self.stats(known).await?));
        }
        known
            .table
            .insert(broker.topic("stats"), known.stats.as_ref().map(|(_, stats)| stats.clone().into()));
        if broker.commands {
            let left = commands::minutes_left(&known.plan, self.alerts.0.clock.now());
            known.table.insert(broker.topic("snooze/state"), Some(left.to_string().into()));
        }
        for (camera, jpeg) in known.pictures.due(&self.alerts.0.catalogue, Instant::now()).await {
            if let Some(camera) = known.cameras.iter().find(|known| known.id == camera) {
                known.table.insert(broker.picture_topic(&camera.slug), Some(jpeg));
            }
        }
        let news = known.told.news(&known.table, line.room());
        if !news.is_empty() {
            line.publish(&news, None);
        }
        Ok(())
    }

    async fn stats(&self, known: &Known) -> Result<String> {
        let usage = self.alerts.0.catalogue.usage(Scope::everything()).await?;
        let oldest = usage.iter().filter_map(|usage| usage.oldest).min();
        let now = self.alerts.0.clock.now();
        let days = |ticks: i64| (ticks.max(0) as f64 / TICKS_PER_SECOND as f64 / DAY_S * 10.0).round() / 10.0;
        let on = || known.cameras.iter().filter(|camera| camera.enabled);
        let live = on().filter(|camera| self.sights.does(camera) == Some(CameraDoes::Live)).count();
        let stats = json!({
            "days_kept": days(oldest.map_or(0, |oldest| now - oldest)), "disk_free_bytes": self.sights.free_bytes(),
            "cameras": on().count(), "cameras_live": live,
        });
        Ok(stats.to_string())
    }

    /// Tells of events; settings and cameras may be others, too.
    async fn read(&self, site: &Site, line: &Line, known: &mut Known) -> Result<()> {
        let mut settings = false;
        loop {
            let rows = self.alerts.0.catalogue.outbox(known.position, ROWS).await?;
            let more = rows.len() == ROWS as usize;
            for row in rows {
                known.position = row.seq;
                settings |= row.kind == "alert_setting" && row.body["name"] != MQTT_TOLD;
                let camera = row.body["camera"].as_str().and_then(|id| id.parse().ok());
                let camera = known.cameras.iter().find(|known| Some(known.id) == camera);
                if let Some(camera) = camera.filter(|_| row.kind == "event") {
                    let told = known.events.told(&site.broker, EventId(row.object), &camera.slug, &row.body);
                    line.publish(&told, None);
                    if site.broker.pictures {
                        known.pictures.wants(camera.id, EventId(row.object), Instant::now());
                    }
                }
            }
            if !more {
                break;
            }
        }
        if settings {
            self.settle(site, known).await?;
        }
        Ok(())
    }

    async fn hear(&self, site: &Site, known: &mut Known, heard: &Heard) -> Result<()> {
        let now = Instant::now();
        let greets =
            site.broker.discovery.as_ref().is_some_and(|prefix| heard.topic == format!("{prefix}/status"));
        if greets {
            if heard.payload == ONLINE.as_bytes() && !heard.kept && now - known.greeted >= GREETED {
                known.greeted = now;
                known.told.doubt();
            }
            return Ok(());
        }
        let command = commands::read(&site.broker, &known.cameras, heard);
        let done = match &command {
            Some(command) if known.measure.may(now) => commands::follow(&self.alerts, site, command).await,
            _ => {
                if known.measure.should_say(now) {
                    let length = heard.payload.len();
                    tracing::warn!(
                        length,
                        kept = heard.kept,
                        "a command from the MQTT broker was not followed"
                    );
                }
                Ok(())
            }
        };
        if let Err(error) = &done
            && known.measure.should_say(now)
        {
            tracing::warn!(error = %error, "a command from the MQTT broker could not be followed");
        }
        Ok(())
    }

    /// The setting may be another: goes, and takes away what the broker should not keep.
    async fn change(&self, site: &Site, line: Line, known: Known, job: Option<Job>) -> End {
        let stays = match self.wanted().await {
            Ok(Some(next)) => next.place() == site.place(),
            Ok(None) => false,
            Err(_) => true,
        };
        let last = if stays { Vec::new() } else { known.told.cleared() };
        line.leave(&site.broker, last).await;
        End::Changed(job)
    }
}
