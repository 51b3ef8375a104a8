//! Alerts: decided once, delivered once, in order; addresses sealed.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::base::{Clock as _, EventId, Secret, fresh_uuid};
use crate::catalogue::{
    Alert, AlertKind, Attempt, Decision, Judged, NewDelivery, NewPushEndpoint, NewSecret, Outlet,
    PushAddress, Scope,
};

fn alert(room: &Room, minute: i64) -> Alert {
    let new = Alert::new(fresh_uuid(at(minute)), AlertKind::Motion, at(minute));
    Alert { cameras: vec![room.camera.id], rank: 0.5, ..new }
}

fn delivery(alert: &Alert, person: Uuid) -> NewDelivery {
    NewDelivery { alert: alert.id, person, channel: "push", target: Uuid::from_u128(1), held: false }
}

async fn decide(room: &Room, position: i64, alerts: Vec<Alert>, deliveries: Vec<NewDelivery>) -> Result<()> {
    let decision = Decision { position: Some(position), alerts, deliveries, ..Decision::default() };
    room.catalogue.decide(decision).await
}

async fn person(room: &Room) -> Uuid {
    room.catalogue.ensure_person("binh", "guard").await.expect("a person").id
}

async fn outlet(room: &Room) -> Outlet {
    let mut all = room.catalogue.outlets(room.clock.now()).await.expect("outlets");
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[tokio::test]
async fn a_decision_stands_with_its_position_and_only_goes_forward() {
    let mut room = Room::new().await;
    let who = person(&room).await;
    let one = alert(&room, 1);
    assert_eq!(room.catalogue.alert_position().await.expect("read"), None);
    let mut written = room.catalogue.outbox_written();
    written.mark_unchanged();
    decide(&room, 2, vec![one.clone()], vec![delivery(&one, who), delivery(&one, who)])
        .await
        .expect("decided");
    assert!(written.has_changed().expect("open"), "who follows is told");
    room.restart().await;
    assert_eq!(room.catalogue.alert_position().await.expect("read"), Some(2));
    assert_eq!(room.catalogue.alert(Scope::everything(), one.id).await.expect("read"), Some(one.clone()));
    assert_eq!(room.catalogue.alert(&Scope::nothing(), one.id).await.expect("read"), None);
    assert_eq!(room.catalogue.deliveries_of(one.id).await.expect("read").len(), 1, "once to a place");
    let back = decide(&room, 1, Vec::new(), Vec::new()).await.expect_err("refused");
    assert_eq!(back.kind(), Kind::Conflict);
    // Of a file whose changes were lost: what is counted anew is decided on.
    decide(&room, 900, Vec::new(), Vec::new()).await.expect("decided");
    decide(&room, 3, Vec::new(), Vec::new()).await.expect("decided");
}

#[tokio::test]
async fn what_was_sent_goes_out_again_only_when_there_is_more_to_tell() {
    let room = Room::new().await;
    let who = person(&room).await;
    let one = alert(&room, 1);
    decide(&room, 1, vec![one.clone()], vec![delivery(&one, who)]).await.expect("decided");
    let place = outlet(&room).await;
    let due = room.catalogue.due(&place, 9).await.expect("due").remove(0);
    room.catalogue.settle(&place, &due, Attempt::Sent).await.expect("settled");
    decide(&room, 2, vec![one.clone()], vec![delivery(&one, who)]).await.expect("decided");
    assert!(room.catalogue.outlets(room.clock.now()).await.expect("outlets").is_empty());
    let more = Alert { version: 2, ..one.clone() };
    decide(&room, 3, vec![more], vec![delivery(&one, who)]).await.expect("decided");
    let again = room.catalogue.due(&outlet(&room).await, 9).await.expect("due").remove(0);
    assert!(again.id == due.id && again.sent.is_some() && again.version == 2);
    // More came while it was on its way: that is due.
    let third = Alert { version: 3, ..one.clone() };
    decide(&room, 4, vec![third], vec![delivery(&one, who)]).await.expect("decided");
    room.catalogue.settle(&place, &again, Attempt::Sent).await.expect("settled");
    assert_eq!(room.catalogue.due(&outlet(&room).await, 9).await.expect("due")[0].version, 3);
}

#[tokio::test]
async fn a_letter_is_written_once_however_the_alert_grows() {
    let room = Room::new().await;
    let who = person(&room).await;
    let one = alert(&room, 1);
    let letter = NewDelivery { channel: "mail", target: Uuid::nil(), ..delivery(&one, who) };
    let held = NewDelivery { held: true, ..letter.clone() };
    decide(&room, 1, vec![one.clone()], vec![held]).await.expect("decided");
    let grown = |version| Alert { version, ..one.clone() };
    room.clock.advance(90 * 60 * TICKS_PER_SECOND);
    decide(&room, 2, vec![grown(2)], vec![letter.clone()]).await.expect("decided");
    let place = outlet(&room).await;
    let due = room.catalogue.due(&place, 9).await.expect("due").remove(0);
    assert_eq!(
        (due.version, due.made),
        (2, room.clock.now()),
        "it was let out, and that is when it counts from"
    );
    // It grows while it is on its way, and after that.
    decide(&room, 3, vec![grown(3)], vec![letter.clone()]).await.expect("decided");
    room.catalogue.settle(&place, &due, Attempt::Sent).await.expect("settled");
    assert!(room.catalogue.outlets(room.clock.now()).await.expect("outlets").is_empty());
    decide(&room, 4, vec![grown(4)], vec![letter]).await.expect("decided");
    assert!(room.catalogue.outlets(room.clock.now()).await.expect("outlets").is_empty());
}

#[tokio::test]
async fn a_place_that_fails_waits_and_its_alerts_become_one_digest() {
    let room = Room::new().await;
    let who = person(&room).await;
    let all: Vec<Alert> = (1..6).map(|minute| alert(&room, minute)).collect();
    let deliveries = all.iter().map(|alert| delivery(alert, who)).collect();
    decide(&room, 1, all.clone(), deliveries).await.expect("decided");
    let place = outlet(&room).await;
    let due = room.catalogue.due(&place, 9).await.expect("due");
    let order: Vec<Uuid> = due.iter().map(|due| due.alert.id).collect();
    assert_eq!(order, all.iter().map(|alert| alert.id).collect::<Vec<_>>(), "in order");
    let later = Attempt::Later(at(2), "no answer".to_owned());
    room.catalogue.settle(&place, &due[0], later).await.expect("settled");
    assert!(room.catalogue.outlets(at(1)).await.expect("outlets").is_empty(), "not before its time");
    assert_eq!(room.catalogue.next_outlet().await.expect("read"), Some(at(2)));
    let since = room.clock.now();
    assert_eq!(room.catalogue.nothing_arrives(room.clock.now()).await.expect("read"), Some((since, 1)));
    let failing = room.catalogue.outlets(at(2)).await.expect("outlets").remove(0);
    assert_eq!((failing.tries, failing.waiting), (1, 5));
    room.catalogue.fold(&failing).await.expect("folded");
    let due = room.catalogue.due(&failing, 9).await.expect("due");
    assert_eq!((due.len(), due[0].alert.kind, due[0].alert.person), (1, AlertKind::Digest, Some(who)));
    let (members, count) = room.catalogue.digest_members(due[0].alert.id, 3).await.expect("members");
    assert_eq!((members.len(), count), (3, 5));
    // Another one joins what waits.
    let sixth = alert(&room, 6);
    decide(&room, 2, vec![sixth.clone()], vec![delivery(&sixth, who)]).await.expect("decided");
    room.catalogue.fold(&failing).await.expect("folded");
    let due = room.catalogue.due(&failing, 9).await.expect("due");
    let (_, count) = room.catalogue.digest_members(due[0].alert.id, 3).await.expect("members");
    assert_eq!((due.len(), count), (1, 6));
    // And one more while it is on its way: whoever got six is told of seven.
    let seventh = alert(&room, 7);
    decide(&room, 3, vec![seventh.clone()], vec![delivery(&seventh, who)]).await.expect("decided");
    room.catalogue.fold(&failing).await.expect("folded");
    room.catalogue.settle(&failing, &due[0], Attempt::Sent).await.expect("settled");
    let more = room.catalogue.due(&failing, 9).await.expect("due");
    assert_eq!((more.len(), more[0].id, more[0].sent.is_some()), (1, due[0].id, true));
    let (_, count) = room.catalogue.digest_members(more[0].alert.id, 3).await.expect("members");
    assert_eq!(count, 7);
    room.catalogue.settle(&failing, &more[0], Attempt::Sent).await.expect("settled");
    assert!(room.catalogue.outlets(at(9)).await.expect("outlets").is_empty());
    assert_eq!(room.catalogue.next_outlet().await.expect("read"), None, "it is well again");
    assert_eq!(room.catalogue.nothing_arrives(room.clock.now()).await.expect("read"), None);
}

#[tokio::test]
async fn what_was_held_is_told_in_the_digest_of_the_day() {
    let room = Room::new().await;
    let who = person(&room).await;
    let one = Alert { out: false, ..alert(&room, 1) };
    let held = NewDelivery { held: true, ..delivery(&one, who) };
    decide(&room, 1, vec![one.clone()], vec![held]).await.expect("decided");
    assert!(room.catalogue.outlets(at(9)).await.expect("outlets").is_empty());
    let day = Decision { digest_day: Some(20_000), ..Decision::default() };
    room.catalogue.decide(day).await.expect("decided");
    assert_eq!(room.catalogue.alert_digest_day().await.expect("read"), Some(20_000));
    let due = room.catalogue.due(&outlet(&room).await, 9).await.expect("due");
    assert_eq!((due.len(), due[0].alert.kind), (1, AlertKind::Digest));
}

#[tokio::test]
async fn an_event_is_judged_once_and_counted_by_the_hour() {
    let room = Room::new().await;
    let one = alert(&room, 1);
    let judged = Judged { event: EventId(one.id), alert: Some(one.id), why: "told" };
    let decision = Decision {
        position: Some(1),
        alerts: vec![one.clone()],
        judged: vec![judged.clone()],
        counted: vec![(room.camera.id, 2970, 3), (room.camera.id, 2970, 3)],
        ..Decision::default()
    };
    room.catalogue.decide(decision).await.expect("decided");
    let again = Judged { alert: None, why: "cooling", ..judged };
    let decision = Decision { judged: vec![again], ..Decision::default() };
    room.catalogue.decide(decision).await.expect("decided");
    assert_eq!(room.catalogue.judged(EventId(one.id)).await.expect("read").as_deref(), Some("told"));
    let of = room.catalogue.alert_of(Scope::everything(), EventId(one.id)).await.expect("read");
    assert_eq!(of.map(|alert| alert.id), Some(one.id));
    assert_eq!(room.catalogue.habits(2900).await.expect("read"), vec![(room.camera.id, 2970, 3, 2)]);
    assert!(!room.catalogue.alert_is_seen(one.id).await.expect("read"));
    assert!(room.catalogue.handle_alert(one.clone(), "Bình", "đã đến").await.expect("handled"));
    assert!(!room.catalogue.handle_alert(one.clone(), "An", "").await.expect("handled"), "somebody had");
    assert!(room.catalogue.alert_is_seen(one.id).await.expect("read"));
    let handled =
        room.catalogue.alert(Scope::everything(), one.id).await.expect("read").and_then(|a| a.handled);
    assert_eq!(handled.map(|h| (h.by, h.note)), Some(("Bình".to_owned(), "đã đến".to_owned())));
}

#[tokio::test]
async fn where_a_browser_is_sent_to_is_sealed_and_goes_with_its_person() {
    let room = Room::new().await;
    let who = person(&room).await;
    let address = PushAddress {
        url: "https://push.example/canary-endpoint".to_owned(),
        p256dh: "canary-key".to_owned(),
        auth: "canary-auth".to_owned(),
    };
    let new = NewPushEndpoint {
        person: who,
        address: address.clone(),
        host: "push.example".to_owned(),
        name: "Điện thoại".to_owned(),
        origin: Some("https://192.168.1.5:8443".to_owned()),
        session: None,
    };
    assert!(!format!("{new:?}").contains("canary"));
    let id = room.catalogue.put_push_endpoint(new.clone()).await.expect("kept");
    assert_eq!(room.catalogue.put_push_endpoint(new.clone()).await.expect("kept"), id, "the same browser");
    assert_eq!(room.catalogue.push_address(id).await.expect("read"), Some(address));
    let an = room.catalogue.ensure_person("an", "guard").await.expect("a person").id;
    assert_eq!(
        room.catalogue.put_push_endpoint(NewPushEndpoint { person: an, ..new }).await.expect("kept"),
        id
    );
    assert!(
        room.catalogue.push_endpoints_of(who).await.expect("read").is_empty(),
        "it is somebody else's now"
    );
    assert!(!room.catalogue.remove_push_endpoint(who, id).await.expect("removed"));
    room.catalogue.remove_person(an).await.expect("removed");
    assert_eq!(room.catalogue.push_address(id).await.expect("read"), None);
    room.flush().await;
    for entry in std::fs::read_dir(room.folder.path()).expect("folder") {
        let bytes = std::fs::read(entry.expect("entry").path()).expect("bytes");
        assert!(!String::from_utf8_lossy(&bytes).contains("canary"));
    }
}

#[tokio::test]
async fn settings_keep_their_secret_and_know_when_they_were_changed() {
    let room = Room::new().await;
    let never = room.catalogue.alert_setting("webhook").await.expect("read");
    assert_eq!((never.revision, never.body), (0, Value::Null));
    let body = json!({"enabled": true});
    let put = async |expected, secret| {
        room.catalogue.put_alert_setting("webhook", expected, body.clone(), secret, "admin").await
    };
    assert_eq!(put(Some(0), NewSecret::Put(Secret::new("canary"))).await.expect("put"), 1);
    assert_eq!(put(Some(0), NewSecret::Keep).await.expect_err("stale").kind(), Kind::Conflict);
    assert_eq!(put(None, NewSecret::Keep).await.expect("put"), 2);
    let kept = room.catalogue.alert_setting("webhook").await.expect("read");
    assert_eq!(kept.secret, Some(Secret::new("canary")));
    put(Some(2), NewSecret::Remove).await.expect("put");
    assert_eq!(room.catalogue.alert_setting("webhook").await.expect("read").secret, None);
    let first = room.catalogue.ensure_secret("key", Secret::new("a")).await.expect("kept");
    let second = room.catalogue.ensure_secret("key", Secret::new("b")).await.expect("kept");
    assert_eq!((first.expose(), second.expose()), ("a", "a"));
}

#[tokio::test]
async fn quiet_is_each_persons_own_and_ends() {
    let room = Room::new().await;
    let who = person(&room).await;
    let all = room.catalogue.add_snooze(who, None, at(60)).await.expect("added");
    let one = room.catalogue.add_snooze(who, Some(room.camera.id), at(30)).await.expect("added");
    let longer = room.catalogue.add_snooze(who, Some(room.camera.id), at(40)).await.expect("added");
    assert_eq!(room.catalogue.snoozes(at(1)).await.expect("read"), vec![all.clone(), longer.clone()]);
    assert!(!room.catalogue.remove_snooze(who, one.id).await.expect("removed"), "it was replaced");
    assert!(room.catalogue.remove_snooze(who, longer.id).await.expect("removed"));
    assert!(room.catalogue.snoozes(at(60)).await.expect("read").is_empty());
    room.catalogue.put_alert_pref(who, json!({"enabled": false})).await.expect("put");
    assert_eq!(room.catalogue.alert_prefs().await.expect("read"), vec![(who, json!({"enabled": false}))]);
    assert!(room.catalogue.put_alert_pref(Uuid::nil(), json!({})).await.is_err());
}

#[tokio::test]
async fn what_was_kept_by_the_eighth_schema_is_read_by_this_one() {
    use sqlx::Connection;
    let room = Room::new().await;
    let path = room.folder.path().join("old.sqlite");
    open::guard_mode(&path).expect("file");
    let mut conn = open::connect_writer(&path).await.expect("connection");
    open::migrate_to(&mut conn, &open::MIGRATIONS[..8]).await.expect("the eighth schema");
    let rows = "insert into person (key, id, name, role) values (1, x'0192f3a4b5c67d8e9fa0b1c2d3e4f501', 'binh', 'guard'); \
        insert into push_endpoint (id, person_key, hash, sealed, host, name, made_90k) values \
        (x'0192f3a4b5c67d8e9fa0b1c2d3e4f502', 1, zeroblob(32), '', 'push.example', 'x', 0); \
        insert into share (id, hash, person, created_90k, expires_90k) values \
        (x'0192f3a4b5c67d8e9fa0b1c2d3e4f503', zeroblob(32), 'binh', 0, 1);";
    sqlx::raw_sql(rows).execute(&mut conn).await.expect("rows");
    conn.close().await.expect("closed");
    let catalogue =
        Catalogue::open(&path, room.clock.clone(), Zone::HO_CHI_MINH, &room.tasks).await.expect("opens");
    let person = catalogue.person("binh").await.expect("read").expect("kept").id;
    let phone = catalogue.push_endpoints_of(person).await.expect("read").remove(0);
    assert_eq!(catalogue.push_origin(phone.id).await.expect("read"), None, "as before");
    let share = catalogue.share(crate::catalogue::TokenHash([0; 32])).await.expect("read").expect("kept");
    assert_eq!((share.person.as_str(), share.reason.as_str()), ("binh", ""));
}
