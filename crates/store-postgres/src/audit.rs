//! Feeding the whole store to the audit, which says whether it contradicts itself.

use domain::invariants::Audit;
use rows::audit::{Audited, Progress};

use crate::errors::Error;
use crate::generated;
use crate::session::Session;
use crate::statements::{SHARED, Statement};

/// Shows `audit` every row; `progress` is called with how many rows it has seen so far.
pub(crate) fn feed(
    session: &mut Session,
    audit: &mut Audit,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let mut progress = Progress::new(progress);
    for table in Audited::ALL {
        session.each(statement(table), |row| {
            table.show(row, audit)?;
            progress.saw_row();
            Ok(())
        })?;
    }
    progress.end();
    Ok(())
}

/// What asks for every row of a table, by its name.
///
/// # Panics
/// Where there is none.
fn statement(table: Audited) -> &'static Statement {
    let name = table.as_str();
    let written = || SHARED.iter().find(|statement| statement.name == name);
    generated::all(name).or_else(written).expect("each table has its statement")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_shown_by_its_own_statement() {
        for table in Audited::ALL {
            assert_eq!(statement(table).name, table.as_str());
        }
    }
}
