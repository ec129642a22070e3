use super::{hardened, of, yaml};
use crate::module::{Export, Import, Module};
use std::collections::BTreeSet;

fn module() -> Module {
    let import = |module: &str, name: &str| Import {
        module: module.to_owned(),
        name: name.to_owned(),
        signature: String::new(),
    };
    let export = |name: &str| Export { name: name.to_owned(), signature: String::new() };
    Module {
        imports: vec![import("env", "proxy_log"), import("wasi_snapshot_preview1", "random_get")],
        exports: [
            "_initialize",
            "memory",
            "proxy_abi_version_0_2_1",
            "proxy_on_memory_allocate",
            "proxy_on_tick",
        ]
        .map(export)
        .into(),
        custom_sections: Vec::new(),
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn imports_and_callbacks_are_capabilities() {
    let want = [
        "environ_get",
        "environ_sizes_get",
        "fd_write",
        "proc_exit",
        "proxy_log",
        "proxy_on_tick",
        "random_get",
    ];
    assert_eq!(of(&module()), names(&want));
}

#[test]
fn a_list_is_indented() {
    let want = "  capability_restriction_config:\n    allowed_capabilities:\n      a: {}\n      b: {}\n";
    assert_eq!(yaml(&names(&["b", "a"]), 2), want);
}

#[test]
fn each_filter_gets_its_own_list() {
    let shipped = "# envoy -c x/envoy.yaml --disable-hot-restart\n- root_id: a\n  b: 1\n- root_id: c\n";
    let text = hardened(shipped, |filter| Some(names(&[&format!("proxy_{filter}")])));
    let (_, text) = text.split_once("#\n# envoy").expect("the file behind the header");
    let list =
        |name| format!("  capability_restriction_config:\n    allowed_capabilities:\n      {name}: {{}}\n");
    let (a, c) = (list("proxy_a"), list("proxy_c"));
    assert_eq!(
        text,
        format!(" -c x/hardened.yaml --disable-hot-restart\n- root_id: a\n{a}  b: 1\n- root_id: c\n{c}")
    );
}

#[test]
#[should_panic(expected = "no filter d")]
fn a_filter_without_a_list_is_a_mistake() {
    let _ = hardened("root_id: d", |_| None);
}
