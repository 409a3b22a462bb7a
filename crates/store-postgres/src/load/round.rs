//! Statements that are sent together, and what becomes of their rows.

use domain::World;

use crate::errors::Error;
use crate::session::{Call, Done, Param, Row, Session};
use crate::statements::Statement;
use rows::tickets::catalogue;

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

pub(super) fn load_events(done: Done, world: &mut World) -> Result<(), Error> {
    for event in read(&done, catalogue::event)? {
        world.events.load((event.account, event.id), Some(event));
    }
    Ok(())
}

pub(super) fn load_zones(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let zone = catalogue::zone(row)?;
        world.zones.load((rows::account(row)?, zone.id), Some(zone));
    }
    Ok(())
}
