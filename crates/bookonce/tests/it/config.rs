//! `bookonce config`: every setting and where it comes from; values out of files that variables name.

use serde_json::Value;

use crate::place::Place;
use crate::process::{Process, Ran, TIMEOUT};

fn config(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = place.command(&["config"]);
    Process::spawn(command.args(arguments).envs(environment.iter().copied())).ended(TIMEOUT)
}

/// The value of a setting, and where it comes from.
#[track_caller]
fn shown(ran: &Ran, name: &str) -> (Value, String) {
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let document: Value = serde_json::from_str(&ran.out).expect("one document");
    let settings = document["settings"].as_array().expect("a list");
    let setting = settings.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}"));
    (setting["value"].clone(), setting["from"].as_str().expect("a text").to_owned())
}

#[test]
fn each_setting_tells_where_it_comes_from() {
    let place = Place::new();
    place.write("bookonce.toml", "rate = 11\nqueue_max = 5\n[retention]\nanswer_hours = 3\n");
    let given = [("BOOKONCE_QUEUE_MAX", "6"), ("BOOKONCE_METRICS_TOKEN", "s3cret-token")];
    let ran = config(
        &place,
        &[
            "--json",
            "--replay-mb",
            "7",
            "--bodies_mb",
            "8",
            "--log.slow-ms",
            "250",
            "--retention.delivery_days",
            "9",
        ],
        &given,
    );
    for (name, value, from) in [
        ("rate", Value::from(11), "bookonce.toml"),
        ("retention.answer_hours", Value::from(3), "bookonce.toml"),
        ("retention.tombstone_days", Value::from(90), "default"),
        ("retention.delivery_days", Value::from(9), "--retention.delivery-days"),
        ("queue_max", Value::from(6), "BOOKONCE_QUEUE_MAX"),
        ("replay_mb", Value::from(7), "--replay-mb"),
        ("bodies_mb", Value::from(8), "--bodies-mb"),
        ("metrics.token", Value::from("(hidden)"), "BOOKONCE_METRICS_TOKEN"),
        ("webhooks.proxy", Value::Null, "default"),
        ("log.format", Value::from("text"), "default"),
        ("log.slow_ms", Value::from(250), "--log.slow-ms"),
    ] {
        assert_eq!(shown(&ran, name), (value, from.to_owned()), "{name}");
    }
    let bare = config(&place, &["--json", "--webhooks.proxy", "u:s3cret@proxy:3128"], &given);
    let hidden = (Value::from("(hidden)"), "--webhooks.proxy".to_owned());
    assert_eq!(shown(&bare, "webhooks.proxy"), hidden);
    let lines = config(&place, &["--webhooks.proxy", "http://u:s3cret@proxy:3128"], &given);
    assert!(!lines.out.contains("s3cret"), "{}", lines.out);
    let has =
        |line: &str| lines.out.lines().any(|shown| shown.split_whitespace().eq(line.split(' ')));
    for line in [
        "rate = 11 # bookonce.toml",
        "webhooks.proxy = \"(hidden)\" # --webhooks.proxy",
        "bodies_mb = 64 # default",
    ] {
        assert!(has(line), "{line} is not in {}", lines.out);
    }
}

#[test]
fn what_is_wrong_is_told_as_by_serve() {
    let place = Place::new();
    for (arguments, why) in [
        (["--queue-max", "0"], "queue_max: must be 1 to 1000000"),
        (["--webhooks.proxy", "socks5://u:s3cret@proxy"], "webhooks.proxy: must be the URL of an"),
        (["--webhooks.ca-file", "gone.pem"], "webhooks.ca_file: gone.pem: No such file"),
        (["--webhooks.ca-file", "bookonce.toml"], "bookonce.toml: there is no certificate in it"),
    ] {
        place.write("bookonce.toml", "rate = 11\n");
        let (shown, served) = (config(&place, &arguments, &[]), place.serve_with(&arguments, &[]));
        for ran in [shown, served.expect_err("it does not serve")] {
            assert_eq!(ran.code(), Some(2), "{ran:?}");
            assert!(ran.log.contains(why), "{ran:?}");
            assert!(!ran.log.contains("s3cret"), "{ran:?}");
        }
    }
}

#[test]
fn a_variable_may_name_a_file_with_the_value() {
    let place = Place::new();
    place.write("token", "t0ken\n");
    place.write("rate", "77");
    let files = [("BOOKONCE_METRICS_TOKEN_FILE", "token"), ("BOOKONCE_RATE_FILE", "rate")];
    let ran = config(&place, &["--json"], &files);
    assert_eq!(shown(&ran, "rate"), (77.into(), "BOOKONCE_RATE_FILE".to_owned()));
    let hidden = ("(hidden)".into(), "BOOKONCE_METRICS_TOKEN_FILE".to_owned());
    assert_eq!(shown(&ran, "metrics.token"), hidden);
    // A flag comes before it.
    let ran = config(&place, &["--json", "--rate", "78"], &files);
    assert_eq!(shown(&ran, "rate"), (78.into(), "--rate".to_owned()));
    // The help shows nothing of it, nor of an address that has a password in it.
    let mut help = place.command(&["serve", "--help"]);
    let proxy = ("BOOKONCE_WEBHOOKS_PROXY", "http://u:s3cret@proxy:3128");
    let help = Process::spawn(help.envs(files).envs([proxy])).ended(TIMEOUT);
    assert!(!help.out.contains("t0ken") && !help.out.contains("s3cret"), "{}", help.out);

    let server = place.serve_with(&[], &files).expect("it serves");
    let refused = server.http().send("GET", "/metrics", &[], "").expect("an answer");
    assert_eq!(refused.status, 401);
    server.stop();

    for (environment, named) in [
        (
            vec![("BOOKONCE_RATE_FILE", "rate"), ("BOOKONCE_RATE", "1")],
            "BOOKONCE_RATE and BOOKONCE_RATE_FILE are both set",
        ),
        (vec![("BOOKONCE_RATE_FILE", "gone")], "BOOKONCE_RATE_FILE: gone cannot be read"),
        (vec![("BOOKONCE_RTE_FILE", "rate")], "did you mean BOOKONCE_RATE_FILE?"),
    ] {
        let ran = config(&place, &[], &environment);
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        assert!(ran.log.contains(named), "{named} is not in {ran:?}");
    }
}
