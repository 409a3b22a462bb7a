//! One page of a list.

use serde::{Deserialize, Serialize};

/// One page of a list, newest first unless the list says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct List<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Give this as `after` to get the next page; `null` on the last one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next: Option<String>,
}
