//! Reads query strings: strict UTF-8, no unknown names, and every fault with
//! the name of its parameter. Knows no nouns.

use std::cell::RefCell;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::value::{Error as ValueError, MapDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};

use crate::extract::quoted_name;
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};

/// The query string read into `T`.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_query(req.query_string()).map(Self))
    }
}

fn read_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let pairs = decode_pairs(query)?;
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    read_pairs(pairs).map_err(|(name, fault)| match fault {
        Fault::UnknownField => {
            ApiError::Malformed(unknown_parameter((!name.is_empty()).then_some(&name)))
        }
        fault => ApiError::parameter(&name, fault),
    })
}

/// Reads texts into the fields of these names. The fault comes with the name of
/// its field, which is empty where that must not be repeated.
pub(crate) fn read_pairs<'a, T: DeserializeOwned>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<T, (String, Fault)> {
    let current = RefCell::new("");
    let entries = pairs.map(|(name, value)| {
        current.replace(name);
        (name, Value(value))
    });
    T::deserialize(MapDeserializer::new(entries)).map_err(|error: ValueError| {
        let message = error.to_string();
        let fault = Fault::read(&message);
        let name = match fault {
            Fault::UnknownField | Fault::Missing => quoted_name(&message).unwrap_or_default(),
            _ => *current.borrow(),
        };
        (name.to_owned(), fault)
    })
}

/// A name that is not repeated unless it is short and plain.
pub(crate) fn unknown_parameter(name: Option<&str>) -> FaultItem {
    let fault = Fault::UnknownParameter;
    let item = FaultItem::of(fault.code(), fault.detail());
    FaultItem { parameter: name.map(str::to_owned), ..item }
}

/// The decoded pairs of a query string.
pub(crate) fn decode_pairs(query: &str) -> ApiResult<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> ApiResult<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let byte = rest.get(..2).and_then(hex_byte).ok_or_else(bad_escape)?;
                bytes.push(byte);
                rest = rest.get(2..).unwrap_or_default();
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| bad_escape())
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    // from_str_radix takes a sign; an escape does not.
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
    u8::from_str_radix(digits, 16).ok()
}

fn bad_escape() -> ApiError {
    let detail = "The query string is not UTF-8 in percent-encoding.";
    ApiError::Malformed(FaultItem::of(Fault::InvalidUtf8.code(), detail))
}

/// One value, read as whatever the field wants.
struct Value<'a>(&'a str);

impl<'de> IntoDeserializer<'de, ValueError> for Value<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            let value = self.0.parse().map_err(|_| <ValueError as de::Error>::custom(Fault::InvalidType))?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let value: de::value::StrDeserializer<'_, ValueError> = self.0.into_deserializer();
        value.deserialize_enum(name, variants, visitor)
    }

    parsed!(
        deserialize_bool visit_bool,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_i64 visit_i64,
    );

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use crate::fields::Time;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Question {
        from: Time,
        limit: Option<u32>,
        note: Option<String>,
    }

    fn fault(query: &str) -> (Option<String>, String) {
        match read_query::<Question>(query).unwrap_err() {
            ApiError::Malformed(item) => (item.parameter, item.code.into_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_are_decoded_and_an_unescaped_offset_is_understood() {
        let question: Question =
            read_query("from=2026-01-01T03:00:00+03:00&limit=5&note=%D0%B0+b").unwrap();
        assert_eq!(question.from.0.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!((question.limit, question.note.as_deref()), (Some(5), Some("а b")));
    }

    #[test]
    fn each_fault_names_its_parameter() {
        let at = |name: &str, code: &str| (Some(name.to_owned()), code.to_owned());
        assert_eq!(fault("from=noon"), at("from", "not_a_time"));
        assert_eq!(fault("limit=1"), at("from", "missing"));
        assert_eq!(fault("from=2026-01-01T00:00:00Z&limit=x"), at("limit", "invalid_type"));
        assert_eq!(fault("from=2026-01-01T00:00:00Z&x=1"), at("x", "unknown_parameter"));
        assert_eq!(fault("note=%ff"), (None, "invalid_utf8".to_owned()));
        assert_eq!(fault("note=%+1"), (None, "invalid_utf8".to_owned()));
    }
}
