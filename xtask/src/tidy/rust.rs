//! Rust text cut into code and comments, with literals emptied, so that a check neither takes a
//! word in a string for code nor loses count of braces.

/// `code` and `comments` have the same lines as the text they come from; each line ends in a break.
#[derive(Debug, Default)]
pub(crate) struct Rust {
    /// As it stands in the file.
    pub(crate) text: String,
    /// Without comments; each literal is `""`, with the line breaks it had in between.
    pub(crate) code: String,
    /// Comments alone, with their markers.
    pub(crate) comments: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Code,
    Comment,
    Literal,
}

impl Rust {
    pub(crate) fn parse(text: &str) -> Self {
        let mut rust = Self { text: text.to_owned(), ..Self::default() };
        let mut rest = text;
        while !rest.is_empty() {
            let NextPiece { piece, length } = next_piece(rest);
            let (head, tail) = rest.split_at(length);
            rust.push(&piece, head);
            rest = tail;
        }
        if !text.ends_with('\n') {
            rust.push(&Piece::Code, "\n");
        }
        rust
    }

    fn push(&mut self, piece: &Piece, text: &str) {
        let line_breaks = || text.chars().filter(|&c| c == '\n');
        match piece {
            Piece::Code => {
                self.code.push_str(text);
                self.comments.extend(line_breaks());
            }
            Piece::Comment => {
                self.code.extend(line_breaks());
                self.comments.push_str(text);
            }
            Piece::Literal => {
                self.code.push('"');
                self.code.extend(line_breaks());
                self.code.push('"');
                self.comments.extend(line_breaks());
            }
        }
    }

    /// The lines that hold more than space or comment, in order, counted from one. Lines inside a
    /// literal are data, not code.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = usize> {
        (1..).zip(self.code.lines()).filter(|(_, line)| !line.trim().is_empty()).map(|(n, _)| n)
    }

    /// The first line of the test code: the whole of a test file, or a `#[cfg(test)] mod … {`,
    /// which stands last in its file.
    pub(crate) fn tests_from(&self, path: &str) -> Option<usize> {
        if is_test_file(path) {
            return Some(1);
        }
        let mut marked = false;
        for (number, line) in (1..).zip(self.code.lines().map(str::trim)) {
            if line.starts_with("#[cfg(test)]") {
                marked = true;
            }
            let is_module = line.starts_with("mod ") || line.contains(" mod ");
            if marked && is_module && line.ends_with('{') {
                return Some(number);
            }
            if line.ends_with(['{', '}', ';']) {
                marked = false;
            }
        }
        None
    }
}

pub(super) fn is_test_file(path: &str) -> bool {
    let is_tests =
        |part: &str| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs");
    path.split('/').any(is_tests)
}

/// Whether `word` occurs in `text` with nothing of an identifier on either side.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    stands_apart(text, word, |letter| letter.is_alphanumeric() || letter == '_')
}

/// Whether the text has `part` with no letter beside it.
pub(super) fn stands_apart(text: &str, part: &str, is_letter: impl Fn(char) -> bool) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at.saturating_add(part.len())..));
        !before.and_then(|text| text.chars().next_back()).is_some_and(&is_letter)
            && !after.and_then(|text| text.chars().next()).is_some_and(&is_letter)
    })
}

/// What a text begins with.
struct NextPiece {
    piece: Piece,
    /// In bytes: at least one character, and up to a character's boundary.
    length: usize,
}

fn next_piece(rest: &str) -> NextPiece {
    if rest.starts_with("//") {
        return NextPiece { piece: Piece::Comment, length: rest.find('\n').unwrap_or(rest.len()) };
    }
    if rest.starts_with("/*") {
        return NextPiece { piece: Piece::Comment, length: block_comment(rest) };
    }
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (prefix, after) = rest.split_at(word);
    let literal = match prefix {
        "" | "b" | "c" => string(after).or_else(|| character(after)),
        "r" | "br" | "cr" => raw_string(after),
        _ => None,
    };
    match literal {
        Some(length) => NextPiece { piece: Piece::Literal, length: word.saturating_add(length) },
        None if word > 0 => NextPiece { piece: Piece::Code, length: word },
        None => {
            NextPiece { piece: Piece::Code, length: rest.chars().next().map_or(1, char::len_utf8) }
        }
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in rest.char_indices() {
        match (previous, c) {
            ('/', '*') => {
                depth = depth.saturating_add(1);
                previous = ' ';
            }
            ('*', '/') if depth <= 1 => return at.saturating_add(1),
            ('*', '/') => {
                depth = depth.saturating_sub(1);
                previous = ' ';
            }
            _ => previous = c,
        }
    }
    rest.len()
}

fn string(rest: &str) -> Option<usize> {
    rest.starts_with('"').then(|| closing(rest, '"').unwrap_or(rest.len()))
}

/// A character, not a lifetime: `'a'` and `'\n'`, but not `'a`.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' {
        return closing(rest, '\'');
    }
    let end = first.len_utf8().saturating_add(1);
    inside.get(first.len_utf8()..)?.starts_with('\'').then_some(end.saturating_add(1))
}

