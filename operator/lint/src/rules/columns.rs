//! Columns that come, change and go.

use datamodel::Span;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableType, ColumnDef, ConstrType, Constraint, DropBehavior, Node,
};

use super::alter::Target;
use super::{constraints, since, style};
use crate::Code;
use crate::catalog::{Column, Validity};
use crate::file::{Lock, Scope};
use crate::rewrite::{
    add as add_command, alter, bounded, command, made, not_valid, parts, set_not_null as proved,
    unique_index, using_index, validate,
};
use crate::tree::{TypeRef, constraint, proved_not_null, relation, strings, words};
use crate::types::{self, Work};

/// Types that are a number and a sequence.
pub(super) const SERIALS: &[&str] = &["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

/// What stands behind a column's name and type.
pub(super) struct Traits<'a> {
    pub(super) ty: Option<TypeRef>,
    pub(super) default: Option<&'a Node>,
    pub(super) generated: Option<&'a Constraint>,
    pub(super) identity: bool,
    pub(super) serial: bool,
    pub(super) not_null: bool,
    /// Checks, keys and references.
    pub(super) constraints: Vec<&'a Constraint>,
}

impl<'a> Traits<'a> {
    pub(super) fn of(column: &'a ColumnDef) -> Self {
        let ty = column.type_name.as_ref().map(TypeRef::of);
        let serial = ty.as_ref().is_some_and(|ty| SERIALS.contains(&ty.plain()));
        let mut traits = Self {
            ty,
            default: None,
            generated: None,
            identity: false,
            serial,
            not_null: false,
            constraints: Vec::new(),
        };
        for constraint in column.constraints.iter().filter_map(constraint) {
            match constraint.contype() {
                ConstrType::ConstrDefault => traits.default = constraint.raw_expr.as_deref(),
                ConstrType::ConstrGenerated => traits.generated = Some(constraint),
                ConstrType::ConstrIdentity => traits.identity = true,
                ConstrType::ConstrNotnull => traits.not_null = true,
                ConstrType::ConstrPrimary => {
                    traits.not_null = true;
                    traits.constraints.push(constraint);
                }
                ConstrType::ConstrCheck | ConstrType::ConstrUnique | ConstrType::ConstrForeign => {
                    traits.constraints.push(constraint);
                }
                _ => {}
            }
        }
        traits
    }

    pub(super) fn column(&self) -> Column {
        Column { ty: self.ty.clone(), not_null: self.not_null || self.identity || self.serial }
    }

    /// Written when it is computed, not when it is read.
    fn stored(&self) -> bool {
        self.generated.is_some_and(|generated| generated.generated_kind != "v")
    }
}

pub(super) fn add(scope: &mut Scope<'_>, target: &Target<'_>, column: &ColumnDef, span: Span) {
    let traits = Traits::of(column);
    style::column(scope, column, &traits, span);
    if traits.generated.is_some() && !traits.stored() {
        since(scope, 18, span, "columns that are `VIRTUAL`");
    }
    if scope.lock(&target.name, Lock::All) {
        rewrites(scope, target, column, &traits, span);
        required(scope, target, column, &traits, span);
        if traits.ty.as_ref().is_some_and(|ty| ty.plain() == "json") {
            let message =
                format!("`{}` has a column from now on that cannot be compared.", words(&target.name));
            scope.find(Code::AddJsonColumn, span, message);
        }
        for constraint in &traits.constraints {
            constrained(scope, target, column, &traits, constraint, span);
        }
    }
    for constraint in &traits.constraints {
        constraints::remember(scope, target, constraint, std::slice::from_ref(&column.colname), span);
    }
    scope.catalog.table(&target.name).columns.insert(column.colname.clone(), traits.column());
}

/// The column without what makes it slow, and the default for new rows by itself.
fn bare(target: &Target<'_>, column: &ColumnDef, kept: &[ConstrType]) -> Option<String> {
    let mut bare = column.clone();
    bare.constraints
        .retain(|node| constraint(node).is_some_and(|constraint| kept.contains(&constraint.contype())));
    alter(
        target.range,
        vec![command(AlterTableType::AtAddColumn, "", Some(NodeEnum::ColumnDef(Box::new(bare))))],
    )
}

/// The parts that make a filled column required.
fn then_required(scope: &Scope<'_>, target: &Target<'_>, column: &str) -> Vec<Option<String>> {
    let mut later = proved(target.range, column, scope.options);
    if let Some(Some(first)) = later.first_mut() {
        *first = format!("-- when the old rows are filled, in batches:\n{first}");
    }
    later
}

