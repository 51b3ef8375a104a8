//! Pure. What is usual: how many events a camera has in each hour of the week, learned from what it had. Somebody in a lane at
//! three in the morning where nobody ever is counts for more than at six in the evening.

/// Hours of a week.
const HOURS: usize = 168;
/// After so many weeks the past counts half: habits change with the season.
const HALF_LIFE_WEEKS: f64 = 6.0;
/// What is believed before anything was seen: an event every third week in any hour, as much as one week says.
const PRIOR_RATE: f64 = 0.33;
const PRIOR_WEEKS: f64 = 1.0;
/// Neighbouring hours, and the same hour of other days, are like this one; so much of theirs counts.
const NEIGHBOUR: f64 = 0.25;
const OTHER_DAY: f64 = 0.15;

/// What is usual at one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Habit {
    /// Events in each hour of the week, Monday midnight first, each week fading with its age.
    counts: Vec<f64>,
    /// Weeks seen, fading alike.
    weeks: f64,
}

impl Default for Habit {
    fn default() -> Self {
        Self { counts: vec![0.0; HOURS], weeks: 0.0 }
    }
}

/// Hour of the week of an hour of a local day; days since 1970.
pub fn hour_of_week(day: i32, hour: u32) -> usize {
    (day + 3).rem_euclid(7).unsigned_abs() as usize * 24 + hour.min(23) as usize
}

impl Habit {
    /// Adds a whole week: how many events each of its hours had. The week before counts less from now on.
    pub fn learn(&mut self, week: &[u32; HOURS]) {
        let fade = 0.5_f64.powf(1.0 / HALF_LIFE_WEEKS);
        self.weeks = self.weeks.mul_add(fade, 1.0);
        for (count, seen) in self.counts.iter_mut().zip(week) {
            *count = count.mul_add(fade, f64::from(*seen));
        }
    }

    /// Events that this hour of the week usually has.
    pub fn rate(&self, hour: usize) -> f64 {
        let hour = hour % HOURS;
        let of = |h: usize| self.counts.get(h % HOURS).copied().unwrap_or(0.0);
        let mut events = PRIOR_RATE.mul_add(PRIOR_WEEKS, of(hour));
        let mut weeks = PRIOR_WEEKS + self.weeks;
        for beside in [hour + 1, hour + HOURS - 1] {
            events = NEIGHBOUR.mul_add(of(beside), events);
            weeks = NEIGHBOUR.mul_add(self.weeks, weeks);
        }
        for day in 1..7 {
            events = OTHER_DAY.mul_add(of(hour + day * 24), events);
            weeks = OTHER_DAY.mul_add(self.weeks, weeks);
        }
        events / weeks
    }

    /// How unusual an event in this hour is, 0 to 1: the chance that the hour passes without any (Poisson).
    pub fn unusual(&self, hour: usize) -> f64 {
        (-self.rate(hour)).exp()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Weekday evenings are busy, nights are still.
    fn evening() -> [u32; HOURS] {
        core::array::from_fn(|h| if h / 24 < 5 && (17..20).contains(&(h % 24)) { 12 } else { 0 })
    }

    #[test]
    fn nothing_known_is_neither_usual_nor_unheard_of() {
        let u = Habit::default().unusual(3);
        assert!((0.5..0.9).contains(&u), "{u}");
    }

    #[test]
    fn three_in_the_morning_becomes_unusual_and_six_in_the_evening_usual() {
        let mut habit = Habit::default();
        for _ in 0..4 {
            habit.learn(&evening());
        }
        let (night, day) = (habit.unusual(24 + 3), habit.unusual(24 + 18));
        assert!(night > 0.85 && day < 0.01, "{night} {day}");
        // A Saturday evening was always still, but evenings are not.
        let saturday = habit.unusual(5 * 24 + 18);
        assert!(day < saturday && saturday < night, "{saturday}");
    }

    #[test]
    fn what_is_usual_changes_with_the_weeks() {
        let mut habit = Habit::default();
        for _ in 0..8 {
            habit.learn(&[0; HOURS]);
        }
        let before = habit.unusual(40);
        let mut busy = [0; HOURS];
        busy[40] = 6;
        for _ in 0..3 {
            habit.learn(&busy);
        }
        assert!(before > 0.85 && habit.unusual(40) < 0.4, "{before} {}", habit.unusual(40));
    }

    proptest! {
        #[test]
        fn it_is_a_chance_and_more_events_make_it_no_higher(
            weeks in proptest::collection::vec(proptest::collection::vec(0_u32..200, HOURS), 0..6),
            hour in 0..HOURS,
        ) {
            let mut habit = Habit::default();
            for week in &weeks {
                habit.learn(&week.as_slice().try_into().expect("a week"));
            }
            let before = habit.unusual(hour);
            prop_assert!((0.0..=1.0).contains(&before));
            let mut fuller = habit.clone();
            fuller.counts[hour] += 1.0;
            prop_assert!(fuller.unusual(hour) <= before);
        }
    }
}
