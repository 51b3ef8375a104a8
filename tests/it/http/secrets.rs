//! A camera's password goes in and never comes out.

use lanewatch::catalogue::Scope;
use serde_json::json;

use super::bench::Bench;
use super::client::Client;
use super::walls::routes;

const CANARY: &str = "c4n4ry-p4ssw0rd";

#[tokio::test]
async fn no_answer_holds_a_cameras_password() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let mut answers = Vec::new();
    let url = format!("rtsp://admin:{CANARY}@10.0.0.7/main");
    answers.push(client.post("/api/v1/cameras", json!({"name": "a", "main_url": url})).await);
    let in_field = json!({"name": "b", "main_url": "rtsp://10.0.0.7/main", "sub_url": url, "username": "u", "password": CANARY});
    answers.push(client.post("/api/v1/cameras", in_field).await);
    let patch = json!({"password": CANARY, "main_url": url});
    answers
        .push(client.send("PATCH", "/api/v1/cameras/a", &[("If-Match", "\"1\"")], Some(patch.clone())).await);
    answers.push(client.send("PATCH", "/api/v1/cameras/a", &[("If-Match", "\"1\"")], Some(patch)).await);
    for wrong in [
        json!({"name": "c", "main_url": format!("http://admin:{CANARY}@10.0.0.7/main")}),
        json!({"name": "c", "main_url": format!("rtsp://admin:{CANARY}@/main")}),
        json!({"name": "c", "main_url": format!("rtsp://admin:{CANARY}@10.0.0.7:99999/main")}),
        json!({"name": "c", "main_url": url, "password": [CANARY]}),
        json!({"name": "c", "main_url": url, "enabled": CANARY}),
        json!({"name": "c", "main_url": url, "transport": CANARY}),
        json!({"name": "", "main_url": url, "password": CANARY}),
    ] {
        answers.push(client.post("/api/v1/cameras", wrong).await);
    }
    answers.push(
        client
            .post("/api/v1/camera-tests", json!({"address": "10.0.0.7", "username": "u", "password": CANARY}))
            .await,
    );
    for address in [format!("http://admin:{CANARY}@10.0.0.7/"), format!("ftp://admin:{CANARY}@10.0.0.7/")] {
        answers.push(client.post("/api/v1/camera-tests", json!({"address": address})).await);
    }
    answers.push(client.post("/api/v1/session", json!({"password": CANARY})).await);
    answers.push(client.post("/api/v1/session", json!({"password": CANARY, "code": CANARY})).await);
    for (method, path) in routes().into_iter().filter(|(method, _)| method == "GET") {
        for path in [path.clone(), path.replace("00000000-0000-7000-8000-000000000000", "a")] {
            let query = "?from=2026-11-22T00:00:00Z&to=2026-11-22T01:00:00Z&month=2026-11";
            answers.push(client.send(&method, &format!("/api/v1{path}{query}"), &[], None).await);
        }
    }
    assert!(answers.len() > 25);
    for answer in answers {
        let text = format!("{:?}{}", answer.headers, answer.text());
        assert!(!text.contains(CANARY), "{text}");
        assert!(answer.status < 500, "{text}");
    }
    let kept = bench.catalogue.camera(Scope::everything(), "a").await.expect("catalogue").expect("camera");
    assert_eq!(kept.password.expect("password").expose(), CANARY, "but it is kept");
}

#[tokio::test]
async fn passwords_in_addresses_are_for_those_who_may_set_them() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let main = format!("rtsp://10.0.0.7/user=admin&Password={CANARY}&channel=1");
    let sub = format!("rtsp://10.0.0.7/sub?pwd={CANARY}");
    let added = admin.post("/api/v1/cameras", json!({"name": "a", "main_url": main, "sub_url": sub})).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let urls = async |client: &mut Client| {
        let one = client.get("/api/v1/cameras/a").await.json();
        let all = client.get("/api/v1/cameras").await.json();
        assert_eq!(one["renditions"], all["items"][0]["renditions"]);
        [one["renditions"][0]["url"].clone(), one["renditions"][1]["url"].clone()]
    };
    assert_eq!(urls(&mut admin).await, [json!(main), json!(sub)]);
    let shown = ["rtsp://10.0.0.7/user=admin&Password=***&channel=1", "rtsp://10.0.0.7/sub?pwd=***"];
    let mut reader = bench.machine("read").await;
    assert_eq!(urls(&mut reader).await, shown.map(|url| json!(url)));
    for (method, path) in routes().into_iter().filter(|(method, _)| method == "GET") {
        let path = path.replace("00000000-0000-7000-8000-000000000000", "a");
        let query = "?from=2026-11-22T00:00:00Z&to=2026-11-22T01:00:00Z&month=2026-11";
        let text = reader.send(&method, &format!("/api/v1{path}{query}"), &[], None).await.text();
        assert!(!text.contains(CANARY), "{path}: {text}");
    }
}

#[tokio::test]
async fn no_file_of_the_recorder_holds_a_password_or_a_token() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let form = json!({"name": "a", "main_url": format!("rtsp://admin:{CANARY}@10.0.0.7/main")});
    assert_eq!(admin.post("/api/v1/cameras", form).await.status, 201);
    let invited = admin.post("/api/v1/invites", json!({"name": "binh", "role": "guard"})).await.json();
    let (_, invite) = invited["url"].as_str().and_then(|url| url.split_once('#')).expect("a secret");
    let form = json!({"token": invite, "password": format!("{CANARY} binh")});
    let mut guest = bench.stranger();
    assert_eq!(guest.post("/api/v1/invites:accept", form).await.status, 204);
    let machine = bench.machine("read").await;
    let mut secrets = vec![CANARY.to_owned(), invite.to_owned(), machine.bearer.expect("a token")];
    for client in [&admin, &guest] {
        secrets.extend(client.cookies.iter().filter(|(name, _)| name == "lanewatch").map(|(_, v)| v.clone()));
    }
    assert_eq!(secrets.len(), 5);
    let audit = admin.get("/api/v1/audit").await.text();
    let metrics = bench.machine("metrics").await.get("/api/v1/metrics").await.text();
    bench.catalogue.flush().await.expect("written");
    let mut read = 0;
    for entry in std::fs::read_dir(bench.folder.path()).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_file() && path.extension().is_none_or(|e| e != "key") {
            let bytes = std::fs::read(&path).expect("bytes");
            let text = String::from_utf8_lossy(&bytes);
            read += text.len();
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{}", path.display());
            }
        }
    }
    assert!(read > 10_000, "{read} bytes");
    for secret in &secrets {
        assert!(!audit.contains(secret.as_str()) && !metrics.contains(secret.as_str()));
    }
}
