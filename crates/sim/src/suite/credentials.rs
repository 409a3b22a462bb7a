//! Accounts and keys.

use domain::id::{AccountId, KeyId};
use engine::credentials::{Account, Key, Mode, Scope, Scopes};

use super::rows::at;
use crate::backend::Backend;

fn account(raw: u128, name: &str, mode: Mode) -> Account {
    Account { id: AccountId::from_raw(raw), name: name.to_owned(), mode, created_at: at(1_000) }
}

fn key(raw: u128, account: &Account, byte: u8) -> Key {
    Key {
        id: KeyId::from_raw(raw),
        account: account.id,
        mode: account.mode,
        hash: [byte; 32],
        scopes: Scopes::of(&[Scope::Book, Scope::Admin]),
        rate: (byte > 1).then_some(u32::from(byte)),
        created_at: at(2_000),
        revoked_at: None,
    }
}

/// By name and mode, whoever asks first.
pub fn an_account_has_one_id(backend: &dyn Backend) {
    let credentials = backend.credentials();
    let live = credentials.account(account(1, "shop", Mode::Live)).expect("it is made");
    assert_eq!(live, account(1, "shop", Mode::Live));
    let again = Account { created_at: at(9), ..account(2, "shop", Mode::Live) };
    assert_eq!(credentials.account(again), Ok(live.clone()), "it is there");
    let test = credentials.account(account(3, "shop", Mode::Test)).expect("it is made");
    assert_eq!(test.id, AccountId::from_raw(3), "live and test are two");
    assert_eq!(backend.credentials().account(account(4, "shop", Mode::Live)), Ok(live));
}

/// Revoked or not: who is refused has to be known.
pub fn keys_are_found_until_and_after_they_are_revoked(backend: &dyn Backend) {
    let credentials = backend.credentials();
    let shop = credentials.account(account(1, "shop", Mode::Live)).expect("it is made");
    let test = credentials.account(account(2, "shop", Mode::Test)).expect("it is made");
    let (first, second) = (key(10, &shop, 1), key(20, &test, 2));
    assert_eq!(credentials.key_by_hash(&[1; 32]), Ok(None));
    assert_eq!(credentials.key_by_id(KeyId::from_raw(1)), Ok(None));
    credentials.add_key(&first).expect("it is added");
    credentials.add_key(&second).expect("it is added");
    assert!(credentials.add_key(&first).is_err(), "it is there");
    let both = vec![(second, test), (first.clone(), shop)];
    assert_eq!(backend.credentials().keys(), Ok(both), "the newest first");
    assert_eq!(credentials.key_by_hash(&[1; 32]), Ok(Some(first.clone())));
    assert_eq!(credentials.key_by_id(first.id), Ok(Some(first.clone())));
    assert_eq!(credentials.revoke_key(KeyId::from_raw(99), at(3_000)), Ok(false));
    assert_eq!(credentials.revoke_key(first.id, at(3_000)), Ok(true));
    assert_eq!(credentials.revoke_key(first.id, at(4_000)), Ok(true), "it stays as it is");
    let revoked = Key { revoked_at: Some(at(3_000)), ..first };
    assert_eq!(backend.credentials().key_by_id(revoked.id), Ok(Some(revoked.clone())));
    assert_eq!(backend.credentials().key_by_hash(&[1; 32]), Ok(Some(revoked)));
}

/// The first value stays.
pub fn a_store_is_bound_once(backend: &dyn Backend) {
    let credentials = backend.credentials();
    assert_eq!(credentials.bind("secrets", None), Ok(None));
    let one = Ok(Some("one".to_owned()));
    assert_eq!(credentials.bind("secrets", Some("one")), one);
    assert_eq!(credentials.bind("secrets", Some("two")), one);
    assert_eq!(backend.credentials().bind("secrets", None), one);
    assert_eq!(credentials.bind("other", None), Ok(None));
}
