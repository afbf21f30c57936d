//! A short name for a whole [`Schema`].

use datamodel::PartialIndexes;
use sha2::{Digest as _, Sha256};

use crate::Schema;

/// SHA-256 over the schema's canonical JSON, as `sha256:<hex>`.
///
/// Objects are sorted by name first, so that a desired schema (in the order of the text) and an introspected one (by
/// name) with equal content have equal fingerprints. Rename hints and validity marks are not part of it.
pub fn fingerprint(schema: &Schema) -> String {
    let mut canonical = schema.clone();
    canonical.namespaces.clear();
    canonical.extensions.clear();
    canonical.views.clear();
    canonical.partial_indexes = PartialIndexes::LeftAlone;
    canonical.enums.sort_by(|a, b| a.name.cmp(&b.name));
    canonical.tables.sort_by(|a, b| a.name.cmp(&b.name));
    for found in &mut canonical.enums {
        found.renamed_from = None;
        found.renamed_values.clear();
    }
    for table in &mut canonical.tables {
        table.renamed_from = None;
        table.ties.clear();
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| (&a.name, &a.columns).cmp(&(&b.name, &b.columns)));
        for column in &mut table.columns {
            column.renamed_from = None;
            column.client_default = false;
            column.filled_with = None;
            column.sequence = None;
            // The table's extras say it.
            column.attributes = None;
        }
        for index in &mut table.indexes {
            index.constraint = false;
            index.valid = true;
        }
        for key in &mut table.foreign_keys {
            key.validated = true;
        }
    }
    // Serialising a value of this type into memory cannot fail: it has no maps and no custom serialisers.
    let bytes = serde_json::to_vec(&canonical).unwrap_or_default();
    format!("sha256:{}", hex::encode(Sha256::digest(&bytes)))
}
