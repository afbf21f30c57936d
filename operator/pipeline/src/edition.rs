//! Which edition of Prisma made a database: the one under which the least would change.

use datamodel::{Datamodel, Edition, Language};
use plan::{Ownership, diff};
use schema::{Schema, derive};

use crate::Request;

/// The edition that fits the database at least twice as well as the chosen one, as advice.
pub(crate) fn advice(request: &Request, current: &Schema, steps: usize) -> Option<String> {
    let chosen = &request.datamodel;
    if chosen.language != Language::Psl {
        return None;
    }
    let others = Edition::ALL.into_iter().filter(|edition| *edition != chosen.edition);
    let fits = others.filter_map(|edition| {
        let datamodel = Datamodel { edition, ..chosen.clone() };
        let plan = diff(current, &derive(&datamodel, &request.scope), &Ownership::default()).ok()?;
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
