//! The plain way to choose seats: label by label, all runs in a list, sorted. What is chosen must stay
//! the same, however it is found.

use std::collections::BTreeSet;

use domain::pool::SeatNo;
use domain::tickets::event::Layout;

/// Free seats next to each other in one row.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u32,
    length: u32,
}

/// The best `quantity` free seats, in order; `None` when fewer are free.
///
/// Adjacent ones if there are any. Among those the first place that leaves no single seat stranded
/// beside it, else the first place. If no row has enough free neighbours, as few groups as possible.
pub(super) fn best(
    layout: &Layout,
    taken: &BTreeSet<SeatNo>,
    quantity: u32,
) -> Option<Vec<SeatNo>> {
    let mut runs = free_runs(layout, taken);
    let free: u64 = runs.iter().map(|run| u64::from(run.length)).sum();
    if free < u64::from(quantity) {
        return None;
    }
    if let Some(first) = adjacent(&runs, quantity) {
        return Some(seats_from(first, quantity).collect());
    }
    // No row has enough: take the longest runs whole, the better seats first among equals, and the
    // rest from the first run that can give it without stranding a seat.
    runs.sort_by_key(|run| (core::cmp::Reverse(run.length), run.first));
    let mut chosen = Vec::new();
    let mut missing = quantity;
    for (index, run) in runs.iter().enumerate() {
        if missing <= run.length {
            let first = runs.get(index..).and_then(|rest| adjacent(rest, missing));
            chosen.extend(seats_from(first.unwrap_or(run.first), missing));
            break;
        }
        chosen.extend(seats_from(run.first, run.length));
        missing = missing.checked_sub(run.length).expect("the run is shorter");
    }
    chosen.sort_unstable();
    Some(chosen)
}

/// Where `quantity` neighbours begin.
fn adjacent(runs: &[Run], quantity: u32) -> Option<u32> {
    let fitting = || runs.iter().filter(|run| run.length >= quantity);
    let first_tidy = fitting().filter_map(|run| tidy_start(*run, quantity)).min();
    first_tidy.or_else(|| fitting().map(|run| run.first).min())
}

/// Where to begin in the run so that no single seat is left: at its start, unless one would be left
/// over, and then no place in the run helps.
fn tidy_start(run: Run, quantity: u32) -> Option<u32> {
    let spare = run.length.checked_sub(quantity)?;
    (spare != 1).then_some(run.first)
}

fn seats_from(first: u32, quantity: u32) -> impl Iterator<Item = SeatNo> {
    (first..).zip(0..quantity).map(|(number, _)| SeatNo(number))
}

fn free_runs(layout: &Layout, taken: &BTreeSet<SeatNo>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    let mut row_before = "";
    for (label, number) in layout.labels().iter().zip(1_u32..) {
        let row = row(label);
        open = open && row == row_before;
        row_before = row;
        if taken.contains(&SeatNo(number)) {
            open = false;
            continue;
        }
        match runs.last_mut() {
            Some(run) if open => run.length = run.length.saturating_add(1),
            _ => runs.push(Run { first: number, length: 1 }),
        }
        open = true;
    }
    runs
}

/// The label without its number.
fn row(label: &str) -> &str {
    label.trim_end_matches(|letter: char| letter.is_ascii_digit())
}
