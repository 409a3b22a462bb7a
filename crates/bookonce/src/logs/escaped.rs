//! No line of the log moves a terminal's cursor or turns its text around, whatever a client sent. JSON has
//! to escape only what ASCII knows as control characters, and text only the same.

use std::fmt::Write as _;
use std::io::{self, Write};

use server::config::LogFormat;

/// Escapes control and format characters beyond ASCII in what it passes on, each write as a whole.
#[derive(Debug)]
pub(super) struct Escaped<W> {
    to: W,
    format: LogFormat,
}

impl<W> Escaped<W> {
    pub(super) const fn new(to: W, format: LogFormat) -> Self {
        Self { to, format }
    }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let has_hidden = |text: &&str| !text.is_ascii() || text.contains('\u{7f}');
        match str::from_utf8(line).ok().filter(has_hidden) {
            Some(text) => self.to.write_all(escape(text, self.format).as_bytes())?,
            None => self.to.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn escape(text: &str, format: LogFormat) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        let written = match format {
            _ if !is_hidden(char) => {
                escaped.push(char);
                Ok(())
            }
            LogFormat::Text => write!(escaped, "{}", char.escape_unicode()),
            LogFormat::Json => {
                let mut units = [0; 2];
                let mut units = char.encode_utf16(&mut units).iter();
                units.try_for_each(|unit| write!(escaped, "\\u{unit:04x}"))
            }
        };
        // A string takes everything.
        debug_assert!(written.is_ok());
    }
    escaped
}

/// Control characters beyond those that both formats escape already, and characters that are not seen but
/// change how others are shown.
const fn is_hidden(char: char) -> bool {
    matches!(char,
        '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(format: LogFormat, expected: Expect) {
        let mut out = Vec::new();
        let line = "Zoë \u{9b}31m \u{202e}txt\u{7f} \u{e0041} \u{1b}[1m\n";
        Escaped::new(&mut out, format).write_all(line.as_bytes()).expect("it is written");
        let out = String::from_utf8(out).expect("text");
        expected.assert_eq(&format!("{out:?}"));
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        check(
            LogFormat::Json,
            expect![[r#""Zoë \\u009b31m \\u202etxt\\u007f \\udb40\\udc41 \u{1b}[1m\n""#]],
        );
        // What colours a terminal is the formatter's own: it has escaped what came from others.
        check(
            LogFormat::Text,
            expect![[r#""Zoë \\u{9b}31m \\u{202e}txt\\u{7f} \\u{e0041} \u{1b}[1m\n""#]],
        );
    }
}
