//! A slot in use says so and does not panic.

use super::Slot;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn what_is_in_use_cannot_be_used() {
    let slot = Slot::new(1);
    let inner = slot.with(|value| {
        assert!(!slot.set(7), "{value}");
        slot.with(|_| ())
    });
    assert_eq!(inner, Some(None));
    assert_eq!(slot.into_inner(), 1);
}

#[test]
fn what_is_free_can_be_changed() {
    let slot = Slot::default();
    assert_eq!(slot.with(|value: &mut Vec<u8>| value.push(1)), Some(()));
    assert_eq!(slot.with(|value| value.len()), Some(1));
    assert!(slot.set(vec![]));
    assert_eq!(slot.into_inner(), Vec::<u8>::new());
}
