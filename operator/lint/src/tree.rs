//! Names, types and expressions of PostgreSQL's syntax tree.

use pg_query::protobuf::{Constraint, Node, RangeVar, TypeName, a_const};
use pg_query::{NodeEnum, protobuf};

/// A table, type or index: its schema, unless it is `public` or not said, and its name.
pub(crate) type Name = (String, String);

/// The name as people write it.
pub(crate) fn words(name: &Name) -> String {
    if name.0.is_empty() { name.1.clone() } else { format!("{}.{}", name.0, name.1) }
}

pub(crate) fn named(schema: &str, name: &str) -> Name {
    let schema = if schema == "public" { "" } else { schema };
    (schema.to_owned(), name.to_owned())
}

pub(crate) fn relation(range: &RangeVar) -> Name {
    named(&range.schemaname, &range.relname)
}

/// The strings of a list, in order.
pub(crate) fn strings(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(string).collect()
}

pub(crate) fn string(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::String(text) => Some(text.sval.clone()),
        _ => None,
    }
}

/// A dotted name as a list of strings.
pub(crate) fn dotted(nodes: &[Node]) -> Name {
    match strings(nodes).as_slice() {
        [.., schema, name] => named(schema, name),
        [name] => named("", name),
        [] => Name::default(),
    }
}

/// The dotted name that a `DROP` lists.
pub(crate) fn listed(node: &Node) -> Option<Name> {
    match node.node.as_ref()? {
        NodeEnum::List(list) => Some(dotted(&list.items)),
        NodeEnum::TypeName(ty) => Some(dotted(&ty.names)),
        NodeEnum::ObjectWithArgs(function) => Some(dotted(&function.objname)),
        NodeEnum::String(text) => Some(named("", &text.sval)),
        _ => None,
    }
}

pub(crate) fn node(node: NodeEnum) -> Node {
    Node { node: Some(node) }
}

pub(crate) fn constraint(node: &Node) -> Option<&Constraint> {
    match node.node.as_ref()? {
        NodeEnum::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}

/// A whole number.
pub(crate) fn number(node: &Node) -> Option<i32> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Ival(value) => Some(value.ival),
            _ => None,
        },
        NodeEnum::Integer(value) => Some(value.ival),
        _ => None,
    }
}

/// An option of a parenthesised list or of `WITH`, by name.
pub(crate) fn option<'a>(options: &'a [Node], name: &str) -> Option<&'a protobuf::DefElem> {
    options.iter().find_map(|option| match option.node.as_ref()? {
        NodeEnum::DefElem(element) if element.defname == name => Some(&**element),
        _ => None,
    })
}

/// Whether an option is on: named without a value, or with one that means it.
pub(crate) fn switched_on(options: &[Node], name: &str) -> bool {
    option(options, name).is_some_and(|element| {
        match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
            None => true,
            Some(NodeEnum::Boolean(value)) => value.boolval,
            Some(NodeEnum::Integer(value)) => value.ival != 0,
            Some(NodeEnum::String(text)) => !matches!(text.sval.as_str(), "false" | "off" | "0"),
            Some(_) => false,
        }
    })
}

/// The column that `column IS NOT NULL` says never to be null.
pub(crate) fn proved_not_null(expression: Option<&Node>) -> Option<String> {
    let NodeEnum::NullTest(test) = expression?.node.as_ref()? else { return None };
    if test.nulltesttype() != protobuf::NullTestType::IsNotNull {
        return None;
    }
    let NodeEnum::ColumnRef(column) = test.arg.as_ref()?.node.as_ref()? else { return None };
    strings(&column.fields).pop()
}

/// A column type, with its modifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeRef {
    /// Canonical name (`int4`, `varchar`), without the schema.
    pub(crate) name: Name,
    pub(crate) modifiers: Vec<i32>,
    pub(crate) array: bool,
}

impl TypeRef {
    pub(crate) fn of(ty: &TypeName) -> Self {
        let (schema, name) = dotted(&ty.names);
        let schema = if schema == "pg_catalog" { String::new() } else { schema };
        Self {
            name: (schema, name),
            modifiers: ty.typmods.iter().filter_map(number).collect(),
            array: !ty.array_bounds.is_empty(),
        }
    }

    /// Name of a type of PostgreSQL's own, when it is no array.
    pub(crate) fn plain(&self) -> &str {
        if self.array || !self.name.0.is_empty() { "" } else { &self.name.1 }
    }

    /// As people write it.
    pub(crate) fn words(&self) -> String {
        let name = match self.name.1.as_str() {
            "int2" => "smallint".to_owned(),
            "int4" => "integer".to_owned(),
            "int8" => "bigint".to_owned(),
            "float4" => "real".to_owned(),
            "float8" => "double precision".to_owned(),
            "bool" => "boolean".to_owned(),
            "bpchar" => "char".to_owned(),
            _ => words(&self.name),
        };
        let numbers: Vec<String> = self.modifiers.iter().map(ToString::to_string).collect();
        let modifiers = if numbers.is_empty() { String::new() } else { format!("({})", numbers.join(",")) };
        format!("{name}{modifiers}{}", if self.array { "[]" } else { "" })
    }
}
