//! What is moved: the tables in the order in which they can be filled, and their columns, which have the
//! same names in all stores. The tests of each store compare this with its own catalogue, so a migration
//! that adds a table or a column is not forgotten here.

use super::{Row, Value};

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key. They come first among the columns, in this order.
    pub key: &'static [&'static str],
    /// All its columns.
    pub columns: &'static [Column],
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds. A store chooses its own type for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Integer,
    /// Yes or no; 1 or 0 where a store knows numbers only.
    Flag,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

impl Table {
    /// The key of a row.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Row {
        row.iter().take(self.key.len()).cloned().collect()
    }

    /// A row, as people may look for it.
    #[must_use]
    pub fn describe(&self, row: &Row) -> String {
        let value = |(name, value): (&&str, &Value)| match value {
            Value::Null => format!("{name} null"),
            Value::Integer(number) => format!("{name} {number}"),
            Value::Text(text) => format!("{name} {text:?}"),
            Value::Bytes(bytes) => format!("{name} of {} bytes", bytes.len()),
        };
        let key: Vec<String> = self.key.iter().zip(row).map(value).collect();
        format!("the row of {} with {}", self.name, key.join(", "))
    }
}

/// The table of what a store knows of itself. It is not copied but taken over at the end.
pub const OWN_VALUES: &str = "store_meta";
/// What stays with a store: the version of its schema, the mark of a move, and which batch its one
/// writer committed last.
pub const VALUES_THAT_STAY: [&str; 3] = ["min_writer_version", super::Mark::NAME, "last_batch"];

macro_rules! tables {
    ($($table:ident ($($key:ident: $key_kind:ident),+) { $($column:ident: $kind:ident),* $(,)? })+) => {
        /// All tables. A row is written after those that it names.
        pub const TABLES: [Table; [$(stringify!($table)),+].len()] = [$(Table {
            name: stringify!($table),
            key: &[$(stringify!($key)),+],
            columns: &[
                $(Column { name: stringify!($key), kind: Kind::$key_kind },)+
                $(Column { name: stringify!($column), kind: Kind::$kind },)*
            ],
        }),+];
    };
}

tables! {
    accounts (account_id: Text) { name: Text, mode: Text, created_at: Integer }
    keys (account_id: Text, id: Text) {
        hash: Bytes, scopes: Text, rate: Integer, created_at: Integer, revoked_at: Integer,
    }
    events (account_id: Text, id: Text) {
        name: Text, starts_at: Integer, currency: Text, max_per_user: Integer,
        hold_seconds: Integer, sales_open_at: Integer, sales_close_at: Integer,
        cancellation_policy: Text, created_at: Integer, seq: Integer,
    }
    zones (account_id: Text, id: Text) {
        event_id: Text, position: Integer, name: Text, price: Integer, currency: Text,
        numbered: Flag, seq: Integer,
    }
    seats (account_id: Text, zone_id: Text, number: Integer) { label: Text }
    people (account_id: Text, id: Text) { user_id: Text, created_at: Integer }
    pools (account_id: Text, zone_id: Text, part: Integer) {
        capacity: Integer, held: Integer, sold: Integer,
    }
    allowances (account_id: Text, event_id: Text, person_id: Text) { taken: Integer }
    bookings (account_id: Text, id: Text) {
        event_id: Text, zone_id: Text, person_id: Text, quantity: Integer, seats: Text,
        total: Integer, currency: Text, status: Text, expires_at: Integer, created_at: Integer,
        confirmed_at: Integer, ended_at: Integer, confirmation_code: Text, cancel_reason: Text,
        payment_id: Text, intent_user: Text, intent_key: Text, seq: Integer,
    }
    payments (account_id: Text, id: Text) {
        booking_id: Text, method: Text, reference: Text, status: Text, amount: Integer,
        currency: Text, refunded: Integer, created_at: Integer, seq: Integer,
    }
    refunds (account_id: Text, id: Text) {
        payment_id: Text, amount: Integer, currency: Text, reason: Text, created_at: Integer,
    }
    idempotency (account_id: Text, user_id: Text, key: Text) {
        fingerprint: Bytes, method: Text, path: Text, state: Text, answer_format: Integer,
        status: Integer, content_type: Text, location: Text, body: Bytes, resource_id: Text,
        first_seen_at: Integer, last_seen_at: Integer, attempts: Integer, keep_until: Integer,
    }
    activity (account_id: Text, position: Integer) {
        id: Text, type: Text, resource_id: Text, resource_seq: Integer, at: Integer, actor: Text,
        request_id: Text, correlation_id: Text, before: Text, after: Text, data: Text,
        schema_version: Integer,
    }
    feeds (account_id: Text) { position: Integer }
    jobs (account_id: Text, kind: Text) {
        due_at: Integer, lease_until: Integer, fence: Integer, attempt: Integer,
    }
}