/// The length up to and with the closing quote, of a literal that begins with one.
fn closing(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return Some(at.saturating_add(1));
        }
    }
    None
}

fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.find(|c| c != '#')?;
    let (fence, after) = rest.split_at(hashes);
    let inside = after.strip_prefix('"')?;
    let end = format!("\"{fence}");
    let length = inside.find(&end).map_or(inside.len(), |at| at.saturating_add(end.len()));
    Some(hashes.saturating_add(1).saturating_add(length))
}

#[cfg(test)]
mod tests {
    use super::{Rust, has_word};

    #[track_caller]
    fn check(text: &str, code: &str, comments: &str) {
        let rust = Rust::parse(text);
        assert_eq!((rust.code, rust.comments), (format!("{code}\n"), format!("{comments}\n")));
    }

    #[test]
    fn comments_are_cut_out() {
        check("a(); // b {\nc", "a(); \nc", "// b {\n");
        check("a /* b /* { */ \n */ c", "a \n c", "/* b /* { */ \n */");
        check("/// a \"\nb", "\nb", "/// a \"\n");
        check("a /* never closed", "a ", "/* never closed");
        check("a /*/ b */ c", "a  c", "/*/ b */");
    }

    #[test]
    fn literals_are_emptied() {
        check(r#"a("{ // \" }", b)"#, r#"a("", b)"#, "");
        check("a(r\"\\\", '\"')", "a(\"\", \"\")", "");
        check("a(r##\"x\"# {\n\"##)", "a(\"\n\")", "\n");
        check("a(b\"{\", b'{', br#\"{\"#, c\"{\")", r#"a("", "", "", "")"#, "");
        check(r"a('\'', '\\', '\u{7d}', '}', 'ä')", r#"a("", "", "", "", "")"#, "");
        check("a(\"never closed", "a(\"\"", "");
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        check("fn f<'a>(x: &'a str, y: &'_ u8) {}", "fn f<'a>(x: &'a str, y: &'_ u8) {}", "");
        check("'outer: loop { r#type(bar) }", "'outer: loop { r#type(bar) }", "");
    }

    #[test]
    fn lines_inside_a_literal_are_not_code() {
        let rust = Rust::parse("a(\n// b\n\n\"c\nd\ne\");\n");
        assert_eq!(rust.code_lines().collect::<Vec<_>>(), [1, 4, 6]);
    }

    #[test]
    fn where_tests_begin() {
        let from = |path: &str, text: &str| Rust::parse(text).tests_from(path);
        assert_eq!(from("crates/a/tests/b.rs", "fn f() {}"), Some(1));
        assert_eq!(from("crates/a/src/b/tests.rs", "fn f() {}"), Some(1));
        assert_eq!(from("crates/a/src/b/c_tests.rs", "fn f() {}"), Some(1));
        assert_eq!(from("a.rs", "f\n#[cfg(test)]\n#[expect(\nx)]\nmod tests {\n}"), Some(5));
        assert_eq!(from("a.rs", "#[cfg(test)]\nmod tests;\nmod b {\n}"), None);
        assert_eq!(from("a.rs", "#[cfg(test)]\nfn f() {}\nmod b {\n}"), None);
        assert_eq!(from("a.rs", "// #[cfg(test)]\nmod b {\n}"), None);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("a(UNITS_MAX)", "UNITS_MAX"));
        assert!(!has_word("a(POOL_UNITS_MAX)", "UNITS_MAX"));
        assert!(!has_word("a(UNITS_MAX_2)", "UNITS_MAX"));
    }
}
