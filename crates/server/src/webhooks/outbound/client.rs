//! The HTTP client that deliveries go out by: whom it believes, how it gets there, what it never does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Proxy, Url, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::config::WebhooksSettings;
use crate::webhooks::names::CheckedDns;

/// A connection that nobody uses is closed after this.
const IDLE: Duration = Duration::from_secs(30);
/// Idle connections to one receiver.
const IDLE_MAX: usize = 64;
const USER_AGENT: &str = concat!("Bookonce/", env!("CARGO_PKG_VERSION"));

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboundError {
    /// There is no TLS.
    #[error("webhooks cannot be sent safely: {0}")]
    Tls(#[from] rustls::Error),
    /// The proxy is none. What stands there is not told, as it may have a password in it.
    #[error(
        "the setting webhooks.proxy: must be the URL of an HTTP proxy, such as http://proxy:3128"
    )]
    Proxy,
    /// The certificates of authorities cannot be read.
    #[error("the setting webhooks.ca_file: {file}: {why}")]
    CaFile {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The client could not be made.
    #[error("webhooks cannot be sent: {0}")]
    Client(#[source] reqwest::Error),
}

/// A client by these settings, which finds receivers by these names unless there is a proxy: that resolves names, and is
/// there to say what may be called.
pub(super) fn client(
    settings: &WebhooksSettings,
    names: CheckedDns,
) -> Result<Client, OutboundError> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls(settings.ca_file.as_deref())?)
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_MAX)
        .tcp_nodelay(true)
        .user_agent(USER_AGENT);
    let client = match &settings.proxy {
        Some(url) => client.proxy(proxy(url)?),
        // Nor one that a variable of the environment names.
        None => client.no_proxy().dns_resolver(names),
    };
    client.build().map_err(OutboundError::Client)
}

fn proxy(url: &str) -> Result<Proxy, OutboundError> {
    let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let url = Url::parse(&whole).map_err(|_| OutboundError::Proxy)?;
    let is_http = ["http", "https"].contains(&url.scheme()) && url.has_host();
    if !is_http {
        return Err(OutboundError::Proxy);
    }
    Proxy::all(url).map_err(|_| OutboundError::Proxy)
}

/// TLS that believes whom the machine believes, and whom the file names besides.
fn tls(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, OutboundError> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (mut added, _unusable) = roots.add_parsable_certificates(found.certs);
    if let Some(file) = ca_file {
        added = added.saturating_add(add_authorities(&mut roots, file)?);
    }
    if added == 0 {
        // Who sends no webhooks needs none.
        tracing::warn!(
            "no certificates of authorities were found, so no webhook can be sent by https: install ca-certificates"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Adds the authorities of a PEM file; how many they are. Unlike in what the machine has gathered over the years, one that
/// cannot be read is a mistake: somebody has named this file.
fn add_authorities(roots: &mut rustls::RootCertStore, file: &Path) -> Result<usize, OutboundError> {
    let wrong = |why: String| OutboundError::CaFile { file: file.to_owned(), why };
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let mut count = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        count = count.saturating_add(1);
        let unusable = || wrong(format!("certificate {count} cannot be read"));
        let certificate = certificate.map_err(|_| unusable())?;
        roots.add(certificate).map_err(|_| unusable())?;
    }
    if count == 0 {
        return Err(wrong("there is no certificate in it; it must be PEM".to_owned()));
    }
    Ok(count)
}
