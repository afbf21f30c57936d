//! Random edits.

use super::{Arity, World, indexable, words};
use crate::generate::Random;

impl World {
    /// The same datamodel after a few edits.
    pub(crate) fn edited(&self, random: &mut Random) -> Self {
        let mut world = self.clone();
        world.forget_hints();
        for _ in 0..=random.below(8) {
            world.edit(random);
        }
        world
    }

    fn forget_hints(&mut self) {
        self.enums.iter_mut().for_each(|found| found.renamed_from = None);
        for model in &mut self.models {
            model.renamed_from = None;
            model.fields.iter_mut().for_each(|field| field.renamed_from = None);
        }
    }

    fn edit(&mut self, random: &mut Random) {
        let at = random.below(self.models.len());
        match random.below(26) {
            0 => self.add_model(random),
            1 if self.models.len() > 1 => self.drop_model(at),
            2 => self.add_relation(random),
            3 if !self.relations.is_empty() => {
                let gone = random.below(self.relations.len());
                self.relations.remove(gone);
            }
            4 if !self.relations.is_empty() => self.change_relation(random),
            5 => self.add_link(random),
            6 if !self.links.is_empty() => {
                let gone = random.below(self.links.len());
                self.links.remove(gone);
            }
            7 => self.add_enum(random),
            8 => self.drop_enum(random),
            9..=11 => self.change_enum(random),
            12 => {
                let model = self.models[at].clone();
                let index = self.index(&model, random);
                self.models[at].indexes.extend(index);
            }
            13 if !self.models[at].indexes.is_empty() => {
                let gone = random.below(self.models[at].indexes.len());
                self.models[at].indexes.remove(gone);
            }
            14 => {
                let name = self.fresh(words::STORED, random);
                if let Some(index) = self.models[at].indexes.first_mut() {
                    index.map = Some(name);
                }
            }
            15 => self.change_key(at, random),
            16 => self.rename_model(at, random),
            17 | 18 => {
                let field = self.field(random);
                self.models[at].fields.push(field);
            }
            _ => self.change_field(at, random),
        }
    }

    fn drop_model(&mut self, at: usize) {
        let name = self.models.remove(at).name;
        self.relations.retain(|relation| relation.from != name && relation.to != name);
        self.links.retain(|link| link.a != name && link.b != name);
    }

    fn change_relation(&mut self, random: &mut Random) {
        let at = random.below(self.relations.len());
        let map = self.fresh(words::STORED, random);
        let relation = &mut self.relations[at];
        match random.below(4) {
            0 => relation.on_delete = Some("Cascade"),
            1 => {
                relation.optional = !relation.optional;
                relation.on_delete = None;
                relation.on_update = None;
            }
            2 => relation.one = !relation.one,
            _ if self.provider == datamodel::Provider::PostgreSql => relation.map = Some(map),
            _ => relation.on_update = Some("Cascade"),
        }
    }

    fn drop_enum(&mut self, random: &mut Random) {
        if self.enums.is_empty() {
            return;
        }
        let gone = random.below(self.enums.len());
        let name = self.enums.remove(gone).name;
        let mut models = std::mem::take(&mut self.models);
        for field in models.iter_mut().flat_map(|model| &mut model.fields) {
            if field.ty == name {
                self.retype(field, random);
            }
        }
        self.models = models;
        self.drop_unfit_indexes();
    }

    fn change_enum(&mut self, random: &mut Random) {
        if self.enums.is_empty() {
            return;
        }
        let at = random.below(self.enums.len());
        match random.below(4) {
            0 | 1 => {
                let value = self.fresh(words::VALUES, random);
                let values = &mut self.enums[at].values;
                values.insert(random.below(values.len() + 1), value);
            }
            2 if self.enums[at].values.len() > 1 => {
                let values = &mut self.enums[at].values;
                values.remove(random.below(values.len()));
                self.redefault_enum(at, random);
            }
            3 if self.enums[at].map.is_none() && self.enums[at].renamed_from.is_none() => {
                let old = self.enums[at].name.clone();
                let new = self.fresh(&["Renamed"], random);
                self.enums[at].name.clone_from(&new);
                for field in self.models.iter_mut().flat_map(|model| &mut model.fields) {
                    if field.ty == old {
                        field.ty.clone_from(&new);
                    }
                }
                self.enums[at].renamed_from = Some(old);
            }
            _ => {}
        }
    }

