//! Pure. What an alert says, in the language of whoever gets it: a title that tells what and where, a line that tells when.
//! It names no camera that they do not see, and holds no picture: the push service and a locked screen may be read by others.

use serde::Deserialize;
use serde_json::Value;

use crate::base::{CameraId, Ticks, Zone};
use crate::catalogue::{Alert, AlertKind, Scope};

/// Lines of a digest that are written out.
const LINES: usize = 5;
/// Longest name that is written out, in characters.
const NAME: usize = 40;

/// Languages that alerts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Language {
    /// The one of this locale; Vietnamese where it is another.
    pub(super) fn of(locale: &str) -> Self {
        if locale.starts_with("en") { Self::En } else { Self::Vi }
    }

    /// Its tag (RFC 5646).
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

/// A camera as an alert remembers it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Option<CameraId>,
    name: String,
    area: String,
    /// Seconds that were lost.
    lost_s: f64,
}

/// What an alert's words are made of; what is not there says nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Facts {
    cameras: Vec<Named>,
    zones: Vec<String>,
    object: Option<String>,
    tamper: String,
    cause: String,
    code: String,
    path: String,
    off_s: f64,
    /// The machine ran on: only the recorder itself was off.
    alone: bool,
}

/// Title and body of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What and where.
    pub title: String,
    /// When, and what more there is to say.
    pub body: String,
}

/// For whom words are made.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// Their language.
    pub(super) language: Language,
    /// What they may know of.
    pub(super) scope: &'a Scope,
    /// The site's zone.
    pub(super) zone: Zone,
    /// Now: what is of another day says so.
    pub(super) now: Ticks,
}

fn short(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((cut, _)) => format!("{}…", &name[..cut]),
        None => name.to_owned(),
    }
}

