use super::{
    super::{InvalidEntry, check_entry},
    InvalidList, SEED, Table, load,
};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ROOM: usize = 100;
const BUDGET: usize = 10;

#[test]
fn refuses_entries() {
    for (name, entry, want) in [
        ("empty", vec![], InvalidEntry::Empty),
        ("1025 bytes", vec![b'a'; 1025], InvalidEntry::TooLong { bytes: 1025 }),
        ("NUL", b"u-\0".to_vec(), InvalidEntry::Nul),
    ] {
        assert_eq!(check_entry(&entry).unwrap_err(), want, "{name}");
    }
    assert_eq!(check_entry(&[0xFF; 1024]), Ok(()));
}

#[test]
fn refuses_text() {
    let entry = |at, problem| InvalidList::Entry { at, problem };
    let rows: [(&str, Vec<u8>, InvalidList); 11] = [
        ("a page", b"\n <!doctype html>\n".to_vec(), InvalidList::Form { found: b'<' }),
        ("an object", b"{\"users\": []}".to_vec(), InvalidList::Form { found: b'{' }),
        ("byte order mark", b"\xEF\xBB\xBFu-1\n".to_vec(), InvalidList::ByteOrderMark),
        ("byte order mark, JSON", b"\xEF\xBB\xBF[]".to_vec(), InvalidList::ByteOrderMark),
        ("UTF-16", b"u\x00-\x001\x00\n\x00".to_vec(), entry(0, InvalidEntry::Nul)),
        ("NUL", b"u-1\nu-\x002\n".to_vec(), entry(4, InvalidEntry::Nul)),
        ("NUL in the last line", b"u-1\n\0".to_vec(), entry(4, InvalidEntry::Nul)),
        (
            "1025 bytes",
            [b"u-1\n", &[b'a'; 1025][..]].concat(),
            entry(4, InvalidEntry::TooLong { bytes: 1025 }),
        ),
        ("no line end", [b"u-1\n", &[b'a'; 8193][..]].concat(), InvalidList::LineTooLong { at: 4 }),
        ("a comment without end", [b'#'; 8193].to_vec(), InvalidList::LineTooLong { at: 0 }),
        ("101 entries", b"u\n".repeat(101), InvalidList::TooManyEntries { limit: ROOM }),
    ];
    for (name, body, want) in rows {
        assert_eq!(load(body, ROOM, BUDGET).unwrap_err(), want, "{name}");
    }
}

