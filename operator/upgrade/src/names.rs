//! Names that the old text does not give.

use std::collections::{BTreeMap, BTreeSet};

use datamodel::{Datamodel, Outline, Relation};

/// Names of the models to be.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By name of the datamodel's model.
    models: BTreeMap<String, String>,
    /// By name of the relation that a link table holds.
    links: BTreeMap<String, String>,
}

impl Names {
    /// Types keep their names, but for those that PSL lets no model have; tables of lists and links get names of their own.
    pub(crate) fn of(datamodel: &Datamodel, outline: &Outline) -> Self {
        let mut names = Self::default();
        let declared = |name: &str| outline.definitions.contains_key(name);
        let kept = |name: &str| declared(name) && !datamodel::is_reserved(name);
        let types = datamodel.models.iter().filter(|model| kept(&model.name));
        let mut taken: BTreeSet<String> = types.map(|model| model.name.clone()).collect();
        let mut free = |wanted: String, suffix: &str| {
            let mut name = wanted;
            while !taken.insert(name.clone()) {
                name.push_str(suffix);
            }
            name
        };
        for model in &datamodel.models {
            let name = if kept(&model.name) {
                model.name.clone()
            } else if declared(&model.name) {
                // As Prisma's own introspection calls them.
                free(format!("Renamed{}", model.name), "Type")
            } else {
                free(model.name.split('_').map(capitalised).collect(), "List")
            };
            names.models.insert(model.name.clone(), name);
        }
        for relation in &datamodel.relations {
            if let Relation::Table(table) = relation {
                let name = free(capitalised(&table.relation), "Link");
                names.links.insert(table.relation.clone(), name);
            }
        }
        names
    }

    /// The name of a model.
    pub(crate) fn model(&self, name: &str) -> &str {
        self.models.get(name).map_or("", String::as_str)
    }

    /// The name of the model for a link table.
    pub(crate) fn link(&self, relation: &str) -> &str {
        self.links.get(relation).map_or("", String::as_str)
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// `BlogPost` as a field would be called: `blogPost`.
pub(crate) fn decapitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// `BlogPost` as a list of them would be called: `blogPosts`.
pub(crate) fn plural(word: &str) -> String {
    let word = decapitalised(word);
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if word.ends_with(['s', 'x']) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_the_plural() {
        assert_eq!(
            ["BlogPost", "Category", "Address", "Day"].map(plural),
            ["blogPosts", "categories", "addresses", "days"]
        );
    }
}
