//! Standard output: what was asked for, and nothing else.

use std::fmt::Display;
use std::io::Write as _;

use crate::flags::Failure;

/// Prints a line, in colours on a terminal. A pipe that was closed or a disk that is full is told like
/// any other failure.
pub(crate) fn say(line: impl Display) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "{line}")?)
}
