//! Names of members and parameters that are known, in another style: `guestEmail` for `guest_email`.

use std::borrow::Cow;

/// The known name that was meant by one that is not known, if they differ in nothing but style: in
/// capitals, or in what stands between words.
pub(crate) fn meant<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    known.iter().copied().find(|known| letters(known).eq(letters(given)))
}

fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// What is said of a name that is not known, after `is not a known …`.
pub(crate) fn advice(given: &str, known: &[&str]) -> Cow<'static, str> {
    match (meant(given, known), known) {
        (Some(meant), _) => format!("did you mean `{meant}`?").into(),
        (None, []) => "there are none here".into(),
        (None, _) => format!("known are: {}", known.join(", ")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_style_may_differ() {
        let known = ["user_id", "expected_amount", "seats"];
        for given in
            ["userId", "UserId", "user-id", "USER_ID", "userid", "user id", "_user__id", "user.id"]
        {
            assert_eq!(meant(given, &known), Some("user_id"), "{given}");
        }
        assert_eq!(meant("Seats", &known), Some("seats"));
        for given in ["", "_", "user", "user_ids", "seat", "colour", "id_user"] {
            assert_eq!(meant(given, &known), None, "{given}");
        }
    }

    #[test]
    fn else_all_that_are_known_are_named() {
        assert_eq!(advice("userId", &["user_id"]), "did you mean `user_id`?");
        assert_eq!(advice("x", &["limit", "after"]), "known are: limit, after");
        assert_eq!(advice("x", &[]), "there are none here");
    }
}
