//! The row ids of accounts: so many there are, whatever else is interned.

use domain::activity::{Activity, Feed};
use domain::id::AccountId;
use domain::world::Change;
use engine::CommitError;
use engine::reads::{ActivityFilter, Reads as _};
use store_sqlite::SqliteStore;

use crate::fixture::{OURS, Scratch, THEIRS, activity, commit};

/// The last row id that an account can have.
const LAST: i64 = (1 << 23) - 1;

/// Something happens in an account, at this position of its feed.
fn emit(
    store: &mut SqliteStore,
    account: AccountId,
    batch: u128,
    position: u64,
) -> Result<(), CommitError> {
    let entry = Activity {
        account,
        ..activity(position, "r", u32::try_from(position).expect("a small position"))
    };
    let feed = Change::put(account, Feed { position });
    commit(store, batch, vec![Change::Activity(Box::new(entry)), feed])
}

fn positions(store: &SqliteStore, account: AccountId) -> Vec<u64> {
    let emitted =
        store.reads().activity(account, &ActivityFilter::default(), 9).expect("it can be read");
    emitted.into_iter().map(|emitted| emitted.activity.position).collect()
}

fn row_id(scratch: &Scratch, account: AccountId) -> i64 {
    let sql = "select no from account_names where name = ?1";
    scratch.raw().query_row(sql, [account.to_string()], |row| row.get(0)).expect("it is interned")
}

/// More than eight million of them have come and gone, and there is room for as many accounts as before.
#[test]
fn events_and_zones_take_no_row_id_from_accounts() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let zone = "insert into names (no, name) values";
    scratch.break_it(&format!("{zone} ({LAST}, 'zon_00000000000000000000000000')"));
    emit(&mut store, OURS, 1, 1).unwrap();
    emit(&mut store, THEIRS, 2, 1).unwrap();
    assert_eq!([row_id(&scratch, OURS), row_id(&scratch, THEIRS)], [1, 2]);
    assert_eq!(positions(&store, THEIRS), [1]);
}

#[test]
fn the_last_row_id_is_interned_and_none_beyond() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let before = LAST - 1;
    scratch.break_it(&format!(
        "insert into account_names (no, name) values ({before}, 'acc_00000000000000000000000000')"
    ));
    emit(&mut store, OURS, 1, 1).unwrap();
    assert_eq!((row_id(&scratch, OURS), positions(&store, OURS)), (LAST, vec![1]));

    let dump = scratch.dump();
    let refused = emit(&mut store, THEIRS, 2, 1).unwrap_err();
    let CommitError::Refused(why) = &refused else { panic!("{refused:?}") };
    let expected = ["8388607", &THEIRS.to_string(), "migrate-store"];
    assert!(expected.iter().all(|word| why.contains(word)), "{why}");
    assert_eq!(scratch.dump(), dump, "nothing of it is written");
    assert_eq!(positions(&store, THEIRS), [] as [u64; 0]);

    // Whoever is there goes on, and a row id that is too high by itself is none that is counted from.
    emit(&mut store, OURS, 3, 2).unwrap();
    assert_eq!(positions(&store, OURS), [1, 2]);
    scratch.break_it(&format!(
        "delete from account_names where no < {LAST};
         update account_names set no = 1;
         insert into account_names (no, name) values ({LAST} + 1, 'acc_00000000000000000000000000')"
    ));
    drop(store);
    emit(&mut scratch.open(), THEIRS, 4, 1).unwrap();
    assert_eq!(row_id(&scratch, THEIRS), 2);
}
