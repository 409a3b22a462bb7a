//! Query strings: unknown and repeated parameters are refused by name.

use std::str::FromStr;

use crate::echo;
use crate::refusal::Invalid;
use crate::spelling;

/// Rows of a page that does not say.
pub const PAGE_ROWS_DEFAULT: usize = 50;
/// Rows of a page.
pub const PAGE_ROWS_MAX: usize = 200;

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
                return Err(Invalid::field(&name, "must stand once"));
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
pub(crate) fn page<T>(
    mut rows: Vec<T>,
    limit: usize,
    cursor: impl Fn(&T) -> String,
) -> wire::List<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(cursor);
    wire::List { data: rows, next }
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
}
