//! What the rows that exist make impossible or dangerous is found before the first statement, with their number and the
//! key of one of them, on SQLite, PostgreSQL and MariaDB alike.

use std::time::Duration;

use database::connect;
use pipeline::{Destructive, inspect};
use reason::Reason;
use schema::Dialect;

use crate::support::{Place, digest};

on_every! {
    a_foreign_key_is_refused_while_rows_point_nowhere
    a_foreign_key_to_a_table_that_comes_needs_empty_columns
    a_foreign_key_over_two_columns_counts_whole_values_only
    a_foreign_key_column_with_a_default_points_there
    an_orphan_is_found_under_the_names_from_before_the_plan
    a_new_primary_key_is_refused_while_rows_share_or_lack_it
    a_unique_column_with_one_default_meets_itself
    a_shorter_text_is_refused_while_values_are_longer
    a_blank_at_the_end_is_a_loss_where_it_goes
    a_smaller_decimal_is_refused_for_its_size_and_waits_for_its_fraction
    a_text_becomes_a_number_once_it_is_one
    an_example_shows_the_key_and_nothing_else
    what_cannot_be_counted_may_hurt
}

const AUTHORS: &str = "model Author {\n  id Int @id\n  posts Post[]\n}\n";

fn posts(fields: &str) -> String {
    format!("model Post {{\n  id Int @id\n{fields}\n}}\n")
}

const POINTING: &str = "  author Author? @relation(fields: [authorId], references: [id])\n  authorId Int?";

/// Sees that the plan is refused for the rows, nothing having run, and answers the message.
async fn refused(place: &Place, models: &str) -> String {
    let history = place.history().await.len();
    let outcome = place.migrate(&place.request(models)).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan, "{}", outcome.message);
    assert_eq!(place.history().await.len(), history);
    outcome.message
}

async fn a_foreign_key_is_refused_while_rows_point_nowhere(place: &Place) {
    let authors = "model Author {\n  id Int @id\n}\n";
    place.apply(&format!("{authors}{}", posts("  authorId Int?"))).await;
    place
        .execute(
            "INSERT INTO \"Author\" VALUES (1); INSERT INTO \"Post\" VALUES (1, 1), (2, NULL), (3, 7), (4, 8)",
        )
        .await;
    let models = format!("{AUTHORS}{}", posts(POINTING));
    let message = refused(place, &models).await;
    assert!(message.contains("P0204"), "{message}");
    assert!(message.contains("(2 rows, for example id = 3)"), "{message}");
    place.execute("DELETE FROM \"Post\" WHERE id > 2").await;
    place.apply(&models).await;
}

async fn a_foreign_key_to_a_table_that_comes_needs_empty_columns(place: &Place) {
    place.apply(&posts("  authorId Int?")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1, NULL), (2, 5)").await;
    let models = format!("{AUTHORS}{}", posts(POINTING));
    let message = refused(place, &models).await;
    assert!(message.contains("(1 row, id = 2)"), "{message}");
    place.execute("UPDATE \"Post\" SET \"authorId\" = NULL").await;
    place.apply(&models).await;
}

async fn a_foreign_key_over_two_columns_counts_whole_values_only(place: &Place) {
    let author = |posts: &str| format!("model Author {{\n  a Int\n  b Int\n{posts}\n  @@id([a, b])\n}}\n");
    place.apply(&format!("{}{}", author(""), posts("  a Int?\n  b Int?"))).await;
    place
        .execute(
            "INSERT INTO \"Author\" VALUES (1, 1); \
             INSERT INTO \"Post\" VALUES (1, 1, 1), (2, 9, NULL), (3, NULL, 9), (4, 1, 2)",
        )
        .await;
    let relation = "  author Author? @relation(fields: [a, b], references: [a, b])\n  a Int?\n  b Int?";
    let models = format!("{}{}", author("  posts Post[]"), posts(relation));
    let message = refused(place, &models).await;
    assert!(message.contains("(1 row, id = 4)"), "{message}");
    place.execute("UPDATE \"Post\" SET b = 1 WHERE id = 4").await;
    place.apply(&models).await;
}

