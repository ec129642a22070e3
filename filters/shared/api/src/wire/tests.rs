use super::{Field, Fields, Message};
use crate::WireError;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn what_is_written_is_what_is_read() {
    for value in [1, 0x7F, 0x80, 300, 0x3FFF, 0x4000, u64::from(u32::MAX), u64::MAX] {
        let message =
            Message::default().varint(1, value).bytes(536_870_911, b"text").bytes(2, b"").into_bytes();
        let mut fields = Fields::new(&message);
        assert_eq!(fields.read(), Ok(Some((1, Field::Varint(value)))), "{value}");
        assert_eq!(fields.read(), Ok(Some((536_870_911, Field::Bytes(b"text")))), "{value}");
        assert_eq!(fields.read(), Ok(Some((2, Field::Bytes(b"")))), "{value}");
        assert_eq!(fields.read(), Ok(None), "{value}");
    }
}

#[test]
fn writes() {
    for (name, message, want) in [
        ("nothing", Message::default(), &b""[..]),
        ("a default", Message::default().varint(1, 0), b""),
        ("a number", Message::default().varint(3, 300), b"\x18\xAC\x02"),
        ("bytes", Message::default().bytes(2, b"ab"), b"\x12\x02ab"),
        (
            "128 bytes",
            Message::default().bytes(1, &[b'a'; 128]),
            &[&b"\x0A\x80\x01"[..], &[b'a'; 128]].concat(),
        ),
    ] {
        assert_eq!(message.into_bytes(), want, "{name}");
    }
}

#[test]
fn refuses() {
    for (name, message, want) in [
        ("cut in a tag", &b"\x80"[..], WireError::Truncated),
        ("cut in a number", b"\x08\x80", WireError::Truncated),
        ("cut in a fixed number", b"\x09\0\0\0\0\0\0\0", WireError::Truncated),
        ("cut in bytes", b"\x0A\x02a", WireError::Truncated),
        ("field 0", b"\x00\x00", WireError::FieldZero),
        ("a group", b"\x0B", WireError::WireType(3)),
        ("a wire type that does not exist", b"\x0F", WireError::WireType(7)),
        (
            "ten bytes and a bit too many",
            b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02",
            WireError::Overflow,
        ),
        ("eleven bytes", b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", WireError::Overflow),
    ] {
        assert_eq!(Fields::new(message).read(), Err(want), "{name}");
    }
}
