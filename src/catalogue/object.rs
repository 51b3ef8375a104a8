//! Pure. What an event's picture shows, and what follows from it.

use serde::{Deserialize, Serialize};

/// What sort of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// Somebody, also on a bicycle or a motorbike.
    Person,
    /// What people drive.
    Vehicle,
    /// Dogs, cats, cattle.
    Animal,
    /// Anything else that has a name; also what a newer program found.
    #[serde(other)]
    Other,
}

/// A kind of thing in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// What.
    pub kind: ObjectKind,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

/// How much an event is worth a person's attention. It decides neither on footage nor on the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// It was looked at, and there was nobody, no vehicle, no animal.
    Low,
    /// Any other, also one that was not looked at.
    Usual,
}

/// Both lists in one: each kind once, with its highest confidence, surest first.
pub fn merged(one: &[Object], other: &[Object]) -> Vec<Object> {
    let mut all: Vec<Object> = one.iter().chain(other).copied().collect();
    all.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kinds = Vec::new();
    all.retain(|object| {
        let new = !kinds.contains(&object.kind);
        kinds.push(object.kind);
        new
    });
    all
}

/// What a look means; `None` = nobody looked.
pub(super) fn rank(objects: Option<&[Object]>) -> Rank {
    match objects {
        Some(found) if found.iter().all(|object| object.kind == ObjectKind::Other) => Rank::Low,
        _ => Rank::Usual,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects() -> impl Strategy<Value = Vec<Object>> {
        let kind = prop::sample::select(vec![
            ObjectKind::Person,
            ObjectKind::Vehicle,
            ObjectKind::Animal,
            ObjectKind::Other,
        ]);
        let object = (kind, 0.0..=1.0).prop_map(|(kind, confidence)| Object { kind, confidence });
        prop::collection::vec(object, 0..6)
    }

    proptest! {
        #[test]
        fn merging_forgets_nothing_and_lowers_nothing(one in objects(), other in objects()) {
            let both = merged(&one, &other);
            prop_assert!(both.is_sorted_by(|a, b| a.confidence >= b.confidence));
            for object in one.iter().chain(&other) {
                prop_assert_eq!(both.iter().filter(|o| o.kind == object.kind).count(), 1);
                prop_assert!(both.iter().any(|o| o.kind == object.kind && o.confidence >= object.confidence));
            }
            prop_assert_eq!(merged(&both, &other), both.clone());
            prop_assert!(rank(Some(&both)) >= rank(Some(&one)), "a second look never lowers the rank");
        }
    }

    #[test]
    fn only_a_look_that_finds_nothing_lowers_the_rank() {
        let of = |kind| vec![Object { kind, confidence: 0.9 }];
        assert_eq!(rank(None), Rank::Usual);
        assert_eq!(rank(Some(&[])), Rank::Low);
        assert_eq!(rank(Some(&of(ObjectKind::Other))), Rank::Low);
        for kind in [ObjectKind::Person, ObjectKind::Vehicle, ObjectKind::Animal] {
            assert_eq!(rank(Some(&of(kind))), Rank::Usual);
        }
    }

    #[test]
    fn a_kind_of_a_newer_program_is_something_else() {
        let read: Vec<Object> =
            serde_json::from_str(r#"[{"kind":"boat","confidence":0.5}]"#).expect("an object");
        assert_eq!(read, [Object { kind: ObjectKind::Other, confidence: 0.5 }]);
    }
}
