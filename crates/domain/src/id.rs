//! Typed ids: a prefix, `_`, and 26 characters. They follow the TypeID specification 0.3 over
//! UUIDv7 (RFC 9562), so they sort by the time at which they were made.

use core::fmt;
use core::str::FromStr;

use crate::time::Timestamp;

/// Crockford's base32 in lower case, as the TypeID specification has it.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_CHARS: usize = 26;
/// Every prefix has three letters.
const ID_CHARS: usize = 4 + SUFFIX_CHARS;
const DIGITS_OF_60_BITS: usize = 12;

/// The text is not an id of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "must be `{}_` and 26 characters", self.prefix)
    }
}

impl core::error::Error for IdError {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        const _: () = assert!($prefix.len() + 1 + SUFFIX_CHARS == ID_CHARS);

        impl $name {
            /// What stands before the `_`.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these 128 bits.
            #[must_use]
            pub const fn from_raw(raw: u128) -> Self {
                Self(raw)
            }

            /// The 128 bits.
            #[must_use]
            pub const fn raw(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(out, $prefix, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(out, $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix).map(Self).ok_or(IdError { prefix: $prefix })
            }
        }
    )+};
}

ids! {
    /// An account; its test mode is a sibling account with an id of its own.
    AccountId "acc";
    /// A secret key.
    KeyId "key";
    /// Something that tickets are sold for.
    EventId "evt";
    /// A part of an event with one price.
    ZoneId "zon";
    /// A booking of tickets.
    BookingId "bkg";
    /// Money taken for a booking.
    PaymentId "pay";
    /// Money given back.
    RefundId "rfd";
    /// An entry of the activity feed; the `webhook-id` later.
    ActivityId "msg";
    /// A person. What the client calls them is not in it.
    PersonId "per";
    /// A request, where the client sent no name for it.
    RequestId "req";
    /// Where events are sent.
    WebhookEndpointId "whk";
    /// An event on its way to an endpoint.
    DeliveryId "dlv";
    /// A store.
    StoreId "sto";
}

impl AccountId {
    /// Owner of what belongs to the store itself, such as its own jobs.
    pub const SYSTEM: Self = Self(0);
}

/// Writes the whole text at once: ids are the better part of what is written for a booking.
fn write_id(out: &mut fmt::Formatter<'_>, prefix: &str, raw: u128) -> fmt::Result {
    let mut text = IdText([b'_'; ID_TEXT_BYTES]);
    let (head, rest) = text.0.split_at_mut(ID_CHARS.saturating_sub(SUFFIX_CHARS));
    let letters = prefix.bytes().zip(head);
    letters.for_each(|(letter, slot)| *slot = letter);
    let (suffix, _) = rest.split_at_mut(SUFFIX_CHARS);
    suffix.copy_from_slice(&encode(raw));
    let text = core::str::from_utf8(&text.0).map_err(|_| fmt::Error)?;
    out.write_str(text.get(..ID_CHARS).ok_or(fmt::Error)?)
}

/// Room for an id, in whole words where words lie: looked at byte by byte, a text takes as long to be found valid as
/// it took to be made.
#[repr(align(16))]
struct IdText([u8; ID_TEXT_BYTES]);

const ID_TEXT_BYTES: usize = ID_CHARS.next_multiple_of(16);

fn encode(raw: u128) -> [u8; SUFFIX_CHARS] {
    // Sixty bits at a time: numbers of 128 bits are dear to shift.
    let [first, second] = pair(((raw >> 120) & 0xff) as u64);
    let mut suffix = [first; SUFFIX_CHARS];
    let (head, tail) = suffix.split_at_mut(SUFFIX_CHARS.saturating_sub(2 * DIGITS_OF_60_BITS));
    head.copy_from_slice(&[first, second]);
    let (middle, last) = tail.split_at_mut(DIGITS_OF_60_BITS);
    middle.copy_from_slice(&twelve(((raw >> 60) & 0x0fff_ffff_ffff_ffff) as u64));
    last.copy_from_slice(&twelve((raw & 0x0fff_ffff_ffff_ffff) as u64));
    suffix
}

/// The characters of sixty bits.
fn twelve(mut bits: u64) -> [u8; DIGITS_OF_60_BITS] {
    let mut digits = [0; DIGITS_OF_60_BITS];
    for slot in digits.as_chunks_mut().0.iter_mut().rev() {
        *slot = pair(bits & 1023);
        bits >>= 10;
    }
    digits
}

fn pair(bits: u64) -> [u8; 2] {
    PAIRS.get((bits & 1023) as usize).copied().expect("ten bits index 1,024 pairs")
}

