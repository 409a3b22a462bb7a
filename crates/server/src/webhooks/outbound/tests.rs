//! The way out, through the client that deliveries go by: names that lead elsewhere the next time they are looked at,
//! and receivers that give no whole answer.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use domain::id::WebhookEndpointId;
use domain::record::FIRST_SECRET;
use peers::certificates::Authority;
use peers::https::{Alpn, HttpsReceiver};
use reqwest::header::HeaderValue;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::*;
use crate::clock::TestClock;
use crate::webhooks::names::{Directory, LookUp};

/// Stands for an address that everybody can reach. All of 127.0.0.0/8 is this machine.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Stands for one of a private network.
const PRIVATE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
/// Stands for one that everybody could reach, if anybody listened there.
const DEAF: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// Names that lead somewhere else each time, and in the end nowhere.
#[derive(Default)]
struct Fickle(Mutex<VecDeque<Vec<Ipv4Addr>>>);

impl Fickle {
    fn looks_left(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Directory for Fickle {
    fn look_up(&self, name: String) -> LookUp {
        assert_eq!(name, "shop.example");
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let found = found.map(|found| found.into_iter().map(IpAddr::from).collect());
        Box::pin(async { found.ok_or_else(|| io::Error::from(ErrorKind::NotFound)) })
    }
}

fn is_public(address: IpAddr) -> bool {
    address != PRIVATE
}

/// A public receiver, a private one at the same port, and a sender that finds them by fickle names.
struct Shop {
    sender: Sender,
    names: Arc<Fickle>,
    public: HttpsReceiver,
    private: std::net::TcpListener,
    _folder: TempDir,
}

impl Shop {
    async fn with(names: &[&[Ipv4Addr]]) -> Self {
        let authority = Authority::new();
        let certificate = authority.signs("shop.example");
        let bind = async || {
            let public = HttpsReceiver::listen("127.0.0.2:0", &certificate, Alpn::Http1).await;
            let private = std::net::TcpListener::bind((PRIVATE, public.address.port()));
            private.ok().map(|private| (public, private))
        };
        // Somebody else may have the port at the other address.
        let (public, private) = loop {
            if let Some(both) = bind().await {
                break both;
            }
        };
        private.set_nonblocking(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authorities.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        let names = names.iter().map(|found| found.to_vec()).collect();
        let names = Arc::new(Fickle(Mutex::new(names)));
        let dns = CheckedDns::new(Arc::clone(&names) as _, is_public);
        let sender = sender(Some(file), dns, UrlRules::default());
        Self { sender, names, public, private, _folder: folder }
    }

    /// What comes of an attempt.
    async fn send(&self) -> DeliveryAttempt {
        let url = format!("https://shop.example:{}/hooks", self.public.address.port());
        self.sender.send(parcel(&url), EXCHANGE).await.attempt
    }

    #[track_caller]
    fn nobody_called_the_private_one(&self) {
        let called = self.private.accept().map_err(|error| error.kind());
        assert_eq!(called.map(|_| ()), Err(ErrorKind::WouldBlock));
    }
}

fn sender(ca_file: Option<PathBuf>, names: CheckedDns, rules: UrlRules) -> Sender {
    let settings = WebhooksSettings { allow_private: rules.allow_private, proxy: None, ca_file };
    let clock = Arc::new(TestClock::new(Timestamp::from_millis(1_000_000)));
    let secrets = Secrets::from_master(&[7; 32]);
    Sender::by_names(&settings, names, secrets, clock).expect("a sender")
}

fn parcel(url: &str) -> Parcel {
    let (account, endpoint) = (AccountId::from_raw(1), WebhookEndpointId::from_raw(2));
    let secrets = Arc::new([SigningSecret { generation: 0, derived_from: FIRST_SECRET.into() }]);
    let signer = Signer { account, endpoint };
    Parcel { url: Arc::from(url), signer, secrets, id: "msg_1".to_owned(), body: b"{}".to_vec() }
}

#[track_caller]
fn failed(attempt: &DeliveryAttempt, fault: AttemptFault) {
    assert_eq!((attempt.response_status, attempt.fault), (None, Some(fault)));
    assert_eq!(attempt.body, b"", "nothing is told of what went wrong");
    assert!(!attempt.is_success());
}

#[tokio::test]
async fn the_address_that_is_connected_to_is_the_one_that_was_checked() {
    // Whoever looks twice finds the private one the second time.
    let shop = Shop::with(&[&[PUBLIC], &[PRIVATE], &[PUBLIC]]).await;
    assert_eq!(shop.send().await.response_status, Some(200));
    assert_eq!((shop.names.looks_left(), shop.public.connections()), (2, 1), "one look each");
    failed(&shop.send().await, AttemptFault::AddressRefused);
    assert_eq!((shop.names.looks_left(), shop.public.connections()), (1, 1));
    assert_eq!(shop.send().await.response_status, Some(200), "it is tried again");
    assert_eq!(shop.public.received().len(), 2);
    shop.nobody_called_the_private_one();
}

#[tokio::test]
async fn a_name_with_one_private_record_is_not_called_at_all() {
    let mixed: [&[Ipv4Addr]; 4] =
        [&[PUBLIC, PRIVATE], &[PRIVATE, PUBLIC], &[DEAF, PUBLIC, PRIVATE], &[PRIVATE]];
    let shop = Shop::with(&mixed).await;
    for _ in mixed {
        failed(&shop.send().await, AttemptFault::AddressRefused);
    }
    assert_eq!((shop.names.looks_left(), shop.public.connections()), (0, 0));
    shop.nobody_called_the_private_one();
}

#[tokio::test]
async fn all_public_records_of_a_name_are_tried() {
    let shop = Shop::with(&[&[DEAF, PUBLIC], &[DEAF]]).await;
    assert_eq!(shop.send().await.response_status, Some(200));
    failed(&shop.send().await, AttemptFault::Connect);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told_as_such() {
    let shop = Shop::with(&[&[]]).await;
    failed(&shop.send().await, AttemptFault::Dns);
    failed(&shop.send().await, AttemptFault::Dns);
    assert_eq!(shop.public.connections(), 0);
}

/// Without a directory of the test's: that of the machine knows itself.
#[tokio::test]
async fn the_machine_is_not_called_by_its_names() {
    for strict in [true, false] {
        let rules = UrlRules { allow_private: !strict };
        let dns = CheckedDns::of(rules);
        let found = reqwest::dns::Resolve::resolve(&dns, "localhost".parse().unwrap()).await;
        match found {
            Ok(found) => {
                assert!(!strict);
                assert!(found.map(|address| address.ip()).all(|address| address.is_loopback()));
            }
            Err(error) => assert!(strict && error.is::<Refused>(), "{error}"),
        }
    }
}

/// A receiver that reads a request and does with its connection what it is told.
async fn receiver<F>(answers: fn(TcpStream) -> F) -> (SocketAddr, JoinSet<()>)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serves = JoinSet::new();
    serves.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n{}") {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "all of it comes");
        }
        let _cut_off = answers(stream).await.is_err();
    });
    (address, serves)
}

