//! Which database, and how to get in: [`Target`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use datamodel::Provider;
use reason::Reason;
use schema::Dialect;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Error, parameters};

/// A database with the credentials for it. Printing it never shows a password.
#[derive(Clone)]
pub struct Target {
    pub(crate) place: Place,
    namespace: Option<String>,
    /// Where nobody names a schema.
    fallback_namespace: Option<&'static str>,
    history_namespace: Option<String>,
    role: Option<String>,
}

/// Where the database is.
#[derive(Clone)]
pub(crate) enum Place {
    /// A PostgreSQL server.
    Server(Credentials),
    /// A MySQL or MariaDB server.
    MySql(Credentials),
    /// A file.
    File(PathBuf),
}

/// The parts of a connection to a server.
#[derive(Clone)]
pub struct Credentials {
    /// Host name or address; folder of PostgreSQL's Unix socket, path of MySQL's.
    pub host: String,
    /// Port; 5432 or 3306 when absent.
    pub port: Option<u16>,
    /// Role.
    pub user: String,
    /// Password; may be empty.
    pub password: SecretString,
    /// Database on the server.
    pub database: String,
    /// Parameters as in a url: `sslmode`, `sslrootcert`, `schema`, `connect_timeout`, MySQL's `socket`.
    pub params: BTreeMap<String, String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown("server", None))
    }
}

impl Credentials {
    fn shown(&self, scheme: &str, namespace: Option<&str>) -> String {
        let password = if self.password.expose_secret().is_empty() { "" } else { ":***" };
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        let host = if self.host.contains(':') && !self.host.contains(',') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let mut shown = format!("{scheme}://{}{password}@{host}{port}/{}", self.user, self.database);
        if let Some(namespace) = namespace {
            shown.push_str("?schema=");
            shown.push_str(namespace);
        }
        shown
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Target({})", self.shown())
    }
}

impl Target {
    /// Reads `postgresql://…`, `postgres://…`, `mysql://…`, `mariadb://…`, `file:PATH` or `sqlite:PATH`. Parameters that only
    /// clients of applications read are passed over, unknown ones are refused.
    pub fn from_url(url: &SecretString) -> Result<Self, Error> {
        let text = url.expose_secret().trim();
        for scheme in ["file:", "sqlite://", "sqlite:"] {
            if let Some(path) = text.strip_prefix(scheme) {
                let path = path.split_once('?').map_or(path, |(path, _)| path);
                if path.is_empty() {
                    return Err(invalid("it names no file"));
                }
                return Ok(Self::sqlite(path));
            }
        }
        if text.is_empty() {
            return Err(invalid("it is empty"));
        }
        let (text, hosts) = several_hosts(text);
        let text = with_host(text);
        let parsed = url::Url::parse(&text).map_err(|error| {
            if error == url::ParseError::RelativeUrlWithoutBase {
                return invalid(SCHEMES);
            }
            invalid(&format!(
                "{error} (a special character in the user or password must be percent-encoded, `@` as %40)"
            ))
        })?;
        let provider = match parsed.scheme() {
            "postgresql" | "postgres" => Provider::PostgreSql,
            "mysql" | "mariadb" => Provider::MySql,
            _ => return Err(invalid(SCHEMES)),
        };
        let mut params: BTreeMap<String, String> =
            parsed.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
        let host = match parsed.host_str() {
            Some(host) => decode(host.trim_start_matches('[').trim_end_matches(']')),
            None => String::new(),
        };
        // libpq's way to name a socket's folder, and what a url may leave to its parameters.
        let host = params.remove("host").filter(|host| !host.is_empty()).unwrap_or(host);
        let mut part = |given: String, name: &str| {
            let named = params.remove(name).unwrap_or_default();
            if given.is_empty() { named } else { given }
        };
        let user = part(decode(parsed.username()), "user");
        let password = part(decode(parsed.password().unwrap_or_default()), "password");
        let database = part(decode(parsed.path().trim_start_matches('/')), "dbname");
        let host = match hosts {
            Some(Hosts { names, ports }) => {
                params.insert("port".to_owned(), ports);
                names
            }
            None => host,
        };
        let parts =
            Credentials { host, port: parsed.port(), user, password: password.into(), database, params };
        Self::from_parts(provider, parts)
    }