/// The two characters of ten bits.
#[expect(clippy::indexing_slicing, reason = "an index that is not there fails to compile")]
static PAIRS: [[u8; 2]; 1024] = {
    let mut pairs = [[0; 2]; 1024];
    let mut bits = 0_usize;
    while bits < 1024 {
        pairs[bits] = [ALPHABET[bits >> 5], ALPHABET[bits & 31]];
        bits = bits.saturating_add(1);
    }
    pairs
};

fn parse(text: &str, prefix: &str) -> Option<u128> {
    let suffix = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if suffix.len() != SUFFIX_CHARS {
        return None;
    }
    let mut raw: u128 = 0;
    for part in suffix.as_bytes().rchunks(DIGITS_OF_60_BITS).rev() {
        let mut bits: u64 = 0;
        for byte in part {
            bits = (bits << 5) | u64::from(digit(*byte)?);
        }
        // 26 characters carry 130 bits: of the first two, which stand alone, eight may be used.
        if part.len() < DIGITS_OF_60_BITS && bits > 0xff {
            return None;
        }
        raw = (raw << 60) | u128::from(bits);
    }
    Some(raw)
}

/// The five bits of a character.
fn digit(byte: u8) -> Option<u8> {
    let digit = DIGITS.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT);
    (digit != NO_DIGIT).then_some(digit)
}

/// No character of the alphabet.
const NO_DIGIT: u8 = u8::MAX;

/// The five bits of each character, by its byte.
#[expect(clippy::indexing_slicing, reason = "an index that is not there fails to compile")]
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0_u8;
    while digit < 32 {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit = digit.saturating_add(1);
    }
    digits
};

/// Makes UUIDv7 numbers that grow strictly, with 62 random bits each.
///
/// Within one millisecond the 12 bits of `rand_a` count (RFC 9562, section 6.2, method 1); past 4,096
/// of them the mint borrows the next millisecond instead of repeating itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mint {
    tick: u64,
}

impl Mint {
    /// A fresh number; `random` gives its lowest 62 bits.
    pub fn next(&mut self, now: Timestamp, random: u64) -> u128 {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
        self.tick = self.tick.saturating_add(1).max(millis << 12);
        let millis = u128::from(self.tick >> 12);
        let count = u128::from(self.tick & 0xfff);
        let random = u128::from(random & 0x3fff_ffff_ffff_ffff);
        (millis << 80) | (7 << 76) | (count << 64) | (2 << 62) | random
    }

    /// What grows of a fresh number: its milliseconds, and its place among those of its millisecond.
    #[must_use]
    pub(crate) fn tick_of(fresh: u128) -> u64 {
        let (millis, count) = (fresh >> 80, (fresh >> 64) & 0xfff);
        u64::try_from((millis << 12) | count).expect("they have 60 bits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors published with the TypeID specification (valid.json), as UUID and suffix.
    const VECTORS: [(u128, &str); 7] = [
        (0, "00000000000000000000000000"),
        (1, "00000000000000000000000001"),
        (10, "0000000000000000000000000a"),
        (16, "0000000000000000000000000g"),
        (32, "00000000000000000000000010"),
        (u128::MAX, "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        (0x0188_9c89_df6b_7f1c_a388_9139_6ec3_14bc, "01h2e8kqvbfwea724h75qc655w"),
    ];

    #[test]
    fn text_agrees_with_the_published_vectors() {
        for (raw, suffix) in VECTORS {
            let text = format!("bkg_{suffix}");
            assert_eq!(BookingId::from_raw(raw).to_string(), text);
            assert_eq!(text.parse(), Ok(BookingId::from_raw(raw)));
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "bkg_",
            "bkg",
            "zon_00000000000000000000000000",
            "BKG_00000000000000000000000000",
            "bkg_0000000000000000000000000",
            "bkg_000000000000000000000000000",
            "bkg_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "bkg_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "bkg_80000000000000000000000000",
            "bkg_0000000000000000000000000u",
            "bkg_0000000000000000000000000A",
            "bkg_000000000000000000000000é",
        ] {
            assert_eq!(text.parse::<BookingId>(), Err(IdError { prefix: "bkg" }), "{text}");
        }
    }

    #[test]
    fn minted_numbers_grow_when_the_clock_stands_or_goes_back() {
        let mut mint = Mint::default();
        let mut last = 0;
        for step in 0..10_000_i64 {
            let now = Timestamp::from_millis(1_700_000_000_000 - step % 3);
            let fresh = mint.next(now, u64::MAX);
            assert!(fresh > last);
            assert_eq!((fresh >> 76) & 0xf, 7, "version");
            assert_eq!((fresh >> 62) & 3, 2, "variant");
            last = fresh;
        }
    }
}
