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

fn schema(text: &str) -> Schema {
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    derive(&parsed(text), &scope)
}

fn script(from: &Schema, to: &Schema, owned: &Ownership) -> Script {
    render(&diff(from, to, owned).unwrap())
}

/// Diff and render, beside Prisma's engine on the same texts.
pub(crate) fn measure(table: &mut Table) {
    let (before, after) =
        (datamodel(1_000, Edition::First), datamodel(1_000, Edition::Changed { models: CHANGES }));
    let (from, to) = (schema(&before), schema(&after));
    let owned = Ownership::of(&from);
    let steps = script(&from, &to, &owned).steps.len();
    assert!(steps >= CHANGES, "only {steps} steps");
    let alone = milliseconds(fastest(|| script(&from, &to, &owned)));
    table.add(Row {
        what: format!("diff and render {CHANGES} changes of 1000 tables"),
        ours: format!("{alone:.1} ms"),
        peer: String::new(),
        figure: alone,
        goal: Goal::AtMost(50.0, " ms"),
    });
    let whole = milliseconds(fastest(|| script(&schema(&before), &schema(&after), &owned)));
    let theirs = ask(&[Question::Diff { from: before, to: after }]);
    for theirs in theirs {
        table.add(Row {
            what: format!("two texts to a script of {CHANGES} changes"),
            ours: format!("{whole:.1} ms"),
            peer: format!("Prisma {:.1} ms", theirs.milliseconds),
            figure: theirs.milliseconds / whole,
            goal: Goal::AtLeast(10.0, " times as fast"),
        });
    }
    let sizes = [100, 1_000, 4_000];
    let models = sizes.map(|models| parsed(&datamodel(models, Edition::First)));
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    flat(
        table,
        "derive",
        sizes,
        models.each_ref().map(|model| milliseconds(fastest(|| derive(model, &scope)))),
    );
    let pairs = sizes.map(|models| {
        let changed = Edition::Changed { models: models * 3 / 10 };
        (schema(&datamodel(models, Edition::First)), schema(&datamodel(models, changed)))
    });
    let times = pairs.each_ref().map(|(from, to)| {
        let owned = Ownership::of(from);
        milliseconds(fastest(|| script(from, to, &owned)))
    });
    flat(table, "diff and render, 3 changes in 10 tables", sizes, times);
    let empty = Schema::empty(Dialect::PostgreSql);
    let times = pairs
        .each_ref()
        .map(|(from, _)| milliseconds(fastest(|| script(&empty, from, &Ownership::default()))));
    flat(table, "diff and render from nothing", sizes, times);
}
