//! A case as a listener: the shipped one of `envoy-config/`, with other filters and routes.

use e2e::Bootstrap;
use serde_json::{Value, json};

use crate::case::{Case, Filter};

/// One Envoy that serves all cases, each at the listener of its name.
pub(crate) fn bootstrap(cases: &[Case]) -> Bootstrap {
    let mut shipped = Bootstrap::canary();
    let plugin = shipped.filter_config();
    shipped.workers(1).edit(|envoy| {
        let listeners = envoy["static_resources"]["listeners"].as_array_mut().expect("a list of listeners");
        // The shipped listener stays, unused: the harness expects it.
        let template = listeners[0].clone();
        listeners.extend(cases.iter().map(|case| listener(template.clone(), case, &plugin)));
    })
}

fn listener(mut listener: Value, case: &Case, plugin: &Value) -> Value {
    listener["name"] = json!(case.name);
    let manager = &mut listener["filter_chains"][0]["filters"][0]["typed_config"];
    manager["stat_prefix"] = json!(case.name);
    // A line a request would cost more than some of the filters, and be flushed at any time.
    manager.as_object_mut().expect("a connection manager").remove("access_log");
    let router = manager["http_filters"].as_array().and_then(|filters| filters.last().cloned());
    manager["http_filters"] =
        case.filters.iter().map(|filter| configure(filter, &case.name, plugin)).chain(router).collect();
    manager["route_config"] = json!({
        "name": case.name,
        "virtual_hosts": [{ "name": case.name, "domains": ["*"], "routes": case.routes }],
    });
    listener
}

fn configure(filter: &Filter, case: &str, plugin: &Value) -> Value {
    match filter {
        Filter::Native(native) => native.clone(),
        Filter::Lua(source) => json!({
            "name": "lua",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "default_source_code": { "inline_string": source },
            },
        }),
        Filter::Wasm { name, module, policy } => {
            let mut config = plugin.clone();
            // A VM for each case: nobody profits from what another one made hot.
            config["vm_config"]["vm_id"] = json!(format!("bench-{case}-{name}"));
            config["vm_config"]["code"] = json!({ "local": { "filename": module } });
            config["configuration"] =
                json!({ "@type": "type.googleapis.com/google.protobuf.Struct", "value": policy });
            json!({
                "name": name,
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                    "config": config,
                },
            })
        }
    }
}
