//! Texts that name something and are compared: user ids, references, labels. Two that a reader cannot
//! tell apart must not be two names.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Why a text is no name. The message reads on after the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or too long.
    #[error("must have 1 to {chars_max} characters")]
    Length {
        /// How many it may have.
        chars_max: usize,
    },
    /// White space before or after it.
    #[error("must not begin or end with white space")]
    Ends,
    /// A character that cannot be seen.
    #[error("must not contain control, zero-width or other format characters (U+{code:04X})")]
    Hidden {
        /// Which one.
        code: u32,
    },
}

/// Checks a text that a client makes up as a name.
///
/// # Errors
/// [`NameError`] says what is wrong with it.
pub fn check_name(text: &str, chars_max: usize) -> Result<(), NameError> {
    let chars = text.chars().take(chars_max.saturating_add(1)).count();
    if chars == 0 || chars > chars_max {
        return Err(NameError::Length { chars_max });
    }
    // Before the ends: a line break there is told for what it is.
    if let Some(hidden) = text.chars().find(|character| is_hidden(*character)) {
        return Err(NameError::Hidden { code: u32::from(hidden) });
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(NameError::Ends);
    }
    Ok(())
}

/// Controls, format characters, breaks of lines and paragraphs, and what Unicode lets every program
/// leave out: Hangul fillers, variation selectors and the like.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_scripts() {
        for text in
            ["r-1", "a b", "é", "e\u{301}", "أحمد", "語", "🎟", "ann@example.com", "a\u{a0}b", "ΑΒ"]
        {
            assert_eq!(check_name(text, 20), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_one_to_so_many_characters() {
        for letter in ["a", "é", "語", "🎟"] {
            assert_eq!(check_name(&letter.repeat(255), 255), Ok(()), "{letter}");
            let longer = check_name(&letter.repeat(256), 255);
            assert_eq!(longer, Err(NameError::Length { chars_max: 255 }), "{letter}");
        }
        assert_eq!(check_name("", 255), Err(NameError::Length { chars_max: 255 }));
    }

    #[test]
    fn no_white_space_at_the_ends() {
        for space in [' ', '\u{a0}', '\u{1680}', '\u{2003}', '\u{202f}', '\u{3000}'] {
            for text in [format!("{space}a"), format!("a{space}"), space.to_string()] {
                assert_eq!(check_name(&text, 20), Err(NameError::Ends), "{text:?}");
            }
        }
    }

    #[test]
    fn nothing_that_cannot_be_seen() {
        for hidden in [
            '\0',
            '\t',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0061}',
            '\u{e0100}',
        ] {
            for text in [format!("a{hidden}b"), format!("{hidden}a"), format!("a{hidden}")] {
                let code = u32::from(hidden);
                assert_eq!(check_name(&text, 20), Err(NameError::Hidden { code }), "{text:?}");
            }
        }
    }
}
