//! Accounts and keys.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use domain::Keys;
use domain::id::{AccountId, KeyId};
use domain::world::Change;
use engine::StoreError;
use engine::credentials::{Account, Credentials as _, Key, Mode, Scope, Scopes};
use engine::failpoint::Failpoints;
use store_sqlite::{Options, SqliteCredentials, SqliteStore};

use crate::fixture::{Scratch, answered, at, commit, everything, load};

fn open(scratch: &Scratch) -> SqliteCredentials {
    SqliteCredentials::open(&scratch.path(), &Options::default()).expect("it opens")
}

fn account(raw: u128, name: &str, mode: Mode) -> Account {
    Account { id: AccountId::from_raw(raw), name: name.to_owned(), mode, created_at: at(5) }
}

fn key(raw: u128, account: &Account) -> Key {
    let byte = u8::try_from(raw).expect("a small number");
    Key {
        id: KeyId::from_raw(raw),
        account: account.id,
        mode: account.mode,
        hash: [byte; 32],
        scopes: Scopes::of(&[Scope::Book, Scope::Admin]),
        rate: Some(50),
        created_at: at(6),
        revoked_at: None,
    }
}

#[test]
fn an_account_is_made_once() {
    let scratch = Scratch::new();
    let credentials = open(&scratch);
    let live = account(1, "main", Mode::Live);
    let test = account(2, "main", Mode::Test);
    assert_eq!(credentials.account(live.clone()), Ok(live.clone()));
    assert_eq!(credentials.account(test.clone()), Ok(test));
    assert_eq!(open(&scratch).account(account(3, "main", Mode::Live)), Ok(live));
}

#[test]
fn an_account_for_which_there_is_no_number_is_not_made() {
    let scratch = Scratch::new();
    let credentials = open(&scratch);
    scratch.break_it(
        "insert into account_names (no, name) values (8388606, 'acc_00000000000000000000000000')",
    );
    let (last, next) = (account(1, "last", Mode::Live), account(2, "next", Mode::Live));
    assert_eq!(credentials.account(last.clone()), Ok(last.clone()));
    let dump = scratch.dump();
    let refused = credentials.account(next).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Unavailable(why) if why.contains("too many")),
        "{refused}"
    );
    assert_eq!(scratch.dump(), dump);
    assert_eq!(credentials.account(account(3, "last", Mode::Live)), Ok(last), "it is there");
}

/// A newer program has given it: the key may do here what its other scopes allow.
#[test]
fn an_unknown_scope_allows_nothing() {
    let scratch = Scratch::new();
    let credentials = open(&scratch);
    let live = credentials.account(account(1, "main", Mode::Live)).unwrap();
    let stored = key(10, &live);
    credentials.add_key(&stored).unwrap();
    scratch.break_it("update keys set scopes = 'read,checkin'");
    let read = Key { scopes: Scopes::of(&[Scope::Read]), ..stored };
    assert_eq!(credentials.key_by_hash(&read.hash), Ok(Some(read.clone())));
    assert_eq!(credentials.keys(), Ok(vec![(read, live)]));
}

#[test]
fn keys_come_back_as_they_were_stored() {
    let scratch = Scratch::new();
    let credentials = open(&scratch);
    let live = credentials.account(account(1, "main", Mode::Live)).unwrap();
    let test = credentials.account(account(2, "main", Mode::Test)).unwrap();
    let first = key(10, &live);
    let mut second = key(11, &test);
    second.rate = None;
    second.revoked_at = Some(at(7));
    second.scopes = Scopes::default();
    credentials.add_key(&first).unwrap();
    credentials.add_key(&second).unwrap();
    let newest_first = vec![(second.clone(), test), (first.clone(), live.clone())];
    assert_eq!(open(&scratch).keys(), Ok(newest_first));
    assert_eq!(credentials.key_by_hash(&first.hash), Ok(Some(first.clone())));
    assert_eq!(credentials.key_by_hash(&second.hash), Ok(Some(second)), "revoked or not");
    assert_eq!(credentials.key_by_hash(&[0; 32]), Ok(None));

    let error = credentials.add_key(&key(10, &live)).unwrap_err();
    assert!(matches!(error, StoreError::Broken(_)), "{error:?}");
    let error = credentials.add_key(&key(12, &account(9, "nobody", Mode::Live))).unwrap_err();
    assert!(matches!(error, StoreError::Broken(_)), "{error:?}");
    assert_eq!(credentials.keys().map(|keys| keys.len()), Ok(2), "and it goes on working");
}

