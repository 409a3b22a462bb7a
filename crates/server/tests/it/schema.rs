//! Values against the schemas of the document: as JSON Schema has it, for the words that the document uses. And a
//! member that no schema names is wrong, so that nothing is answered that is not described.

use serde_json::{Map, Value};

/// What is wrong with a value.
type Wrong = Result<(), String>;

/// Checks values against the schemas of one document.
pub(crate) struct Schemas<'a>(pub(crate) &'a Value);

impl Schemas<'_> {
    /// Whether the value is what the schema says.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Wrong {
        if let Some(reference) = schema["$ref"].as_str() {
            let schema = self.0.pointer(reference.trim_start_matches('#'));
            return self.check(schema.expect("references lead somewhere"), value);
        }
        let Some(schema) = schema.as_object() else { return Ok(()) };
        if let Some(wanted) = schema.get("const")
            && wanted != value
        {
            return Err(format!("{value} is not {wanted}"));
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            return Err(format!("{value} is none of {allowed:?}"));
        }
        if schema.get("not").is_some_and(|not| self.check_open(not, value).is_ok()) {
            return Err(format!("{value} is what it must not be"));
        }
        self.check_one_of(schema, value)?;
        check_type(schema, value)?;
        match value {
            Value::Array(items) => self.check_items(schema, items),
            Value::Object(members) => self.check_members(schema, members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn check_one_of(&self, schema: &Map<String, Value>, value: &Value) -> Wrong {
        let Some(any) = schema.get("oneOf").and_then(Value::as_array) else { return Ok(()) };
        let found: Vec<_> = any.iter().map(|schema| self.check(schema, value)).collect();
        match found.iter().filter(|wrong| wrong.is_ok()).count() {
            1 => Ok(()),
            count => Err(format!("it is {count} of {} alternatives: {found:#?}", any.len())),
        }
    }

    fn check_items(&self, schema: &Map<String, Value>, items: &[Value]) -> Wrong {
        let Some(each) = schema.get("items") else { return Ok(()) };
        let check = |(index, item)| self.check(each, item).map_err(|why| format!("{index}: {why}"));
        items.iter().enumerate().try_for_each(check)
    }

    fn check_members(&self, schema: &Map<String, Value>, members: &Map<String, Value>) -> Wrong {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{name} is not there"));
            }
        }
        let Some(known) = schema.get("properties") else { return Ok(()) };
        for (name, member) in members {
            let described = known.get(name).or_else(|| schema.get("additionalProperties"));
            let described = described.ok_or_else(|| format!("{name} is not described"))?;
            self.check(described, member).map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(())
    }

    /// Members that are not named may be anything.
    fn check_open(&self, schema: &Value, value: &Value) -> Wrong {
        let Some(known) = schema["properties"].as_object() else {
            return self.check(schema, value);
        };
        known.iter().try_for_each(|(name, described)| self.check(described, &value[name]))
    }
}

fn check_type(schema: &Map<String, Value>, value: &Value) -> Wrong {
    let is = |wanted: &str| match wanted {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    let fits = match schema.get("type") {
        Some(Value::String(wanted)) => is(wanted),
        Some(Value::Array(any)) => any.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("{value} is no {}", schema["type"])) }
}

#[test]
fn what_is_wrong_is_found() {
    let document = serde_json::json!({"word": {"type": ["string", "null"]}});
    let schema = serde_json::json!({
        "type": "object",
        "required": ["word"],
        "properties": {
            "word": {"$ref": "#/word"},
            "one": {"oneOf": [{"const": 1}, {"type": "integer"}]},
            "list": {"type": "array", "items": {"enum": ["a"]}},
        },
        "not": {"properties": {"one": {"const": 7}}},
    });
    let wrong = |value: Value| Schemas(&document).check(&schema, &value).err().unwrap_or_default();
    assert_eq!(wrong(serde_json::json!({"word": null, "one": 2, "list": ["a"]})), "");
    for (value, why) in [
        (serde_json::json!([]), "[] is no \"object\""),
        (serde_json::json!({}), "word is not there"),
        (serde_json::json!({"word": 1}), "word: 1 is no [\"string\",\"null\"]"),
        (serde_json::json!({"word": "", "more": 1}), "more is not described"),
        (serde_json::json!({"word": "", "list": ["a", "b"]}), "list: 1: \"b\" is none of"),
        (serde_json::json!({"word": "", "one": 1}), "one: it is 2 of 2 alternatives"),
        (serde_json::json!({"word": "", "one": 7}), "is what it must not be"),
    ] {
        let found = wrong(value);
        assert!(found.contains(why), "{found} is not {why}");
    }
}
