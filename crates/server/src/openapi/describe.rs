//! How the operations of a chapter are described.

/// Describes the operations of a chapter by their ids. Where they stand is said by their lines, not here.
macro_rules! describe {
    ($($(#$doc:tt)* $id:ident($($described:tt)*))+) => {
        $(
            $(#$doc)*
            // A method and a path are demanded; `Common` moves it to its own, finding it by its id.
            #[utoipa::path(get, path = stringify!($id), tag = TAG, $($described)*)]
            fn $id() {}
        )+

        #[derive(utoipa::OpenApi)]
        #[openapi(tags((name = TAG, description = ABOUT)), paths($($id),+))]
        pub(crate) struct Chapter;
    };
}

pub(crate) use describe;
