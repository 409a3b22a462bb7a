//! A connection and its statements. Each belongs to one thread at a time and has a small runtime inside,
//! which drives it while somebody waits for an answer: statements of one round are sent together and
//! answered in order.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::time::Duration;

use engine::failpoint::Failpoints;
use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use rows::Source;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use tokio_postgres::types::{FromSql, ToSql};

use crate::errors::Error;
use crate::statements::{COMMIT, ROLLBACK, Statement};

/// A parameter.
pub(crate) type Param = Box<dyn ToSql + Sync + Send>;

/// Parameters, by position.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$(Box::new($value) as $crate::session::Param),*]
    };
}
pub(crate) use params;

/// A statement with its parameters.
pub(crate) struct Call {
    pub(crate) statement: &'static Statement,
    pub(crate) params: Vec<Param>,
}

impl Call {
    pub(crate) const fn new(statement: &'static Statement, params: Vec<Param>) -> Self {
        Self { statement, params }
    }
}

/// A row that was found.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) tokio_postgres::Row);

impl Row {
    fn read<'row, T: FromSql<'row>>(&'row self, column: &'static str) -> Result<T, Error> {
        let corrupt = |error| Error::Broken(format!("column {column}: {error}"));
        self.0.try_get(column).map_err(corrupt)
    }
}

impl Source for Row {
    type Error = Error;

    fn integer(&self, column: &'static str) -> Result<Option<i64>, Error> {
        self.read(column)
    }

    fn flag(&self, column: &'static str) -> Result<Option<bool>, Error> {
        self.read(column)
    }

    fn text(&self, column: &'static str) -> Result<Option<&str>, Error> {
        self.read(column)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, Error> {
        self.read(column)
    }
}

/// What a statement did.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) rows: Vec<Row>,
    /// Rows that it wrote, or read.
    pub(crate) affected: u64,
}

/// Futures that [`join_all`] polls in the order in which they stand: what is polled first is sent first.
const IN_ORDER: usize = 30;
/// Statements that are sent together at most, in their order: so many groups of so many. More are sent in
/// several rounds.
const ROUND_MAX: usize = IN_ORDER * IN_ORDER;

pub(crate) struct Session {
    client: Client,
    prepared: BTreeMap<&'static str, tokio_postgres::Statement>,
    failpoints: Failpoints,
    /// How long one round may take, whatever the network does.
    timeout: Duration,
    /// Nothing is known about what the other side makes of it; it must not be used again.
    spent: bool,
    in_transaction: bool,
    runtime: Blocking,
}

/// A runtime that may be dropped anywhere, also where nobody may wait.
#[derive(Debug)]
pub(crate) struct Blocking(Option<Runtime>);

