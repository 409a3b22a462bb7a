//! The command line itself: what it tells of itself, and what goes where.

use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::place::Place;
use crate::process::{Process, TIMEOUT};

#[track_caller]
fn check(arguments: &[&str], code: i32, expected: Expect) {
    let ran = Place::plain().run(arguments);
    assert_eq!(ran.code(), Some(code), "{ran:?}");
    let (shown, other) = if code == 0 { (ran.out, ran.log) } else { (ran.log, ran.out) };
    assert_eq!(other, "", "each stream has its use");
    let lines: String = shown.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    expected.assert_eq(&lines);
}

#[test]
fn help() {
    check(
        &["--help"],
        0,
        expect![[r#"
            A booking engine: one intent makes one booking, whatever retries, crashes and races happen

            Usage: bookonce [OPTIONS] <COMMAND>

            Commands:
              serve          Serve the API
              keys           Create, list and revoke secret keys. Works beside a running server, and before its
                             first start
              verify         Check every invariant over the whole store. Works beside a running server
              backup         Copy a store on SQLite to a file, while it is served. Its secrets file goes with it
              restore        Check a backup and make a store of it, where there is none
              migrate-store  Move everything from a file to PostgreSQL. Nothing may serve the store meanwhile
              distribute     Spread a store on PostgreSQL over the machines of a Citus cluster, by account
              secrets        Make the secrets file that the nodes of a store on PostgreSQL share, or rotate what
                             is in one
              bench          Measure: start a server of its own, drive it over HTTP, and check that nothing was
                             oversold, lost or doubled
              config         Show all settings of serve as they are, and where each comes from
              webhooks       Tools for who receives webhooks
              openapi        Print the OpenAPI 3.1 document
              help           Print this message or the help of the given subcommand(s)

            Options:
                  --config <FILE>    A file with settings [default: bookonce.toml, if it is there] [env:
                                     BOOKONCE_CONFIG=]
                  --store <ADDRESS>  The store: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE
                                     [default: sqlite:bookonce.db] [env: BOOKONCE_STORE]
              -h, --help             Print help
              -V, --version          Print version
        "#]],
    );
    check(
        &["keys", "create", "-h"],
        0,
        expect![[r#"
            Create a key, and its account if there is none of that name. The key is shown once

            Usage: bookonce keys create [OPTIONS] --account <NAME>

            Options:
                  --account <NAME>     The account's name
                  --scopes <SCOPES>    What the key may do, separated by commas: book, read, ops, admin
                                       [default: book,read,ops,admin]
                  --rate <PER_SECOND>  Requests per second; 0 is unlimited [default: the server's setting]
                  --test               A key for the account's test data, which never meets its live data
                  --json               Print one JSON document: `{id, account_id, key}`
                  --config <FILE>      A file with settings [default: bookonce.toml, if it is there] [env:
                                       BOOKONCE_CONFIG=]
                  --store <ADDRESS>    The store: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE
                                       [default: sqlite:bookonce.db] [env: BOOKONCE_STORE]
              -h, --help               Print help
        "#]],
    );
}

#[test]
fn help_of_bench() {
    check(
        &["bench", "--help"],
        0,
        expect![[r#"
            Measure: start a server of its own, drive it over HTTP, and check that nothing was oversold, lost or
            doubled.

            Uses a scratch store, or the one that --store names (a variable does not): it stays there, with what
            was booked, which may be gigabytes. Exits 0 when all promises were kept, 1 when not, 2 when it could
            not be measured.

            Usage: bookonce bench [OPTIONS] <WORKLOAD>

            Arguments:
              <WORKLOAD>
                      What is measured

                      Possible values:
                      - rush:     One hot zone; every request a new user and a new key
                      - flow:     Reserve, then confirm
                      - replay:   The same requests over and over
                      - soldout:  A zone in which nothing is left; every request a new user and a new key
                      - mixed:    Reserves, confirmations, releases, replays and refusals
                      - webhooks: Deliveries to a receiver: how many, how soon, with a thousand endpoints of
                        which one hangs, and what they cost who books

            Options:
                  --connections <CONNECTIONS>
                      Connections at the same time

                      [default: 256]

                  --seconds <SECONDS>
                      How long, besides a third of it for the constant answer; with webhooks each of seven parts

                      [default: 10]

                  --rate <PER_SECOND>
                      Requests per second, sent whether or not the last were answered [default: as many as are
                      answered; with webhooks 1000 in the part that is about time]

                  --earlier <BOOKINGS>
                      Bookings that the store has before it is served: 70 % confirmed, 30 % expired, made
                      without HTTP. A store that has them already is taken as it is

                  --overdue
                      Make them so old that clean-up has to remove their answers and their activity meanwhile

                  --secrets.file <FILE>
                      The secrets file of a store on PostgreSQL

                      [env: BOOKONCE_SECRETS_FILE=]

                  --json
                      Print one JSON document

                  --config <FILE>
                      A file with settings [default: bookonce.toml, if it is there]

                      [env: BOOKONCE_CONFIG=]

                  --store <ADDRESS>
                      The store: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE [default:
                      sqlite:bookonce.db]

                      [env: BOOKONCE_STORE]

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "most are the text that is expected")]
fn help_of_serve_lists_every_setting() {
    check(
        &["serve", "--help"],
        0,
        expect![[r#"
            Serve the API.

            Settings come from these flags, then from the variables named beside them, then from bookonce.toml
            (the same names, with the dots as tables), then from the defaults.

            Usage: bookonce serve [OPTIONS]

            Options:
                  --demo
                      Add sample data, a key, and lines to try it with

                  --listen <ADDRESS:PORT>
                      Address and port to listen on [default: 127.0.0.1:7070]

                      [env: BOOKONCE_LISTEN=]

                  --writers <CONNECTIONS>
                      Connections that write, with a store on PostgreSQL [default: 2]

                      [env: BOOKONCE_WRITERS=]

                  --secrets.file <FILE>
                      The secrets file [default: beside a store on SQLite, made with it; a store on PostgreSQL
                      has to be given one]

                      [env: BOOKONCE_SECRETS_FILE=]

                  --public-url <ORIGIN>
                      Where clients reach the server, such as <https://tickets.example>: what it calls problems
                      begins with it [default: none, such addresses have no host]

                      [env: BOOKONCE_PUBLIC_URL=]

                  --rate <PER_SECOND>
                      Requests per second of keys that do not say; 0 is unlimited [default: 1000]

                      [env: BOOKONCE_RATE=]

                  --queue-max <REQUESTS>
                      Requests that may wait for their decision; beyond that it is 503 at once [default: 4096]

                      [env: BOOKONCE_QUEUE_MAX=]

                  --replay-mb <MEGABYTES>
                      Megabytes of memory for answers of the last ten minutes, with a store on SQLite: a request
                      that is repeated soon is answered from there; 0 is none [default: 64]

                      [env: BOOKONCE_REPLAY_MB=]

                  --bodies-mb <MEGABYTES>
                      Megabytes of memory for request bodies that have arrived in part, over all connections;
                      beyond that it is 503 at once [default: 64]

                      [env: BOOKONCE_BODIES_MB=]

                  --customers.rate <PER_SECOND>
                      Requests per second of each customer; 0 is unlimited [default: 5]

                      [env: BOOKONCE_CUSTOMERS_RATE=]

                  --customers.burst <REQUESTS>
                      Requests of each customer at once [default: 20]

                      [env: BOOKONCE_CUSTOMERS_BURST=]

                  --cors.allow-origins <ORIGINS>
                      Origins whose pages may send customers' tokens, separated by commas, such as
                      <https://shop.example> [default: none]

                      [env: BOOKONCE_CORS_ALLOW_ORIGINS=]

                  --retention.answer-hours <HOURS>
                      Hours that an answer is kept after its booking ended, or a refusal was given [default: 24]

                      [env: BOOKONCE_RETENTION_ANSWER_HOURS=]

                  --retention.tombstone-days <DAYS>
                      Days that a key stays retired after that, before it is new again [default: 90]

                      [env: BOOKONCE_RETENTION_TOMBSTONE_DAYS=]

                  --retention.activity-days <DAYS>
                      Days that the activity feed is kept; 0 is for ever [default: 400]

                      [env: BOOKONCE_RETENTION_ACTIVITY_DAYS=]

                  --retention.delivery-days <DAYS>
                      Days that a webhook's delivery is kept after it was over; 0 is for ever [default: 30]

                      [env: BOOKONCE_RETENTION_DELIVERY_DAYS=]

                  --webhooks.allow-private [<true|false>]
                      Send webhooks into private networks and by http as well: for tests, and where all
                      endpoints are your own [default: not]

                      [env: BOOKONCE_WEBHOOKS_ALLOW_PRIVATE=]
                      [possible values: true, false]

                  --webhooks.proxy <URL>
                      HTTP proxy that all webhooks go through; it then decides what may be called [default:
                      none]

                      [env: BOOKONCE_WEBHOOKS_PROXY]

                  --webhooks.ca-file <FILE>
                      PEM file with certificates of authorities that receivers of webhooks may have theirs from,
                      besides those that the machine believes [default: none]

                      [env: BOOKONCE_WEBHOOKS_CA_FILE=]

                  --metrics.token <TOKEN>
                      Bearer token that /metrics asks for [default: none, it is open]

                      [env: BOOKONCE_METRICS_TOKEN]

                  --log.format <FORMAT>
                      How log lines look: text or json [default: text]

                      [env: BOOKONCE_LOG_FORMAT=]

                  --log.filter <FILTER>
                      What is logged: error, warn, info, debug (a line per request) [default: info]

                      [env: BOOKONCE_LOG_FILTER=]

                  --log.slow-ms <MILLISECONDS>
                      Thousandths of a second from which on a request has a line at warn, its waiting included;
                      0 is never [default: 0]

                      [env: BOOKONCE_LOG_SLOW_MS=]

                  --bench-routes
                      Serve POST /bench/constant as well: what HTTP costs by itself

                  --accept-clock
                      Start although the machine's clock is far behind the store's last instant

                  --config <FILE>
                      A file with settings [default: bookonce.toml, if it is there]

                      [env: BOOKONCE_CONFIG=]

                  --store <ADDRESS>
                      The store: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE [default:
                      sqlite:bookonce.db]

                      [env: BOOKONCE_STORE]

              -h, --help
                      Print help (see a summary with '-h')
        "#]],
    );
}

/// The settings as `a.b` with their values.
fn leaves(prefix: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    let Value::Object(members) = value else {
        return found.push((prefix.to_owned(), value.clone()));
    };
    for (name, value) in members {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        leaves(&name, value, found);
    }
}

#[test]
fn help_tells_the_real_defaults() {
    let help = Place::plain().run(&["serve", "--help"]).out;
    let settings = serde_json::to_value(server::Settings::default()).expect("JSON");
    let mut found = Vec::new();
    leaves("", &settings, &mut found);
    assert!(found.len() >= 10, "{found:?}");
    for (name, default) in found {
        let flag = name.replace('_', "-");
        let section = help.split("\n\n      --").find(|section| section.starts_with(&flag));
        let section = section.unwrap_or_else(|| panic!("{name} is not in {help}"));
        let section = section.split_whitespace().collect::<Vec<_>>().join(" ");
        let default = match &default {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => continue,
        };
        let told = section.contains(&format!("[default: {default}]"));
        assert!(told, "{name} is {default} by default: {section}");
    }
}

#[test]
fn what_is_not_known_is_named() {
    let nothing = Place::plain().run(&[]);
    assert_eq!(nothing.code(), Some(2));
    assert_eq!(nothing.log, Place::plain().run(&["--help"]).out);
    check(
        &["sreve"],
        2,
        expect![[r#"
            error: unrecognized subcommand 'sreve'

              tip: some similar subcommands exist: 'restore', 'secrets', 'serve'

            Usage: bookonce [OPTIONS] <COMMAND>

            For more information, try '--help'.
        "#]],
    );
    check(
        &["serve", "--ratte", "5"],
        2,
        expect![[r#"
        error: unexpected argument '--ratte' found

          tip: a similar argument exists: '--rate'

        Usage: bookonce serve --rate <PER_SECOND>

        For more information, try '--help'.
    "#]],
    );
    check(
        &["verify", "now"],
        2,
        expect![[r#"
        error: unexpected argument 'now' found

        Usage: bookonce verify [OPTIONS]

        For more information, try '--help'.
    "#]],
    );
    check(
        &["serve", "--metrics.token"],
        2,
        expect![[r#"
        error: a value is required for '--metrics.token <TOKEN>' but none was supplied

        For more information, try '--help'.
    "#]],
    );
}

#[test]
fn the_token_of_the_metrics_is_not_shown() {
    let place = Place::new();
    let mut help = place.command(&["serve", "--help"]);
    let ran = Process::spawn(help.env("BOOKONCE_METRICS_TOKEN", "hush")).ended(TIMEOUT);
    assert!(ran.out.contains("BOOKONCE_METRICS_TOKEN") && !ran.out.contains("hush"), "{ran:?}");
    let server = place.serve_with(&[], &[("BOOKONCE_METRICS_TOKEN", "hush")]).expect("it serves");
    let mut http = server.http();
    let mut scrape = |headers: &[(&str, &str)]| http.send("GET", "/metrics", headers, "");
    assert_eq!(scrape(&[]).expect("an answer").status, 401);
    let shown = scrape(&[("Authorization", "Bearer hush")]).expect("an answer");
    assert!(shown.body.contains("bookonce_bookings_total{status=\"expired\"} 0"), "{shown:?}");
}

#[test]
fn logs_go_to_standard_error_as_text_or_json() {
    let place = Place::new();
    let server = place.serve(&["--log.filter", "debug"]);
    server.ready();
    server.process.signal("INT");
    let ran = server.process.ended(TIMEOUT);
    assert_eq!((ran.code(), ran.out.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.log.contains("/readyz") && ran.log.contains("stopped"), "{ran:?}");
    assert!(!ran.log.contains('\u{1b}'), "no colours in a pipe");

    let arguments = ["serve", "--listen", "127.0.0.1:0", "--log.format", "json"];
    let mut process = Process::spawn(&mut place.command(&arguments));
    process.log_until(|line| line.contains("serving").then_some(())).expect("it serves");
    process.signal("TERM");
    let ran = process.ended(TIMEOUT);
    for line in ran.log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}

#[test]
fn openapi_is_the_committed_document() {
    let ran = Place::plain().run(&["openapi"]);
    assert_eq!((ran.code(), ran.log.as_str()), (Some(0), ""));
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    // Not yet committed: then there is nothing to compare with.
    let Ok(committed) = std::fs::read_to_string(committed) else { return };
    assert!(ran.out == committed, "openapi.json is not what the program prints");
}

#[test]
fn an_output_that_is_closed_or_full_ends_with_a_message() {
    let place = Place::new();
    let commands = [vec!["keys", "list", "--json"], vec!["verify"], vec!["verify", "--json"]];
    place.key();
    for arguments in commands {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let ran = place.command(&arguments).stdout(full).stderr(Stdio::piped()).output();
        let ran = ran.expect("it runs");
        let log = String::from_utf8(ran.stderr).expect("text");
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {log}");
        assert!(log.contains("error: ") && !log.contains("panicked"), "{arguments:?}: {log}");
    }
    // A reader that has seen enough, as `head` does.
    let piped = "\"$0\" openapi | head -c 1 >/dev/null; echo \"${PIPESTATUS[0]}\"";
    let bookonce = env!("CARGO_BIN_EXE_bookonce");
    let ran = Command::new("bash").args(["-c", piped, bookonce]).output().expect("bash is there");
    assert!(!String::from_utf8_lossy(&ran.stderr).contains("panicked"), "{ran:?}");
}
