//! A store that is wrong in one way.

use std::fmt::Debug;
use std::sync::Arc;

use domain::claimant::Claimant as _;
use domain::deadline::Deadline;
use domain::pool::Pool;
use domain::record::{Fingerprint, IntentKey, RecordState};
use domain::table::{Table, Write};
use domain::tickets::booking::Status;
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};
use sim::backend::Backend;

/// In which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// In none.
    None,
    /// No key was ever seen.
    ForgetsRecords,
    /// No key of a customer was ever seen by the name that it had before the upgrade.
    ForgetsEarlierNames,
    /// Records are bound to no body.
    ForgetsFingerprints,
    /// All records are of the first secret.
    ForgetsSecrets,
    /// Pools of bookings that end are not written.
    KeepsStock,
    /// Allowances never become less.
    KeepsAllowances,
    /// Nobody ever took anything.
    ForgetsAllowances,
    /// Rows are written, records are not.
    DropsRecords,
    /// In every fifth commit records are written, rows are not.
    DropsRows,
    /// Only successes are recorded.
    DropsRefusals,
    /// Every fifth commit is acknowledged and not written.
    Pretends,
    /// Every lost commit is said to have taken effect.
    AlwaysCommitted,
    /// No hold is ever due.
    NothingIsDue,
    /// Nothing of any pool is taken.
    EmptyPools,
}

pub(crate) struct MutantBackend<B> {
    inner: B,
    mutant: Mutant,
}

impl<B> MutantBackend<B> {
    pub(crate) const fn new(inner: B, mutant: Mutant) -> Self {
        Self { inner, mutant }
    }
}

impl<B: Backend> Backend for MutantBackend<B> {
    fn open(&self, failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError> {
        let inner = self.inner.open(failpoints)?;
        Ok(Box::new(MutantStore { inner, mutant: self.mutant, begun: 0 }))
    }

    fn reads(&self) -> Arc<dyn Reads> {
        self.inner.reads()
    }

    fn credentials(&self) -> Arc<dyn Credentials> {
        self.inner.credentials()
    }
}

struct MutantStore {
    inner: Box<dyn Store>,
    mutant: Mutant,
    begun: u64,
}

impl Store for MutantStore {
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        self.begun += 1;
        let fifth = self.begun.is_multiple_of(5);
        let inner = self.inner.begin()?;
        Ok(Box::new(MutantTx { inner, mutant: self.mutant, fifth }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        let was = self.inner.was_committed(batch)?;
        Ok(was || self.mutant == Mutant::AlwaysCommitted)
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_deadline()
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.last_instant()
    }
}

struct MutantTx<'a> {
    inner: Box<dyn Tx + 'a>,
    mutant: Mutant,
    fifth: bool,
}

impl Tx for MutantTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.inner.now(clock)
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.inner.load(keys, world)?;
        match self.mutant {
            Mutant::ForgetsRecords => {
                keys.records.iter().for_each(|key| world.records.load(key.clone(), None));
            }
            Mutant::ForgetsEarlierNames => {
                let has_another = |key: &&IntentKey| {
                    let is_same = |it: &IntentKey| it.account == key.account && it.key == key.key;
                    keys.records.iter().any(|it| it.scope.person().is_some() && is_same(it))
                };
                let earlier = keys.records.iter().filter(|key| key.scope.person().is_none());
                for key in earlier.filter(has_another) {
                    world.records.load(key.clone(), None);
                }
            }
            Mutant::ForgetsFingerprints => rebind(keys, world, |_| None),
            Mutant::ForgetsSecrets => rebind(keys, world, |bound| Some(of_first_secret(bound))),
            Mutant::ForgetsAllowances => {
                keys.allowances.iter().for_each(|key| world.allowances.load(*key, None));
            }
            Mutant::EmptyPools => {
                for key in &keys.pools {
                    let empty = world.pools.get(key).map(|pool| Pool::new(pool.capacity()));
                    world.pools.load(*key, empty);
                }
            }
            Mutant::None
            | Mutant::KeepsStock
            | Mutant::KeepsAllowances
            | Mutant::DropsRecords
            | Mutant::DropsRows
            | Mutant::DropsRefusals
            | Mutant::Pretends
            | Mutant::AlwaysCommitted
            | Mutant::NothingIsDue => {}
        }
        Ok(())
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        if self.mutant == Mutant::NothingIsDue {
            return Ok(Vec::new());
        }
        self.inner.due(now, limit)
    }

    fn commit(mut self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        if self.fifth && self.mutant == Mutant::Pretends {
            return Ok(());
        }
        let mut world = batch.world.clone();
        let stored = self.stored(batch.world)?;
        match self.mutant {
            Mutant::ForgetsRecords => {
                world.records = laid(stored.records, &world.records, |_| true);
            }
            Mutant::ForgetsAllowances => {
                world.allowances = laid(stored.allowances, &world.allowances, |_| true);
            }
            Mutant::KeepsAllowances => {
                let decided = laid(stored.allowances.clone(), &world.allowances, |write| {
                    !matches!(write, Write::Update(key, row)
                        if stored.allowances.get(key).is_some_and(|it| row.taken < it.taken))
                });
                world.allowances = decided;
            }
            Mutant::KeepsStock => {
                let ended = ended_pools(batch.world);
                world.pools = laid(
                    stored.pools,
                    &world.pools,
                    |write| !matches!(write, Write::Update(key, _) if ended.contains(key)),
                );
            }
            Mutant::EmptyPools => world.pools = laid(stored.pools, &world.pools, |_| true),
            Mutant::DropsRecords => world.records = Table::default(),
            Mutant::DropsRefusals => {
                world.records = laid(stored.records, &world.records, |write| {
                    !matches!(write, Write::Insert(_, record)
                        if !record.is_success() && record.state != RecordState::Retired)
                });
            }
            Mutant::DropsRows if self.fifth => {
                let only = World { records: world.records, ..World::default() };
                return self.inner.commit(&Batch { world: &only, emitted: &[], ..*batch });
            }
            Mutant::None
            | Mutant::ForgetsEarlierNames
            | Mutant::DropsRows
            | Mutant::ForgetsFingerprints
            | Mutant::ForgetsSecrets
            | Mutant::Pretends
            | Mutant::AlwaysCommitted
            | Mutant::NothingIsDue => {}
        }
        self.inner.commit(&Batch { world: &world, ..*batch })
    }
}

