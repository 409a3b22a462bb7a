//! Entries of the activity feed.

use domain::activity::{Activity, ActivityKind, Cleaned, Feed, SCHEMA_VERSION};
use domain::id::AccountId;
use domain::{Actor, Timestamp};
use engine::{Told, cleaning};

use crate::errors::Error;
use crate::prepared::Row;
use crate::rows::{account, count, get, instant, parse, strange, word};

/// An entry with its facts as text. The entry itself holds none: only what was told is stored.
pub(crate) fn told(row: &Row<'_>) -> Result<Told, Error> {
    let version: u16 = get(row, "schema_version")?;
    if version != SCHEMA_VERSION {
        return Err(Error::Unreadable(format!("column schema_version has {version}")));
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

/// What is gone of a feed, as the store's own value says it.
pub(crate) fn cleaned(text: &str) -> Result<Cleaned, Error> {
    cleaning::parse(text).ok_or_else(|| strange("value", text))
}

/// The value, and whose feed it is about.
pub(crate) fn cleaned_of(row: &Row<'_>) -> Result<Option<(AccountId, Cleaned)>, Error> {
    let (name, value): (String, String) = (get(row, "key")?, get(row, "value")?);
    let account = cleaning::account_of(&name);
    account.map(|account| Ok((account, cleaned(&value)?))).transpose()
}

/// A feed that clean-up looks at.
pub(crate) fn looked_at(row: &Row<'_>) -> Result<cleaning::Feed, Error> {
    let value: Option<String> = get(row, "cleaned")?;
    let gone = value.as_deref().map(cleaned).transpose()?.unwrap_or_default().position;
    Ok(cleaning::Feed { account: account(row)?, head: count(row, "position")?, gone })
}

/// The slice of a feed that has to go.
pub(crate) fn due(row: &Row<'_>) -> Result<(u64, u64, Timestamp), Error> {
    Ok((count(row, "entries")?, count(row, "position")?, instant(row, "at")?))
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
