//! The three headers that are signed with an event.

use super::{ID, SIGNATURE, TIMESTAMP};

/// The headers of a request that say whether it is from the server; `None` is one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`.
    pub signature: Option<&'a str>,
}

impl<'a> Headers<'a> {
    /// Those that `get` finds by their names, which are in lower case.
    ///
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use bookonce_client::webhooks::Headers;
    /// let map = BTreeMap::from([("webhook-id", "msg_1")]);
    /// let headers = Headers::of(|name| map.get(name).copied());
    /// assert_eq!((headers.id, headers.signature), (Some("msg_1"), None));
    /// ```
    ///
    /// With the types of the crate `http`: `Headers::of(|name| request.headers().get(name)?.to_str().ok())`.
    pub fn of(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self { id: get(ID), timestamp: get(TIMESTAMP), signature: get(SIGNATURE) }
    }

    /// Those that are among pairs of a name, in whatever letters, and a value. Of several with the same name the first
    /// counts.
    ///
    /// ```
    /// # use bookonce_client::webhooks::Headers;
    /// let headers = Headers::of_pairs([("Host", "shop.example"), ("Webhook-Id", "msg_1")]);
    /// assert_eq!(headers.id, Some("msg_1"));
    /// ```
    pub fn of_pairs(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            let place = match name.to_ascii_lowercase().as_str() {
                ID => &mut headers.id,
                TIMESTAMP => &mut headers.timestamp,
                SIGNATURE => &mut headers.signature,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        headers
    }
}
