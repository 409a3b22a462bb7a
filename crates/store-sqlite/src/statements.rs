//! The statements that are written by hand, by name. Each is a file, which says what it is for; those in `sql/`
//! are there in every store ([`rows::statements`]).

/// A statement and its name.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

macro_rules! list {
    ($all:tt $($folder:literal {$($constant:ident $name:literal;)+})+) => {
        $($(pub(crate) const $constant: Statement = Statement {
            name: $name,
            sql: include_str!(concat!("../", $folder, "/", $name, ".sql")),
        };)+)+

        pub(crate) const $all: &[Statement] = &[$($($constant),+),+];
    };
}

/// How many there are.
pub(crate) const COUNT: usize = SHARED.len() + LAYOUT.len();

// What each store has.
rows::statements!(list SHARED);

// What only this store's layout needs: the dictionary and the hash index.
list! {
    LAYOUT
    "layout" {
        ACCOUNT_NAME_GET "account_name_get";
        ACCOUNT_NAME_INSERT "account_name_insert";
        ACCOUNT_NAME_LAST "account_name_last";
        LOOKED_AT "looked_at";
        LOOKUP_GET "lookup_get";
        LOOKUP_LOG_DELETE "lookup_log_delete";
        LOOKUP_LOG_FIRST "lookup_log_first";
        LOOKUP_LOG_INSERT "lookup_log_insert";
        LOOKUP_LOG_LAST "lookup_log_last";
        LOOKUP_LOG_LIST "lookup_log_list";
        LOOKUP_PUT "lookup_put";
        LOOKUP_REMOVE "lookup_remove";
        LOOKUP_SHARD "lookup_shard";
        NAME_GET "name_get";
        NAME_INSERT "name_insert";
        REBUILD_PAYMENTS "rebuild_payments";
        REBUILD_PEOPLE "rebuild_people";
        REBUILD_RECORDS "rebuild_records";
    }
}
