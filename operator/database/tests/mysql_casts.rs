//! A change of type that the plan calls harmless keeps every value, shown on a real server with the widest ones.

use mysql_async::prelude::Queryable as _;
use plan::{Ownership, diff};
use schema::{
    Column, ColumnType, Dialect, IntegerWidth, LobSize, MySqlType, Nullability, ObjectName, Schema, Sign,
    Table, Type,
};
use servers::mysql;

/// Types with the SQL of values at their limits.
fn types() -> Vec<(MySqlType, Vec<String>)> {
    use IntegerWidth::{Big, Medium, Normal, Small, Tiny};
    use Sign::{Signed, Unsigned};
    let mut types = Vec::new();
    for width in [Tiny, Small, Medium, Normal, Big] {
        let limit = 1_i128 << (width.bits() - 1);
        let signed = vec![(-limit).to_string(), (limit - 1).to_string()];
        let unsigned = vec!["0".to_owned(), (2 * limit - 1).to_string()];
        types.push((MySqlType::Integer(width, Signed), signed));
        types.push((MySqlType::Integer(width, Unsigned), unsigned));
    }
    let text = |size: usize| vec![format!("repeat('😀', {size})"), "''".to_owned(), "'it''s '".to_owned()];
    let bytes = |size: usize| vec![format!("repeat(x'ff', {size})"), "''".to_owned()];
    let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let times = ["'2020-02-29 23:59:59.999999'", "'1970-01-02 00:00:00'", "'2037-12-31 23:59:59'"];
    types.extend([
        (MySqlType::Boolean, own(&["-128", "127"])),
        (MySqlType::Decimal(5, 2), own(&["-999.99", "999.99"])),
        (MySqlType::Decimal(5, 5), own(&["-0.99999", "0.99999"])),
        (MySqlType::Decimal(20, 0), own(&["-99999999999999999999", "99999999999999999999"])),
        (
            MySqlType::Decimal(65, 30),
            own(&["-99999999999999999999999999999999999.999999999999999999999999999999"]),
        ),
        (MySqlType::Float, own(&["-1.5", "0.25", "16777216"])),
        (MySqlType::Double, own(&["-1.7976931348623157e308", "2.2250738585072014e-308", "0.1"])),
        (MySqlType::Bit(1), own(&["b'0'", "b'1'"])),
        (MySqlType::Bit(8), own(&["b'11111111'"])),
        (MySqlType::Bit(64), own(&["18446744073709551615"])),
        (MySqlType::Char(8), vec!["repeat('😀', 8)".to_owned(), "'it''s'".to_owned()]),
        (MySqlType::VarChar(8), text(8)),
        (MySqlType::VarChar(63), text(63)),
        (MySqlType::VarChar(64), text(64)),
        (MySqlType::VarChar(300), text(300)),
        (MySqlType::Text(LobSize::Tiny), text(63)),
        (MySqlType::Text(LobSize::Normal), text(16_383)),
        (MySqlType::Text(LobSize::Long), text(20_000)),
        (MySqlType::Binary(4), own(&["x'00ff0041'"])),
        (MySqlType::VarBinary(9), bytes(9)),
        (MySqlType::Blob(LobSize::Tiny), bytes(255)),
        (MySqlType::Blob(LobSize::Normal), bytes(65_535)),
        (MySqlType::Blob(LobSize::Long), bytes(70_000)),
        (MySqlType::Date, own(&["'1000-01-01'", "'9999-12-31'"])),
        (MySqlType::Time(0), own(&["'-838:59:59'", "'838:59:59'"])),
        (MySqlType::Time(3), own(&["'-838:59:58.999'", "'00:00:00.001'"])),
        (MySqlType::DateTime(0), own(&["'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"])),
        (MySqlType::DateTime(6), own(&times)),
        (MySqlType::Timestamp(0), own(&times[1..])),
        (MySqlType::Timestamp(3), own(&["'2020-02-29 23:59:59.999'"])),
        (MySqlType::Year, own(&["1901", "2155"])),
        (MySqlType::Json, own(&["'{\"a\": [1, \"ü\"]}'", "'null'"])),
        (MySqlType::Enum(own(&["a", "it's"])), own(&["'a'", "'it''s'"])),
        (MySqlType::Enum(own(&["new", "it's", "a"])), own(&["'a'", "'new'"])),
    ]);
    types
}

fn schema(ty: &MySqlType) -> Schema {
    let column = Column {
        name: "c".to_owned(),
        ty: ColumnType { base: Type::MySql(ty.clone()), list: false },
        nullability: Nullability::Nullable,
        default: None,
        autoincrement: false,
        sequence: None,
        client_default: false,
        filled_with: None,
        renamed_from: None,
        replaces: None,
        values: None,
        attributes: None,
    };
    let table = Table {
        name: ObjectName::new(None, "after"),
        columns: vec![column],
        primary_key: None,
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        renamed_from: None,
        extras: Vec::new(),
        ties: Vec::new(),
    };
    Schema { tables: vec![table], ..Schema::empty(Dialect::MySql) }
}

