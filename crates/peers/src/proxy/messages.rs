//! What a client says to PostgreSQL, message by message, as far as it matters here: which statement is
//! carried out, and where a round ends.

use std::collections::BTreeMap;

/// The version of the protocol that begins a connection; other numbers ask for something before it.
const STARTUP: [u8; 4] = [0, 3, 0, 0];

#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    /// The text of the statement that it carries out.
    pub(super) statement: Option<String>,
    /// The server answers only now.
    pub(super) ends_round: bool,
}

/// Cuts a stream into messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    buffer: Vec<u8>,
    started: bool,
    /// It may be encrypted from here on.
    opaque: bool,
    prepared: BTreeMap<Vec<u8>, String>,
}

impl Messages {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if all of it is here.
    pub(super) fn next(&mut self) -> Option<Message> {
        if self.opaque {
            let bytes = std::mem::take(&mut self.buffer);
            let message = Message { bytes, statement: None, ends_round: false };
            return (!message.bytes.is_empty()).then_some(message);
        }
        // The first message has no letter that says what it is.
        let head = usize::from(self.started);
        let length = self.buffer.get(head..head.saturating_add(4))?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let end = head.saturating_add(usize::try_from(length).ok()?);
        if self.buffer.len() < end {
            return None;
        }
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let body = bytes.get(head.saturating_add(4)..).unwrap_or_default();
        if !self.started {
            self.opaque = !body.starts_with(&STARTUP);
            self.started = true;
            return Some(Message { bytes, statement: None, ends_round: false });
        }
        let kind = bytes.first().copied().unwrap_or_default();
        let statement = self.read(kind, body);
        Some(Message { bytes, statement, ends_round: matches!(kind, b'Q' | b'S') })
    }

    fn read(&mut self, kind: u8, body: &[u8]) -> Option<String> {
        let mut texts = body.split(|byte| *byte == 0);
        let first = texts.next()?;
        match kind {
            b'Q' => Some(text(first)),
            b'P' => {
                self.prepared.insert(first.to_vec(), text(texts.next()?));
                None
            }
            // Parameters for a statement that is carried out next.
            b'B' => self.prepared.get(texts.next()?).cloned(),
            _ => None,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Messages;

    fn message(kind: &[u8], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [kind, &length, body].concat()
    }

    #[test]
    fn statements_are_known_by_their_names() {
        let said = [
            message(b"", b"\0\x03\0\0user\0x\0\0"),
            message(b"P", b"s1\0select 1\0\0\0"),
            message(b"S", b""),
            message(b"B", b"\0s1\0\0\0\0\0\0\0"),
            message(b"E", b"\0\0\0\0\0"),
            message(b"S", b""),
            message(b"Q", b"commit\0"),
        ];
        let mut messages = Messages::default();
        let mut seen = Vec::new();
        for byte in said.concat() {
            messages.push(&[byte]);
            seen.extend(messages.next());
        }
        let bytes: Vec<_> = seen.iter().flat_map(|message| message.bytes.clone()).collect();
        assert_eq!(bytes, said.concat(), "nothing is lost");
        let statements: Vec<_> = seen.iter().map(|it| it.statement.as_deref()).collect();
        let (one, commit) = (Some("select 1"), Some("commit"));
        assert_eq!(statements, [None, None, None, one, None, None, commit]);
        let rounds = seen.iter().filter(|message| message.ends_round).count();
        assert_eq!(rounds, 3);
    }

    #[test]
    fn what_may_be_encrypted_is_not_read() {
        let mut messages = Messages::default();
        messages.push(&message(b"", b"\x04\xd2\x16\x2f"));
        assert!(messages.next().is_some());
        messages.push(b"Q\0\0");
        assert_eq!(messages.next().unwrap().bytes, b"Q\0\0");
        assert!(messages.next().is_none());
    }
}
