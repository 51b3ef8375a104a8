//! Pure. Names under which people save exports: camera, time on the wall, zone. Plain letters, so that every system and
//! messenger keeps them.

use std::collections::HashSet;

use crate::base::{Ticks, Zone};

/// Names of one export; none is given twice.
pub(super) struct Names {
    zone: Zone,
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn new(zone: Zone) -> Self {
        Self { zone, taken: HashSet::new() }
    }

    /// Such as `Ngo-07_2026-11-22_22-14-05_GMT+7.mp4`. Where a clock was set back two parts may begin in the same second.
    pub(super) fn give(&mut self, slug: &str, at: Ticks, ending: &str) -> String {
        let stem = format!("{}_{}_{}", capital(slug), self.zone.local(at), self.zone.offset(at));
        let mut name = format!("{stem}.{ending}");
        let mut n = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{stem}_{n}.{ending}");
            n += 1;
        }
        name
    }
}

fn capital(slug: &str) -> String {
    let mut letters = slug.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_where_and_when() {
        let at = Ticks::parse("2026-11-22T22:14:05.900+07:00").expect("time");
        let mut names = Names::new(Zone::HO_CHI_MINH);
        assert_eq!(names.give("ngo-07", at, "mp4"), "Ngo-07_2026-11-22_22-14-05_GMT+7.mp4");
        assert_eq!(names.give("ngo-07", at, "mp4"), "Ngo-07_2026-11-22_22-14-05_GMT+7_2.mp4");
    }
}
