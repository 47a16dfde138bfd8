//! The shape of a JSON body, read off the document, and the two liberties of
//! serde that it takes back: an array in the place of an object, whose items
//! would fill the fields by their order, and null in the place of a value that
//! the document never lets be null, which would be taken for an absent one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// How deep shapes are followed: deeper than any body, and not for ever.
const FOLLOWED_DEPTH: usize = 16;
/// The type of null.
const NULL: &str = "null";
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

/// Of a schema of the document what shapes are made of. The rest, which is most of it,
/// is passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Schema<'d> {
    #[serde(rename = "$ref", borrow)]
    reference: Option<&'d str>,
    #[serde(rename = "oneOf")]
    one_of: Option<Vec<Self>>,
    properties: Option<NamedSchemas<'d>>,
    items: Option<Box<Self>>,
    #[serde(rename = "type")]
    kind: Option<Kind<'d>>,
}

/// Schemas by their names.
pub(crate) type NamedSchemas<'d> = BTreeMap<&'d str, Schema<'d>>;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Kind<'d> {
    #[serde(borrow)]
    One(&'d str),
    AnyOf(Vec<&'d str>),
}

impl Schema<'_> {
    fn is_null(&self) -> bool {
        matches!(self.kind, Some(Kind::One(NULL)))
    }

    /// A schema that names no type allows any.
    fn may_be_null(&self) -> bool {
        match &self.kind {
            None => true,
            Some(Kind::One(kind)) => *kind == NULL,
            Some(Kind::AnyOf(kinds)) => kinds.contains(&NULL),
        }
    }
}

impl Shape {
    /// That of anything.
    const ANY: Self = Self { nullable: true, form: Form::Other };

    /// The shape of a schema of the document; `named` are its components.
    pub(crate) fn of(schema: &Schema<'_>, named: &NamedSchemas<'_>) -> Self {
        Self::at_depth(schema, named, 0)
    }

    fn at_depth(schema: &Schema<'_>, named: &NamedSchemas<'_>, depth: usize) -> Self {
        if depth == FOLLOWED_DEPTH {
            return Self::ANY;
        }
        let follow = |schema| Self::at_depth(schema, named, depth + 1);
        if let Some(reference) = schema.reference {
            let name = reference.strip_prefix(NAMED).unwrap_or_default();
            return named.get(name).map_or(Self::ANY, follow);
        }
        if let Some(choices) = &schema.one_of {
            let nullable = choices.iter().any(Schema::is_null);
            let mut others = choices.iter().filter(|choice| !choice.is_null());
            return match (others.next(), others.next()) {
                (Some(only), None) => Self { nullable, ..follow(only) },
                _ => Self::ANY,
            };
        }
        let form = if let Some(fields) = &schema.properties {
            let fields = fields.iter().map(|(name, schema)| ((*name).to_owned(), follow(schema)));
            Form::Object(fields.collect())
        } else if let Some(items) = &schema.items {
            Form::List(Box::new(follow(items)))
        } else {
            Form::Other
        };
        Self { nullable: schema.may_be_null(), form }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

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
        shape("Run", &named)
    }

    /// As it is read off a document.
    fn shape(name: &str, named: &Value) -> Shape {
        let named = named.to_string();
        let reference = json!({"$ref": format!("{NAMED}{name}")}).to_string();
        let schema = serde_json::from_str(&reference).unwrap();
        Shape::of(&schema, &serde_json::from_str(&named).unwrap())
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
        let knot = shape("Knot", &named);
        assert_eq!(knot.mismatch(&json!({"knot": {"knot": null}})).as_deref(), Some("/knot/knot"));
    }
}
