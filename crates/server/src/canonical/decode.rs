//! Typed requests from the scanned tree, by serde.
//!
//! Messages are for whoever wrote the request: they know JSON, not Rust, and they never repeat a
//! value.

use core::fmt;
use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use wire::FieldProblem;

use super::path::FieldPath;
use super::{Member, Node};
use crate::spelling;

/// What is wrong with which field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Which field.
    pub path: FieldPath,
    /// What it must be; reads on after the field's name.
    pub message: String,
    /// What would make it right.
    pub(super) cure: Cure,
}

/// What makes a field right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// It must not be there.
    Remove,
    /// It is one of these fields, in another style.
    Rename(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Something else, or something at all.
    Value,
}

impl FieldError {
    fn new(message: String) -> Self {
        Self { path: FieldPath::default(), message, cure: Cure::Value }
    }

    fn under_name(self, name: &str) -> Self {
        Self { path: self.path.under_name(name), ..self }
    }

    fn under_index(self, index: usize) -> Self {
        Self { path: self.path.under_index(index), ..self }
    }
}

impl FieldError {
    /// As an answer lists it.
    pub(crate) fn field(&self) -> FieldProblem {
        let field = if self.path.is_root() { "body".to_owned() } else { self.path.to_string() };
        FieldProblem { field, message: self.message.clone() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            return write!(out, "the body {}", self.message);
        }
        write!(out, "{} {}", self.path, self.message)
    }
}

impl std::error::Error for FieldError {}

impl Error for FieldError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {}, not {}", wanted(expected), kind(found)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {}", wanted(expected)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let error = Self::new(format!("must be one of: {}", expected.join(", ")));
        Self { cure: Cure::Word(expected), ..error }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let advice = spelling::advice(field, expected);
        let error = Self::new(format!("is not a known field; {advice}")).under_name(field);
        let cure = spelling::meant(field, expected).map_or(Cure::Remove, Cure::Rename);
        Self { cure, ..error }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("is required".to_owned()).under_name(field)
    }
}

/// What serde expects, in words of JSON.
fn wanted(expected: &dyn Expected) -> Cow<'static, str> {
    let expected = expected.to_string();
    match expected.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "an integer".into(),
        "f32" | "f64" => "a number".into(),
        "a sequence" => "an array".into(),
        "a map" => "an object".into(),
        text if text.starts_with("struct ") => "an object".into(),
        _ => expected.into(),
    }
}

/// What was found, without its value.
const fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a decimal number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => "something else",
    }
}

impl Node<'_> {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Number(number) if is_integer(number) => Unexpected::Signed(0),
            Self::Number(_) => Unexpected::Float(0.0),
            Self::String(text) => Unexpected::Str(text),
            Self::Array(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }
}

fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

impl<'de> Deserializer<'de> for &'de Node<'de> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(number) => any_number(number, visitor),
            Node::String(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Node::String(Cow::Owned(text)) => visitor.visit_borrowed_str(text),
            Node::Array(items) => visitor.visit_seq(Items { items: items.iter(), index: 0 }),
            Node::Object(members) => {
                visitor.visit_map(Members { members: members.iter(), value: None })
            }
        }
    }

    /// The one kind of number in our requests. Whole numbers that are too big say so.
    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self {
            Node::Number(number) if is_integer(number) => match number.parse() {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => Err(FieldError::new("is out of range".to_owned())),
            },
            Node::Number(_)
            | Node::Null
            | Node::Bool(_)
            | Node::String(_)
            | Node::Array(_)
            | Node::Object(_) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self {
            Node::Null => visitor.visit_none(),
            Node::Bool(_)
            | Node::Number(_)
            | Node::String(_)
            | Node::Array(_)
            | Node::Object(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    /// Objects only: serde would take the members of a struct from an array as well.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self {
            Node::Object(_) => self.deserialize_any(visitor),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Array(_) => {
                Err(FieldError::invalid_type(self.unexpected(), &visitor))
            }
        }
    }

    /// Words only: our enums carry nothing.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        match self {
            Node::String(word) => {
                let word: StrDeserializer<'_, FieldError> = word.as_ref().into_deserializer();
                visitor.visit_enum(word)
            }
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Array(_) | Node::Object(_) => {
                Err(FieldError::invalid_type(self.unexpected(), &"a string"))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

fn any_number<'de, V: Visitor<'de>>(number: &str, visitor: V) -> Result<V::Value, FieldError> {
    // As `serde_json` has it: zero with a sign is a double.
    if number == "-0" {
        return visitor.visit_f64(-0.0);
    }
    if let Ok(number) = number.parse() {
        return visitor.visit_i64(number);
    }
    if let Ok(number) = number.parse() {
        return visitor.visit_u64(number);
    }
    match number.parse() {
        Ok(number) => visitor.visit_f64(number),
        Err(_) => Err(FieldError::new("is out of range".to_owned())),
    }
}

struct Items<'de> {
    items: core::slice::Iter<'de, Node<'de>>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = FieldError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.under_index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members<'de> {
    members: core::slice::Iter<'de, Member<'de>>,
    /// The member whose name was read last.
    value: Option<&'de Member<'de>>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, FieldError> {
        self.value = self.members.next();
        let Some(member) = self.value else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(&member.name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, FieldError> {
        let Some(member) = self.value.take() else {
            return Err(FieldError::custom("has a value without a name"));
        };
        seed.deserialize(&member.value).map_err(|error| error.under_name(&member.name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

#[cfg(test)]
mod tests;
