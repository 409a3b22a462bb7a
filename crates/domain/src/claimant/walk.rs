//! Every way that a claimant can go from stage to stage, with an eye on the counters. Each kind of claimant has
//! a test that walks it.

use crate::allowance::Allowance;
use crate::claimant::{Claimant, Stage};
use crate::decide::draft::Draft;
use crate::decide::rule::Needs;
use crate::decide::stock::{Exceeded, Shortage, check_allowance, check_claims};
use crate::invariants::{Audit, Moves, Report};
use crate::pool::{Pool, Short};
use crate::record::Fingerprints;
use crate::retention::Retention;
use crate::time::Timestamp;
use crate::{Actor, Change, Command, Intent, Keys, Reply, World};

/// What others hold of each pool.
const OTHERS_HOLD: u32 = 1;
/// What others have bought of each pool.
const OTHERS_BOUGHT: u32 = 2;
/// What else counts against the allowance.
const ELSE_TAKEN: u32 = 3;

/// Walks a claimant; `at` makes it as it is at a stage.
#[track_caller]
pub(crate) fn check_claimant<C: Claimant>(at: impl Fn(Stage) -> C) {
    check_needs(&at(Stage::Held));
    check_shortage(&at(Stage::Held));
    let ways = ways();
    for last in Stage::ALL {
        assert!(ways.iter().any(|way| way.last() == Some(&last)), "none ends {last:?}");
    }
    for way in ways {
        walk(&way, &at);
    }
    for (from, to) in Stage::ALL.map(|from| Stage::ALL.map(|to| (from, to))).into_iter().flatten() {
        let world = World::default();
        let moved = Moves::new(&world).claimant(&"it", Some(&at(from)), &at(to));
        assert_eq!(moved.is_ok(), to.follows(Some(from)), "{from:?} to {to:?}");
    }
}

/// All ways of up to four steps.
fn ways() -> Vec<Vec<Stage>> {
    let mut ways = vec![Vec::new()];
    let mut begun = 0;
    for _ in 0..4 {
        let next: Vec<_> = ways
            .iter()
            .skip(begun)
            .flat_map(|way: &Vec<Stage>| {
                let steps = Stage::ALL.into_iter().filter(|to| to.follows(way.last().copied()));
                steps.map(|to| way.iter().copied().chain([to]).collect())
            })
            .collect();
        begun = ways.len();
        ways.extend(next);
    }
    ways
}

#[track_caller]
fn walk<C: Claimant>(way: &[Stage], at: &impl Fn(Stage) -> C) {
    let mut world = world(&at(Stage::Held), 9);
    let mut before: Option<C> = None;
    for stage in way {
        let after = at(*stage);
        assert_eq!(after.stage(), *stage, "`at` makes it so");
        let changes = step(&world, before.as_ref().map(Claimant::stage), &after);
        assert_eq!(check(&world, &changes, before.as_ref(), &after), Ok(()), "{way:?}");
        for index in 0..changes.len() {
            let mut fewer = changes.clone();
            let lost = fewer.remove(index);
            let noticed = check(&world, &fewer, before.as_ref(), &after);
            assert!(noticed.is_err(), "{way:?}: {lost:?} is not missed");
        }
        changes.into_iter().for_each(|change| world.apply(change));
        check_counters(&world, &after);
        before = Some(after);
    }
}

/// The world before it: pools that have `left` units more than are needed, and its allowance.
pub(crate) fn world(claimant: &impl Claimant, left: u32) -> World {
    let mut world = World::default();
    let account = claimant.account();
    world.feeds.load(account, None);
    for claim in claimant.claims() {
        let capacity = claim.units + OTHERS_HOLD + OTHERS_BOUGHT + left;
        let pool = Pool::from_parts(capacity, OTHERS_HOLD, OTHERS_BOUGHT).expect("it has room");
        world.pools.load((account, claim.pool), Some(pool));
    }
    if let Some(counted) = claimant.allowance() {
        let taken = Allowance { taken: ELSE_TAKEN };
        world.allowances.load((account, counted.allowance), Some(taken));
    }
    world
}

pub(crate) fn step(world: &World, from: Option<Stage>, after: &impl Claimant) -> Vec<Change> {
    let intent = Intent {
        account: after.account(),
        actor: Actor::System,
        key: None,
        fingerprint: Fingerprints::NONE,
        request: crate::intent::Request::default(),
        command: Command::Malformed,
    };
    let mut draft = Draft::new(world, &intent);
    draft.move_stock(from, after);
    draft.done(Reply::Done).changes
}

