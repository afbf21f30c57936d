//! A new definition of a column of MySQL or MariaDB keeps what a datamodel cannot say, or is refused.

use mysql_async::prelude::Queryable as _;
use pipeline::{DriftRule, Request};
use reason::Reason;
use servers::mysql::{Flavor, flavor, session};

use crate::support::Place;

const PAGES: &str = "CREATE TABLE Page (
  id INT NOT NULL AUTO_INCREMENT COMMENT 'a number',
  title VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL COMMENT 'it''s \"shown\" \\\\ 日本',
  kind ENUM('A', 'B') COLLATE utf8mb4_bin NOT NULL DEFAULT 'A' COMMENT 'of a page',
  words INT NOT NULL DEFAULT 7 INVISIBLE,
  twice INT GENERATED ALWAYS AS (words * 2) VIRTUAL COMMENT 'made',
  head VARCHAR(20) GENERATED ALWAYS AS (concat('it''s ', words)) STORED,
  changed DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3) COMMENT 'last',
  seen TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP,
  size INT NOT NULL CHECK (size > 0),
  PRIMARY KEY (id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";

const MODEL: &str = "enum Kind {\n  A\n  B\n}
model Page {
  id      Int       @id @default(autoincrement())
  title   String    @db.VarChar(40)
  kind    Kind      @default(A)
  words   Int       @default(7)
  twice   Int?
  head    String?   @db.VarChar(20)
  changed DateTime  @default(now())
  seen    DateTime? @db.Timestamp(0)
  size    Int
}";

/// Every column with another definition.
const CHANGED: &str = "enum Kind {\n  A\n  B\n  C\n}
model Page {
  id      BigInt    @id @default(autoincrement())
  title   String?   @db.VarChar(60)
  kind    Kind      @default(C)
  words   BigInt    @default(7)
  twice   BigInt?
  head    String?   @db.VarChar(30)
  changed DateTime  @default(now()) @db.DateTime(6)
  seen    DateTime? @db.Timestamp(3)
  size    BigInt
}";

fn trusting(place: &Place, models: &str) -> Request {
    let mut request = place.request(models);
    request.policy.drift = DriftRule::Ignore;
    request.first_contact = pipeline::FirstContact::Adopt;
    request
}

async fn with_pages() -> Place {
    let place = Place::mysql().await;
    place.execute(PAGES).await;
    place.execute("INSERT INTO Page (title, size) VALUES ('größe', 1), ('b', 2)").await;
    assert_eq!(place.run(&trusting(&place, MODEL)).await.unwrap().reason, Reason::Baselined);
    place
}

/// Column, collation, extra, expression and comment of every column, then the checks.
async fn attributes(place: &Place) -> Vec<String> {
    let mut session = session(&place.name).await;
    let columns = "SELECT concat_ws(' | ', column_name, collation_name, extra, generation_expression, column_comment) \
                   FROM information_schema.columns WHERE table_schema = database() AND table_name = 'Page' \
                   ORDER BY ordinal_position";
    let checks = "SELECT check_clause FROM information_schema.check_constraints \
                  WHERE constraint_schema = database() ORDER BY 1";
    let mut found: Vec<String> = session.query(columns).await.unwrap();
    found.extend(session.query::<String, _>(checks).await.unwrap());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_definition_loses_nothing() {
    let place = with_pages().await;
    let before = attributes(&place).await;
    let outcome = place.run(&trusting(&place, CHANGED)).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    // The digits of a clock are the column's.
    let digits = |line: &String| {
        line.replace("(3)", "(n)")
            .replace("(6)", "(n)")
            .replace("seen | on update current_timestamp()", "seen")
    };
    let seen = |line: &String| !line.starts_with("seen");
    let after = attributes(&place).await;
    assert_eq!(
        after.iter().filter(|line| seen(line)).map(digits).collect::<Vec<_>>(),
        before.iter().filter(|line| seen(line)).map(digits).collect::<Vec<_>>()
    );
    let clock = after.iter().find(|line| line.starts_with("seen")).unwrap().to_lowercase();
    assert!(clock.contains("on update current_timestamp(3)"), "{clock}");
    assert!(
        after
            .iter()
            .any(|line| line.contains("current_timestamp(6)") || line.contains("CURRENT_TIMESTAMP(6)"))
    );
    let kept = "SELECT count(*) FROM Page WHERE title IN ('größe', 'b') AND words = 7 AND twice = 14 AND head = 'it''s 7'";
    assert_eq!(place.count(kept).await, 2);
    place.assert_settled(&trusting(&place, CHANGED)).await;
    // And the way back.
    let back = place.run(&trusting(&place, MODEL)).await.unwrap();
    assert_eq!(back.reason, Reason::Applied, "{}", back.message);
    assert_eq!(attributes(&place).await, before);
    assert_eq!(place.count(kept).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_table_comes_back_with_what_its_columns_had() {
    let place = with_pages().await;
    if flavor() == Flavor::MySql {
        // There a check is the table's.
        place.execute("ALTER TABLE Page DROP CHECK Page_chk_1").await;
    }
    let before = attributes(&place).await;
    let mut request = trusting(&place, "model Other {\n  id Int @id\n}");
    request.policy.destructive = pipeline::Destructive::Allow;
    let outcome = place.run(&request).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    let back = outcome.plan.unwrap().back.unwrap();
    assert!(back.remains.iter().all(|left| left.undo == pipeline::Undo::StructureOnly), "{:?}", back.remains);
    let mut request = trusting(&place, MODEL);
    request.policy.destructive = pipeline::Destructive::Allow;
    assert_eq!(place.run(&request).await.unwrap().reason, Reason::Applied);
    assert_eq!(attributes(&place).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_new_definition_has_no_room_for_is_refused() {
    let place = with_pages().await;
    let before = attributes(&place).await;
    let mut cases = vec![
        (
            "changed DateTime  @default(now())",
            "changed DateTime  @default(now()) @db.Date",
            "column changed: on update",
        ),
        ("seen    DateTime? @db.Timestamp(0)", "seen    String?", "column seen: on update"),
        ("twice   Int?", "twice   Int?      @default(3)", "column twice: generated"),
        ("twice   Int?", "twice   DateTime?", "column twice: generated"),
    ];
    if flavor() == Flavor::MariaDb {
        cases.push(("size    Int", "size    DateTime", "column size: check"));
    }
    for (from, to, why) in cases {
        let mut request = trusting(&place, &MODEL.replace(from, to));
        request.policy.destructive = pipeline::Destructive::Allow;
        let failure = place.run(&request).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{to}: {}", failure.message);
        assert!(failure.message.contains(why), "{}", failure.message);
    }
    assert_eq!(attributes(&place).await, before);
}

const PARTS: &str = "CREATE TABLE Part (
  id INT NOT NULL PRIMARY KEY,
  price INT NOT NULL CHECK (price > 0),
  amount INT NOT NULL,
  whole INT GENERATED ALWAYS AS (price * amount) STORED,
  plan JSON,
  note VARCHAR(20),
  CONSTRAINT sane CHECK (amount < 100)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";

const PART: &str = "model Part {
  id     Int     @id
  price  Int
  amount Int
  whole  Int?
  plan   Json?
  note   String? @db.VarChar(20)
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_column_is_renamed_where_another_names_it_or_the_plan_is_refused() {
    let place = Place::mysql().await;
    place.execute(PARTS).await;
    place.execute("INSERT INTO Part (id, price, amount, plan) VALUES (1, 2, 3, '{}')").await;
    assert_eq!(place.run(&trusting(&place, PART)).await.unwrap().reason, Reason::Baselined);
    let hint = "  /// @schemalift.renamedFrom";
    // Each also changes, so that its definition is written anew after the new name is there.
    let changed = PART
        .replace("  price  Int\n", &format!("{hint}(price)\n  cost BigInt\n"))
        .replace("  whole  Int?", &format!("{hint}(whole)\n  total BigInt?"))
        .replace("  plan   Json?", &format!("{hint}(plan)\n  scheme Json"));
    let outcome = place.run(&trusting(&place, &changed)).await;
    if flavor() == Flavor::MySql {
        let told = outcome.unwrap_err().to_string();
        assert!(told.contains("generated column") && told.contains("check "), "{told}");
        // What nothing names is free to change.
        let harmless = PART.replace("  note   String?", &format!("{hint}(note)\n  text   String?"));
        place.apply_request(&trusting(&place, &harmless)).await;
        return;
    }
    assert_eq!(outcome.unwrap().reason, Reason::Applied);
    assert_eq!(place.count("SELECT total FROM Part WHERE cost = 2").await, 6);
    let refused = session(&place.name).await.query_drop("UPDATE Part SET cost = 0").await;
    assert!(refused.is_err(), "the check is lost");
    place.assert_settled(&trusting(&place, &changed)).await;
}
