//! Which database: [`Target`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// PostgreSQL.
    Postgresql,
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
}

impl From<Provider> for datamodel::Provider {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Postgresql => Self::PostgreSql,
            Provider::Mysql => Self::MySql,
            Provider::Sqlite => Self::Sqlite,
        }
    }
}

impl Provider {
    /// The name as it stands in a manifest and in a datasource block.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }
}

/// The database that is brought to the datamodel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Kind of database: postgresql, mysql (MariaDB, too) or sqlite. Cannot be changed later.
    pub provider: Provider,
    /// The connection URL, from a Secret of this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_from: Option<SecretSource>,
    /// The connection in parts, each a value or a Secret key; instead of urlFrom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// PostgreSQL schema, or MySQL database, that holds the tables; default: the one of the URL, else public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub schema: Option<String>,
    /// Schema, or MySQL database, for the history tables; default: the same as the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub history_schema: Option<String>,
    /// Role that the session takes after it connected, which then owns what is made (PostgreSQL only); the user of the
    /// connection must be a member of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub role: Option<String>,
    /// Take over a database from another owner: its name exactly as the Conflict message prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub take_over_from: Option<String>,
    /// Where the file of a SQLite database is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<SqliteTarget>,
}

impl Target {
    /// A database of this kind; where it is comes from elsewhere.
    pub const fn new(provider: Provider) -> Self {
        Self {
            provider,
            url_from: None,
            credentials: None,
            schema: None,
            history_schema: None,
            role: None,
            take_over_from: None,
            sqlite: None,
        }
    }
}

/// A value from a Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretSource {
    /// The Secret and its key.
    pub secret_key_ref: SecretKeyRef,
}

/// One key of a Secret in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key in the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// A connection in parts. Raw values: nothing is percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// Host name or address.
    pub host: Credential,
    /// Port; default: the provider's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<Credential>,
    /// Database role.
    pub user: Credential,
    /// Its password; a Secret key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Credential>,
    /// Name of the database.
    pub database: Credential,
}

impl Credentials {
    /// Every part that is given, with its field name, in the order of the manifest.
    pub fn parts(&self) -> Vec<(&'static str, &Credential)> {
        [
            ("host", Some(&self.host)),
            ("port", self.port.as_ref()),
            ("user", Some(&self.user)),
            ("password", self.password.as_ref()),
            ("database", Some(&self.database)),
        ]
        .into_iter()
        .filter_map(|(name, part)| part.map(|part| (name, part)))
        .collect()
    }
}

/// One part of a connection: a literal value or a Secret key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The value itself; a password belongs in a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub value: Option<String>,
    /// The Secret and its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeyRef>,
}

/// A SQLite file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqliteTarget {
    /// `PersistentVolumeClaim` that holds the file; ignored without a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub volume_claim_name: Option<String>,
    /// Path of the file in the volume; without a cluster relative to the manifest.
    #[schemars(length(min = 1, max = 1024))]
    pub path: String,
}
