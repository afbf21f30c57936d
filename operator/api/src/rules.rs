//! The rules that a schema cannot say, once: as CEL for the API server and as Rust for the laptop.

use crate::{Credential, Provider, SchemaMigrationSpec, SchemaPlanSpec, Target, duration, size};

/// One rule of a custom resource.
pub struct Rule<T: 'static> {
    /// Path of the field that carries it.
    pub at: &'static str,
    /// The rule in CEL.
    pub cel: &'static str,
    /// What to do when it is broken.
    pub message: &'static str,
    /// The same rule in Rust; rules about an update hold for a single object.
    pub holds: fn(&T) -> bool,
    /// Whether `oldSelf` is optional in the rule.
    pub on_create: bool,
}

const fn rule<T>(
    at: &'static str,
    cel: &'static str,
    message: &'static str,
    holds: fn(&T) -> bool,
) -> Rule<T> {
    Rule { at, cel, message, holds, on_create: false }
}

const EITHER: &str = "has(self.value) != has(self.secretKeyRef)";
const EITHER_MESSAGE: &str = "set exactly one of value and secretKeyRef";

/// Rules of a SchemaMigration.
pub const MIGRATION: &[Rule<SchemaMigrationSpec>] = &[
    rule(
        "spec.target.provider",
        "self == oldSelf",
        "target.provider cannot be changed; create another SchemaMigration for the other database",
        |_| true,
    ),
    rule(
        "spec.target",
        "self.provider == 'sqlite' || has(self.urlFrom) != has(self.credentials)",
        "set exactly one of urlFrom and credentials",
        |spec| sqlite(&spec.target) || spec.target.url_from.is_some() != spec.target.credentials.is_some(),
    ),
    rule(
        "spec.target",
        "self.provider == 'sqlite' || !has(self.sqlite)",
        "remove sqlite; it belongs to provider sqlite",
        |spec| sqlite(&spec.target) || spec.target.sqlite.is_none(),
    ),
    rule(
        "spec.target",
        "self.provider != 'sqlite' || has(self.sqlite)",
        "set sqlite.path: a sqlite database is a file",
        |spec| !sqlite(&spec.target) || spec.target.sqlite.is_some(),
    ),
    rule(
        "spec.target",
        "self.provider != 'sqlite' || !(has(self.urlFrom) || has(self.credentials))",
        "remove urlFrom and credentials; a sqlite database is a file and needs neither",
        |spec| !sqlite(&spec.target) || (spec.target.url_from.is_none() && spec.target.credentials.is_none()),
    ),
    rule(
        "spec.target",
        "self.provider != 'sqlite' || !(has(self.schema) || has(self.historySchema))",
        "remove schema and historySchema; sqlite has no schemas",
        |spec| {
            !sqlite(&spec.target) || (spec.target.schema.is_none() && spec.target.history_schema.is_none())
        },
    ),
    rule(
        "spec.target",
        "self.provider == 'postgresql' || !has(self.role)",
        "remove role; only postgresql has owners of tables",
        |spec| spec.target.provider == Provider::Postgresql || spec.target.role.is_none(),
    ),
    rule(
        "spec.target.sqlite",
        "!self.path.startsWith('/') && !self.path.contains('..')",
        "write path relative to the volume and without '..'",
        |spec| {
            spec.target
                .sqlite
                .as_ref()
                .is_none_or(|file| !file.path.starts_with('/') && !file.path.contains(".."))
        },
    ),
    rule("spec.target.credentials.host", EITHER, EITHER_MESSAGE, |spec| part(spec, "host")),
    rule("spec.target.credentials.port", EITHER, EITHER_MESSAGE, |spec| part(spec, "port")),
    rule("spec.target.credentials.user", EITHER, EITHER_MESSAGE, |spec| part(spec, "user")),
    rule(
        "spec.target.credentials.password",
        "has(self.secretKeyRef) && !has(self.value)",
        "put the password into a Secret and name it in secretKeyRef",
        |spec| {
            credential(spec, "password")
                .is_none_or(|part| part.value.is_none() && part.secret_key_ref.is_some())
        },
    ),
    rule("spec.target.credentials.database", EITHER, EITHER_MESSAGE, |spec| part(spec, "database")),
    rule(
        "spec.datamodel",
        "has(self.inline) != has(self.configMapRef)",
        "set exactly one of inline and configMapRef",
        |spec| spec.datamodel.inline.is_some() != spec.datamodel.config_map_ref.is_some(),
    ),
    rule(
        "spec",
        "self.target.provider == 'postgresql' || !has(self.execution) || !has(self.execution.maxReplicaLag)",
        "remove execution.maxReplicaLag; only postgresql's primary knows how far its replicas are. For updates in batches use \
         pause",
        |spec| spec.target.provider == Provider::Postgresql || spec.execution.max_replica_lag.is_none(),
    ),
];

