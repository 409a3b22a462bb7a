//! Words that stand for one of a few things: in the contract, in stores, on the command line.

/// Declares an enum whose variants are words, each written once, with all of them in a list and both ways
/// between word and variant.
///
/// ```
/// domain::words! {
///     /// How far it has come.
///     pub enum Stage {
///         /// It has just begun.
///         Begun = "begun",
///         /// It is over.
///         Over = "over",
///     }
/// }
/// assert_eq!(Stage::Over.as_str(), "over");
/// assert_eq!(Stage::from_word("begun"), Some(Stage::Begun));
/// assert_eq!(Stage::from_word("Begun"), None);
/// assert_eq!(Stage::ALL, [Stage::Begun, Stage::Over]);
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The one with this word, letter for letter; `None` for a word of a newer version.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == word)
            }
        }
    };
}
