//! One connection to the broker: what is given to it, and what of that was acknowledged. A task of its own reads and writes, so
//! that nothing that whoever has the connection waits for makes the broker wait.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions, Outgoing,
    Packet, QoS, StateError, SubscribeFilter,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::super::channel::{Fault, Step};
use super::states::{AVAILABLE, ONLINE, UNAVAILABLE};
use super::{MqttBroker, Publish, Site, full};
use crate::base::{Result, Tasks};
use crate::catalogue::{Catalogue, PictureSize};

/// Connecting, and each answer of the broker.
const PATIENCE: Duration = Duration::from_secs(4);
/// A broker that is gone is known after two of these, and the broker knows after one and a half that we are.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Messages that may wait to be acknowledged: all that 64 cameras have, some times.
const QUEUE: usize = 1024;
/// Subscriptions and the goodbye have room besides.
const SPARE: usize = 8;
/// Messages of others that may wait to be looked at.
const HEARD: usize = 64;
/// Largest message that is read, in bytes: nobody has more to say to us, and memory is bounded by it.
const INCOMING: usize = 16 << 10;
/// Largest that is sent, in bytes: a small picture, with its topic.
const OUTGOING: usize = PictureSize::Small.most_bytes() + (1 << 10);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// It lasts: the broker says so when it breaks off.
    Lasting,
    /// One message; it has another name, so that it does not take the place of the one that lasts.
    Once,
}

/// Something that was published at the broker.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// It was said before, and kept.
    pub(super) kept: bool,
}

/// What belongs together, and where to say that all of it was acknowledged.
struct Parcel {
    left: usize,
    done: Option<oneshot::Sender<Result<(), Fault>>>,
}

/// What was given and not acknowledged yet.
#[derive(Default)]
struct Ledger {
    parcels: HashMap<u64, Parcel>,
    newest: u64,
    /// Given to the client, in order, as numbers of parcels; each gets an identifier when it is sent.
    given: VecDeque<u64>,
    /// Sent under an identifier.
    sent: HashMap<u16, u64>,
    fault: Option<Fault>,
    too_large: bool,
}

