//! Which edition of Prisma made a database: the one under which the least would change.

use database::TableNames;
use datamodel::{Datamodel, Edition, Language};
use plan::{Ownership, diff};
use schema::Schema;

use crate::Request;
use crate::desired::desired;

/// The edition that fits the database at least twice as well as the chosen one, as advice.
pub(crate) fn advice(request: &Request, names: TableNames, current: &Schema, steps: usize) -> Option<String> {
    let chosen = &request.datamodel;
    if chosen.language != Language::Psl {
        return None;
    }
    let others = Edition::ALL.into_iter().filter(|edition| *edition != chosen.edition);
    let fits = others.filter_map(|edition| {
        let datamodel = Datamodel { edition, ..chosen.clone() };
        let wanted = desired(names, &datamodel, &request.scope).ok()?;
        let plan = diff(current, &wanted, &Ownership::default()).ok()?;
        Some((plan.steps.len(), edition))
    });
    // Of equals the newest: it asks for the least.
    let (fewest, edition) = fits.min_by_key(|(steps, edition)| (*steps, std::cmp::Reverse(*edition)))?;
    let name = edition.as_str();
    (fewest * 2 <= steps).then(|| match fewest {
        0 => format!("With `datamodel.edition: \"{name}\"`, whose names these are, there is nothing to change"),
        _ => format!(
            "The names are those of edition {name}: with `datamodel.edition: \"{name}\"` fewer steps are left ({fewest} \
             of {steps})"
        ),
    })
}
