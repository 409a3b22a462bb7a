//! Statements that are sent together, and what becomes of their rows.

use domain::World;

use crate::errors::Error;
use crate::session::{Call, Done, Param, Row, Session};
use crate::statements::Statement;
use rows::tickets::catalogue;

type Reader<'a> = Box<dyn FnOnce(Done, &mut World) -> Result<(), Error> + 'a>;

/// Statements that are sent together, and what becomes of their rows.
#[derive(Default)]
pub(super) struct Round<'a> {
    calls: Vec<Call>,
    readers: Vec<Reader<'a>>,
}

impl<'a> Round<'a> {
    /// Adds a statement, unless it is about nothing.
    pub(super) fn add(
        &mut self,
        (is_empty, statement): (bool, &'static Statement),
        params: Vec<Param>,
        read: impl FnOnce(Done, &mut World) -> Result<(), Error> + 'a,
    ) {
        if !is_empty {
            self.calls.push(Call::new(statement, params));
            self.readers.push(Box::new(read));
        }
    }

    pub(super) fn run(self, session: &mut Session, world: &mut World) -> Result<(), Error> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let done = session.run(&self.calls)?;
        self.readers.into_iter().zip(done).try_for_each(|(read, done)| read(done, world))
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
