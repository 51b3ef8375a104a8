//! The room as others see it, on a real catalogue and a simulated clock.

use std::net::IpAddr;
use std::sync::Arc;

use super::*;
use crate::base::{Secret, SimClock, TICKS_PER_SECOND, Tasks, Ticks, Zone};
use crate::catalogue::Catalogue;

const HOUR: i64 = 3600 * TICKS_PER_SECOND;
const PASSWORD: &str = "con cò bay lả bay la";

struct Bench {
    auth: Auth,
    catalogue: Catalogue,
    clock: Arc<SimClock>,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().expect("folder");
    let clock = SimClock::starting_at(Ticks::parse("2026-11-22T00:00:00Z").expect("time"));
    let path = folder.path().join("catalogue.db");
    let catalogue =
        Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &Tasks::new()).await.expect("catalogue");
    let auth = Auth::open(catalogue.clone(), clock.clone()).await.expect("auth");
    Bench { auth, catalogue, clock, _folder: folder }
}

fn here() -> Client<'static> {
    Client { peer: IpAddr::from([192, 168, 1, 7]), agent: "a browser", device: None }
}

impl Bench {
    async fn with_code(&self) -> SignedIn {
        let code = self.auth.one_time_code().await.expect("code");
        self.auth.sign_in_with_code(&code, &here()).await.expect("signed in")
    }

    async fn with_password(&self) -> SignedIn {
        let first = self.with_code().await;
        let identity = self.who(&first).await.expect("session");
        self.auth.set_password(&identity, Secret::new(PASSWORD), &here()).await.expect("password")
    }

    async fn who(&self, session: &SignedIn) -> Option<Identity> {
        self.auth.session(session.token.expose()).await.expect("catalogue")
    }

    async fn try_password(&self, password: &str, from: u8, device: Option<&str>) -> Result<SignedIn, Denied> {
        let client = Client { peer: IpAddr::from([192, 168, 1, from]), device, ..here() };
        self.auth.sign_in(None, Secret::new(password), &client).await
    }
}

#[tokio::test]
async fn a_code_signs_in_once_and_not_after_a_quarter_of_an_hour() {
    let bench = bench().await;
    let code = bench.auth.one_time_code().await.expect("code");
    assert!(bench.auth.sign_in_with_code(&code, &here()).await.is_ok());
    assert!(matches!(bench.auth.sign_in_with_code(&code, &here()).await, Err(Denied::Wrong)));
    let late = bench.auth.one_time_code().await.expect("code");
    bench.clock.advance(HOUR / 4);
    assert!(matches!(bench.auth.sign_in_with_code(&late, &here()).await, Err(Denied::Wrong)));
}

#[tokio::test]
async fn no_password_opens_before_one_is_set_and_only_the_right_one_after() {
    let bench = bench().await;
    assert!(!bench.auth.password_set().await.expect("catalogue"));
    assert!(matches!(bench.try_password("", 7, None).await, Err(Denied::Wrong)));
    bench.with_password().await;
    assert!(bench.auth.password_set().await.expect("catalogue"));
    assert!(matches!(bench.try_password("con cò bay lả bay", 7, None).await, Err(Denied::Wrong)));
    let session = bench.try_password(PASSWORD, 7, None).await.expect("signed in");
    let identity = bench.who(&session).await.expect("session");
    assert!(identity.has_password() && identity.rights.allow(Right::Settings));
}

#[tokio::test]
async fn a_session_ends_when_idle_at_its_age_and_at_sign_out() {
    let bench = bench().await;
    let session = bench.with_code().await;
    bench.clock.advance(12 * HOUR - 1);
    assert!(bench.who(&session).await.is_some());
    bench.catalogue.flush().await.expect("noted");
    bench.clock.advance(11 * HOUR);
    assert!(bench.who(&session).await.is_some(), "use prolongs it");
    bench.catalogue.flush().await.expect("noted");
    bench.clock.advance(12 * HOUR);
    assert!(bench.who(&session).await.is_none(), "idle");

    let session = bench.with_code().await;
    for _ in 0..71 {
        bench.clock.advance(10 * HOUR);
        assert!(bench.who(&session).await.is_some());
        bench.catalogue.flush().await.expect("noted");
    }
    bench.clock.advance(10 * HOUR);
    assert!(bench.who(&session).await.is_none(), "thirty days");

    let session = bench.with_code().await;
    let identity = bench.who(&session).await.expect("session");
    assert_eq!(bench.auth.still_valid(&identity, false).await.expect("catalogue"), Validity::Valid);
    bench.auth.sign_out(&identity).await.expect("signed out");
    assert!(bench.who(&session).await.is_none());
    assert_eq!(bench.auth.still_valid(&identity, false).await.expect("catalogue"), Validity::Over);
}

