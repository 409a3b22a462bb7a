//! What to do, by the marks that are found: a pure function of what both sides say.

use std::fmt;
use std::str::FromStr;

use domain::words;

/// What a store says of a move: its own, or the one into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether it is over.
    pub state: MarkState,
    /// Names the move: the id that the target had before it took over the source's.
    pub id: String,
    /// Where the other store is, for people to read.
    pub place: String,
}

words! {
    /// Whether a move is over.
    pub enum MarkState {
        /// It is not.
        Moving = "moving",
        /// It is.
        Moved = "moved",
    }
}

impl Mark {
    /// What a store keeps it under in its metadata.
    pub const NAME: &'static str = "move";
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.state.as_str(), self.id, self.place)
    }
}

impl FromStr for Mark {
    /// The text, which is none.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.splitn(3, ' ');
        let (Some(state), Some(id), Some(place)) = (words.next(), words.next(), words.next())
        else {
            return Err(text.to_owned());
        };
        let state = MarkState::from_word(state).ok_or_else(|| text.to_owned())?;
        Ok(Self { state, id: id.to_owned(), place: place.to_owned() })
    }
}

/// What is found where a store shall be moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its mark.
    pub mark: Option<Mark>,
    /// Whether no table that is moved has a row.
    pub is_empty: bool,
    /// Whether somebody has ever opened it to serve it.
    pub is_served: bool,
}

/// Why a move must not be begun, gone on with or given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The target is somebody else's.
    Taken,
    /// The target is being filled from somewhere else.
    TakenByMove(String),
    /// The target is served.
    Served,
    /// The source is on its way to somewhere else.
    MovingElsewhere(String),
    /// The source has been moved to somewhere else.
    MovedElsewhere(String),
    /// There is nothing to give up.
    NothingToAbandon,
    /// It is too late to give it up.
    TooLate,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => out.write_str(
                "the target already holds another store, or was served: name an empty database",
            ),
            Self::TakenByMove(place) => {
                write!(out, "the target is being filled from another store, {place}")
            }
            Self::Served => out.write_str("somebody opened the target to serve it meanwhile"),
            Self::MovingElsewhere(place) => write!(
                out,
                "this store is being moved to {place}: go on with that, or give it up with --abandon"
            ),
            Self::MovedElsewhere(place) => write!(out, "this store was moved to {place}"),
            Self::NothingToAbandon => out.write_str("this store is not being moved"),
            Self::TooLate => out.write_str(
                "the move is finished: everything is in the target, and may be served there",
            ),
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Mark both and copy.
    Begin(Mark),
    /// Copy what is left.
    GoOn(Mark),
    /// Only the source's mark is left to be put.
    MarkSource(Mark),
    /// It is all done.
    Nothing,
}

/// The mark is that of the source. `place` is the target's.
pub(super) fn plan(source: Option<&Mark>, target: &Found, place: &str) -> Result<Plan, Refusal> {
    let fresh = |state, id: &String| Mark { state, id: id.clone(), place: place.to_owned() };
    let begin = || Plan::Begin(fresh(MarkState::Moving, &target.id));
    let is_free = target.is_empty && !target.is_served;
    let Some(source) = source else {
        return match &target.mark {
            Some(Mark { state: MarkState::Moving, place, .. }) => {
                Err(Refusal::TakenByMove(place.clone()))
            }
            None if is_free => Ok(begin()),
            Some(Mark { state: MarkState::Moved, .. }) | None => Err(Refusal::Taken),
        };
    };
    let known = target.mark.as_ref().filter(|mark| mark.id == source.id);
    match (source.state, known.map(|mark| mark.state)) {
        (MarkState::Moving, Some(MarkState::Moving)) if target.is_served => Err(Refusal::Served),
        (MarkState::Moving, Some(MarkState::Moving)) => Ok(Plan::GoOn(source.clone())),
        (MarkState::Moving, Some(MarkState::Moved)) => {
            Ok(Plan::MarkSource(fresh(MarkState::Moved, &source.id)))
        }
        (MarkState::Moved, Some(MarkState::Moved)) => Ok(Plan::Nothing),
        // It ended between the two marks, or the database was made again.
        (MarkState::Moving, None) if is_free && is_same(source, target, place) => Ok(begin()),
        (MarkState::Moving, None) => Err(Refusal::MovingElsewhere(source.place.clone())),
        (MarkState::Moved, Some(MarkState::Moving) | None) => {
            Err(Refusal::MovedElsewhere(source.place.clone()))
        }
    }
}

/// What to do with the target before the source may be served again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlanAbandon {
    /// Everything in it was copied there.
    Clear,
    /// Somebody served it when it was marked, so nothing was copied: what is there is theirs.
    TakeMark,
    /// It knows nothing of the move.
    Nothing,
}

/// What was finished is not given up: the target may have been served.
pub(super) fn plan_abandon(
    source: Option<&Mark>,
    target: &Found,
    place: &str,
) -> Result<PlanAbandon, Refusal> {
    let source = match source {
        None => return Err(Refusal::NothingToAbandon),
        Some(Mark { state: MarkState::Moved, .. }) => return Err(Refusal::TooLate),
        Some(source) => source,
    };
    match target.mark.as_ref().filter(|mark| mark.id == source.id).map(|mark| mark.state) {
        Some(MarkState::Moving) if target.is_served => Ok(PlanAbandon::TakeMark),
        Some(MarkState::Moving) => Ok(PlanAbandon::Clear),
        Some(MarkState::Moved) => Err(Refusal::TooLate),
        // It ended between the two marks, or the database was made again.
        None if target.mark.is_none() && target.is_empty && is_same(source, target, place) => {
            Ok(PlanAbandon::Nothing)
        }
        None => Err(Refusal::MovingElsewhere(source.place.clone())),
    }
}

