//! A night of rain before nineteen cameras, with people in it who should not be there; and what thirty days teach of what is
//! usual. Figures are printed: `cargo nextest run -E 'test(night)' --no-capture`. Before it, `LANEWATCH_NIGHT_HOURS=7` for a whole
//! night as the schedule has it, from 22:00 to 05:00 (what comes later is usual at that hour, and may wait for the digest), and
//! `LANEWATCH_NIGHT_SEED` for another one.

use std::collections::BTreeSet;

use lanewatch::alert::{AlertRules, Habit, SchedulePlan, hour_of_week};
use lanewatch::base::{Clock, EventId, TICKS_PER_SECOND, Zone};
use lanewatch::catalogue::{AlertKind, Decision, EventKind, Scope};

use super::yard::{HOUR, MINUTE, SECOND, Yard, begin, event};

const CAMERAS: usize = 19;
const BUDGET: u32 = 20;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    /// 0 to 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        (to - from).mul_add(self.roll(), from)
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.roll() * n as f64) as usize).min(n - 1)
    }

    /// So many, where this many are usual (Poisson).
    fn count(&mut self, rate: f64) -> u32 {
        let (limit, mut product, mut n) = ((-rate).exp(), self.roll(), 0);
        while product > limit {
            product *= self.roll();
            n += 1;
        }
        n
    }
}

/// Events an hour that a camera of a hamlet usually has: a busy lane, a quiet one, one at the fields, one that the market
/// passes on Sundays.
fn usual(camera: usize, day: usize, hour: usize) -> f64 {
    let busy = [6.0, 2.0, 0.5, 1.5][camera % 4];
    let of_hour = match hour {
        5 | 6 | 17 | 18 => 1.0,
        7..=10 | 15 | 16 | 19 => 0.6,
        11..=14 | 20 => 0.35,
        21 => 0.12,
        4 | 22 => 0.03,
        _ => 0.004,
    };
    let of_day = match (camera % 4, day) {
        (3, 6) if hour < 11 => 4.0,
        (2, 5 | 6) => 0.3,
        _ => 1.0,
    };
    busy * of_hour * of_day
}

/// Share of the planted among the `n` highest, and of them that are there.
fn at(n: usize, ranked: &[(f64, bool)]) -> (f64, f64) {
    let planted = ranked.iter().filter(|(_, planted)| *planted).count();
    let hits = ranked.iter().take(n).filter(|(_, planted)| *planted).count();
    (hits as f64 / n as f64, hits as f64 / planted as f64)
}

