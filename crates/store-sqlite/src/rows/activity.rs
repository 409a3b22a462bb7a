//! Entries of the activity feed.

use domain::Actor;
use domain::activity::{Activity, ActivityKind, Feed, SCHEMA_VERSION};
use domain::id::AccountId;
use engine::Told;
use rusqlite::Row;

use crate::errors::Error;
use crate::rows::{account, count, get, instant, parse, strange, word};

/// An entry with its facts as text. The entry itself holds none: only what was told is stored.
pub(crate) fn told(row: &Row<'_>) -> Result<Told, Error> {
    let version: u16 = get(row, "schema_version")?;
    if version != SCHEMA_VERSION {
        return Err(strange("schema_version", &version.to_string()));
    }
    let activity = Activity {
        id: parse(row, "id")?,
        account: account(row)?,
        position: count(row, "position")?,
        kind: word(row, "type", ActivityKind::from_word)?,
        resource: get(row, "resource_id")?,
        resource_seq: get(row, "resource_seq")?,
        at: instant(row, "at")?,
        actor: word(row, "actor", actor)?,
        request_id: get(row, "request_id")?,
        correlation_id: get(row, "correlation_id")?,
        before: Vec::new(),
        after: Vec::new(),
        data: Vec::new(),
    };
    Ok(Told {
        activity,
        before: get(row, "before")?,
        after: get(row, "after")?,
        data: get(row, "data")?,
    })
}

/// Bits of an entry's number that are its position; those above them are the number of its account.
const POSITION_BITS: u32 = 40;
/// The highest position of an account's feed: 10¹² entries.
pub(crate) const POSITION_MAX: u64 = (1 << POSITION_BITS) - 1;
/// The highest number of an account.
const ACCOUNT_MAX: i64 = (1 << (63 - POSITION_BITS)) - 1;

/// The number of an entry, by the number of its account.
pub(crate) fn entry_no(account: i64, position: u64) -> Result<i64, Error> {
    let position = i64::try_from(position).ok().filter(|_| position <= POSITION_MAX);
    let position = position.filter(|_| account <= ACCOUNT_MAX);
    let too_high = || Error::Refused("a feed, or the number of feeds, is at its end".to_owned());
    position.map(|position| (account << POSITION_BITS) | position).ok_or_else(too_high)
}

/// Where an entry stands.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) position: u64,
    pub(crate) resource: String,
    pub(crate) resource_seq: u32,
}

pub(crate) fn place(row: &Row<'_>) -> Result<Place, Error> {
    Ok(Place {
        account: account(row)?,
        position: count(row, "position")?,
        resource: get(row, "resource_id")?,
        resource_seq: get(row, "resource_seq")?,
    })
}

pub(crate) fn feed(row: &Row<'_>) -> Result<Feed, Error> {
    Ok(Feed { position: count(row, "position")? })
}

/// The actor with this text.
fn actor(text: &str) -> Option<Actor> {
    if text == "system" {
        return Some(Actor::System);
    }
    match text.strip_prefix("customer:") {
        Some(person) => person.parse().ok().map(Actor::Customer),
        None => text.parse().ok().map(Actor::Key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{KeyId, PersonId};

    #[test]
    fn every_actor_is_read_as_it_was_written() {
        let key = Actor::Key(KeyId::from_raw(7));
        for known in [key, Actor::Customer(PersonId::from_raw(7)), Actor::System] {
            assert_eq!(actor(&known.to_string()), Some(known));
        }
        for text in ["", "sytem", "customer:", "customer:key_1", "per_00000000000000000000000000"] {
            assert_eq!(actor(text), None, "{text}");
        }
    }
}
