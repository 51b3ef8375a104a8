//! Asks a public authority for a certificate (ACME, RFC 8555).

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use serde::{Deserialize, Serialize};

use super::hook::{self, Do};
use crate::base::{Error, Kind, Result, Secret, random_token};
use crate::config::{Acme, Proof};
use crate::storage::put_private;

/// All of it, with slow DNS.
const TIME: Duration = Duration::from_secs(20 * 60);
/// The authority looks at our proof, or signs, within this.
const PATIENCE: Duration = Duration::from_secs(180);
/// After the first failure. Let's Encrypt takes five failed proofs an hour for a name.
const WAIT_S: i64 = 15 * 60;
const WAIT_MAX_S: i64 = 12 * 3600;

/// Answers to what an authority asks over HTTP, while it may ask.
#[derive(Debug, Default)]
pub(super) struct Challenges(Mutex<HashMap<String, String>>);

impl Challenges {
    pub(super) fn answer(&self, token: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    fn place(&self, token: &str, answer: &str) -> Placed<'_> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(token.to_owned(), answer.to_owned());
        Placed { challenges: self, token: token.to_owned() }
    }
}

/// An answer; dropping it takes it away.
struct Placed<'a> {
    challenges: &'a Challenges,
    token: String,
}

impl Drop for Placed<'_> {
    fn drop(&mut self) {
        self.challenges.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
    }
}

/// Who we are to an authority; holds a key.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    account: AccountCredentials,
}

/// Seconds until the next try: longer after each failure, up to half a day, and never at the same time as others.
/// `chance` from 0 to 1.
pub(super) fn wait_s(failures: u32, chance: f64) -> i64 {
    let doubled = WAIT_S << failures.saturating_sub(1).min(10);
    (doubled.min(WAIT_MAX_S) as f64 * (0.8 + 0.4 * chance)) as i64
}

/// Something from 0 to 1.
pub(super) fn chance() -> f64 {
    let random = u32::from_str_radix(&random_token(4), 16).unwrap_or_default();
    f64::from(random) / f64::from(u32::MAX)
}

fn failed(what: &str) -> impl FnOnce(instant_acme::Error) -> Error + '_ {
    move |e| Error::new(Kind::Unavailable, format!("{what}: {e}")).because(e)
}

/// Gets a certificate for all names: chain and key as PEM.
///
/// # Errors
/// One sentence with what the authority, the network or the hook said.
pub(super) async fn ask(how: &Acme, account_file: &Path, challenges: &Challenges) -> Result<Secret> {
    let asking = async {
        let account = account(how, account_file).await?;
        let names: Vec<Identifier> = how.names.iter().cloned().map(Identifier::Dns).collect();
        let order = account.new_order(&NewOrder::new(&names)).await;
        let mut order = order.map_err(failed("the authority takes no order"))?;
        match &how.proof {
            Proof::Http => prove_by_http(&mut order, challenges).await?,
            Proof::Dns { hook, settle_s } => prove_by_dns(&mut order, hook, *settle_s).await?,
        }
        finish(how, order).await
    };
    let late = || Error::new(Kind::Timeout, "the authority takes too long; it is asked again later");
    tokio::time::timeout(TIME, asking).await.map_err(|_| late())?
}

fn builder(how: &Acme) -> Result<AccountBuilder> {
    match &how.root {
        None => Account::builder()
            .map_err(failed("no authorities are known to this machine; install ca-certificates")),
        Some(root) => {
            let what = format!("tls.acme.root {} cannot be read", root.display());
            Account::builder_with_root(root).map_err(failed(&what))
        }
    }
}

/// The account that was made before, or a new one.
async fn account(how: &Acme, file: &Path) -> Result<Account> {
    let kept = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
    if let Some(kept) = kept.filter(|kept| kept.directory == how.directory.as_str()) {
        return builder(how)?
            .from_credentials(kept.account)
            .await
            .map_err(failed("the authority cannot be reached"));
    }
    let mail = how.email.as_ref().map(|email| format!("mailto:{email}"));
    let contact: Vec<&str> = mail.iter().map(String::as_str).collect();
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let made = builder(how)?.create(&new, how.directory.to_string(), None).await;
    let (account, credentials) = made.map_err(failed("the authority makes no account"))?;
    let kept = Kept { directory: how.directory.to_string(), account: credentials };
    let text =
        serde_json::to_vec(&kept).map_err(|e| Error::internal("an account cannot be kept").because(e))?;
    put_private(file, &text)?;
    Ok(account)
}

fn patience() -> RetryPolicy {
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).backoff(1.5).timeout(PATIENCE)
}

async fn wait_until_ready(order: &mut Order) -> Result<()> {
    match order.poll_ready(&patience()).await.map_err(failed("the authority does not take our proof"))? {
        OrderStatus::Ready | OrderStatus::Valid => Ok(()),
        _ => Err(refused(order).await),
    }
}