    /// A SQLite file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::File(path.into()),
            namespace: None,
            fallback_namespace: None,
            history_namespace: None,
            role: None,
        }
    }

    /// A database on a server from its parts.
    pub fn from_parts(provider: Provider, mut parts: Credentials) -> Result<Self, Error> {
        if let (Provider::MySql, true, Some(socket)) =
            (provider, parts.host.is_empty(), parts.params.get("socket"))
        {
            parts.host.clone_from(socket);
        }
        for (part, value) in [("host", &parts.host), ("user", &parts.user), ("database", &parts.database)] {
            if value.is_empty() {
                return Err(invalid(&format!("it names no {part}")));
            }
        }
        if provider == Provider::MySql && parts.host.contains(',') {
            return Err(invalid("MySQL's names one server"));
        }
        parts.params = parameters::read(provider, parts.params)?;
        let namespace = parts.params.get("schema").filter(|name| !name.is_empty()).cloned();
        match provider {
            Provider::PostgreSql => Ok(Self {
                place: Place::Server(parts),
                namespace,
                fallback_namespace: Some("public"),
                history_namespace: None,
                role: None,
            }),
            Provider::MySql => Ok(Self {
                place: Place::MySql(parts),
                namespace: None,
                fallback_namespace: None,
                history_namespace: None,
                role: None,
            }),
            Provider::Sqlite => Err(invalid("a SQLite database is a file, not a server")),
        }
    }

    /// The PostgreSQL schema where neither url nor manifest names one. Without effect on SQLite.
    #[must_use]
    pub fn with_fallback_namespace(mut self, namespace: Option<&'static str>) -> Self {
        if self.dialect() == Dialect::PostgreSql && namespace.is_some() {
            self.fallback_namespace = namespace;
        }
        self
    }

    /// Another PostgreSQL schema, or MySQL database, than the url's; `None` keeps the url's. Without effect on SQLite.
    #[must_use]
    pub fn with_namespace(mut self, namespace: Option<String>) -> Self {
        let Some(name) = namespace else { return self };
        match &mut self.place {
            Place::Server(_) => self.namespace = Some(name),
            Place::MySql(credentials) => credentials.database = name,
            Place::File(_) => {}
        }
        self
    }

    /// Another PostgreSQL schema, or MySQL database, for the history; `None` is the target's own. Without effect on
    /// SQLite.
    #[must_use]
    pub fn with_history_namespace(mut self, namespace: Option<String>) -> Self {
        if self.dialect() != Dialect::Sqlite {
            self.history_namespace = namespace;
        }
        self
    }

    /// A role that the session takes, so that it owns what is made; `None` is the user of the connection. PostgreSQL only.
    #[must_use]
    pub fn with_role(mut self, role: Option<String>) -> Self {
        if self.dialect() == Dialect::PostgreSql {
            self.role = role;
        }
        self
    }

    /// The role that the session takes.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Whose SQL is spoken there.
    pub const fn dialect(&self) -> Dialect {
        match self.place {
            Place::Server(_) => Dialect::PostgreSql,
            Place::MySql(_) => Dialect::MySql,
            Place::File(_) => Dialect::Sqlite,
        }
    }

    /// The PostgreSQL schema; `None` elsewhere.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref().or(self.fallback_namespace)
    }

    /// The PostgreSQL schema, or MySQL database, that holds the history; `None` on SQLite.
    pub fn history_namespace(&self) -> Option<&str> {
        let own = match &self.place {
            Place::MySql(credentials) => Some(credentials.database.as_str()),
            Place::Server(_) | Place::File(_) => self.namespace(),
        };
        self.history_namespace.as_deref().or(own)
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::Server(_) | Place::MySql(_) => None,
            Place::File(path) => Some(path),
        }
    }

    /// For people, without password: `postgresql://app:***@db:5432/shop?schema=public`, `file:blog.db`.
    pub fn shown(&self) -> String {
        match &self.place {
            Place::Server(credentials) => credentials.shown("postgresql", self.namespace()),
            Place::MySql(credentials) => credentials.shown("mysql", None),
            Place::File(path) => format!("file:{}", path.display()),
        }
    }
}

/// Several servers as libpq lists them.
struct Hosts {
    /// With commas between them.
    names: String,
    /// The same, empty where none is given.
    ports: String,
}

/// A url with its first host only, which is what other readers of urls understand, and all of them.
fn several_hosts(text: &str) -> (String, Option<Hosts>) {
    let whole = || (text.to_owned(), None);
    let Some((scheme, rest)) = text.split_once("://") else { return whole() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, listed) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    if !listed.contains(',') {
        return whole();
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for one in listed.split(',') {
        let (name, port) = match one.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port),
            _ => (one, ""),
        };
        names.push(decode(name.trim_start_matches('[').trim_end_matches(']')));
        ports.push(port.to_owned());
    }
    let first = listed.split(',').next().unwrap_or_default();
    let at = if user.is_empty() { "" } else { "@" };
    let hosts = Hosts { names: names.join(","), ports: ports.join(",") };
    (format!("{scheme}://{user}{at}{first}{tail}"), Some(hosts))
}

