//! Negative controls: a store that is wrong in one way, and the check that has to notice. A check that
//! notices nothing here would notice nothing anywhere.

use sim::memory::MemoryStore;
use sim::run::{Failure, FoundBy, Options, run};

use crate::mutant::{Mutant, MutantBackend};

/// Worlds that a mutant may survive in a row.
const SEEDS: u64 = 60;

/// The first world in which the mutant is noticed.
fn caught(mutant: Mutant, options: &Options) -> Failure {
    let world = |seed| run(seed, options, &MutantBackend::new(MemoryStore::new(), mutant)).err();
    (0..SEEDS).find_map(world).unwrap_or_else(|| panic!("{mutant:?} was never noticed"))
}

/// The mutant is noticed without the model, by one of these; and with the model as well.
#[track_caller]
fn check(mutant: Mutant, options: &Options, by: &[FoundBy]) {
    let blind = Options { model: false, ..options.clone() };
    let failure = caught(mutant, &blind);
    assert!(by.contains(&failure.finding.found_by), "{mutant:?}: {failure}");
    caught(mutant, options);
}

#[test]
fn the_unchanged_store_is_not_noticed() {
    for seed in 0..SEEDS {
        let backend = MutantBackend::new(MemoryStore::new(), Mutant::None);
        run(seed, &Options::STORMY, &backend).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn without_the_records_of_keys() {
    check(Mutant::ForgetsRecords, &Options::CALM, &[FoundBy::History]);
}

#[test]
fn without_the_earlier_names_of_keys() {
    check(Mutant::ForgetsEarlierNames, &Options::CALM, &[FoundBy::History, FoundBy::Books]);
}

#[test]
fn without_the_fingerprint_check() {
    check(Mutant::ForgetsFingerprints, &Options::CALM, &[FoundBy::History]);
}

#[test]
fn without_the_number_of_the_secret() {
    check(Mutant::ForgetsSecrets, &Options::CALM, &[FoundBy::History]);
}

#[test]
fn without_the_release_of_stock() {
    check(Mutant::KeepsStock, &Options::CALM, &[FoundBy::Books]);
}

#[test]
fn without_the_return_of_allowances() {
    check(Mutant::KeepsAllowances, &Options::CALM, &[FoundBy::Books]);
}

#[test]
fn without_allowances() {
    // What is taken from nothing is a panic; what was added up wrongly before is in the books.
    let by = [FoundBy::Books, FoundBy::Engine];
    check(Mutant::ForgetsAllowances, &Options::CALM, &by);
}

#[test]
fn without_an_atomic_commit_of_the_record() {
    check(Mutant::DropsRecords, &Options::CALM, &[FoundBy::History, FoundBy::Books]);
}

#[test]
fn without_an_atomic_commit_of_the_effect() {
    check(Mutant::DropsRows, &Options::CALM, &[FoundBy::History, FoundBy::Books]);
}

#[test]
fn without_records_of_refusals() {
    check(Mutant::DropsRefusals, &Options::CALM, &[FoundBy::History, FoundBy::Books]);
}

#[test]
fn with_acknowledgements_of_what_was_not_written() {
    check(Mutant::Pretends, &Options::CALM, &[FoundBy::History, FoundBy::Books]);
}

#[test]
fn with_wrong_news_of_lost_commits() {
    let by = [FoundBy::History, FoundBy::Books];
    check(Mutant::AlwaysCommitted, &Options::STORMY, &by);
}

#[test]
fn without_the_check_of_fences() {
    check(Mutant::None, &Options { unfenced: true, ..Options::CALM }, &[FoundBy::Books]);
}

#[test]
fn without_expiry() {
    check(Mutant::NothingIsDue, &Options::CALM, &[FoundBy::Liveness]);
}

#[test]
fn with_units_that_are_not_there() {
    check(Mutant::EmptyPools, &Options::CALM, &[FoundBy::Books, FoundBy::Engine]);
}
