//! Random datamodels, and random edits of them. Everything follows from a seed.

use datamodel::Provider;

mod edit;
mod text;
mod words;

pub(crate) use words::Random;

/// A datamodel before it is written down.
#[derive(Debug, Clone)]
pub(crate) struct World {
    provider: Provider,
    enums: Vec<Enum>,
    models: Vec<Model>,
    relations: Vec<Relation>,
    links: Vec<Link>,
    /// Source of names that no other object has.
    names: usize,
    /// Words that were taken as they are.
    used: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Enum {
    name: String,
    map: Option<String>,
    renamed_from: Option<String>,
    values: Vec<String>,
}

#[derive(Debug, Clone)]
struct Model {
    name: String,
    map: Option<String>,
    renamed_from: Option<String>,
    /// Names of the fields of the key.
    key: Vec<String>,
    key_map: Option<String>,
    fields: Vec<Field>,
    indexes: Vec<Index>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arity {
    Required,
    Optional,
    List,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    map: Option<String>,
    renamed_from: Option<String>,
    ty: String,
    native: Option<String>,
    arity: Arity,
    default: Option<String>,
    unique: bool,
}

#[derive(Debug, Clone)]
struct Index {
    unique: bool,
    fields: Vec<(String, bool)>,
    map: Option<String>,
    method: Option<&'static str>,
}

/// A relation with a foreign key in `from`.
#[derive(Debug, Clone)]
struct Relation {
    name: String,
    from: String,
    to: String,
    one: bool,
    optional: bool,
    on_delete: Option<&'static str>,
    on_update: Option<&'static str>,
    map: Option<String>,
    before: bool,
}

#[derive(Debug, Clone)]
struct Link {
    name: String,
    a: String,
    b: String,
}

impl World {
    /// A datamodel of about ten models.
    pub(crate) fn new(provider: Provider, random: &mut Random) -> Self {
        let mut world = Self {
            provider,
            enums: Vec::new(),
            models: Vec::new(),
            relations: Vec::new(),
            links: Vec::new(),
            names: 0,
            used: Vec::new(),
        };
        for _ in 0..random.below(4) {
            world.add_enum(random);
        }
        for _ in 0..random.below(9) + 2 {
            world.add_model(random);
        }
        for _ in 0..random.below(9) {
            world.add_relation(random);
        }
        for _ in 0..random.below(4) {
            world.add_link(random);
        }
        world
    }

    fn postgres(&self) -> bool {
        self.provider == Provider::PostgreSql
    }

    /// Whether there are native types, and names of foreign keys.
    fn server(&self) -> bool {
        self.provider != Provider::Sqlite
    }

