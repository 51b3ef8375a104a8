//! Commands of whoever looks after the box: tokens, codes, check, rebuild.

use std::process::ExitCode;

use super::Data;
use super::tool::{catalogue_or_new, print};
use crate::auth::Auth;
use crate::base::{Result, SystemClock};

pub(super) async fn create_token(data: Data, scope: String, name: String) -> Result<ExitCode> {
    let catalogue = catalogue_or_new(&data).await?;
    let auth = Auth::open(catalogue.clone(), SystemClock::shared()).await?;
    let token = auth.add_token(&name, &scope).await;
    catalogue.close().await;
    print(token?.expose());
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn login_code(data: Data) -> Result<ExitCode> {
    let catalogue = catalogue_or_new(&data).await?;
    let auth = Auth::open(catalogue.clone(), SystemClock::shared()).await?;
    let code = auth.one_time_code().await;
    catalogue.close().await;
    print(code?.expose());
    Ok(ExitCode::SUCCESS)
}
