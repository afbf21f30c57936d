//! What one run of a Job is given: [`RunInput`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{BackupWhen, Edition, Execution, Language, Mode, Policy, Provider, Steps};

/// Form of [`RunInput`] that this version writes and reads.
pub const INPUT_VERSION: u32 = 1;

/// Most bytes of an input; a larger datamodel cannot be run from a ConfigMap.
pub const MAX_INPUT: usize = 900 * 1024;

/// The immutable input of one run: all that decides how the run ends, and nothing else, since another input is another run.
/// It never holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInput {
    /// [`INPUT_VERSION`].
    pub version: u32,
    /// Owner of the database as the history records it: `cluster/namespace/name`.
    pub owner: String,
    /// Namespace of the SchemaMigration.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID, for the owner reference of the SchemaPlan.
    pub uid: String,
    /// The datamodel.
    pub datamodel_text: String,
    /// Its language; `None` recognises it from the text.
    pub language: Option<Language>,
    /// Its edition; `None` is the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// Kind of database.
    pub provider: Provider,
    /// Literal parts of the connection: host, port, user, database. Everything else is a file in
    /// [`SECRET_PATH`](crate::SECRET_PATH).
    pub connection: BTreeMap<String, String>,
    /// Which Secret and key each file of [`SECRET_PATH`](crate::SECRET_PATH) comes from, as `name/key`, so that the
    /// Job can say which one is missing.
    pub secret_files: BTreeMap<String, String>,
    /// Schema of the tables.
    pub schema: Option<String>,
    /// Schema of the history.
    pub history_schema: Option<String>,
    /// Role that the session takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Owner that may be replaced.
    pub take_over_from: Option<String>,
    /// Path of a SQLite file in [`DATA_PATH`](crate::DATA_PATH).
    pub sqlite_path: Option<String>,
    /// Claim of the volume with that file: the same path in another volume is another database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite_claim: Option<String>,
    /// What to do.
    pub mode: Mode,
    /// SQL of the person's own around the changes of the structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Steps>,
    /// What may happen.
    pub policy: Policy,
    /// Digest of the plan that was approved.
    pub approved_digest: Option<String>,
    /// Which plans need a backup first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupWhen>,
    /// Digest of the plan for which a backup was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backed_up_digest: Option<String>,
    /// Whether existing tables are accepted.
    pub adopt: bool,
    /// Whether this very target was migrated before, so that it must have a history.
    #[serde(default)]
    pub history_expected: bool,
    /// How statements are run.
    pub execution: Execution,
    /// First part of the name of a SchemaPlan; see [`RunInput::plan_name`].
    pub plan_prefix: String,
}

impl RunInput {
    /// The canonical bytes: equal inputs give equal bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads an input of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let input: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if input.version == INPUT_VERSION {
            Ok(input)
        } else {
            Err(format!("the input has version {}; this Job reads {INPUT_VERSION}", input.version))
        }
    }

    /// Name of the SchemaPlan for a plan with this digest: the same plan of the same SchemaMigration always has the same
    /// name, and two `SchemaMigration`s whose names begin alike never share one.
    pub fn plan_name(&self, digest: &str) -> String {
        let hex: String = sha256(format!("{} {digest}", self.uid).as_bytes()).chars().take(10).collect();
        format!("{}-{hex}", self.plan_prefix)
    }
}

/// SHA-256 of these bytes in hex: what the argument `--input-sha256` says.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
