//! The numbers of feeds' entries: by them an account's entries lie next to each other, in their order.

use crate::errors::Error;

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
