//! Query strings: unknown and repeated parameters are refused by name.

use std::str::FromStr;

use serde::Serialize;

use crate::echo;
use crate::refusal::Invalid;
use crate::spelling;

/// Rows of a page that does not say.
pub const PAGE_ROWS_DEFAULT: usize = 50;
/// Rows of a page.
pub const PAGE_ROWS_MAX: usize = 200;

/// Bytes of a page's rows: a page that would have more ends earlier.
pub const PAGE_BYTES_MAX: usize = 1 << 20;

/// The parameters of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters, all of which must be among `known`.
    ///
    /// # Errors
    /// [`Invalid`] names the one that is not, or that stands twice.
    pub(crate) fn parse(query: &str, known: &[&str]) -> Result<Self, Invalid> {
        let mut params: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&&*name) {
                let advice = spelling::advice(&name, known);
                return Err(Invalid::field(
                    &echo::cut(&name),
                    &format!("is not a known parameter; {advice}"),
                ));
            }
            if params.iter().any(|(earlier, _)| *earlier == *name) {
                return Err(Invalid::field(&name, "must appear only once"));
            }
            if value.contains('\0') {
                return Err(Invalid::field(&name, "must not contain U+0000"));
            }
            params.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(params))
    }

    /// The value of a parameter.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter as something that has a text form.
    ///
    /// # Errors
    /// [`Invalid`] names the parameter and says what it must be.
    pub(crate) fn get_as<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Invalid> {
        let parse = |text: &str| {
            text.parse().map_err(|error: T::Err| Invalid::field(name, &error.to_string()))
        };
        self.get(name).map(parse).transpose()
    }

    /// How many rows a page may have.
    ///
    /// # Errors
    /// [`Invalid`] when `limit` is not from 1 to [`PAGE_ROWS_MAX`].
    pub(crate) fn limit(&self) -> Result<usize, Invalid> {
        let Some(text) = self.get("limit") else { return Ok(PAGE_ROWS_DEFAULT) };
        let limit = text.parse().ok().filter(|limit| (1..=PAGE_ROWS_MAX).contains(limit));
        limit.ok_or_else(|| {
            Invalid::field("limit", &format!("must be between 1 and {PAGE_ROWS_MAX}"))
        })
    }
}

/// A page of `rows` and the cursor of the next, from one row more than the page has.
pub(crate) fn page<T: Serialize>(
    rows: Vec<T>,
    limit: usize,
    cursor: impl Fn(&T) -> String,
) -> wire::List<T> {
    let mut page = Filling::new(limit);
    for row in rows {
        page.push(row);
    }
    page.end(cursor)
}

/// A page that is being filled: with as many rows as were asked for, or as many as fit into
/// [`PAGE_BYTES_MAX`], and one in any case.
#[derive(Debug)]
pub(crate) struct Filling<T> {
    rows: Vec<T>,
    limit: usize,
    bytes: usize,
    /// There are rows that have no room.
    more: bool,
}

impl<T: Serialize> Filling<T> {
    /// An empty page for so many rows.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { rows: Vec::new(), limit, bytes: 0, more: false }
    }

    /// Whether it is not known yet what the next page begins with.
    pub(crate) const fn is_open(&self) -> bool {
        !self.more
    }

    /// Puts a row on the page, if it has room.
    pub(crate) fn push(&mut self, row: T) {
        if self.more || self.rows.len() >= self.limit {
            self.more = true;
            return;
        }
        let mut counted = Counted(self.bytes);
        // Counting does not fail, and what cannot be written shows when it is.
        let _uncounted = serde_json::to_writer(&mut counted, &row).is_err();
        if counted.0 > PAGE_BYTES_MAX && !self.rows.is_empty() {
            self.more = true;
            return;
        }
        self.bytes = counted.0;
        self.rows.push(row);
    }

    /// The page, and the cursor of the next, if there is more.
    pub(crate) fn end(self, cursor: impl Fn(&T) -> String) -> wire::List<T> {
        let next = self.rows.last().filter(|_| self.more).map(cursor);
        wire::List { data: self.rows, next }
    }
}

/// Counts what is written.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_must_be_known_and_stand_once() {
        let known = ["limit", "after"];
        assert_eq!(Params::parse("limit=2&after=a%20b", &known).unwrap().get("after"), Some("a b"));
        for query in ["limit=1&limit=1", "Limit=1", "x=1", "=", "after=%00"] {
            assert!(Params::parse(query, &known).is_err(), "{query}");
        }
        assert!(Params::parse("", &[]).is_ok());
    }

    #[test]
    fn a_page_has_one_row_to_page_rows_max() {
        let limit = |text: &str| Params::parse(text, &["limit"]).unwrap().limit().ok();
        assert_eq!(limit(""), Some(PAGE_ROWS_DEFAULT));
        assert_eq!(limit("limit=1"), Some(1));
        assert_eq!(limit(&format!("limit={PAGE_ROWS_MAX}")), Some(PAGE_ROWS_MAX));
        for text in ["limit=0", "limit=201", "limit=-1", "limit=1.0", "limit=", "limit=x"] {
            assert_eq!(limit(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let cursor = |row: &u32| row.to_string();
        assert_eq!(page(vec![3, 2, 1], 2, cursor).next, Some("2".to_owned()));
        assert_eq!(page(vec![3, 2], 2, cursor).next, None);
        assert_eq!(page(Vec::new(), 2, cursor).next, None);
    }

    #[test]
    fn a_page_ends_where_its_bytes_do() {
        let row = |bytes: usize| "x".repeat(bytes - 2);
        let cursor = |row: &String| row.len().to_string();
        let half = PAGE_BYTES_MAX / 2;
        let full = page(vec![row(half), row(half)], 5, cursor);
        assert_eq!((full.data.len(), full.next), (2, None));
        let over = page(vec![row(half), row(half + 1), row(2)], 5, cursor);
        assert_eq!((over.data.len(), over.next), (1, Some((half - 2).to_string())));
        // A row that is larger has a page of its own.
        let large = page(vec![row(PAGE_BYTES_MAX + 1), row(2)], 5, cursor);
        assert_eq!((large.data.len(), large.next), (1, Some((PAGE_BYTES_MAX - 1).to_string())));
    }
}