/// What the invariants of a step say.
fn check<C: Claimant>(
    world: &World,
    changes: &[Change],
    before: Option<&C>,
    after: &C,
) -> Result<(), String> {
    let mut moves = Moves::new(world);
    for change in changes {
        if let Change::Pool(key, pool) = change {
            moves.pool(*key, **pool)?;
        } else if let Change::Allowance(key, left) = change {
            moves.allowance(*key, **left)?;
        } else {
            panic!("it moves {change:?}");
        }
    }
    moves.claimant(&"it", before, after)?;
    moves.check()
}

#[track_caller]
fn check_counters(world: &World, claimant: &impl Claimant) {
    let account = claimant.account();
    let (held, sold) = match claimant.stage() {
        Stage::Held => (1, 0),
        Stage::Sold => (0, 1),
        Stage::Ended => (0, 0),
    };
    let mut rows = 0;
    for claim in claimant.claims() {
        let pool = world.pools.get(&(account, claim.pool)).expect("it is there");
        let expected = (OTHERS_HOLD + held * claim.units, OTHERS_BOUGHT + sold * claim.units);
        assert_eq!((pool.held(), pool.sold()), expected, "{claim:?}");
        rows += 1;
    }
    if let Some(counted) = claimant.allowance() {
        let allowance = world.allowances.get(&(account, counted.allowance)).expect("it is there");
        assert_eq!(allowance.taken, ELSE_TAKEN + (held + sold) * counted.units);
        rows += 1;
    }
    let whole = audit(world, claimant, true);
    assert_eq!((whole.oversold, whole.leaked), (0, 0), "{whole:?}");
    let missed = if claimant.stage().is_live() { rows } else { 0 };
    assert_eq!(audit(world, claimant, false).leaked, missed, "a claimant is lost");
}

/// What an audit says of the counters, without what others have of them.
fn audit(world: &World, claimant: &impl Claimant, is_shown: bool) -> Report {
    let mut audit = Audit::default();
    let account = claimant.account();
    for claim in claimant.claims() {
        let key = (account, claim.pool);
        let pool = world.pools.get(&key).expect("it is there");
        let (held, sold) = (pool.held() - OTHERS_HOLD, pool.sold() - OTHERS_BOUGHT);
        audit.pool(key, [pool.capacity(), held, sold]);
    }
    if let Some(counted) = claimant.allowance() {
        let key = (account, counted.allowance);
        let taken = world.allowances.get(&key).expect("it is there").taken - ELSE_TAKEN;
        audit.allowance(key, Allowance { taken });
    }
    if is_shown {
        audit.claimant(claimant);
    }
    audit.finish(Timestamp::default(), Retention::default(), None)
}

/// What moves with it is what is loaded for it.
#[track_caller]
fn check_needs(claimant: &impl Claimant) {
    let account = claimant.account();
    let (world, mut keys) = (World::default(), Keys::default());
    Needs { account, world: &world, keys: &mut keys }.stock(claimant);
    let pools: Vec<_> = claimant.claims().map(|claim| (account, claim.pool)).collect();
    assert_eq!(keys.pools.len(), pools.len(), "each pool is claimed once");
    let allowances = claimant.allowance().map(|counted| (account, counted.allowance));
    let expected = Keys {
        pools: pools.into_iter().collect(),
        allowances: allowances.into_iter().collect(),
        ..Keys::default()
    };
    assert_eq!(keys, expected);
}

/// The first pool that has too few units is told, and so is a cap that is passed.
#[track_caller]
fn check_shortage(claimant: &impl Claimant) {
    let account = claimant.account();
    let enough = world(claimant, 0);
    assert_eq!(check_claims(&enough, account, claimant.claims()), Ok(()));
    let taken = step(&enough, None, claimant);
    let is_left = |it: &Change| matches!(it, Change::Pool(_, pool) if pool.available() > 0);
    assert!(!taken.iter().any(is_left), "it takes the last of everything");
    for claim in claimant.claims() {
        let mut world = enough.clone();
        let key = (account, claim.pool);
        let pool = *world.pools.get(&key).expect("it is there");
        world.pools.load(key, Some(pool.hold(1).expect("some are left")));
        let short = Short { available: claim.units - 1 };
        let expected = Err(Shortage { claim, short });
        assert_eq!(check_claims(&world, account, claimant.claims()), expected);
    }
    if let Some(counted) = claimant.allowance() {
        let cap = ELSE_TAKEN + counted.units;
        let taken = enough.allowance(account, counted.allowance);
        assert_eq!(check_allowance(taken, counted.units, cap), Ok(()));
        let exceeded = check_allowance(taken, counted.units, cap - 1);
        assert_eq!(exceeded, Err(Exceeded { taken: ELSE_TAKEN }));
    }
}
