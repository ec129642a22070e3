//! Paths, authorities, cookies and query parameters as clients send them, odd ones included.

mod cookie;
mod path;
mod query;

use crate::Fields;
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Serialised fields with these lines.
fn fields(lines: &[(&str, &[u8])]) -> Vec<u8> {
    let bytes: Vec<_> = lines.iter().map(|(name, value)| (name.as_bytes(), *value)).collect();
    Fields::serialise(bytes.into_iter())
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let mut arbitrary = Arbitrary::new(7);
    for _ in 0..20_000 {
        let length = arbitrary.below(32);
        let noise = arbitrary.bytes(length);
        let likely = arbitrary.bytes_of(b"aab/=;&?#%%4142+:@[].\"\xFF\0 ", length);
        for value in [noise, likely] {
            let bytes = fields(&[(":path", &value), (":authority", &value), ("cookie", &value)]);
            let fields = Fields::new(&bytes);
            let _ = (super::cookie(fields, "a"), super::authority_host(fields));
            let path = super::path_of(fields).unwrap();
            let _ = (0..4).filter_map(|number| super::segment(path, number)).count();
            let _ = super::query_of(fields).map(|query| super::parameter(query, "a"));
            let _ = super::parameter(&value, "b");
        }
    }
}