async fn a_foreign_key_column_with_a_default_points_there(place: &Place) {
    let authors = "model Author {\n  id Int @id\n}\n";
    place.apply(&format!("{authors}{}", posts(""))).await;
    place.execute("INSERT INTO \"Post\" VALUES (1), (2)").await;
    let pointing =
        "  author Author @relation(fields: [authorId], references: [id])\n  authorId Int @default(1)";
    let models = format!("{AUTHORS}{}", posts(pointing));
    let message = refused(place, &models).await;
    assert!(message.contains("(2 rows, for example id = 1)"), "{message}");
    place.execute("INSERT INTO \"Author\" VALUES (1)").await;
    place.apply(&models).await;
}

async fn an_orphan_is_found_under_the_names_from_before_the_plan(place: &Place) {
    place.apply(&format!("model Writer {{\n  no Int @id\n}}\n{}", posts("  writerNo Int?"))).await;
    place.execute("INSERT INTO \"Writer\" VALUES (1); INSERT INTO \"Post\" VALUES (1, 1), (2, 2)").await;
    let models = "/// @schemalift.renamedFrom(Writer)
model Author {
  /// @schemalift.renamedFrom(no)
  id Int @id
  posts Article[]
}
/// @schemalift.renamedFrom(Post)
model Article {
  id Int @id
  author Author? @relation(fields: [authorId], references: [id])
  /// @schemalift.renamedFrom(writerNo)
  authorId Int?
}";
    let message = refused(place, models).await;
    assert!(message.contains("(1 row, id = 2)"), "{message}");
    place.execute("DELETE FROM \"Post\" WHERE id = 2").await;
    place.apply(models).await;
}

async fn a_new_primary_key_is_refused_while_rows_share_or_lack_it(place: &Place) {
    place.apply("model Tag {\n  id Int @id\n  name Int?\n  lang Int\n}").await;
    place.execute("INSERT INTO \"Tag\" VALUES (1, 1, 1), (2, 1, 1), (3, NULL, 1), (4, 1, 2)").await;
    let models = "model Tag {\n  id Int\n  name Int\n  lang Int\n  @@id([name, lang])\n}";
    let message = refused(place, models).await;
    assert!(message.contains("P0205"), "{message}");
    assert!(message.contains("(3 rows, for example id = 3)"), "{message}");
    place.execute("DELETE FROM \"Tag\" WHERE id = 3").await;
    let message = refused(place, models).await;
    assert!(message.contains("(2 rows, for example id = 1)"), "{message}");
    place.execute("DELETE FROM \"Tag\" WHERE id = 2").await;
    place.apply(models).await;
}

async fn a_unique_column_with_one_default_meets_itself(place: &Place) {
    place.apply(&posts("")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1), (2)").await;
    let models = posts("  slot Int @default(0) @unique");
    let message = refused(place, &models).await;
    assert!(message.contains("P0203"), "{message}");
    assert!(message.contains("(2 rows, for example id = 1)"), "{message}");
    place.execute("DELETE FROM \"Post\" WHERE id = 2").await;
    place.apply(&models).await;
}

async fn a_shorter_text_is_refused_while_values_are_longer(place: &Place) {
    if place.target.dialect() == Dialect::Sqlite {
        return;
    }
    place.apply(&posts("  title String @db.VarChar(20)")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1, 'short'), (2, 'Größe'), (3, 'longer')").await;
    let models = posts("  title String @db.VarChar(5)");
    let message = refused(place, &models).await;
    assert!(message.contains("P0206"), "{message}");
    assert!(message.contains("(1 row, id = 3)"), "{message}");
    place.execute("UPDATE \"Post\" SET title = 'cut' WHERE id = 3").await;
    place.apply(&models).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Post\" WHERE title = 'Größe'").await, 1);
}

/// A fixed length does not keep blanks at the end.
async fn a_blank_at_the_end_is_a_loss_where_it_goes(place: &Place) {
    if place.target.dialect() == Dialect::Sqlite {
        return;
    }
    place.apply(&posts("  title String @db.VarChar(20)")).await;
    place
        .execute("INSERT INTO \"Post\" VALUES (1, 'short'), (2, 'blank  '), (3, ''), (4, 'two words')")
        .await;
    let mut request = place.request(&posts("  title String @db.Char(30)"));
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(
        waiting.message.contains("P0104") && waiting.message.contains("(1 row, id = 2)"),
        "{}",
        waiting.message
    );
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Post\" WHERE CHAR_LENGTH(title) = 5").await, 2);
}

