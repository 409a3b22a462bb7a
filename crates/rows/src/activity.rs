//! Entries of the activity feed.

use domain::Actor;
use domain::activity::{Activity, ActivityKind, Cleaned, Feed, SCHEMA_VERSION};
use domain::id::AccountId;
use engine::Told;
use engine::cleaning::{self, Slice};

use crate::{Corrupt, Source, account, get, instant, parse, word};

/// An entry with its facts as text. The entry itself holds none: only what was told is stored.
pub fn told<S: Source>(row: &S) -> Result<Told, S::Error> {
    let version: u16 = get(row, "schema_version")?;
    if version != SCHEMA_VERSION {
        return Err(Corrupt::Unreadable(format!("column schema_version has {version}")).into());
    }
    let activity = Activity {
        id: parse(row, "id")?,
        account: account(row)?,
        position: get(row, "position")?,
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

/// Where an entry stands.
#[derive(Debug)]
pub struct Place {
    pub account: AccountId,
    pub position: u64,
    pub resource: String,
    pub resource_seq: u32,
}

/// Where an entry stands.
///
/// # Errors
/// Where the row is none.
pub fn place<S: Source>(row: &S) -> Result<Place, S::Error> {
    Ok(Place {
        account: account(row)?,
        position: get(row, "position")?,
        resource: get(row, "resource_id")?,
        resource_seq: get(row, "resource_seq")?,
    })
}

/// The head of a feed.
///
/// # Errors
/// Where the row is none.
pub fn feed<S: Source>(row: &S) -> Result<Feed, S::Error> {
    Ok(Feed { position: get(row, "position")? })
}

/// What is gone of a feed, as the store's own value says it.
pub fn cleaned(text: &str) -> Result<Cleaned, Corrupt> {
    cleaning::parse(text).ok_or_else(|| Corrupt::strange("value", text))
}

/// The value, and whose feed it is about.
pub fn cleaned_of<S: Source>(row: &S) -> Result<Option<(AccountId, Cleaned)>, S::Error> {
    let (name, value): (String, String) = (get(row, "key")?, get(row, "value")?);
    let account = cleaning::account_of(&name);
    account.map(|account| Ok((account, cleaned(&value)?))).transpose()
}

/// A feed that clean-up looks at.
pub fn looked_at<S: Source>(row: &S) -> Result<cleaning::Feed, S::Error> {
    let value: Option<String> = get(row, "cleaned")?;
    let gone = value.as_deref().map(cleaned).transpose()?.unwrap_or_default().position;
    Ok(cleaning::Feed { account: account(row)?, head: get(row, "position")?, gone })
}

/// The slice of a feed that has to go.
pub fn due<S: Source>(row: &S) -> Result<Slice, S::Error> {
    Ok(Slice {
        entries: get(row, "entries")?,
        position: get(row, "position")?,
        at: instant(row, "at")?,
    })
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
