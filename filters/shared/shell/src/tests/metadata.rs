//! Encodes route metadata the way Envoy serialises it.

use filter_api::Value;

/// `envoy.config.core.v3.Metadata` with one namespace.
pub(super) fn metadata(namespace: &str, policy: &str) -> Vec<u8> {
    let policy = Value::from_json(policy.as_bytes()).unwrap();
    field(1, &[field(1, namespace.as_bytes()), field(2, &fields(&policy))].concat())
}

fn fields(value: &Value) -> Vec<u8> {
    let Value::Map(entries) = value else { panic!("a Struct is a mapping") };
    entries
        .iter()
        .flat_map(|(key, value)| field(1, &[field(1, key.as_bytes()), field(2, &any(value))].concat()))
        .collect()
}

fn any(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![8, 0],
        Value::Bool(yes) => vec![32, u8::from(*yes)],
        Value::Number(number) => [&[17][..], &number.to_le_bytes()].concat(),
        Value::Text(text) => field(3, text.as_bytes()),
        Value::Map(_) => field(5, &fields(value)),
        Value::List(items) => {
            field(6, &items.iter().flat_map(|item| field(1, &any(item))).collect::<Vec<_>>())
        }
    }
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7F {
        encoded.push(u8::try_from(length & 0x7F).unwrap() | 0x80);
        length >>= 7;
    }
    encoded.push(u8::try_from(length).unwrap());
    encoded.extend(bytes);
    encoded
}
