//! Layouts of the wall and the order of its cameras.

use serde_json::{Value, json};

use super::bench::Bench;
use super::client::Client;

async fn cameras(client: &mut Client, count: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for n in 1..=count {
        let form = json!({"name": format!("Ngõ {n}"), "main_url": "rtsp://10.0.0.7/main"});
        ids.push(client.post("/api/v1/cameras", form).await.json()["id"].clone());
    }
    ids
}

#[tokio::test]
async fn a_layout_lives_from_post_to_delete() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let ids = cameras(&mut client, 2).await;
    let form = json!({"name": "Chợ", "grid": "1+5", "cameras": [ids[1], ids[0]], "carousel_s": 20});
    let kept = client.post("/api/v1/layouts", form).await;
    assert_eq!(kept.status, 201, "{}", kept.text());
    let layout = kept.json();
    let path = kept.header("location").expect("location").to_owned();
    assert_eq!(layout["cameras"], json!([ids[1], ids[0]]));
    assert_eq!((&layout["grid"], &layout["carousel_s"]), (&json!("1+5"), &json!(20)));
    assert_eq!(client.get("/api/v1/layouts").await.json(), json!({"items": [layout]}));
    let tag = client.get(&path).await.header("etag").expect("etag").to_owned();

    let patch = json!({"grid": "3x3", "carousel_s": null});
    assert_eq!(client.send("PATCH", &path, &[], Some(patch.clone())).await.status, 428);
    let changed = client.send("PATCH", &path, &[("If-Match", &tag)], Some(patch.clone())).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!((&changed.json()["grid"], &changed.json()["carousel_s"]), (&json!("3x3"), &Value::Null));
    assert_eq!(changed.json()["cameras"], layout["cameras"], "what is left out stays");
    let stale = client.send("PATCH", &path, &[("If-Match", &tag)], Some(patch)).await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "stale_revision"));

    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(client.get(&path).await.code(), "not_found");
    assert_eq!(client.send("DELETE", &path, &[], None).await.code(), "not_found");
}

#[tokio::test]
async fn layouts_that_make_no_sense_are_refused() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let ids = cameras(&mut client, 1).await;
    assert_eq!(client.post("/api/v1/layouts", json!({"name": "Chợ"})).await.status, 201);
    for (status, form) in [
        (422, json!({"name": "Chợ"})),
        (422, json!({"name": ""})),
        (422, json!({"name": "x", "grid": "7x7"})),
        (422, json!({"name": "x", "carousel_s": 1})),
        (422, json!({"name": "x", "cameras": ["ngo-1"]})),
        (422, json!({"name": "x", "cameras": [ids[0], ids[0]]})),
        (404, json!({"name": "x", "cameras": ["0198c5f0-0000-7000-8000-000000000000"]})),
        (422, json!({"name": "x", "colour": "blue"})),
    ] {
        assert_eq!(client.post("/api/v1/layouts", form.clone()).await.status, status, "{form}");
    }
    assert_eq!(client.get("/api/v1/layouts/x").await.code(), "not_found");
}

#[tokio::test]
async fn the_order_of_the_wall_is_put_at_once() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let ids = cameras(&mut client, 3).await;
    let put = client
        .send("PUT", "/api/v1/cameras/order", &[], Some(json!({"cameras": [ids[2], ids[0], ids[1]]})))
        .await;
    assert_eq!(put.status, 200, "{}", put.text());
    let order = |page: Value| {
        page["items"].as_array().expect("items").iter().map(|c| c["id"].clone()).collect::<Vec<_>>()
    };
    let wanted = [ids[2].clone(), ids[0].clone(), ids[1].clone()];
    assert_eq!(order(put.json()), wanted);
    assert_eq!(order(client.get("/api/v1/cameras").await.json()), wanted);
    let unknown = json!({"cameras": ["0198c5f0-0000-7000-8000-000000000000"]});
    assert_eq!(client.send("PUT", "/api/v1/cameras/order", &[], Some(unknown)).await.code(), "invalid");
}