impl Ledger {
    fn waiting(&self) -> usize {
        self.given.len() + self.sent.len()
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Outgoing(Outgoing::Publish(identifier)) => {
                if let Some(parcel) = self.given.pop_front() {
                    self.sent.insert(*identifier, parcel);
                }
            }
            Event::Incoming(Packet::PubAck(acknowledged)) => {
                let Some(number) = self.sent.remove(&acknowledged.pkid) else { return };
                let Some(parcel) = self.parcels.get_mut(&number) else { return };
                parcel.left -= 1;
                if parcel.left == 0
                    && let Some(done) = self.parcels.remove(&number).and_then(|parcel| parcel.done)
                {
                    // Whoever does not wait any more need not be told.
                    let _ = done.send(Ok(()));
                }
            }
            _ => {}
        }
    }

    /// The connection is no more: nothing that waits was taken, as far as is known.
    fn broken(&mut self, fault: &Fault, too_large: bool) {
        self.fault = Some(fault.clone());
        self.too_large = too_large;
        for done in self.parcels.drain().filter_map(|(_, parcel)| parcel.done) {
            let _ = done.send(Err(fault.clone()));
        }
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connection. Dropped without [`Self::close`] it breaks off, and the broker tells the last will.
pub(super) struct Line {
    client: AsyncClient,
    ledger: Arc<Mutex<Ledger>>,
    heard: mpsc::Receiver<Heard>,
    pump: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl Line {
    /// Connects and signs in.
    pub(super) async fn open(site: &Site, catalogue: &Catalogue, what_for: For) -> Result<Self, Fault> {
        let broker = &site.broker;
        // The same name takes the place of a connection that hangs.
        let name = format!("{}-{}", broker.base, catalogue.database().0.simple());
        let name = if what_for == For::Once { format!("{name}-once") } else { name };
        let mut options = MqttOptions::new(name, address(broker).await?.to_string(), broker.port);
        options.set_keep_alive(KEEP_ALIVE).set_clean_session(true).set_max_packet_size(INCOMING, OUTGOING);
        if what_for == For::Lasting {
            let topic = broker.topic(AVAILABLE);
            options.set_last_will(LastWill::new(topic, UNAVAILABLE, QoS::AtLeastOnce, true));
        }
        if let (Some(name), Some(password)) = (&broker.username, &site.password) {
            options.set_credentials(name.clone(), password.expose().to_owned());
        }
        let (client, mut events) = AsyncClient::new(options, QUEUE + SPARE);
        match tokio::time::timeout(PATIENCE, events.poll()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(fault(&error)),
            Err(_) => return Err(silent()),
        }
        let ledger = Arc::<Mutex<Ledger>>::default();
        let (say, heard) = mpsc::channel(HEARD);
        let pump = Tasks::new().spawn("mqtt connection", pump(events, Arc::clone(&ledger), say));
        Ok(Self { client, ledger, heard, pump })
    }

    /// How many more may be given now.
    pub(super) fn room(&self) -> usize {
        QUEUE.saturating_sub(lock(&self.ledger).waiting())
    }

    /// Gives all of it, or nothing where there is no room; `done` hears when the broker has acknowledged all, or why it has not.
    pub(super) fn publish(&self, all: &[Publish], done: Option<oneshot::Sender<Result<(), Fault>>>) {
        let mut ledger = lock(&self.ledger);
        let refused = match &ledger.fault {
            Some(fault) => Some(fault.clone()),
            None if ledger.waiting() + all.len() > QUEUE => Some(full()),
            None => None,
        };
        if refused.is_some() || all.is_empty() {
            if let Some(done) = done {
                // Whoever does not wait any more need not be told.
                let _ = done.send(refused.map_or(Ok(()), Err));
            }
            return;
        }
        ledger.newest += 1;
        let number = ledger.newest;
        ledger.parcels.insert(number, Parcel { left: all.len(), done });
        for one in all {
            let given = self.client.try_publish(&one.topic, QoS::AtLeastOnce, one.retain, &*one.payload);
            // The queue has room for all that the ledger lets in.
            if given.is_ok() {
                ledger.given.push_back(number);
            }
        }
    }

    /// Wants to hear of these topics.
    pub(super) fn subscribe(&self, topics: Vec<String>) {
        let filters = topics.into_iter().map(|topic| SubscribeFilter::new(topic, QoS::AtLeastOnce));
        if self.client.try_subscribe_many(filters).is_err() {
            tracing::warn!("topics of the MQTT broker are not followed: its queue is full");
        }
    }

    /// What comes next of what was subscribed to; `None` = the connection is no more.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// Why it is no more.
    pub(super) fn fault(&self) -> Fault {
        lock(&self.ledger).fault.clone().unwrap_or_else(silent)
    }

    /// It is no more because somebody has published what is too large for us.
    pub(super) fn was_flooded(&self) -> bool {
        lock(&self.ledger).too_large
    }

    /// Says goodbye: what was given goes before.
    pub(super) async fn close(mut self) {
        if self.client.try_disconnect().is_ok() {
            // A goodbye that does not arrive changes nothing.
            let _ = tokio::time::timeout(PATIENCE, &mut self.pump).await;
        }
    }

    /// Says that the recorder is not there any more, and goodbye.
    pub(super) async fn leave(self, broker: &MqttBroker, last: Vec<Publish>) {
        let mut all = last;
        all.push(availability(broker, false));
        let (done, taken) = oneshot::channel();
        self.publish(&all, Some(done));
        let _ = tokio::time::timeout(PATIENCE, taken).await;
        self.close().await;
    }
}

/// Whether the recorder is there.
pub(super) fn availability(broker: &MqttBroker, there: bool) -> Publish {
    let payload = if there { ONLINE } else { UNAVAILABLE };
    Publish { topic: broker.topic(AVAILABLE), payload: payload.into(), retain: true }
}

/// The address that the broker's name stands for.
async fn address(broker: &MqttBroker) -> Result<IpAddr, Fault> {
    let unknown = || Fault::at(Step::Name, "the broker's name is not known");
    let looking = tokio::net::lookup_host((broker.host.as_str(), broker.port));
    let found = tokio::time::timeout(PATIENCE, looking).await.map_err(|_| unknown())?;
    found.map_err(|_| unknown())?.next().map(|address| address.ip()).ok_or_else(unknown)
}

fn silent() -> Fault {
    Fault::at(Step::Connect, "the broker does not answer")
}

fn fault(error: &ConnectionError) -> Fault {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => Fault::at(Step::SignIn, "the broker refused the name or the password"),
        ConnectionError::ConnectionRefused(_) => Fault::at(Step::Answer, "the broker refused"),
        _ => Fault::at(Step::Connect, "the broker is not there, or broke off"),
    }
}

/// Reads and writes until the connection breaks off.
async fn pump(mut events: EventLoop, ledger: Arc<Mutex<Ledger>>, say: mpsc::Sender<Heard>) {
    loop {
        // What is broken off here is the wait for something to do, as long as nothing waits to be acknowledged.
        let polled = match tokio::time::timeout(PATIENCE, events.poll()).await {
            Err(_) if lock(&ledger).waiting() == 0 => continue,
            Err(_) => {
                lock(&ledger).broken(&silent(), false);
                return;
            }
            Ok(polled) => polled,
        };
        match polled {
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let (topic, payload) = (publish.topic, publish.payload.to_vec());
                let heard = Heard { topic, payload, kept: publish.retain };
                // Whoever says so much that we cannot follow is not heard out.
                if let Err(mpsc::error::TrySendError::Closed(_)) = say.try_send(heard) {
                    return;
                }
            }
            Ok(event) => lock(&ledger).note(&event),
            Err(error) => {
                let large = matches!(
                    error,
                    ConnectionError::MqttState(StateError::Deserialization(
                        rumqttc::mqttbytes::Error::PayloadSizeLimitExceeded(_)
                    ))
                );
                lock(&ledger).broken(&fault(&error), large);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::PubAck;

    use super::*;

    fn given(ledger: &mut Ledger, number: u64, many: usize) -> oneshot::Receiver<Result<(), Fault>> {
        let (done, taken) = oneshot::channel();
        ledger.parcels.insert(number, Parcel { left: many, done: Some(done) });
        ledger.given.extend(std::iter::repeat_n(number, many));
        taken
    }

    fn acknowledged(ledger: &mut Ledger, identifier: u16) {
        ledger.note(&Event::Incoming(Packet::PubAck(PubAck { pkid: identifier })));
    }

    #[test]
    fn a_parcel_is_taken_when_all_of_it_is_in_whatever_order() {
        let mut ledger = Ledger::default();
        let (mut first, mut second) = (given(&mut ledger, 1, 2), given(&mut ledger, 2, 1));
        for identifier in 1..=3 {
            ledger.note(&Event::Outgoing(Outgoing::Publish(identifier)));
        }
        acknowledged(&mut ledger, 3);
        assert_eq!(second.try_recv(), Ok(Ok(())));
        acknowledged(&mut ledger, 1);
        acknowledged(&mut ledger, 1);
        assert!(first.try_recv().is_err(), "one was acknowledged twice, the other not at all");
        acknowledged(&mut ledger, 2);
        assert_eq!(first.try_recv(), Ok(Ok(())));
        assert_eq!(ledger.waiting(), 0);
    }

    #[test]
    fn what_waits_when_it_breaks_off_was_not_taken() {
        let mut ledger = Ledger::default();
        let mut one = given(&mut ledger, 1, 2);
        ledger.note(&Event::Outgoing(Outgoing::Publish(1)));
        acknowledged(&mut ledger, 1);
        ledger.broken(&silent(), false);
        assert_eq!(one.try_recv(), Ok(Err(silent())));
    }
}
