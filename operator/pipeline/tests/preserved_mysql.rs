//! What MySQL and MariaDB have and no datamodel says: after every change as it was, or the change is refused.

use std::collections::BTreeSet;

use datamodel::Edition;
use introspection::{Form, write};
use mysql_async::prelude::Queryable as _;
use pipeline::{Destructive, DriftRule, FirstContact, Request};
use reason::Reason;
use servers::mysql::{Flavor, flavor, session};

use crate::support::Place;

const ITEMS: &str = "CREATE TABLE item (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'a number',
  title VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL COMMENT 'it''s \"shown\"',
  body TEXT COLLATE utf8mb4_bin COMMENT 'long',
  code VARCHAR(20) NOT NULL,
  born DATE DEFAULT NULL COMMENT 'day',
  price DECIMAL(10, 2) NOT NULL DEFAULT 0,
  amount INT NOT NULL DEFAULT 1,
  whole BIGINT GENERATED ALWAYS AS (price * amount) STORED COMMENT 'made',
  kind ENUM('a', 'b') NOT NULL DEFAULT 'a' COMMENT 'which',
  seen TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP COMMENT 'last',
  hidden INT NOT NULL DEFAULT 7 INVISIBLE,
  spare INT,
  PRIMARY KEY (id),
  UNIQUE KEY code (code) COMMENT 'for people',
  KEY by_title (title(10)) COMMENT 'prefix',
  KEY unseen (born) HIDDEN_WORD,
  FULLTEXT KEY words (body),
  KEY spare (spare DESC),
  CONSTRAINT sane CHECK (amount < 1000)
) ENGINE=InnoDB AUTO_INCREMENT=500 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
  ROW_FORMAT=DYNAMIC STATS_PERSISTENT=1 COMMENT='things'";

/// The definition of the table, a line each.
async fn definition(place: &Place) -> BTreeSet<String> {
    let shown: Option<(String, String)> =
        session(&place.name).await.query_first("SHOW CREATE TABLE item").await.unwrap();
    let text = shown.unwrap().1;
    text.lines().map(|line| line.trim_end_matches(',').replace('"', "`")).collect()
}

fn request(place: &Place, text: &str) -> Request {
    let mut request =
        Request { datamodel: crate::support::parse(text), ..crate::support::empty_request(&place.target) };
    request.first_contact = FirstContact::Adopt;
    request.policy.drift = DriftRule::Ignore;
    request.policy.destructive = Destructive::Allow;
    request
}

