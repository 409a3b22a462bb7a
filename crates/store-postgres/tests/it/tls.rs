//! TLS to a server whose certificate this machine trusts, and to one whose certificate it does not.
//!
//! Which certificates are trusted is a matter of a process and its variables; so each question is asked
//! by a process of its own: this program again, running one test only.

use std::process::Command;

use engine::failpoint::Failpoints;
use peers::cluster::{Cluster, Database};
use store_postgres::PostgresStore;

use crate::node::options;

/// Where the other process finds the address that it opens.
const ADDRESS: &str = "BOOKONCE_TEST_TLS_ADDRESS";

/// Opens the store at the address, if there is one, and says what came of it.
#[test]
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "how processes speak")]
fn another_process() {
    let Ok(url) = std::env::var(ADDRESS) else { return };
    match PostgresStore::open(&url, &options(0, Failpoints::default())) {
        Ok(_) => println!("it opens"),
        Err(error) => println!("it fails: {error}"),
    }
}

/// What another process says that trusts the certificates in this file.
fn opened_by_another(url: &str, trusted: &str) -> String {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["--exact", "tls::another_process", "--nocapture"]);
    command.env(ADDRESS, url).env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
    let output = command.output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A server that has a certificate for this name, in whose folder the certificate is.
fn server_with(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> Database {
    let cluster = Cluster::own();
    cluster.server().write("server.crt", &certificate.cert.pem());
    cluster.server().write("server.key", &certificate.signing_key.serialize_pem());
    cluster.execute("alter system set ssl = on");
    cluster.stop();
    cluster.start();
    cluster.database()
}

fn certificate() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate")
}

#[test]
fn a_certificate_is_believed_or_refused() {
    let (ours, other) = (certificate(), certificate());
    let database = server_with(&ours);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (trusted, untrusted) = (file("ours", &ours.cert.pem()), file("other", &other.cert.pem()));
    let encrypted = format!("{}?sslmode=require", database.url());

    let output = opened_by_another(&encrypted, &trusted);
    assert!(output.contains("it opens"), "{output}");
    let output = opened_by_another(&encrypted, &untrusted);
    assert!(output.contains("it fails") && output.contains("certificate"), "{output}");
    let output = opened_by_another(&encrypted, &file("nothing", ""));
    assert!(output.contains("trusts no certificate"), "{output}");
    let elsewhere = encrypted.replace("127.0.0.1", "localhost");
    let output = opened_by_another(&elsewhere, &trusted);
    assert!(output.contains("not valid for name"), "{output}");
}

#[test]
fn a_server_without_tls_is_refused_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted");
    std::fs::write(&trusted, certificate().cert.pem()).unwrap();
    let cluster = Cluster::own();
    let encrypted = format!("{}?sslmode=require", cluster.database().url());
    let output = opened_by_another(&encrypted, trusted.to_str().unwrap());
    assert!(output.contains("does not support TLS"), "{output}");
}
