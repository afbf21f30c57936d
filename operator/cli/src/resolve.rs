//! From a manifest to a request and a target, without a cluster.

use std::collections::BTreeMap;
use std::path::Path;

use api::manifest::Secret;
use api::{Credential, SchemaMigration, SecretKeyRef};
use database::{Credentials, Settings, Target};
use datamodel::{Datamodel, Datasource, Provider};
use pipeline::{Failure, HistoryRule, Request, convert};
use reason::Reason;
use schema::{Dialect, Scope};
use secrecy::SecretString;

use crate::bare::is_datamodel;
use crate::input::Manifests;
use crate::{ReadOptions, Stop, UrlOptions};

/// A manifest made ready to run.
pub(crate) struct Resolved {
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) target: Target,
    pub(crate) settings: Settings,
    /// Warnings of the datamodel, rendered.
    pub(crate) warnings: String,
}

/// Resolves one SchemaMigration.
pub(crate) fn resolve(
    path: &Path,
    migration: &SchemaMigration,
    manifests: &Manifests,
    options: &ReadOptions,
) -> Result<Resolved, Stop> {
    let name = migration.metadata.name.clone().unwrap_or_else(|| "migration".to_owned());
    let namespace = migration.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let (text, language) = datamodel_text(migration, manifests)?;
    let edition = options.edition.chosen().or(migration.spec.datamodel.edition.map(Into::into));
    let (datamodel, warnings) = parse(path, &text, language, edition)?;
    let dialect = dialect(migration.spec.target.provider, &datamodel)?;
    let fallback = schema::default_namespace(datamodel.language);
    let target = target(path, migration, manifests, &options.target.url, datamodel.datasource.as_ref())?
        .with_fallback_namespace(Some(fallback));
    let target = match &options.target.role {
        Some(role) => target.with_role(Some(role.clone())),
        None => target,
    };
    if target.dialect() != dialect {
        return Err(Stop::new(
            Reason::ProviderMismatch,
            format!(
                "The manifest says `{}`, but the connection leads to another database.",
                migration.spec.target.provider.as_str()
            ),
        ));
    }
    let scope = Scope { dialect, namespace: target.namespace().map(str::to_owned) };
    let settings = convert::settings(&migration.spec.execution, format!("schemalift/{namespace}/{name}"));
    let request = Request {
        datamodel,
        scope,
        roll_back: None,
        steps: convert::steps(dialect, migration.spec.steps.as_ref())?,
        policy: convert::policy(&migration.spec.policy, &migration.spec.execution),
        mode: convert::mode(migration.spec.mode),
        approved_digest: migration.spec.approval.as_ref().map(|approval| approval.plan_digest.clone()),
        backup: convert::backup(migration.spec.backup.as_ref().map(|backup| backup.when)),
        backed_up_digest: None,
        first_contact: convert::first_contact(migration.spec.adopt || options.target.adopt),
        history: HistoryRule::Optional,
        owner: format!("local/{namespace}/{name}"),
        take_over_from: options
            .target
            .take_over_from
            .clone()
            .or_else(|| migration.spec.target.take_over_from.clone()),
        name: name.clone(),
        actor: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(Resolved { name, request, target, settings, warnings })
}

/// The datamodel's text and its declared language.
pub(crate) fn datamodel_text(
    migration: &SchemaMigration,
    manifests: &Manifests,
) -> Result<(String, Option<datamodel::Language>), Stop> {
    let source = &migration.spec.datamodel;
    let language = source.language.map(Into::into);
    if let Some(text) = &source.inline {
        return Ok((text.clone(), language));
    }
    let Some(reference) = &source.config_map_ref else {
        return Err(Stop::new(
            Reason::ManifestInvalid,
            "spec.datamodel: give inline or configMapRef.".to_owned(),
        ));
    };
    let found = manifests.config_maps.iter().find(|candidate| candidate.name == reference.name);
    let missing = |what: String| Stop::new(Reason::SourceNotFound, what);
    let found = found.ok_or_else(|| {
        missing(format!(
            "ConfigMap `{}` is not in the given files; give its file with another -f.",
            reference.name
        ))
    })?;
    let text = datamodel::of_keys(&found.data, reference.key.as_deref());
    let text = text.ok_or_else(|| {
        let keys: Vec<&str> = found.data.keys().map(String::as_str).collect();
        missing(format!("ConfigMap `{}` has the keys {}; name one of them.", found.name, keys.join(", ")))
    })?;
    if let Some(expected) = &reference.sha256
        && *expected != api::input::sha256(text.as_bytes())
    {
        return Err(missing(format!(
            "ConfigMap `{}` holds another text than configMapRef.sha256 says.",
            reference.name
        )));
    }
    Ok((text, language))
}

fn parse(
    path: &Path,
    text: &str,
    language: Option<datamodel::Language>,
    edition: Option<datamodel::Edition>,
) -> Result<(Datamodel, String), Stop> {
    let parsed = datamodel::parse(datamodel::Source { text, language, edition });
    let file = path.display();
    let shown = if is_datamodel(path) { file.to_string() } else { format!("{file} (datamodel)") };
    let rendered = crate::terminal::diagnostics(&shown, text, &parsed.diagnostics);
    match parsed.datamodel {
        Some(datamodel) => Ok((datamodel, rendered)),
        None => Err(Stop::new(Reason::DatamodelInvalid, rendered)),
    }
}

fn dialect(provider: api::Provider, datamodel: &Datamodel) -> Result<Dialect, Stop> {
    let named = provider.into();
    if let Some(declared) = schema::declared_provider(datamodel)
        && declared != named
    {
        return Err(Stop::new(
            Reason::ProviderMismatch,
            format!(
                "`target.provider` is {}, but the datamodel's datasource says {}.",
                named.as_str(),
                declared.as_str()
            ),
        ));
    }
    Ok(Dialect::of(named))
}

/// Precedence: `--url-file`, `--url`, then what the manifest says, then the environment where it says nothing usable: the
/// variables of the datasource, the direct one first, and `DATABASE_URL`.
pub(crate) fn target(
    path: &Path,
    migration: &SchemaMigration,
    manifests: &Manifests,
    options: &UrlOptions,
    datasource: Option<&Datasource>,
) -> Result<Target, Stop> {
    let spec = &migration.spec.target;
    let found = if let Some(url) = options.url()? {
        Target::from_url(&url).map_err(Failure::from)?
    } else if let Some(sqlite) = &spec.sqlite {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Target::sqlite(folder.join(&sqlite.path))
    } else if let Some(source) = &spec.url_from {
        match (secret_value(manifests, &source.secret_key_ref), UrlOptions::environment_url(datasource)) {
            (Ok(url), _) | (Err(_), Some(url)) => Target::from_url(&url).map_err(Failure::from)?,
            (Err(stop), None) => return Err(stop),
        }
    } else if let Some(parts) = &spec.credentials {
        credentials(manifests, spec.provider.into(), parts)?
    } else if let Some(url) = UrlOptions::environment_url(datasource) {
        Target::from_url(&url).map_err(Failure::from)?
    } else {
        let what = if is_datamodel(path) || path.is_dir() { "The datamodel" } else { "spec.target" };
        return Err(Stop::new(
            Reason::ManifestInvalid,
            format!("{what} names no database: give --url or --url-file, or set DATABASE_URL."),
        ));
    };
    let placed = convert::place(found, spec.schema.clone(), spec.history_schema.clone());
    Ok(placed.with_role(spec.role.clone()))
}

fn credentials(manifests: &Manifests, provider: Provider, parts: &api::Credentials) -> Result<Target, Stop> {
    let text = |part: &Credential| -> Result<String, Stop> {
        match (&part.value, &part.secret_key_ref) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(reference)) => {
                let value = secret_value(manifests, reference)?;
                Ok(secrecy::ExposeSecret::expose_secret(&value).to_owned())
            }
            (None, None) => Ok(String::new()),
        }
    };
    let port = parts.port.as_ref().map(text).transpose()?;
    let port = port.map(|port| port.trim().parse::<u16>()).transpose().map_err(|_| {
        Stop::new(Reason::UrlInvalid, "spec.target.credentials.port is not a port number.".to_owned())
    })?;
    let parts = Credentials {
        host: text(&parts.host)?,
        port,
        user: text(&parts.user)?,
        password: SecretString::from(parts.password.as_ref().map(text).transpose()?.unwrap_or_default()),
        database: text(&parts.database)?,
        params: BTreeMap::new(),
    };
    Ok(Target::from_parts(provider, parts).map_err(Failure::from)?)
}

fn secret_value(manifests: &Manifests, reference: &SecretKeyRef) -> Result<SecretString, Stop> {
    let secret: &Secret = manifests.secrets.iter().find(|secret| secret.name == reference.name).ok_or_else(|| {
        Stop::new(
            Reason::SecretNotFound,
            format!(
                "Secret `{}` is not in the given files. Give its file with another -f, or set DATABASE_URL, or use \
                 --url-file.",
                reference.name
            ),
        )
    })?;
    let value = secret.data.get(&reference.key).ok_or_else(|| {
        let keys: Vec<&str> = secret.data.keys().map(String::as_str).collect();
        Stop::new(
            Reason::SecretKeyNotFound,
            format!("Secret `{}` has no key `{}`; it has: {}.", secret.name, reference.key, keys.join(", ")),
        )
    })?;
    Ok(SecretString::from(String::from_utf8_lossy(value).trim_end_matches(['\r', '\n']).to_owned()))
}