fn rewrites(scope: &mut Scope<'_>, target: &Target<'_>, column: &ColumnDef, traits: &Traits<'_>, span: Span) {
    let name = &column.colname;
    let volatile = traits.default.and_then(|default| types::volatile(default, scope.catalog));
    let domain = traits.ty.as_ref().filter(|ty| scope.catalog.constrained_domains.contains(&ty.name));
    let why = if traits.stored() {
        "it is generated and stored".to_owned()
    } else if traits.identity {
        "it is an identity, a number for each row".to_owned()
    } else if traits.serial {
        "a serial is a number for each row".to_owned()
    } else if let Some(function) = &volatile {
        format!("`{function}()` may give each row another value")
    } else if let Some(domain) = domain {
        format!("the domain `{}` has a constraint to check", domain.words())
    } else {
        return;
    };
    scope.slow = true;
    let mut instead = Vec::new();
    if let (Some(default), Some(_)) = (traits.default, &volatile) {
        let fast = [ConstrType::ConstrNull];
        let set = command(AlterTableType::AtColumnDefault, name, default.node.clone());
        let mut steps =
            vec![bounded(&[bare(target, column, &fast), alter(target.range, vec![set])], scope.options)];
        if traits.not_null {
            steps.extend(then_required(scope, target, name));
        }
        instead = parts(steps);
    }
    let table = words(&target.name);
    let message = format!("`{table}` is written anew, locked, to give `{name}` its values: {why}.");
    scope.instead(Code::AddColumnRewrite, span, message, instead);
}

fn required(scope: &mut Scope<'_>, target: &Target<'_>, column: &ColumnDef, traits: &Traits<'_>, span: Span) {
    let filled = traits.default.is_some() || traits.generated.is_some() || traits.identity || traits.serial;
    if !traits.not_null || filled {
        return;
    }
    let mut steps = vec![bounded(&[bare(target, column, &[ConstrType::ConstrNull])], scope.options)];
    steps.extend(then_required(scope, target, &column.colname));
    let message = format!(
        "`{}` of `{}` is required and has no default: this fails when there are rows, and inserts that do not name it \
         fail from now on.",
        column.colname,
        words(&target.name)
    );
    scope.instead(Code::RequiredColumn, span, message, parts(steps));
}

/// A constraint that comes with a column.
fn constrained(
    scope: &mut Scope<'_>,
    target: &Target<'_>,
    column: &ColumnDef,
    traits: &Traits<'_>,
    constraint: &Constraint,
    span: Span,
) {
    let (name, table) = (&column.colname, words(&target.name));
    let kept = [ConstrType::ConstrDefault, ConstrType::ConstrNotnull, ConstrType::ConstrNull];
    let first = bounded(&[bare(target, column, &kept)], scope.options);
    // Later parts are only free of findings when the column itself is.
    let sound = !(traits.serial || traits.identity || traits.generated.is_some())
        && (!traits.not_null || traits.default.is_some())
        && traits.default.is_none_or(|default| types::volatile(default, scope.catalog).is_none());
    let keyed = |keys: &Constraint| Constraint { keys: vec![crate::rewrite::text(name)], ..keys.clone() };
    match constraint.contype() {
        ConstrType::ConstrCheck => {
            scope.slow = true;
            let label = constraints::label(target, constraint, std::slice::from_ref(name));
            let later =
                bounded(&[alter(target.range, vec![add_constraint(constraint, &label)])], scope.options);
            let last = bounded(&[alter(target.range, vec![validate(&label)])], scope.options);
            let message = format!("`{table}` is read as a whole, locked, to check the new column `{name}`.");
            let instead = if sound { parts([first, later, last]) } else { Vec::new() };
            scope.instead(Code::AddCheck, span, message, instead);
        }
        ConstrType::ConstrUnique => {
            scope.slow = true;
            let label = constraints::label(target, constraint, std::slice::from_ref(name));
            let index = unique_index(target.range, &label, &keyed(constraint));
            let last = bounded(
                &[alter(target.range, vec![add_command(using_index(constraint, &label))])],
                scope.options,
            );
            let message = format!("The index of `{name}` is built while nobody can read `{table}`.");
            let instead =
                if sound && !scope.session.wrapped() { parts([first, index, last]) } else { Vec::new() };
            scope.instead(Code::AddUnique, span, message, instead);
        }
        ConstrType::ConstrPrimary => {
            scope.slow = true;
            let message = format!("The index of the key `{name}` is built while nobody can read `{table}`.");
            scope.find(Code::AddPrimaryKey, span, message);
        }
        ConstrType::ConstrForeign => {
            let Some(parent) = constraint.pktable.as_ref().map(relation) else { return };
            let other = scope.lock(&parent, Lock::Writes);
            if traits.default.is_some() {
                scope.slow = true;
                let message = format!(
                    "`{table}` is read as a whole, locked, to find each value in `{}`.",
                    words(&parent)
                );
                scope.find(Code::AddForeignKey, span, message);
            } else if other {
                let message = format!(
                    "Writes on `{}` wait until the transaction ends, as does everything on `{table}`.",
                    words(&parent)
                );
                scope.find(Code::ReferencesExisting, span, message);
            }
        }
        _ => {}
    }
}

fn add_constraint(constraint: &Constraint, label: &str) -> AlterTableCmd {
    add_command(not_valid(constraint, label))
}

