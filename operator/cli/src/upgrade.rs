//! `datamodel upgrade`: a text of Prisma 1 in a newer language, over the same tables.

use std::path::PathBuf;

use ::upgrade::Target;
use clap::{Args, Subcommand, ValueEnum};
use datamodel::{Language, Source};
use plan::{Ownership, diff};
use reason::Reason;
use schema::{Dialect, Schema, Scope, derive};

use crate::input::read_text;
use crate::{Stop, terminal};

/// What can be done with a datamodel by itself.
#[derive(Debug, Subcommand)]
pub enum DatamodelCommand {
    /// Write a Prisma 1 datamodel in a newer language, over the same tables
    ///
    /// The text goes to standard output or to the file of --write; notes and what would differ go to standard error.
    Upgrade(UpgradeOptions),
}

/// Options of `datamodel upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeOptions {
    /// Datamodel file; `-` is standard input
    file: PathBuf,
    /// Language to arrive at; the next one if not given: v1 to v1.1, v1.1 to PSL
    #[arg(long, value_enum)]
    to: Option<To>,
    /// Language of the file, when it is not to be recognised
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Database that holds the tables
    #[arg(long, value_enum, default_value_t)]
    provider: Provider,
    /// PostgreSQL schema that holds the tables
    #[arg(long, default_value = "default$default")]
    schema: String,
    /// File to write instead of standard output
    #[arg(short, long)]
    write: Option<PathBuf>,
}

/// Languages to arrive at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    #[value(name = "sdl-v1.1")]
    SdlV11,
    Psl,
}

/// Languages to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    #[value(name = "sdl-v1")]
    SdlV1,
    #[value(name = "sdl-v1.1")]
    SdlV11,
}

/// Databases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Provider {
    #[default]
    Postgresql,
    Mysql,
    Sqlite,
}

/// Runs a command.
pub(crate) fn run(command: &DatamodelCommand) -> Result<Reason, Stop> {
    let DatamodelCommand::Upgrade(options) = command;
    let old = read_text(&options.file)?;
    let language = match options.from {
        Some(From::SdlV1) => Language::SdlV1,
        Some(From::SdlV11) => Language::SdlV11,
        None => datamodel::recognise(&old),
    };
    let target = match (options.to, language) {
        (Some(To::SdlV11), _) | (None, Language::SdlV1) => Target::SdlV11,
        (Some(To::Psl) | None, _) => Target::Psl,
    };
    let dialect = match options.provider {
        Provider::Postgresql => Dialect::PostgreSql,
        Provider::Mysql => Dialect::MySql,
        Provider::Sqlite => Dialect::Sqlite,
    };
    let scope = Scope { dialect, namespace: Some(options.schema.clone()) };
    let source = Source { text: &old, language: Some(language), edition: None };
    let (upgraded, findings) = ::upgrade::upgrade(source, target, &scope);
    let shown = terminal::diagnostics(&options.file.display().to_string(), &old, &findings);
    let Some(upgraded) = upgraded else { return Err(Stop::new(Reason::DatamodelInvalid, shown)) };
    anstream::eprint!("{shown}");
    for note in &upgraded.notes {
        anstream::eprintln!("note: {note}");
    }
    for line in differences(source, &upgraded.text, &scope) {
        anstream::eprintln!("difference: {line}");
    }
    match &options.write {
        None => anstream::print!("{}", upgraded.text),
        Some(path) => std::fs::write(path, &upgraded.text).map_err(|error| {
            Stop::new(Reason::ManifestInvalid, format!("Cannot write {}: {error}.", path.display()))
        })?,
    }
    Ok(Reason::UpToDate)
}

/// What a plan from the old text's tables to the new one's would do.
fn differences(old: Source<'_>, new: &str, scope: &Scope) -> Vec<String> {
    let tables = |source: Source<'_>| -> Option<Schema> {
        let mut schema = derive(&datamodel::parse(source).datamodel?, scope);
        for table in &mut schema.tables {
            table.renamed_from = None;
            table.columns.iter_mut().for_each(|column| column.renamed_from = None);
        }
        Some(schema)
    };
    let (Some(from), Some(to)) = (tables(old), tables(Source { text: new, language: None, edition: None }))
    else {
        return vec!["the result is not valid by itself; the notes say why".to_owned()];
    };
    match diff(&from, &to, &Ownership::of(&from)) {
        Ok(plan) => sql::render(&plan).steps.into_iter().map(|step| step.summary).collect(),
        Err(refusal) => vec![refusal.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use schema::default_namespace;

    use super::*;

    const LEGACY: &str =
        "type User {\n  id: ID! @unique\n  friends: [User!]! @relation(name: \"Friends\")\n}\n";

    fn scope(dialect: Dialect) -> Scope {
        Scope { dialect, namespace: Some(default_namespace(Language::SdlV1).to_owned()) }
    }

    fn lines(target: Target, dialect: Dialect) -> Vec<String> {
        let source = Source { text: LEGACY, language: None, edition: None };
        let upgraded = ::upgrade::upgrade(source, target, &scope(dialect)).0.unwrap();
        differences(source, &upgraded.text, &scope(dialect))
    }

    #[test]
    fn only_what_differs_is_told() {
        assert_eq!(lines(Target::Psl, Dialect::PostgreSql), Vec::<String>::new());
        assert_eq!(lines(Target::SdlV11, Dialect::PostgreSql), ["drop table default$default._RelayId"]);
        assert_eq!(lines(Target::Psl, Dialect::MySql), Vec::<String>::new());
        assert!(!lines(Target::Psl, Dialect::Sqlite).is_empty());
    }

    #[test]
    fn the_file_is_written_and_an_invalid_one_is_not() {
        let folder = std::env::temp_dir().join(format!("slift-upgrade-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (old, new) = (folder.join("old.graphql"), folder.join("new.graphql"));
        let command = |old: &PathBuf| {
            DatamodelCommand::Upgrade(UpgradeOptions {
                file: old.clone(),
                to: None,
                from: None,
                provider: Provider::Postgresql,
                schema: "default$default".to_owned(),
                write: Some(new.clone()),
            })
        };
        std::fs::write(&old, "type A {\n  id: ID!\n}\n").unwrap();
        assert_eq!(run(&command(&old)).unwrap_err().reason, Reason::DatamodelInvalid);
        assert!(!new.exists());
        std::fs::write(&old, LEGACY).unwrap();
        assert_eq!(run(&command(&old)).unwrap(), Reason::UpToDate);
        assert!(std::fs::read_to_string(&new).unwrap().contains("type Friends @relationTable"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
