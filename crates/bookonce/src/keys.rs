//! `bookonce keys`

use std::process::ExitCode;

use domain::Timestamp;
use domain::id::{AccountId, KeyId, Mint};
use engine::credentials::{Account, Credentials, Key, Mode, Scopes};
use figment::value::Dict;
use serde_json::json;
use server::limit::RATE_MAX;
use server::{hash_secret, new_secret};

use crate::flags::{Failure, Flags, Keys};
use crate::out::{note, say};

/// Characters of an account's name.
const ACCOUNT_NAME_CHARS_MAX: usize = 100;

pub(crate) fn run(flags: &Flags, command: &Keys) -> Result<ExitCode, Failure> {
    let address = flags.address(&flags.settings(Dict::new())?)?;
    let store = address.in_full();
    match command {
        Keys::Create { account, scopes, rate, test, json } => {
            let scopes = Scopes::parse(scopes).map_err(|word| {
                format!(
                    "--scopes: `{word}` is not a scope; valid scopes are book, read, ops, admin"
                )
            })?;
            if scopes == Scopes::default() {
                return Err("--scopes: at least one of book, read, ops, admin".into());
            }
            if rate.is_some_and(|rate| rate > RATE_MAX) {
                return Err(format!("--rate: must be at most {RATE_MAX}").into());
            }
            let mode = if *test { Mode::Test } else { Mode::Live };
            let new = NewKey { account, mode, scopes, rate: *rate };
            let is_there = address.is_there()?;
            let credentials = address.credentials_or_new()?;
            if !is_there {
                note(format!("Made a new store at {store}."));
            }
            let created = create(credentials.as_ref(), address.now()?, &new)?;
            show_new(&created, account, &store, *json)?;
        }
        Keys::List { json } => list(address.credentials()?.as_ref(), &store, *json)?,
        Keys::Revoke { id } => {
            let id: KeyId = id.parse().map_err(|error| format!("`{id}`: {error}"))?;
            let credentials = address.credentials()?;
            let key = credentials.key_by_id(id)?;
            let key = key.ok_or_else(|| format!("there is no key {id} in {store}"))?;
            if let Some(at) = key.revoked_at {
                say(format!(
                    "{id} in {store} was revoked before, at {}; nothing was changed.",
                    time(at)
                ))?;
                return Ok(ExitCode::SUCCESS);
            }
            credentials.revoke_key(id, address.now()?)?;
            say(format!(
                "{id} in {store} is revoked; a running server stops taking it within a second."
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A key to create.
pub(crate) struct NewKey<'a> {
    pub(crate) account: &'a str,
    pub(crate) mode: Mode,
    pub(crate) scopes: Scopes,
    pub(crate) rate: Option<u32>,
}

/// A key that was created, with its secret, which is not kept.
pub(crate) struct Created {
    pub(crate) key: Key,
    pub(crate) secret: String,
}

/// Creates a key, and its account if there is none.
pub(crate) fn create(
    credentials: &dyn Credentials,
    now: Timestamp,
    new: &NewKey<'_>,
) -> Result<Created, Failure> {
    let secret = new_secret(new.mode);
    Ok(Created { key: create_with(credentials, now, new, &secret)?, secret })
}

/// The same with a secret that is known.
pub(crate) fn create_with(
    credentials: &dyn Credentials,
    now: Timestamp,
    new: &NewKey<'_>,
    secret: &str,
) -> Result<Key, Failure> {
    if !domain::intent::is_text(new.account, ACCOUNT_NAME_CHARS_MAX) {
        return Err(format!("--account: must have 1 to {ACCOUNT_NAME_CHARS_MAX} characters").into());
    }
    let mut mint = Mint::default();
    let mut fresh = || mint.next(now, rand_bits());
    let mut account_of = |mode| {
        let (id, name) = (AccountId::from_raw(fresh()), new.account.to_owned());
        credentials.account(Account { id, name, mode, created_at: now })
    };
    // Live and test are siblings, made together.
    let (live, test) = (account_of(Mode::Live)?, account_of(Mode::Test)?);
    let account = if new.mode == Mode::Live { live } else { test };
    let key = Key {
        id: KeyId::from_raw(fresh()),
        account: account.id,
        mode: new.mode,
        hash: hash_secret(secret),
        scopes: new.scopes,
        rate: new.rate,
        created_at: now,
        revoked_at: None,
    };
    credentials.add_key(&key)?;
    Ok(key)
}

/// An instant as the API has it.
fn time(at: Timestamp) -> String {
    server::text::format_instant(at.as_millis())
}

fn rand_bits() -> u64 {
    let random: [u8; 8] = server::random_bytes();
    u64::from_ne_bytes(random)
}

fn show_new(created: &Created, account: &str, store: &str, json: bool) -> Result<(), Failure> {
    let Created { key, secret } = created;
    if json {
        let key = json!({
            "id": key.id.to_string(),
            "account_id": key.account.to_string(),
            "key": secret,
            "store": store,
        });
        return say(key);
    }
    let bold = anstyle::Style::new().bold();
    say(format!("{bold}{secret}{bold:#}"))?;
    let (id, of, scopes) = (key.id, key.account, key.scopes);
    note(format!("{id} for account {account} ({of}), {scopes}, in {store}"));
    note("It is shown this once and kept only as a hash.");
    Ok(())
}

fn list(credentials: &dyn Credentials, store: &str, json: bool) -> Result<(), Failure> {
    let keys = credentials.keys()?;
    if json {
        let row = |(key, account): &(Key, Account)| {
            json!({
                "id": key.id.to_string(),
                "account_id": account.id.to_string(),
                "account": account.name,
                "mode": key.mode.as_str(),
                "scopes": key.scopes.words(),
                "rate": key.rate,
                "created_at": time(key.created_at),
                "revoked": key.revoked_at.is_some(),
                "revoked_at": key.revoked_at.map(time),
            })
        };
        return say(json!({"store": store, "data": keys.iter().map(row).collect::<Vec<_>>()}));
    }
    if keys.is_empty() {
        note(format!(
            "There are no keys in {store}. Make one: bookonce keys create --account NAME"
        ));
        return Ok(());
    }
    note(format!("Keys in {store}:"));
    for (key, account) in keys {
        let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
        let (mode, scopes) = (key.mode.as_str(), key.scopes.to_string());
        let (id, created, name) = (key.id, time(key.created_at), account.name);
        say(format!("{id}  {mode}  {state:<7}  {created}  {scopes:<20}  {name}"))?;
    }
    Ok(())
}
