//! Tables of headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
        })
        .collect()
}

#[track_caller]
fn check_key(value: impl AsRef<[u8]>, expected: Result<&str, KeyError>) {
    for name in ["idempotency-key", "x-idempotency-key"] {
        let found = idempotency_key(&headers(&[(name, value.as_ref())]));
        assert_eq!(found, expected.map(|key| Some(key.to_owned())));
    }
}

#[test]
fn one_key() {
    check_key("abc", Ok("abc"));
    check_key("\"abc\"", Ok("abc"));
    check_key("  abc\t", Ok("abc"));
    check_key(" \"abc\" ", Ok("abc"));
    check_key("\"abc\";v=1;w=\"x y\"", Ok("abc"));
    check_key("\"abc\"; v", Ok("abc"));
    check_key(r#""a\"b\\c""#, Ok(r#"a"b\c"#));
    check_key(r#"a"b\c"#, Ok(r#"a"b\c"#));
    check_key("AbC", Ok("AbC"));
    check_key("abc;v=1", Ok("abc;v=1"));
    check_key("\"a,b\"", Ok("a,b"));
    check_key("\"a,a\";v=\"x,y\"", Ok("a,a"));
    check_key("'abc'", Ok("'abc'"));
    check_key("!~", Ok("!~"));
    check_key("8e03978e-40d5-43dd-bc93-6894a57f9324", Ok("8e03978e-40d5-43dd-bc93-6894a57f9324"));
}

#[test]
fn no_key() {
    check_key("", Err(KeyError::Empty));
    check_key("   ", Err(KeyError::Empty));
    check_key("\"\"", Err(KeyError::Empty));
    check_key("\"\";v=1", Err(KeyError::Empty));
    check_key("a b", Err(KeyError::Space));
    check_key("\"a b\"", Err(KeyError::Space));
    check_key("\" \"", Err(KeyError::Space));
    check_key("abc,abc", Err(KeyError::Comma));
    check_key("abc, abc", Err(KeyError::Comma));
    check_key("abc,\"abc\"", Err(KeyError::Comma));
    check_key(",", Err(KeyError::Comma));
    check_key("\"abc\",abc", Err(KeyError::Quoting));
    check_key("a\tb", Err(KeyError::Control));
    check_key("ä", Err(KeyError::NotAscii));
    check_key("\"ä\"", Err(KeyError::NotAscii));
    check_key(b"\xff", Err(KeyError::NotAscii));
    check_key(b"\"\xff\"", Err(KeyError::NotAscii));
    check_key("\"", Err(KeyError::Quoting));
    check_key("\"abc", Err(KeyError::Quoting));
    check_key("\"abc\"d", Err(KeyError::Quoting));
    check_key("\"abc\", \"abc\"", Err(KeyError::Quoting));
    check_key(r#""a\bc""#, Err(KeyError::Quoting));
    check_key("\"a\tb\"", Err(KeyError::Quoting));
    check_key("\"abc\";V=1", Err(KeyError::Quoting));
}

#[test]
fn length() {
    let longest = "k".repeat(IDEMPOTENCY_KEY_CHARS_MAX);
    let longer = "k".repeat(IDEMPOTENCY_KEY_CHARS_MAX + 1);
    check_key(&longest, Ok(&longest));
    check_key(format!("\"{longest}\""), Ok(&longest));
    check_key(&longer, Err(KeyError::TooLong { chars: 256 }));
    check_key(format!("\"{longer}\""), Err(KeyError::TooLong { chars: 256 }));
    // Escapes do not count, what they stand for does.
    check_key(format!("\"{}\"", "\\\"".repeat(255)), Ok(&"\"".repeat(255)));
    check_key(format!("\"{}\"", "\\\"".repeat(256)), Err(KeyError::TooLong { chars: 256 }));
}

#[test]
fn several_headers() {
    let (key, alias) = ("idempotency-key", "x-idempotency-key");
    let check = |lines: &[(&'static str, &[u8])], expected: Result<Option<&str>, KeyError>| {
        let expected = expected.map(|key| key.map(str::to_owned));
        assert_eq!(idempotency_key(&headers(lines)), expected, "{lines:?}");
    };
    check(&[], Ok(None));
    check(&[("accept", b"*/*")], Ok(None));
    check(&[(key, b"abc"), (alias, b"abc")], Ok(Some("abc")));
    check(&[(key, b"abc"), (alias, b"\"abc\"")], Ok(Some("abc")));
    check(&[(key, b"abc"), (key, b"abc")], Ok(Some("abc")));
    check(&[(key, b"abc"), (alias, b"abd")], Err(KeyError::Differ));
    check(&[(key, b"abc"), (key, b"ABC")], Err(KeyError::Differ));
    check(&[(alias, b"abc"), (alias, b"abd")], Err(KeyError::Differ));
    check(&[(key, b"abc"), (alias, b"")], Err(KeyError::Empty));
}

#[test]
fn wait() {
    let check = |values: &[&'static str], expected: Option<u64>| {
        let lines: Vec<_> = values.iter().map(|value| ("prefer", value.as_bytes())).collect();
        assert_eq!(prefer_wait(&headers(&lines)), expected, "{values:?}");
    };
    check(&[], None);
    check(&["wait=5"], Some(5));
    check(&["wait=0"], Some(0));
    check(&["wait=30"], Some(30));
    check(&["wait=31"], Some(30));
    check(&["wait=99999999999999999999999"], Some(30));
    check(&["WAIT=5"], Some(5));
    check(&["wait = 5"], Some(5));
    check(&["wait=\"5\""], Some(5));
    check(&["wait=5;foo=bar"], Some(5));
    check(&["respond-async, wait=10"], Some(10));
    check(&["respond-async,wait=10, handling=lenient"], Some(10));
    check(&["respond-async", "wait=10"], Some(10));
    check(&["wait=10, wait=20"], Some(10));
    check(&["wait=10", "wait=20"], Some(10));
    check(&["foo=\"a, wait=20\", wait=10"], Some(10));
    check(&["foo=\"a\\\", wait=20\", wait=10"], Some(10));
    check(&["foo;bar=\"; wait=20\""], None);
    check(&["return=minimal"], None);
    check(&["wait"], None);
    check(&["wait="], None);
    check(&["wait=-1"], None);
    check(&["wait=+1"], None);
    check(&["wait=1.5"], None);
    check(&["wait=soon, wait=10"], None);
    check(&["waiting=10"], None);
}

#[test]
fn client_request_id() {
    let check = |value: &str, sane: bool| {
        let headers = headers(&[("x-request-id", value.as_bytes())]);
        assert_eq!(request_id(&headers), sane.then_some(value), "{value:?}");
    };
    check("a", true);
    check("req_01kh3v0h2e.fk9:B6-T", true);
    check(&"r".repeat(REQUEST_ID_CHARS_MAX), true);
    check(&"r".repeat(REQUEST_ID_CHARS_MAX + 1), false);
    check("", false);
    check("a b", false);
    check("a/b", false);
    check("<script>", false);
    check("ä", false);
    assert_eq!(request_id(&HeaderMap::new()), None);
}
