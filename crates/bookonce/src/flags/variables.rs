//! Variables that look like settings of this program and are none: mostly a slip of the pen.

/// A variable that begins as those of this program do and is no setting: it makes tests fail at a point of theirs.
const FAILPOINT_VARIABLE: &str = "BOOKONCE_FAILPOINT";
/// So many letters may be wrong, left out, too many or two of them swapped, for a name to be what was meant.
const SLIPS_MAX: usize = 2;

/// What is said of the first variable that is none.
pub(super) fn unknown(program: &clap::Command) -> Option<String> {
    let mut known = Vec::new();
    names(program, &mut known);
    let set = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let unknown = set.filter(|name| {
        is_like_a_setting(name) && name != FAILPOINT_VARIABLE && !known.contains(name)
    });
    let name = unknown.min()?;
    let what = format!("the variable {name} is not one of this program");
    Some(match nearest(&name, &known) {
        Some(nearest) => format!("{what}; did you mean {nearest}?"),
        None => what,
    })
}

fn names(command: &clap::Command, known: &mut Vec<String>) {
    let named = command.get_arguments().filter_map(clap::Arg::get_env);
    known.extend(named.map(|name| name.to_string_lossy().into_owned()));
    command.get_subcommands().for_each(|command| names(command, known));
}

/// Whether a variable is meant for this program, by its name: all that begin with `BOOKONCE_`, but for those of tests and
/// those that Kubernetes gives to every pod next to a service called `bookonce` or `bookonce-…`
/// (`BOOKONCE_SERVICE_HOST`, `BOOKONCE_PORT_7070_TCP_ADDR`).
fn is_like_a_setting(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("BOOKONCE_") else { return false };
    let rest = format!("_{rest}_");
    let is_of_a_service =
        ["_SERVICE_HOST_", "_SERVICE_PORT_"].iter().any(|word| rest.contains(word))
            || rest.ends_with("_PORT_")
            || rest
                .split_once("_PORT_")
                .is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
    !is_of_a_service && !rest.starts_with("_TEST_")
}

/// The known name that was meant, if there is one that is nearly the same.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let with_slips = known.iter().map(|known| (slips(name, known), known.as_str()));
    let (_, nearest) = with_slips.filter(|(slips, _)| *slips <= SLIPS_MAX).min()?;
    Some(nearest)
}

/// Letters to change, to leave out or to add so that one name becomes the other (Levenshtein's distance).
fn slips(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.bytes().enumerate() {
        let mut diagonal = index;
        let mut left = index.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, others) in row.iter_mut().skip(1).zip(other.bytes()) {
            let changed = diagonal.saturating_add(usize::from(letter != others));
            diagonal = *cell;
            left = changed.min(left.min(*cell).saturating_add(1));
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (one, other, many) in [
            ("", "", 0),
            ("a", "", 1),
            ("listn", "listen", 1),
            ("lsiten", "listen", 2),
            ("store", "rate", 4),
        ] {
            assert_eq!((slips(one, other), slips(other, one)), (many, many), "{one} {other}");
        }
    }

    #[test]
    fn the_nearest_name_is_proposed() {
        let known = ["BOOKONCE_LISTEN", "BOOKONCE_RATE", "BOOKONCE_STORE"].map(str::to_owned);
        assert_eq!(nearest("BOOKONCE_LISTN", &known), Some("BOOKONCE_LISTEN"));
        assert_eq!(nearest("BOOKONCE_RATES", &known), Some("BOOKONCE_RATE"));
        assert_eq!(nearest("BOOKONCE_PASSWORD", &known), None);
    }
}
