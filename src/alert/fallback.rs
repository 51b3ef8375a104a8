//! Pure. When no channel works although something waits to be told, the house itself has to say so: on its pages, and by a relay
//! such as a siren, which is told once that it begins and once that it is over.

use serde::{Deserialize, Serialize};

use crate::base::{TICKS_PER_SECOND, Ticks};

/// What has arrived nowhere for so long is no hiccup of the line.
const AFTER: i64 = 300 * TICKS_PER_SECOND;

/// Since when no channel works, of when nothing has arrived since; `None` = one does, or it is too early to say.
pub(super) fn standing(stuck: Option<Ticks>, now: Ticks) -> Option<Ticks> {
    stuck.filter(|since| now - *since >= AFTER)
}

/// What a way to the relay was told last: since when no channel works; `None` = that one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Told(pub(super) Option<i64>);

/// What a way to the relay is to be told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// No channel works since this instant.
    On(Ticks),
    /// One does again.
    Off,
}

impl Order {
    /// What was told when it was carried out.
    pub(super) fn told(self) -> Told {
        match self {
            Self::On(since) => Told(Some(since.0)),
            Self::Off => Told(None),
        }
    }
}

/// What a way that is `wanted` is to be told; one that is not any more is let go of.
pub(super) fn order(standing: Option<Ticks>, wanted: bool, told: Told) -> Option<Order> {
    match (standing.filter(|_| wanted), told) {
        (Some(since), Told(None)) => Some(Order::On(since)),
        (None, Told(Some(_))) => Some(Order::Off),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_minutes_without_any_channel_are_told() {
        let at = |stuck: Option<i64>, now| standing(stuck.map(Ticks), Ticks(now));
        assert_eq!((at(None, AFTER), at(Some(1), AFTER)), (None, None));
        assert_eq!(at(Some(0), AFTER), Some(Ticks(0)));
    }

    proptest! {
        /// However often it is looked at, each way hears of a beginning once and of its end once, in turns.
        #[test]
        fn a_beginning_and_its_end_are_told_once(
            looks in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..60),
        ) {
            let (mut told, mut on) = (Told::default(), false);
            for (n, (works, wanted, arrives)) in looks.into_iter().enumerate() {
                let standing = (!works).then_some(Ticks(n as i64));
                if let Some(order) = order(standing, wanted, told) {
                    let begins = matches!(order, Order::On(_));
                    prop_assert_ne!(begins, on, "the same is not told twice");
                    // What did not arrive is told again at the next look.
                    if arrives {
                        (told, on) = (order.told(), begins);
                    }
                }
                if arrives {
                    prop_assert_eq!(on, standing.is_some() && wanted);
                }
            }
        }
    }
}
