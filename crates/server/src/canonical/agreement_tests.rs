//! Our scanner and `serde_json` take the same documents, except where ours is stricter by intent.

use serde_json::Value;

use super::{JSON_DEPTH_MAX, parse};

/// Documents that readers of JSON like to disagree about.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    " ", "null", "nul", "nulll", "Null", "true", "TRUE", "tru", "false", "falsey", "0", "-0", "00",
    "01", "-01", "-", "--1", "+1", "1.", "1.0", ".5", "-.5", "1.5e3", "1.5E+3", "1e", "1e+", "1e-",
    "1e5.5", "1e308", "1e309", "-1e309", "1e-400", "0e999999999999", "0x10", "1_000", "1,000",
    "Infinity", "-Infinity", "NaN", "9223372036854775808", "18446744073709551616",
    "123456789012345678901234567890", "[", "]", "[]", "[ ]", "[,]", "[1,]", "[,1]", "[1,,2]",
    "[1 2]", "[1;2]", "[1]]", "[[1]", "{", "}", "{}", "{ }", "{,}", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{\"a\"::1}", "{a:1}", "{'a':1}", "{1:1}",
    "{null:1}", "{\"a\":1}}", "{\"a\":1}{}", "{\"a\":1},", "{} x", "/*c*/{}", "{}//c", "#{}", "\"",
    "\"a", "'a'", "\"a\"b", "\"\\\"", "\"\\\\\"", "\"\\a\"", "\"\\'\"", "\"\\u\"", "\"\\u12\"",
    "\"\\u123\"", "\"\\u1234\"", "\"\\u12345\"", "\"\\U00e9\"", "\"\\u+123\"", "\"\\u 123\"",
    "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD83D\\uDE00\"", "\"\\uD83D\\u0041\"", "\"\\uD83Dx\"",
    "\"\\uDE00\\uD83D\"", "\"\\ud83d\\\"", "\"\t\"", "\"\n\"", "\"\u{1f}\"", "\"\u{7f}\"",
    "\"\u{80}\"", "\"\u{2028}\"", "\"\u{ffff}\"", "\"\u{10ffff}\"", "\u{feff}{}", "\u{a0}{}",
    "\u{b}{}", "\u{c}{}", "{}\u{85}", "\r\n\t {}\r\n\t ", "[1\n,\r2\t, 3]", "\u{0}", "{}\u{0}",
    "\"\u{0}\"", "\"\\u0000\"", "{\"\\u0000\":1}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
    "{\"a\":{\"b\":1,\"b\":1}}", "{\"\":1}", "{\"\":1,\"\":1}",
];

/// Those of them that `serde_json` takes and we do not: U+0000 and names that stand twice.
#[rustfmt::skip]
const STRICTER: &[&str] = &[
    "\"\\u0000\"", "{\"\\u0000\":1}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
    "{\"a\":{\"b\":1,\"b\":1}}", "{\"\":1,\"\":1}",
];

#[test]
fn agrees_with_serde_json() {
    assert!(NASTY.len() >= 60);
    for document in NASTY {
        let theirs = serde_json::from_str::<Value>(document);
        let ours = parse(document.as_bytes());
        let stricter = STRICTER.contains(document);
        assert_eq!(ours.is_ok(), theirs.is_ok() && !stricter, "{document:?}: {ours:?} {theirs:?}");
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            assert_eq!(ours.decode::<Value>().unwrap(), theirs, "{document:?}");
        }
    }
    // Deep documents, which serde_json takes up to 127; and the empty one, which it does not take.
    let deep = "[".repeat(JSON_DEPTH_MAX + 1) + &"]".repeat(JSON_DEPTH_MAX + 1);
    assert!(parse(deep.as_bytes()).is_err() && serde_json::from_str::<Value>(&deep).is_ok());
    assert!(parse(b"").is_ok() && serde_json::from_str::<Value>("").is_err());
    for bytes in [&b"\"\xc3\x28\""[..], b"\"\xed\xa0\x80\"", b"\"\xc0\xaf\"", b"\xff", b"\"\xf8\""]
    {
        assert!(parse(bytes).is_err() && serde_json::from_slice::<Value>(bytes).is_err());
    }
}
