//! Random documents, written down in random ways: one document has one fingerprint, and another
//! leaf makes another document.

use super::{fingerprint, parse};

/// A small generator (xorshift64*): the same numbers on every run and platform.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Document {
    Word(&'static str),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

const WORDS: &[&str] =
    &["null", "true", "false", "0", "-0", "1", "1.0", "1e0", "1E0", "12", "0.5", "1e-7"];
const CHARACTERS: &[char] =
    &['a', 'b', 'Z', '0', ' ', '"', '\\', '/', '\n', '\u{1}', 'é', '€', '😀', '\u{301}', '{', ','];

fn text(random: &mut Random) -> String {
    (0..random.below(5)).map(|_| random.pick(CHARACTERS)).collect()
}

fn document(random: &mut Random, depth: usize) -> Document {
    match random.below(if depth == 0 { 2 } else { 4 }) {
        0 => Document::Word(random.pick(WORDS)),
        1 => Document::Text(text(random)),
        2 => Document::Array((0..random.below(4)).map(|_| document(random, depth - 1)).collect()),
        _ => {
            // The index keeps names apart.
            let member = |index| (format!("{}{index}", text(random)), document(random, depth - 1));
            Document::Object((0..4).map(member).collect())
        }
    }
}

/// The document with its members, white space and escapes as chance will have them.
fn write(document: &Document, random: &mut Random, out: &mut String) {
    blank(random, out);
    match document {
        Document::Word(word) => out.push_str(word),
        Document::Text(text) => quote(text, random, out),
        Document::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write(item, random, out);
            }
            blank(random, out);
            out.push(']');
        }
        Document::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            random.shuffle(&mut members);
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                blank(random, out);
                quote(name, random, out);
                blank(random, out);
                out.push(':');
                write(value, random, out);
            }
            blank(random, out);
            out.push('}');
        }
    }
    blank(random, out);
}

fn blank(random: &mut Random, out: &mut String) {
    for _ in 0..random.below(3) {
        out.push(random.pick(&[' ', '\t', '\r', '\n']));
    }
}

fn quote(text: &str, random: &mut Random, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' if random.below(2) == 0 => out.extend(['\\', character]),
            '"' | '\\' | '\u{0}'..='\u{1f}' => escape(character, random, out),
            _ if random.below(3) == 0 => escape(character, random, out),
            _ => out.push(character),
        }
    }
    out.push('"');
}

fn escape(character: char, random: &mut Random, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let hex = if random.below(2) == 0 { format!("{unit:04x}") } else { format!("{unit:04X}") };
        out.push_str("\\u");
        out.push_str(&hex);
    }
}

fn written(document: &Document, random: &mut Random) -> String {
    let mut out = String::new();
    write(document, random, &mut out);
    out
}

impl Document {
    /// An empty array or object counts as a leaf.
    fn is_leaf(&self) -> bool {
        match self {
            Self::Word(_) | Self::Text(_) => true,
            Self::Array(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
        }
    }
}

/// Every leaf of the document.
fn leaves<'a>(document: &'a mut Document, all: &mut Vec<&'a mut Document>) {
    if document.is_leaf() {
        all.push(document);
        return;
    }
    match document {
        Document::Array(items) => items.iter_mut().for_each(|item| leaves(item, all)),
        Document::Object(members) => members.iter_mut().for_each(|(_, value)| leaves(value, all)),
        Document::Word(_) | Document::Text(_) => {}
    }
}

/// The document with one leaf changed.
fn mutated(document: &Document, random: &mut Random) -> Document {
    let mut changed = document.clone();
    let mut all = Vec::new();
    leaves(&mut changed, &mut all);
    let leaf = random.below(all.len());
    let leaf = &mut *all[leaf];
    *leaf = match leaf {
        Document::Word(old) => {
            let others: Vec<_> = WORDS.iter().copied().filter(|word| word != old).collect();
            Document::Word(random.pick(&others))
        }
        Document::Text(old) => Document::Text(format!("{old}{}", random.pick(CHARACTERS))),
        Document::Array(_) | Document::Object(_) => Document::Array(vec![Document::Word("null")]),
    };
    changed
}

#[track_caller]
fn print(text: &str) -> [u8; 32] {
    let document = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    fingerprint(&[7; 32], "POST", "/v1/x", "", &document)
}

#[test]
fn one_document_has_one_fingerprint() {
    let random = &mut Random(0x5EED);
    for _ in 0..2_000 {
        let original = document(random, 4);
        let text = written(&original, random);
        let again = written(&original, random);
        assert_eq!(print(&text), print(&again), "{text}\n{again}");

        let other = written(&mutated(&original, random), random);
        assert_ne!(print(&text), print(&other), "{text}\n{other}");
    }
}

/// Bodies cut short or with one byte replaced: never a panic, and never a document that
/// `serde_json` would refuse.
#[test]
fn damaged_documents() {
    let random = &mut Random(0xDA3A6ED);
    for _ in 0..2_000 {
        let document = document(random, 4);
        let mut bytes = written(&document, random).into_bytes();
        let at = random.below(bytes.len());
        if random.below(2) == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] = random.pick(b"\0\x1f \"\\{}[],:0-e.u\x7f\x80\xc3\xff");
        }
        if parse(&bytes).is_ok() && !bytes.is_empty() {
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
        }
    }
}
