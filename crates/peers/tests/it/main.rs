//! That the peers fail the way they promise, and come back.

use std::sync::mpsc;
use std::time::Duration;

use peers::cluster::{Cluster, Database};
use peers::proxy::{Moment, Proxy};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// What somebody hears who says this on a new connection: rows, or words.
fn say(url: &str, sql: &str) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let connected = tokio_postgres::connect(url, NoTls).await;
        let (client, connection) = connected.map_err(|error| error.to_string())?;
        let driven = async { connection.await.map_err(|error| error.to_string()) };
        let asked = async { client.simple_query(sql).await.map_err(|error| error.to_string()) };
        let messages = tokio::select! {
            biased;
            answer = asked => answer?,
            ended = driven => return Err(format!("{ended:?}")),
        };
        let rows = messages.into_iter().filter_map(|message| {
            let SimpleQueryMessage::Row(row) = message else { return None };
            row.get(0).map(str::to_owned)
        });
        Ok(rows.collect())
    })
}

/// Whether it is not answered, as long as anybody would look.
fn hangs(url: &str) -> mpsc::Receiver<Result<Vec<String>, String>> {
    let (told, heard) = mpsc::channel();
    let url = url.to_owned();
    std::thread::spawn(move || told.send(say(&url, "select 'late'")).is_ok());
    let early = heard.recv_timeout(Duration::from_millis(300));
    assert!(early.is_err(), "{early:?}");
    heard
}

#[test]
fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let cluster = Cluster::own();
    let database = cluster.database();
    database.execute("create table t (x text); insert into t values ('kept')");
    let open = database.session();
    open.execute("begin; insert into t values ('unfinished')");
    cluster.kill();
    assert!(say(&database.url(), "select 1").is_err());
    assert!(open.try_execute("commit").is_err());
    cluster.start();
    assert_eq!(database.ask("select x from t"), ["kept"]);
    cluster.stop();
    assert!(say(&database.url(), "select 1").is_err());
    cluster.start();
    assert_eq!(database.ask("select x from t"), ["kept"]);
}

#[test]
fn a_paused_server_says_nothing_until_it_goes_on() {
    let cluster = Cluster::own();
    cluster.pause();
    let heard = hangs(&cluster.url("postgres"));
    cluster.resume();
    assert_eq!(heard.recv().unwrap().unwrap(), ["late"]);
    cluster.pause();
}

#[test]
fn a_standby_has_everything_that_was_acknowledged() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let standby = cluster.standby();
    database.execute("create table t (x text); insert into t values ('kept')");
    let refused = say(&standby.url(database.name()), "insert into t values ('no')");
    assert!(refused.is_err(), "{refused:?}");
    cluster.kill();
    standby.promote();
    let kept = say(&standby.url(database.name()), "select x from t");
    assert_eq!(kept.unwrap(), ["kept"]);
    say(&standby.url(database.name()), "insert into t values ('more')").unwrap();
}

#[test]
fn owners_have_their_limits() {
    let database = Database::new();
    let url = database.owned_url();
    assert_eq!(say(&url, "select current_user").unwrap(), [database.name()]);
    database.execute(&format!("alter role {} connection limit 0", database.name()));
    assert!(say(&url, "select 1").is_err());
}

#[test]
fn a_network_refuses_cuts_and_delays() {
    let database = Database::new();
    let proxy = Proxy::to(&database.url());
    assert_eq!(say(proxy.url(), "select 'a'").unwrap(), ["a"]);
    proxy.refuse();
    assert!(say(proxy.url(), "select 'b'").is_err());
    proxy.accept();
    proxy.black_hole();
    let heard = hangs(proxy.url());
    proxy.heal();
    assert_eq!(heard.recv().unwrap().unwrap(), ["late"]);
    proxy.black_hole();
    let heard = hangs(proxy.url());
    proxy.cut();
    proxy.heal();
    assert!(heard.recv().unwrap().is_err());
    proxy.swallow();
    assert!(say(proxy.url(), "select 'c'").is_err());
    assert_eq!(say(proxy.url(), "select 'd'").unwrap(), ["d"]);
}

#[test]
fn a_network_that_moves_leads_elsewhere() {
    let (one, other) = (Cluster::own(), Cluster::own());
    let proxy = Proxy::to(&one.url("postgres"));
    proxy.to_other(&other.url("postgres"));
    other.execute("create table here (x text)");
    say(proxy.url(), "select * from here").unwrap();
}

#[test]
fn a_statement_is_cut_before_or_after_the_server_has_it() {
    let database = Database::new();
    database.execute("create table t (x text)");
    let proxy = Proxy::to(&database.url());
    for (moment, there) in [(Moment::Before, "1"), (Moment::Answered, "2")] {
        proxy.cut_at("INSERT", 1, moment);
        say(proxy.url(), "insert into t values ('passes')").unwrap();
        assert!(say(proxy.url(), "insert into t values ('meets')").is_err());
        assert!(proxy.was_cut());
        assert_eq!(database.ask("select count(*) from t"), [there]);
        database.execute("truncate t");
    }
    // However fast the server answers.
    for _ in 0..50 {
        proxy.cut_at("insert", 0, Moment::After);
        assert!(say(proxy.url(), "insert into t values ('x')").is_err());
    }
    proxy.cut_at("insert", 0, Moment::Before);
    assert!(!proxy.was_cut());
}
