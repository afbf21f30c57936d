//! Whether a step that was begun was done: its facts against the catalog.

use std::collections::BTreeMap;

use reason::Reason;
use schema::{Index, ObjectName, Table};
use sql::{Fact, Probe, ScriptStep};

use super::MySql;
use crate::Error;

/// What the catalog says of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every fact holds.
    Done,
    /// None does.
    NotDone,
    /// Some do: somebody else was at work.
    Ambiguous,
}

impl MySql {
    pub(super) async fn settle(&mut self, ord: usize, step: &ScriptStep) -> Result<bool, Error> {
        let verdict = match &step.probe {
            Some(Probe::Facts(facts)) => self.verdict(facts).await?,
            _ => Verdict::Ambiguous,
        };
        match verdict {
            Verdict::Done => Ok(true),
            Verdict::NotDone => Ok(false),
            Verdict::Ambiguous => Err(Error::new(
                Reason::AmbiguousStep,
                format!(
                    "step {} ({}) was begun by an earlier run, and the database is neither as before it nor as after it. \
                     Undo by hand what was done of it, or let `schemalift history repair --abandon` close it and plan from what is there",
                    ord + 1,
                    step.summary
                ),
            )
            .at_step(ord)),
        }
    }

    async fn verdict(&mut self, facts: &[Fact]) -> Result<Verdict, Error> {
        let mut tables: BTreeMap<ObjectName, Option<Table>> = BTreeMap::new();
        for fact in facts {
            let name = subject(fact);
            if !tables.contains_key(name) {
                tables.insert(name.clone(), self.introspect_table(name).await?);
            }
        }
        Ok(judge(facts, |name| tables.get(name).and_then(Option::as_ref)))
    }
}

const fn subject(fact: &Fact) -> &ObjectName {
    match fact {
        Fact::Table(table)
        | Fact::NoTable(table)
        | Fact::Column { table, .. }
        | Fact::NoColumn { table, .. }
        | Fact::PrimaryKey { table, .. }
        | Fact::Index { table, .. }
        | Fact::NoIndex { table, .. }
        | Fact::ForeignKey { table, .. }
        | Fact::NoForeignKey { table, .. } => table,
    }
}

fn judge<'a>(facts: &[Fact], find: impl Fn(&ObjectName) -> Option<&'a Table>) -> Verdict {
    let held = facts.iter().filter(|fact| holds(fact, find(subject(fact)))).count();
    match held {
        // Also where there is nothing to hold: the statements may run again.
        0 => Verdict::NotDone,
        held if held == facts.len() => Verdict::Done,
        _ => Verdict::Ambiguous,
    }
}

fn holds(fact: &Fact, table: Option<&Table>) -> bool {
    let has_index =
        |wanted: &Index| table.is_some_and(|table| table.indexes.iter().any(|index| same(index, wanted)));
    let has_key = |name: &String| {
        table.is_some_and(|table| table.foreign_keys.iter().any(|key| key.name.as_ref() == Some(name)))
    };
    match fact {
        Fact::Table(_) => table.is_some(),
        Fact::NoTable(_) => table.is_none(),
        Fact::Column { column, ty, .. } => {
            let found = table.and_then(|table| table.column(column));
            found.is_some_and(|found| ty.as_ref().is_none_or(|ty| found.ty == *ty))
        }
        Fact::NoColumn { column, .. } => table.is_none_or(|table| table.column(column).is_none()),
        Fact::PrimaryKey { columns, .. } => {
            let found = table.and_then(|table| table.primary_key.as_ref());
            found.map_or_else(|| columns.is_empty(), |key| key.columns == *columns)
        }
        Fact::Index { index, .. } => has_index(index),
        Fact::NoIndex { index, .. } => !has_index(index),
        Fact::ForeignKey { name, .. } => has_key(name),
        Fact::NoForeignKey { name, .. } => !has_key(name),
    }
}

fn same(found: &Index, wanted: &Index) -> bool {
    found.name == wanted.name
        && found.uniqueness == wanted.uniqueness
        && found.method == wanted.method
        && found.columns == wanted.columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_done_when_all_of_its_facts_hold() {
        let name = ObjectName::new(None, "T");
        let table = Table {
            name: name.clone(),
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            renamed_from: None,
            extras: Vec::new(),
            ties: Vec::new(),
        };
        let (there, gone) = (Fact::Table(name.clone()), Fact::NoTable(ObjectName::new(None, "U")));
        let find = |wanted: &ObjectName| (*wanted == name).then_some(&table);
        assert_eq!(judge(&[there.clone(), gone.clone()], find), Verdict::Done);
        let column = Fact::Column { table: name.clone(), column: "c".to_owned(), ty: None };
        assert_eq!(judge(&[there, column.clone()], find), Verdict::Ambiguous);
        assert_eq!(judge(&[column], find), Verdict::NotDone);
        assert_eq!(judge(&[], find), Verdict::NotDone);
    }
}
