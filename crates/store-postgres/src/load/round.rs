//! Statements that are sent together, and what becomes of their rows.

use std::collections::BTreeSet;

use domain::World;

use crate::arrays;
use crate::errors::Error;
use crate::generated;
use crate::session::{Call, Done, Param, Row, Session};
use crate::statements::Statement;
use rows::Stored;
use rows::cold::{self, Load};

type Reader<'a> = Box<dyn FnMut(Done, &mut World) -> Result<(), Error> + 'a>;

/// Statements that are sent together, and what becomes of their rows.
#[derive(Default)]
pub(super) struct Round<'a> {
    calls: Vec<Call>,
    /// For how many of the calls, one after the other.
    readers: Vec<(usize, Reader<'a>)>,
}

impl<'a> Round<'a> {
    /// Adds a statement, once for each of these lists of parameters.
    pub(super) fn add(
        &mut self,
        statement: &'static Statement,
        calls: Vec<Vec<Param>>,
        read: impl FnMut(Done, &mut World) -> Result<(), Error> + 'a,
    ) {
        if !calls.is_empty() {
            self.readers.push((calls.len(), Box::new(read)));
            self.calls.extend(calls.into_iter().map(|params| Call::new(statement, params)));
        }
    }

    pub(super) fn run(self, session: &mut Session, world: &mut World) -> Result<(), Error> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let mut done = session.run(&self.calls)?.into_iter();
        for (calls, mut read) in self.readers {
            done.by_ref().take(calls).try_for_each(|done| read(done, world))?;
        }
        Ok(())
    }
}

pub(super) fn read<T>(
    done: &Done,
    read: impl Fn(&Row) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    done.rows.iter().map(read).collect()
}

/// Loads rows of the tables that are not hot.
pub(super) struct Cold<'a, 'round> {
    pub(super) round: &'a mut Round<'round>,
    /// Whether they are locked until the batch ends.
    pub(super) is_locked: bool,
}

impl Load for Cold<'_, '_> {
    type Error = Error;

    fn load<R: cold::Cold>(&mut self, keys: &BTreeSet<<R as Stored>::Key>) -> Result<(), Error> {
        let statements = generated::of::<R>();
        let statement = if self.is_locked { &statements.lock } else { &statements.get };
        self.round.add(statement, arrays::by_account::<R>(keys)?, move |done, world| {
            done.rows.iter().try_for_each(|row| {
                let (key, value) = rows::keyed::<R, _>(row)?;
                R::table_mut(world).load(key, Some(value));
                Ok(())
            })
        });
        Ok(())
    }
}
