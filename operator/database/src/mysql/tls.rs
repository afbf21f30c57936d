//! TLS as the url asks for it: the modes of PostgreSQL and those of MySQL's own programs, and Prisma's `sslaccept`.

use std::collections::BTreeMap;

use mysql_async::{ClientIdentity, SslOpts};
use reason::Reason;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

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
    pub(super) fn read(params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let Some(text) = params.get("sslmode").filter(|text| !text.is_empty()) else {
            return match params.get("sslaccept").map(String::as_str) {
                Some("strict") => Ok(Self::VerifyFull),
                Some("accept_invalid_certs") => Ok(Self::Require),
                _ => Ok(Self::Prefer),
            };
        };
        match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" => Ok(Self::Disable),
            "allow" | "prefer" | "preferred" => Ok(Self::Prefer),
            "require" | "required" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" | "verify-identity" => Ok(Self::VerifyFull),
            _ => Err(Error::new(
                Reason::UrlInvalid,
                "sslmode is not one of disable, prefer, require, verify-ca and verify-full",
            )),
        }
    }
}

/// The driver's options for a mode other than `disable`. A root certificate takes the place of the public roots. The files are
/// read here, since the driver would not say which of them it cannot read.
pub(super) async fn options(mode: Mode, params: &BTreeMap<String, String>) -> Result<SslOpts, Error> {
    let files = Files::named(params)?;
    let mode = if mode == Mode::Require && files.root.is_some() { Mode::VerifyCa } else { mode };
    let mut options = SslOpts::default()
        .with_danger_accept_invalid_certs(matches!(mode, Mode::Prefer | Mode::Require))
        .with_danger_skip_domain_validation(mode != Mode::VerifyFull);
    if let Some(path) = files.root {
        let pem = certificates("the root certificate", &path).await?;
        options = options.with_root_certs(vec![pem.into()]).with_disable_built_in_roots(true);
    }
    if let Some((certificate, key)) = files.identity {
        let chain = certificates("sslcert", &certificate).await?;
        let pem = read("sslkey", &key).await?;
        // What a parser says of a key is not repeated.
        PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| failed(&format!("sslkey {key} holds no private key in PEM, or an encrypted one")))?;
        options = options.with_client_identity(Some(ClientIdentity::new(chain.into(), pem.into())));
    }
    Ok(options)
}

/// The same for a host whose name is not in the certificate, where the chain is checked and the name is not: the driver passes
/// over an error of the name only when its text holds this word, and the text holds the name that was asked for.
pub(super) fn of_any_name(options: &SslOpts) -> Option<SslOpts> {
    let chain_alone = options.skip_domain_validation() && !options.accept_invalid_certs();
    chain_alone.then(|| options.clone().with_danger_tls_hostname_override(Some("NotValidForName")))
}

/// Anything that a server with TLS answers to: to find out whether it is TLS that is missing.
pub(super) fn unchecked() -> SslOpts {
    SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true)
}

async fn read(what: &str, path: &str) -> Result<Vec<u8>, Error> {
    tokio::fs::read(path).await.map_err(|error| failed(&format!("cannot read {what} {path}: {error}")))
}

async fn certificates(what: &str, path: &str) -> Result<Vec<u8>, Error> {
    let pem = read(what, path).await?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(failed(&format!("{what} {path} holds no certificate in PEM"))),
        Ok(_) => Ok(pem),
        Err(error) => Err(failed(&format!("{what} {path}: {error}"))),
    }
}

fn failed(why: &str) -> Error {
    Error::new(Reason::TlsFailed, format!("TLS: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(name: &str, value: &str) -> Result<Mode, Error> {
        Mode::read(&BTreeMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn every_spelling_of_a_mode_is_read() {
        assert_eq!(Mode::read(&BTreeMap::new()), Ok(Mode::Prefer));
        assert_eq!(mode("sslmode", "verify-full"), Ok(Mode::VerifyFull));
        assert_eq!(mode("sslmode", "VERIFY_CA"), Ok(Mode::VerifyCa));
        assert_eq!(mode("sslmode", "DISABLED"), Ok(Mode::Disable));
        assert_eq!(mode("sslaccept", "strict"), Ok(Mode::VerifyFull));
        assert_eq!(mode("sslmode", "maybe").unwrap_err().reason(), Reason::UrlInvalid);
    }
}
