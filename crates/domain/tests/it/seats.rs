//! The best seats, against a model that tries everything, and against the plain way to choose them.

mod plain;

use domain::pool::SeatNo;
use domain::tickets::event::Layout;
use domain::tickets::seat_set::SeatSet;
use domain::tickets::seats::best;

/// Rows of seats; `Some(row)` by seat is free.
type Free = Vec<Option<usize>>;

/// Marsaglia's xorshift, for tests that are the same every time.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// The row of a seat, if it is free.
fn row(free: &Free, seat: usize) -> Option<usize> {
    free.get(seat).copied().flatten()
}

/// How many seats of its row are free next to a free seat, on one side.
fn side(free: &Free, seat: usize, step: isize) -> usize {
    let beside = |n: usize| seat.checked_add_signed(step * isize::try_from(n).expect("small"));
    let joins = |n: &usize| beside(*n).is_some_and(|at| row(free, at) == row(free, seat));
    (1..).take_while(joins).count()
}

/// The first place for neighbours that strands no single seat, else the first place.
fn adjacent(free: &Free, quantity: usize) -> Option<Vec<usize>> {
    let places = || {
        let fits =
            |first: &usize| row(free, *first).is_some() && side(free, *first, 1) + 1 >= quantity;
        (0..free.len()).filter(fits)
    };
    let tidy =
        |first: &usize| side(free, *first, -1) != 1 && side(free, first + quantity - 1, 1) != 1;
    let first = places().find(tidy).or_else(|| places().next())?;
    Some((first..first + quantity).collect())
}

/// Groups of neighbours among chosen seats.
fn groups(free: &Free, chosen: &[usize]) -> usize {
    let begins = |seat: &&usize| {
        let before = seat.checked_sub(1).filter(|before| chosen.contains(before));
        before.is_none_or(|before| row(free, before) != row(free, **seat))
    };
    chosen.iter().filter(begins).count()
}

/// The fewest groups of any choice.
fn fewest(free: &Free, quantity: usize) -> usize {
    let choices = (0_u32..1 << free.len())
        .map(|bits| (0..free.len()).filter(|seat| bits >> seat & 1 == 1).collect::<Vec<_>>());
    let possible = choices.filter(|chosen| {
        chosen.len() == quantity && chosen.iter().all(|seat| row(free, *seat).is_some())
    });
    possible.map(|chosen| groups(free, &chosen)).min().expect("enough are free")
}

fn check(rows: &[usize], taken: &SeatSet) {
    let mut labels = Vec::new();
    let mut free = Free::new();
    for (row, seats) in rows.iter().enumerate() {
        for seat in 0..*seats {
            labels.push(format!("R{row}-{seat}"));
            let number = SeatNo(u32::try_from(labels.len()).expect("small"));
            free.push(Some(row).filter(|_| !taken.contains(number)));
        }
    }
    let layout = Layout::new(labels).expect("distinct");
    let count = free.iter().flatten().count();
    for quantity in 1..=free.len() {
        let chosen = best(&layout, taken, u32::try_from(quantity).expect("small"));
        let Some(chosen) = chosen else {
            assert!(quantity > count, "{rows:?} {taken:?} {quantity}");
            continue;
        };
        let chosen: Vec<_> = chosen.iter().map(|seat| seat.0 as usize - 1).collect();
        let told = format!("{rows:?} without {taken:?}, {quantity} wanted: {chosen:?}");
        assert_eq!(chosen.len(), quantity, "{told}");
        assert!(chosen.is_sorted_by(|left, right| left < right), "{told}");
        assert!(chosen.iter().all(|seat| row(&free, *seat).is_some()), "{told}");
        match adjacent(&free, quantity) {
            Some(expected) => assert_eq!(chosen, expected, "{told}"),
            None => assert_eq!(groups(&free, &chosen), fewest(&free, quantity), "{told}"),
        }
    }
}

#[test]
fn every_small_row_and_pair_of_rows() {
    for rows in [&[7][..], &[3, 4], &[2, 2, 3], &[1, 5]] {
        for bits in 0_u32..1 << 7 {
            let taken = (0..7).filter(|seat| bits >> seat & 1 == 1).map(|seat| SeatNo(seat + 1));
            let seats = rows.iter().sum::<usize>();
            check(rows, &taken.filter(|seat| seat.0 as usize <= seats).collect());
        }
    }
}

#[test]
fn random_rows() {
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    for _ in 0..300 {
        let rows: Vec<_> = (0..=random.below(2)).map(|_| 1 + random.below(5)).collect();
        let crowd = 1 + random.below(4);
        let seats = rows.iter().sum::<usize>();
        let taken = (1..=seats).filter(|_| random.below(crowd + 1) == 0);
        check(&rows, &taken.map(|seat| SeatNo(u32::try_from(seat).expect("small"))).collect());
    }
}

/// Labels of a hall: rows of different lengths, some of which are called as the one before, and labels
/// without a number or of nothing but a number.
fn labels(random: &mut Xorshift, seats: usize) -> Vec<String> {
    let mut labels = Vec::with_capacity(seats);
    while labels.len() < seats {
        let (row, kind) = (labels.len(), random.below(8));
        for seat in 0..=random.below(70).min(seats - labels.len() - 1) {
            labels.push(match kind {
                0 => format!("{}", row + seat),
                1 => format!("Box {row}-{seat} "),
                2 => format!("Same-{}", row + seat),
                _ => format!("R{row}-{seat}"),
            });
        }
    }
    labels
}

#[test]
fn the_same_seats_as_the_plain_way_chooses() {
    let mut random = Xorshift(0x2545_f491_4f6c_dd1d);
    for _ in 0..600 {
        let seats = 1 + random.below(400);
        let labels = labels(&mut random, seats);
        let layout = Layout::new(labels).expect("distinct");
        // From a hall that is nearly empty to one that is nearly sold out; taken in pieces, as they are sold.
        let (crowd, piece) = (1 + random.below(12), 1 + random.below(9));
        let mut taken = std::collections::BTreeSet::new();
        for first in (1..=seats).step_by(piece) {
            let is_taken = random.below(13) < crowd;
            let piece = (first..(first + piece).min(seats + 1)).filter(|_| is_taken);
            taken.extend(piece.map(|seat| SeatNo(u32::try_from(seat).expect("small"))));
        }
        let set: SeatSet = taken.iter().copied().collect();
        let few = 1..=u32::try_from(seats.min(30)).expect("small");
        let many = (0..20).map(|_| u32::try_from(1 + random.below(seats + 1)).expect("small"));
        for quantity in few.chain(many).collect::<Vec<_>>() {
            let (chosen, plain) =
                (best(&layout, &set, quantity), plain::best(&layout, &taken, quantity));
            assert_eq!(chosen, plain, "{:?} without {taken:?}, {quantity} wanted", layout.labels());
        }
    }
}
