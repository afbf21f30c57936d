//! TLS as the url asks for it: `sslmode` as on PostgreSQL, `ssl-mode` as MySQL's own programs, `sslaccept` and
//! `sslcert` as Prisma.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mysql_async::SslOpts;
use reason::Reason;

use crate::Error;

/// How much of the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// No TLS.
    Disable,
    /// TLS when the server has it; nothing is checked.
    Prefer,
    /// TLS; nothing is checked unless a root certificate is named.
    Require,
    /// TLS; the chain is checked. The driver then also checks a host name that is not in the certificate, which is
    /// stricter than asked for.
    VerifyCa,
    /// TLS; chain and host name are checked.
    VerifyFull,
}

impl Mode {
    pub(super) fn read(params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let given = ["sslmode", "ssl-mode"].into_iter().find_map(|name| params.get(name));
        let Some(text) = given.filter(|text| !text.is_empty()) else {
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

/// The driver's options for a mode other than `disable`. A root certificate takes the place of the public roots.
pub(super) fn options(mode: Mode, params: &BTreeMap<String, String>) -> SslOpts {
    let root = ["sslrootcert", "sslcert", "ssl-ca"].into_iter().find_map(|name| params.get(name));
    let root = root.filter(|path| !path.is_empty());
    let mode = if mode == Mode::Require && root.is_some() { Mode::VerifyCa } else { mode };
    let options = SslOpts::default()
        .with_danger_accept_invalid_certs(matches!(mode, Mode::Prefer | Mode::Require))
        .with_danger_skip_domain_validation(mode != Mode::VerifyFull);
    match root {
        Some(path) => {
            let certificates = vec![PathBuf::from(path).into()];
            options.with_root_certs(certificates).with_disable_built_in_roots(true)
        }
        None => options,
    }
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
        assert_eq!(mode("ssl-mode", "VERIFY_CA"), Ok(Mode::VerifyCa));
        assert_eq!(mode("ssl-mode", "DISABLED"), Ok(Mode::Disable));
        assert_eq!(mode("sslaccept", "strict"), Ok(Mode::VerifyFull));
        assert_eq!(mode("sslmode", "maybe").unwrap_err().reason(), Reason::UrlInvalid);
    }
}
