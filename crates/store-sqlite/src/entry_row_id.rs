//! The row ids of feeds' entries: by them an account's entries lie next to each other, in their order.

use crate::errors::Error;

/// Bits of an entry's row id that are its position; those above them are the row id of its account.
const POSITION_BITS: u32 = 40;
/// The highest position of an account's feed: 10¹² entries.
pub(crate) const POSITION_MAX: u64 = (1 << POSITION_BITS) - 1;
/// The highest row id of an account, and so the most accounts of a store: 8,388,607.
pub(crate) const ACCOUNT_ROW_ID_MAX: i64 = (1 << (63 - POSITION_BITS)) - 1;

/// The row id of an entry, by the row id of its account.
pub(crate) fn entry_row_id(account: i64, position: u64) -> Result<i64, Error> {
    let full = |what: &str| Error::Refused(format!("{what} is at its end"));
    if account > ACCOUNT_ROW_ID_MAX {
        return Err(full("the count of accounts"));
    }
    let position = i64::try_from(position).ok().filter(|_| position <= POSITION_MAX);
    let position = position.ok_or_else(|| full("the feed of an account"))?;
    Ok((account << POSITION_BITS) | position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_account_has_a_last_entry() {
        assert_eq!(entry_row_id(ACCOUNT_ROW_ID_MAX, POSITION_MAX).ok(), Some(i64::MAX));
        for (account, position) in [(ACCOUNT_ROW_ID_MAX + 1, 1), (1, POSITION_MAX + 1)] {
            let refused = entry_row_id(account, position).expect_err("one too many");
            assert!(matches!(&refused, Error::Refused(_)), "{refused:?}");
        }
    }
}
