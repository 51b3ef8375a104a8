use super::*;

#[tokio::test]
async fn sessions_begin_expire_and_end() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let admin = c.ensure_person("admin", "admin").await.expect("person");
    assert_eq!(c.ensure_person("admin", "guard").await.expect("person"), admin);
    assert_eq!(c.password_hash(admin.id).await.expect("read"), None);
    c.set_password(admin.id, "$argon2id$x").await.expect("password");
    assert_eq!(c.password_hash(admin.id).await.expect("read").as_deref(), Some("$argon2id$x"));
    assert!(c.person("admin").await.expect("read").is_some_and(|p| p.has_password));
    assert_eq!(c.set_password(uuid::Uuid::nil(), "x").await.expect_err("nobody").kind(), Kind::NotFound);
    assert_eq!(c.people().await.expect("read").len(), 1);

    let session = |n, expires| NewSession {
        hash: TokenHash([n; 32]),
        person: admin.id,
        kind: "password".into(),
        expires,
    };
    c.add_session(session(1, at(10))).await.expect("session");
    c.add_session(session(2, at(10))).await.expect("session");
    c.add_session(session(3, at(10))).await.expect("session");
    let stranger = NewSession { person: uuid::Uuid::nil(), ..session(4, at(10)) };
    assert_eq!(c.add_session(stranger).await.expect_err("nobody").kind(), Kind::Conflict);
    let found = c.session(TokenHash([1; 32])).await.expect("read").expect("valid");
    assert_eq!((found.person.name.as_str(), found.created, found.expires), ("admin", at(0), at(10)));
    room.clock.advance(9 * MINUTE);
    c.touch_session(TokenHash([1; 32]), at(19));
    room.flush().await;
    room.clock.advance(2 * MINUTE);
    let found = c.session(TokenHash([1; 32])).await.expect("read").expect("still valid");
    assert_eq!((found.seen, found.expires), (at(9), at(19)));
    assert_eq!(c.session(TokenHash([2; 32])).await.expect("read"), None, "expired");
    assert_eq!(c.end_other_sessions(admin.id, Some(TokenHash([1; 32]))).await.expect("end"), 2);
    c.end_session(TokenHash([1; 32])).await.expect("end");
    assert_eq!(c.session(TokenHash([1; 32])).await.expect("read"), None);
}

#[tokio::test]
async fn tokens_are_revoked_and_codes_used_once() {
    let room = Room::new().await;
    let c = &room.catalogue;
    c.add_token(TokenHash([5; 32]), "home assistant", "live:read events:read").await.expect("token");
    assert_eq!(c.token(TokenHash([5; 32])).await.expect("read").as_deref(), Some("live:read events:read"));
    assert!(c.revoke_token(TokenHash([5; 32])).await.expect("revoke"));
    assert!(!c.revoke_token(TokenHash([5; 32])).await.expect("revoke"));
    assert_eq!(c.token(TokenHash([5; 32])).await.expect("read"), None);

    c.add_login_code(TokenHash([6; 32]), at(15)).await.expect("code");
    c.add_login_code(TokenHash([7; 32]), at(15)).await.expect("code");
    let (a, b) = tokio::join!(
        c.use_login_code(TokenHash([6; 32]), at(1)),
        c.use_login_code(TokenHash([6; 32]), at(1))
    );
    assert!(a.expect("use") ^ b.expect("use"), "one of two wins");
    assert!(!c.use_login_code(TokenHash([7; 32]), at(15)).await.expect("use"), "expired");
    assert!(!c.use_login_code(TokenHash([8; 32]), at(1)).await.expect("use"), "unknown");
}
