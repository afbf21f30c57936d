//! The pages that are made from the code, so that they cannot disagree with it. `UPDATE_EXPECT=1` writes them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::fmt::Write as _;

use chart_tests::{assert_current, read};
use lint::Harm;
use plan::HazardCode;
use reason::{Class, Reason};

const MADE: &str = "<!-- Made from the code: UPDATE_EXPECT=1 cargo test -p schemalift-chart-tests -->\n";

/// A doc text as a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[test]
fn reasons() {
    let mut page = format!(
        "{MADE}# Reasons\n\n\
         Every outcome has one reason. It is the `reason` of the condition `Ready`, the label of the metrics, and the exit code\n\
         of the command line and of the Job.\n\n\
         | class | what happens next |\n|---|---|\n\
         | Success | `Ready=True`; nothing is left to do |\n\
         | Waiting | `Ready=False`, neither failing nor `Stalled`; goes on when what it waits for has happened |\n\
         | Transient | `Ready=False`; tried again with growing pauses of at most five minutes, and heals without an edit |\n\
         | Terminal | `Ready=False` and `Stalled=True`; the message says what to change |\n\n\
         | reason | class | exit code | meaning |\n|---|---|---|---|\n"
    );
    for reason in Reason::ALL {
        let class = match reason.class() {
            Class::Success => "Success",
            Class::Waiting => "Waiting",
            Class::Transient => "Transient",
            Class::Terminal => "Terminal",
        };
        let (code, meaning) = (reason.exit_code(), cell(reason.description()));
        writeln!(page, "| `{reason}` | {class} | {code} | {meaning} |").unwrap();
    }
    assert_current("docs/reasons.md", &page);
}

/// What a hazard means, and what to do about it. A new code does not compile without both.
const fn advice(code: HazardCode) -> (&'static str, &'static str) {
    match code {
        HazardCode::DropTable => (
            "The datamodel no longer has the table, so it is dropped with every row.",
            "Put the model back, or approve the plan once the rows are saved or not needed.",
        ),
        HazardCode::DropColumn => (
            "The datamodel no longer has the column, so it is dropped with every value.",
            "Put the field back, say that it was renamed, or approve the plan.",
        ),
        HazardCode::RecreateColumn => (
            "No cast leads from the old type to the new one, so the column is dropped and made again, empty.",
            "Add a second field of the new type, copy the values, and remove the old field in a later edit.",
        ),
        HazardCode::NarrowingCast => (
            "The new type holds less than the old one: values are cut or rounded, as far as a query can tell. Or a value of an enum gets a name that rows hold already.",
            "Keep the wider type, or look at the values first and then approve.",
        ),
        HazardCode::RemoveEnumValue => (
            "Values leave an enum. Rows that hold one of them make the step fail.",
            "Change those rows to another value first, then approve.",
        ),
        HazardCode::PossibleRename => (
            "A table goes and a similar one comes: perhaps one table that got another name.",
            "Write `/// @schemalift.renamedFrom(Old)` above the new model to keep the rows, or approve to drop them.",
        ),
        HazardCode::DataStep => (
            "A step of `spec.steps` is SQL of your own, and what it does to rows cannot be read from a plan.",
            "Read it, then approve the plan. It runs once.",
        ),
        HazardCode::RequiredColumn => (
            "A required column without a default is added to a table that may have rows.",
            "Give it a `@default`, or add it as optional, fill it, and make it required in a later edit.",
        ),
        HazardCode::SetNotNull => (
            "A column becomes required while rows may hold null in it.",
            "Fill those rows first; with none left the plan runs.",
        ),
        HazardCode::UniqueIndex => (
            "Columns become unique while rows may share their values.",
            "Merge or change the rows that share values first; with none left the plan runs.",
        ),
        HazardCode::ForeignKey => (
            "A foreign key is added while rows may point nowhere.",
            "Repair or delete the rows that point nowhere first; with none left the plan runs.",
        ),
        HazardCode::PrimaryKey => (
            "The primary key changes while rows may share the new key, or have a null in it.",
            "Repair those rows first; with none left the plan runs.",
        ),
        HazardCode::UnfitValues => (
            "The new type refuses some values: too long, too large, not of its form.",
            "Change or shorten those values first; with none left the plan runs.",
        ),
        HazardCode::FilledColumn => (
            "A required field with a `@default` of SDL comes, whose value Prisma 1's client writes.",
            "Nothing: the rows that exist get the default. Make the field optional if they shall not.",
        ),
        HazardCode::ReplacedColumn => (
            "A column goes that another one replaces by a hint, while rows may hold something else in it.",
            "Fill the rows that differ; with none left the plan runs, and nothing is lost ([docs](undo.md#replacing-a-column)).",
        ),
    }
}

