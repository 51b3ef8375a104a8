//! The ledger against a model that knows, for every minute, what it is.

use proptest::prelude::*;

use super::*;

const CAUSES: [GapCause; 3] = [GapCause::CameraLost, GapCause::RecorderOff, GapCause::Disabled];
/// Minutes of the model.
const LENGTH: i64 = 60;

#[derive(Clone, Debug)]
enum Step {
    Put(i64, i64, usize),
    Open(i64, usize),
    Close(i64),
    Seal(i64),
    Forget(usize),
    Twice(Box<Step>),
}

fn step() -> impl Strategy<Value = Step> {
    let single = prop_oneof![
        3 => (0..LENGTH, 1_i64..12, 0..3_usize).prop_map(|(from, n, cause)| Step::Put(from, (from + n).min(LENGTH), cause)),
        1 => (0..LENGTH, 0..3_usize).prop_map(|(from, cause)| Step::Open(from, cause)),
        1 => (0..LENGTH).prop_map(Step::Close),
        4 => (0..LENGTH).prop_map(Step::Seal),
        1 => (0..8_usize).prop_map(Step::Forget),
    ];
    (single, any::<bool>()).prop_map(|(step, twice)| if twice { Step::Twice(Box::new(step)) } else { step })
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Minute {
    Unknown,
    Footage,
    Gap(GapCause),
}

/// Each minute's meaning, and the gap that lasts from somewhere to beyond the end.
struct Model {
    minutes: Vec<Minute>,
    lasting: Option<(i64, GapCause)>,
}

impl Model {
    fn at(&self, minute: i64) -> Minute {
        match (self.minutes[minute as usize], self.lasting) {
            (Minute::Unknown, Some((from, cause))) if minute >= from => Minute::Gap(cause),
            (known, _) => known,
        }
    }

    fn put(&mut self, from: i64, to: i64, cause: GapCause) {
        for m in from..to {
            if self.at(m) == Minute::Unknown {
                self.minutes[m as usize] = Minute::Gap(cause);
            }
        }
    }

    fn end(&mut self, at: i64) {
        if let Some((from, cause)) = self.lasting.take() {
            self.put(from, at, cause);
        }
    }

    /// A gap that lasts and what adjoins it with the same cause are one gap.
    fn join(&mut self) {
        while let Some((from, cause)) = self.lasting {
            if from == 0 || self.minutes[from as usize - 1] != Minute::Gap(cause) {
                return;
            }
            self.minutes[from as usize - 1] = Minute::Unknown;
            self.lasting = Some((from - 1, cause));
        }
    }

    fn tail(&self) -> i64 {
        self.minutes.iter().rposition(|m| *m != Minute::Unknown).map_or(0, |m| m as i64 + 1)
    }

    fn open(&mut self, from: i64, cause: GapCause) {
        if self.lasting.is_some_and(|(_, other)| other != cause) {
            self.end(from);
        }
        // The part that lasts begins after everything known; free minutes before it are ordinary gaps.
        if self.lasting.is_none() {
            self.lasting = Some((self.tail().max(from), cause));
        }
        let (start, _) = self.lasting.expect("set");
        self.put(from, start, cause);
    }

    fn seal(&mut self, minute: i64) {
        if let Some((from, cause)) = self.lasting.filter(|(from, _)| minute >= *from) {
            self.lasting = None;
            self.put(from, minute, cause);
            self.lasting = Some((minute + 1, cause));
        }
        self.minutes[minute as usize] = Minute::Footage;
    }
}

async fn apply(room: &Room, model: &mut Model, step: &Step) {
    apply_unjoined(room, model, step).await;
    model.join();
}

async fn apply_unjoined(room: &Room, model: &mut Model, step: &Step) {
    let (c, stream) = (&room.catalogue, room.main);
    match *step {
        Step::Put(from, to, cause) => {
            c.put_gap(stream, minutes(from, to), CAUSES[cause]);
            model.put(from, to, CAUSES[cause]);
        }
        Step::Open(from, cause) => {
            c.open_gap(stream, at(from), CAUSES[cause]);
            model.open(from, CAUSES[cause]);
        }
        Step::Close(to) => {
            c.close_gap(stream, at(LENGTH + 9), at(to));
            if model.lasting.is_some_and(|(from, _)| from < to) {
                model.end(to);
            }
        }
        Step::Seal(minute) => {
            c.seal_segment(room.sealed(stream, minutes(minute, minute + 1)));
            model.seal(minute);
        }
        Step::Forget(n) => {
            let footage = (0..LENGTH).filter(|m| model.at(*m) == Minute::Footage).nth(n);
            let Some(minute) = footage else { return };
            c.doom(vec![(stream, at(minute))], "age").await.expect("doom");
            c.forget_doomed(vec![(stream, at(minute))]).await.expect("forget");
            model.minutes[minute as usize] = Minute::Gap(GapCause::Retention);
        }
        Step::Twice(ref step) => {
            Box::pin(apply(room, model, step)).await;
            // Deleting "the n-th" a second time is another deletion.
            if !matches!(**step, Step::Forget(_)) {
                Box::pin(apply(room, model, step)).await;
            }
        }
    }
}

fn runs(model: &Model, what: impl Fn(Minute) -> bool) -> Vec<(i64, i64)> {
    let mut out: Vec<(i64, i64)> = Vec::new();
    for m in (0..LENGTH).filter(|m| what(model.at(*m))) {
        match out.last_mut() {
            Some(last) if last.1 == m => last.1 = m + 1,
            _ => out.push((m, m + 1)),
        }
    }
    out
}

async fn check(room: &Room, model: &Model) {
    room.flush().await;
    let gaps = room.catalogue.gaps(Scope::everything(), room.main, minutes(-99, 9999)).await.expect("gaps");
    for m in 0..LENGTH {
        let found: Vec<_> =
            gaps.iter().filter(|g| g.from <= at(m) && g.to.is_none_or(|to| to > at(m))).collect();
        match model.at(m) {
            Minute::Gap(cause) => {
                assert_eq!(found.iter().map(|g| g.cause).collect::<Vec<_>>(), [cause], "minute {m}")
            }
            _ => assert!(found.is_empty(), "minute {m}: {found:?}"),
        }
    }
    let joined =
        gaps.windows(2).all(|w| w[0].to.is_some_and(|to| to < w[1].from) || w[0].cause != w[1].cause);
    assert!(joined, "{gaps:?}");
    assert_eq!(room.catalogue.lasting_gap(room.main).await.expect("read").is_some(), model.lasting.is_some());

    // A second without gap and footage breaks the invariant that spans rest on: give it a cause first.
    room.catalogue.put_gap(room.main, minutes(0, LENGTH), GapCause::Unknown);
    room.flush().await;
    assert_eq!(room.spans().await, runs(model, |m| m == Minute::Footage));
    let part = room.catalogue.spans(Scope::everything(), room.main, minutes(20, 40)).await.expect("spans");
    let brute: Vec<_> = runs(model, |m| m == Minute::Footage)
        .into_iter()
        .filter_map(|(from, to)| minutes(from, to).overlap(minutes(20, 40)))
        .collect();
    assert_eq!(part, brute);
    let audit = room.catalogue.audit_stream(room.main).await.expect("audit");
    assert!(audit.is_sound(), "{audit:?}");
    let seconds: i64 = runs(model, |m| m == Minute::Footage).iter().map(|(from, to)| (to - from) * 60).sum();
    let day = room.catalogue.zone().day_of(at(0));
    let days = room.catalogue.days(Scope::everything(), &[room.main], day, day + 1).await.expect("days");
    assert_eq!(days.first().map_or(0, |d| i64::from(d.seconds())), seconds);
    let usage = room.catalogue.usage(Scope::everything()).await.expect("usage");
    assert_eq!(usage.iter().map(|u| u.segments).sum::<i64>(), seconds / 60);
    let oldest = runs(model, |m| m == Minute::Footage).first().map(|(from, _)| at(*from));
    assert_eq!(usage.first().and_then(|u| u.oldest), oldest);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_equals_its_model(steps in proptest::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
        runtime.block_on(async {
            let room = Room::new().await;
            let mut model = Model { minutes: vec![Minute::Unknown; LENGTH as usize], lasting: None };
            for step in &steps {
                apply(&room, &mut model, step).await;
            }
            check(&room, &model).await;
            room.catalogue.close().await;
        });
    }
}
