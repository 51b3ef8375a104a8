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
        peer: "192.168.1.7".into(),
        agent: String::new(),
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

fn invite(n: u8, name: &str, reach: Option<Reach>) -> NewInvite {
    NewInvite {
        person: None,
        hash: TokenHash([n; 32]),
        name: name.into(),
        display_name: "Anh Bình".into(),
        role: "guard".into(),
        reach,
        live: LiveReach::default(),
        by: "admin".into(),
        expires: at(10),
    }
}

#[tokio::test]
async fn an_invite_makes_one_person_who_sees_what_it_says() {
    let mut room = Room::new().await;
    let area = NewCamera {
        area: "Ngõ 8".into(),
        ..NewCamera::new("Ngõ 8", "rtsp://10.0.0.8/main".parse().expect("url"))
    };
    let eight = room.catalogue.add_camera(area).await.expect("camera");
    let reach = Reach { cameras: vec![room.camera.id], areas: vec!["Ngõ 8".into()] };
    let c = &room.catalogue;
    c.add_invite(invite(1, "binh", None)).await.expect("invite");
    c.add_invite(invite(2, "binh", Some(reach.clone()))).await.expect("in its place");
    assert_eq!(c.invites().await.expect("read").len(), 1);
    assert!(c.accept_invite(TokenHash([1; 32]), "x".into()).await.expect("asked").is_none(), "replaced");
    let (a, b) = tokio::join!(
        c.accept_invite(TokenHash([2; 32]), "$x".into()),
        c.accept_invite(TokenHash([2; 32]), "$y".into())
    );
    let made: Vec<Person> = [a, b].into_iter().filter_map(|p| p.expect("asked")).collect();
    assert_eq!(made.len(), 1, "one of two wins");
    let binh = &made[0];
    assert_eq!((binh.reach.as_ref(), binh.enabled, binh.role.as_str()), (Some(&reach), true, "guard"));
    assert!(binh.scope.sees_all([room.camera.id, eight.id]) && binh.scope.sees_stream(room.sub));
    assert!(!binh.scope.is_everything());
    assert_eq!(c.add_invite(invite(3, "binh", None)).await.expect_err("taken").kind(), Kind::Conflict);

    let session = NewSession {
        hash: TokenHash([9; 32]),
        person: binh.id,
        kind: "invite".into(),
        expires: at(10),
        peer: String::new(),
        agent: String::new(),
    };
    c.add_session(session).await.expect("session");
    // A camera that comes into the area is seen at the next look.
    let nine = NewCamera {
        area: "Ngõ 8".into(),
        ..NewCamera::new("Ngõ 9", "rtsp://10.0.0.9/main".parse().expect("url"))
    };
    let nine = c.add_camera(nine).await.expect("camera");
    let seen = c.session(TokenHash([9; 32])).await.expect("read").expect("valid");
    assert!(seen.person.scope.sees(nine.id) && seen.person.scope.sees_stream(nine.streams[0].key));

    let off = PersonPatch { enabled: Some(false), ..PersonPatch::default() };
    assert_eq!(c.patch_person(binh.id, 7, off.clone()).await.expect_err("stale").kind(), Kind::Conflict);
    let ended = c.patch_person(binh.id, binh.revision, off).await.expect("patched");
    assert!(!ended.enabled && ended.ended.is_some() && ended.reach.as_ref() == Some(&reach));
    assert_eq!(c.session(TokenHash([9; 32])).await.expect("read"), None);
    assert!(
        c.remove_person(binh.id).await.expect("asked") && !c.remove_person(binh.id).await.expect("asked")
    );
    room.restart().await;
    assert_eq!(room.catalogue.person("binh").await.expect("read"), None);
}

#[tokio::test]
async fn a_reach_that_is_lost_shows_nothing() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let reach = Reach { cameras: vec![room.camera.id], areas: Vec::new() };
    c.add_invite(invite(1, "binh", Some(reach))).await.expect("invite");
    c.accept_invite(TokenHash([1; 32]), "x".into()).await.expect("asked").expect("made");
    let mut conn = open::connect_writer(&room.path()).await.expect("connection");
    sqlx::query("delete from person_reach").execute(&mut conn).await.expect("lost");
    let binh = c.person("binh").await.expect("read").expect("there");
    assert_eq!(binh.scope, Scope::nothing());
}

#[tokio::test]
async fn what_people_did_is_chained_and_cannot_be_changed() {
    let room = Room::new().await;
    let c = &room.catalogue;
    let note = |actor: &str, action, camera| NewAudit {
        actor: actor.into(),
        action,
        camera,
        detail: serde_json::json!({"why": "thử"}),
        peer: "192.168.1.7".into(),
    };
    c.note(note("admin", AuditAction::SignIn, None));
    c.note(note("binh", AuditAction::Live, Some(room.camera.id)));
    c.note(note("binh", AuditAction::SignOut, None));
    room.flush().await;
    let always = minutes(-9, 9);
    let list = async |scope: &Scope, filter: AuditFilter| {
        let rows = c.audit_log(scope, always, &filter, 9).await.expect("read");
        rows.into_iter().map(|row| row.action).collect::<Vec<_>>()
    };
    let all = AuditFilter::default();
    assert_eq!(list(Scope::everything(), all.clone()).await, ["sign_out", "live", "sign_in"]);
    assert_eq!(list(&Scope::nothing(), all).await, ["sign_out", "sign_in"]);
    let binh = AuditFilter { actor: Some("binh".into()), before: Some(3), ..AuditFilter::default() };
    assert_eq!(list(Scope::everything(), binh).await, ["live"]);
    assert_eq!(c.audit_broken().await.expect("read"), (3, None));

    let mut conn = open::connect_writer(&room.path()).await.expect("connection");
    for sql in ["update audit set actor = 'x' where seq = 2", "delete from audit where seq = 2"] {
        assert!(sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.is_err(), "{sql}");
    }
    // Whoever goes past the triggers is found out.
    let forged = "drop trigger audit_not_changed; update audit set actor = 'x' where seq = 2";
    sqlx::raw_sql(sqlx::AssertSqlSafe(forged.to_owned())).execute(&mut conn).await.expect("forged");
    assert_eq!(c.audit_broken().await.expect("read").1, Some(2));
}
