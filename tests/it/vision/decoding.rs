//! What comes out is what was filmed.

use super::*;

/// Left half dark, right half bright, and one quarter in between: luma as coded.
const HALVES: &str = "color=gray:size=640x360:rate=5:duration=4,format=yuv420p,\
                      geq=lum='if(lt(X,320),if(lt(Y,180),50,100),200)':cb=128:cr=128";

const REORDERED: &str = "-c:v libx264 -preset veryfast -threads 1 -bf 2 -b_strategy 0 -g 10 -pix_fmt yuv420p";

fn pixel(grey: &Grey, x: u16, y: u16) -> u8 {
    grey.luma[usize::from(y) * usize::from(grey.width) + usize::from(x)]
}

#[tokio::test]
async fn both_codings_give_a_small_grey_picture_for_each_unit() {
    let site = Site::new();
    for (name, coding) in [("h264", X264), ("h265", X265)] {
        let units = site.clip(name, HALVES, coding);
        assert_eq!(units.len(), 20);
        let decoder = site.vision.stream(LANE);
        for unit in &units {
            let grey = grey(decoder.decode(unit, GREY).await);
            assert_eq!((grey.width, grey.height, grey.at), (160, 90, unit.start), "{name}");
            for (x, y, luma) in [(10, 10, 50), (79, 44, 50), (10, 80, 100), (80, 10, 200), (159, 89, 200)] {
                let seen = pixel(&grey, x, y);
                assert!(seen.abs_diff(luma) <= 6, "{name}: {seen} at {x},{y} instead of {luma}");
            }
        }
    }
    site.end().await;
}

#[tokio::test]
async fn units_under_way_are_answered_in_order_and_no_more_are_taken_than_said() {
    let site = Site::with(Settings { in_flight: 4, ..Settings::default() });
    let units = site.clip("h264", HALVES, X264);
    let decoder = site.vision.stream(LANE);
    let answers: Vec<_> = units[..4].iter().map(|unit| decoder.submit(unit, GREY).expect("room")).collect();
    assert_eq!(decoder.submit(&units[4], GREY).err(), Some(Trouble::Busy));
    for (answer, unit) in answers.into_iter().zip(&units) {
        assert_eq!(grey(answer.await).at, unit.start);
    }
    decoder.ready().await;
    assert_eq!(decoder.decode(&units[4], Want::Reference).await, Ok(None));
    assert_eq!(grey(decoder.decode(&units[5], GREY).await).at, units[5].start);
    site.status(|s| s.workers[0].busy == 1 && s.workers[0].pictures == 5).await;
    site.end().await;
}

#[tokio::test]
async fn new_parameters_open_a_new_decoder() {
    let site = Site::new();
    let clips = [
        site.clip("one", HALVES, X264),
        site.clip("two", "testsrc=size=320x240:rate=5:duration=2", X264),
        site.clip("three", HALVES, X265),
    ];
    let decoder = site.vision.stream(LANE);
    for (clip, size) in clips.iter().chain([&clips[0]]).zip([(160, 90), (120, 90), (160, 90), (160, 90)]) {
        for unit in clip {
            let grey = grey(decoder.decode(unit, GREY).await);
            assert_eq!((grey.width, grey.height), size);
        }
        // Without a key frame there is nothing to begin with.
        let other = clips.iter().find(|other| other[0].parameters != clip[0].parameters).expect("another");
        assert_eq!(decoder.decode(&other[1], GREY).await, Err(Trouble::NeedsKey));
    }
    site.end().await;
}

#[tokio::test]
async fn after_a_loss_nothing_is_shown_until_the_next_key_frame() {
    let site = Site::new();
    let units = site.clip("h264", HALVES, X264);
    let decoder = site.vision.stream(LANE);
    assert_eq!(decoder.decode(&units[1], GREY).await, Err(Trouble::NeedsKey));
    for (n, unit) in units.iter().enumerate() {
        let mut unit = AccessUnit::clone(unit);
        unit.loss = u16::from(n == 4);
        let answer = decoder.decode(&Arc::new(unit), GREY).await;
        match n {
            4..10 => assert_eq!(answer, Err(Trouble::NeedsKey), "unit {n}"),
            _ => assert_eq!(grey(answer).at, units[n].start),
        }
    }
    site.end().await;
}

