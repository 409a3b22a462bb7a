//! `bookonce distribute` where nothing can be distributed: it says so in one line, and changes nothing.

use peers::cluster::Database;

use crate::backup::refused;
use crate::place::Place;

#[test]
fn a_file_cannot_be_distributed() {
    let place = Place::plain();
    refused(&place.run(&["distribute"]), "it is a file of one machine");
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn a_database_without_citus_is_left_as_it_is() {
    let (place, database) = (Place::plain(), Database::new());
    let (store, url) = ("--store", database.url());
    refused(&place.run(&["distribute", store, &url]), "there is no store");
    place.run(&["keys", "create", "--account", "x", store, &url]);
    refused(&place.run(&["distribute", store, &url]), "has no extension citus");
    assert_eq!(place.run(&["verify", store, &url]).code(), Some(0));
}
