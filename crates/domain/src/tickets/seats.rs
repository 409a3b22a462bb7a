//! Choosing the best free seats.
//!
//! Seats are listed best first, and neighbours stand next to each other in the list. A row is what
//! their labels have in common before the number: `A-1`, `A-2` are one row, `B-1` begins the next.

use crate::pool::SeatNo;
use crate::tickets::event::Layout;
use crate::tickets::seat_set::SeatSet;

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
///
/// It is asked for each intent, by the thread that writes: of seats that are taken it looks at 64 at a time,
/// and it ends at the first place that is as good as any.
#[must_use]
pub fn best(layout: &Layout, taken: &SeatSet, quantity: u32) -> Option<Vec<SeatNo>> {
    let mut stranding = None;
    let mut short = ShortRuns::default();
    for run in free_runs(layout, taken) {
        if run.length < quantity {
            short.add(run, quantity);
        } else if let Some(first) = tidy_start(run, quantity) {
            return Some(seats_from(first, quantity).collect());
        } else {
            stranding = stranding.or(Some(run.first));
        }
    }
    match stranding {
        Some(first) => Some(seats_from(first, quantity).collect()),
        None => short.fewest_groups(quantity),
    }
}

/// Runs that are shorter than what is wanted.
#[derive(Debug, Default)]
struct ShortRuns {
    free: u64,
    /// Where they begin, by length; of each length the first ones, and no more than can be taken.
    by_length: Vec<Vec<u32>>,
}

impl ShortRuns {
    fn add(&mut self, run: Run, quantity: u32) {
        self.free = self.free.saturating_add(u64::from(run.length));
        let length = run.length as usize;
        if self.by_length.len() <= length {
            self.by_length.resize_with(length.saturating_add(1), Vec::new);
        }
        // So many are taken whole, and of one more a part.
        let whole = quantity.checked_div(run.length).expect("a run is not empty") as usize;
        let kept = self.by_length.get_mut(length);
        if let Some(firsts) = kept.filter(|firsts| firsts.len() <= whole) {
            firsts.push(run.first);
        }
    }

    /// Takes the longest runs whole, the better seats first among equals, and the rest from the first run
    /// that can give it without stranding a seat.
    fn fewest_groups(self, quantity: u32) -> Option<Vec<SeatNo>> {
        if self.free < u64::from(quantity) {
            return None;
        }
        let longest_first = (0..).zip(self.by_length).collect::<Vec<_>>().into_iter().rev();
        let runs = longest_first.flat_map(|(length, firsts)| {
            firsts.into_iter().map(move |first| Run { first, length })
        });
        let runs: Vec<Run> = runs.collect();
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

/// The runs, in the order of their seats.
fn free_runs(layout: &Layout, taken: &SeatSet) -> impl Iterator<Item = Run> {
    let end = layout.end().0;
    let mut from = 1;
    core::iter::from_fn(move || {
        let first = taken.first_missing(from);
        if first >= end {
            return None;
        }
        let ends = taken.first_of_either(layout.row_starts(), first.saturating_add(1));
        from = ends.map_or(end, |ends| ends.min(end));
        let length = from.checked_sub(first).expect("a run ends after its first seat");
        Some(Run { first, length })
    })
}

/// The first seat of each row.
pub(crate) fn row_starts(labels: &[String]) -> SeatSet {
    let rows = || labels.iter().map(|label| row(label));
    let before = core::iter::once(None).chain(rows().map(Some));
    let starts = rows().zip(before).zip(1..).filter(|((row, before), _)| Some(*row) != *before);
    starts.map(|(_, number)| SeatNo(number)).collect()
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
        let mut taken = SeatSet::default();
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
