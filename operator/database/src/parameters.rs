//! The parameters of a url: which are read, which are for other programs, and which are mistakes.
//!
//! A mistake is refused. Passed over, `ssl_mode=verify-full` would be a connection that nobody checked.

use std::collections::BTreeMap;

use datamodel::Provider;
use reason::Reason;

use crate::Error;

/// What PostgreSQL's url can say to us.
const POSTGRESQL: [&str; 13] = [
    "schema",
    "sslmode",
    "sslaccept",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslidentity",
    "channel_binding",
    "connect_timeout",
    "options",
    "host",
    "port",
    "target_session_attrs",
];

/// What MySQL's url can say to us, each with its other spellings: of MySQL's own programs and of the clients of languages.
/// They are compared in small letters, without `-` and `_`.
const MYSQL: [(&str, &[&str]); 8] = [
    ("sslmode", &["sslmode"]),
    ("sslaccept", &["sslaccept"]),
    ("sslrootcert", &["sslrootcert", "sslca"]),
    ("sslcert", &["sslcert"]),
    ("sslkey", &["sslkey"]),
    ("sslidentity", &["sslidentity"]),
    ("socket", &["socket", "unixsocket"]),
    ("connect_timeout", &["connecttimeout"]),
];

/// What only clients of applications heed, and what a migration has its own way for: Prisma's, libpq's, those of poolers and
/// of drivers. Compared in the same way.
const PASSED_OVER: [&str; 48] = [
    "applicationname",
    "binaryparameters",
    "charset",
    "characterencoding",
    "clientencoding",
    "collation",
    "connectionlimit",
    "currentschema",
    "endpoint",
    "fallbackapplicationname",
    "gssencmode",
    "keepalives",
    "keepalivescount",
    "keepalivesidle",
    "keepalivesinterval",
    "loadbalancehosts",
    "maxidleconnectionlifetime",
    "maxconnectionlifetime",
    "multiplestatements",
    "parsetime",
    "pgbouncer",
    "pool",
    "poolmaxconns",
    "poolmode",
    "poolsize",
    "pooltimeout",
    "preparethreshold",
    "queue",
    "relationmode",
    "requireauth",
    "servertimezone",
    "singleuseconnections",
    "sockettimeout",
    "sslcompression",
    "sslmaxprotocolversion",
    "sslminprotocolversion",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
    "statementcachesize",
    "statementtimeout",
    "supa",
    "tcpusertimeout",
    "timezone",
    "tlsversion",
    "uselibpqcompat",
    "workaround",
    "allowpublickeyretrieval",
];

/// The parameters that are read, by the first of their spellings.
pub(crate) fn read(
    provider: Provider,
    given: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut read = BTreeMap::new();
    for (name, value) in given {
        let bare = bare(&name);
        let ours = match provider {
            Provider::MySql => {
                MYSQL.iter().find(|(_, spellings)| spellings.contains(&bare.as_str())).map(|(ours, _)| *ours)
            }
            _ => POSTGRESQL.into_iter().find(|ours| *ours == name),
        };
        match ours {
            Some("connect_timeout") if !value.is_empty() && value.parse::<u64>().is_err() => {
                return Err(wrong("connect_timeout is not a number of seconds"));
            }
            Some(ours) => {
                read.insert(ours.to_owned(), value);
            }
            // As libpq reads the urls of JDBC.
            None if name == "ssl" && value == "true" => {
                read.entry("sslmode".to_owned()).or_insert_with(|| "require".to_owned());
            }
            None if PASSED_OVER.contains(&bare.as_str()) => {}
            None => return Err(unknown(provider, &name, &bare)),
        }
    }
    Ok(read)
}

fn bare(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).flat_map(char::to_lowercase).collect()
}

fn unknown(provider: Provider, name: &str, bare: &str) -> Error {
    let known: Vec<&str> = match provider {
        Provider::MySql => MYSQL.iter().map(|(ours, _)| *ours).collect(),
        _ => POSTGRESQL.to_vec(),
    };
    let limit = if bare.len() < 6 { 1 } else { 2 };
    let near = known.iter().map(|ours| (distance(bare, &self::bare(ours)), ours)).min();
    let hint = match near {
        Some((far, ours)) if far <= limit => format!("did you mean `{ours}`?"),
        _ => format!("it can have {}", known.join(", ")),
    };
    // Whatever does not look like a name may be a piece of a password.
    let plain = name.len() <= 40
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    let named = if plain { format!("`{name}`") } else { "of that name".to_owned() };
    wrong(&format!("there is no parameter {named}; {hint}"))
}

