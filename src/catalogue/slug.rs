//! Pure. Names for addresses: `Ngõ 7 - cổng đình` becomes `ngo-7-cong-dinh`.

/// Lower-case ASCII letters and digits of a Vietnamese name, everything else one hyphen; never empty.
pub(super) fn slug(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letter) => out.push(letter),
            // Combining marks belong to the letter before them: names may arrive decomposed (NFD).
            None if ('\u{300}'..='\u{36f}').contains(&c) => {}
            None if !out.ends_with('-') && !out.is_empty() => out.push('-'),
            None => {}
        }
    }
    out.truncate(MAX);
    let trimmed = out.trim_end_matches('-');
    if trimmed.is_empty() { "camera".to_owned() } else { trimmed.to_owned() }
}

/// The first of `slug`, `slug-2`, `slug-3` … that is not taken.
pub(super) fn unique(base: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(base) {
        return base.to_owned();
    }
    let mut number = 2_u32;
    loop {
        let candidate = format!("{base}-{number}");
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

/// Longest slug: it stands in file names of exports.
const MAX: usize = 60;

/// The base letter of a lower-case Latin letter of Vietnamese (Unicode Latin-1, Extended-A/B, Extended Additional).
fn plain(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | '0'..='9' => c,
        'à'..='å' | 'ă' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ' | 'ẫ' | 'ậ' | 'ắ' | 'ằ' | 'ẳ' | 'ẵ' | 'ặ' => {
            'a'
        }
        'đ' => 'd',
        'è'..='ë' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => 'e',
        'ì'..='ï' | 'ĩ' | 'ỉ' | 'ị' => 'i',
        'ò'..='ö' | 'ơ' | 'ọ' | 'ỏ' | 'ố' | 'ồ' | 'ổ' | 'ỗ' | 'ộ' | 'ớ' | 'ờ' | 'ở' | 'ỡ' | 'ợ' => {
            'o'
        }
        'ù'..='ü' | 'ũ' | 'ư' | 'ụ' | 'ủ' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' => 'u',
        'ý' | 'ÿ' | 'ỳ' | 'ỵ' | 'ỷ' | 'ỹ' => 'y',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vietnamese_names_lose_their_marks_only() {
        assert_eq!(slug("Ngõ 7 - cổng đình"), "ngo-7-cong-dinh");
        assert_eq!(slug("  Đường Lê Lợi (phía Bắc)  "), "duong-le-loi-phia-bac");
        assert_eq!(slug("Ngõ 7 cổng"), slug("Ngo\u{303} 7 co\u{302}\u{309}ng"));
        assert_eq!(
            slug("ẮẰẲẴẶ ẤẦẨẪẬ ỐỒỔỖỘ ỚỜỞỠỢ ẾỀỂỄỆ ỨỪỬỮỰ ÝỲỶỸỴ ĨỈỊ"),
            "aaaaa-aaaaa-ooooo-ooooo-eeeee-uuuuu-yyyyy-iii"
        );
        assert_eq!(slug("***"), "camera");
        assert_eq!(slug("前門"), "camera");
    }

    #[test]
    fn a_taken_slug_gets_a_number() {
        let taken = ["ngo-7", "ngo-7-2"];
        assert_eq!(unique("ngo-7", |s| taken.contains(&s)), "ngo-7-3");
        assert_eq!(unique("ngo-8", |s| taken.contains(&s)), "ngo-8");
    }

    proptest! {
        #[test]
        fn a_slug_is_a_safe_path_part_and_stable(name in "\\PC{0,80}") {
            let s = slug(&name);
            prop_assert!(!s.is_empty() && s.len() <= MAX && !s.starts_with('-') && !s.ends_with('-'));
            prop_assert!(s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert_eq!(slug(&s), s);
        }
    }
}
