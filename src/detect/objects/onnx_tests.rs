//! The object filter with a real model: a tiny one that is written here, and the user's own.

use std::path::PathBuf;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use super::checker::{Checker, Look};
use super::crop::Crop;
use super::{LoadFinder, finder};
use crate::base::{CameraId, Cells, EventId, Kind, Stop, SystemClock, TICKS_PER_SECOND, Tasks, Ticks, Zone};
use crate::catalogue::{Catalogue, Event, EventKind, NewCamera, ObjectKind, Rank, Scope};
use crate::config::{ObjectDecoder, Objects};
use crate::detect::motion::Bounds;
use crate::vision::Photo;

/// Protocol buffers, as far as ONNX needs them: a number, or bytes behind their length.
fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(field: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3, &mut out);
    varint(value, &mut out);
    out
}

fn bytes(field: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3 | 2, &mut out);
    varint(value.as_ref().len() as u64, &mut out);
    out.extend_from_slice(value.as_ref());
    out
}

fn all(field: u64, values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| number(field, *value)).collect()
}

/// A constant of the graph; type 1 is f32, 7 is i64.
fn constant(name: &str, dims: &[u64], data_type: u64, raw: &[u8]) -> Vec<u8> {
    bytes(5, [all(1, dims), number(2, data_type), bytes(8, name), bytes(9, raw)].concat())
}

/// A step of the graph, with attributes that are lists of numbers, or one number of an axis.
fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, &[u64])]) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| bytes(1, input));
    let attributes = attributes.iter().flat_map(|(name, values)| {
        let value = match values {
            [axis] if *name == "axis" => [number(3, *axis), number(20, 2)].concat(),
            values => [all(8, values), number(20, 7)].concat(),
        };
        bytes(5, [bytes(1, name), value].concat())
    });
    bytes(1, inputs.chain(bytes(2, output)).chain(bytes(4, op)).chain(attributes).collect::<Vec<_>>())
}

/// What goes in (field 11) or comes out (12): f32 of that shape.
fn value(field: u64, name: &str, dims: &[u64]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|dim| bytes(1, number(1, *dim))).collect();
    let tensor = [number(1, 1), bytes(2, dims)].concat();
    bytes(field, [bytes(1, name), bytes(2, bytes(1, tensor))].concat())
}

/// A model in the manner of YOLOX for pictures of 32 by 32 pixels: what is red is a person, what is blue is a car.
fn tiny_model() -> Vec<u8> {
    let mut weights = [0.0_f32; 7 * 3];
    // Columns: x, y, width, height, whether there is something, person, car. Colours: blue, green, red.
    for (column, colour) in [(4, 0), (4, 2), (5, 2), (6, 0)] {
        weights[column * 3 + colour] = 1.0 / 255.0;
    }
    let bias = [0.5_f32, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];
    let raw = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let shape: Vec<u8> = [1_i64, 7, -1].iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut graph = Vec::new();
    // What ONNX has a default for is written out: rten wants it so.
    let conv: &[(&str, &[u64])] = &[("strides", &[1, 1]), ("dilations", &[1, 1]), ("pads", &[0, 0, 0, 0])];
    for stride in [8_u64, 16, 32] {
        let name = |what: &str| format!("{what}{stride}");
        let window: &[(&str, &[u64])] =
            &[("kernel_shape", &[stride, stride]), ("strides", &[stride, stride])];
        graph.extend(node("AveragePool", &["image"], &name("mean"), window));
        graph.extend(node("Conv", &[&name("mean"), "weights", "bias"], &name("cells"), conv));
        graph.extend(node("Reshape", &[&name("cells"), "shape"], &name("columns"), &[]));
        graph.extend(node("Transpose", &[&name("columns")], &name("rows"), &[("perm", &[0, 2, 1])]));
    }
    graph.extend(node("Concat", &["rows8", "rows16", "rows32"], "found", &[("axis", &[1])]));
    graph.extend(bytes(2, "tiny"));
    graph.extend(constant("weights", &[7, 3, 1, 1], 1, &raw(&weights)));
    graph.extend(constant("bias", &[7], 1, &raw(&bias)));
    graph.extend(constant("shape", &[3], 7, &shape));
    graph.extend(value(11, "image", &[1, 3, 32, 32]));
    graph.extend(value(12, "found", &[1, 21, 7]));
    [number(1, 8), bytes(7, graph), bytes(8, number(2, 13))].concat()
}

