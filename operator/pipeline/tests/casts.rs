//! A change of type that a server makes without a word, although values do not survive it, is seen before it runs.

use reason::Reason;
use servers::mysql::{Flavor, flavor};

use crate::support::{Place, digest};

fn model(fields: &str) -> String {
    format!("model T {{\n  id Int @id\n{fields}\n}}")
}

/// Row 1 loses something in so many columns, and row 2 in none.
async fn loses(place: &Place, after: &str, columns: usize) {
    let mut request = place.request(&model(after));
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert_eq!(waiting.message.matches("P0104").count(), columns, "{}", waiting.message);
    assert_eq!(waiting.message.matches("(1 row, id = 1)").count(), columns, "{}", waiting.message);
    place.execute("DELETE FROM \"T\" WHERE id = 1").await;
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_that_a_float_does_not_hold_are_seen_on_postgresql() {
    let place = Place::postgresql().await;
    place.apply(&model("  a Int\n  b BigInt\n  c BigInt")).await;
    place
        .execute(
            "INSERT INTO \"T\" VALUES (1, 16777217, 16777217, -9007199254740993), (2, -16777216, 7, 9007199254740992)",
        )
        .await;
    loses(&place, "  a Float @db.Real\n  b Float @db.Real\n  c Float", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_that_a_float_does_not_hold_are_seen_on_sqlite() {
    let place = Place::sqlite();
    place.apply(&model("  a BigInt\n  b Decimal")).await;
    place
        .execute(
            "INSERT INTO \"T\" VALUES (1, 9007199254740993, 9007199254740993), (2, 9007199254740992, 0.5)",
        )
        .await;
    loses(&place, "  a Float\n  b Float", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_twice_in_a_json_text_is_seen_on_postgresql() {
    let place = Place::postgresql().await;
    place.apply(&model("  a Json @db.Json")).await;
    place
        .execute(
            "INSERT INTO \"T\" VALUES (1, '{\"a\": 1, \"a\": 2}'), (2, '{ \"b b\" : [1,  2],\n \"a\":null}')",
        )
        .await;
    loses(&place, "  a Json", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_twice_in_a_json_text_is_seen_on_mysql() {
    if flavor() == Flavor::MariaDb {
        // There the text stays what it is.
        return;
    }
    let place = Place::mysql().await;
    place.apply(&model("  a String @db.Text")).await;
    place
        .execute(
            "INSERT INTO \"T\" VALUES (1, '{\"a\": 1, \"a\": 2}'), (2, '{ \"b b\" : [1,  2], \"a\":null}')",
        )
        .await;
    loses(&place, "  a Json", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blanks_that_a_fixed_length_does_not_keep_are_seen() {
    for place in [Place::postgresql().await, Place::mysql().await] {
        place.apply(&model("  a String @db.VarChar(10)\n  b String @db.Text")).await;
        place.execute("INSERT INTO \"T\" VALUES (1, 'a ', 'b '), (2, ' a', '')").await;
        loses(&place, "  a String @db.Char(10)\n  b String @db.Char(10)", 2).await;
    }
}

/// The bits of a large one are those of a negative number.
#[tokio::test(flavor = "multi_thread")]
async fn an_oid_that_is_no_integer_is_refused() {
    let place = Place::postgresql().await;
    place.apply(&model("  a Int @db.Oid")).await;
    place.execute("INSERT INTO \"T\" VALUES (1, 3000000000), (2, 2147483647)").await;
    let request = place.request(&model("  a Int"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan, "{}", outcome.message);
    assert!(outcome.message.contains("(1 row, id = 1)"), "{}", outcome.message);
    place.execute("DELETE FROM \"T\" WHERE id = 1").await;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT a::bigint FROM \"T\"").await, 2_147_483_647);
}

/// What a database says of the form of values is for its readers, not for its values.
#[tokio::test(flavor = "multi_thread")]
async fn values_become_text_with_every_digit_whatever_the_database_is_set_to() {
    let place = Place::postgresql().await;
    for setting in ["extra_float_digits = -5", "bytea_output = 'escape'", "datestyle = 'SQL, DMY'"] {
        place.execute(&format!("ALTER DATABASE {} SET {setting}", place.name)).await;
    }
    place.apply(&model("  a Float\n  b Bytes\n  c DateTime @db.Date")).await;
    place.execute("INSERT INTO \"T\" VALUES (1, 0.1234567890123456, '\\x01ff', '25/12/2026')").await;
    place.apply(&model("  a String\n  b String\n  c String")).await;
    let kept = "a = '0.1234567890123456' AND b = '\\x01ff' AND c = '2026-12-25'";
    assert_eq!(place.count(&format!("SELECT count(*) FROM \"T\" WHERE {kept}")).await, 1);
}

/// A code or a telephone number is no number, even where all of it are digits.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_front_of_a_number_and_digits_of_a_text_are_seen() {
    for place in [Place::postgresql().await, Place::mysql().await] {
        place.apply(&model("  a String\n  b String\n  c String\n  d String")).await;
        let lossy = "(1, '01234', '+491', '-007.5', '0.12345678901234567891')";
        place.execute(&format!("INSERT INTO \"T\" VALUES {lossy}, (2, '0', '-1', '0.5', '1.50')")).await;
        loses(&place, "  a Int\n  b BigInt\n  c Decimal @db.Decimal(10, 2)\n  d Float", 4).await;
    }
}
