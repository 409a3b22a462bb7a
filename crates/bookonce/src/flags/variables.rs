//! Variables: those that name a file with the value, as container platforms hand out secrets, and those that look like
//! settings of this program and are none: mostly a slip of the pen.

use std::collections::BTreeMap;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// A variable that begins as those of this program do and is no setting: it makes tests fail at a point of theirs.
const FAILPOINT_VARIABLE: &str = "BOOKONCE_FAILPOINT";
/// So many letters may be wrong, left out, too many or two of them swapped, for a name to be what was meant.
const SLIPS_MAX: usize = 2;

/// What a variable's name ends in that names a file with the value.
const FILE: &str = "_FILE";

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// By a flag.
    Flag,
    /// By the variable of that name.
    Variable(String),
    /// By the file that the variable of that name names.
    File(String),
}

/// The program, with what the files say that variables name: `NAME_FILE` in place of each `NAME`.
///
/// # Errors
/// Both are set, or the file cannot be read.
pub(super) fn with_files(program: Command) -> Result<Command, String> {
    let mut known = Vec::new();
    names(&program, &mut known);
    let mut wrong = None;
    let program = of_files(program, &known, &mut wrong);
    wrong.map_or(Ok(program), Err)
}

fn of_files(program: Command, known: &[String], wrong: &mut Option<String>) -> Command {
    let program = program.mut_args(|arg| {
        let Some(name) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else {
            return arg;
        };
        match read(&name, known) {
            Ok(Some(value)) => {
                arg.env(Resettable::Reset).default_value(value).hide_default_value(true)
            }
            Ok(None) => arg,
            Err(why) => {
                wrong.get_or_insert(why);
                arg
            }
        }
    });
    program.mut_subcommands(|command| of_files(command, known, wrong))
}

/// The value that a file has, without the line break at its end.
fn read(name: &str, known: &[String]) -> Result<Option<String>, String> {
    let by_file = format!("{name}{FILE}");
    if known.contains(&by_file) {
        return Ok(None);
    }
    let Some(file) = std::env::var_os(&by_file) else { return Ok(None) };
    if std::env::var_os(name).is_some() {
        return Err(format!(
            "the variables {name} and {by_file} are both set; one of them is enough"
        ));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| {
        format!("the variable {by_file}: {} cannot be read: {error}", file.display())
    })?;
    let value = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(value.strip_suffix('\r').unwrap_or(value).to_owned()))
}

/// Where what was given was given, by its flag. `command` is as it was before its files were read.
pub(super) fn sources(command: &Command, matches: &ArgMatches) -> BTreeMap<String, Source> {
    let source = |arg: &clap::Arg| {
        let flag = arg.get_long()?.to_owned();
        let variable = || arg.get_env().map(|name| name.to_string_lossy().into_owned());
        let by_file = || variable().map(|name| format!("{name}{FILE}"));
        let is_set = |name: &String| std::env::var_os(name).is_some();
        let id = arg.get_id().as_str();
        let known = matches.ids().any(|it| it.as_str() == id);
        let source = match known.then(|| matches.value_source(id))?? {
            ValueSource::CommandLine => Source::Flag,
            ValueSource::EnvVariable => Source::Variable(variable()?),
            ValueSource::DefaultValue | _ => Source::File(by_file().filter(is_set)?),
        };
        Some((flag, source))
    };
    command.get_arguments().filter_map(source).collect()
}

/// What is said of the first variable that is none.
pub(super) fn unknown(program: &Command) -> Option<String> {
    let mut known = Vec::new();
    names(program, &mut known);
    let by_file: Vec<_> = known.iter().map(|name| format!("{name}{FILE}")).collect();
    known.extend(by_file);
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

fn names(command: &Command, known: &mut Vec<String>) {
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
