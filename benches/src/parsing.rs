//! A datamodel's text to a checked datamodel.

use datamodel::{Datamodel, Source, parse};

use crate::clock::{fastest, milliseconds};
use crate::prisma::{Question, ask};
use crate::table::{Goal, Row, Table};
use crate::text::{Edition, datamodel, small_models};

/// The datamodel of a text that is known to be good.
pub(crate) fn parsed(text: &str) -> Datamodel {
    let parsed = parse(Source { text, language: None, edition: None });
    parsed.datamodel.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics.first()))
}

/// Parse and validate, beside Prisma's validator.
pub(crate) fn measure(table: &mut Table) {
    let sizes = [100, 1_000, 10_000];
    let small = sizes.map(small_models);
    let wide = datamodel(1_000, Edition::First);
    let ours = small.each_ref().map(|text| milliseconds(fastest(|| parsed(text))));
    let [_, thousand, ten_thousand] = ours;
    let measured = [
        ("1000 small models", thousand, small.get(1).unwrap()),
        ("10000 small models", ten_thousand, small.get(2).unwrap()),
        ("1000 models of 20 columns", milliseconds(fastest(|| parsed(&wide))), &wide),
    ];
    let theirs = ask(&measured.map(|(_, _, text)| Question::Validate { text: text.clone() }));
    for ((what, ours, _), theirs) in measured.into_iter().zip(theirs) {
        table.add(Row {
            what: format!("parse and validate {what}"),
            ours: format!("{ours:.1} ms"),
            peer: format!("Prisma {:.1} ms", theirs.milliseconds),
            figure: theirs.milliseconds / ours,
            goal: Goal::AtLeast(10.0, " times as fast"),
        });
    }
    flat(table, "parse and validate", sizes, ours);
}

/// What a model costs among many, beside what it costs among few.
pub(crate) fn flat(table: &mut Table, what: &str, [few, _, many]: [usize; 3], [small, _, large]: [f64; 3]) {
    let each =
        |time: f64, models: usize| time * 1000.0 / f64::from(u32::try_from(models).unwrap_or(u32::MAX));
    let (small, large) = (each(small, few), each(large, many));
    table.add(Row {
        what: format!("{what}: each of {many}"),
        ours: format!("{large:.2} us"),
        peer: format!("each of {few} {small:.2} us"),
        figure: large / small,
        goal: Goal::AtMost(2.0, " times"),
    });
}