#[test]
fn hazards() {
    let mut page = format!(
        "{MADE}# Hazards\n\n\
         A hazard says what a step can do to rows that exist. It is found from the change itself, never from its SQL, and its\n\
         code never changes its meaning.\n\n\
         | harm | what happens |\n|---|---|\n\
         | Loss | `policy.destructive` decides: `Forbid` refuses the plan, `RequireApproval` waits for its digest, `Allow` runs it |\n\
         | Fails | counted in the database before anything runs; refused while the count is not zero |\n\
         | Notice | shown with the plan; nothing is lost and nothing fails |\n\n\
         Where a query can tell, the rows are counted, and one of them is named by its primary key and nothing else: `3 rows,\n\
         for example id = 17`. A hazard that concerns no row needs no approval. All counts are taken in one snapshot that only\n\
         reads, within a minute, and again right before the plan runs. What could not be counted is `unknown`, and asks for an\n\
         approval unless `policy.destructive` is `Allow`.\n\n\
         | code | name | harm | what it means | what to do |\n|---|---|---|---|---|\n"
    );
    for code in HazardCode::ALL {
        let harm = match code.harm() {
            plan::Harm::Loss => "Loss",
            plan::Harm::Fails => "Fails",
            plan::Harm::Notice => "Notice",
        };
        let (meaning, remedy) = advice(code);
        writeln!(page, "| {} | {code:?} | {harm} | {meaning} | {remedy} |", code.as_str()).unwrap();
    }
    assert_current("docs/hazards.md", &page);
}

/// Code, name and doc text of each constant `const NAME: &str = "D…";`.
fn constants(path: &str) -> Vec<(String, String, String)> {
    let mut found = vec![];
    let mut doc = String::new();
    for line in read(path).lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            doc = format!("{doc} {text}");
            continue;
        }
        let declared = line.split_once("const ").and_then(|(_, rest)| rest.split_once(": &str = \"D"));
        if let Some((name, code)) = declared {
            let code = format!("D{}", code.trim_end_matches("\";"));
            assert!(!doc.is_empty(), "{path}: {name} has no doc line");
            found.push((code, name.to_lowercase().replace('_', "-"), cell(&doc)));
        }
        doc.clear();
    }
    assert!(!found.is_empty(), "{path}: no codes were found");
    found
}

#[test]
fn diagnostics() {
    let mut page = format!(
        "{MADE}# Diagnostics\n\n\
         What a datamodel can be told, with its place in the text and what to write instead. Codes never change their meaning.\n\
         `schemalift validate -f schema.prisma` shows all of them at once; in a cluster they are the message of `DatamodelInvalid`.\n"
    );
    let mut seen = std::collections::BTreeSet::new();
    for (title, path) in [
        ("Any language", "operator/datamodel/src/lib.rs"),
        ("Prisma schema language", "operator/datamodel/src/psl/codes.rs"),
        ("SDL (Prisma 1)", "operator/datamodel/src/sdl/codes.rs"),
    ] {
        write!(page, "\n## {title}\n\n| code | name | meaning |\n|---|---|---|\n").unwrap();
        for (code, name, meaning) in constants(path) {
            assert!(seen.insert(code.clone()), "{code} stands for two things");
            writeln!(page, "| {code} | {name} | {meaning} |").unwrap();
        }
    }
    assert_current("docs/diagnostics.md", &page);
}