fn statements(from: &Schema, to: &Schema) -> (Vec<String>, bool) {
    let plan = diff(from, to, &Ownership::of(from)).unwrap();
    let harmless = plan.steps.iter().all(|step| step.hazards.is_empty());
    let script = sql::render(&plan);
    (script.steps.into_iter().flat_map(|step| step.statements).collect(), harmless)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cast_without_hazard_keeps_the_widest_values() {
    let mut raw = mysql::session("").await;
    let database = format!("casts_{}", uuid::Uuid::new_v4().simple());
    raw.query_drop(format!("CREATE DATABASE {database}; USE {database}")).await.unwrap();
    raw.query_drop("SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00'")
        .await
        .unwrap();
    let empty = Schema::empty(Dialect::MySql);
    let (mut tried, mut failures) = (0, Vec::new());
    for (from, values) in types() {
        let (before, _) = statements(&empty, &schema(&from));
        let insert = format!("INSERT INTO `before` (c) VALUES ({})", values.join("), ("));
        raw.query_drop("DROP TABLE IF EXISTS `before`, `after`").await.unwrap();
        raw.query_drop(
            before[0]
                .replace("TABLE `after` (", "TEMPORARY TABLE `before` (n INT AUTO_INCREMENT PRIMARY KEY,"),
        )
        .await
        .unwrap();
        raw.query_drop(&insert).await.unwrap_or_else(|error| panic!("{from}: {error}"));
        for (to, _) in types() {
            let (change, harmless) = statements(&schema(&from), &schema(&to));
            if !harmless || change.is_empty() {
                continue;
            }
            tried += 1;
            raw.query_drop("DROP TABLE IF EXISTS `after`; CREATE TEMPORARY TABLE `after` LIKE `before`")
                .await
                .unwrap();
            raw.query_drop("INSERT INTO `after` SELECT * FROM `before`").await.unwrap();
            if let Err(error) = raw.query_drop(&change[0]).await {
                failures.push(format!("{from} to {to}: {error}"));
                continue;
            }
            // A text is compared as text, numbers and instants by value.
            let compared = match to {
                MySqlType::Char(_) | MySqlType::VarChar(_) | MySqlType::Text(_) => {
                    // A comparison would not see a blank at the end.
                    "HEX(CAST(b.c AS CHAR)) <=> HEX(a.c)"
                }
                MySqlType::VarBinary(_) | MySqlType::Blob(_) => "CAST(b.c AS BINARY) <=> a.c",
                _ => "b.c <=> a.c",
            };
            let query =
                format!("SELECT count(*) FROM `before` b JOIN `after` a USING (n) WHERE NOT ({compared})");
            let lost: Option<u64> = raw.query_first(query).await.unwrap();
            if lost != Some(0) {
                failures.push(format!("{from} to {to}: {lost:?} values changed"));
            }
        }
    }
    assert!(tried > 150, "{tried}");
    assert!(failures.is_empty(), "{tried} tried\n{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_becomes_its_digits() {
    let mut raw = mysql::session("").await;
    let database = format!("casts_{}", uuid::Uuid::new_v4().simple());
    raw.query_drop(format!("CREATE DATABASE {database}; USE {database}")).await.unwrap();
    let integer = |width| MySqlType::Integer(width, Sign::Signed);
    for (from, to, moment, number) in [
        (MySqlType::Date, integer(IntegerWidth::Normal), "2020-02-29", 20_200_229_i64),
        (MySqlType::Time(0), integer(IntegerWidth::Normal), "-12:30:00", -123_000),
        (MySqlType::DateTime(0), integer(IntegerWidth::Big), "2020-02-29 23:59:59", 20_200_229_235_959),
        (MySqlType::Timestamp(0), MySqlType::Decimal(14, 0), "2020-02-29 23:59:59", 20_200_229_235_959),
    ] {
        let (create, _) = statements(&Schema::empty(Dialect::MySql), &schema(&from));
        let (change, harmless) = statements(&schema(&from), &schema(&to));
        assert!(!harmless, "{from} to {to}");
        raw.query_drop("DROP TABLE IF EXISTS `after`").await.unwrap();
        raw.query_drop(&create[0]).await.unwrap();
        raw.query_drop(format!("INSERT INTO `after` VALUES ('{moment}')")).await.unwrap();
        raw.query_drop(&change[0]).await.unwrap();
        let found: Option<i64> = raw.query_first("SELECT CAST(c AS SIGNED) FROM `after`").await.unwrap();
        assert_eq!(found, Some(number), "{from} to {to}");
    }
}