pub(super) fn change_type(
    scope: &mut Scope<'_>,
    target: &Target<'_>,
    name: &str,
    column: &ColumnDef,
    span: Span,
) {
    let Some(new) = column.type_name.as_ref().map(TypeRef::of) else { return };
    style::ty(scope, name, &new, span);
    if scope.lock(&target.name, Lock::All) {
        let old = scope.catalog.column(&target.name, name).and_then(|column| column.ty.clone());
        let converted = column.raw_default.as_deref().is_some_and(|using| !is_plain_cast(using, name, &new));
        let work = if converted { Work::Rewrite } else { types::change(old.as_ref(), &new, scope.catalog) };
        let table = words(&target.name);
        let message = match (&work, &old) {
            (Work::Nothing, _) if column.coll_clause.is_some() => Some(format!(
                "Indexes on `{name}` of `{table}` are built anew for the other collation, locked."
            )),
            (Work::Nothing, _) => None,
            (Work::Unless(types), _) => {
                Some(format!("`{table}` is written anew, locked, unless `{name}` is {types} now."))
            }
            (Work::Rewrite, _) if converted => Some(format!(
                "`{table}` is written anew, locked: each `{name}` is computed by an expression."
            )),
            (Work::Rewrite, Some(old)) => Some(format!(
                "`{table}` is written anew, locked: `{name}` is stored as {} and becomes {}.",
                old.words(),
                new.words()
            )),
            (Work::Rewrite, None) => {
                Some(format!("`{table}` is written anew, locked: `{name}` becomes {}.", new.words()))
            }
        };
        if let Some(message) = message {
            scope.slow = true;
            let beside = ColumnDef {
                colname: made("", name, "new").trim_start_matches('_').to_owned(),
                type_name: column.type_name.clone(),
                coll_clause: column.coll_clause.clone(),
                is_local: true,
                ..ColumnDef::default()
            };
            let instead = bounded(&[bare(target, &beside, &[])], scope.options);
            scope.instead(Code::ChangeColumnType, span, message, instead.into_iter().collect());
        }
    }
    scope.catalog.table(&target.name).columns.entry(name.to_owned()).or_default().ty = Some(new);
}

/// `USING column::type` is what happens without it.
fn is_plain_cast(using: &Node, column: &str, new: &TypeRef) -> bool {
    let Some(NodeEnum::TypeCast(cast)) = &using.node else { return false };
    let same_type = cast.type_name.as_ref().is_some_and(|ty| TypeRef::of(ty) == *new);
    let inner = cast.arg.as_ref().and_then(|arg| arg.node.as_ref());
    same_type && matches!(inner, Some(NodeEnum::ColumnRef(inner)) if strings(&inner.fields) == [column])
}

pub(super) fn set_not_null(scope: &mut Scope<'_>, target: &Target<'_>, name: &str, span: Span) {
    if scope.lock(&target.name, Lock::All) {
        let table = scope.catalog.table(&target.name);
        let proof = table.unknown_validated
            || table.columns.get(name).is_some_and(|column| column.not_null)
            || table.constraints.values().any(|constraint| {
                constraint.validity == Validity::Valid && constraint.proves.as_deref() == Some(name)
            });
        if !proof {
            scope.slow = true;
            let message = format!(
                "`{}` is read as a whole, locked, to see that no `{name}` is null.",
                words(&target.name)
            );
            let instead = parts(proved(target.range, name, scope.options));
            scope.instead(Code::SetNotNull, span, message, instead);
        }
    }
    scope.catalog.table(&target.name).columns.entry(name.to_owned()).or_default().not_null = true;
}

pub(super) fn drop_not_null(scope: &mut Scope<'_>, target: &Target<'_>, name: &str, span: Span) {
    if scope.lock(&target.name, Lock::All) {
        let message = format!("`{name}` of `{}` may be null from now on.", words(&target.name));
        scope.find(Code::DropNotNull, span, message);
    }
    scope.catalog.table(&target.name).columns.entry(name.to_owned()).or_default().not_null = false;
}

pub(super) fn drop_default(scope: &mut Scope<'_>, target: &Target<'_>, name: &str, span: Span) {
    if scope.lock(&target.name, Lock::All) {
        let message = format!(
            "Inserts into `{}` that leave `{name}` out get no value for it from now on.",
            words(&target.name)
        );
        scope.find(Code::DropDefault, span, message);
    }
}

pub(super) fn drop(scope: &mut Scope<'_>, target: &Target<'_>, command: &AlterTableCmd, span: Span) {
    if scope.lock(&target.name, Lock::All) {
        let message = format!("`{}` of `{}` is dropped with every value.", command.name, words(&target.name));
        scope.find(Code::DropColumn, span, message);
        if command.behavior() == DropBehavior::DropCascade {
            let message = format!("Whatever depends on `{}` is dropped, too.", command.name);
            scope.find(Code::DropCascade, span, message);
        }
    }
    let table = scope.catalog.table(&target.name);
    table.columns.remove(&command.name);
    table.indexes.retain(|columns| !columns.contains(&command.name));
    scope.catalog.forget_column(&target.name, &command.name);
}

/// The column that a check proves never to be null.
pub(super) fn proves(constraint: &Constraint) -> Option<String> {
    match constraint.contype() {
        ConstrType::ConstrCheck => proved_not_null(constraint.raw_expr.as_deref()),
        ConstrType::ConstrNotnull => strings(&constraint.keys).pop(),
        _ => None,
    }
}