impl Blocking {
    pub(crate) fn new() -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failed = |error: std::io::Error| Error::Unavailable(format!("no runtime: {error}"));
        Ok(Self(Some(runtime.map_err(failed)?)))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session").field("spent", &self.spent).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(runtime: Blocking, client: Client, timeout: Duration) -> Self {
        Self {
            client,
            prepared: BTreeMap::new(),
            failpoints: Failpoints::default(),
            timeout,
            spent: false,
            in_transaction: false,
            runtime,
        }
    }

    pub(crate) fn with_failpoints(self, failpoints: Failpoints) -> Self {
        Self { failpoints, ..self }
    }

    /// Whether it can be used.
    pub(crate) fn is_open(&self) -> bool {
        !self.spent && !self.client.is_closed()
    }

    /// Carries out statements in their order and as few round trips as possible; their answers are in
    /// the same order. Where one fails within a transaction, the later ones do nothing.
    pub(crate) fn run(&mut self, calls: &[Call]) -> Result<Vec<Done>, Error> {
        let mut done = Vec::with_capacity(calls.len());
        for round in calls.chunks(ROUND_MAX) {
            done.extend(self.run_round(round)?);
        }
        Ok(done)
    }

    fn run_round(&mut self, calls: &[Call]) -> Result<Vec<Done>, Error> {
        for call in calls {
            self.fail_at(call.statement.name)?;
        }
        let result = self.round(calls);
        if let Err(error) = &result
            && !error.spares_connection()
        {
            self.spent = true;
        }
        result
    }

    fn round(&mut self, calls: &[Call]) -> Result<Vec<Done>, Error> {
        let Self { client, prepared, timeout, runtime, .. } = self;
        let work = async {
            prepare(client, prepared, calls).await?;
            let run = |call| carry_out(client, prepared, call);
            let groups = calls.chunks(IN_ORDER).map(|group| join_all(group.iter().map(run)));
            // The first that failed is the reason; what came after it was only not carried out.
            join_all(groups).await.into_iter().flatten().collect()
        };
        let limited = async { tokio::time::timeout(*timeout, work).await };
        runtime.runtime().block_on(limited).unwrap_or_else(|_| {
            Err(Error::Lost(format!("no answer within {} ms", timeout.as_millis())))
        })
    }

    /// Carries out one statement.
    pub(crate) fn one(
        &mut self,
        statement: &'static Statement,
        params: Vec<Param>,
    ) -> Result<Done, Error> {
        let mut done = self.run(&[Call::new(statement, params)])?;
        Ok(done.pop().unwrap_or_default())
    }

    /// Shows `visit` each row of a statement without parameters, as they come: there may be many.
    pub(crate) fn each(
        &mut self,
        statement: &'static Statement,
        mut visit: impl FnMut(&Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.fail_at(statement.name)?;
        let postgres = Error::postgres(statement.name);
        let Self { client, runtime, .. } = self;
        runtime.runtime().block_on(async {
            let none: [&(dyn ToSql + Sync); 0] = [];
            let rows = client.query_raw(statement.sql, none).await.map_err(postgres)?;
            let mut rows = pin!(rows);
            while let Some(row) = rows.try_next().await.map_err(postgres)? {
                visit(&Row(row))?;
            }
            Ok(())
        })
    }

    /// Begins a transaction with this statement, and carries out others in the same round.
    pub(crate) fn begin(
        &mut self,
        begin: &'static Statement,
        others: Vec<Call>,
    ) -> Result<Vec<Done>, Error> {
        let mut calls = vec![Call::new(begin, Vec::new())];
        calls.extend(others);
        self.in_transaction = true;
        let mut done = self.run(&calls)?;
        done.remove(0);
        Ok(done)
    }

    /// Sends COMMIT. Whatever goes wrong here leaves it open whether it was written, unless the
    /// database says that it was not.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        self.run(&[Call::new(&COMMIT, Vec::new())])?;
        self.in_transaction = false;
        Ok(())
    }

    /// Ends a transaction, if one is open, as if it had never been.
    pub(crate) fn roll_back(&mut self) -> Result<(), Error> {
        if !self.in_transaction || !self.is_open() {
            return Ok(());
        }
        self.run(&[Call::new(&ROLLBACK, Vec::new())])?;
        self.in_transaction = false;
        Ok(())
    }

    /// Executes SQL that is in no statement's file: settings, and what is done once.
    pub(crate) fn execute_batch(&mut self, sql: &str) -> Result<(), Error> {
        let limited =
            async { tokio::time::timeout(self.timeout, self.client.batch_execute(sql)).await };
        match self.runtime.runtime().block_on(limited) {
            Ok(executed) => executed.map_err(Error::postgres("execute_batch")),
            Err(_) => Err(Error::Lost("no answer in time".to_owned())),
        }
    }

    /// Lends the connection to a future.
    pub(crate) fn with_client<T>(&mut self, work: impl AsyncFnOnce(&mut Client) -> T) -> T {
        let Self { client, runtime, .. } = self;
        runtime.runtime().block_on(work(client))
    }

    /// Fails where a test wants it.
    pub(crate) fn fail_at(&self, name: &str) -> Result<(), Error> {
        if self.failpoints.hit(name) {
            Err(Error::Failpoint(format!("failpoint {name}")))
        } else {
            Ok(())
        }
    }
}

async fn prepare(
    client: &Client,
    prepared: &mut BTreeMap<&'static str, tokio_postgres::Statement>,
    calls: &[Call],
) -> Result<(), Error> {
    let missing = calls.iter().map(|call| call.statement);
    let missing: BTreeMap<_, _> = missing
        .filter(|statement| !prepared.contains_key(statement.name))
        .map(|statement| (statement.name, statement))
        .collect();
    let prepare = |(name, statement): (&'static str, &'static Statement)| async move {
        let ready = client.prepare(statement.sql).await.map_err(Error::postgres(name))?;
        Ok::<_, Error>((name, ready))
    };
    for ready in join_all(missing.into_iter().map(prepare)).await {
        let (name, ready) = ready?;
        prepared.insert(name, ready);
    }
    Ok(())
}

async fn carry_out(
    client: &Client,
    prepared: &BTreeMap<&'static str, tokio_postgres::Statement>,
    call: &Call,
) -> Result<Done, Error> {
    let name = call.statement.name;
    let statement = prepared.get(name).expect("it was prepared");
    let params = call.params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() });
    let rows = client.query_raw(statement, params).await.map_err(Error::postgres(name))?;
    let mut rows = pin!(rows);
    let mut done = Done::default();
    while let Some(row) = rows.try_next().await.map_err(Error::postgres(name))? {
        done.rows.push(Row(row));
    }
    done.affected = rows.rows_affected().unwrap_or_default();
    Ok(done)
}

#[cfg(test)]
mod tests {
    use peers::cluster::Database;

    use super::*;
    use crate::connect::{Address, Options, Purpose};

    const ECHO: Statement = Statement { name: "echo", sql: "select $1::bigint" };

    #[test]
    fn however_many_statements_there_are_they_are_answered_in_their_order() {
        let database = Database::new();
        let address = Address::new(&database.url(), &Options::default()).expect("an address");
        let mut session = address.connect(Purpose::Read).expect("it connects");
        for count in [0, IN_ORDER, IN_ORDER + 1, ROUND_MAX, ROUND_MAX + 1, 2 * ROUND_MAX + 1] {
            let numbers: Vec<_> = (0_i64..).take(count).collect();
            let calls = numbers.iter().map(|number| Call::new(&ECHO, params![*number]));
            let done = session.run(&calls.collect::<Vec<_>>()).expect("they run");
            let answers: Vec<i64> = done.iter().map(|done| done.rows[0].0.get(0)).collect();
            assert_eq!(answers, numbers);
        }
    }
}