#[tokio::test]
async fn an_open_connection_prolongs_a_session_while_it_is_in_use_and_not_beyond_its_age() {
    let bench = bench().await;
    let session = bench.with_code().await;
    let identity = bench.who(&session).await.expect("session");
    let valid = async |in_use| {
        bench.clock.advance(11 * HOUR);
        let valid = bench.auth.still_valid(&identity, in_use).await.expect("catalogue");
        bench.catalogue.flush().await.expect("noted");
        valid == Validity::Valid
    };
    for _ in 0..65 {
        assert!(valid(true).await);
    }
    assert!(!valid(true).await, "thirty days");

    let session = bench.with_code().await;
    let identity = bench.who(&session).await.expect("session");
    assert_eq!(bench.auth.still_valid(&identity, false).await.expect("catalogue"), Validity::Valid);
    bench.clock.advance(12 * HOUR);
    let idle = bench.auth.still_valid(&identity, false).await.expect("catalogue");
    assert_eq!(idle, Validity::Over, "not in use");
}

#[tokio::test]
async fn a_new_password_ends_every_session_but_its_own() {
    let bench = bench().await;
    let other = bench.with_code().await;
    let own = bench.with_password().await;
    assert!(bench.who(&other).await.is_none());
    assert!(bench.who(&own).await.is_some());
}

#[tokio::test]
async fn guessing_is_slowed_but_the_owners_device_gets_in() {
    let bench = bench().await;
    let owner = bench.with_password().await;
    let mut tried = 0;
    for n in 0..30 {
        match bench.try_password("wrong wrong wrong", n, None).await {
            Err(Denied::Wrong) => tried += 1,
            Err(Denied::TooMany { retry_after_s }) => assert!((1..=13).contains(&retry_after_s)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tried, 5);
    assert!(matches!(bench.try_password(PASSWORD, 7, None).await, Err(Denied::TooMany { .. })));
    assert!(bench.try_password(PASSWORD, 7, Some(owner.device.expose())).await.is_ok());
    bench.clock.advance(13 * TICKS_PER_SECOND);
    assert!(bench.try_password(PASSWORD, 7, None).await.is_ok());
}

#[tokio::test]
async fn marks_of_ones_own_account_give_no_tries_at_anothers() {
    let bench = bench().await;
    bench.with_password().await;
    let person = bench.catalogue.ensure_person("binh", "guard").await.expect("a person");
    let hash = bench.auth.hasher().hash(Secret::new("con trâu ăn cỏ")).await.expect("hash");
    bench.catalogue.set_password(person.id, &hash).await.expect("set");
    let mut tried = 0;
    for _ in 0..20 {
        let own = Secret::new("con trâu ăn cỏ");
        let own = bench.auth.sign_in(Some("binh"), own, &here()).await.expect("signed in");
        let guess = bench.try_password("wrong wrong wrong", 7, Some(own.device.expose())).await;
        tried += usize::from(matches!(guess, Err(Denied::Wrong)));
        // His own he may try all the same, though this address has used its tries up.
        let client = Client { device: Some(own.device.expose()), ..here() };
        let again = bench.auth.sign_in(Some("binh"), Secret::new("con trâu ăn cỏ"), &client).await;
        assert!(again.is_ok());
        if tried == 5 {
            break;
        }
    }
    assert_eq!(tried, 5);
    let own = bench.auth.sign_in(Some("binh"), Secret::new("x"), &here()).await;
    assert!(matches!(own, Err(Denied::TooMany { .. })), "the address has used its tries up");
}

#[tokio::test]
async fn what_was_begun_by_a_clock_that_was_ahead_is_not_valid_for_years() {
    let bench = bench().await;
    let before = bench.with_password().await;
    bench.clock.step(3650 * 24 * HOUR);
    let ahead = bench.with_code().await;
    let code = bench.auth.one_time_code().await.expect("code");
    assert!(bench.who(&ahead).await.is_some());
    bench.clock.step(-3650 * 24 * HOUR);
    assert!(bench.who(&ahead).await.is_none(), "it would be valid until 2036");
    assert!(matches!(bench.auth.sign_in_with_code(&code, &here()).await, Err(Denied::Wrong)));
    assert!(bench.who(&before).await.is_some(), "what was begun before goes on");
    // A clock that is a little ahead is nobody's fault.
    bench.clock.step(3 * HOUR);
    let ahead = bench.with_code().await;
    bench.clock.step(-2 * HOUR);
    assert!(bench.who(&ahead).await.is_some());
}

#[tokio::test]
async fn tokens_of_machines_have_rights_and_can_be_revoked() {
    let bench = bench().await;
    let token = bench.auth.add_token("prometheus", "metrics").await.expect("token");
    let identity = bench.auth.bearer(token.expose()).await.expect("catalogue").expect("identity");
    assert!(
        identity.rights.allow(Right::Metrics)
            && identity.require(Right::Live).is_err()
            && !identity.is_person()
    );
    assert!(bench.auth.set_password(&identity, Secret::new(PASSWORD), &here()).await.is_err());
    assert!(bench.auth.session(token.expose()).await.expect("catalogue").is_none(), "a token is no session");
    assert!(bench.auth.revoke_token(&token).await.expect("revoked"));
    assert!(bench.auth.bearer(token.expose()).await.expect("catalogue").is_none());
    assert!(bench.auth.add_token("x", "root").await.is_err());
}