async fn a_smaller_decimal_is_refused_for_its_size_and_waits_for_its_fraction(place: &Place) {
    if place.target.dialect() == Dialect::Sqlite {
        return;
    }
    place.apply(&posts("  price Decimal @db.Decimal(10, 3)")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1, 1.5), (2, 99.996), (3, -100)").await;
    let models = posts("  price Decimal @db.Decimal(4, 2)");
    let message = refused(place, &models).await;
    // 99.996 is rounded up.
    assert!(message.contains("(2 rows, for example id = 2)"), "{message}");
    place.execute("UPDATE \"Post\" SET price = 1.125 WHERE id > 1").await;
    let mut request = place.request(&models);
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(waiting.message.contains("P0104"), "{}", waiting.message);
    assert!(waiting.message.contains("(2 rows, for example id = 2)"), "{}", waiting.message);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
}

async fn a_text_becomes_a_number_once_it_is_one(place: &Place) {
    place.apply(&posts("  size String")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1, '12'), (2, 'twelve'), (3, '3000000000')").await;
    let request = place.request(&posts("  size Int"));
    let outcome = place.migrate(&request).await;
    assert!(outcome.message.contains("(2 rows, for example id = 2)"), "{}", outcome.message);
    place.execute("UPDATE \"Post\" SET size = '-7' WHERE id > 1").await;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT sum(size) + 7 FROM \"Post\"").await, 5);
}

async fn an_example_shows_the_key_and_nothing_else(place: &Place) {
    place.apply("model Note {\n  a String\n  b Int\n  body String?\n  @@id([a, b])\n}").await;
    place.execute("INSERT INTO \"Note\" VALUES ('x''y', 3, 'private'), ('z', 1, NULL)").await;
    let outcome = place.migrate(&place.request("model Note {\n  a String\n  b Int\n  @@id([a, b])\n}")).await;
    assert!(outcome.message.contains("(1 row, a = x'y, b = 3)"), "{}", outcome.message);
    assert!(!format!("{outcome:?}").contains("private"));
    let long = "ab".repeat(90);
    place.execute(&format!("UPDATE \"Note\" SET a = '{long}' WHERE b = 3")).await;
    let outcome = place.migrate(&place.request("model Note {\n  a String\n  b Int\n  @@id([a, b])\n}")).await;
    assert!(
        outcome.message.contains(&format!("(1 row, a = {}, b = 3)", "ab".repeat(30))),
        "{}",
        outcome.message
    );
}

async fn what_cannot_be_counted_may_hurt(place: &Place) {
    place.apply(&posts("  title String?")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1, 'a')").await;
    // A required column would be refused; nobody can say so here.
    let settings = database::Settings { question_timeout: Duration::ZERO, ..place.settings() };
    let mut request = place.request(&posts("  title String"));
    let mut database = connect(&place.target, &settings).await.unwrap();
    let waiting = inspect(&mut database, &request).await.unwrap();
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(
        waiting.message.contains("(unknown: the rows could not be counted within 0 s)"),
        "{}",
        waiting.message
    );
    request.policy.destructive = Destructive::Allow;
    assert_eq!(inspect(&mut database, &request).await.unwrap().reason, Reason::PlanPublished);
    request.policy.destructive = Destructive::RequireApproval;
    request.approved_digest = Some(digest(&waiting));
    assert_eq!(inspect(&mut database, &request).await.unwrap().reason, Reason::PlanPublished);
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_that_a_float_loses_on_its_way_are_seen() {
    let place = Place::postgresql().await;
    place.apply("model T {\n  id Int @id\n  a Float @db.Real\n  b Float\n  c Float\n}").await;
    place
        .execute(
            "INSERT INTO \"T\" VALUES (1, 1234567.5, 1234567890123456.5, 1234567890123456.5), (2, 0.5, 0.5, 0.1), \
             (3, 1234568, 1234567890123456, 12.5)",
        )
        .await;
    let models = "model T {\n  id Int @id\n  a Int\n  b BigInt\n  c Decimal @db.Decimal(20, 1)\n}";
    let outcome = place.migrate(&place.request(models)).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert_eq!(outcome.message.matches("(2 rows, for example id = 1)").count(), 2, "{}", outcome.message);
    assert_eq!(outcome.message.matches("(1 row, id = 1)").count(), 1, "{}", outcome.message);
}
