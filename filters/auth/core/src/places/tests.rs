//! Tokens where they belong, where they do not, and more of them than one (threats J53, J54).

mod find;
mod read;
mod strip;

use super::{InvalidCredentials, Place, PlaceSet, Places};
use filter_api::{Fields, Mutation, Value, config};

/// The places of the providers, each a `from:` in JSON.
fn places(from: &[&str]) -> (Places, Vec<PlaceSet>) {
    let mut places = Places::default();
    let sets = from.iter().map(|from| places.add(&read(from).unwrap()).unwrap()).collect();
    (places, sets)
}

fn read(json: &str) -> Result<Vec<Place>, Vec<String>> {
    let value = Value::from_json(json.as_bytes()).expect("JSON");
    let result = config::read(&value, |node| Place::read_list(&node));
    result.map_err(|error| error.problems.iter().map(ToString::to_string).collect())
}

fn serialised(lines: &[(&str, &str)]) -> Vec<u8> {
    let bytes: Vec<_> = lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    Fields::serialise(bytes.into_iter())
}

/// The token that is found, as text.
fn find(places: &Places, lines: &[(&str, &str)]) -> Result<Option<String>, InvalidCredentials> {
    let bytes = serialised(lines);
    match places.find(Fields::new(&bytes))? {
        Some(found) if !found.is_well_formed() => Err(InvalidCredentials::Malformed),
        found => Ok(found.map(|found| String::from_utf8(found.token.to_vec()).unwrap())),
    }
}

/// The changes that take out what is found.
fn strip(places: &Places, lines: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let bytes = serialised(lines);
    let fields = Fields::new(&bytes);
    let found = places.find(fields).unwrap().expect("a token");
    let changes = places.strip(fields, found.places).into_iter().map(|change| match change {
        Mutation::Set(name, value) => (name.to_owned(), Some(String::from_utf8(value.into_owned()).unwrap())),
        Mutation::Remove(name) => (name.to_owned(), None),
        Mutation::Append(..) => panic!("appends"),
    });
    changes.collect()
}

/// All kinds of places.
const ALL: &str = r#"[ {"header": "authorization", "prefix": "Bearer "}, {"header": "x-token"},
    {"header": "x-auth", "prefix": "JWT "}, {"cookie": "access_token"}, {"query": "access_token"} ]"#;
