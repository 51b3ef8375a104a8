//! Pure. Where in the file something stands, for the sentence that names it.

use std::ops::Range;
use std::path::Path;

use crate::base::{Error, Kind};

/// The text being checked, to turn byte offsets into lines.
pub(super) struct Place<'a> {
    pub(super) file: &'a Path,
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// An error at a span: `lanewatch.toml, line 3, column 10: …`.
    pub(super) fn error(&self, span: Range<usize>, sentence: &str) -> Error {
        let (line, column) = position(self.text, span.start);
        Error::new(
            Kind::Invalid,
            format!("{}, line {line}, column {column}: {sentence}", self.file.display()),
        )
    }
}

/// Line and column of a byte, both from 1; columns count characters.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "a = 1\nname = \"Ngõ\" x";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 6), (2, 1));
        let x = text.find('x').expect("an x");
        assert_eq!(position(text, x), (2, 14));
        assert_eq!(position(text, 999), (2, 15));
    }
}
