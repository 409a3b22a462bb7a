//! Choosing the best free seats.
//!
//! Seats are listed best first, and neighbours stand next to each other in the list. A row is what
//! their labels have in common before the number: `A-1`, `A-2` are one row, `B-1` begins the next.

use std::collections::BTreeSet;

use crate::pool::SeatNo;
use crate::tickets::event::Layout;

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
#[must_use]
pub fn best(layout: &Layout, taken: &BTreeSet<SeatNo>, quantity: u32) -> Option<Vec<SeatNo>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `rows` shows free seats as `.` and taken ones as `x`; the chosen ones come back as `O`.
    #[track_caller]
    fn check(rows: &[&str], quantity: u32, expected: Option<&[&str]>) {
        let mut labels = Vec::new();
        let mut taken = BTreeSet::new();
        for (row, seats) in rows.iter().enumerate() {
            for (seat, mark) in seats.chars().enumerate() {
                labels.push(format!("R{row}-{seat}"));
                if mark == 'x' {
                    taken.insert(SeatNo(u32::try_from(labels.len()).unwrap()));
                }
            }
        }
        let layout = Layout::new(labels).expect("distinct");
        let chosen = best(&layout, &taken, quantity);
        let shown = chosen.map(|chosen| {
            let mut number = 0;
            let show = |mark: char| {
                number += 1;
                if chosen.contains(&SeatNo(number)) { 'O' } else { mark }
            };
            let mut show = show;
            rows.iter().map(|row| row.chars().map(&mut show).collect()).collect::<Vec<String>>()
        });
        let expected = expected.map(|rows| rows.iter().map(|&row| row.to_owned()).collect());
        assert_eq!(shown, expected);
    }

    #[test]
    fn neighbours_come_first() {
        check(&["..x.", "...."], 3, Some(&["..x.", "OOO."]));
        check(&["....", "...."], 2, Some(&["OO..", "...."]));
        check(&["x..x", "...."], 2, Some(&["xOOx", "...."]));
    }

    #[test]
    fn no_single_seat_is_stranded_if_it_can_be_helped() {
        check(&["...", "...."], 2, Some(&["...", "OO.."]));
        check(&["..."], 2, Some(&["OO."]));
        check(&["...x..."], 3, Some(&["OOOx..."]));
        check(&[".....x"], 2, Some(&["OO...x"]));
        check(&["....", "..."], 3, Some(&["....", "OOO"]));
    }

    #[test]
    fn a_row_ends_where_the_label_changes() {
        check(&["x.", ".x", ".."], 2, Some(&["x.", ".x", "OO"]));
    }

    #[test]
    fn without_enough_neighbours_as_few_groups_as_possible() {
        check(&[".x..", "...x"], 4, Some(&["Ox..", "OOOx"]));
        check(&[".x.x"], 2, Some(&["OxOx"]));
        check(&[".x.x"], 3, None);
        check(&["xx"], 1, None);
    }
}