/// Every code of the linter, a table for each harm.
fn lint_tables() -> String {
    let mut tables = String::new();
    for harm in [
        Harm::Loss,
        Harm::BlocksAll,
        Harm::BlocksWrites,
        Harm::BreaksApplication,
        Harm::Fails,
        Harm::File,
        Harm::Style,
    ] {
        let title = match harm {
            Harm::File => "about the file itself",
            Harm::Style => "style, with `--style`",
            _ => harm.as_str(),
        };
        write!(tables, "\n### {}\n\n", title[..1].to_uppercase() + &title[1..]).unwrap();
        tables.push_str(
            "| code | name | severity | what it means | what to do instead |\n|---|---|---|---|---|\n",
        );
        for code in lint::Code::ALL.iter().filter(|code| code.harm() == harm) {
            let (meaning, advice) = (cell(code.meaning()), cell(code.advice()));
            let severity = format!("{:?}", code.severity()).to_lowercase();
            writeln!(tables, "| {} | {} | {severity} | {meaning} | {advice} |", code.as_str(), code.title())
                .unwrap();
        }
    }
    tables
}

#[test]
fn the_linter_s_codes() {
    const PAGE: &str = "docs/lint.md";
    const START: &str =
        "<!-- codes: made from the code, UPDATE_EXPECT=1 cargo test -p schemalift-chart-tests -->\n";
    const END: &str = "\n<!-- codes: end -->\n";
    let page = read(PAGE);
    let (head, rest) = page.split_once(START).unwrap();
    let (_, tail) = rest.split_once(END.trim_start()).unwrap();
    assert_current(PAGE, &format!("{head}{START}{}{END}{tail}", lint_tables()));
}

/// Rows `value | default | meaning` from the comments of `values.yaml`.
fn values_table(text: &str) -> String {
    let mut table = String::from("| value | default | meaning |\n|---|---|---|\n");
    let mut parents: Vec<(usize, String, String)> = vec![];
    let mut comment = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(words) = line.trim_start().strip_prefix("# ") {
            comment = format!("{comment} {words}");
            continue;
        }
        let Some((key, value)) = line.trim_start().split_once(':') else {
            comment.clear();
            continue;
        };
        parents.retain(|(depth, ..)| *depth < indent);
        let value = value.trim();
        let said = cell(&std::mem::take(&mut comment));
        if value.is_empty() {
            parents.push((indent, key.to_owned(), said));
            continue;
        }
        let path: String = parents.iter().flat_map(|(_, name, _)| [name.as_str(), "."]).collect();
        let said =
            if said.is_empty() { parents.last().map_or(said, |(.., words)| words.clone()) } else { said };
        assert!(!said.is_empty(), "values.yaml: {path}{key} has no comment");
        writeln!(table, "| `{path}{key}` | `{}` | {said} |", value.replace('|', "\\|")).unwrap();
    }
    table
}

#[test]
fn the_chart_s_values() {
    const PAGE: &str = "charts/schemalift/README.md";
    const START: &str = "<!-- values: made from values.yaml -->\n";
    const END: &str = "<!-- values: end -->\n";
    let page = read(PAGE);
    let (head, rest) = page.split_once(START).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let table = values_table(&read("charts/schemalift/values.yaml"));
    assert_current(PAGE, &format!("{head}{START}\n{table}\n{END}{tail}"));
}

#[test]
fn every_relative_link_of_the_docs_leads_somewhere() {
    for page in ["docs/quickstart.md", "docs/argocd.md", "charts/schemalift/README.md"] {
        let folder = chart_tests::root().join(page).parent().unwrap().to_owned();
        for link in read(page).split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{page}: {target} does not exist");
        }
    }
}
