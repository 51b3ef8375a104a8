//! Passwords: which are good enough, and their hashes.

use std::collections::HashSet;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::token::fresh_token;
use crate::base::{Error, Kind, Result, Secret};

/// Memory in KiB, passes, lanes: OWASP's second choice for argon2id; about 25 ms on a mini-PC's core.
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Hashes at a time: two use two cores for a moment, and 38 MiB.
const SLOTS: usize = 2;
/// Fewest characters of a new password (NIST SP 800-63B-4, 3.1.1.2, where it is the only factor), or words: those of
/// Vietnamese are short.
const LEAST: usize = 15;
const WORDS: usize = 4;
/// Letters of a word.
const WORD: usize = 2;
/// Longer input would be work for nothing.
const MOST: usize = 256;
/// Fewest different letters and digits: `aaaaaaaaaa`, `1212121212` and `aa bb cc dd` are none.
const DIFFERENT: usize = 6;
/// What everybody tries first, without spaces; besides these and digits a password has so many letters.
const COMMON: [&str; 35] = [
    "password",
    "passw0rd",
    "matkhau",
    "mậtkhẩu",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "asdfgh",
    "zxcvbnm",
    "zxcvbn",
    "abcdef",
    "administrator",
    "admin",
    "quantri",
    "camera",
    "hikvision",
    "dahua",
    "lanewatch",
    "iloveyou",
    "letmein",
    "welcome",
    "anhyeuem",
    "emyeuanh",
    "vietnam",
    "thanhhoa",
    "xinchao",
    "xinchàoviệtnam",
    "vietnamvodich",
    "chucmungnammoi",
    "chúcmừngnămmới",
    "hothon",
    "hổthôn",
    "truongthon",
    "trưởngthôn",
    "thanhhóa",
];
/// Numbers as words count as digits do: whoever counts to four has no password.
const NUMBERS: [&str; 23] = [
    "không", "khong", "một", "mot", "hai", "ba", "bốn", "bon", "năm", "nam", "sáu", "sau", "bảy", "bẩy",
    "bay", "tám", "tam", "chín", "chin", "mười", "muoi", "tư", "tu",
];
const LETTERS_BESIDE: usize = 6;

/// Makes and compares hashes, two at a time, away from the threads that answer.
#[derive(Clone, Debug)]
pub(super) struct Hasher {
    slots: Arc<Semaphore>,
    /// Hash of nobody's password: compared with where there is none, so that this takes as long.
    nobody: Arc<str>,
}

impl Hasher {
    pub(super) async fn new() -> Result<Self> {
        let slots = Arc::new(Semaphore::new(SLOTS));
        let nobody = work(Arc::clone(&slots), || hash(&fresh_token())).await??;
        Ok(Self { slots, nobody: nobody.into() })
    }

    /// PHC string of a new password.
    ///
    /// # Errors
    /// `Invalid` when the password is too easy.
    pub(super) async fn hash(&self, password: Secret) -> Result<String> {
        check(password.expose())?;
        work(Arc::clone(&self.slots), move || hash(&password)).await?
    }

    /// PHC string of a PIN: whether it is good enough is for the caller to say.
    pub(super) async fn hash_short(&self, pin: Secret) -> Result<String> {
        work(Arc::clone(&self.slots), move || hash(&pin)).await?
    }

    /// True when the password belongs to the hash; the same work without a hash, and then false.
    pub(super) async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool> {
        let (known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.to_string()));
        let right = work(Arc::clone(&self.slots), move || verify(&password, &hash)).await??;
        Ok(right && known)
    }
}

async fn work<T: Send + 'static>(
    slots: Arc<Semaphore>,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let slot = slots
        .acquire_owned()
        .await
        .map_err(|e| Error::internal("the password queue is closed").because(e))?;
    let done = tokio::task::spawn_blocking(move || {
        let done = job();
        drop(slot);
        done
    });
    done.await.map_err(|e| Error::internal("hashing a password broke off").because(e))
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None);
    let params = params.map_err(|e| Error::internal(format!("argon2 refuses its parameters: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Secret) -> Result<String> {
    let hash = argon2()?.hash_password(password.expose().as_bytes());
    Ok(hash.map_err(|e| Error::internal(format!("argon2 failed: {e}")))?.to_string())
}

fn verify(password: &Secret, hash: &str) -> Result<bool> {
    let hash = PasswordHash::new(hash).map_err(|e| {
        Error::new(
            Kind::Corrupt,
            format!("the stored password cannot be read ({e}); sign in with a one-time code and set it anew"),
        )
    })?;
    Ok(argon2()?.verify_password(password.expose().as_bytes(), &hash).is_ok())
}

fn check(password: &str) -> Result<()> {
    let length = password.chars().count();
    if length > MOST || length < LEAST && words(password) < WORDS {
        return Err(Error::invalid(format!(
            "the password has {length} characters; use {LEAST} to {MOST}, or {WORDS} different words"
        )));
    }
    let told_apart = password.to_lowercase();
    if told_apart.chars().filter(|c| c.is_alphanumeric()).collect::<HashSet<_>>().len() < DIFFERENT {
        return Err(Error::invalid("the password repeats a few characters; use four words instead"));
    }
    if beside_common(password) < LETTERS_BESIDE {
        return Err(Error::invalid(
            "the password is one of the first that are tried; use four words instead",
        ));
    }
    Ok(())
}

/// Different words in it.
fn words(password: &str) -> usize {
    let words = password.split_whitespace().filter(|word| word.chars().count() >= WORD);
    words.map(str::to_lowercase).collect::<HashSet<_>>().len()
}

/// Letters of it that are in nothing common; with and without numbers, as the common has some too.
fn beside_common(password: &str) -> usize {
    let lower = password.to_lowercase();
    let letters = |counts: bool| -> usize {
        let words = lower.split_whitespace().filter(|word| counts || !NUMBERS.contains(word));
        let joined: String = words.flat_map(str::chars).filter(|c| c.is_alphanumeric()).collect();
        let rest = COMMON.iter().fold(joined, |rest, common| rest.replace(common, ""));
        rest.chars().filter(|c| c.is_alphabetic()).count()
    };
    letters(true).min(letters(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_passwords_are_refused() {
        let long = "x1y2z".repeat(100);
        for bad in [
            "",
            "short",
            "aaaaaaaaaaaaaaaa",
            "12121212121212121",
            "ngắn thôi mà",
            "mẹ mẹ mẹ mẹ",
            "password12345678",
            "Mật khẩu 0987654321",
            "Camera-Hikvision-2026",
            "qwertyuiopasdfgh",
            "mot hai ba bon",
            "một hai ba bốn năm sáu",
            "aa bb cc dd",
            "Chúc mừng năm mới",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        for good in ["bốn từ dễ nhớ", "TrauCayRuongCan9", "camera nhìn ra cổng đình", "ba con trâu uống nước"]
        {
            assert!(check(good).is_ok(), "{good}");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_passes_and_none_never_does() {
        let hasher = Hasher::new().await.expect("hasher");
        let hash = hasher.hash(Secret::new("bốn từ dễ nhớ")).await.expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hasher.verify(Secret::new("bốn từ dễ nhớ"), Some(hash.clone())).await.expect("verify"));
        assert!(!hasher.verify(Secret::new("bốn từ dễ"), Some(hash)).await.expect("verify"));
        assert!(!hasher.verify(Secret::new(""), None).await.expect("verify"));
    }
}