/// Rules of a SchemaPlan.
pub const PLAN: &[Rule<SchemaPlanSpec>] = &[
    rule(
        "spec.plan",
        "self == oldSelf",
        "a published plan cannot be changed; edit the SchemaMigration to get another one",
        |_| true,
    ),
    Rule {
        at: "spec",
        cel: "oldSelf.hasValue() || !has(self.approval)",
        message: "a plan is created without approval; approve it with an update",
        holds: |_| true,
        on_create: true,
    },
    rule(
        "spec",
        "!has(self.approval) || self.approval.digest == self.plan.digest",
        "approval.digest must be the digest of this plan; read the plan again",
        |spec| spec.approval.as_ref().is_none_or(|approval| approval.digest == spec.plan.digest),
    ),
];

fn sqlite(target: &Target) -> bool {
    target.provider == Provider::Sqlite
}

fn credential<'a>(spec: &'a SchemaMigrationSpec, field: &str) -> Option<&'a Credential> {
    let parts = spec.target.credentials.as_ref()?.parts();
    parts.into_iter().find(|(name, _)| *name == field).map(|(_, part)| part)
}

fn part(spec: &SchemaMigrationSpec, field: &str) -> bool {
    credential(spec, field).is_none_or(|part| part.value.is_some() != part.secret_key_ref.is_some())
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Problem {
    /// Path of the field: `spec.target.urlFrom`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Everything that the API server's rules would refuse in this spec.
pub fn validate(spec: &SchemaMigrationSpec) -> Vec<Problem> {
    let keep = spec.policy.keep_dropped_data.as_ref();
    let sizes = keep.filter(|keep| !matches!(size::parse(&keep.max_bytes), Some(size::Size::Bytes(_))));
    let sizes = sizes.map(|_| {
        Problem::new("spec.policy.keepDroppedData.maxBytes", "write a size such as 500MiB or 10GiB")
    });
    let retention = keep
        .filter(|keep| duration::parse(&keep.retention).is_none())
        .map(|_| Problem::new("spec.policy.keepDroppedData.retention", "write a duration such as 720h"));
    let durations = [
        ("lockTimeout", &spec.execution.lock_timeout),
        ("statementTimeout", &spec.execution.statement_timeout),
        ("deadline", &spec.execution.deadline),
    ];
    let lag = spec.execution.max_replica_lag.as_ref().map(|text| ("maxReplicaLag", text));
    let durations = durations.into_iter().chain(lag);
    let broken =
        MIGRATION.iter().filter(|rule| !(rule.holds)(spec)).map(|rule| Problem::new(rule.at, rule.message));
    let durations = durations.filter(|(_, text)| duration::parse(text).is_none()).map(|(field, _)| {
        Problem::new(format!("spec.execution.{field}"), "write a duration such as 3s, 30m or 1h30m")
    });
    let size =
        Some(&spec.execution.forbid_rewrite_above).filter(|text| size::parse(text).is_none()).map(|_| {
            Problem::new(
                "spec.execution.forbidRewriteAbove",
                "write a size such as 500MiB, 10GiB or 1000000 rows",
            )
        });
    broken.chain(durations).chain(size).chain(sizes).chain(retention).collect()
}
