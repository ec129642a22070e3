//! A small encoder of `google.protobuf.Struct`, written from `struct.proto` alone.

use super::Value;

pub(super) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

pub(super) fn bytes_field(number: u64, content: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(u64::try_from(content.len()).unwrap()), content.to_vec()].concat()
}

/// One entry of `Struct.fields` whose `Value` is already encoded.
pub(super) fn entry(key: &str, value: &[u8]) -> Vec<u8> {
    bytes_field(1, &[bytes_field(1, key.as_bytes()), bytes_field(2, value)].concat())
}

/// One entry of `Metadata.filter_metadata`; the layout is that of [`entry`].
pub(super) fn metadata(namespace: &str, content: &[u8]) -> Vec<u8> {
    entry(namespace, content)
}

pub(super) fn encode_struct(value: &Value) -> Vec<u8> {
    let Value::Map(entries) = value else { panic!("a Struct is a mapping") };
    entries.iter().flat_map(|(key, value)| entry(key, &encode_value(value))).collect()
}

fn encode_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0x08, 0],
        Value::Number(number) => [vec![0x11], number.to_le_bytes().to_vec()].concat(),
        Value::Text(text) => bytes_field(3, text.as_bytes()),
        Value::Bool(yes) => vec![0x20, u8::from(*yes)],
        Value::Map(_) => bytes_field(5, &encode_struct(value)),
        Value::List(items) => {
            let items: Vec<u8> = items.iter().flat_map(|item| bytes_field(1, &encode_value(item))).collect();
            bytes_field(6, &items)
        }
    }
}