struct Files {
    _folder: tempfile::TempDir,
    how: Objects,
}

#[expect(clippy::disallowed_methods, reason = "what the user would bring")]
fn files(model: &[u8], labels: &str) -> Files {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let how = Objects {
        model: path("model.onnx"),
        labels: path("labels.txt"),
        decoder: ObjectDecoder::Yolox,
        threshold: 0.3,
    };
    std::fs::write(&how.model, model).expect("written");
    std::fs::write(&how.labels, labels).expect("written");
    Files { _folder: folder, how }
}

fn loading(how: &Objects) -> LoadFinder {
    let how = how.clone();
    Box::new(move || finder(&how))
}

const RED: [u8; 3] = [250, 0, 0];
const BLUE: [u8; 3] = [0, 0, 250];

/// A dark picture with coloured places: from column, from row, side, all in pixels.
fn picture(width: usize, height: usize, places: &[(usize, usize, usize, [u8; 3])]) -> Vec<u8> {
    let mut rgb = vec![10; width * height * 3];
    for (left, top, side, colour) in places {
        for y in *top..top + side {
            for x in *left..left + side {
                rgb[(y * width + x) * 3..][..3].copy_from_slice(colour);
            }
        }
    }
    rgb
}

#[test]
fn a_model_is_shown_colours_in_its_order_and_answers_with_places() {
    let files = files(&tiny_model(), "person\ncar\n");
    let mut finder = finder(&files.how).expect("loads");
    assert_eq!(finder.size(), (32, 32));
    let seen = finder.find(&picture(32, 32, &[(8, 16, 8, RED), (24, 0, 8, BLUE)])).expect("looks");
    let places: Vec<_> = seen.iter().map(|s| (s.kind, s.bounds.left, s.bounds.top)).collect();
    assert_eq!(places, [(ObjectKind::Vehicle, 0.75, 0.0), (ObjectKind::Person, 0.25, 0.5)]);
    assert!(seen.iter().all(|s| (s.bounds.right - s.bounds.left - 0.25).abs() < 1e-6));
    assert_eq!(finder.find(&picture(32, 32, &[])).expect("looks"), []);
}

#[test]
fn what_is_no_fit_model_is_refused_with_a_remedy() {
    let refusal = |files: &Files| {
        let error = finder(&files.how).err().expect("refused");
        (error.kind(), error.message().to_owned())
    };
    let (kind, sentence) = refusal(&files(b"no model", "person\ncar\n"));
    assert_eq!(kind, Kind::Invalid);
    assert!(sentence.contains("is no ONNX model") && sentence.contains("detect.objects.model"), "{sentence}");
    let (kind, sentence) = refusal(&files(&tiny_model(), "person\n"));
    assert_eq!(kind, Kind::Invalid);
    assert!(sentence.contains("gives 21 x 7 where 21 x 6 is wanted for 1 labels"), "{sentence}");
    let mut files = files(&tiny_model(), "person\ncar\n");
    files.how.labels = PathBuf::from("nowhere.txt");
    let (kind, sentence) = refusal(&files);
    assert_eq!(kind, Kind::Io);
    assert!(sentence.contains("nowhere.txt cannot be read; correct detect.objects.labels"), "{sentence}");
}

/// What a look makes of an event of a fresh catalogue.
async fn looked(how: &Objects, file: &[u8], mover: Bounds, apart: i64) -> Event {
    let (folder, tasks) = (tempfile::tempdir().expect("a folder"), Tasks::new());
    let (path, clock) = (folder.path().join("catalogue.db"), SystemClock::shared());
    let catalogue = Catalogue::open(&path, clock, Zone::HO_CHI_MINH, &tasks).await.expect("opens");
    let url = "rtsp://127.0.0.1:9/main".parse().expect("an address");
    let camera = catalogue.add_camera(NewCamera::new("Ngõ 7", url)).await.expect("added").id;
    let event = EventId::fresh(Ticks(0));
    catalogue.begin_event(begun(event, camera));
    let looking = Tasks::new();
    let checker = Checker::start(loading(how), catalogue.clone(), &looking, &Stop::new()).expect("starts");
    checker.offer(Look { event, file: file.to_vec().into(), mover, apart });
    // It looks at what it was given, and ends.
    drop(checker);
    looking.finished().await;
    catalogue.flush().await.expect("written");
    catalogue.event(Scope::everything(), event).await.expect("read").expect("kept")
}