fn wrong(why: &str) -> Error {
    Error::new(Reason::UrlInvalid, format!("the connection string cannot be used: {why}"))
}

/// Least number of letters to insert, to remove or to replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, from) in one.chars().take(64).enumerate() {
        let mut next = vec![at + 1];
        for ((to, above), pair) in other.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((pair + usize::from(from != *to)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// The files that a url names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) root: Option<String>,
    /// Our own certificate and its key.
    pub(crate) identity: Option<(String, String)>,
}

impl Files {
    /// As libpq: `sslrootcert`, and `sslcert` with `sslkey`. As Prisma: `sslcert` without a key is the root.
    pub(crate) fn named(params: &BTreeMap<String, String>) -> Result<Self, Error> {
        let file = |name: &str| params.get(name).filter(|path| !path.is_empty()).cloned();
        if file("sslidentity").is_some() {
            return Err(wrong(
                "sslidentity (PKCS#12) is not read; make two files of it with `openssl pkcs12 -in FILE -nokeys -out client.crt` and \
                 `openssl pkcs12 -in FILE -nocerts -nodes -out client.key`, and name them as `sslcert` and `sslkey`",
            ));
        }
        match (file("sslrootcert"), file("sslcert"), file("sslkey")) {
            (root, Some(certificate), Some(key)) => Ok(Self { root, identity: Some((certificate, key)) }),
            (root, None, None) | (None, root, None) => Ok(Self { root, identity: None }),
            (_, Some(_), None) => Err(wrong("sslcert needs sslkey")),
            (_, None, Some(_)) => Err(wrong("sslkey needs sslcert")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(provider: Provider, given: &[(&str, &str)]) -> Result<BTreeMap<String, String>, Error> {
        read(provider, given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn every_spelling_on_mysql_is_one_parameter() {
        for name in ["ssl-ca", "sslca", "ssl_ca", "sslrootcert", "sslCa"] {
            let read = of(Provider::MySql, &[(name, "ca.pem"), ("connection_limit", "5")]).unwrap();
            assert_eq!(read, BTreeMap::from([("sslrootcert".to_owned(), "ca.pem".to_owned())]), "{name}");
        }
    }

    #[test]
    fn a_mistake_is_refused_with_what_was_meant() {
        for (provider, name, hint) in [
            (Provider::PostgreSql, "ssl_mode", "did you mean `sslmode`?"),
            (Provider::PostgreSql, "connectTimeout", "did you mean `connect_timeout`?"),
            (Provider::PostgreSql, "shema", "did you mean `schema`?"),
            (Provider::MySql, "sslmod", "did you mean `sslmode`?"),
            (Provider::MySql, "sokcet", "did you mean `socket`?"),
            (Provider::MySql, "frobnicate", "it can have sslmode, "),
        ] {
            let error = of(provider, &[(name, "x")]).unwrap_err();
            assert_eq!(error.reason(), Reason::UrlInvalid);
            assert!(error.to_string().contains(hint), "{error}");
        }
        let secret = of(Provider::MySql, &[("hunter2@db/shop", "")]).unwrap_err();
        assert!(!secret.to_string().contains("hunter2"), "{secret}");
        let seconds = of(Provider::MySql, &[("connect-timeout", "ten")]).unwrap_err();
        assert!(seconds.to_string().contains("connect_timeout"), "{seconds}");
    }

    #[test]
    fn ssl_true_wants_tls_unless_more_is_said() {
        let mode = |given: &[(&str, &str)]| of(Provider::PostgreSql, given).unwrap().remove("sslmode");
        assert_eq!(mode(&[("ssl", "true")]).as_deref(), Some("require"));
        assert_eq!(mode(&[("ssl", "true"), ("sslmode", "verify-full")]).as_deref(), Some("verify-full"));
        assert!(of(Provider::PostgreSql, &[("ssl", "maybe")]).is_err());
    }

    #[test]
    fn what_prismas_client_and_poolers_read_is_passed_over() {
        for name in [
            "pgbouncer",
            "connection_limit",
            "pool_timeout",
            "socket_timeout",
            "statement_cache_size",
            "supa",
        ] {
            assert!(of(Provider::PostgreSql, &[(name, "1")]).unwrap().is_empty(), "{name}");
        }
    }
}