/// What the authority says of the proof that it did not take.
async fn refused(order: &mut Order) -> Error {
    let mut said = String::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if let Ok(state) = authorization.refresh().await {
            let problems = state.challenges.iter().filter_map(|c| c.error.as_ref());
            said.extend(problems.map(|problem| format!(" {problem};")));
        }
    }
    let said = said.trim().trim_end_matches(';');
    Error::new(Kind::Unavailable, format!("the authority does not take our proof: {said}"))
}

async fn prove_by_http(order: &mut Order, challenges: &Challenges) -> Result<()> {
    let mut placed = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(next) = authorizations.next().await {
        let mut authorization = next.map_err(failed("the authority does not say what to prove"))?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let mut challenge = authorization.challenge(ChallengeType::Http01).ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                "the authority does not look at port 80 for this name; use challenge = \"dns\"",
            )
        })?;
        let answer = challenge.key_authorization();
        placed.push(challenges.place(&challenge.token, answer.as_str()));
        challenge.set_ready().await.map_err(failed("the authority does not look"))?;
    }
    wait_until_ready(order).await
}

async fn prove_by_dns(order: &mut Order, hook: &Path, settle_s: u32) -> Result<()> {
    let mut records = Vec::new();
    let proven = write_records(order, hook, settle_s, &mut records).await;
    for (name, value) in &records {
        if let Err(error) = hook::call(hook, Do::Remove, name, value).await {
            tracing::warn!(error = %error, "a DNS record stays");
        }
    }
    proven
}

async fn write_records(
    order: &mut Order,
    hook: &Path,
    settle_s: u32,
    records: &mut Vec<(String, String)>,
) -> Result<()> {
    // All records first: they settle together.
    let mut authorizations = order.authorizations();
    while let Some(next) = authorizations.next().await {
        let mut authorization = next.map_err(failed("the authority does not say what to prove"))?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let challenge = dns_challenge(&mut authorization)?;
        let name = format!("_acme-challenge.{}", challenge.identifier());
        let value = challenge.key_authorization().dns_value();
        records.push((name.clone(), value.clone()));
        hook::call(hook, Do::Add, &name, &value).await?;
    }
    if !records.is_empty() {
        tokio::time::sleep(Duration::from_secs(settle_s.into())).await;
    }
    let mut authorizations = order.authorizations();
    while let Some(next) = authorizations.next().await {
        let mut authorization = next.map_err(failed("the authority does not say what to prove"))?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        dns_challenge(&mut authorization)?
            .set_ready()
            .await
            .map_err(failed("the authority does not look"))?;
    }
    wait_until_ready(order).await
}

fn dns_challenge<'a>(
    authorization: &'a mut instant_acme::AuthorizationHandle<'a>,
) -> Result<instant_acme::ChallengeHandle<'a>> {
    authorization.challenge(ChallengeType::Dns01).ok_or_else(|| {
        Error::new(
            Kind::Unavailable,
            "the authority reads no DNS records for this name; use challenge = \"http\"",
        )
    })
}

/// A new key for each certificate.
async fn finish(how: &Acme, mut order: Order) -> Result<Secret> {
    let internal = |e: rcgen::Error| Error::internal("a request cannot be made; report this").because(e);
    let mut params = CertificateParams::new(how.names.clone()).map_err(internal)?;
    params.distinguished_name = DistinguishedName::new();
    let key = KeyPair::generate().map_err(internal)?;
    let request = params.serialize_request(&key).map_err(internal)?;
    order.finalize_csr(request.der()).await.map_err(failed("the authority does not sign"))?;
    let chain =
        order.poll_certificate(&patience()).await.map_err(failed("the authority gives no certificate"))?;
    Ok(Secret::new(format!("{}\n{}", chain.trim_end(), key.serialize_pem())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_become_rare_and_are_never_all_at_once() {
        assert_eq!((wait_s(1, 0.5), wait_s(2, 0.5), wait_s(3, 0.5)), (900, 1800, 3600));
        assert_eq!((wait_s(60, 0.5), wait_s(60, 1.0)), (43_200, 51_840));
        assert_eq!((wait_s(1, 0.0), wait_s(1, 1.0)), (720, 1080));
        let chances: Vec<f64> = (0..8).map(|_| chance()).collect();
        assert!(chances.iter().all(|c| (0.0..=1.0).contains(c)) && chances.windows(2).any(|w| w[0] != w[1]));
    }

    #[test]
    fn an_answer_is_there_as_long_as_it_may_be_asked_for() {
        let challenges = Challenges::default();
        let placed = challenges.place("token", "token.print");
        assert_eq!(challenges.answer("token").as_deref(), Some("token.print"));
        assert_eq!(challenges.answer("other"), None);
        drop(placed);
        assert_eq!(challenges.answer("token"), None);
    }
}