impl Reader<'_> {
    fn say<'a>(&self, vi: &'a str, en: &'a str) -> &'a str {
        self.language.pick(vi, en)
    }

    /// `22:14`, with the day where it is another than today.
    fn when(&self, at: Ticks) -> String {
        let time = self.zone.hour_minute(at);
        if self.zone.day_of(at) == self.zone.day_of(self.now) {
            return time;
        }
        format!("{time} {} {}", self.say("ngày", "on"), self.zone.day_month(at))
    }

    fn seconds(&self, seconds: f64) -> String {
        let written = match seconds {
            s if s < 9.95 => format!("{s:.1}"),
            s if s < 90.0 => format!("{s:.0}"),
            s if s < 90.0 * 60.0 => return format!("{:.0} {}", s / 60.0, self.say("phút", "min")),
            s if s < 48.0 * 3600.0 => return format!("{:.0} {}", s / 3600.0, self.say("giờ", "h")),
            s => return format!("{:.0} {}", s / 86_400.0, self.say("ngày", "days")),
        };
        let written = if self.language == Language::Vi { written.replace('.', ",") } else { written };
        format!("{written} {}", self.say("giây", "s"))
    }

    /// Names of the cameras that the reader sees; the area where there are many and they share one.
    fn place(&self, cameras: &[Named]) -> String {
        let names: Vec<String> = cameras.iter().map(|camera| short(&camera.name)).collect();
        match names.as_slice() {
            [] => self.say("Đầu ghi", "Recorder").to_owned(),
            [one] => one.clone(),
            [first, .., last] if names.len() <= 3 => match names.len() {
                2 => format!("{first} → {last}"),
                _ => names.join(" → "),
            },
            [first, .., last] => format!("{first} → … → {last}"),
        }
    }

    fn shared_area<'a>(&self, cameras: &'a [Named]) -> Option<&'a str> {
        let (first, others) = cameras.split_first()?;
        let same = !first.area.is_empty() && others.iter().all(|camera| camera.area == first.area);
        (same && !others.is_empty()).then_some(first.area.as_str())
    }

    fn object(&self, object: Option<&str>) -> &str {
        match object {
            Some("person") => self.say("có người", "a person"),
            Some("vehicle") => self.say("có xe", "a vehicle"),
            Some("animal") => self.say("có con vật", "an animal"),
            _ => self.say("có chuyển động", "motion"),
        }
    }

    fn motion(&self, alert: &Alert, facts: &Facts, cameras: &[Named]) -> Words {
        // Nobody hears what was learned at a camera that they do not see.
        let sees_all = alert.cameras.iter().all(|camera| self.scope.sees(*camera));
        let object = facts.object.as_deref().filter(|_| sees_all);
        let title = format!("{}: {}", self.place(cameras), self.object(object));
        let mut body = self.when(alert.from);
        if alert.seen - alert.from >= 60 * crate::base::TICKS_PER_SECOND {
            body = format!("{body} – {}", self.zone.hour_minute(alert.seen));
        }
        // Zones are the first camera's: nobody hears of one that they do not see.
        let sees_first = alert.cameras.first().is_none_or(|first| self.scope.sees(*first));
        if let Some(zone) = facts.zones.first().filter(|_| sees_first && cameras.len() == 1) {
            body = format!("{body} – {}", short(zone));
        }
        if cameras.len() > 1 {
            body = format!("{body}, {} camera{}", cameras.len(), self.say("", "s"));
        }
        Words { title, body }
    }

    fn tamper(&self, alert: &Alert, facts: &Facts, cameras: &[Named]) -> Words {
        let what = match facts.tamper.as_str() {
            "tamper_covered" => self.say("camera bị che", "the camera is covered"),
            "tamper_defocused" => self.say("hình bị mờ", "the picture is out of focus"),
            "tamper_turned" => self.say("camera bị xoay", "the camera was turned"),
            "tamper_frozen" => self.say("hình đứng yên", "the picture stands still"),
            "tamper_black" => self.say("hình tối đen", "the picture is black"),
            _ => self.say("camera bị che hoặc xoay", "the camera is covered or turned"),
        };
        Words { title: format!("{}: {what}", self.place(cameras)), body: self.when(alert.from) }
    }

    fn cameras(&self, alert: &Alert, facts: &Facts, cameras: &[Named], lost: bool) -> Words {
        let what = if lost {
            self.say("mất hình", "no picture")
        } else {
            self.say("có hình lại", "picture is back")
        };
        let area = self.shared_area(cameras);
        let title = match (cameras.len(), area) {
            (0 | 1, _) => format!("{}: {what}", self.place(cameras)),
            (n, Some(area)) => format!("{}: {what} {n} camera{}", short(area), self.say("", "s")),
            (n, None) => format!("{n} camera{}: {what}", self.say("", "s")),
        };
        let mut body = format!("{} {}", self.say("từ", "since"), self.when(alert.from));
        if lost && let Some(area) = area {
            let hint = self.say("có thể do switch hoặc nguồn điện của", "perhaps the switch or the power of");
            body = format!("{body} – {hint} {}", short(area));
        } else if lost && facts.cause == "camera_auth" {
            body = format!(
                "{body} – {}",
                self.say("camera từ chối mật khẩu", "the camera refuses the password")
            );
        }
        if cameras.len() > 1 {
            let names: Vec<String> = cameras.iter().take(LINES).map(|camera| short(&camera.name)).collect();
            let more = if cameras.len() > LINES { " …" } else { "" };
            body = format!("{body}\n{}{more}", names.join(", "));
        }
        Words { title, body }
    }

    fn recorder(&self, alert: &Alert, facts: &Facts, cameras: &[Named]) -> Words {
        let code = match alert.kind {
            AlertKind::Clock => "clock_doubted",
            AlertKind::Guessing => "guessing",
            _ => facts.code.as_str(),
        };
        let what = match code {
            "disk_nearly_full" => self.say("ổ cứng sắp đầy", "the disk is nearly full"),
            "disk_full" => {
                self.say("ổ cứng đầy, sắp ngừng ghi", "the disk is full, recording is about to stop")
            }
            "disk_absent" => self.say("không thấy ổ cứng", "a disk is missing"),
            "disk_error" => self.say("ổ cứng bị lỗi", "a disk is failing"),
            "nothing_to_delete" => {
                self.say("ổ cứng đầy, không còn gì để xóa", "the disk is full and nothing may be deleted")
            }
            "deleting_fails" => self.say("không xóa được bản ghi cũ", "old footage cannot be deleted"),
            "days_min_broken" => {
                self.say("không giữ đủ số ngày đã hẹn", "footage goes before the promised days")
            }
            "guessing" => self.say("có người đang dò mật khẩu", "somebody is guessing passwords"),
            "clock_doubted" => self.say("đồng hồ đầu ghi có thể sai", "the recorder's clock may be wrong"),
            _ => self.say("cần kiểm tra", "please look"),
        };
        if alert.kind == AlertKind::NotRecording {
            let what = self.say("có hình nhưng KHÔNG GHI được", "pictures come but are NOT recorded");
            let title = format!("{}: {what}", self.place(cameras));
            return Words { title, body: format!("{} {}", self.say("từ", "since"), self.when(alert.from)) };
        }
        let title = format!("{}: {what}", self.say("Đầu ghi", "Recorder"));
        let body = match facts.path.as_str() {
            "" => self.when(alert.from),
            // Of several disks.
            path => format!("{path} – {}", self.when(alert.from)),
        };
        Words { title, body }
    }

    /// "lost 1.4 s on camera 3": whoever asks later why there is no footage has been told.
    fn restarted(&self, alert: &Alert, facts: &Facts, cameras: &[Named]) -> Words {
        let title = match facts.alone {
            // Nobody should go and look at the fuse.
            true => self.say("Phần mềm đầu ghi đã tự chạy lại", "The recorder's software has started again"),
            false => self.say(
                "Đầu ghi đã chạy lại sau khi mất điện",
                "The recorder is running again after a power cut",
            ),
        };
        let title = title.to_owned();
        let off = self.seconds(facts.off_s);
        let mut body = format!(
            "{} {}, {} {off}",
            self.say("lúc", "at"),
            self.when(alert.seen),
            self.say("tắt", "off for")
        );
        let mut lost: Vec<&Named> = cameras.iter().filter(|camera| camera.lost_s >= 0.05).collect();
        lost.sort_by(|a, b| b.lost_s.total_cmp(&a.lost_s));
        let named: Vec<String> = lost
            .iter()
            .take(LINES)
            .map(|camera| format!("{} {}", self.seconds(camera.lost_s), self.on(&camera.name)))
            .collect();
        let more = if lost.len() > LINES { " …" } else { "" };
        let what = if named.is_empty() {
            self.say("không mất đoạn nào trước đó", "nothing before it was lost").to_owned()
        } else {
            format!("{} {}{more}", self.say("mất", "lost"), named.join(", "))
        };
        body = format!("{body}\n{what}");
        Words { title, body }
    }

    fn on(&self, name: &str) -> String {
        format!("{} {}", self.say("ở", "on"), short(name))
    }

    /// What an alert says to this reader.
    pub(super) fn words(&self, alert: &Alert) -> Words {
        let mut facts: Facts = serde_json::from_value(alert.facts.clone()).unwrap_or_default();
        let named = std::mem::take(&mut facts.cameras);
        let cameras: Vec<Named> =
            named.into_iter().filter(|camera| camera.id.is_none_or(|id| self.scope.sees(id))).collect();
        match alert.kind {
            AlertKind::Motion => self.motion(alert, &facts, &cameras),
            AlertKind::Tamper => self.tamper(alert, &facts, &cameras),
            AlertKind::CameraLost => self.cameras(alert, &facts, &cameras, true),
            AlertKind::CameraBack => self.cameras(alert, &facts, &cameras, false),
            AlertKind::NotRecording | AlertKind::Disk | AlertKind::Clock | AlertKind::Guessing => {
                self.recorder(alert, &facts, &cameras)
            }
            AlertKind::Restarted => self.restarted(alert, &facts, &cameras),
            AlertKind::Digest => self.digest(alert, &[], 0),
            AlertKind::Test => Words {
                title: self.say("Thử cảnh báo", "Test alert").to_owned(),
                body: format!(
                    "{} {}",
                    self.say("Máy này nhận được cảnh báo. Gửi lúc", "This device gets alerts. Sent at"),
                    self.when(alert.from)
                ),
            },
        }
    }

    /// What a message says that tries a channel of the site.
    pub(super) fn channel_test(&self) -> Words {
        let body = self.say("Kênh này gửi được cảnh báo. Gửi lúc", "Alerts arrive by this channel. Sent at");
        Words {
            title: self.say("Thử cảnh báo", "Test alert").to_owned(),
            body: format!("{body} {}", self.when(self.now)),
        }
    }

    /// What a digest says: the most important first, and how many there are in all.
    pub(super) fn digest(&self, digest: &Alert, members: &[Alert], count: u64) -> Words {
        let title = match self.language {
            Language::Vi => format!("{count} cảnh báo chưa báo"),
            Language::En => format!("{count} alerts while you were not told"),
        };
        let mut lines: Vec<String> = Vec::new();
        for alert in members.iter().filter(|alert| alert.concerns(self.scope)).take(LINES) {
            let words = self.words(alert);
            lines.push(format!("{} {}", self.when(alert.from), words.title));
        }
        let more = count.saturating_sub(lines.len() as u64);
        if more > 0 {
            let last = match self.language {
                Language::Vi => format!("và {more} cảnh báo khác"),
                Language::En => format!("and {more} more"),
            };
            lines.push(last);
        }
        if lines.is_empty() {
            lines.push(self.when(digest.from));
        }
        Words { title, body: lines.join("\n") }
    }
}

