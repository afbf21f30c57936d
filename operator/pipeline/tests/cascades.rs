//! SQLite: a table that is rebuilt keeps the rows of its children, its indexes, and the triggers and views of others.

use std::fmt::Write as _;

use reason::Reason;
use rusqlite::Connection;

use crate::support::{Place, steps};

/// Numbers by chance, the same ones each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }
}

/// Tables of which each but the first hangs on an earlier one by `ON DELETE CASCADE`; `rebuilt` have another type.
fn models(parents: &[usize], rebuilt: &[bool]) -> String {
    let mut out = String::new();
    for (at, rebuilt) in rebuilt.iter().enumerate() {
        let ty = if *rebuilt { "String" } else { "Int" };
        write!(out, "model T{at} {{\n  id Int @id\n  v {ty}\n  note String?\n  @@index([v])\n").unwrap();
        if let Some(parent) = at.checked_sub(1).map(|child| parents[child]) {
            let relation = format!("\"r{at}\", fields: [upId], references: [id], onDelete: Cascade");
            write!(out, "  upId Int\n  up T{parent} @relation({relation})\n").unwrap();
        }
        for (child, parent) in parents.iter().enumerate().filter(|(_, parent)| **parent == at) {
            let child = child + 1;
            assert_eq!(*parent, at);
            writeln!(out, "  downs{child} T{child}[] @relation(\"r{child}\")").unwrap();
        }
        out.push_str("}\n");
    }
    out
}

/// Rows by table, and what hangs on the tables, in the file's own words.
fn found(place: &Place, tables: usize) -> (Vec<Vec<String>>, Vec<String>) {
    let file = Connection::open(place.target.file().unwrap()).unwrap();
    let texts = |query: &str| -> Vec<String> {
        let mut query = file.prepare(query).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let rows = |at: usize| {
        let up = if at > 0 { ", \"upId\"" } else { ", 0" };
        texts(&format!("SELECT printf('%d %s %s %d', id, v, note{up}) FROM \"T{at}\" ORDER BY id"))
    };
    let hanging = "SELECT type || ' ' || sql FROM sqlite_master WHERE type IN ('index', 'trigger', 'view') \
                   AND sql IS NOT NULL AND name NOT LIKE '\\_schemalift%' ESCAPE '\\' ORDER BY type, name";
    ((0..tables).map(rows).collect(), texts(hanging))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redefinition_keeps_child_rows_indexes_triggers_and_views() {
    let mut chance = Chance(3);
    for case in 0..25 {
        let place = Place::sqlite();
        let tables = 2 + chance.below(5);
        let parents: Vec<usize> = (1..tables).map(|at| chance.below(at)).collect();
        place.apply(&models(&parents, &vec![false; tables])).await;
        let mut setup = String::from("CREATE TABLE log (what TEXT);");
        for at in 0..tables {
            for id in 1..=1 + chance.below(20) {
                let up = if at > 0 { ", 1" } else { "" };
                write!(setup, "INSERT INTO \"T{at}\" VALUES ({id}, {}, 'n{id}'{up});", chance.below(100))
                    .unwrap();
            }
            let other = chance.below(tables);
            write!(
                setup,
                "CREATE VIEW \"view {at}\" AS SELECT a.id, b.v FROM \"T{at}\" a JOIN \"T{other}\" b ON a.id = b.id;
                 CREATE TRIGGER \"watch {at}\" AFTER DELETE ON \"T{at}\" BEGIN \
                 INSERT INTO log SELECT 'T{at} ' || old.id FROM \"T{other}\" LIMIT 1; END;"
            )
            .unwrap();
        }
        place.execute(&setup).await;
        let before = found(&place, tables);
        let mut rebuilt: Vec<bool> = (0..tables).map(|_| chance.below(2) == 0).collect();
        rebuilt[chance.below(tables)] = true;
        let outcome = place.apply(&models(&parents, &rebuilt)).await;
        let wanted = rebuilt.iter().filter(|rebuilt| **rebuilt).count();
        assert_eq!(steps(&outcome).len(), wanted, "{case}: {:?}", steps(&outcome));
        assert_eq!(found(&place, tables), before, "{case}: {parents:?} {rebuilt:?}");
        assert_eq!(place.count("SELECT count(*) FROM log").await, 0, "no trigger was fired");
        place.execute("PRAGMA foreign_keys = ON; DELETE FROM \"T0\" WHERE id = 1").await;
        let children = "SELECT count(*) FROM log WHERE what NOT LIKE 'T0 %'";
        assert!(place.count(children).await > 0, "{case}: keys cascade and triggers work");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_or_view_that_would_break_stops_the_change() {
    for hanging in [
        "CREATE VIEW w AS SELECT note FROM \"T0\"",
        "CREATE TRIGGER w AFTER INSERT ON \"T0\" BEGIN UPDATE \"T0\" SET v = 1 WHERE note = new.note; END",
    ] {
        let place = Place::sqlite();
        place.apply(&models(&[], &[false])).await;
        place.execute(hanging).await;
        place.execute("INSERT INTO \"T0\" VALUES (1, 2, NULL)").await;
        let before = found(&place, 1);
        let failure = place
            .run(&place.request(&models(&[], &[true]).replace("  note String?\n", "")))
            .await
            .unwrap_err();
        assert_eq!(failure.reason, Reason::StatementFailed, "{}", failure.message);
        assert!(failure.message.contains(" w") && failure.message.contains("note"), "{}", failure.message);
        assert_eq!(found(&place, 1), before);
    }
}