/// Says a letter of its body now and then: there is progress, and no end.
#[expect(clippy::disallowed_methods, reason = "slowness is what this receiver is about")]
async fn drip(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await?;
    loop {
        stream.write_all(b"x").await?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Says a letter of its head, and nothing more.
async fn stammer(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"H").await?;
    std::future::pending().await
}

/// Ends the connection in the middle of its body as a machine does that has crashed: with a reset.
async fn reset(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await?;
    stream.set_zero_linger()
}

/// A head without an end.
async fn babble(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
    loop {
        stream.write_all(b"X-More: and more\r\n").await?;
    }
}

#[tokio::test]
async fn receivers_that_give_no_whole_answer() {
    let brief = Duration::from_millis(300);
    let loose = UrlRules { allow_private: true };
    let sender = sender(None, CheckedDns::of(loose), loose);
    let send = async |to: (SocketAddr, JoinSet<()>), limit| {
        sender.send(parcel(&format!("http://{}/", to.0)), limit).await.attempt
    };
    failed(&send(receiver(drip).await, brief).await, AttemptFault::Timeout);
    failed(&send(receiver(stammer).await, brief).await, AttemptFault::Timeout);
    failed(&send(receiver(reset).await, EXCHANGE).await, AttemptFault::Broken);
    failed(&send(receiver(babble).await, EXCHANGE).await, AttemptFault::Broken);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    failed(&send((nobody, JoinSet::new()), EXCHANGE).await, AttemptFault::Connect);
}

#[test]
fn a_proxy_is_an_http_proxy() {
    let dns = CheckedDns::of(UrlRules::default());
    let made = |proxy: &str| {
        let proxy = Some(proxy.to_owned());
        client::client(&WebhooksSettings { proxy, ..Default::default() }, dns.clone())
    };
    for good in ["http://proxy:3128", "https://user:word@proxy.example", "proxy:3128", "[::1]:3128"]
    {
        assert!(made(good).is_ok(), "{good}");
    }
    for bad in ["", "socks5://proxy:1080", "ftp://proxy", "http://", "http://pro xy", "proxy:port"]
    {
        let error = made(bad).expect_err(bad).to_string();
        assert!(error.starts_with("the setting webhooks.proxy: must be the URL"), "{error}");
    }
}

#[test]
fn a_file_of_authorities_has_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let dns = CheckedDns::of(UrlRules::default());
    let made = |text: &str| {
        let file = folder.path().join("authorities.pem");
        std::fs::write(&file, text).unwrap();
        let settings = WebhooksSettings { ca_file: Some(file), ..Default::default() };
        client::client(&settings, dns.clone()).map(|_| ()).map_err(|error| error.to_string())
    };
    let (one, other) = (Authority::new(), Authority::new());
    assert_eq!(made(one.pem()), Ok(()));
    assert_eq!(made(&format!("# Ours\n{}\n{}", one.pem(), other.pem())), Ok(()));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, why) in [
        (String::new(), "there is no certificate in it; it must be PEM"),
        ("MIIB".to_owned(), "there is no certificate in it; it must be PEM"),
        (format!("{}{broken}", one.pem()), "certificate 2 cannot be read"),
    ] {
        let error = made(&text).expect_err(why);
        assert!(error.starts_with("the setting webhooks.ca_file: /"), "{error}");
        assert!(error.ends_with(why), "{error}");
    }
    let ca_file = Some(folder.path().join("none.pem"));
    let settings = WebhooksSettings { ca_file, ..Default::default() };
    let error = client::client(&settings, dns).expect_err("it is not there").to_string();
    assert!(error.contains("none.pem: No such file"), "{error}");
}

#[track_caller]
fn asks(text: &str, millis: Option<i64>) {
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
    // Sun, 06 Nov 1994 08:49:37 GMT.
    let now = Timestamp::from_millis(784_111_777_000);
    assert_eq!(retry_after(&headers, now), millis, "{text}");
}

#[test]
fn a_receiver_asks_for_seconds_or_names_an_instant() {
    asks("120", Some(120_000));
    asks(" 0 ", Some(0));
    asks("99999999999999999999999", Some(i64::MAX));
    asks("Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000));
    asks("Sunday, 06-Nov-94 08:50:37 GMT", Some(60_000));
    asks("Sun Nov  6 08:50:37 1994", Some(60_000));
    asks("Sun, 06 Nov 1994 08:48:37 GMT", Some(0));
    asks("soon", None);
    asks("-5", None);
    asks("1.5", None);
    asks("", None);
    assert_eq!(retry_after(&HeaderMap::new(), Timestamp::from_millis(0)), None);
}
