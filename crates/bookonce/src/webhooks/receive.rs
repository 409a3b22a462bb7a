//! One delivery: checked, sent on where that is wanted, and answered.

use bytes::Bytes;
use client::webhooks::{Headers, Secrets, verify};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use reqwest::{Client, Url};
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

use super::http::why;

/// No event is longer.
const BODY_BYTES_MAX: usize = 16 << 20;

/// Headers that are of one connection and not of what is said (RFC 9110, section 7.6.1), and those that the client
/// writes.
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What is needed for each delivery.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) secrets: Secrets,
    pub(super) client: Client,
    pub(super) forward: Option<Url>,
    /// Who prints.
    pub(super) printer: Sender<Delivery>,
}

/// What came, and what was answered.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Why it is not from the server.
    pub(super) refused: Option<String>,
    pub(super) status: u16,
    pub(super) forwarded: Option<Forwarded>,
}

/// What came of sending it on.
#[derive(Clone, Debug)]
pub(super) struct Forwarded {
    pub(super) millis: u64,
    /// Why there was no answer.
    pub(super) fault: Option<String>,
}

impl Receiver {
    /// Answers a request.
    pub(super) async fn receive(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::POST {
            return empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            return empty(StatusCode::BAD_REQUEST);
        };
        let (headers, body) = (head.headers, body.to_bytes());
        let of = Headers::of(|name| headers.get(name)?.to_str().ok());
        let refused = verify(&self.secrets, of, &body).err().map(|why| why.to_string());
        let (response, forwarded) = match (&refused, &self.forward) {
            (Some(_), _) => (empty(StatusCode::UNAUTHORIZED), None),
            (None, None) => (empty(StatusCode::NO_CONTENT), None),
            (None, Some(url)) => {
                let Answer { response, forwarded } =
                    send_on(&self.client, url.clone(), &headers, body.clone()).await;
                (response, Some(forwarded))
            }
        };
        let status = response.status().as_u16();
        let delivery = Delivery { headers, body, refused, status, forwarded };
        // Nobody prints any more once this ends.
        let _ending = self.printer.send(delivery).await.is_err();
        response
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// What is answered, and how that came about.
struct Answer {
    response: Response<Full<Bytes>>,
    forwarded: Forwarded,
}

async fn send_on(client: &Client, url: Url, headers: &HeaderMap, body: Bytes) -> Answer {
    let began = Instant::now();
    let sent = exchange(client, url, headers, body).await;
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match sent {
        Ok(response) => Answer { response, forwarded: Forwarded { millis, fault: None } },
        Err(error) => {
            let forwarded = Forwarded { millis, fault: Some(why(&error)) };
            Answer { response: empty(StatusCode::BAD_GATEWAY), forwarded }
        }
    }
}

async fn exchange(
    client: &Client,
    url: Url,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, reqwest::Error> {
    let answer = client.post(url).headers(said(headers)).body(body).send().await?;
    let (status, headers) = (answer.status(), said(answer.headers()));
    let mut response = Response::new(Full::new(answer.bytes().await?));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}

/// The headers that go on.
fn said(headers: &HeaderMap) -> HeaderMap {
    let mut said = headers.clone();
    let named: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    named.iter().for_each(|name| drop(said.remove(name)));
    OF_THE_CONNECTION.iter().for_each(|name| drop(said.remove(*name)));
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_the_connection_stays() {
        let headers = [
            ("host", "127.0.0.1"),
            ("webhook-id", "msg_1"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("content-type", "application/json"),
        ];
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let said = said(&HeaderMap::from_iter(headers));
        let mut names: Vec<_> = said.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "webhook-id"]);
    }
}
