//! From JSON to types.
//!
//! The browser has a parser: the client lets it make objects of the text, and reads the types from those. A parser of
//! our own, with the code that each type needs to be read from text, would be a tenth of what a first visit loads. What
//! cannot be read is no more than that: words for it (which field, which number) would be a twentieth, and nobody sees them,
//! which is why this is no library's. Must stay the only way in, or that code comes back.

use std::fmt::{self, Display};

use serde::de::{DeserializeOwned, Error, Expected, IntoDeserializer, Unexpected, value::StringDeserializer};

/// What a text says; nothing where it is no JSON, or not that of a `T`.
#[cfg(feature = "browser")]
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    from_object(js_sys::JSON::parse(text).ok()?)
}

/// What an object says that the browser made of a text; nothing where it is not that of a `T`.
#[cfg(feature = "browser")]
pub fn from_object<T: DeserializeOwned>(object: wasm_bindgen::JsValue) -> Option<T> {
    T::deserialize(browser::Value(object)).ok()
}

/// What a text says; nothing where it is no JSON, or not that of a `T`.
#[cfg(not(feature = "browser"))]
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// What is named by a word: a variant that has nothing in it.
pub fn named<T: DeserializeOwned>(word: String) -> Option<T> {
    let word: StringDeserializer<Unreadable> = word.into_deserializer();
    T::deserialize(word).ok()
}

/// It says something else.
#[derive(Debug)]
pub struct Unreadable;

impl Display for Unreadable {
    fn fmt(&self, _to: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Unreadable {}

/// Each by itself: those that serde would make of `custom` come with code that writes numbers into words.
impl Error for Unreadable {
    fn custom<T: Display>(_message: T) -> Self {
        Self
    }

    fn invalid_type(_found: Unexpected<'_>, _expected: &dyn Expected) -> Self {
        Self
    }

    fn invalid_value(_found: Unexpected<'_>, _expected: &dyn Expected) -> Self {
        Self
    }

    fn invalid_length(_found: usize, _expected: &dyn Expected) -> Self {
        Self
    }

    fn unknown_variant(_found: &str, _expected: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_found: &str, _expected: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_field: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_field: &'static str) -> Self {
        Self
    }
}

#[cfg(feature = "browser")]
mod browser {
    //! Objects of the browser as serde's data model, as far as JSON has them.

    use js_sys::{Array, Number, Object};
    use serde::{
        de::{
            DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
            value::StringDeserializer,
        },
        forward_to_deserialize_any,
    };
    use wasm_bindgen::{JsCast, JsValue};

    use super::Unreadable;

    /// What `JSON.parse` gives.
    pub struct Value(pub JsValue);

    /// Each of these is read as the one before it.
    macro_rules! as_another {
        ($($one:ident: $($other:ident)*;)*) => {
            $($(
                fn $other<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
                    self.$one(visitor)
                }
            )*)*
        };
    }

    /// What a type asks for decides what is looked at: where any were taken for what it is, each type would come with code for all of
    /// them.
    impl<'de> Deserializer<'de> for Value {
        type Error = Unreadable;

        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            let Self(value) = self;
            if let Some(text) = value.as_string() {
                visitor.visit_string(text)
            } else if let Some(number) = value.as_f64() {
                if !Number::is_safe_integer(&value) {
                    visitor.visit_f64(number)
                } else if number >= 0.0 {
                    visitor.visit_u64(number as u64)
                } else {
                    visitor.visit_i64(number as i64)
                }
            } else if let Some(truth) = value.as_bool() {
                visitor.visit_bool(truth)
            } else if value.is_null() {
                visitor.visit_unit()
            } else if value.is_array() {
                visitor.visit_seq(items(value)?)
            } else {
                visitor.visit_map(members_of(&value)?)
            }
        }

        fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_bool(self.0.as_bool().ok_or(Unreadable)?)
        }

        fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_f64(self.0.as_f64().ok_or(Unreadable)?)
        }

        fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            let number = whole(&self.0)?;
            if number < 0.0 { Err(Unreadable) } else { visitor.visit_u64(number as u64) }
        }

        fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_i64(whole(&self.0)? as i64)
        }

        fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_string(self.0.as_string().ok_or(Unreadable)?)
        }

        fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_seq(items(self.0)?)
        }

        fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_map(members_of(&self.0)?)
        }

        fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
        }

        fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_newtype_struct(self)
        }

        /// A variant alone is its name; one with something in it, an object with that one member.
        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _name: &'static str,
            _variants: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Unreadable> {
            let (name, content) = variant(&self.0)?;
            visitor.visit_enum(Variant { name, content })
        }

        fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            if self.0.is_null() { visitor.visit_unit() } else { Err(Unreadable) }
        }

        fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_unit()
        }

        as_another! {
            deserialize_u64: deserialize_u8 deserialize_u16 deserialize_u32;
            deserialize_i64: deserialize_i8 deserialize_i16 deserialize_i32;
            deserialize_f64: deserialize_f32;
            deserialize_string: deserialize_str deserialize_char deserialize_identifier;
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            _fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Unreadable> {
            self.deserialize_map(visitor)
        }

        fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Unreadable> {
            self.deserialize_seq(visitor)
        }

        fn deserialize_tuple_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            _length: usize,
            visitor: V,
        ) -> Result<V::Value, Unreadable> {
            self.deserialize_seq(visitor)
        }

        forward_to_deserialize_any! { i128 u128 bytes byte_buf unit_struct }
    }

    /// An integer that is exact in a number of JSON's.
    fn whole(value: &JsValue) -> Result<f64, Unreadable> {
        value.as_f64().filter(|_| Number::is_safe_integer(value)).ok_or(Unreadable)
    }

    fn items(value: JsValue) -> Result<Items, Unreadable> {
        let items = value.dyn_into::<Array>().map_err(|_| Unreadable)?;
        Ok(Items { items, at: 0 })
    }

    fn members_of(value: &JsValue) -> Result<Members, Unreadable> {
        if !value.is_object() || value.is_array() {
            return Err(Unreadable);
        }
        Ok(Members { members: members(value), at: 0, value: None })
    }

    fn variant(value: &JsValue) -> Result<(String, JsValue), Unreadable> {
        if let Some(name) = value.as_string() {
            return Ok((name, JsValue::NULL));
        }
        let members = members_of(value)?.members;
        if members.length() == 1 { Ok(member(&members, 0)) } else { Err(Unreadable) }
    }

    fn members(object: &JsValue) -> Array {
        Object::entries(object.unchecked_ref())
    }

    /// The name and the value of a member.
    fn member(members: &Array, at: u32) -> (String, JsValue) {
        let pair: Array = members.get(at).unchecked_into();
        (pair.get(0).as_string().unwrap_or_default(), pair.get(1))
    }

    struct Items {
        items: Array,
        at: u32,
    }

    impl<'de> SeqAccess<'de> for Items {
        type Error = Unreadable;

        fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
            if self.at == self.items.length() {
                return Ok(None);
            }
            let item = self.items.get(self.at);
            self.at += 1;
            seed.deserialize(Value(item)).map(Some)
        }

        fn size_hint(&self) -> Option<usize> {
            usize::try_from(self.items.length() - self.at).ok()
        }
    }

    struct Members {
        members: Array,
        at: u32,
        value: Option<JsValue>,
    }

    impl<'de> MapAccess<'de> for Members {
        type Error = Unreadable;

        fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
            if self.at == self.members.length() {
                return Ok(None);
            }
            let (name, value) = member(&self.members, self.at);
            self.at += 1;
            self.value = Some(value);
            let name: StringDeserializer<Unreadable> = name.into_deserializer();
            seed.deserialize(name).map(Some)
        }

        fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Unreadable> {
            seed.deserialize(Value(self.value.take().ok_or(Unreadable)?))
        }
    }

    struct Variant {
        name: String,
        content: JsValue,
    }

    impl<'de> EnumAccess<'de> for Variant {
        type Error = Unreadable;
        type Variant = Value;

        fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Value), Unreadable> {
            let name: StringDeserializer<Unreadable> = self.name.into_deserializer();
            Ok((seed.deserialize(name)?, Value(self.content)))
        }
    }

    impl<'de> VariantAccess<'de> for Value {
        type Error = Unreadable;

        fn unit_variant(self) -> Result<(), Unreadable> {
            if self.0.is_null() { Ok(()) } else { Err(Unreadable) }
        }

        fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unreadable> {
            seed.deserialize(self)
        }

        fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Unreadable> {
            self.deserialize_seq(visitor)
        }

        fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Unreadable> {
            self.deserialize_map(visitor)
        }
    }
}
