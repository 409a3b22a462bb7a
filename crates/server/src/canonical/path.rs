//! Where in a document something is.

use core::fmt;

use crate::echo;

/// A place in a document: `zones[0].name`. Empty for the document itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath {
    /// The innermost step first: an error learns its place on its way out.
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Index(usize),
}

impl FieldPath {
    /// Whether this is the document itself.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// The last step to the place; `None` for the document itself.
    #[must_use]
    pub(super) fn innermost(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// The steps to what the place is a part of, from the document inwards.
    pub(super) fn around(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().skip(1).rev()
    }

    /// Whether this is that place, or one inside it.
    #[must_use]
    pub fn is_below(&self, around: &Self) -> bool {
        self.steps.ends_with(&around.steps)
    }

    /// The same place, seen from the object around the member of that name.
    #[must_use]
    pub(super) fn under_name(mut self, name: &str) -> Self {
        self.steps.push(Step::Name(echo::cut(name).into_owned()));
        self
    }

    /// The same place, seen from the array around the item.
    #[must_use]
    pub(super) fn under_index(mut self, index: usize) -> Self {
        self.steps.push(Step::Index(index));
        self
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.steps.iter().rev().enumerate() {
            match step {
                Step::Index(index) => write!(out, "[{index}]")?,
                Step::Name(name) if depth == 0 => out.write_str(name)?,
                Step::Name(name) => write!(out, ".{name}")?,
            }
        }
        Ok(())
    }
}