/// Whether the target, which has no mark, is the one that the source's mark names.
fn is_same(source: &Mark, target: &Found, place: &str) -> bool {
    target.mark.is_none() && (target.id == source.id || source.place == place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(state: MarkState, id: &str) -> Mark {
        Mark { state, id: id.to_owned(), place: format!("place of {id}") }
    }

    fn target(mark: Option<Mark>, is_empty: bool) -> Found {
        Found { id: "t".to_owned(), mark, is_empty, is_served: false }
    }

    const ELSEWHERE: &str = "a/b";

    #[expect(clippy::unnecessary_wraps, reason = "a store may have no mark")]
    fn moving(id: &str) -> Option<Mark> {
        Some(mark(MarkState::Moving, id))
    }

    #[expect(clippy::unnecessary_wraps, reason = "a store may have no mark")]
    fn moved(id: &str) -> Option<Mark> {
        Some(mark(MarkState::Moved, id))
    }

    /// What is done, in a word.
    fn does(source: Option<Mark>, target: &Found, place: &str) -> String {
        match plan(source.as_ref(), target, place) {
            Ok(Plan::Begin(mark)) => format!("begin {}", mark.id),
            Ok(Plan::GoOn(mark)) => format!("go on {}", mark.id),
            Ok(Plan::MarkSource(mark)) => format!("mark source {mark}"),
            Ok(Plan::Nothing) => "nothing".to_owned(),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    #[test]
    fn marks_are_texts() {
        for mark in [moving("x"), moved("y")].into_iter().flatten() {
            assert_eq!(mark.to_string().parse(), Ok(mark));
        }
        let spaces = Mark { place: "a folder/b".to_owned(), ..mark(MarkState::Moved, "z") };
        assert_eq!(spaces.to_string().parse(), Ok(spaces));
        for text in ["", "moving", "moving x", "moves x y"] {
            assert_eq!(text.parse::<Mark>(), Err(text.to_owned()));
        }
    }

    #[test]
    fn every_pair_of_marks_has_its_plan() {
        let empty = target(None, true);
        let served = Found { is_served: true, ..empty.clone() };
        assert_eq!(does(None, &empty, ELSEWHERE), "begin t");
        assert_eq!(does(None, &served, ELSEWHERE), "Taken");
        assert_eq!(does(None, &target(None, false), ELSEWHERE), "Taken");
        assert_eq!(does(None, &target(moved("t"), false), ELSEWHERE), "Taken");
        let other = r#"TakenByMove("place of t")"#;
        assert_eq!(does(None, &target(moving("t"), true), ELSEWHERE), other);

        assert_eq!(does(moving("t"), &empty, ELSEWHERE), "begin t", "the same store");
        assert_eq!(does(moving("u"), &empty, "place of u"), "begin t", "the same place");
        let elsewhere = r#"MovingElsewhere("place of u")"#;
        assert_eq!(does(moving("u"), &empty, ELSEWHERE), elsewhere);
        assert_eq!(does(moving("u"), &served, "place of u"), elsewhere);
        assert_eq!(does(moving("u"), &target(None, false), "place of u"), elsewhere);
        assert_eq!(does(moving("u"), &target(moving("t"), true), ELSEWHERE), elsewhere);
        assert_eq!(does(moving("u"), &target(moved("t"), false), "place of u"), elsewhere);
        assert_eq!(does(moving("t"), &target(moving("t"), false), ELSEWHERE), "go on t");
        let both = Found { is_served: true, ..target(moving("t"), false) };
        assert_eq!(does(moving("t"), &both, ELSEWHERE), "Served");
        let settled = "mark source moved t a/b";
        assert_eq!(does(moving("t"), &target(moved("t"), false), ELSEWHERE), settled);

        assert_eq!(does(moved("t"), &target(moved("t"), false), ELSEWHERE), "nothing");
        let gone = r#"MovedElsewhere("place of t")"#;
        assert_eq!(does(moved("t"), &empty, "place of t"), gone);
        assert_eq!(does(moved("t"), &target(moved("u"), false), "place of t"), gone);
        assert_eq!(does(moved("t"), &target(moving("t"), false), "place of t"), gone);
    }

    #[test]
    fn only_what_is_not_finished_is_given_up() {
        let does = |source: Option<Mark>, target: &Found, place| {
            plan_abandon(source.as_ref(), target, place)
        };
        let empty = target(None, true);
        assert_eq!(does(None, &empty, ELSEWHERE), Err(Refusal::NothingToAbandon));
        assert_eq!(does(moved("t"), &empty, ELSEWHERE), Err(Refusal::TooLate));
        assert_eq!(does(moving("t"), &target(moved("t"), false), ELSEWHERE), Err(Refusal::TooLate));
        assert_eq!(
            does(moving("t"), &target(moving("t"), false), ELSEWHERE),
            Ok(PlanAbandon::Clear)
        );
        let served = Found { is_served: true, ..target(moving("t"), false) };
        assert_eq!(does(moving("t"), &served, ELSEWHERE), Ok(PlanAbandon::TakeMark));
        assert_eq!(does(moving("t"), &empty, ELSEWHERE), Ok(PlanAbandon::Nothing));
        assert_eq!(does(moving("u"), &empty, "place of u"), Ok(PlanAbandon::Nothing));
        let elsewhere = Err(Refusal::MovingElsewhere("place of u".to_owned()));
        assert_eq!(does(moving("u"), &empty, ELSEWHERE), elsewhere);
        assert_eq!(does(moving("u"), &target(None, false), "place of u"), elsewhere);
        assert_eq!(does(moving("u"), &target(moving("t"), true), "place of u"), elsewhere);
    }
}