/// A url whose host its parameters name, in a form that every reader of urls accepts.
fn with_host(text: String) -> String {
    match text.split_once("@/") {
        Some((user, rest))
            if !user.contains(['?', '#']) && (rest.contains("host=") || rest.contains("socket=")) =>
        {
            format!("{user}@localhost/{rest}")
        }
        _ => text,
    }
}

const SCHEMES: &str = "it must start with postgresql://, postgres://, mysql:// or file:";

fn invalid(why: &str) -> Error {
    Error::new(Reason::UrlInvalid, format!("the connection string cannot be read: {why}"))
}

/// Resolves `%41`; what is not a valid escape stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| hex::decode(digits).ok())
            .and_then(|decoded| decoded.first().copied());
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Target, Error> {
        Target::from_url(&SecretString::from(url))
    }

    #[test]
    fn a_url_is_read_and_shown_without_its_password() {
        let target =
            read("postgresql://app:s%40cret@db:5433/shop?schema=sales&sslmode=disable&pgbouncer=true")
                .unwrap();
        assert_eq!(target.shown(), "postgresql://app:***@db:5433/shop?schema=sales");
        assert_eq!(target.namespace(), Some("sales"));
        assert_eq!(target.history_namespace(), Some("sales"));
        assert!(!format!("{target:?}").contains("cret"));
        let Place::Server(credentials) = &target.place else {
            panic!("a server");
        };
        assert_eq!(credentials.password.expose_secret(), "s@cret");
    }

    #[test]
    fn several_hosts_and_ipv6_are_read() {
        let parts = |url: &str| match read(url).unwrap().place {
            Place::Server(parts) => (parts.host, parts.params.get("port").cloned()),
            _ => panic!("a server"),
        };
        let two = Some("5433,".to_owned());
        assert_eq!(parts("postgresql://a:p,w@db-0:5433,db-1/shop?schema=x"), ("db-0,db-1".to_owned(), two));
        let listed = Some(",5433".to_owned());
        assert_eq!(parts("postgresql://a@[::1],[fe80::2]:5433/shop"), ("::1,fe80::2".to_owned(), listed));
        assert_eq!(parts("postgresql://a:p,w@db/shop"), ("db".to_owned(), None));
        assert_eq!(
            read("postgresql://a@[::1]:5433/shop").unwrap().shown(),
            "postgresql://a@[::1]:5433/shop?schema=public"
        );
    }

    #[test]
    fn on_mysql_the_database_is_the_namespace() {
        let target = read("mysql://app:s%40cret@db:3307/shop?sslaccept=strict").unwrap();
        assert_eq!(target.shown(), "mysql://app:***@db:3307/shop");
        assert_eq!((target.namespace(), target.history_namespace()), (None, Some("shop")));
        let moved = target.with_namespace(Some("default@default".to_owned()));
        assert_eq!(moved.shown(), "mysql://app:***@db:3307/default@default");
        assert_eq!(moved.history_namespace(), Some("default@default"));
    }

    #[test]
    fn a_fallback_schema_gives_way_to_a_named_one() {
        let fallback = Some("default$default");
        let silent = read("postgresql://u@h/d").unwrap().with_fallback_namespace(fallback);
        assert_eq!(silent.namespace(), fallback);
        assert_eq!(silent.history_namespace(), fallback);
        let named = read("postgresql://u@h/d?schema=sales").unwrap().with_fallback_namespace(fallback);
        assert_eq!(named.namespace(), Some("sales"));
        let told = silent.with_namespace(Some("app".to_owned()));
        assert_eq!(told.namespace(), Some("app"));
    }

    #[test]
    fn files_have_no_namespace() {
        for url in ["file:./blog.db", "sqlite:./blog.db", "file:./blog.db?connection_limit=1"] {
            let target = read(url).unwrap().with_namespace(Some("x".to_owned()));
            assert_eq!(target.shown(), "file:./blog.db");
            assert_eq!(target.namespace(), None);
        }
    }

    #[test]
    fn an_unreadable_url_is_named_without_being_shown() {
        for url in [
            "mongodb://a:canary@b/c",
            "mysql://a:canary@b",
            "postgresql://a:canary/9@b:x/c",
            "postgresql://u:canary@/",
            "mysql://a:canary@b,c/d",
            "mysql://a:canary@b/d?sslmod=x",
        ] {
            let error = read(url).unwrap_err();
            assert_eq!(error.reason(), Reason::UrlInvalid);
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }
}
