//! The scanner: from bytes to a tree, or to what is wrong with them and where.

use core::fmt;
use std::borrow::Cow;

use super::path::FieldPath;
use super::{JSON_DEPTH_MAX, JSON_VALUES_MAX, Member, Node};

/// Why a body is not a JSON document that the API takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub reason: Reason,
    /// At which byte of the body, from 0.
    pub at: usize,
    /// In which field, as far as the scanner had come.
    pub path: FieldPath,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Bytes that are no UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// The three bytes that some editors put first.
    #[error("the body begins with a byte order mark")]
    ByteOrderMark,
    /// The text stops before the document is complete.
    #[error("the body ends before the JSON document does")]
    End,
    /// More text after the document.
    #[error("more text follows the JSON document")]
    Trailing,
    /// No value begins like this.
    #[error("expected a value")]
    Value,
    /// A member begins with its name.
    #[error("expected a member's name in double quotes")]
    Name,
    /// A colon follows the name.
    #[error("expected `:` after the member's name")]
    Colon,
    /// After a member.
    #[error("expected `,` or `}}`")]
    CommaOrBrace,
    /// After an item.
    #[error("expected `,` or `]`")]
    CommaOrBracket,
    /// A comma and then nothing.
    #[error("a comma must not stand before the closing bracket")]
    TrailingComma,
    /// Digits are missing.
    #[error("expected a digit")]
    Digit,
    /// `007`.
    #[error("a number must not begin with a needless 0")]
    LeadingZero,
    /// `1e999`.
    #[error("the number is out of range")]
    NumberRange,
    /// Raw control characters.
    #[error("a control character in a string must be escaped")]
    Control,
    /// `\x`.
    #[error("no such escape")]
    Escape,
    /// Half of a pair.
    #[error("a surrogate must be half of a pair")]
    Surrogate,
    /// U+0000, raw or escaped.
    #[error("U+0000 is not allowed")]
    Nul,
    /// Too many brackets.
    #[error("arrays and objects are more than {JSON_DEPTH_MAX} deep")]
    Depth,
    /// Too many values.
    #[error("the document has more than {JSON_VALUES_MAX} values")]
    Values,
    /// A name that was there before.
    #[error("the member appears twice")]
    Twice,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (byte {}", self.reason, self.at)?;
        if !self.path.is_root() {
            write!(out, ", in {}", self.path)?;
        }
        out.write_str(")")
    }
}

impl std::error::Error for SyntaxError {}

impl SyntaxError {
    fn new(reason: Reason, at: usize) -> Self {
        Self { reason, at, path: FieldPath::default() }
    }

    fn under_name(self, name: &str) -> Self {
        Self { path: self.path.under_name(name), ..self }
    }

    fn under_index(self, index: usize) -> Self {
        Self { path: self.path.under_index(index), ..self }
    }
}

/// The one document that the bytes are.
pub(super) fn document(body: &[u8]) -> Result<Node<'_>, SyntaxError> {
    scan(body, true)
}

/// Whether the bytes are one document, without keeping any of it. Only members that appear twice are
/// not found: that takes all names of an object.
pub(super) fn check(body: &[u8]) -> Result<(), SyntaxError> {
    scan(body, false).map(|_nothing| ())
}

fn scan(body: &[u8], keeps: bool) -> Result<Node<'_>, SyntaxError> {
    let text = str::from_utf8(body)
        .map_err(|error| SyntaxError::new(Reason::NotUtf8, error.valid_up_to()))?;
    if text.starts_with('\u{feff}') {
        return Err(SyntaxError::new(Reason::ByteOrderMark, 0));
    }
    let mut scanner = Scanner { text, at: 0, values: 0, keeps };
    scanner.white_space();
    let root = scanner.value(0)?;
    scanner.white_space();
    if scanner.at < text.len() {
        return Err(scanner.error(Reason::Trailing));
    }
    Ok(root)
}

