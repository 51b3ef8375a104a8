//! What comes out is what was filmed.

use super::*;

/// Left half dark, right half bright, and one quarter in between: luma as coded.
const HALVES: &str = "color=gray:size=640x360:rate=5:duration=4,format=yuv420p,\
                      geq=lum='if(lt(X,320),if(lt(Y,180),50,100),200)':cb=128:cr=128";

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
