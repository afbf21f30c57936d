//! Two schemas to the script between them.

use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use sql::{Script, render};

use crate::clock::{fastest, milliseconds};
use crate::parsing::{flat, parsed};
use crate::prisma::{Question, ask};
use crate::table::{Goal, Row, Table};
use crate::text::{Edition, datamodel};

/// How many models change.
const CHANGES: usize = 300;

fn scope() -> Scope {
    Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) }
}

fn schema(text: &str) -> Schema {
    derive(&parsed(text), &scope())
}

fn script(from: &Schema, to: &Schema, owned: &Ownership) -> Script {
    render(&diff(from, to, owned).unwrap())
}

/// Milliseconds of each stage.
struct Times {
    derive: f64,
    changes: f64,
    creation: f64,
}

/// Measures with so many tables, three in ten of which change.
fn of_size(models: usize) -> Times {
    let model = parsed(&datamodel(models, Edition::First));
    let derive = milliseconds(fastest(|| derive(&model, &scope())));
    let from = schema(&datamodel(models, Edition::First));
    let to = schema(&datamodel(models, Edition::Changed { models: models * 3 / 10 }));
    let (owned, empty) = (Ownership::of(&from), Schema::empty(Dialect::PostgreSql));
    let steps = script(&from, &to, &owned).steps.len();
    assert!(steps >= models * 3 / 10, "only {steps} steps");
    Times {
        derive,
        changes: milliseconds(fastest(|| script(&from, &to, &owned))),
        creation: milliseconds(fastest(|| script(&empty, &from, &Ownership::default()))),
    }
}

/// Diff and render, beside Prisma's engine on the same texts.
pub(crate) fn measure(table: &mut Table) {
    let sizes = [100, 1_000, 4_000];
    // The small ones first: the memory that large ones leave behind, in pieces, would slow them.
    let times = sizes.map(of_size);
    let [_, thousand, _] = &times;
    table.add(Row {
        what: format!("diff and render {CHANGES} changes of 1000 tables"),
        ours: format!("{:.1} ms", thousand.changes),
        peer: String::new(),
        figure: thousand.changes,
        goal: Goal::AtMost(50.0, " ms"),
    });
    flat(table, "derive", sizes, times.each_ref().map(|times| times.derive));
    flat(
        table,
        "diff and render, 3 changes in 10 tables",
        sizes,
        times.each_ref().map(|times| times.changes),
    );
    flat(table, "diff and render from nothing", sizes, times.each_ref().map(|times| times.creation));
    let (before, after) =
        (datamodel(1_000, Edition::First), datamodel(1_000, Edition::Changed { models: CHANGES }));
    let whole = || {
        let (from, to) = (schema(&before), schema(&after));
        script(&from, &to, &Ownership::of(&from))
    };
    let whole = milliseconds(fastest(whole));
    for theirs in ask(&[Question::Diff { from: before, to: after }]) {
        table.add(Row {
            what: format!("two texts to a script of {CHANGES} changes"),
            ours: format!("{whole:.1} ms"),
            peer: format!("Prisma {:.1} ms", theirs.milliseconds),
            figure: theirs.milliseconds / whole,
            goal: Goal::AtLeast(10.0, " times as fast"),
        });
    }
}
