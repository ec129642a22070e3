//! What `make dist` made, through a real registry, in Envoy. `make oci-test` runs this.

use std::fs;
use std::path::{Path, PathBuf};

use e2e::{Bootstrap, Fetched, Registry, Request, Stack};
use serde_json::{Value, json};

e2e::tests![what_comes_out_of_a_registry_decides, what_fetchers_refuse_is_refused_here];

const FILTERS: [&str; 3] = ["auth", "canary", "ratelimit"];

async fn what_comes_out_of_a_registry_decides() {
    let packages = FILTERS.map(|filter| (filter, package(filter)));
    let registry = Registry::start().await;
    for (filter, package) in packages {
        let digest =
            fs::read_to_string(package.join("image.digest")).expect("image.digest").trim().to_owned();
        let version =
            index(&package)["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"].clone();
        let version = version.as_str().expect("a version").to_owned();
        // Once as a folder, once as the archive that users download: the same image.
        registry
            .push(
                &format!("oci:{}:{version}", package.join("image").display()),
                &format!("{filter}:{version}"),
            )
            .expect("a push");
        let archive = package.join(format!("{filter}.oci.tar"));
        registry
            .push(&format!("oci-archive:{}", archive.display()), &format!("{filter}:archive"))
            .expect("a push");

        let module = pulled(&registry, filter, &version, &digest);
        assert!(
            module == fs::read(package.join(format!("{filter}.wasm"))).expect("the module"),
            "{filter}: another module"
        );
        let unpacked = registry.folder(filter).expect("a folder").join("plugin.wasm");
        fs::write(&unpacked, module).expect("plugin.wasm");
        decides(filter, &unpacked).await;
    }
}

/// By digest, as manifests pin it, and by both tags.
fn pulled(registry: &Registry, filter: &str, version: &str, digest: &str) -> Vec<u8> {
    let image = registry.pull(&format!("{filter}@{digest}")).expect("the pinned image");
    for tag in [version, "archive"] {
        let tagged = registry.pull(&format!("{filter}:{tag}")).expect("the tagged image");
        assert_eq!((tagged.digest.as_str(), image.digest.as_str()), (digest, digest), "{filter}:{tag}");
    }
    assert_eq!(
        image.config().expect("a configuration")["rootfs"]["diff_ids"],
        json!(image.diff_ids().expect("layers"))
    );
    assert_eq!(image.manifest["annotations"]["module.wasm.image/variant"], "compat");
    let labels = registry.inspect(&format!("{filter}:{version}")).expect("an image")["Labels"].clone();
    assert_eq!(labels["org.opencontainers.image.title"], format!("sluice-{filter}"), "{labels}");
    assert_eq!(labels["org.opencontainers.image.version"], version, "{labels}");
    for (name, label) in labels.as_object().expect("labels") {
        assert_eq!(image.manifest["annotations"][name], *label, "{name}");
        let label = label.as_str().expect("text");
        assert!(
            !label.is_empty() && !label.contains("/home") && !label.contains(env!("CARGO_MANIFEST_DIR")),
            "{label}"
        );
    }
    image.module().unwrap_or_else(|problem| panic!("{filter}: {problem}"))
}

async fn decides(filter: &str, module: &Path) {
    let module = module.to_str().expect("a path in UTF-8");
    let (bootstrap, policy) = match filter {
        "auth" => {
            (Bootstrap::auth(), "rules: [{ name: open, when: { path: { exact: /open } }, allow: anyone }]")
        }
        "canary" => (
            Bootstrap::canary(),
            "subsets: [{ name: stable, weight: 0 }, { name: canary, weight: 10000 }]\noutput: { header: x-sluice-subset }",
        ),
        _ => (Bootstrap::ratelimit(), "limits: [{ name: once, rate: { requests: 1, per: 1h } }]"),
    };
    let stack = Stack::start(bootstrap.policy(policy).hardened().module(module)).await;
    let (open, other) = (stack.send(Request::get("/open")).await, stack.send(Request::get("/other")).await);
    let statuses = match filter {
        "auth" => [200, 403],
        "canary" => [200, 200],
        _ => [200, 429],
    };
    assert_eq!([open.status, other.status], statuses, "{filter}: {open:?} {other:?}");
    if filter == "canary" {
        let report = other.report();
        assert_eq!((report.subset(), report.version.as_str()), (Some("canary"), "v2"));
    }
}

/// Our reading of the fetchers' rules, held to what they are said to refuse: an image that this lets pass could be refused there.
async fn what_fetchers_refuse_is_refused_here() {
    let package = package("canary");
    let registry = Registry::start().await;
    registry
        .push(&format!("oci-archive:{}", package.join("canary.oci.tar").display()), "canary:it")
        .expect("a push");
    let good = registry.pull("canary:it").expect("the image").manifest;
    let folder = registry.folder("pulled/canary-it").expect("where it was pulled to");
    let rows: [(&str, Spoil, &str); 6] = [
        (
            "a bare module, alone",
            |m| m["layers"][0]["mediaType"] = json!("application/wasm"),
            "1 layers instead of 2",
        ),
        (
            "not packed",
            |m| m["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar"),
            "instead of",
        ),
        ("no layer", |m| m["layers"] = json!([]), "no layer"),
        (
            "a Docker manifest with an OCI layer",
            |m| m["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json"),
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
        ("an index", |m| *m = json!({ "manifests": [] }), "an index?"),
        ("another size", |m| m["layers"][0]["size"] = json!(7), "something else"),
    ];
    for (name, change, said) in rows {
        let mut manifest = good.clone();
        change(&mut manifest);
        fs::write(folder.join("manifest.json"), manifest.to_string()).expect("manifest.json");
        let problem = Fetched::read(&folder).expect("a manifest").module().expect_err(name).to_string();
        assert!(problem.contains(said), "{name}: {problem}");
    }
    fs::write(folder.join("manifest.json"), good.to_string()).expect("manifest.json");
    assert!(Fetched::read(&folder).expect("a manifest").module().is_ok());
}

/// Makes another manifest of a good one.
type Spoil = fn(&mut Value);

fn package(filter: &str) -> PathBuf {
    let module = format!("{filter}.wasm");
    let built = fs::read(e2e::artifact(&module).expect("make build")).expect("a module");
    match e2e::package(filter) {
        None => e2e::suite::skip("there is no target/dist: make oci-test makes it"),
        Some(folder) if fs::read(folder.join(&module)).is_ok_and(|packed| packed == built) => folder,
        Some(_) => e2e::suite::skip("target/dist is of another build: make oci-test makes it anew"),
    }
}

fn index(package: &Path) -> Value {
    let text = fs::read_to_string(package.join("image/index.json")).expect("image/index.json");
    serde_json::from_str(&text).expect("JSON")
}