/// What an alert remembers of a camera.
pub(super) fn named(id: CameraId, name: &str, area: &str) -> Value {
    serde_json::json!({"id": id, "name": name, "area": area})
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::base::TICKS_PER_SECOND;

    fn at(text: &str) -> Ticks {
        Ticks::parse(text).expect("a time")
    }

    fn reader(scope: &Scope, language: Language) -> Reader<'_> {
        Reader { language, scope, zone: Zone::HO_CHI_MINH, now: at("2026-11-27T23:00:00+07:00") }
    }

    fn alert(kind: AlertKind, cameras: &[(CameraId, &str, &str)], facts: Value) -> Alert {
        let from = at("2026-11-27T22:14:05+07:00");
        let mut facts = facts;
        facts["cameras"] = cameras.iter().map(|(id, name, area)| named(*id, name, area)).collect();
        let cameras = cameras.iter().map(|(id, ..)| *id).collect();
        Alert { cameras, rank: 0.5, facts, ..Alert::new(Uuid::nil(), kind, from) }
    }

    fn ids() -> [CameraId; 6] {
        [1, 2, 3, 4, 5, 6].map(|n| CameraId::fresh(Ticks(n)))
    }

    #[test]
    fn a_walker_is_told_with_place_time_and_zone() {
        let [a, b, ..] = ids();
        let all = Scope::everything();
        let one = alert(AlertKind::Motion, &[(a, "Ngõ 7", "")], json!({"zones": ["vùng cổng"]}));
        let words = reader(all, Language::Vi).words(&one);
        assert_eq!(
            (words.title.as_str(), words.body.as_str()),
            ("Ngõ 7: có chuyển động", "22:14 – vùng cổng")
        );
        let mut two =
            alert(AlertKind::Motion, &[(a, "Ngõ 7", ""), (b, "Sân Đình", "")], json!({"object": "person"}));
        two.seen = two.from + 300 * TICKS_PER_SECOND;
        let words = reader(all, Language::Vi).words(&two);
        assert_eq!(
            (words.title.as_str(), words.body.as_str()),
            ("Ngõ 7 → Sân Đình: có người", "22:14 – 22:19, 2 camera")
        );
    }

    #[test]
    fn nobody_reads_the_name_of_a_camera_that_they_do_not_see() {
        let [a, b, ..] = ids();
        let some = Scope::nothing();
        let alert = alert(
            AlertKind::Motion,
            &[(a, "Ngõ 7", "Xóm"), (b, "Két sắt", "Xóm")],
            json!({"zones": ["két"]}),
        );
        let words = reader(&some, Language::Vi).words(&alert);
        assert!(!format!("{words:?}").contains("Ngõ") && !format!("{words:?}").contains("Két"), "{words:?}");
        assert!(!words.body.contains("két"), "{words:?}");
    }

    #[test]
    fn six_cameras_of_one_lane_name_the_lane_and_what_to_look_at() {
        let ids = ids();
        let names = ["A", "B", "C", "D", "E", "F"];
        let cameras: Vec<_> = ids.iter().zip(names).map(|(id, name)| (*id, name, "Ngõ 4")).collect();
        let words = reader(Scope::everything(), Language::Vi).words(&alert(
            AlertKind::CameraLost,
            &cameras,
            json!({}),
        ));
        assert_eq!(words.title, "Ngõ 4: mất hình 6 camera");
        assert!(
            words.body.starts_with("từ 22:14 – có thể do switch hoặc nguồn điện của Ngõ 4\nA, B, C, D, E …"),
            "{}",
            words.body
        );
    }

    #[test]
    fn a_power_cut_says_what_was_lost_and_where() {
        let [a, b, ..] = ids();
        let mut alert = alert(AlertKind::Restarted, &[], json!({"off_s": 180.0}));
        alert.facts["cameras"] = json!([
            {"id": a, "name": "Camera 3", "lost_s": 1.4}, {"id": b, "name": "Camera 4", "lost_s": 0.0},
        ]);
        let vi = reader(Scope::everything(), Language::Vi).words(&alert);
        assert_eq!(vi.body, "lúc 22:14, tắt 3 phút\nmất 1,4 giây ở Camera 3");
        let en = reader(Scope::everything(), Language::En).words(&alert);
        assert_eq!(en.body, "at 22:14, off for 3 min\nlost 1.4 s on Camera 3");
        assert_eq!(vi.title, "Đầu ghi đã chạy lại sau khi mất điện");
        alert.facts["alone"] = json!(true);
        let words = || reader(Scope::everything(), Language::Vi).words(&alert).title;
        assert_eq!(words(), "Phần mềm đầu ghi đã tự chạy lại");
        for (off, said) in [(7200.0, "tắt 2 giờ"), (4320.0 * 60.0, "tắt 3 ngày")] {
            let mut long = alert.clone();
            long.facts["off_s"] = json!(off);
            let body = reader(Scope::everything(), Language::Vi).words(&long).body;
            assert!(body.contains(said), "{body}");
        }
    }

    #[test]
    fn a_digest_counts_all_and_writes_out_five() {
        let [a, ..] = ids();
        let members: Vec<Alert> =
            (0..7).map(|_| alert(AlertKind::Motion, &[(a, "Ngõ 7", "")], json!({}))).collect();
        let digest = alert(AlertKind::Digest, &[], json!({}));
        let words = reader(Scope::everything(), Language::Vi).digest(&digest, &members, 150);
        assert_eq!(words.title, "150 cảnh báo chưa báo");
        assert_eq!(words.body.lines().count(), 6);
        assert!(words.body.ends_with("và 145 cảnh báo khác"), "{}", words.body);
    }

    #[test]
    fn every_kind_has_words_in_both_languages() {
        for kind in AlertKind::ALL {
            for language in [Language::Vi, Language::En] {
                let words = reader(Scope::everything(), language).words(&alert(kind, &[], json!({})));
                assert!(!words.title.is_empty() && !words.body.is_empty(), "{kind:?}");
            }
        }
    }
}
