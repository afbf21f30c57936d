//! What client code calls the keys of a model.

use super::ast::{Call, Value};
use super::codes;
use super::models::Draft;
use super::seen::Seen;
use crate::Diagnostic;
use crate::findings::Findings;

/// Reports keys whose names client code could not tell apart.
pub(crate) fn check(draft: &Draft<'_, '_>, diagnostics: &mut Findings) {
    let mut seen = Seen::default();
    let compound = draft.block.attributes.iter().filter(|found| matches!(found.name.text, "id" | "unique"));
    for attribute in compound {
        let argument = |name: &str| {
            let named = attribute
                .arguments
                .iter()
                .find(|argument| argument.name.is_some_and(|given| given.text == name));
            named.map(|argument| &argument.value.value)
        };
        let first = attribute.arguments.first().filter(|argument| argument.name.is_none());
        let fields = argument("fields").or(first.map(|argument| &argument.value.value));
        let joined = match fields {
            Some(Value::Array(items)) if items.len() > 1 => {
                let names = items.iter().map(|item| match item.value {
                    Value::Constant(name) | Value::Function(&Call { name, .. }) => name,
                    _ => "",
                });
                names.collect::<Vec<_>>().join("_")
            }
            _ => String::new(),
        };
        let given = if let Some(Value::Text(name)) = argument("name") { Some(&**name) } else { None };
        let field = |name: &&str| draft.members.contains(name);
        let unnamed = attribute.name.text == "id" || given.is_none();
        let clash = given.filter(field).or(Some(joined.as_str()).filter(|_| unnamed).filter(field));
        let message = if let Some(name) = clash {
            format!("Client code would call this key `{name}`, which is a field of the model.")
        } else if let Some(name) = given.filter(|name| !seen.insert(name)) {
            format!("Another key of the model is called `{name}`.")
        } else {
            continue;
        };
        let found = Diagnostic::error(codes::NAME_CLASH, attribute.span(), message);
        diagnostics.push(found.help("Give it another name with `name`, or rename the field."));
    }
}