impl MutantTx<'_> {
    /// What is truly stored of the rows that the batch writes.
    fn stored(&mut self, world: &World) -> Result<World, CommitError> {
        let keys = Keys {
            records: keys(&world.records),
            allowances: keys(&world.allowances),
            pools: keys(&world.pools),
            ..Keys::default()
        };
        let mut stored = World::default();
        self.inner.load(&keys, &mut stored).map_err(CommitError::NotWritten)?;
        Ok(stored)
    }
}

fn keys<K, V>(table: &Table<K, V>) -> std::collections::BTreeSet<K>
where
    K: Ord + Clone + Debug,
{
    table.writes().map(|write| key(&write).clone()).collect()
}

const fn key<'a, K, V>(write: &Write<'a, K, V>) -> &'a K {
    match write {
        Write::Insert(key, _) | Write::Update(key, _) | Write::Delete(key) => key,
    }
}

/// Those of the writes that are to be kept, over what is truly stored.
fn laid<K, V>(
    mut stored: Table<K, V>,
    decided: &Table<K, V>,
    keep: impl Fn(&Write<'_, K, V>) -> bool,
) -> Table<K, V>
where
    K: Ord + Clone + Debug,
    V: Clone,
{
    for write in decided.writes().filter(|write| keep(write)) {
        match write {
            Write::Insert(key, row) | Write::Update(key, row) => {
                stored.put(key.clone(), row.clone());
            }
            Write::Delete(key) => stored.remove(key.clone()),
        }
    }
    stored
}

fn ended_pools(world: &World) -> std::collections::BTreeSet<Of<domain::pool::PoolId>> {
    let ended = world.bookings.writes().filter_map(|write| match write {
        Write::Update(_, booking) => (!booking.status.stage().is_live()).then_some(booking),
        Write::Insert(..) | Write::Delete(_) => None,
    });
    ended
        .filter(|booking| booking.status != Status::Cancelled)
        .flat_map(|booking| booking.claims().map(|claim| (booking.account, claim.pool)))
        .collect()
}

/// Lets what was read say that the keys are bound otherwise.
fn rebind(keys: &Keys, world: &mut World, to: impl Fn(Fingerprint) -> Option<Fingerprint>) {
    for key in &keys.records {
        let Some(mut record) = world.records.get(key).cloned() else { continue };
        record.fingerprint = record.fingerprint.and_then(&to);
        world.records.load(key.clone(), Some(record));
    }
}

/// The same hash, as if the first secret had made it.
fn of_first_secret(fingerprint: Fingerprint) -> Fingerprint {
    let stored = fingerprint.stored();
    let hash = stored.last_chunk().expect("it has 32 bytes");
    Fingerprint::new(1, *hash)
}
