//! Pure. Passwords that some cameras want in the path or the query of their address.

/// Names of values that are secret, in lower case.
const NAMES: [&str; 4] = ["password=", "passwd=", "pwd=", "pass="];
const MASK: &str = "***";

/// An address in which everything after `password=` and its kin is hidden, up to the next `&`: other signs may be part
/// of the password.
pub(super) fn without_passwords(address: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(address.len()), address);
    // Same length: only ASCII letters change.
    let mut lower = address.to_ascii_lowercase();
    while let Some(at) = NAMES.iter().filter_map(|name| Some(lower.find(name)? + name.len())).min() {
        out.push_str(&rest[..at]);
        out.push_str(MASK);
        let end = rest[at..].find('&').map_or(rest.len(), |and| at + and);
        rest = &rest[end..];
        lower = lower.split_off(end);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_passwords_name_is_hidden() {
        for (address, shown) in [
            ("rtsp://h/user=admin&password=x&channel=1", "rtsp://h/user=admin&password=***&channel=1"),
            ("rtsp://h/user=admin_password=tl/J?w_channel=1", "rtsp://h/user=admin_password=***"),
            ("rtsp://h/v?PWD=a%26b&Passwd=c&u=d", "rtsp://h/v?PWD=***&Passwd=***&u=d"),
            ("rtsp://h/v?pass=pass=x&é=1", "rtsp://h/v?pass=***&é=1"),
            ("rtsp://h/v?password=", "rtsp://h/v?password=***"),
            ("rtsp://h/passage?compass&channel=1", "rtsp://h/passage?compass&channel=1"),
        ] {
            assert_eq!(without_passwords(address), shown);
        }
    }
}
