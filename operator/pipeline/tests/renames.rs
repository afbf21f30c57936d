//! Names that pass from one column to another take their values along, or the plan is refused.

use reason::Reason;

use crate::support::{Place, steps};

on_every! {
    names_pass_on_in_a_chain_and_back
    a_name_that_stays_in_use_is_no_former_name
    two_that_swap_their_names_are_refused
}

const BEFORE: &str = "model T {\n  id Int @id\n  name String?\n  nick String?\n}";

async fn with_a_row(place: &Place) {
    place.apply(BEFORE).await;
    place.execute("INSERT INTO \"T\" (id, name, nick) VALUES (1, 'Robert', 'Bob')").await;
}

async fn names_pass_on_in_a_chain_and_back(place: &Place) {
    with_a_row(place).await;
    let models = "model T {\n  id Int @id\n  /// @schemalift.renamedFrom(name)\n  nick String?
  /// @schemalift.renamedFrom(nick)\n  short String?\n}";
    let outcome = place.apply(models).await;
    assert_eq!(steps(&outcome), ["rename column T.nick to short", "rename column T.name to nick"]);
    let kept = "SELECT count(*) FROM \"T\" WHERE nick = 'Robert' AND short = 'Bob'";
    assert_eq!(place.count(kept).await, 1);
    place.apply(BEFORE).await;
    let back = "SELECT count(*) FROM \"T\" WHERE name = 'Robert' AND nick = 'Bob'";
    assert_eq!(place.count(back).await, 1);
}

async fn refused(place: &Place, models: &str) {
    let failure = place.run(&place.request(models)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::PolicyForbids, "{failure}");
    assert!(failure.message.contains("renamedFrom"), "{failure}");
}

/// Whether its values are the old ones or new ones nobody could tell afterwards.
async fn a_name_that_stays_in_use_is_no_former_name(place: &Place) {
    with_a_row(place).await;
    let hint = "/// @schemalift.renamedFrom(nick)\n  short String?\n";
    let models = BEFORE.replace("  nick String?\n", &format!("  nick String?\n  {hint}"));
    refused(place, &models).await;
    refused(place, &format!("{BEFORE}\n/// @schemalift.renamedFrom(T)\nmodel U {{\n  id Int @id\n}}")).await;
    // In two migrations, the hint of the first being left where it is.
    place.apply(&BEFORE.replace("  nick String?\n", &format!("  {hint}"))).await;
    place.apply(&models).await;
    assert_eq!(place.count("SELECT count(*) FROM \"T\" WHERE short = 'Bob' AND nick IS NULL").await, 1);
}

async fn two_that_swap_their_names_are_refused(place: &Place) {
    with_a_row(place).await;
    let models = "model T {\n  id Int @id\n  /// @schemalift.renamedFrom(nick)\n  name String?
  /// @schemalift.renamedFrom(name)\n  nick String?\n}";
    refused(place, models).await;
}

/// The rows keep the value's number, so a name that passes on silently would be another value to whoever reads them.
#[tokio::test(flavor = "multi_thread")]
async fn values_of_an_enum_that_swap_or_stay_are_refused() {
    let place = Place::postgresql().await;
    let models =
        |values: &str| format!("enum Role {{\n{values}}}\nmodel T {{\n  id Int @id\n  role Role\n}}");
    place.apply(&models("  A\n  B\n")).await;
    let from = |old: &str, new: &str| format!("  /// @schemalift.renamedFrom({old})\n  {new}\n");
    refused(&place, &models(&format!("{}{}", from("B", "A"), from("A", "B")))).await;
    refused(&place, &models(&format!("  A\n  B\n{}", from("B", "C")))).await;
    refused(&place, &models(&format!("{}{}", from("A", "B"), from("B", "C")))).await;
    let outcome = place.apply(&models(&format!("  A\n{}", from("B", "C")))).await;
    assert_eq!(steps(&outcome), ["rename value B of enum Role to C"]);
    place.assert_settled(&place.request(&models(&format!("  A\n{}", from("B", "C"))))).await;
}
