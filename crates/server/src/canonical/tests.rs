//! Tables of documents: which are one, and which are none and why.

use expect_test::{Expect, expect};

use super::*;

const KEY: &[u8; 32] = &[7; 32];

/// The fingerprint of a body that is posted to one place.
#[track_caller]
fn print(body: impl AsRef<[u8]>) -> [u8; 32] {
    fingerprint(KEY, "POST", "/v1/x", "", &parse(body.as_ref()).unwrap())
}

#[test]
fn documents_that_are_one() {
    for class in [
        &["", "{}", " { } ", "\n{\t}\r\n"][..],
        &[r#"{"a":1,"b":[true,null]}"#, r#"{ "b" : [ true , null ] , "a" : 1 }"#],
        &[r#"{"a":"x"}"#, r#"{"\u0061":"\u0078"}"#],
        &[r#"["é/\n\"\\\b\f\r\t"]"#, r#"["\u00e9\/\u000A\u0022\u005c\u0008\u000c\u000d\u0009"]"#],
        &[r#"["😀"]"#, r#"["\ud83d\ude00"]"#, r#"["\uD83D\uDE00"]"#],
        &[r#"{"z":{"b":2,"a":1},"a":[]}"#, r#"{"a":[],"z":{"a":1,"b":2}}"#],
    ] {
        for document in class {
            assert_eq!(print(document), print(class[0]), "{document} is {}", class[0]);
        }
    }
}

#[test]
fn documents_that_differ() {
    let documents = [
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "\"\"",
        "1",
        "1.0",
        "1e0",
        "1E0",
        "1e+0",
        "10",
        "-1",
        "-0",
        "0.0",
        "\"1\"",
        "\"null\"",
        "[1]",
        "[1,1]",
        "[11]",
        "[1,[1]]",
        "[[1],1]",
        "[[],[]]",
        "[[[]]]",
        "[{}]",
        "[null]",
        "[\"\"]",
        "[\"\",\"\"]",
        "[\"a\",\"b\"]",
        "[\"b\",\"a\"]",
        "[\"ab\"]",
        "[\"a,b\"]",
        "[\"a\\\",\\\"b\"]",
        "\"é\"",
        "\"e\u{301}\"",
        "\"a\"",
        "\"A\"",
        "\" a\"",
        r#"{"a":1}"#,
        r#"{"a":"1"}"#,
        r#"{"a":null}"#,
        r#"{"A":1}"#,
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
        r#"{"a":{"b":1}}"#,
        r#"{"a":{},"b":1}"#,
        r#"{"":1}"#,
        r#"{"a":1,"b":2}"#,
        r#"{"a":2,"b":1}"#,
        r#"{"ab":1}"#,
        r#"{"a":"b"}"#,
        r#"["a","b",1]"#,
        r#"[{"a":1,"b":2}]"#,
        r#"[{"a":1},{"b":2}]"#,
        // Where lengths would not be hashed, these would be pairs of one.
        r#"["a\"b","c"]"#,
        r#"["a","b\"c"]"#,
        r#"["1#2",1]"#,
        r#"["1",21]"#,
        r#"{"a#1b":2,"c":3}"#,
        r#"{"a":1,"b#2c":3}"#,
    ];
    for (index, one) in documents.iter().enumerate() {
        for other in &documents[..index] {
            assert_ne!(print(one), print(other), "{one} is not {other}");
        }
    }
}

#[test]
fn a_fingerprint_is_of_the_whole_request() {
    let body = parse(b"{}").unwrap();
    let first = fingerprint(KEY, "POST", "/v1/x", "a=1&b=2", &body);
    for (method, path, query) in [
        ("POST", "/api/v1/x", "a=1&b=2"),
        ("POST", "/v1/x", "b=2&a=1"),
        ("POST", "/v1/x", "&b=2&&%61=%31&"),
    ] {
        assert_eq!(fingerprint(KEY, method, path, query, &body), first, "{method} {path}?{query}");
    }
    let mut all = vec![first];
    for (method, path, query) in [
        ("PUT", "/v1/x", "a=1&b=2"),
        ("post", "/v1/x", "a=1&b=2"),
        ("POST", "/v1/y", "a=1&b=2"),
        ("POST", "/v1/x/", "a=1&b=2"),
        ("POST", "/v1", ""),
        ("POST", "/api/api/v1/x", "a=1&b=2"),
        ("POST", "/apiv1/x", "a=1&b=2"),
        ("POST", "/api/v2/x", "a=1&b=2"),
        ("POST", "/v2/x", "a=1&b=2"),
        ("POST", "/v1/x", ""),
        ("POST", "/v1/x", "a=1"),
        ("POST", "/v1/x", "a=1&b=2&b=2"),
        ("POST", "/v1/x", "a=2&b=1"),
        ("POST", "/v1/x", "a=1%26b=2"),
        ("POST", "/v1/x", "a&b"),
        ("POST", "/v1/x", "a=%FF"),
        ("POST", "/v1/x", "a=%FE"),
        ("POST", "/v1/x", "a=%EF%BF%BD"),
        ("POST", "/v1/x", "a=x+y"),
        ("POST", "/v1/x", "a=x%2By"),
        ("POST", "/v1/x", "a=bc"),
        ("POST", "/v1/x", "ab=c"),
        ("POST/v1", "/x", "ab=c"),
    ] {
        let next = fingerprint(KEY, method, path, query, &body);
        assert!(!all.contains(&next), "{method} {path}?{query}");
        all.push(next);
    }
    assert_ne!(fingerprint(&[8; 32], "POST", "/v1/x", "a=1&b=2", &body), first);
    assert_eq!(fingerprint(KEY, "POST", "/api/v1", "", &body), all[5]);
    assert_eq!(
        fingerprint(KEY, "POST", "/v1/x", "a=x+y", &body),
        fingerprint(KEY, "POST", "/v1/x", "a=x%20y", &body)
    );
}

/// Stored records hold fingerprints: a change here makes every retry across an upgrade a 422.
#[test]
fn the_fingerprint_does_not_change() {
    let body = parse(br#"{"a":[1,"x",null,true,false,{}]}"#).unwrap();
    let print = fingerprint(KEY, "POST", "/v1/bookings/reserve", "a=1", &body);
    let hex: String = print.iter().map(|byte| format!("{byte:02x}")).collect();
    expect!["03553240763ba57c11f6c941a0e20d43ffb12253ea13dc60564a76faedb6c978"].assert_eq(&hex);
}

#[track_caller]
fn check(body: impl AsRef<[u8]>, message: Expect) {
    let error = parse(body.as_ref()).unwrap_err();
    message.assert_eq(&error.to_string());
    // What keeps nothing finds the same, but for names that it would have to keep.
    let kept_nothing = crate::canonical::check(body.as_ref());
    let expected = if error.reason == Reason::Twice { Ok(()) } else { Err(error) };
    assert_eq!(kept_nothing, expected);
}

#[test]
fn values_are_counted() {
    let items = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
    parse(items(JSON_VALUES_MAX).as_bytes()).unwrap();
    let error = parse(items(JSON_VALUES_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(error.reason, Reason::Values);
    assert_eq!(crate::canonical::check(items(JSON_VALUES_MAX + 1).as_bytes()), Err(error));
    // An object with a member counts as four.
    let objects = |count: usize| format!("[{}0]", r#"{"":0},"#.repeat(count));
    parse(objects((JSON_VALUES_MAX - 2) / 4).as_bytes()).unwrap();
    let error = parse(objects(JSON_VALUES_MAX / 4).as_bytes()).unwrap_err();
    assert_eq!(error.reason, Reason::Values);
}

#[test]
fn no_document() {
    check(b"{\"a\":\"\xff\"}", expect!["the body is not UTF-8 (byte 6)"]);
    check("\u{feff}{}", expect!["the body begins with a byte order mark (byte 0)"]);
    check(" ", expect!["the body ends before the JSON document does (byte 1)"]);
    check("{", expect!["the body ends before the JSON document does (byte 1)"]);
    check(r#"{"a""#, expect!["the body ends before the JSON document does (byte 4, in a)"]);
    check(r#"{"a":"#, expect!["the body ends before the JSON document does (byte 5, in a)"]);
    check(r#"{"a":1"#, expect!["the body ends before the JSON document does (byte 6)"]);
    check(r#"{"a":1,"#, expect!["the body ends before the JSON document does (byte 7)"]);
    check(r#"["abc"#, expect!["the body ends before the JSON document does (byte 5, in [0])"]);
    check(r#"["abc\"#, expect!["the body ends before the JSON document does (byte 6, in [0])"]);
    check(r#"["abc\u12"#, expect!["the body ends before the JSON document does (byte 9, in [0])"]);
    check("[-", expect!["the body ends before the JSON document does (byte 2, in [0])"]);
    check("{} {}", expect!["more text follows the JSON document (byte 3)"]);
    check("{}\0", expect!["more text follows the JSON document (byte 2)"]);
    check("[1 2]", expect!["expected `,` or `]` (byte 3)"]);
    check(r#"{"a":1 "b":2}"#, expect!["expected `,` or `}` (byte 7)"]);
    check(r#"{"a" 1}"#, expect!["expected `:` after the member's name (byte 5, in a)"]);
    check("{a:1}", expect!["expected a member's name in double quotes (byte 1)"]);
    check("{'a':1}", expect!["expected a member's name in double quotes (byte 1)"]);
    check(r#"{"a":1,}"#, expect!["a comma must not stand before the closing bracket (byte 7)"]);
    check("[1,]", expect!["a comma must not stand before the closing bracket (byte 3)"]);
    check("[,1]", expect!["expected a value (byte 1, in [0])"]);
    check("[nul]", expect!["expected a value (byte 1, in [0])"]);
    check("[NaN]", expect!["expected a value (byte 1, in [0])"]);
    check(r#"{"a":[1,{"b":tru}]}"#, expect!["expected a value (byte 13, in a[1].b)"]);
}

#[test]
fn no_number_and_no_string() {
    check(
        r#"{"quantity":007}"#,
        expect!["a number must not begin with a needless 0 (byte 12, in quantity)"],
    );
    check(
        r#"{"quantity":-01}"#,
        expect!["a number must not begin with a needless 0 (byte 12, in quantity)"],
    );
    check(r#"{"quantity":+1}"#, expect!["expected a value (byte 12, in quantity)"]);
    check(r#"{"quantity":1.}"#, expect!["expected a digit (byte 14, in quantity)"]);
    check(r#"{"quantity":.5}"#, expect!["expected a value (byte 12, in quantity)"]);
    check(r#"{"quantity":1e}"#, expect!["expected a digit (byte 14, in quantity)"]);
    check(r#"{"quantity":1e999}"#, expect!["the number is out of range (byte 12, in quantity)"]);
    check(
        "[\"a\tb\"]",
        expect!["a control character in a string must be escaped (byte 3, in [0])"],
    );
    check(
        "[\"a\\\"\tb\"]",
        expect!["a control character in a string must be escaped (byte 5, in [0])"],
    );
    check(r#"["\x41"]"#, expect!["no such escape (byte 2, in [0])"]);
    check(r#"["\u00g1"]"#, expect!["no such escape (byte 2, in [0])"]);
    check(r#"["\ud800"]"#, expect!["a surrogate must be half of a pair (byte 2, in [0])"]);
    check(r#"["\ud800\u0041"]"#, expect!["a surrogate must be half of a pair (byte 2, in [0])"]);
    check(r#"["\ud800\ud800"]"#, expect!["a surrogate must be half of a pair (byte 2, in [0])"]);
    check(r#"["\udc00"]"#, expect!["a surrogate must be half of a pair (byte 2, in [0])"]);
}

#[test]
fn documents_that_readers_could_understand_differently() {
    check(
        "{\"zones\":[{\"name\":\"a\0\"}]}",
        expect!["U+0000 is not allowed (byte 20, in zones[0].name)"],
    );
    check(
        r#"{"zones":[{"name":"a\u0000"}]}"#,
        expect!["U+0000 is not allowed (byte 20, in zones[0].name)"],
    );
    check("{\"a\0\":1}", expect!["U+0000 is not allowed (byte 3)"]);
    check(r#"{"\u0000":1}"#, expect!["U+0000 is not allowed (byte 2)"]);
    check(r#"{"a":1,"b":2,"a":1}"#, expect!["the member appears twice (byte 13, in a)"]);
    check(
        r#"{"zones":[{},{"a":1,"\u0061":1}]}"#,
        expect!["the member appears twice (byte 20, in zones[1].a)"],
    );
    check(r#"{"z":1,"a":1,"z":1,"a":1}"#, expect!["the member appears twice (byte 13, in z)"]);
    check(
        "[".repeat(33),
        expect![
            "arrays and objects are more than 32 deep (byte 32, in [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0])"
        ],
    );
    let long = format!(r#"{{"{}":tru}}"#, "long".repeat(40));
    check(
        long,
        expect![
            "expected a value (byte 164, in longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglong…)"
        ],
    );
}

#[test]
fn depth() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    parse(nested(JSON_DEPTH_MAX).as_bytes()).unwrap();
    let error = parse(nested(JSON_DEPTH_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!((error.reason, error.at), (Reason::Depth, JSON_DEPTH_MAX));

    let nested = |depth: usize| r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
    parse(nested(JSON_DEPTH_MAX).as_bytes()).unwrap();
    let error = parse(nested(JSON_DEPTH_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!((error.reason, error.at), (Reason::Depth, JSON_DEPTH_MAX * 5));

    // Depth is of what is open, not of what there was.
    parse(format!("[{}[]]", "[[]],".repeat(1000)).as_bytes()).unwrap();
    // However deep, it is found out without going there.
    assert_eq!(parse(&b"[".repeat(262_144)).unwrap_err().reason, Reason::Depth);
}