fn begun(id: EventId, camera: CameraId) -> Event {
    Event {
        id,
        camera,
        kind: EventKind::Motion,
        start: Ticks(0),
        seen: Ticks(9),
        end: None,
        score: 0.5,
        peak: 1,
        cells: Cells::NONE,
        zones: Vec::new(),
        best: Ticks(5),
        objects: None,
    }
}

fn encoded(width: usize, height: usize, places: &[(usize, usize, usize, [u8; 3])]) -> Vec<u8> {
    let mut file = Vec::new();
    let rgb = picture(width, height, places);
    let colour = ExtendedColorType::Rgb8;
    JpegEncoder::new(&mut file).encode(&rgb, width as u32, height as u32, colour).expect("a file");
    file
}

#[tokio::test]
async fn what_moved_is_kept_with_its_event_and_what_stands_beside_is_not() {
    let files = files(&tiny_model(), "person\ncar\n");
    let file = encoded(320, 180, &[(138, 48, 48, RED), (186, 72, 24, BLUE)]);
    // A tall one, 24 by 64 pixels: 96 by 96 are cut out around it.
    let mover = |left: f32, top: f32| {
        let (right, bottom) = (left + 24.0, top + 64.0);
        Bounds { left: left / 320.0, top: top / 180.0, right: right / 320.0, bottom: bottom / 180.0 }
    };
    let red = looked(&files.how, &file, mover(150.0, 40.0), 0).await;
    let kinds: Vec<_> = red.objects.iter().flatten().map(|object| object.kind).collect();
    assert_eq!((kinds, red.rank()), (vec![ObjectKind::Person], Rank::Usual));
    let blue = looked(&files.how, &file, mover(198.0, 40.0), 0).await;
    let kinds: Vec<_> = blue.objects.iter().flatten().map(|object| object.kind).collect();
    assert_eq!(kinds, [ObjectKind::Vehicle]);
    let nothing = looked(&files.how, &file, mover(20.0, 20.0), 0).await;
    assert_eq!((nothing.objects.as_deref(), nothing.rank()), (Some(&[][..]), Rank::Low));
    let too_late = looked(&files.how, &file, mover(20.0, 20.0), TICKS_PER_SECOND * 6 / 10).await;
    assert_eq!((too_late.objects.as_deref(), too_late.rank()), (None, Rank::Usual));
    let damaged = looked(&files.how, b"no JPEG", mover(20.0, 20.0), 0).await;
    assert_eq!(damaged.objects, None);
}

#[test]
#[ignore = "needs a model of the user's: LANEWATCH_OBJECT_MODEL names it"]
fn a_model_of_the_user_s_finds_the_person_in_a_picture() {
    let model = PathBuf::from(std::env::var_os("LANEWATCH_OBJECT_MODEL").expect("LANEWATCH_OBJECT_MODEL"));
    let beside = |extension: &str| model.with_extension(extension);
    let labels = beside("txt");
    // Only classifiers with anchors have a name for nothing.
    let first = std::fs::read_to_string(&labels).expect("labels beside the model");
    let decoder = if first.starts_with("???") { ObjectDecoder::Ssd } else { ObjectDecoder::Yolox };
    let how = Objects { model: model.clone(), labels, decoder, threshold: 0.4 };
    let mut finder = finder(&how).expect("loads");
    let file = std::fs::read(beside("jpg")).expect("a picture with a person in it beside the model");
    let photo = Photo::open(&file).expect("a picture");
    let whole = Bounds { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
    let pixels = Crop::around(whole, (photo.width, photo.height), finder.size()).pixels(&photo);
    let looks = 20;
    let begin = std::time::Instant::now();
    let seen = (0..looks).map(|_| finder.find(&pixels).expect("looks")).last().expect("a look");
    println!("{:?} a look; seen: {seen:?}", begin.elapsed() / looks);
    assert!(seen.iter().any(|seen| seen.kind == ObjectKind::Person));
}
