//! Pure. What to press on each kind of device to trust a certificate, Vietnamese and English.

/// A kind of device.
pub(super) struct Platform {
    pub(super) title: &'static str,
    /// Words of its browsers' `User-Agent`.
    pub(super) agents: &'static [&'static str],
    /// What to download.
    pub(super) file: &'static str,
    /// Vietnamese and English; `{name}` is the authority's name.
    pub(super) steps: &'static [(&'static str, &'static str)],
}

/// The first whose words stand in the `User-Agent` counts, so Android comes before Linux.
pub(super) const PLATFORMS: [Platform; 5] = [
    Platform {
        title: "Android",
        agents: &["Android"],
        file: "/ca.crt",
        steps: &[
            (
                "Mở trang này bằng <b>Chrome</b> (không mở trong Zalo hay Facebook), bấm <b>Tải chứng chỉ</b>.",
                "Open this page in <b>Chrome</b> (not inside Zalo or Facebook) and press <b>Download</b>.",
            ),
            (
                "Mở <b>Cài đặt</b>, tìm <b>chứng chỉ CA</b>. Thường ở: Bảo mật và quyền riêng tư → Cài đặt bảo mật khác → \
                 Mã hóa và thông tin xác thực → Cài đặt chứng chỉ → <b>Chứng chỉ CA</b>.",
                "Open <b>Settings</b> and search for <b>CA certificate</b>. Mostly: Security and privacy → More security \
                 settings → Encryption and credentials → Install a certificate → <b>CA certificate</b>.",
            ),
            (
                "Bấm <b>Vẫn cài đặt</b>, nhập mã khóa màn hình, chọn tệp <b>ca.crt</b> trong mục Tải xuống.",
                "Press <b>Install anyway</b>, enter the screen lock, choose the file <b>ca.crt</b> in Downloads.",
            ),
            (
                "Trở lại trang này, bấm <b>Kiểm tra lại</b>. Sau đó Android có thể báo \u{201c}Mạng có thể bị giám sát\u{201d}: \
                 chứng chỉ này chỉ dùng được cho đầu ghi trong mạng nhà.",
                "Come back here and press <b>Check again</b>. Android may then say that the network may be monitored: this \
                 certificate is good only for the recorder in its own network.",
            ),
        ],
    },
    Platform {
        title: "iPhone, iPad",
        agents: &["iPhone", "iPad", "iPod"],
        file: "/ca.mobileconfig",
        steps: &[
            (
                "Mở trang này bằng <b>Safari</b>, bấm <b>Tải chứng chỉ</b>, rồi <b>Cho phép</b>.",
                "Open this page in <b>Safari</b>, press <b>Download</b>, then <b>Allow</b>.",
            ),
            (
                "Mở <b>Cài đặt</b> → <b>Đã tải về hồ sơ</b> → <b>Cài đặt</b>, nhập mật mã máy.",
                "Open <b>Settings</b> → <b>Profile Downloaded</b> → <b>Install</b>, enter the passcode.",
            ),
            (
                "Vào <b>Cài đặt</b> → Cài đặt chung → Giới thiệu → <b>Cài đặt tin cậy chứng nhận</b>, bật <b>{name}</b>. Thiếu bước \
                 này thì máy vẫn chưa tin cậy.",
                "Go to <b>Settings</b> → General → About → <b>Certificate Trust Settings</b> and switch on <b>{name}</b>. Without \
                 this step there is no trust.",
            ),
            (
                "Trở lại trang này, bấm <b>Kiểm tra lại</b>. Để nhận cảnh báo: mở ứng dụng, bấm <b>Chia sẻ</b> → <b>Thêm vào MH \
                 chính</b>, rồi mở từ màn hình chính.",
                "Come back here and press <b>Check again</b>. For alerts: open the app, press <b>Share</b> → <b>Add to Home \
                 Screen</b>, then open it from there.",
            ),
        ],
    },
    Platform {
        title: "Windows",
        agents: &["Windows"],
        file: "/ca.crt",
        steps: &[
            (
                "Tải tệp <b>ca.crt</b> rồi mở nó, bấm <b>Cài đặt chứng chỉ…</b> (Install Certificate).",
                "Download <b>ca.crt</b>, open it and press <b>Install Certificate…</b>.",
            ),
            (
                "Chọn <b>Người dùng hiện tại</b> (Current User), rồi <b>Đặt tất cả chứng chỉ vào kho sau</b> → Duyệt → <b>Trusted \
                 Root Certification Authorities</b>.",
                "Choose <b>Current User</b>, then <b>Place all certificates in the following store</b> → Browse → <b>Trusted Root \
                 Certification Authorities</b>.",
            ),
            (
                "Bấm Tiếp, Hoàn tất, rồi <b>Có</b> khi được hỏi. Đóng hẳn trình duyệt, mở lại trang này và kiểm tra.",
                "Press Next, Finish, and <b>Yes</b> when asked. Close the browser, open this page again and check.",
            ),
            (
                "Firefox: Cài đặt → Quyền riêng tư và bảo mật → Chứng chỉ → Xem chứng chỉ → Nhà thẩm định → <b>Nhập</b>.",
                "Firefox: Settings → Privacy and Security → Certificates → View Certificates → Authorities → <b>Import</b>.",
            ),
        ],
    },
    Platform {
        title: "macOS",
        agents: &["Mac OS X", "Macintosh"],
        file: "/ca.crt",
        steps: &[
            (
                "Tải tệp <b>ca.crt</b> rồi mở nó; <b>Truy cập chuỗi khóa</b> (Keychain Access) thêm nó vào chuỗi khóa đăng nhập.",
                "Download <b>ca.crt</b> and open it; <b>Keychain Access</b> adds it to the login keychain.",
            ),
            (
                "Bấm đúp vào <b>{name}</b> → <b>Tin cậy</b> (Trust) → chọn <b>Luôn tin cậy</b> (Always Trust), đóng cửa sổ và nhập \
                 mật khẩu máy.",
                "Double-click <b>{name}</b> → <b>Trust</b> → choose <b>Always Trust</b>, close the window and enter the password.",
            ),
        ],
    },
    Platform {
        title: "Linux",
        agents: &["Linux", "X11"],
        file: "/ca.pem",
        steps: &[
            (
                "Chrome: <code>chrome://certificate-manager</code> → Do bạn cài đặt → Chứng chỉ đáng tin cậy → <b>Nhập</b>. Firefox: \
                 Cài đặt → Quyền riêng tư và bảo mật → Chứng chỉ → Nhà thẩm định → <b>Nhập</b>.",
                "Chrome: <code>chrome://certificate-manager</code> → Installed by you → Trusted certificates → <b>Import</b>. \
                 Firefox: Settings → Privacy and Security → Certificates → Authorities → <b>Import</b>.",
            ),
            (
                "Cho các chương trình khác: <code>sudo cp ca.pem /usr/local/share/ca-certificates/lanewatch.crt &amp;&amp; sudo \
                 update-ca-certificates</code>",
                "For other programs: <code>sudo cp ca.pem /usr/local/share/ca-certificates/lanewatch.crt &amp;&amp; sudo \
                 update-ca-certificates</code>",
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_by_their_browsers() {
        let of = |agent: &str| {
            let found = PLATFORMS.iter().find(|p| p.agents.iter().any(|a| agent.contains(a)));
            found.map_or("", |p| p.title)
        };
        assert_eq!(of("Mozilla/5.0 (Linux; Android 15; K) Chrome/140.0 Mobile"), "Android");
        assert_eq!(of("Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Safari"), "iPhone, iPad");
        assert_eq!(of("Mozilla/5.0 (Windows NT 10.0; Win64; x64)"), "Windows");
        assert_eq!(of("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"), "macOS");
        assert_eq!(of("Mozilla/5.0 (X11; Linux x86_64)"), "Linux");
        assert_eq!(of("curl/8"), "");
    }

    #[test]
    fn every_step_is_said_in_both_languages_and_closes_its_marks() {
        for platform in &PLATFORMS {
            for (vi, en) in platform.steps {
                for text in [vi, en] {
                    assert!(!text.is_empty() && !text.contains("  "), "{text}");
                    for mark in ["b", "code"] {
                        let (open, close) = (format!("<{mark}>"), format!("</{mark}>"));
                        assert_eq!(text.matches(&open).count(), text.matches(&close).count(), "{text}");
                    }
                }
            }
        }
    }
}
