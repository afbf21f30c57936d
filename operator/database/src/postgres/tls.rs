//! TLS as `sslmode` asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use reason::Reason;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::parameters::Files;

/// How much of the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// No TLS.
    Disable,
    /// TLS when the server has it; nothing is checked.
    Prefer,
    /// TLS; nothing is checked unless a root certificate is named.
    Require,
    /// TLS; the chain is checked.
    VerifyCa,
    /// TLS; chain and host name are checked.
    VerifyFull,
}

impl Mode {
    /// `sslmode`, and Prisma's `sslaccept`, which asks for more.
    pub(super) fn read(params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let text = params.get("sslmode").map(String::as_str);
        let strict = params.get("sslaccept").is_some_and(|accept| accept == "strict");
        match text.unwrap_or_default() {
            "disable" => Ok(Self::Disable),
            "allow" | "prefer" | "" | "require" | "verify-ca" if strict => Ok(Self::VerifyFull),
            "allow" | "prefer" | "" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(Error::new(
                Reason::UrlInvalid,
                "sslmode is not one of disable, prefer, require, verify-ca and verify-full",
            )),
        }
    }
}

/// A connector for a mode other than `disable`. A root certificate takes the place of the public roots.
pub(super) async fn connector(mode: Mode, files: &Files) -> Result<MakeRustlsConnect, Error> {
    let root = files.root.as_deref();
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    match root {
        Some(path) => add_file(&mut roots, path).await?,
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error.to_string()))?;
    let mode = if mode == Mode::Require && root.is_some() { Mode::VerifyCa } else { mode };
    let builder = if mode == Mode::VerifyFull {
        builder.with_root_certificates(roots)
    } else {
        let chain = if mode == Mode::VerifyCa {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                    .build()
                    .map_err(|error| failed(&error.to_string()))?;
            Some(verifier)
        } else {
            None
        };
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Lenient { chain, provider }))
    };
    let config = match &files.identity {
        Some((certificate, key)) => {
            let (certificates, key) = identity(certificate, key).await?;
            let config = builder.with_client_auth_cert(certificates, key);
            config.map_err(|error| failed(&format!("sslcert {certificate}: {error}")))?
        }
        None => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

async fn identity(
    certificate: &str,
    key: &str,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let pem = tokio::fs::read(certificate).await;
    let pem = pem.map_err(|error| failed(&format!("cannot read sslcert {certificate}: {error}")))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| failed(&format!("sslcert {certificate}: {error}")))?;
    let pem = tokio::fs::read(key).await;
    let pem = pem.map_err(|error| failed(&format!("cannot read sslkey {key}: {error}")))?;
    // What a parser says of a key is not repeated.
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| failed(&format!("sslkey {key} holds no private key in PEM, or an encrypted one")))?;
    Ok((chain, key))
}

async fn add_file(roots: &mut RootCertStore, path: &str) -> Result<(), Error> {
    let pem = tokio::fs::read(path)
        .await
        .map_err(|error| failed(&format!("cannot read sslrootcert {path}: {error}")))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| failed(&format!("sslrootcert {path}: {error}")))?;
        roots.add(certificate).map_err(|error| failed(&format!("sslrootcert {path}: {error}")))?;
    }
    if roots.is_empty() {
        return Err(failed(&format!("sslrootcert {path} holds no certificate")));
    }
    Ok(())
}

fn failed(why: &str) -> Error {
    Error::new(Reason::TlsFailed, format!("TLS: {why}"))
}

/// Checks the chain without the host name, or nothing: what libpq's weaker modes promise.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is checked last, so the chain has passed.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
