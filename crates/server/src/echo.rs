//! What an error repeats of what a client sent: the beginning, which tells what is meant, and no more.

use std::borrow::Cow;

/// Characters of a name that an error repeats.
pub(crate) const ECHO_CHARS_MAX: usize = 64;

/// A name as an error repeats it.
pub(crate) fn cut(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(ECHO_CHARS_MAX) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()).into(),
        None => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_is_cut() {
        let longest = "é".repeat(ECHO_CHARS_MAX);
        assert_eq!(cut(&longest), longest);
        assert_eq!(cut(&format!("{longest}x")), format!("{longest}…"));
    }
}
