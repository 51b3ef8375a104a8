//! `GET /setup`: what the page needs before anybody is signed in.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::error::{Answer, Problem};
use super::extract::Json;

/// The site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Setup {
    /// A password has been set; before, only a one-time code signs in.
    password_set: bool,
    /// Zone of the site's days, an IANA name.
    time_zone: &'static str,
    /// What people call the place; may be empty.
    site_name: String,
    /// Version of the program.
    version: &'static str,
}

/// Tells what the sign-in page needs.
#[utoipa::path(get, path = "/setup", tag = "site", security(()),
    responses((status = 200, description = "The site", body = Setup), Problem))]
pub(super) async fn get_setup(State(app): State<App>) -> Answer<Json<Setup>> {
    let site = app.catalogue().site().await?;
    Ok(Json(Setup {
        password_set: app.auth().password_set().await?,
        time_zone: app.zone().name(),
        site_name: site.name.unwrap_or_else(|| app.configured_name().to_owned()),
        version: env!("CARGO_PKG_VERSION"),
    }))
}
