//! The table of all routes.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::Problem;
use super::openapi::Api;
use super::{
    App, activity, alert_channels, alert_settings, alerts, assets, audit, bookmarks, camera_tests,
    camera_write, cameras, channel_tests, days, discovery, events, exports, forecast, front, guard, headers,
    health, invites, jobs, layouts, live, locks, marks, me, media, metrics, motion_searches, openapi,
    outages, people, push, receipts, relay, segments, session, sessions, setup, share_page, shares, site,
    snoozes, still, storage, stream, timeline, tls, trust, zalo_link, zones,
};

/// Everything below `/api/v1`, with its description.
fn table() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(setup::get_setup))
        .routes(routes!(session::post_session, session::delete_session))
        .routes(routes!(session::put_proof))
        .routes(routes!(me::get_me))
        .routes(routes!(me::put_password))
        .routes(routes!(me::put_phone))
        .routes(routes!(people::get_team))
        .routes(routes!(people::list_people))
        .routes(routes!(people::patch_person, people::delete_person))
        .routes(routes!(invites::post_invite_again))
        .routes(routes!(invites::list_invites, invites::post_invite))
        .routes(routes!(invites::delete_invite))
        .routes(routes!(invites::accept_invite))
        .routes(routes!(sessions::list_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(audit::list_audit))
        .routes(routes!(health::get_health))
        .routes(routes!(tls::get_tls))
        .routes(routes!(cameras::list_cameras, camera_write::post_camera))
        .routes(routes!(camera_write::put_camera_order))
        .routes(routes!(cameras::get_camera, camera_write::patch_camera, camera_write::delete_camera))
        .routes(routes!(camera_write::restart_camera))
        .routes(routes!(camera_tests::post_camera_test))
        .routes(routes!(camera_tests::get_picture))
        .routes(routes!(discovery::post_discovery))
        .routes(routes!(site::get_site, site::patch_site))
        .routes(routes!(timeline::get_timeline))
        .routes(routes!(days::get_days))
        .routes(routes!(segments::list_segments))
        .routes(routes!(segments::get_segment))
        .routes(routes!(segments::get_init))
        .routes(routes!(media::get_clip))
        .routes(routes!(media::get_master))
        .routes(routes!(media::get_playlist))
        .routes(routes!(media::get_iframes))
        .routes(routes!(media::get_key_frames))
        .routes(routes!(media::get_tail))
        .routes(routes!(live::live))
        .routes(routes!(still::get_still))
        .routes(routes!(still::get_frame))
        .routes(routes!(layouts::list_layouts, layouts::post_layout))
        .routes(routes!(layouts::get_layout, layouts::patch_layout, layouts::delete_layout))
        .routes(routes!(events::list_events))
        .routes(routes!(events::get_event))
        .routes(routes!(events::get_snapshot))
        .routes(routes!(events::get_event_clip))
        .routes(routes!(marks::mark_events))
        .routes(routes!(marks::count_events))
        .routes(routes!(alerts::list_alerts))
        .routes(routes!(alerts::get_alert))
        .routes(routes!(alerts::handle_alert, alerts::reopen_alert))
        .routes(routes!(receipts::post_receipt))
        .routes(routes!(alert_settings::get_schedule, alert_settings::put_schedule))
        .routes(routes!(alert_settings::get_rules, alert_settings::put_rules))
        .routes(routes!(alert_settings::get_prefs, alert_settings::put_prefs))
        .routes(routes!(channel_tests::list_channels))
        .routes(routes!(relay::get_relay, relay::put_relay))
        .routes(routes!(channel_tests::post_channel_test))
        .routes(routes!(channel_tests::post_own_test))
        .routes(routes!(alert_channels::get_webhook, alert_channels::put_webhook))
        .routes(routes!(alert_channels::get_mail, alert_channels::put_mail))
        .routes(routes!(alert_channels::get_mqtt, alert_channels::put_mqtt))
        .routes(routes!(alert_channels::get_zalo, alert_channels::put_zalo))
        .routes(routes!(zalo_link::get_link, zalo_link::post_link, zalo_link::delete_link))
        .routes(routes!(snoozes::list_snoozes, snoozes::post_snooze))
        .routes(routes!(snoozes::delete_snooze))
        .routes(routes!(push::get_vapid_key))
        .routes(routes!(push::list_subscriptions, push::post_subscription))
        .routes(routes!(push::delete_subscription))
        .routes(routes!(push::post_test))
        .routes(routes!(push::list_deliveries))
        .routes(routes!(bookmarks::list_bookmarks, bookmarks::post_bookmark))
        .routes(routes!(bookmarks::patch_bookmark, bookmarks::delete_bookmark))
        .routes(routes!(locks::list_locks, locks::post_lock))
        .routes(routes!(locks::delete_lock))
        .routes(routes!(zones::get_zones, zones::put_zones))
        .routes(routes!(zones::preview_zones))
        .routes(routes!(activity::get_activity))
        .routes(routes!(motion_searches::post_search))
        .routes(routes!(motion_searches::get_search, motion_searches::delete_search))
        .routes(routes!(motion_searches::get_results))
        .routes(routes!(exports::list_exports, exports::post_export))
        .routes(routes!(exports::estimate_export))
        .routes(routes!(exports::get_export, exports::delete_export))
        .routes(routes!(exports::get_file))
        .routes(routes!(shares::list_shares, shares::post_share))
        .routes(routes!(shares::delete_share))
        .routes(routes!(jobs::get_job, jobs::delete_job))
        .routes(routes!(storage::get_storage))
        .routes(routes!(forecast::get_forecast))
        .routes(routes!(outages::list_outages))
        .routes(routes!(stream::get_stream))
        .routes(routes!(metrics::get_metrics))
}

/// The description of the API.
pub(super) fn document() -> Document {
    table().into_openapi()
}

/// The service: routes, then the guard around all of them, then what plain HTTP is told, then what every answer carries.
pub(super) fn build(app: App) -> Router {
    let (api, _) = table().split_for_parts();
    Router::new()
        .nest("/api/v1", api)
        .route("/api/openapi.json", get(openapi::get_openapi))
        .route("/s/{token}", get(share_page::get_page).post(share_page::post_pin))
        .route("/s/{token}/file", get(share_page::get_file))
        .merge(trust::routes())
        .route(front::CHALLENGE, get(front::get_challenge))
        .fallback(assets::get_asset)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(from_fn_with_state(app.clone(), front::front))
        .layer(from_fn_with_state(app.clone(), headers::finish))
        .with_state(app)
}

async fn not_allowed() -> Problem {
    Problem::invalid("this address does not do that; see /api/openapi.json")
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}
