//! The recorder dies at any moment: between what happened and the decision, between decision and sending, between sending and
//! noting it. What was written before it died arrives, and is seen once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lanewatch::alert::{AlertRules, SchedulePlan};
use lanewatch::base::{EventId, SimClock};
use lanewatch::catalogue::{AlertKind, EventKind};

use super::yard::{MINUTE, Says, Yard, begin, event, open, tasks};

/// Deaths. Lives are of many lengths, so that they come everywhere; how far each gets depends on the machine.
const LIVES: u64 = 100;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn whenever_it_dies_nothing_is_lost_and_nothing_is_seen_twice() {
    let birth = runtime();
    let yard = birth.block_on(async {
        let yard = Yard::new(40, |_| String::new()).await;
        yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
        yard.rules(AlertRules { night_budget: 500, cooldown_minutes: 0, ..AlertRules::default() }).await;
        yard.person("who", "head", None).await;
        yard.catalogue.close().await;
        yard
    });
    let cameras: Vec<_> = yard.cameras.iter().map(|camera| camera.id).collect();
    let (folder, post) = (yard.folder.path().to_owned(), Arc::clone(&yard.post));
    drop(birth);
    // What the catalogue has said to be written.
    let happened: Arc<Mutex<Vec<EventId>>> = Arc::default();
    let life = |n: u64, dies: bool| {
        let clock = SimClock::starting_at(begin() + n as i64 * 3 * MINUTE);
        let (folder, post, happened, cameras) =
            (folder.clone(), Arc::clone(&post), Arc::clone(&happened), cameras.clone());
        let living = async move {
            let catalogue = open(&folder, &clock).await;
            let says = Arc::new(Says::default());
            let (mut dispatch, deliver) = tasks(&catalogue, &clock, &post, &says).await;
            for k in 0..3_usize {
                if dies {
                    let camera = cameras[(n as usize * 3 + k) % cameras.len()];
                    let moved = event(camera, EventKind::Motion, begin() + n as i64 * 3 * MINUTE, 8);
                    let id = moved.id;
                    catalogue.end_event(moved);
                    catalogue.flush().await.expect("written");
                    happened.lock().expect("lock").push(id);
                }
                while dispatch.step().await.expect("decided") {}
                while deliver.step().await.expect("sent") > 0 {}
            }
            if !dies {
                // Over the morning, when what was held is told.
                for _ in 0..24 {
                    clock.advance(30 * MINUTE);
                    while dispatch.step().await.expect("decided") {}
                    while deliver.step().await.expect("sent") > 0 {}
                }
            }
            catalogue
        };
        let runtime = runtime();
        let lived = runtime.block_on(async {
            if !dies {
                return Some(living.await);
            }
            tokio::time::timeout(Duration::from_micros(15_000 + (n * 7919) % 100_000), living).await.ok()
        });
        // All that was under way is gone with it, as in a power cut: nothing is closed in order.
        if dies {
            drop(lived);
            runtime.shutdown_background();
            return None;
        }
        Some((runtime, lived.expect("the last life ends by itself")))
    };
    for n in 0..LIVES {
        life(n, true);
    }
    let (last, catalogue) = life(LIVES, false).expect("the last one");
    let happened: BTreeSet<EventId> = happened.lock().expect("lock").iter().copied().collect();
    let sent = post.take();
    let mut names: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for message in &sent {
        names.entry(message.alert).or_default().insert((message.id, message.tag()));
    }
    let digests: BTreeSet<_> = sent.iter().filter(|m| m.kind == AlertKind::Digest).map(|m| m.alert).collect();
    let (lost, in_digests) = last.block_on(async {
        let mut members = BTreeSet::new();
        for digest in &digests {
            let (alerts, count) = catalogue.digest_members(*digest, 10_000).await.expect("read");
            assert_eq!(alerts.len() as u64, count);
            members.extend(alerts.into_iter().map(|alert| alert.id));
        }
        let mut lost = Vec::new();
        for id in &happened {
            let alert =
                catalogue.alert_of(lanewatch::catalogue::Scope::everything(), *id).await.expect("read");
            if alert.is_none_or(|alert| !names.contains_key(&alert.id) && !members.contains(&alert.id)) {
                lost.push((*id, catalogue.judged(*id).await.expect("read")));
            }
        }
        catalogue.close().await;
        (lost, members)
    });
    // One that was taken, and not noted before a death, is sent again; when many wait by then it is a line of their digest.
    let both = in_digests.iter().filter(|alert| names.contains_key(alert)).count();
    println!(
        "{LIVES} deaths: {} events; {} alerts sent by themselves and {} in {} digests ({both} of them both), by {} messages",
        happened.len(),
        names.len() - digests.len(),
        in_digests.len(),
        digests.len(),
        sent.len(),
    );
    assert!(happened.len() > 20, "{}", happened.len());
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), happened.len());
    let twice: Vec<_> = names.values().filter(|names| names.len() > 1).collect();
    assert!(twice.is_empty(), "seen twice: {twice:?}");
    // Each start that follows a death is told of once.
    let starts =
        sent.iter().filter(|m| m.kind == AlertKind::Restarted).map(|m| m.alert).collect::<BTreeSet<_>>();
    assert!(!starts.is_empty() && starts.len() as u64 <= LIVES, "{}", starts.len());
    drop(yard);
}
