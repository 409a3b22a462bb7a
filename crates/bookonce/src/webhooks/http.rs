//! The HTTP client, for the server and for where deliveries are sent on to.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url, redirect};

use crate::flags::Failure;

/// The server gives up an exchange after 15 seconds: who has not answered by then is told of as such.
const TIMEOUT: Duration = Duration::from_secs(14);

/// A client that believes whom the machine believes, and sends no request elsewhere than it was told.
pub(super) fn client() -> Result<Client, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Without any, only https fails, which says so.
    let _added = roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions()?.with_root_certificates(roots);
    let client = Client::builder()
        .tls_backend_preconfigured(config.with_no_client_auth())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    Ok(client)
}

/// A URL of a flag.
pub(super) fn url(flag: &str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        format!("{flag}: must be an address with http or https, such as http://127.0.0.1:7070")
            .into()
    })
}

/// Why there was no answer, in a few words: the error that is at the bottom of it.
pub(super) fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = cause.to_string();
        source = cause.source();
    }
    told
}
