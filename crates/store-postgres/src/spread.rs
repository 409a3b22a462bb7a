//! A store that is spread over the shards of a cluster by account, as Citus does it: which tables lie
//! where, whether that was done, and doing it.

use rows::TABLES;

use crate::connect::{Address, Options, Purpose};
use crate::errors::{Error, OpenError};
use crate::open;
use crate::session::Session;
use crate::statements::{CITUS_IS_THERE, CITUS_TABLES};

/// Where the rows of a table lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On each shard all of them: they are few, and asked for without an account.
    Everywhere,
    /// Those of an account together, on one shard.
    WithAccount,
}

/// A table, and whether it was put in its place just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Its name.
    pub table: &'static str,
    /// Where its rows lie.
    pub place: Place,
    /// It was not there before.
    pub is_new: bool,
}

/// Tables that are the same everywhere.
const EVERYWHERE: [&str; 3] = ["accounts", "keys", "store_meta"];
/// Tables that are not moved between stores, and are spread as well.
const OURS: [&str; 2] = ["store_meta", "writers"];
/// Tables that stay where they are: what migrations need.
#[cfg(test)]
const LOCAL: [&str; 2] = ["bootstrap", "refinery_schema_history"];

/// All tables that are spread, in the order in which they name each other, and where their rows lie.
pub fn places() -> impl Iterator<Item = (&'static str, Place)> {
    let names = || TABLES.iter().map(|table| table.name).chain(OURS);
    let everywhere = names().filter(|name| EVERYWHERE.contains(name));
    let with_account = names().filter(|name| !EVERYWHERE.contains(name));
    everywhere
        .map(|name| (name, Place::Everywhere))
        .chain(with_account.map(|name| (name, Place::WithAccount)))
}

/// Spreads the store at `address` as far as it is not spread yet, and brings its schema up to date. `None`
/// where the database has no Citus. Nodes that run do not notice: they are to be started again.
///
/// # Errors
/// [`OpenError`]. What was done before it stays, and is not done again.
pub fn distribute(address: &str, options: &Options) -> Result<Option<Vec<Spread>>, OpenError> {
    let address = Address::new(address, options)?;
    open::make(&address)?;
    let mut session = address.connect(Purpose::Migrate)?;
    if has_citus(&mut session)? { Ok(Some(complete(&mut session)?)) } else { Ok(None) }
}

/// Whether the store is spread.
pub(crate) fn is_spread(session: &mut Session) -> Result<bool, Error> {
    Ok(has_citus(session)? && spread_tables(session)?.iter().any(|name| name == "bookings"))
}

/// Spreads the tables that are not.
pub(crate) fn complete(session: &mut Session) -> Result<Vec<Spread>, Error> {
    let known = spread_tables(session)?;
    let mut tables = Vec::new();
    let mut first = None;
    for (table, place) in places() {
        let is_new = !known.iter().any(|name| name == table);
        if is_new {
            session.execute_batch(&spread_sql(table, place, first))?;
        }
        if place == Place::WithAccount {
            first = first.or(Some(table));
        }
        tables.push(Spread { table, place, is_new });
    }
    Ok(tables)
}

/// All tables whose rows lie with their account lie as the `first` of them does.
fn spread_sql(table: &str, place: Place, first: Option<&str>) -> String {
    match (place, first) {
        (Place::Everywhere, _) => format!("select create_reference_table('{table}')"),
        (Place::WithAccount, None) => {
            format!("select create_distributed_table('{table}', 'account_id')")
        }
        (Place::WithAccount, Some(first)) => format!(
            "select create_distributed_table('{table}', 'account_id', colocate_with => '{first}')"
        ),
    }
}

fn has_citus(session: &mut Session) -> Result<bool, Error> {
    let done = session.one(&CITUS_IS_THERE, Vec::new())?;
    let found = done.rows.first().map(|row| rows::get::<u64, _>(row, "extensions")).transpose()?;
    Ok(found.unwrap_or_default() > 0)
}

fn spread_tables(session: &mut Session) -> Result<Vec<String>, Error> {
    let done = session.one(&CITUS_TABLES, Vec::new())?;
    done.rows.iter().map(|row| rows::get(row, "name")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use peers::cluster::Database;

    use super::*;

    #[test]
    fn every_table_of_the_catalogue_has_its_place() {
        let database = Database::new();
        let options = Options::default();
        assert_eq!(distribute(&database.url(), &options), Ok(None), "there is no Citus here");
        let there = database.ask("select tablename from pg_tables where schemaname = 'public'");
        let placed = places().map(|(name, _)| name).chain(LOCAL).map(str::to_owned);
        let placed: Vec<_> = placed.collect();
        let distinct: BTreeSet<_> = placed.iter().cloned().collect();
        assert_eq!(distinct.len(), placed.len(), "each has one place");
        assert_eq!(distinct, there.into_iter().collect());
    }

    #[test]
    fn what_lies_with_its_account_lies_as_the_first_of_it_does() {
        let sql = |table, first| spread_sql(table, Place::WithAccount, first);
        assert_eq!(sql("events", None), "select create_distributed_table('events', 'account_id')");
        assert_eq!(
            sql("zones", Some("events")),
            "select create_distributed_table('zones', 'account_id', colocate_with => 'events')"
        );
        let keys = spread_sql("keys", Place::Everywhere, None);
        assert_eq!(keys, "select create_reference_table('keys')");
        let first = places().find(|(_, place)| *place == Place::WithAccount);
        assert_eq!(first, Some(("events", Place::WithAccount)), "what others name comes first");
    }
}
