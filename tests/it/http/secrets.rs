//! A camera's password goes in and never comes out.

use serde_json::json;

use super::bench::Bench;
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
    answers.push(client.post("/api/v1/camera-tests", json!({"url": url, "password": CANARY})).await);
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
    let kept = bench.catalogue.camera("a").await.expect("catalogue").expect("camera");
    assert_eq!(kept.password.expect("password").expose(), CANARY, "but it is kept");
}