/// Invariant: `at` is a character boundary of `text` whenever a method returns `Ok`.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// How many values there were so far; a member counts as [`MEMBER_VALUES`] more.
    values: usize,
    /// Whether arrays and objects keep what is in them.
    keeps: bool,
}

/// A member takes as much memory as its value and so many others.
const MEMBER_VALUES: usize = 2;

impl<'a> Scanner<'a> {
    /// The value that begins here, inside `depth` brackets.
    fn value(&mut self, depth: usize) -> Result<Node<'a>, SyntaxError> {
        self.count(1)?;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Node::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null", Node::Null),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(_) | None => Err(self.error(Reason::Value)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, SyntaxError> {
        self.enter(depth)?;
        let mut members = Vec::new();
        if self.eat(b'}') {
            return Ok(Node::Object(members));
        }
        loop {
            let member = self.member(depth)?;
            if self.keeps {
                members.push(member);
            }
            if self.eat(b'}') {
                return sorted(members).map(Node::Object);
            }
            self.comma(b'}', Reason::CommaOrBrace)?;
        }
    }

    fn member(&mut self, depth: usize) -> Result<Member<'a>, SyntaxError> {
        let at = self.at;
        self.count(MEMBER_VALUES)?;
        if self.peek() != Some(b'"') {
            return Err(self.error(Reason::Name));
        }
        let name = self.string()?;
        self.white_space();
        if !self.eat(b':') {
            return Err(self.error(Reason::Colon).under_name(&name));
        }
        let value = self.value(depth + 1).map_err(|error| error.under_name(&name))?;
        self.white_space();
        Ok(Member { name, at, value })
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, SyntaxError> {
        self.enter(depth)?;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Node::Array(items));
        }
        for index in 0.. {
            let item = self.value(depth + 1).map_err(|error| error.under_index(index))?;
            if self.keeps {
                items.push(item);
            }
            self.white_space();
            if self.eat(b']') {
                break;
            }
            self.comma(b']', Reason::CommaOrBracket)?;
        }
        items.shrink_to_fit();
        Ok(Node::Array(items))
    }

    /// Counts so many values more.
    fn count(&mut self, values: usize) -> Result<(), SyntaxError> {
        self.values += values;
        if self.values > JSON_VALUES_MAX {
            return Err(self.error(Reason::Values));
        }
        Ok(())
    }

    /// Goes past an opening bracket that stands inside `depth` others.
    fn enter(&mut self, depth: usize) -> Result<(), SyntaxError> {
        if depth >= JSON_DEPTH_MAX {
            return Err(self.error(Reason::Depth));
        }
        self.at += 1;
        self.white_space();
        Ok(())
    }

    /// Goes past the comma after a member or item.
    fn comma(&mut self, closing: u8, reason: Reason) -> Result<(), SyntaxError> {
        if !self.eat(b',') {
            return Err(self.error(reason));
        }
        if self.peek() == Some(closing) {
            return Err(self.error(Reason::TrailingComma));
        }
        Ok(())
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, SyntaxError> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(SyntaxError::new(Reason::Value, self.at));
        }
        self.at += word.len();
        Ok(node)
    }

    fn number(&mut self) -> Result<Node<'a>, SyntaxError> {
        let start = self.at;
        self.skip(|byte| byte == b'-', 1);
        if self.peek() == Some(b'0') {
            self.at += 1;
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(SyntaxError::new(Reason::LeadingZero, start));
            }
        } else {
            self.digits()?;
        }
        if self.skip(|byte| byte == b'.', 1) > 0 {
            self.digits()?;
        }
        if self.skip(|byte| matches!(byte, b'e' | b'E'), 1) > 0 {
            self.skip(|byte| matches!(byte, b'+' | b'-'), 1);
            self.digits()?;
        }
        let number = self.since(start)?;
        if !is_finite(number) {
            return Err(SyntaxError::new(Reason::NumberRange, start));
        }
        Ok(Node::Number(number))
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        match self.skip(|byte| byte.is_ascii_digit(), usize::MAX) {
            0 => Err(self.error(Reason::Digit)),
            _ => Ok(()),
        }
    }

    /// The string whose opening quote stands here.
    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.at += 1;
        let plain = self.plain()?;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut unescaped = plain.to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => unescaped.push(self.escape()?),
                Some(0) => return Err(self.error(Reason::Nul)),
                Some(_) | None => return Err(self.error(Reason::Control)),
            }
            unescaped.push_str(self.plain()?);
        }
    }

    /// The characters of a string up to one that means something.
    fn plain(&mut self) -> Result<&'a str, SyntaxError> {
        let start = self.at;
        self.skip(|byte| byte >= b' ' && byte != b'"' && byte != b'\\', usize::MAX);
        self.since(start)
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let character = match self.peek() {
            Some(b'u') => return self.unicode(start),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(_) => return Err(SyntaxError::new(Reason::Escape, start)),
            None => return Err(self.error(Reason::Escape)),
        };
        self.at += 1;
        Ok(character)
    }

    /// The character of `\uXXXX`, or of two of them that are a surrogate pair.
    fn unicode(&mut self, start: usize) -> Result<char, SyntaxError> {
        let lone = || SyntaxError::new(Reason::Surrogate, start);
        let high = self.unit(start)?;
        if high == 0 {
            return Err(SyntaxError::new(Reason::Nul, start));
        }
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high).ok_or_else(lone);
        }
        let pair = self.at;
        if self.text.get(pair..pair + 2) != Some("\\u") {
            return Err(lone());
        }
        self.at += 1;
        let low = self.unit(pair)?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(lone());
        }
        char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)).ok_or_else(lone)
    }

    /// The number of the four hexadecimal digits after a `u`.
    fn unit(&mut self, escape: usize) -> Result<u32, SyntaxError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                let at = if self.peek().is_none() { self.at } else { escape };
                return Err(self.error_at(Reason::Escape, at));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// The byte that stands here.
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes past this byte and the white space after it, if it stands here.
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
            self.white_space();
        }
        found
    }

    fn white_space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'), usize::MAX);
    }

    /// Goes past at most `limit` bytes of a kind, and says how many there were.
    fn skip(&mut self, of_kind: impl Fn(u8) -> bool, limit: usize) -> usize {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = rest.iter().take(limit).take_while(|byte| of_kind(**byte)).count();
        self.at += count;
        count
    }

    /// The text from `start` to here; both are character boundaries.
    fn since(&self, start: usize) -> Result<&'a str, SyntaxError> {
        self.text.get(start..self.at).ok_or_else(|| SyntaxError::new(Reason::NotUtf8, start))
    }

    fn error(&self, reason: Reason) -> SyntaxError {
        self.error_at(reason, self.at)
    }

    /// Whatever was expected where the text ends, what is wrong is that it ends.
    fn error_at(&self, reason: Reason, at: usize) -> SyntaxError {
        let reason = if at >= self.text.len() { Reason::End } else { reason };
        SyntaxError::new(reason, at)
    }
}

/// The members by name; names are compared as they are after unescaping.
fn sorted(mut members: Vec<Member<'_>>) -> Result<Vec<Member<'_>>, SyntaxError> {
    members.sort_unstable_by(|a, b| a.name.cmp(&b.name).then(a.at.cmp(&b.at)));
    let twice = members.windows(2).filter_map(|pair| match pair {
        [first, second] if first.name == second.name => Some(second),
        _ => None,
    });
    if let Some(member) = twice.min_by_key(|member| member.at) {
        return Err(SyntaxError::new(Reason::Twice, member.at).under_name(&member.name));
    }
    // Most objects are small, and there may be very many.
    members.shrink_to_fit();
    Ok(members)
}

/// Whether a double can hold the number, if only roughly. Short ones without exponent always fit.
fn is_finite(number: &str) -> bool {
    let short = number.len() <= 300 && !number.contains(['e', 'E']);
    short || number.parse::<f64>().is_ok_and(f64::is_finite)
}