fn with(text: &str, field: &str, line: &str) -> String {
    let lines = text.lines().map(|found| {
        if found.split_whitespace().next() == Some(field) { line.to_owned() } else { found.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn with_items() -> (Place, String) {
    let place = Place::mysql().await;
    let word = if flavor() == Flavor::MySql { "INVISIBLE" } else { "IGNORED" };
    place.execute(&ITEMS.replace("HIDDEN_WORD", word)).await;
    place.execute("INSERT INTO item (title, code, body) VALUES ('größe', 'c', 'b')").await;
    let found = place.connect().await.introspect(&[]).await.unwrap();
    let scope = crate::support::scope(&place.target);
    let text = write(&found, Form::Psl(Edition::Six), &scope, None).unwrap().text;
    let outcome = place.migrate(&request(&place, &text)).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{text}\n{:?}", crate::support::steps(&outcome));
    (place, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_datamodel_says_is_listed() {
    let (place, _) = with_items().await;
    let found = place.connect().await.introspect(&[]).await.unwrap();
    let item = found.tables.iter().find(|table| table.name.name == "item").unwrap();
    for what in [
        "check sane",
        "column title: collation latin1_german1_ci",
        "column hidden: invisible",
        "column whole: generated",
        "comment",
        "index by_title: comment",
        "index code: comment",
        "index unseen (ignored)",
    ] {
        assert!(item.extras.contains(&what.to_owned()), "{what}: {:?}", item.extras);
    }
    let options = item.extras.iter().find(|extra| extra.starts_with("options (")).unwrap().to_lowercase();
    assert!(options.contains("stats_persistent=1") && options.contains("row_format=dynamic"), "{options}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_changes_lose_nothing() {
    let (place, mut text) = with_items().await;
    // The field, its new line, and the old and new words of its line of the definition.
    let changes: [(&str, &str, &str, &str); 11] = [
        ("title", "  title String @db.VarChar(60)\n  added Int?", "varchar(40)", "varchar(60)"),
        (
            "title",
            "  title String? @db.VarChar(60)",
            "latin1_german1_ci NOT NULL",
            "latin1_german1_ci DEFAULT NULL",
        ),
        ("body", "  body String? @db.MediumText", "text", "mediumtext"),
        ("born", "  born DateTime? @db.DateTime(3)", "`born` date", "`born` datetime(3)"),
        ("price", "  price Decimal @default(3) @db.Decimal(10, 2)", "0.00", "3.00"),
        (
            "id",
            "  id BigInt @id @default(autoincrement()) @db.UnsignedBigInt",
            "int(10) unsigned",
            "bigint(20) unsigned",
        ),
        ("kind", "  kind item_kind @default(b)", "DEFAULT 'a'", "DEFAULT 'b'"),
        ("seen", "  seen DateTime? @db.Timestamp(3)", "`seen` timestamp", "`seen` timestamp(3)"),
        ("hidden", "  hidden BigInt @default(7)", "`hidden` int(11)", "`hidden` bigint(20)"),
        ("amount", "  amount BigInt @default(1)", "`amount` int(11)", "`amount` bigint(20)"),
        (
            "spare",
            "  /// @schemalift.renamedFrom(spare)\n  rest Int?\n  @@index([code, born])",
            "`spare` int(11)",
            "`rest` int(11)",
        ),
    ];
    for (field, line, old, new) in changes {
        let before = definition(&place).await;
        text = with(&text, field, line);
        if line.contains("rest Int?") {
            text = text.replace("@@index([spare(", "@@index([rest(");
        }
        let outcome = place.migrate(&request(&place, &text)).await;
        assert_eq!(outcome.reason, Reason::Applied, "{line}: {}", outcome.message);
        let after = definition(&place).await;
        // MySQL shows no widths of integers.
        let plain = |text: &str| text.replace("(11)", "").replace("(10) u", " u").replace("(20)", "");
        let normal = |line: &String| {
            let line = plain(line);
            let digits = line
                .replace("CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP")
                .replace("current_timestamp(3)", "current_timestamp()");
            digits.replacen(&plain(new), &plain(old), 1)
        };
        let came = ["`added`", "(`code`,`born`)", "KEY `spare`"];
        let kept = |lines: &BTreeSet<String>| -> BTreeSet<String> {
            let lines = lines.iter().filter(|line| !came.iter().any(|new| line.contains(new)));
            lines.map(normal).collect()
        };
        assert_eq!(kept(&after), kept(&before), "{line}");
        place.assert_settled(&request(&place, &text)).await;
    }
    let kept = "SELECT count(*) FROM item WHERE title = 'größe' AND code = 'c' AND body = 'b' AND hidden = 7";
    assert_eq!(place.count(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_or_a_new_object_would_lose_is_refused() {
    let (place, text) = with_items().await;
    let before = definition(&place).await;
    for (changed, why) in [
        (with(&text, "amount", ""), "check sane"),
        (with(&text, "amount", ""), "generated column whole"),
        (with(&text, "price", "  price DateTime?"), "generated column whole"),
        (text.replace("length: 10", "length: 20"), "index by_title: comment"),
        (with(&text, "whole", "  whole DateTime?"), "column whole: generated"),
    ] {
        let failure = place.run(&request(&place, &changed)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{why}: {}", failure.message);
        assert!(failure.message.contains(why), "{why}: {}", failure.message);
    }
    assert_eq!(definition(&place).await, before);
    // What goes together may go.
    let both = with(&with(&text, "price", ""), "whole", "");
    place.execute("ALTER TABLE item DROP CONSTRAINT sane").await;
    assert_eq!(place.migrate(&request(&place, &both)).await.reason, Reason::Applied);
}

/// MariaDB: a check of one column that names another.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_check_of_another_names_stays() {
    if flavor() == Flavor::MySql {
        return;
    }
    let place = Place::mysql().await;
    place.execute("CREATE TABLE T (id INT PRIMARY KEY, a INT NOT NULL CHECK (a < b), b INT NOT NULL)").await;
    let text = "model T {\n  id Int @id\n  a  Int\n  b  Int\n}";
    let request = |models: &str| {
        let mut request = place.request(models);
        request.first_contact = FirstContact::Adopt;
        request.policy.drift = DriftRule::Ignore;
        request.policy.destructive = Destructive::Allow;
        request
    };
    assert_eq!(place.migrate(&request(text)).await.reason, Reason::Baselined);
    let failure = place.run(&request(&with(text, "b", ""))).await.unwrap_err();
    assert!(failure.message.contains("check of column a"), "{}", failure.message);
    // A new definition of the other column says no check.
    place.apply_request(&request(&with(text, "b", "  b  BigInt"))).await;
    let checks = "SELECT count(*) FROM information_schema.check_constraints WHERE constraint_schema = database() \
                  AND table_name = 'T'";
    assert_eq!(place.count(checks).await, 1);
}
