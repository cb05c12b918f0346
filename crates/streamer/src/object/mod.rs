//! Readings from any serialisable object, with the Python client's names, and all the way down.
//!
//! | object | keys |
//! |---|---|
//! | sequence, tuple | `list_0`, `list_1`, ... |
//! | map (a struct with flattened fields is one, too) | `dict_KEY` |
//! | struct | `TYPE_FIELD` |
//! | nested | the names joined: `TYPE_FIELD_KEY_0` |
//!
//! A prefix stands in the place of `list`, `dict` and `TYPE`; an empty one gives the bare names. Nothing is left out in
//! silence: what is no value is refused with its path.

mod flatten;
mod name;

use serde::Serialize;
use streamer_reading::{Key, Refusal, Value};

/// What an object came to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Flat {
    /// What can be logged.
    pub readings: Vec<(Key, Value)>,
    /// What cannot, by the key that it would have had.
    pub refused: Vec<(String, Refusal)>,
}

impl Flat {
    pub fn of<T: Serialize + ?Sized>(prefix: Option<&str>, object: &T) -> Self {
        let mut flat = Self::default();
        flatten::flatten(prefix, object, &mut flat);
        flat
    }

    fn take<V>(&mut self, path: String, value: V)
    where
        V: TryInto<Value>,
        Refusal: From<V::Error>,
    {
        let reading = Key::new(&path).and_then(|key| Ok((key, value.try_into()?)));
        match reading {
            Ok(reading) => self.readings.push(reading),
            Err(refusal) => self.refused.push((path, refusal)),
        }
    }

    fn refuse(&mut self, path: String, what: &'static str) {
        self.refused.push((path, Refusal::NoValue(what)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn lines<T: Serialize + ?Sized>(prefix: Option<&str>, object: &T) -> Vec<String> {
        Flat::of(prefix, object).readings.iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    #[derive(Serialize)]
    struct Weather {
        temperature: f64,
        wind: Wind,
        tags: Vec<&'static str>,
        sky: Sky,
        station: Option<u8>,
    }

    #[derive(Serialize)]
    struct Wind {
        speed: f32,
        gusts: (u8, u8),
    }

    #[derive(Serialize)]
    enum Sky {
        Clear,
        Clouds { cover: u8 },
        Other(&'static str),
    }

    fn weather(sky: Sky) -> Weather {
        let wind = Wind { speed: 0.1, gusts: (3, 5) };
        Weather { temperature: 21.5, wind, tags: vec!["a", "b"], sky, station: Some(7) }
    }

    #[test]
    fn names_as_the_python_client_gives_them_and_on_down() {
        assert_eq!(lines(None, &[1, 2]), ["list_0=1", "list_1=2"]);
        assert_eq!(lines(None, &BTreeMap::from([("a", true), ("b", false)])), ["dict_a=true", "dict_b=false"]);
        assert_eq!(lines(Some("p"), &BTreeMap::from([(1, 'x')])), ["p_1=x"]);
        assert_eq!(lines(Some(""), &BTreeMap::from([("a", BTreeMap::from([("b", [1])]))])), ["a_b_0=1"]);
        assert_eq!(
            lines(None, &weather(Sky::Clear)),
            [
                "Weather_temperature=21.5",
                "Weather_wind_speed=0.1",
                "Weather_wind_gusts_0=3",
                "Weather_wind_gusts_1=5",
                "Weather_tags_0=a",
                "Weather_tags_1=b",
                "Weather_sky=Clear",
                "Weather_station=7",
            ]
        );
        assert!(lines(Some("w"), &weather(Sky::Clouds { cover: 3 })).contains(&"w_sky_Clouds_cover=3".to_owned()));
        assert!(lines(Some(""), &weather(Sky::Other("fog"))).contains(&"sky_Other=fog".to_owned()));
        assert_eq!(lines(Some("x"), &5), ["x=5"]);
    }

    #[test]
    fn every_refused_path_is_named_and_the_rest_is_kept() {
        let object =
            serde_json::json!({"ok": 1, "none": null, "deep": [{"": 2}, {"big": u64::MAX}], "long": "x".repeat(2001)});
        let flat = Flat::of(Some("o"), &object);
        assert_eq!(flat.readings.len(), 2, "{flat:?}");
        let mut paths: Vec<_> = flat.refused.iter().map(|(path, _)| path.as_str()).collect();
        // In which order a JSON object keeps its members is the affair of that library.
        paths.sort_unstable();
        assert_eq!(paths, ["o_deep_1_big", "o_long", "o_none"]);
        let nan = Flat::of(None, &[f64::NAN, 1.0]);
        assert_eq!((nan.readings.len(), nan.refused[0].0.as_str()), (1, "list_0"));
        assert_eq!(Flat::of(None, &5).refused, [(String::new(), Refusal::KeyEmpty)]);
    }
}