    fn fresh(&mut self, words: &[&'static str], random: &mut Random) -> String {
        let word = *random.pick(words);
        if !self.used.contains(&word) && word.len() < 30 {
            self.used.push(word);
            return word.to_owned();
        }
        self.names += 1;
        // What makes a long name its own must come before the place where it is cut.
        if word.len() < 30 { format!("{word}{}", self.names) } else { format!("n{}_{word}", self.names) }
    }

    fn map(&mut self, random: &mut Random) -> Option<String> {
        (random.below(5) == 0).then(|| self.fresh(words::STORED, random))
    }

    fn add_enum(&mut self, random: &mut Random) {
        let name = self.fresh(words::MODELS, random);
        let map = self.map(random);
        let count = random.below(4) + 1;
        let values = (0..count).map(|_| self.fresh(words::VALUES, random)).collect();
        self.enums.push(Enum { name, map, renamed_from: None, values });
    }

    fn add_model(&mut self, random: &mut Random) {
        let mut model = Model {
            name: self.fresh(words::MODELS, random),
            map: self.map(random),
            renamed_from: None,
            key: Vec::new(),
            key_map: None,
            fields: Vec::new(),
            indexes: Vec::new(),
        };
        self.make_key(&mut model, random);
        for _ in 0..random.below(7) {
            let field = self.field(random);
            model.fields.push(field);
        }
        for _ in 0..random.below(3) {
            if let Some(index) = self.index(&model, random) {
                model.indexes.push(index);
            }
        }
        self.models.push(model);
    }

    /// A key of one field, or of two.
    fn make_key(&mut self, model: &mut Model, random: &mut Random) {
        let count = if random.below(5) == 0 { 2 } else { 1 };
        model.key.clear();
        for _ in 0..count {
            let name = self.fresh(words::FIELDS, random);
            let kind = if count == 1 { random.below(6) } else { random.below(4) + 1 };
            let (ty, native, default) = match kind {
                0 => ("Int", None, Some("autoincrement()")),
                1 => ("Int", None, None),
                2 => ("String", None, Some("uuid()")),
                3 if self.postgres() => ("String", Some("Uuid"), Some("dbgenerated(\"gen_random_uuid()\")")),
                4 if self.server() => ("String", Some("VarChar(20)"), Some("cuid()")),
                5 if self.server() => ("BigInt", None, Some("autoincrement()")),
                _ => ("BigInt", None, None),
            };
            model.key.push(name.clone());
            model.fields.insert(
                0,
                Field {
                    map: self.map(random),
                    name,
                    renamed_from: None,
                    ty: ty.to_owned(),
                    native: native.map(str::to_owned),
                    arity: Arity::Required,
                    default: default.map(str::to_owned),
                    unique: false,
                },
            );
        }
        model.key_map = (self.postgres() && random.below(8) == 0).then(|| self.fresh(words::STORED, random));
    }

    fn field(&mut self, random: &mut Random) -> Field {
        let mut field = Field {
            name: self.fresh(words::FIELDS, random),
            map: self.map(random),
            renamed_from: None,
            ty: String::new(),
            native: None,
            arity: Arity::Required,
            default: None,
            unique: false,
        };
        self.retype(&mut field, random);
        field.unique = random.below(6) == 0 && indexable(self.provider, &field);
        field
    }

    /// Another type, arity and default.
    fn retype(&mut self, field: &mut Field, random: &mut Random) {
        if !self.enums.is_empty() && random.below(5) == 0 {
            let chosen = random.below(self.enums.len());
            self.enums[chosen].name.clone_into(&mut field.ty);
            field.native = None;
        } else {
            let (ty, native) = words::ty(self.provider, random);
            ty.clone_into(&mut field.ty);
            field.native = native;
        }
        field.arity = match random.below(6) {
            0 | 1 => Arity::Optional,
            2 if self.postgres() => Arity::List,
            _ => Arity::Required,
        };
        self.redefault(field, random);
        field.unique &= indexable(self.provider, field);
    }

    /// Another default, or none.
    fn redefault(&self, field: &mut Field, random: &mut Random) {
        // MySQL takes none of these but as an expression, which a datamodel cannot say.
        let refused = self.provider == Provider::MySql && matches!(field.ty.as_str(), "Bytes" | "Json");
        field.default = (random.below(5) < 3 && !refused).then(|| self.default_of(field, random));
    }

    fn default_of(&self, field: &Field, random: &mut Random) -> String {
        let found = self.enums.iter().find(|found| found.name == field.ty);
        let one = |random: &mut Random| match found {
            Some(found) => found.values[random.below(found.values.len())].clone(),
            None => words::literal(&field.ty, field.native.as_deref(), random),
        };
        if field.arity == Arity::List {
            let count = random.below(3);
            let values: Vec<String> = (0..count).map(|_| one(random)).collect();
            return format!("[{}]", values.join(", "));
        }
        if field.ty == "DateTime" && random.below(3) == 0 {
            return "now()".to_owned();
        }
        one(random)
    }

    fn index(&mut self, model: &Model, random: &mut Random) -> Option<Index> {
        let fields: Vec<&Field> =
            model.fields.iter().filter(|field| indexable(self.provider, field)).collect();
        let mut chosen: Vec<(String, bool)> = Vec::new();
        for _ in 0..=random.below(3) {
            let field = fields.get(random.below(fields.len().max(1)))?;
            if !chosen.iter().any(|(name, _)| *name == field.name) {
                chosen.push((field.name.clone(), random.below(4) == 0));
            }
        }
        let unique = random.below(3) == 0;
        let hash = self.postgres() && !unique && chosen.len() == 1 && !chosen[0].1 && random.below(5) == 0;
        let hash = hash
            && model.fields.iter().any(|field| {
                field.name == chosen[0].0 && field.native.is_none() && field.arity != Arity::List
            });
        let exists = model.indexes.iter().any(|index| index.unique == unique && index.fields == chosen);
        // An index of the key's fields, or of a unique field, would only repeat one.
        let repeats = chosen.iter().map(|(name, _)| name).eq(model.key.iter())
            || (chosen.len() == 1
                && model.fields.iter().any(|field| field.unique && field.name == chosen[0].0));
        let map = (random.below(4) == 0).then(|| self.fresh(words::STORED, random));
        (!exists && !repeats).then_some(Index { unique, fields: chosen, map, method: hash.then_some("Hash") })
    }

    fn add_relation(&mut self, random: &mut Random) {
        let (from, to) = (random.below(self.models.len()), random.below(self.models.len()));
        let optional = random.below(2) == 0;
        let mut actions = vec!["Cascade", "Restrict", "NoAction"];
        if optional {
            actions.push("SetNull");
        }
        let one = random.below(3) == 0;
        let relation = Relation {
            name: self.fresh(&["rel"], random),
            from: self.models[from].name.clone(),
            to: self.models[to].name.clone(),
            one,
            optional,
            on_delete: (random.below(2) == 0).then(|| *random.pick(&actions)),
            on_update: (random.below(3) == 0).then(|| *random.pick(&actions)),
            map: (self.server() && random.below(5) == 0).then(|| self.fresh(words::STORED, random)),
            before: random.below(2) == 0,
        };
        self.relations.push(relation);
    }

    fn add_link(&mut self, random: &mut Random) {
        let keyed: Vec<String> =
            self.models.iter().filter(|model| model.key.len() == 1).map(|model| model.name.clone()).collect();
        if keyed.is_empty() {
            return;
        }
        let (a, b) = (random.pick(&keyed).clone(), random.pick(&keyed).clone());
        let name = self.fresh(words::LINKS, random);
        self.links.push(Link { name, a, b });
    }
}

/// Whether the field's type has an order, and so can be in a B-tree.
fn indexable(provider: Provider, field: &Field) -> bool {
    let native = field.native.as_deref().unwrap_or_default();
    match provider {
        // Texts and blobs want a length, JSON cannot be in one at all.
        Provider::MySql => field.ty != "Bytes" && field.ty != "Json" && !native.ends_with("Text"),
        Provider::PostgreSql | Provider::Sqlite => !matches!(native, "Json" | "Xml") && field.ty != "Bytes",
    }
}
