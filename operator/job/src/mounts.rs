//! The Job's files: its input and the Secret.

use std::collections::BTreeMap;
use std::path::Path;

use api::input::{RunInput, sha256};
use database::{Credentials, Target};
use pipeline::{Failure, convert};
use reason::Reason;
use secrecy::SecretString;

use crate::Options;

/// The input, when it is the very one that the arguments name.
pub(crate) fn input(options: &Options) -> Result<RunInput, Failure> {
    let bytes = std::fs::read(&options.input).map_err(|error| {
        Failure::new(Reason::InternalError, format!("The input cannot be read: {error}."))
    })?;
    if sha256(&bytes) != options.input_sha256 {
        return Err(Failure::new(
            Reason::InternalError,
            "The input is not the one that this Job was created for; nothing was run.",
        ));
    }
    RunInput::from_bytes(&bytes).map_err(|error| Failure::new(Reason::InternalError, error))
}

/// The target from the input's literal parts and the Secret's files.
pub(crate) fn target(input: &RunInput, secrets: &Path) -> Result<Target, Failure> {
    let found = if let Some(path) = &input.sqlite_path {
        Target::sqlite(Path::new(api::DATA_PATH).join(path))
    } else if input.secret_files.contains_key("url") {
        Target::from_url(&SecretString::from(secret(input, secrets, "url")?)).map_err(|error| {
            let failure = Failure::from(error);
            Failure::new(failure.reason, format!("The url{}: {}.", origin(input), failure.message))
        })?
    } else {
        let text_of = |name: &str| match input.connection.get(name) {
            Some(value) => Ok(value.clone()),
            None if input.secret_files.contains_key(name) => secret(input, secrets, name),
            None => Ok(String::new()),
        };
        let digits = Some(text_of("port")?).filter(|digits| !digits.is_empty());
        let port = digits.map(|digits| digits.parse::<u16>()).transpose();
        let parts = Credentials {
            host: text_of("host")?,
            port: port.map_err(|_| Failure::new(Reason::UrlInvalid, "The port is not a port number."))?,
            user: text_of("user")?,
            password: SecretString::from(text_of("password")?),
            database: text_of("database")?,
            params: BTreeMap::new(),
        };
        Target::from_parts(input.provider.into(), parts)?
    };
    let placed = convert::place(found, input.schema.clone(), input.history_schema.clone());
    Ok(placed.with_role(input.role.clone()))
}

/// Of which Secret and key the url is, after a space; nothing where the connection has no url.
pub(crate) fn origin(input: &RunInput) -> String {
    let reference = input.secret_files.get("url").and_then(|reference| reference.split_once('/'));
    reference.map_or_else(String::new, |(name, key)| format!(" of Secret `{name}`, key `{key}`"))
}

/// A Secret's value. The volume is optional, so that the Job itself can say what is missing (decision 9).
fn secret(input: &RunInput, secrets: &Path, file: &str) -> Result<String, Failure> {
    let reference = input.secret_files.get(file).map_or("", String::as_str);
    let (name, key) = reference.split_once('/').unwrap_or((reference, ""));
    match std::fs::read_to_string(secrets.join(name).join(key)) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        // An optional volume is empty when its Secret does not exist.
        Err(_) if has_keys(&secrets.join(name)) => Err(Failure::new(
            Reason::SecretKeyNotFound,
            format!(
                "Secret `{name}` has no key `{key}`. Add the key, or name the right one; the next attempt sees it."
            ),
        )),
        Err(_) => Err(Failure::new(
            Reason::SecretNotFound,
            format!(
                "Secret `{name}` with key `{key}` was not found in namespace `{}`. Create it; the next attempt sees it.",
                input.namespace
            ),
        )),
    }
}

/// Whether the folder holds a Secret's keys; names that begin with two dots are the kubelet's own.
fn has_keys(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| !entry.file_name().to_string_lossy().starts_with(".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_read_names_its_secret() {
        let input: RunInput = serde_json::from_value(serde_json::json!({
            "version": api::input::INPUT_VERSION, "owner": "c/shop/blog", "namespace": "shop", "name": "blog", "uid": "u",
            "datamodelText": "", "provider": "postgresql", "connection": {}, "secretFiles": {"url": "blog-db/url"},
            "mode": "Apply", "policy": {}, "adopt": false, "execution": {}, "planPrefix": "blog",
        }))
        .unwrap();
        let folder = std::env::temp_dir().join(format!("schemalift-urls-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("blog-db")).unwrap();
        for (text, why) in [
            ("", "it is empty"),
            ("\n", "it is empty"),
            ("db.example.com", "it must start with postgresql://"),
        ] {
            std::fs::write(folder.join("blog-db/url"), text).unwrap();
            let failure = target(&input, &folder).unwrap_err();
            assert_eq!(failure.reason, Reason::UrlInvalid);
            assert!(failure.message.starts_with("The url of Secret `blog-db`, key `url`: "), "{failure}");
            assert!(failure.message.contains(why) && !failure.message.contains("example"), "{failure}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_missing_secret_is_an_empty_folder_but_for_the_kubelets_own() {
        let folder = std::env::temp_dir().join(format!("schemalift-mounts-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("..2026_01_01")).unwrap();
        assert!(!has_keys(&folder));
        assert!(!has_keys(&folder.join("nowhere")));
        std::fs::write(folder.join("uri"), "x").unwrap();
        assert!(has_keys(&folder));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
