//! What is told of a camera somebody has made blind, and of one nobody has touched.

use super::scene_tests::{Canvas, Dice, at, show};
use super::tamper::{Tamper, TamperWatch, Verdict};

const WIDTH: usize = 120;
const HEIGHT: usize = 68;
/// When it is done, seconds.
const DONE: f64 = 90.0;

fn verdicts(seconds: f64, paint: impl FnMut(f64) -> Canvas) -> Vec<(f64, Verdict)> {
    let mut watch = TamperWatch::new();
    let mut found = Vec::new();
    show(seconds, 2.0, paint, |t, frame| found.extend(watch.look(frame).map(|verdict| (t, verdict))));
    found
}

/// A scene with noise and a burnt-in clock; from [`DONE`] to 60 s later something is done to it.
fn after(mut what: impl FnMut(&Canvas, f64) -> Canvas) -> Vec<(f64, Verdict)> {
    let scene = Canvas::scene(WIDTH, HEIGHT, 3);
    let mut dice = Dice::new(4);
    verdicts(DONE + 100.0, |t| {
        let mut canvas = scene.clone();
        canvas.block(0.05 + 0.02 * (t as usize % 10) as f32, 0.04, 0.02, 0.05, 250.0);
        canvas.noise(1.5, &mut dice);
        if (DONE..DONE + 60.0).contains(&t) { what(&canvas, t) } else { canvas }
    })
}

#[track_caller]
fn told_in_time(found: &[(f64, Verdict)], wanted: Tamper) {
    let [(begun, Verdict::Begin(tamper, since)), (ended, Verdict::End(over, _))] = found else {
        panic!("told once, and over once: {found:?}");
    };
    assert_eq!((*tamper, *over), (wanted, wanted), "{found:?}");
    assert!((DONE..=DONE + 30.0).contains(begun), "{found:?}");
    assert!(*since >= at(DONE - 2.0) && *since <= at(DONE + 15.0), "{found:?}");
    assert!((DONE + 60.0..=DONE + 80.0).contains(ended), "{found:?}");
}

#[test]
fn a_black_picture_is_told() {
    let black = Canvas { width: WIDTH, height: HEIGHT, levels: vec![16.0; WIDTH * HEIGHT] };
    told_in_time(&after(|_, _| black.clone()), Tamper::Black);
}

#[test]
fn a_cover_is_told() {
    let mut dice = Dice::new(5);
    told_in_time(
        &after(|_, _| {
            let mut cover = Canvas { width: WIDTH, height: HEIGHT, levels: vec![60.0; WIDTH * HEIGHT] };
            cover.noise(1.5, &mut dice);
            cover
        }),
        Tamper::Covered,
    );
}

#[test]
fn paint_on_the_lens_is_told() {
    told_in_time(
        &after(|scene, _| {
            let mut painted = scene.clone();
            painted.block(0.0, 0.0, 0.5, 1.0, 150.0);
            painted
        }),
        Tamper::Sprayed,
    );
}

#[test]
fn a_lens_out_of_focus_is_told() {
    told_in_time(&after(|scene, _| scene.blurred(3)), Tamper::Defocused);
}

#[test]
fn a_camera_that_was_turned_is_told() {
    let elsewhere = Canvas::scene(WIDTH, HEIGHT, 77);
    let mut dice = Dice::new(6);
    told_in_time(
        &after(|_, _| {
            let mut canvas = elsewhere.clone();
            canvas.noise(1.5, &mut dice);
            canvas
        }),
        Tamper::Turned,
    );
}

#[test]
fn a_picture_that_stands_still_is_told() {
    let mut still = None;
    told_in_time(&after(|scene, _| still.get_or_insert_with(|| scene.clone()).clone()), Tamper::Frozen);
}

#[test]
fn night_infrared_light_headlights_and_passers_by_are_nothing() {
    let scene = Canvas::scene(WIDTH, HEIGHT, 8);
    let mut dice = Dice::new(9);
    let found = verdicts(400.0, |t| {
        let mut canvas = scene.clone();
        match t {
            // Somebody passes close by.
            t if (60.0..66.0).contains(&t) => canvas.person(((t - 60.0) / 6.0) as f32, 0.5, 1.4, 220.0),
            // Dusk, until the filter goes away and the lamps come on: grey, other contrasts, more noise.
            t if (80.0..160.0).contains(&t) => canvas.light(1.0 - 0.6 * ((t - 80.0) / 80.0) as f32, 0.0),
            t if t >= 160.0 => canvas.light(-0.5, 150.0),
            _ => {}
        }
        if (200.0..206.0).contains(&t) {
            canvas.light(1.6, 40.0);
        }
        canvas.noise(if t >= 160.0 { 5.0 } else { 1.5 }, &mut dice);
        canvas
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_quiet_night_whose_pictures_hardly_change_is_nothing() {
    let mut scene = Canvas::scene(WIDTH, HEIGHT, 10);
    scene.light(0.4, 0.0);
    // An encoder that repeats itself for up to eight seconds.
    let found = verdicts(300.0, |t| {
        let mut canvas = scene.clone();
        canvas.levels[(t / 8.0) as usize * 7 % 4000] += 2.0;
        canvas
    });
    assert!(found.is_empty(), "{found:?}");
}
