//! Entries of the activity feed.

use domain::activity::{
    Activity, ActivityKind, Feed, LowWaterMark, SCHEMA_VERSION, SCHEMA_VERSION_MIN,
};
use domain::id::{AccountId, ActivityId};
use domain::{Actor, Timestamp};
use engine::ActivityRow;
use engine::cleaning::{self, Slice};
use engine::transfer::Kind;

use crate::stored::stored;
use crate::{AsDatum, Corrupt, Datum, Source, Unstorable, Value, account, cell, get, instant};

stored! {
    // An entry with its facts as text. The entry itself holds none: only what was told is stored.
    #[goes]
    hot activity: (AccountId, u64) => ActivityRow;
    key |key| {
        account_id: AccountId = key.0,
        position: u64 = key.1,
    } made (account_id, position);
    row |emitted| {
        #[fixed] id: ActivityId = emitted.activity.id,
        #[fixed] kind as "type": ActivityKind = emitted.activity.kind,
        #[fixed] resource_id: String = emitted.activity.resource,
        #[fixed] resource_seq: u32 = emitted.activity.resource_seq,
        #[fixed] at: Timestamp = emitted.activity.at,
        #[fixed] actor: Actor = emitted.activity.actor,
        #[fixed] request_id: String = emitted.activity.request_id,
        #[fixed] correlation_id: Option<String> = emitted.activity.correlation_id,
        #[fixed] before: String = emitted.before,
        #[fixed] after: String = emitted.after,
        #[fixed] data: String = emitted.data,
        #[fixed] schema_version: u16 = emitted.schema_version,
    } made |_, key| {
        check_version(schema_version)?;
        let activity = Activity {
            id,
            account: key.0,
            position: key.1,
            kind,
            resource: resource_id,
            resource_seq,
            at,
            actor,
            request_id,
            correlation_id,
            before: Vec::new(),
            after: Vec::new(),
            data: Vec::new(),
        };
        ActivityRow { activity, before, after, data, schema_version }
    };

    // The head of a feed.
    hot feeds: AccountId => Feed;
    key |account| {
        account_id: AccountId = *account,
    } made account_id;
    row |feed| {
        #[grows] position: u64 = feed.position,
    } made |_, _| Feed { position };
}

fn check_version(version: u16) -> Result<(), Corrupt> {
    if (SCHEMA_VERSION_MIN..=SCHEMA_VERSION).contains(&version) {
        Ok(())
    } else {
        Err(Corrupt::Unreadable(format!("column schema_version has {version}")))
    }
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
pub fn low_water_mark(text: &str) -> Result<LowWaterMark, Corrupt> {
    cleaning::parse(text).ok_or_else(|| Corrupt::strange("value", text))
}

/// The value, and whose feed it is about.
pub fn low_water_mark_of<S: Source>(
    row: &S,
) -> Result<Option<(AccountId, LowWaterMark)>, S::Error> {
    let (name, value): (String, String) = (get(row, "key")?, get(row, "value")?);
    let account = cleaning::account_of(&name);
    account.map(|account| Ok((account, low_water_mark(&value)?))).transpose()
}

/// A feed that clean-up looks at.
pub fn looked_at<S: Source>(row: &S) -> Result<cleaning::Feed, S::Error> {
    let value: Option<String> = get(row, "cleaned")?;
    let gone = value.as_deref().map(low_water_mark).transpose()?.unwrap_or_default().position;
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

impl Value for Actor {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        cell::word(row, column, actor)
    }
}

impl AsDatum for Actor {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Shown(self))
    }
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
