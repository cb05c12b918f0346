//! The serialiser that turns an object into keys and values. It never fails as a whole: what is refused is noted.

use std::fmt;

use serde::ser::{self, Serialize};

use super::Flat;
use super::name;

pub(super) fn flatten<T: Serialize + ?Sized>(prefix: Option<&str>, object: &T, flat: &mut Flat) {
    let place = prefix.map_or(Place::Root, |prefix| Place::Below(prefix.to_owned()));
    put(place, object, flat);
}

/// Where in the object we are.
#[derive(Clone)]
enum Place {
    /// At its root, and nobody gave a prefix: the kind of the object names it.
    Root,
    Below(String),
}

impl Place {
    fn or(self, kind: &str) -> String {
        match self {
            Self::Root => kind.to_owned(),
            Self::Below(path) => path,
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}_{name}") }
}

fn put<T: Serialize + ?Sized>(place: Place, value: &T, flat: &mut Flat) {
    if value.serialize(Flatten { place: place.clone(), flat: &mut *flat }).is_err() {
        flat.refuse(place.or(""), "something that cannot be serialised");
    }
}

struct Flatten<'f> {
    place: Place,
    flat: &'f mut Flat,
}

/// Only an object's own `Serialize` can fail; its words have no place in a refusal.
#[derive(Debug)]
pub(super) struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot be serialised")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! values {
    ($($method:ident: $kind:ty),*) => {$(
        fn $method(self, value: $kind) -> Result<(), Failed> {
            self.flat.take(self.place.or(""), value);
            Ok(())
        }
    )*};
}

impl<'f> ser::Serializer for Flatten<'f> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Members<'f>;
    type SerializeTuple = Members<'f>;
    type SerializeTupleStruct = Members<'f>;
    type SerializeTupleVariant = Members<'f>;
    type SerializeMap = Members<'f>;
    type SerializeStruct = Members<'f>;
    type SerializeStructVariant = Members<'f>;

    values!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
            serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
            serialize_f64: f64, serialize_str: &str);

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Failed> {
        self.flat.refuse(self.place.or(""), "a run of bytes");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.flat.refuse(self.place.or(""), "null");
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Failed> {
        self.flat.refuse(self.place.or(name), "null");
        Ok(())
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Result<(), Failed> {
        self.flat.take(self.place.or(name), variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Failed> {
        put(Place::Below(self.place.or(name)), value, self.flat);
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        put(Place::Below(join(&self.place.or(name), variant)), value, self.flat);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'f>, Failed> {
        Ok(Members::of(self, "list"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'f>, Failed> {
        Ok(Members::of(self, "list"))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Members<'f>, Failed> {
        Ok(Members::of(self, name))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'f>, Failed> {
        Ok(Members::of_variant(self, name, variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'f>, Failed> {
        Ok(Members::of(self, "dict"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'f>, Failed> {
        Ok(Members::of(self, name))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'f>, Failed> {
        Ok(Members::of_variant(self, name, variant))
    }
}

/// The members of a list, map or struct.
pub(super) struct Members<'f> {
    path: String,
    next: usize,
    key: Option<String>,
    flat: &'f mut Flat,
}

impl<'f> Members<'f> {
    fn of(whole: Flatten<'f>, kind: &str) -> Self {
        Self { path: whole.place.or(kind), next: 0, key: None, flat: whole.flat }
    }

    fn of_variant(whole: Flatten<'f>, name: &str, variant: &str) -> Self {
        Self { path: join(&whole.place.or(name), variant), next: 0, key: None, flat: whole.flat }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) {
        let name = self.next.to_string();
        self.next += 1;
        self.named(&name, value);
    }

    fn named<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        put(Place::Below(join(&self.path, name)), value, self.flat);
    }
}

macro_rules! members {
    ($($part:ident: $method:ident),*) => {$(
        impl ser::$part for Members<'_> {
            type Ok = ();
            type Error = Failed;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
                self.item(value);
                Ok(())
            }

            fn end(self) -> Result<(), Failed> {
                Ok(())
            }
        }
    )*};
    (named $($part:ident),*) => {$(
        impl ser::$part for Members<'_> {
            type Ok = ();
            type Error = Failed;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failed> {
                self.named(name, value);
                Ok(())
            }

            fn end(self) -> Result<(), Failed> {
                Ok(())
            }
        }
    )*};
}

members!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
         SerializeTupleVariant: serialize_field);
members!(named SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.key = name::of(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        match self.key.take() {
            Some(name) => self.named(&name, value),
            None => self.flat.refuse(self.path.clone(), "a member whose name is neither text, number nor boolean"),
        }
        Ok(())
    }

    fn end(self) -> Result<(), Failed> {
        Ok(())
    }
}
