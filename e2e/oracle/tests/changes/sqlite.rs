//! A file for each side of each pair.

use database::{Settings, Target, connect};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::pairs::Pair;
use crate::{End, ours, refusal, schema_of};
use oracle::Provider;

pub(crate) fn run(pairs: &[Pair], scripts: &[(String, String)]) -> Vec<(End, End, String)> {
    let folder = servers::fresh_folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut ends = Vec::new();
    for (number, (pair, (create, change))) in pairs.iter().zip(scripts).enumerate() {
        let open = |side: &str| {
            let path = folder.join(format!("{number}-{side}.db"));
            let connection = Connection::open(&path).unwrap();
            connection.execute_batch(create).expect(create);
            for statement in &pair.rows {
                connection.execute_batch(statement).expect(statement);
            }
            (path, connection)
        };
        let (path, our_side) = open("ours");
        let (_, their_side) = open("theirs");
        let tables = schema_of(Provider::Sqlite, &pair.to).tables.into_iter().map(|table| table.name.name);
        let tables: Vec<String> = tables.collect();
        let theirs = match their_side.execute_batch(change) {
            Ok(()) => done(&their_side, &tables),
            Err(error) => End::Failed(error.to_string()),
        };
        let (script, refused) = runtime.block_on(async {
            let mut database = connect(&Target::sqlite(&path), &Settings::default()).await.unwrap();
            let found = database.introspect(&[]).await.unwrap();
            let script = ours(Provider::Sqlite, pair, &found);
            let refused = refusal(&mut database, &script).await;
            (script, refused)
        });
        our_side.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        let mut end = refused.map(End::Refused);
        for statement in script.steps.iter().flat_map(|step| &step.statements) {
            if end.is_none()
                && let Err(error) = our_side.execute_batch(statement)
            {
                end = Some(End::Failed(format!("{error} in {statement}")));
            }
        }
        let end = end.unwrap_or_else(|| done(&our_side, &tables));
        ends.push((end, theirs, sql::text(&script)));
    }
    std::fs::remove_dir_all(folder).unwrap();
    ends
}

fn done(connection: &Connection, tables: &[String]) -> End {
    let mut catalog: Vec<String> = Vec::new();
    let query = "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(query).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let name: String = row.get(0).unwrap();
        let text: String = row.get(1).unwrap();
        catalog.extend(definition(&text).into_iter().map(|line| format!("{name}: {line}")));
    }
    catalog.sort();
    let rows: Vec<String> = tables.iter().map(|table| content(connection, table)).collect();
    End::Done { catalog: catalog.join("\n"), rows: rows.join("\n") }
}

/// The parts of a definition, without what is a matter of layout: what stands between the commas of its outer
/// parentheses.
fn definition(text: &str) -> Vec<String> {
    let bare =
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace("\" (", "\"(").replace(" ASC", "");
    let (mut depth, mut quote, mut parts) = (0_usize, None, vec![String::new()]);
    for letter in bare.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let outer = quote.is_none() && ((letter == '(' && depth == 1) || (letter == ')' && depth == 0));
        if outer || (quote.is_none() && letter == ',' && depth == 1) {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn content(connection: &Connection, table: &str) -> String {
    // What `CURRENT_TIMESTAMP` gave is the time of the test, another second on each side.
    let query = "SELECT date('now'), date('now', '-1 day')";
    let days: [String; 2] = connection.query_row(query, [], |row| Ok([row.get(0)?, row.get(1)?])).unwrap();
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1")).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    let mut lines = vec![format!("{table}:")];
    while let Some(row) = rows.next().unwrap() {
        let mut cells: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(at, name)| match row.get(at).unwrap() {
                Value::Text(time) if days.iter().any(|day| time.starts_with(day)) => format!("{name}=now"),
                value => format!("{name}={value:?}"),
            })
            .collect();
        cells.sort();
        lines.push(cells.join(" "));
    }
    lines.sort();
    lines.join("\n")
}
