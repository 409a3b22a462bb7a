//! JSON text, written straight into one buffer: for what is written thousands of times a second. All
//! else goes through serde.

use core::fmt::{self, Write as _};

/// An object that is being written. Its members' names come from this program and need no escapes.
#[derive(Debug)]
pub(crate) struct Object {
    text: String,
}

/// Whether a text stands in JSON as it is.
fn is_plain(text: &str) -> bool {
    // Without a way out in the middle: then many bytes are looked at together.
    let odd = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    !text.bytes().fold(false, |found, byte| found | odd(byte))
}

impl Object {
    /// An empty one that is expected to need so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        text.push('{');
        Self { text }
    }

    /// The object's text.
    pub(crate) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }

    /// A member that is text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }

    /// A member that is text, or `null`.
    pub(crate) fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.null(name),
        }
    }

    /// A member that is text which needs no escapes, such as an id.
    pub(crate) fn plain(&mut self, name: &str, value: impl fmt::Display) {
        self.plain_of([name, ""], value);
    }

    /// As [`plain`](Self::plain), with a name that is in two parts.
    pub(crate) fn plain_of(&mut self, name: [&str; 2], value: impl fmt::Display) {
        self.name_of(name);
        self.text.push('"');
        let begin = self.text.len();
        // Writing to a string does not fail.
        let _never = write!(self.text, "{value}").is_err();
        debug_assert!(self.text.get(begin..).is_some_and(is_plain), "{name:?} needs escapes");
        self.text.push('"');
    }

    /// A member that is a whole number.
    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.name(name);
        let _never = write!(self.text, "{value}").is_err();
    }

    /// A member that is true or false.
    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.name(name);
        self.text.push_str(if value { "true" } else { "false" });
    }

    /// A member that is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push_str(value);
    }

    /// A member that is `null`.
    pub(crate) fn null(&mut self, name: &str) {
        self.name(name);
        self.text.push_str("null");
    }

    /// A member that is an array of texts.
    pub(crate) fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        self.name(name);
        self.text.push('[');
        for (index, value) in values.enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.string(value);
        }
        self.text.push(']');
    }

    fn name(&mut self, name: &str) {
        self.name_of([name, ""]);
    }

    fn name_of(&mut self, name: [&str; 2]) {
        debug_assert!(name.into_iter().all(is_plain), "{name:?} needs escapes");
        self.text.push_str(if self.text.len() > 1 { ",\"" } else { "\"" });
        name.into_iter().for_each(|part| self.text.push_str(part));
        self.text.push_str("\":");
    }

    fn string(&mut self, value: &str) {
        if is_plain(value) {
            self.text.push('"');
            self.text.push_str(value);
            self.text.push('"');
            return;
        }
        // Text always has its JSON.
        self.text.push_str(&serde_json::to_string(value).unwrap_or_else(|_| "\"\"".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_reads_as_serde_writes_it() {
        assert_eq!(Object::with_capacity(0).end(), "{}");
        let odd = "a\"b\\c\u{0}\u{1f}\n\t\u{7f}/é\u{2028}😀";
        let mut object = Object::with_capacity(16);
        object.text("plain", "Stalls 1");
        object.text("odd", odd);
        object.text_or_null("none", None);
        object.text_or_null("some", Some(""));
        object.plain("id", 7);
        object.plain_of(["total", "_amount"], "5.00");
        object.number("least", i64::MIN);
        object.flag("yes", true);
        object.flag("no", false);
        object.texts("labels", ["A1", odd].into_iter());
        object.texts("nobody", [].into_iter());
        object.json("inner", "{}");
        let same = json!({
            "plain": "Stalls 1", "odd": odd, "none": null, "some": "", "id": "7",
            "total_amount": "5.00", "least": i64::MIN, "yes": true, "no": false, "labels": ["A1", odd], "nobody": [],
            "inner": {},
        });
        assert_eq!(object.end(), same.to_string());
    }
}
