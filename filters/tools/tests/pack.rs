//! `sluice-pack`, as `make dist` calls it: the same input makes the same folder, and each file in it fits the others.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, process};

/// A module that imports and exports nothing.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

const TREE: &str = "\
0|auth v0.1.0 (/a/folder/of/this/machine/auth)|Apache-2.0|
1|other v3.0.0|MIT|
0|canary v0.1.0 (/a/folder/of/this/machine/canary)|Apache-2.0|
1|canary-core v0.1.0 (/a/folder/of/this/machine/core)|Apache-2.0|
2|memchr v2.8.3|Unlicense/MIT|https://example.com/memchr
";

const LOCK: &str = r#"
[[package]]
name = "memchr"
version = "2.8.3"
checksum = "00ff"

[[package]]
name = "unused"
version = "1.0.0"
checksum = "11ee"
"#;

#[test]
fn the_same_input_makes_the_same_bytes_anywhere() {
    let (one, other) = (Folder::new("one"), Folder::new("another-folder-with-a-longer-name"));
    let (digest, first) = one.packed(&[]);
    // What was there before does not stay.
    fs::create_dir_all(other.out().join("image/blobs/sha256")).expect("a folder");
    fs::write(other.out().join("image/blobs/sha256/stale"), "stale").expect("a file");
    assert_eq!(other.packed(&[]), (digest.clone(), first.clone()));
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        for folder in ["/a/folder", one.path.to_str().expect("a path"), "target/dist"] {
            assert!(!text.contains(folder), "{name} names {folder}");
        }
    }
    let newer = one.packed(&["--created", "1700000001"]).0;
    assert_ne!(newer, digest, "another time is another image");
}

#[test]
fn a_folder_holds_together() {
    let folder = Folder::new("together");
    let (digest, files) = folder.packed(&["--source", "https://example.com/sluice"]);
    let names: Vec<&str> = files.keys().map(String::as_str).filter(|name| !name.contains("blobs/")).collect();
    let want = [
        "SHA256SUMS",
        "canary.cdx.json",
        "canary.oci.tar",
        "canary.wasm",
        "capabilities.yaml",
        "image.digest",
        "image/index.json",
        "image/oci-layout",
    ];
    assert_eq!(names, want);
    assert_eq!(files["canary.wasm"], MODULE);
    assert_eq!(files["image.digest"], format!("{digest}\n").into_bytes());
    let sums = String::from_utf8_lossy(&files["SHA256SUMS"]).into_owned();
    let summed: Vec<&str> = sums.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
    assert_eq!(
        summed,
        want.iter()
            .copied()
            .filter(|name| !name.contains("image/") && *name != "SHA256SUMS")
            .collect::<Vec<_>>()
    );
    if let Ok(checked) =
        Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(folder.out()).output()
    {
        assert!(checked.status.success(), "{}", said(&checked));
    }
    an_image_is_one_manifest(&files, &digest);
}

fn an_image_is_one_manifest(files: &Files, digest: &str) {
    let index = json(&files["image/index.json"]);
    assert_eq!(index["manifests"].as_array().map(Vec::len), Some(1), "one manifest");
    assert_eq!(index["manifests"][0]["digest"], digest);
    let manifest = blob(files, &index["manifests"][0]);
    let config = json(&blob(files, &json(&manifest)["config"]));
    let annotations = &json(&manifest)["annotations"];
    for (name, value) in [
        ("title", "sluice-canary"),
        ("version", "0.1.0"),
        ("description", "Chooses"),
        ("licenses", "Apache-2.0"),
        ("revision", "abc"),
        ("created", "2023-11-14T22:13:20Z"),
        ("source", "https://example.com/sluice"),
    ] {
        let name = format!("org.opencontainers.image.{name}");
        assert_eq!(annotations[&name], value);
        assert_eq!(config["config"]["Labels"][&name], value);
    }
    let layers = json(&manifest)["layers"].clone();
    assert_eq!(layers.as_array().map(Vec::len), Some(1), "one layer");
    blob(files, &layers[0]);
    assert_eq!(files.keys().filter(|name| name.contains("blobs/")).count(), 3, "and nothing else");
}