#[test]
fn a_night_without_habits_is_judged_worse_than_after_thirty_days() {
    let mut dice = Dice(7);
    // What is judged: a week after the thirty days, with five a day before cameras where at that hour nobody ever is.
    let mut judged: Vec<(usize, usize, usize, bool)> = Vec::new();
    for day in 0..7 {
        for camera in 0..CAMERAS {
            for hour in 0..24 {
                let usual = dice.count(usual(camera, day, hour));
                judged.extend((0..usual).map(|_| (camera, day, hour, false)));
            }
        }
        let mut planted = 0;
        while planted < 5 {
            let (camera, hour) = (dice.below(CAMERAS), dice.below(24));
            if usual(camera, day, hour) < 0.05 {
                judged.push((camera, day, hour, true));
                planted += 1;
            }
        }
    }
    let planted = judged.iter().filter(|(.., planted)| *planted).count();
    let mut areas = Vec::new();
    for days in [0_usize, 7, 30] {
        let mut habits = vec![Habit::default(); CAMERAS];
        for (camera, habit) in habits.iter_mut().enumerate() {
            // Whole weeks are learned from.
            for _ in 0..days / 7 {
                habit.learn(&core::array::from_fn(|h| dice.count(usual(camera, h / 24, h % 24))));
            }
        }
        let mut ranked: Vec<(f64, bool)> = judged
            .iter()
            // Monday, 1970-01-05.
            .map(|(camera, day, hour, planted)| {
                let hour = hour_of_week(
                    4 + i32::try_from(*day).expect("small"),
                    u32::try_from(*hour).expect("small"),
                );
                (habits[*camera].unusual(hour), *planted)
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // How often a planted one counts for more than a usual one; where they count alike, half.
        let (mut below, mut wins) = (0.0, 0.0);
        for alike in ranked.chunk_by(|a, b| a.0 == b.0).rev() {
            let planted = alike.iter().filter(|(_, planted)| *planted).count() as f64;
            let usual = alike.len() as f64 - planted;
            wins += planted * (below + usual / 2.0);
            below += usual;
        }
        let area = wins / (below * planted as f64);
        let (exact, _) = at(planted, &ranked);
        let (share, found) = at(7 * BUDGET as usize, &ranked);
        println!(
            "{days:2} days: {} events, {planted} planted; {exact:.2} of the first {planted}; a budget of {BUDGET} a day: \
             precision {share:.2}, recall {found:.2}; area under the curve {area:.4}",
            judged.len(),
        );
        areas.push((area, found));
    }
    assert_eq!(areas[0].0, 0.5, "nothing is known: {areas:?}");
    assert!(areas[1].0 > 0.95 && areas[2].0 > 0.97 && areas[2].1 > 0.9, "{areas:?}");
}

/// Thirty days of habit, as dispatch would have written them.
async fn learned(yard: &Yard, dice: &mut Dice) {
    let today = Zone::HO_CHI_MINH.day_of(begin());
    let this_week = (today + 3).div_euclid(7);
    for (n, camera) in yard.cameras.iter().enumerate() {
        let mut counted = Vec::new();
        for week in this_week - 4..this_week {
            for hour in 0..168 {
                let seen = dice.count(usual(n, hour / 24, hour % 24));
                let hour = u32::try_from(hour).expect("small");
                counted.extend((0..seen).map(|_| (camera.id, week, hour)));
            }
        }
        yard.catalogue.decide(Decision { counted, ..Decision::default() }).await.expect("written");
    }
}

#[derive(Clone, Copy)]
struct Motion {
    at: i64,
    camera: usize,
    seconds: i64,
    cells: u32,
    planted: bool,
}

/// Rain that a detector would not tell from motion: small and short, before each camera about once a minute. In it people
/// who come near: 5 to 10 % of the picture for 15 to 25 s. Those farther off may wait for the digest.
fn night(dice: &mut Dice, hours: i64, people: usize) -> Vec<Motion> {
    let mut all = Vec::new();
    for camera in 0..CAMERAS {
        let mut at = 0;
        while at < hours * HOUR {
            at += (dice.between(20.0, 100.0) * TICKS_PER_SECOND as f64) as i64;
            let (seconds, cells) = (dice.between(2.0, 7.0) as i64, dice.between(2.0, 23.0) as u32);
            all.push(Motion { at, camera, seconds, cells, planted: false });
        }
    }
    let part = hours * HOUR / people as i64;
    for n in 0..people {
        let at = part * n as i64 + (dice.between(0.1, 0.9) * part as f64) as i64;
        let (seconds, cells) = (dice.between(15.0, 25.0) as i64, dice.between(29.0, 58.0) as u32);
        all.push(Motion { at, camera: dice.below(CAMERAS), seconds, cells, planted: true });
    }
    all.sort_by_key(|motion| motion.at);
    all
}

#[tokio::test]
async fn a_night_of_rain_stays_within_its_budget_and_whoever_comes_near_is_told_of() {
    let asked = |name, usual: i64| std::env::var(name).map_or(usual, |text| text.parse().expect("a number"));
    let (hours, seed) = (asked("LANEWATCH_NIGHT_HOURS", 1), asked("LANEWATCH_NIGHT_SEED", 2026));
    let (people, mut dice) = (6, Dice(seed.unsigned_abs()));
    let mut yard = Yard::new(CAMERAS, |_| String::new()).await;
    learned(&yard, &mut dice).await;
    // What was learned is read at a start.
    let (dispatch, deliver) = super::yard::tasks(&yard.catalogue, &yard.clock, &yard.post, &yard.says).await;
    (yard.dispatch, yard.deliver) = (dispatch, deliver);
    yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
    yard.rules(AlertRules { night_budget: BUDGET, digest_at: "11:59".to_owned(), ..AlertRules::default() })
        .await;
    yard.person("who", "head", None).await;
    let start = begin();
    let all = night(&mut dice, hours, people);
    let mut planted: Vec<(EventId, i64)> = Vec::new();
    let (mut told, mut slowest) = (BTreeSet::new(), 0);
    let mut messages = 0;
    for motion in &all {
        let begins = start + motion.at;
        if begins > yard.clock.now() {
            yard.clock.advance(begins - yard.clock.now());
        }
        let mut seen = event(yard.cameras[motion.camera].id, EventKind::Motion, begins, 0);
        (seen.peak, seen.end) = (motion.cells.min(14), None);
        yard.catalogue.begin_event(seen.clone());
        if motion.planted {
            planted.push((seen.id, motion.at));
            // They are looked at as they go on.
            for _ in 0..4 {
                yard.clock.advance(motion.seconds * SECOND / 4);
                (seen.seen, seen.peak) = (yard.clock.now(), motion.cells);
                yard.catalogue.grow_event(seen.clone());
                yard.catalogue.flush().await.expect("written");
                yard.settle().await;
            }
        }
        seen.peak = motion.cells;
        (seen.seen, seen.end) = (begins + motion.seconds * SECOND, Some(begins + motion.seconds * SECOND));
        yard.catalogue.end_event(seen);
        yard.catalogue.flush().await.expect("written");
        yard.settle().await;
        for message in yard.post.take() {
            messages += 1;
            assert_eq!(message.kind, AlertKind::Motion);
            let Some(event) = message.event else { continue };
            if let Some((_, at)) = planted.iter().find(|(id, _)| *id == event)
                && told.insert(event)
            {
                slowest = slowest.max(yard.clock.now() - (start + *at));
            }
        }
    }
    println!(
        "{hours} h of rain, {CAMERAS} cameras: {} events, {messages} messages (budget {BUDGET}), {} of {people} people, the last \
         of them {:.1} s after they came",
        all.len(),
        told.len(),
        slowest as f64 / TICKS_PER_SECOND as f64,
    );
    for (event, at) in planted.iter().filter(|(event, _)| !told.contains(event)) {
        let alert = yard.catalogue.alert_of(Scope::everything(), *event).await.expect("read");
        let about =
            alert.map(|a| (a.id, a.out, a.rank, a.version, a.facts["event"].clone(), a.from.rfc3339()));
        println!("not told of {event:?}, who came {} min after the beginning: {about:?}", at / MINUTE);
    }
    assert!(messages <= BUDGET as usize, "{messages}");
    assert_eq!(told.len(), people, "somebody was not told of");
    // What was held is in the morning's digest.
    yard.clock.advance(13 * HOUR + 58 * MINUTE - (yard.clock.now() - start).min(13 * HOUR));
    yard.pass(4 * MINUTE, MINUTE).await;
    let digests = yard.post.take();
    assert_eq!(digests.iter().filter(|m| m.kind == AlertKind::Digest).count(), 1);
}
