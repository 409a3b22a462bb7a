//! All that is wrong with the fields of a request, and not only what is met first.
//!
//! Serde ends at the first error. So the tree is mended there, with whatever serde takes in that place, and read
//! again, until it can be read: the errors on the way are those of the request.

use serde::de::DeserializeOwned;

use super::decode::{Cure, FieldError};
use super::path::{FieldPath, Step};
use super::{Member, Node};

/// Fields that one answer lists; whoever has more mistakes than that sees the others next time.
pub const WRONG_FIELDS_MAX: usize = 32;

/// A document of more values is read once: it would take too long to read it for each mistake.
const MENDED_VALUES_MAX: usize = 2_048;

/// What may stand where the right thing is not known.
const STAND_INS: [Node<'static>; 5] = [
    Node::String(std::borrow::Cow::Borrowed("")),
    Node::Number("1"),
    Node::Bool(false),
    Node::Array(Vec::new()),
    Node::Object(Vec::new()),
];

/// The mistakes in the fields of a document.
pub(super) struct Mistakes<T> {
    /// Each field once.
    pub(super) errors: Vec<FieldError>,
    /// What the document would say without them, if that was found: made up where an error is, and good for
    /// nothing but to look at the other fields.
    pub(super) mended: Option<T>,
}

/// The mistakes of a document whose first one is known.
pub(super) fn mistakes<T: DeserializeOwned>(root: &Node<'_>, first: FieldError) -> Mistakes<T> {
    let mut found = vec![first.clone()];
    // What is no object has no fields.
    if first.path.is_root() || values(root) > MENDED_VALUES_MAX {
        return Mistakes { errors: found, mended: None };
    }
    let mut tree = root.clone();
    let mut wrong = first;
    let mended = loop {
        if found.len() > WRONG_FIELDS_MAX || !mend::<T>(&mut tree, &wrong) {
            break None;
        }
        wrong = match T::deserialize(&tree) {
            Ok(mended) => break Some(mended),
            Err(next) => next,
        };
        // What a stand-in lacks is nobody's mistake.
        if !found.iter().any(|known| wrong.path.is_below(&known.path)) {
            found.push(wrong.clone());
        }
    };
    found.truncate(WRONG_FIELDS_MAX);
    Mistakes { errors: found, mended }
}

/// Whether something was done about the error.
fn mend<T: DeserializeOwned>(tree: &mut Node<'_>, error: &FieldError) -> bool {
    match error.cure {
        Cure::Remove => return take(tree, &error.path).is_some(),
        Cure::Rename(name) => {
            let Some(value) = take(tree, &error.path) else { return false };
            return add(tree, &error.path, name, value);
        }
        Cure::Word([word, ..]) => return put(tree, &error.path, Node::String((*word).into())),
        Cure::Word([]) | Cure::Value => {}
    }
    for stand_in in STAND_INS {
        if !put(tree, &error.path, stand_in) {
            return false;
        }
        match T::deserialize(&*tree) {
            // The place takes text, but only some words.
            Err(FieldError { path, cure: Cure::Word([word, ..]), .. }) if path == error.path => {
                return put(tree, &error.path, Node::String((*word).into()));
            }
            Err(next) if next.path == error.path => {}
            Ok(_) | Err(_) => return true,
        }
    }
    false
}

/// Takes a member out of its object.
fn take<'a>(tree: &mut Node<'a>, path: &FieldPath) -> Option<Node<'a>> {
    let Step::Name(name) = path.innermost()? else { return None };
    let Node::Object(members) = path.around().try_fold(tree, step)? else { return None };
    let index = members.iter().position(|member| member.name == name.as_str())?;
    Some(members.remove(index).value)
}

/// Adds a member to the object around a place; one of that name that is there already stays.
fn add<'a>(tree: &mut Node<'a>, place: &FieldPath, name: &'a str, value: Node<'a>) -> bool {
    let Some(Node::Object(members)) = place.around().try_fold(tree, step) else {
        return false;
    };
    if members.iter().all(|member| member.name != name) {
        members.push(Member { name: name.into(), at: 0, value });
    }
    true
}

/// Puts something in a place: instead of what is there, or as a new member.
fn put<'a>(tree: &mut Node<'a>, path: &FieldPath, node: Node<'a>) -> bool {
    let Some(innermost) = path.innermost() else {
        *tree = node;
        return true;
    };
    let Some(around) = path.around().try_fold(tree, step) else { return false };
    match (innermost, around) {
        (Step::Name(name), Node::Object(members)) => {
            match members.iter_mut().find(|member| member.name == name.as_str()) {
                Some(member) => member.value = node,
                None => members.push(Member { name: name.clone().into(), at: 0, value: node }),
            }
            true
        }
        (Step::Index(index), Node::Array(items)) => match items.get_mut(*index) {
            Some(item) => {
                *item = node;
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// One step inwards.
fn step<'t, 'a>(node: &'t mut Node<'a>, step: &Step) -> Option<&'t mut Node<'a>> {
    match (step, node) {
        (Step::Name(name), Node::Object(members)) => {
            let member = members.iter_mut().find(|member| member.name == name.as_str())?;
            Some(&mut member.value)
        }
        (Step::Index(index), Node::Array(items)) => items.get_mut(*index),
        _ => None,
    }
}

/// How many values a document has, itself among them.
fn values(node: &Node<'_>) -> usize {
    1 + match node {
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => 0,
        Node::Array(items) => items.iter().map(values).sum(),
        Node::Object(members) => members.iter().map(|member| values(&member.value)).sum(),
    }
}

#[cfg(test)]
mod tests;