#[test]
fn a_list_of_components_has_what_is_linked_and_nothing_else() {
    let bill = json(&Folder::new("bill").packed(&["--tool", "wasm-opt 108"]).1["canary.cdx.json"]);
    let names = |list: &Value| -> Vec<String> {
        list.as_array()
            .expect("a list")
            .iter()
            .map(|entry| entry["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&bill["components"]), ["canary-core", "memchr", "rust-std"]);
    assert_eq!(names(&bill["metadata"]["tools"]["components"]), ["sluice-pack", "rustc", "wasm-opt"]);
    let memchr = &bill["components"][1];
    assert_eq!(memchr["purl"], "pkg:cargo/memchr@2.8.3");
    assert_eq!(memchr["hashes"][0]["content"], "00ff");
    assert_eq!(memchr["licenses"][0]["expression"], "Unlicense OR MIT");
    assert_eq!(bill["components"][0]["purl"], Value::Null, "no registry has our own");
    // All that depend and are depended on are there, once.
    let mut known = vec![bill["metadata"]["component"]["bom-ref"].clone()];
    known.extend(bill["components"].as_array().expect("components").iter().map(|c| c["bom-ref"].clone()));
    let dependencies = bill["dependencies"].as_array().expect("dependencies");
    assert_eq!(dependencies.len(), known.len());
    for dependency in dependencies {
        assert!(known.contains(&dependency["ref"]), "{dependency}");
        let needs = dependency["dependsOn"].as_array().expect("a list");
        assert!(needs.iter().all(|need| known.contains(need)), "{dependency}");
    }
}

#[test]
fn refuses() {
    let folder = Folder::new("refuses");
    for (name, file, text, said_of_it) in [
        ("a filter that was not built", "tree", "0|auth v0.1.0 (/a)|Apache-2.0|\n", "says nothing of canary"),
        ("another version", "tree", "0|canary v0.2.0 (/a)|Apache-2.0|\n", "cargo tree knows no canary@0.1.0"),
        ("a crate without a sum", "Cargo.lock", "", "no sum for memchr@2.8.3"),
        ("no lock at all", "Cargo.lock", "[[package]", "Cargo.lock"),
    ] {
        folder.write();
        fs::write(folder.path.join(file), text).expect("a file");
        let ran = folder.run(&[]);
        assert!(!ran.status.success(), "{name}");
        assert!(said(&ran).contains(said_of_it), "{name}: {}", said(&ran));
    }
    folder.write();
    let ran = folder.run(&["--source", "/a/folder/of/this/machine"]);
    assert!(!ran.status.success() && said(&ran).contains("https://"), "{}", said(&ran));
}

/// Input and output of one run; removed with it.
struct Folder {
    path: PathBuf,
}

type Files = BTreeMap<String, Vec<u8>>;

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("sluice-pack-{}-{name}", process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self { path }
    }

    fn out(&self) -> PathBuf {
        self.path.join("out")
    }

    fn write(&self) {
        for (name, bytes) in [("module", MODULE), ("tree", TREE.as_bytes()), ("Cargo.lock", LOCK.as_bytes())]
        {
            fs::write(self.path.join(name), bytes).expect("a file");
        }
    }

    /// The digest and all files.
    fn packed(&self, more: &[&str]) -> (String, Files) {
        self.write();
        let ran = self.run(more);
        assert!(ran.status.success(), "{}", said(&ran));
        let mut files = Files::new();
        collect(&self.out(), "", &mut files);
        (String::from_utf8_lossy(&ran.stdout).trim().to_owned(), files)
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice-pack"));
        command.current_dir(&self.path).args([
            "--filter",
            "canary",
            "--version",
            "0.1.0",
            "--description",
            "Chooses",
        ]);
        command.args(["--licence", "Apache-2.0", "--revision", "abc", "--rust", "1.95.0"]);
        command
            .args(["--module", "module", "--tree", "tree", "--lock", "Cargo.lock", "--out"])
            .arg(self.out());
        if !more.contains(&"--created") {
            command.args(["--created", "1700000000"]);
        }
        command.args(more).output().expect("sluice-pack")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = format!("{prefix}{}", entry.file_name().expect("a name").display());
        if entry.is_dir() {
            collect(&entry, &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read(&entry).expect("a file"));
        }
    }
}

/// What a descriptor names.
fn blob(files: &Files, descriptor: &Value) -> Vec<u8> {
    let digest =
        descriptor["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:")).expect("a digest");
    let bytes = &files[&format!("image/blobs/sha256/{digest}")];
    assert_eq!(descriptor["size"], bytes.len());
    bytes.clone()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

fn said(ran: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
}