#[test]
fn refuses_json() {
    let entry = |at, problem| InvalidList::Entry { at, problem };
    let long = format!(r#"["{}"]"#, "a".repeat(1025));
    let endless = format!(r#"["{}"]"#, "a".repeat(8192));
    let many = format!("[{}\"u\"]", r#""u","#.repeat(100));
    let rows: [(&str, &[u8], InvalidList); 27] = [
        ("not closed", b"[", InvalidList::Cut { at: 1 }),
        ("not closed after a string", b"[\"a\"", InvalidList::Cut { at: 4 }),
        ("not closed after a comma", b"[\"a\", ", InvalidList::Cut { at: 6 }),
        ("string not closed", b"[\"a", InvalidList::Cut { at: 3 }),
        ("string ends in an escape", b"[\"a\\", InvalidList::Cut { at: 4 }),
        ("string ends in an escaped quote", b"[\"a\\\"]", InvalidList::Cut { at: 6 }),
        ("number", b"[1]", InvalidList::NotAString { at: 1, found: b'1' }),
        ("null", b"[\"a\", null]", InvalidList::NotAString { at: 6, found: b'n' }),
        ("object", b"[{\"id\":\"a\"}]", InvalidList::NotAString { at: 1, found: b'{' }),
        ("array", b"[[\"a\"]]", InvalidList::NotAString { at: 1, found: b'[' }),
        ("only a comma", b"[,]", InvalidList::NotAString { at: 1, found: b',' }),
        ("comma at the end", b"[\"a\",]", InvalidList::NotAString { at: 5, found: b']' }),
        ("no comma", b"[\"a\" \"b\"]", InvalidList::NoComma { at: 5, found: b'"' }),
        ("colon", b"[\"a\":\"b\"]", InvalidList::NoComma { at: 4, found: b':' }),
        ("text behind", b"[\"a\"] x", InvalidList::Trailing { at: 6, found: b'x' }),
        ("two arrays", b"[\"a\"][\"b\"]", InvalidList::Trailing { at: 5, found: b'[' }),
        ("raw line end in a string", b"[\"a\nb\"]", InvalidList::ControlCharacter { at: 3 }),
        ("raw NUL in a string", b"[\"a\0\"]", InvalidList::ControlCharacter { at: 3 }),
        ("unknown escape", b"[\"\\x41\"]", InvalidList::Malformed { at: 1 }),
        ("half a surrogate pair", b"[\"\\ud83d\"]", InvalidList::Malformed { at: 1 }),
        ("not UTF-8", b"[\"\xFF\"]", InvalidList::Malformed { at: 1 }),
        ("not UTF-8 beside an escape", b"[\"\\n\xFF\"]", InvalidList::Malformed { at: 1 }),
        ("empty entry", b"[\"a\", \"\"]", entry(6, InvalidEntry::Empty)),
        ("escaped NUL", b"[\"\\u0000\"]", entry(1, InvalidEntry::Nul)),
        ("1025 bytes", long.as_bytes(), entry(1, InvalidEntry::TooLong { bytes: 1025 })),
        ("no end of a string", endless.as_bytes(), InvalidList::LineTooLong { at: 1 }),
        ("101 entries", many.as_bytes(), InvalidList::TooManyEntries { limit: ROOM }),
    ];
    for (name, body, want) in rows {
        assert_eq!(load(body, ROOM, BUDGET).unwrap_err(), want, "{name}");
    }
}

#[test]
fn reads_both_forms() {
    let spaced = [" [", "\"a\"", ",", "\"b\"", "]", ""].join(&" \n".repeat(9000));
    let indented = format!("{}\na\n# {}\n", " ".repeat(9000), "-".repeat(8000));
    let longest_escaped = format!(r#"["{}"]"#, r"\u0061".repeat(1024));
    let longest = "a".repeat(1024);
    let rows: [(&str, &[u8], &[&str]); 22] = [
        ("nothing", b"", &[]),
        ("white space only", b" \r\n\t\n", &[]),
        ("comments only", b"# beta\n  # users", &[]),
        ("one line", b"a", &["a"]),
        ("line ends", b"a\nb\n", &["a", "b"]),
        ("CR LF", b"a\r\nb\r\n", &["a", "b"]),
        ("white space around", b"\t a \nb\t\r\n", &["a", "b"]),
        ("white space inside", b"a b\n", &["a b"]),
        ("blank lines and comments", b"\n# x\na\n\n  #b\nb#c\n\n", &["a", "b#c"]),
        ("a bracket further down", b"a\n[b]\n", &["a", "[b]"]),
        ("a lead byte of the mark", "\u{ff21}\n".as_bytes(), &["\u{ff21}"]),
        ("longest line", longest.as_bytes(), &[&longest]),
        ("white space and comments for more than a step", indented.as_bytes(), &["a"]),
        ("empty array", b"[]", &[]),
        ("empty array, spaced", b" [ \n] ", &[]),
        ("array", b"[\"a\",\"b\"]", &["a", "b"]),
        ("array, spaced", b"\r\n[ \"a\"\t,\n\"b\" ]\n", &["a", "b"]),
        ("white space for more than a step", spaced.as_bytes(), &["a", "b"]),
        ("white space inside a string stays", b"[\" a\"]", &[" a"]),
        (
            "escapes",
            br#"["\"\\\/\b\f\n\r\t", "\u00e9\ud83d\ude00"]"#,
            &["\"\\/\u{8}\u{c}\n\r\t", "\u{e9}\u{1f600}"],
        ),
        ("UTF-8", "[\"\u{e9}\u{1f600}\"]".as_bytes(), &["\u{e9}\u{1f600}"]),
        ("longest string", longest_escaped.as_bytes(), &[&longest]),
    ];
    for (name, body, want) in rows {
        let table = load(body, ROOM, BUDGET).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(table, Table::from_entries(want, SEED), "{name}");
    }
}

#[test]
fn text_may_hold_any_byte_but_nul() {
    let line: Vec<u8> = (1..=255_u8).filter(|byte| !byte.is_ascii_whitespace()).collect();
    let table = load(line.clone(), ROOM, BUDGET).unwrap();
    assert!(table.contains(&line));
}

#[test]
fn problems_say_where() {
    for (body, want) in [
        ("<html>", "starts with '<', neither a JSON array nor one entry a line"),
        ("[\"a\", 7]", "byte 6: '7' where a string should start"),
        ("[\"\"]", "byte 1: an entry is empty"),
        ("[\"a\"", "ends at byte 4, inside the array"),
    ] {
        assert_eq!(load(body, ROOM, BUDGET).unwrap_err().to_string(), want);
    }
}
