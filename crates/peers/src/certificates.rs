//! Certificates, good and bad, and the authority that signs them. They are made when they are needed, so that no key
//! is kept anywhere.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// Who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// A certificate with its key.
#[derive(Debug)]
pub struct Certificate {
    pub(crate) chain: CertificateDer<'static>,
    pub(crate) key: PrivatePkcs8KeyDer<'static>,
}

impl Authority {
    /// An authority that nobody knows yet.
    ///
    /// # Panics
    /// When no key can be made.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "An authority of tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, for who is to believe it.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a name or an address.
    ///
    /// # Panics
    /// When the name is none.
    #[must_use]
    pub fn signs(&self, name: &str) -> Certificate {
        self.sign(&params(name))
    }

    /// A certificate that was good until 2002.
    ///
    /// # Panics
    /// When the name is none.
    #[must_use]
    pub fn signed_until_2002(&self, name: &str) -> Certificate {
        let mut params = params(name);
        (params.not_before, params.not_after) =
            (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        Certificate { chain: signed.der().clone(), key: key.serialize_der().into() }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// A certificate for a name or an address that nobody has signed but itself.
///
/// # Panics
/// When the name is none.
#[must_use]
pub fn self_signed(name: &str) -> Certificate {
    let key = KeyPair::generate().expect("a key");
    let signed = params(name).self_signed(&key).expect("a certificate");
    Certificate { chain: signed.der().clone(), key: key.serialize_der().into() }
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}