#[test]
fn a_key_is_revoked_once() {
    let scratch = Scratch::new();
    let credentials = open(&scratch);
    let live = credentials.account(account(1, "main", Mode::Live)).unwrap();
    let first = key(10, &live);
    credentials.add_key(&first).unwrap();
    assert_eq!(credentials.revoke_key(KeyId::from_raw(99), at(8)), Ok(false));
    for later in [8, 9] {
        assert_eq!(credentials.revoke_key(first.id, at(later)), Ok(true));
        let stored = credentials.key_by_hash(&first.hash).unwrap().unwrap();
        assert_eq!(stored.revoked_at, Some(at(8)), "the first time counts");
    }
}

#[test]
fn a_store_is_bound_once() {
    let scratch = Scratch::new();
    let credentials = open(&scratch);
    assert_eq!(credentials.bind("secret", None), Ok(None));
    assert_eq!(credentials.bind("secret", Some("a")), Ok(Some("a".to_owned())));
    assert_eq!(credentials.bind("secret", Some("b")), Ok(Some("a".to_owned())));
    assert_eq!(open(&scratch).bind("secret", None), Ok(Some("a".to_owned())));
    assert_eq!(credentials.bind("store_id", None), Ok(None), "not the store's metadata");
}

/// The statements that a load of a key which is not there comes by.
fn statements(store: &mut SqliteStore, asked: &Mutex<BTreeSet<String>>) -> BTreeSet<String> {
    asked.lock().expect("nobody panics here").clear();
    load(store, &Keys { records: [crate::fixture::key("new")].into(), ..Keys::default() });
    asked.lock().expect("nobody panics here").clone()
}

#[test]
fn keys_are_changed_beside_a_writer_that_has_cached_its_bookings() {
    let scratch = Scratch::new();
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let recorded = Arc::clone(&asked);
    let failpoints = Failpoints::new(move |name| {
        recorded.lock().expect("nobody panics here").insert(name.to_owned());
        false
    });
    // A filter of everything after one batch.
    let options =
        Options { lock: true, fresh: 7, read_budget: 1 << 20, failpoints, ..Options::default() };
    let mut store = scratch.open_with(options);
    let credentials = open(&scratch);
    let live = credentials.account(account(1, "main", Mode::Live)).unwrap();
    commit(&mut store, 1, everything()).unwrap();
    let lookups = ["lookup_log_list", "lookup_get"];
    let sees = |asked: &BTreeSet<String>| lookups.map(|name| asked.contains(name));
    assert_eq!(sees(&statements(&mut store, &asked)), [false, false], "all is in memory");

    // Keys are no bookings: the memtable stays, and so do the filters.
    credentials.add_key(&key(10, &live)).unwrap();
    let seen = statements(&mut store, &asked);
    assert_eq!(sees(&seen), [false, false]);
    assert!(seen.contains("meta_get"), "whether it may still write is asked: {seen:?}");
    credentials.revoke_key(KeyId::from_raw(10), at(8)).unwrap();
    assert_eq!(sees(&statements(&mut store, &asked)), [false, false]);
    assert_eq!(store.foreign_commits(), 0);

    // Another writer's booking is one, also when keys are changed after it.
    for (batch, and_a_key) in [(2, false), (3, true)] {
        let record = answered(&format!("foreign-{batch}"));
        commit(&mut scratch.open(), batch, vec![Change::from(record)]).unwrap();
        if and_a_key {
            credentials.add_key(&key(11, &live)).unwrap();
        }
        assert_eq!(sees(&statements(&mut store, &asked)), [true, true], "{batch}");
    }
    assert_eq!(store.foreign_commits(), 2);
    commit(&mut store, 4, vec![Change::from(answered("own"))]).unwrap();
    assert_eq!(sees(&statements(&mut store, &asked)), [false, false], "all is known again");
}
