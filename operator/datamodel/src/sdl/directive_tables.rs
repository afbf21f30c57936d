//! The directives of both languages, where they may stand, and their arguments.

use super::directives::{Expected, Place};
use super::flavour::Flavour;

/// An argument: its name, whether it is required, what it must be.
pub(super) type Parameter = (&'static str, bool, Expected);

/// A directive and its arguments.
pub(super) type Known = (&'static str, &'static [Parameter]);

/// The directives that mean something at this place.
pub(super) const fn known(place: Place, flavour: Flavour) -> &'static [Known] {
    match (flavour, place) {
        (Flavour::Modern, Place::Field) => FIELD,
        (Flavour::Modern, Place::Type) => TYPE,
        (Flavour::Modern, Place::Enum) => ENUM,
        (Flavour::Legacy | Flavour::Introspected, Place::Field) => LEGACY_FIELD,
        (Flavour::Legacy | Flavour::Introspected, Place::Type) => LEGACY_TYPE,
        (Flavour::Legacy | Flavour::Introspected, Place::Enum) => LEGACY_ENUM,
    }
}

/// A directive on fields.
const FIELD: &[Known] = &[
    ("default", &[("value", true, Expected::Any)]),
    (
        "relation",
        &[
            ("name", false, Expected::Text),
            ("onDelete", false, Expected::OneOf(&["CASCADE", "SET_NULL"])),
            ("link", false, Expected::OneOf(&["INLINE", "TABLE"])),
            ("oldName", false, Expected::Text),
        ],
    ),
    ("unique", &[]),
    ("db", &[("name", true, Expected::Text)]),
    (
        "sequence",
        &[
            ("name", true, Expected::Text),
            ("initialValue", true, Expected::Int),
            ("allocationSize", true, Expected::Int),
        ],
    ),
    ("id", &[("strategy", false, Expected::Strategy(&["AUTO", "NONE", "SEQUENCE"]))]),
    ("createdAt", &[]),
    ("updatedAt", &[]),
    ("scalarList", &[("strategy", true, Expected::Strategy(&["RELATION"]))]),
    ("rename", &[("oldName", true, Expected::Text)]),
];

/// A directive on types.
const TYPE: &[Known] = &[
    ("db", &[("name", true, Expected::Text)]),
    ("embedded", &[]),
    ("relationTable", &[]),
    ("linkTable", &[]),
    ("rename", &[("oldName", true, Expected::Text)]),
    ("indexes", &[("value", true, Expected::Any)]),
    (
        "index",
        &[("name", true, Expected::Text), ("fields", true, Expected::Any), ("unique", false, Expected::Any)],
    ),
];

/// A directive on enums.
const ENUM: &[Known] =
    &[("rename", &[("oldName", true, Expected::Text)]), ("db", &[("name", true, Expected::Text)])];

/// On fields of datamodel v1, introspected ones included.
const LEGACY_FIELD: &[Known] = &[
    ("default", &[("value", true, Expected::Any)]),
    (
        "relation",
        &[
            ("name", true, Expected::Text),
            ("onDelete", false, Expected::OneOf(&["CASCADE", "SET_NULL"])),
            ("oldName", false, Expected::Text),
        ],
    ),
    ("unique", &[]),
    ("pqUnique", &[]),
    ("rename", &[("oldName", true, Expected::Text)]),
    ("pgColumn", &[("name", true, Expected::Text)]),
    ("pgDefault", &[("value", true, Expected::Any)]),
    ("pgRelation", &[("column", true, Expected::Text)]),
    (
        "pgRelationTable",
        &[
            ("table", true, Expected::Text),
            ("relationColumn", false, Expected::Text),
            ("targetColumn", false, Expected::Text),
        ],
    ),
];

/// On types of datamodel v1.
const LEGACY_TYPE: &[Known] = &[
    ("rename", &[("oldName", true, Expected::Text)]),
    ("embedded", &[]),
    ("pgTable", &[("name", true, Expected::Text)]),
];

/// On enums of datamodel v1.
const LEGACY_ENUM: &[Known] = &[("rename", &[("oldName", true, Expected::Text)])];

/// Directives that v1 does not know and v1.1 does.
pub(super) const MODERN_WORDS: [&str; 9] =
    ["id", "db", "sequence", "createdAt", "updatedAt", "scalarList", "relationTable", "linkTable", "indexes"];

/// Directives of the legacy datamodel and what to write today.
pub(super) const LEGACY_WORDS: &[(&str, &str)] = &[
    ("pgTable", "Write `@db(name: …)` on the type."),
    ("pgColumn", "Write `@db(name: …)` on the field."),
    ("pgRelation", "Write `@relation(link: INLINE)` and `@db(name: …)` on the field."),
    ("pgRelationTable", "Declare a type with `@relationTable` for the link table."),
    ("pqUnique", "Write `@unique`."),
    ("isUnique", "Write `@unique`."),
    ("defaultValue", "Write `@default(value: …)`."),
];