    fn redefault_enum(&mut self, at: usize, random: &mut Random) {
        let name = self.enums[at].name.clone();
        let mut models = std::mem::take(&mut self.models);
        for field in models.iter_mut().flat_map(|model| &mut model.fields) {
            if field.ty == name {
                self.redefault(field, random);
            }
        }
        self.models = models;
    }

    fn change_key(&mut self, at: usize, random: &mut Random) {
        let mut model = self.models[at].clone();
        let old = model.key.clone();
        self.make_key(&mut model, random);
        if random.below(2) == 0 {
            // The old fields go, or one stays under its name with another type.
            model.fields.retain(|field| !old.contains(&field.name));
            if old.len() == 1 && model.key.len() == 1 {
                let mut field = model.fields.remove(0);
                field.name.clone_from(&old[0]);
                model.key.clone_from(&old);
                model.fields.insert(0, field);
            }
        } else {
            for field in model.fields.iter_mut().filter(|field| old.contains(&field.name)) {
                field.default = None;
            }
        }
        model.indexes.retain(|index| {
            index.fields.iter().all(|(name, _)| model.fields.iter().any(|f| f.name == *name))
        });
        if model.key.len() > 1 {
            self.links.retain(|link| link.a != model.name && link.b != model.name);
        }
        self.models[at] = model;
    }

    fn rename_model(&mut self, at: usize, random: &mut Random) {
        if self.models[at].map.is_some() || self.models[at].renamed_from.is_some() {
            return;
        }
        let old = self.models[at].name.clone();
        let new = self.fresh(&["Renamed"], random);
        self.models[at].name.clone_from(&new);
        for relation in &mut self.relations {
            for end in [&mut relation.from, &mut relation.to] {
                if *end == old {
                    end.clone_from(&new);
                }
            }
        }
        for link in &mut self.links {
            for end in [&mut link.a, &mut link.b] {
                if *end == old {
                    end.clone_from(&new);
                }
            }
        }
        self.models[at].renamed_from = Some(old);
    }

    fn change_field(&mut self, at: usize, random: &mut Random) {
        let key = self.models[at].key.clone();
        let others: Vec<usize> = (0..self.models[at].fields.len())
            .filter(|at_field| !key.contains(&self.models[at].fields[*at_field].name))
            .collect();
        if others.is_empty() {
            return;
        }
        let chosen = *random.pick(&others);
        let mut field = self.models[at].fields[chosen].clone();
        match random.below(7) {
            0 => {
                self.models[at].fields.remove(chosen);
                self.drop_unfit_indexes();
                return;
            }
            1 | 2 => self.retype(&mut field, random),
            3 => self.redefault(&mut field, random),
            4 if field.arity != Arity::List => {
                field.arity = if field.arity == Arity::Required { Arity::Optional } else { Arity::Required };
            }
            5 => field.unique = !field.unique && indexable(self.provider, &field),
            6 if field.map.is_none() && field.renamed_from.is_none() => {
                let old = std::mem::take(&mut field.name);
                field.name = self.fresh(&["renamed"], random);
                for index in &mut self.models[at].indexes {
                    for (name, _) in index.fields.iter_mut().filter(|(name, _)| *name == old) {
                        name.clone_from(&field.name);
                    }
                }
                field.renamed_from = Some(old);
            }
            _ => {
                if field.renamed_from.is_none() {
                    field.map = self.map(random);
                }
            }
        }
        self.models[at].fields[chosen] = field;
        self.drop_unfit_indexes();
    }

    fn drop_unfit_indexes(&mut self) {
        let provider = self.provider;
        for model in &mut self.models {
            let fields = &model.fields;
            model.indexes.retain(|index| {
                index.fields.iter().all(|(name, _)| {
                    fields.iter().any(|field| field.name == *name && indexable(provider, field))
                })
            });
        }
    }
}
