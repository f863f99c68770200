//! Finding fields that a JSON text gives twice.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::types::push_field;

/// The paths of the fields that a JSON text gives more than once in one object, in order of appearance, as the API
/// server's strict decoding names them: `spec.template.spec.containers[0].image`. Empty for text that is no JSON.
pub fn duplicates(text: impl AsRef<[u8]>) -> Vec<String> {
    let mut found = Vec::new();
    let mut path = String::new();
    let mut deserializer = serde_json::Deserializer::from_slice(text.as_ref());
    let walk = Walk { path: &mut path, found: &mut found };
    // The text was or will be read elsewhere, which reports its errors.
    let _ = walk.deserialize(&mut deserializer);
    found
}

struct Walk<'a> {
    path: &'a mut String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let length = self.path.len();
        for i in 0.. {
            self.path.push_str(&format!("[{i}]"));
            let next = seq.next_element_seed(Walk { path: self.path, found: self.found })?;
            self.path.truncate(length);
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let length = self.path.len();
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            push_field(self.path, &key);
            if seen.contains(&key) {
                self.found.push(self.path.clone());
            }
            seen.insert(key);
            map.next_value_seed(Walk { path: self.path, found: self.found })?;
            self.path.truncate(length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_the_path() {
        let text = r#"{"a":{"b":[{"c":1},{"c":1,"c":2}]},"a":3}"#;
        assert_eq!(super::duplicates(text), ["a.b[1].c", "a"]);
    }
}
