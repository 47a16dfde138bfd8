//! The shape of a JSON body, read off the document, and the two liberties of
//! serde that it takes back: an array in the place of an object, whose items
//! would fill the fields by their order, and null in the place of a value that
//! the document never lets be null, which would be taken for an absent one.

use std::collections::BTreeMap;

use serde_json::Value;

/// How deep shapes are followed: deeper than any body, and not for ever.
const FOLLOWED_DEPTH: usize = 16;
/// Where the document keeps its named shapes.
const NAMED: &str = "#/components/schemas/";

/// What a value must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    nullable: bool,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Object(BTreeMap<String, Shape>),
    List(Box<Shape>),
    /// Something serde is strict about, or that has several shapes.
    Other,
}

impl Shape {
    /// The shape of a schema of the document; `named` are its components.
    pub(crate) fn of(schema: &Value, named: &Value) -> Self {
        Self::at_depth(schema, named, 0)
    }

    fn at_depth(schema: &Value, named: &Value, depth: usize) -> Self {
        if depth == FOLLOWED_DEPTH {
            return Self { nullable: true, form: Form::Other };
        }
        let follow = |schema| Self::at_depth(schema, named, depth + 1);
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.strip_prefix(NAMED).unwrap_or_default();
            return follow(&named[name]);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let nullable = choices.iter().any(is_null);
            let mut others = choices.iter().filter(|choice| !is_null(choice));
            return match (others.next(), others.next()) {
                (Some(only), None) => Self { nullable, ..follow(only) },
                _ => Self { nullable: true, form: Form::Other },
            };
        }
        let form = if let Some(fields) = schema["properties"].as_object() {
            let fields = fields.iter().map(|(name, schema)| (name.clone(), follow(schema)));
            Form::Object(fields.collect())
        } else if schema["items"].is_object() {
            Form::List(Box::new(follow(&schema["items"])))
        } else {
            Form::Other
        };
        Self { nullable: may_be_null(&schema["type"]), form }
    }

    /// The shape of each item, if it is one of a list.
    pub(crate) fn item(&self) -> Option<&Self> {
        match &self.form {
            Form::List(item) => Some(item),
            Form::Object(_) | Form::Other => None,
        }
    }

    /// The pointer to the first place of `value` that has another shape.
    pub(crate) fn mismatch(&self, value: &Value) -> Option<String> {
        if value.is_null() {
            return (!self.nullable).then(String::new);
        }
        match (&self.form, value) {
            (Form::Object(fields), Value::Object(members)) => {
                fields.iter().find_map(|(name, shape)| {
                    let found = shape.mismatch(members.get(name)?)?;
                    Some(format!("/{name}{found}"))
                })
            }
            (Form::List(shape), Value::Array(items)) => {
                items.iter().enumerate().find_map(|(index, item)| {
                    let found = shape.mismatch(item)?;
                    Some(format!("/{index}{found}"))
                })
            }
            (Form::Object(_) | Form::List(_), _) => Some(String::new()),
            (Form::Other, _) => None,
        }
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// A schema that names no type allows any.
fn may_be_null(kind: &Value) -> bool {
    match kind {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
        kind => kind == "null",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run() -> Shape {
        let named = json!({
            "Visit": {
                "type": "object",
                "properties": {"seconds": {"type": "integer"}, "note": {"type": ["string", "null"]}},
            },
            "Run": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "best": {"oneOf": [{"$ref": "#/components/schemas/Visit"}, {"type": "null"}]},
                    "visits": {"type": "array", "items": {"$ref": "#/components/schemas/Visit"}},
                    "extra": {"type": "object"},
                },
            },
        });
        Shape::of(&json!({"$ref": "#/components/schemas/Run"}), &named)
    }

    #[test]
    fn what_the_document_allows_has_no_mismatch() {
        for fine in [
            json!({}),
            json!({"name": "a", "best": null, "visits": [], "extra": {"a": null}}),
            json!({"best": {"note": null}, "visits": [{"seconds": 1, "note": null}], "x": null}),
        ] {
            assert_eq!(run().mismatch(&fine), None, "{fine}");
        }
    }

    #[test]
    fn arrays_for_objects_and_nulls_for_values_are_found_where_they_are() {
        for (wrong, place) in [
            (json!(["a", null]), ""),
            (json!(null), ""),
            (json!({"name": null}), "/name"),
            (json!({"best": [1]}), "/best"),
            (json!({"visits": null}), "/visits"),
            (json!({"visits": [{"seconds": 1}, [1]]}), "/visits/1"),
            (json!({"visits": [{"seconds": null}]}), "/visits/0/seconds"),
        ] {
            assert_eq!(run().mismatch(&wrong).as_deref(), Some(place), "{wrong}");
        }
    }

    #[test]
    fn a_shape_within_itself_comes_to_an_end() {
        let named = json!({"Knot": {
            "type": "object",
            "properties": {"knot": {"$ref": "#/components/schemas/Knot"}},
        }});
        let knot = Shape::of(&json!({"$ref": "#/components/schemas/Knot"}), &named);
        assert_eq!(knot.mismatch(&json!({"knot": {"knot": null}})).as_deref(), Some("/knot/knot"));
    }
}
