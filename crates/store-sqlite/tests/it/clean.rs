//! What clean-up leaves in the tables themselves.

use domain::activity::{Feed, LowWaterMark, Truncation};
use domain::record::{Record, RecordState};
use domain::world::Change;
use engine::cleaning::Search;
use engine::reads::due::DueReads as _;

use crate::fixture::{OURS, Scratch, activity, answered, at, commit};

const ENTRIES: u64 = 4;

fn with_feed() -> Scratch {
    let scratch = Scratch::new();
    let entry =
        |position| Change::Activity(Box::new(activity(position, &format!("{position}"), 1)));
    let mut changes: Vec<_> = (1..=ENTRIES).map(entry).collect();
    changes.push(Change::put(OURS, Feed { position: ENTRIES }));
    commit(&mut scratch.open(), 1, changes).expect("it commits");
    scratch
}

#[test]
fn a_tombstone_has_no_column_of_its_answer() {
    let scratch = Scratch::new();
    commit(&mut scratch.open(), 1, vec![Change::from(answered("k"))]).expect("it commits");
    let tombstone = Record {
        method: String::new(),
        path: String::new(),
        state: RecordState::Retired,
        ..answered("k")
    };
    commit(&mut scratch.open(), 2, vec![Change::from(tombstone)]).expect("it commits");
    let bare = "select count(*) from idempotency where state = 'retired' and method = '' \
        and path = '' and answer_format is null and status is null and content_type is null \
        and location is null and body is null and fingerprint is not null";
    let rows: i64 = scratch.raw().query_row(bare, [], |row| row.get(0)).expect("a count");
    assert_eq!(rows, 1, "{}", scratch.dump());
}

#[test]
fn a_slice_with_a_hole_stays() {
    for (lost, found) in [(1, None), (2, None), (4, Some(3))] {
        let scratch = with_feed();
        scratch.break_it(&format!("delete from activity where no & 1099511627775 = {lost}"));
        let search = Search { from: None, before: at(i64::MAX), feeds: 2, entries: 9 };
        let truncation = scratch.open().reads().due_entries(search).expect("it looks").truncation;
        assert_eq!(
            truncation.map(|(_, truncation)| truncation.low_water_mark.position),
            found,
            "{lost} is missing"
        );
    }
}

#[test]
fn what_is_gone_has_to_be_readable() {
    let scratch = with_feed();
    let truncation =
        Truncation { after: 0, low_water_mark: LowWaterMark { position: 2, at: at(1_000) } };
    commit(&mut scratch.open(), 2, vec![Change::FeedTruncated(OURS, truncation)])
        .expect("it commits");
    scratch.break_it("update store_meta set value = 'x' where key like 'activity_cleaned.%'");
    let search = Search { from: None, before: at(i64::MAX), feeds: 2, entries: 9 };
    assert!(scratch.open().reads().due_entries(search).is_err());
}