#[tokio::test]
async fn reordered_pictures_all_come_each_with_its_own_time() {
    let site = Site::new();
    let units = site.clip("bframes", "testsrc=size=320x240:rate=5:duration=4", REORDERED);
    assert!(!units.is_sorted_by_key(|unit| unit.start), "the clip is reordered");
    let decoder = site.vision.stream(LANE);
    let mut seen = Vec::new();
    for unit in &units {
        seen.extend(decoder.decode(unit, GREY).await.expect("decoded"));
    }
    while let Some(picture) = decoder.drain().await.expect("drained") {
        seen.push(picture);
    }
    let times: Vec<_> = seen.into_iter().map(|picture| grey(Ok(Some(picture))).at).collect();
    let mut expected: Vec<_> = units.iter().map(|unit| unit.start).collect();
    expected.sort_unstable();
    assert_eq!(times, expected);
    site.end().await;
}

#[tokio::test]
async fn key_frames_alone_come_at_once_also_where_pictures_are_reordered() {
    let site = Site::new();
    let units = site.clip("bframes", "testsrc=size=320x240:rate=5:duration=8", REORDERED);
    let keys: Vec<_> = units.iter().filter(|unit| unit.random_access).collect();
    assert_eq!(keys.len(), 4);
    let decoder = site.vision.stream(LANE);
    // That only key frames come shows with the second.
    assert_eq!(decoder.decode(keys[0], GREY).await, Ok(None));
    for key in &keys[1..] {
        assert_eq!(grey(decoder.decode(key, GREY).await).at, key.start);
    }
    let snapshots = site.vision.stream(LANE);
    for key in keys {
        let answer = snapshots.decode(key, Want::Jpeg { max_width: 160, quality: 80 }).await;
        let Ok(Some(Picture::Jpeg(jpeg))) = answer else { panic!("no JPEG: {answer:?}") };
        assert_eq!((jpeg.at, jpeg.width, jpeg.height), (key.start, 160, 120));
    }
    site.end().await;
}

#[tokio::test]
async fn a_jpeg_has_the_colours_and_the_size_that_were_asked_for() {
    let site = Site::new();
    for (name, range, coding) in [("h264", "tv", X264), ("full", "pc", X264), ("h265", "tv", X265)] {
        let source = format!(
            "color=red:size=1280x720:rate=5:duration=1,drawbox=w=640:h=720:color=white:t=fill,\
             scale=out_range={range}:out_color_matrix=bt709,format=yuv420p"
        );
        let coding = format!("{coding} -color_range {range} -colorspace bt709");
        let units = site.clip(name, &source, &coding);
        let decoder = site.vision.stream(LANE);
        let answer = decoder.decode(&units[0], Want::Jpeg { max_width: 320, quality: 90 }).await;
        let Ok(Some(Picture::Jpeg(jpeg))) = answer else { panic!("{name}: no JPEG: {answer:?}") };
        assert_eq!((jpeg.width, jpeg.height, jpeg.at), (320, 180, units[0].start));
        let shown = image::load_from_memory(&jpeg.file).expect("a JPEG").into_rgb8();
        assert_eq!(shown.dimensions(), (320, 180));
        for (x, colour) in [(80, [255, 255, 255]), (240, [254, 0, 0])] {
            let seen = shown.get_pixel(x, 90).0;
            let near = seen.iter().zip(colour).all(|(s, c): (&u8, u8)| s.abs_diff(c) <= 10);
            assert!(near, "{name}: {seen:?} instead of {colour:?}");
        }
    }
    site.end().await;
}

#[tokio::test]
async fn what_is_not_decoded_is_refused_with_a_reason() {
    let site = Site::new();
    let units = site.clip(
        "deep",
        "testsrc=size=320x240:rate=5:duration=1",
        "-c:v libx264 -bf 0 -pix_fmt yuv420p10le",
    );
    let answer = site.vision.stream(LANE).decode(&units[0], GREY).await;
    let Err(Trouble::Unsupported(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("set the camera to 8 bits"), "{why}");

    let file = site.folder.path().join("no-video.mp4");
    ffmpeg(&format!("-f lavfi -i sine=duration=1 -c:a aac {}", file.display()));
    let refused = Clip::open(&file).expect_err("sound only");
    assert!(refused.message().ends_with("has no video"), "{refused}");
    assert!(Clip::open(&site.folder.path().join("missing.mp4")).is_err());
    site.end().await;
}
