//! `sluice validate` as a user meets it: what it prints, and with which status it ends.

mod support;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use support::root;

const GOOD: &str = "filters/canary/config/valid/two-subsets.yaml";
const BAD: &str = "filters/canary/config/invalid/names-that-are-not-there.yaml";

/// Runs it in the root of the repository.
fn sluice(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("sluice runs")
}

/// Status, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = sluice(arguments);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// A file of this test's own, with this content.
fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("a temporary file");
    path
}

#[test]
fn every_problem_is_a_line() {
    let want = "\
filters/canary/config/invalid/names-that-are-not-there.yaml:6: rules[0].when.list.name: `beta-users` is not among the policy's lists
filters/canary/config/invalid/names-that-are-not-there.yaml:7: rules[0].subset: `beta` is not a subset, known here: stable, canary
filters/canary/config/invalid/names-that-are-not-there.yaml:8: rules[1].name: `beta-users` is the name of another rule
filters/canary/config/invalid/names-that-are-not-there.yaml:10: rules[1].weights.Canary: `Canary` is not a subset, known here: stable, canary
";
    assert_eq!(run(&["validate", BAD]), (Some(1), want.to_owned(), String::new()));
}

#[test]
fn a_good_policy_is_a_line() {
    let want = format!("{GOOD}: ok (a policy of canary)\n");
    assert_eq!(run(&["validate", GOOD]), (Some(0), want.clone(), String::new()));
    assert_eq!(run(&["validate", "--filter", "canary", GOOD]), (Some(0), want, String::new()));
}

#[test]
fn one_bad_policy_among_good_ones_is_a_failure() {
    let (status, out, _) = run(&["validate", GOOD, "no/such/file.yaml", GOOD]);
    let want = format!(
        "{GOOD}: ok (a policy of canary)\nno/such/file.yaml: cannot be read: No such file or directory (os error 2)\n{GOOD}: ok (a policy of canary)\n"
    );
    assert_eq!((status, out), (Some(1), want));
}

#[test]
fn a_text_that_cannot_be_read_names_the_place() {
    for (name, content, want) in [
        ("empty.yaml", "", "1: holds nothing"),
        ("open.yaml", "subsets: [", "1: not valid YAML: unclosed bracket '[' at line 1, column 10"),
        ("tab.yaml", "subsets:\n\t- a", "2: not valid YAML: "),
        (
            "merge.yaml",
            "a: &a {}\nb:\n  <<: *a\n",
            "3: not valid YAML: merge key not allowed here at line 3, column 3",
        ),
        ("comma.json", "{\"subsets\": [],}", "1: not valid JSON: trailing comma at line 1 column 16"),
        ("yaml.json", "subsets: []", "1: not valid JSON: expected value at line 1 column 1"),
    ] {
        let file = file(name, content);
        let file = file.to_str().expect("UTF-8");
        let (status, out, err) = run(&["validate", file]);
        assert!(out.starts_with(&format!("{file}:{want}")), "{name}: {out}");
        assert_eq!((status, out.lines().count(), err.as_str()), (Some(1), 1, ""), "{name}: {out}");
    }
    let latin1 = file("latin1.yaml", b"experiment: \xe9t\xe9\n");
    let (status, out, _) = run(&["validate", latin1.to_str().expect("UTF-8")]);
    assert_eq!(status, Some(1));
    assert!(out.contains("not valid UTF-8"), "{out}");
}

#[test]
fn yaml_and_json_mean_the_same() {
    let json = file(
        "policy.json",
        r#"{"subsets": [{"name": "stable", "weight": 9999}], "dry_run": true, "dry_run": true}"#,
    );
    let yaml =
        file("policy.yaml", "subsets:\n- name: stable\n  weight: 9999\ndry_run: true\ndry_run: true\n");
    for file in [json, yaml] {
        let file = file.to_str().expect("UTF-8");
        let want = if file.ends_with(".json") {
            format!("{file}:1: dry_run: given twice\n{file}:1: subsets: weights sum to 9999, must be 10000\n")
        } else {
            format!("{file}:1: subsets: weights sum to 9999, must be 10000\n{file}:5: dry_run: given twice\n")
        };
        assert_eq!(run(&["validate", file]), (Some(1), want, String::new()));
    }
}

#[test]
fn a_list_may_be_as_long_as_the_filter_takes_it() {
    let policy = |entries: u32| {
        let lines: String = (0..entries).map(|entry| format!("      - user-{entry}\n")).collect();
        format!("subsets: [{{ name: stable, weight: 10000 }}]\nlists:\n  beta:\n    inline:\n{lines}")
    };
    let (long, longer) = (file("long.yaml", policy(100_000)), file("longer.yaml", policy(100_001)));
    let (long, longer) = (long.to_str().expect("UTF-8"), longer.to_str().expect("UTF-8"));
    let want = format!(
        "{long}: ok (a policy of canary)\n{longer}:4: lists.beta.inline: has 100001 entries, at most 100000 are allowed\n"
    );
    assert_eq!(run(&["validate", long, longer]), (Some(1), want, String::new()));
}

/// Aliases that double at each step: small on disk, huge in memory.
#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for step in 1..12 {
        let alias = format!("*a{}", step - 1);
        bomb += &format!("a{step}: &a{step} [{}]\n", [alias.as_str(); 9].join(", "));
    }
    let bomb = file("bomb.yaml", bomb);
    let (status, out, _) = run(&["validate", bomb.to_str().expect("UTF-8")]);
    assert_eq!((status, out.lines().count()), (Some(1), 1), "{out}");
    assert!(out.contains("not valid YAML: "), "{out}");
}

#[test]
fn help_goes_to_the_output_and_mistakes_do_not() {
    for arguments in [&["--help"][..], &["validate", "--help"], &["--version"], &["completions", "bash"]] {
        let (status, out, err) = run(arguments);
        assert_eq!((status, err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(out.contains("sluice"), "{arguments:?}");
    }
    for arguments in
        [&[][..], &["validate"], &["validate", "--filter", "lua", GOOD], &["completions", "tcsh"]]
    {
        let (status, out, err) = run(arguments);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains("Usage: sluice") || err.contains("try '--help'"), "{arguments:?}: {err}");
    }
}

#[test]
fn a_policy_comes_through_a_pipe() {
    let policy = std::fs::File::open(root().join(GOOD)).expect("a policy");
    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["validate", "-"])
        .stdin(policy)
        .output()
        .expect("sluice runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "-: ok (a policy of canary)\n");
}

#[test]
fn warnings_fail_only_if_they_are_to() {
    let open =
        file("open.yaml", "rules:\n- { name: all, when: { path: { prefix: /public } }, allow: anyone }\n");
    let open = open.to_str().expect("UTF-8");
    let (status, out, _) = run(&["validate", open]);
    assert_eq!(status, Some(0), "{out}");
    assert!(out.contains(&format!("{open}:2: warning[open-prefix]: rules[0].when.path.prefix: ")), "{out}");
    assert!(out.ends_with(&format!("{open}: ok (a policy of auth, 1 warning)\n")), "{out}");
    let (status, out, _) = run(&["validate", "--deny-warnings", open]);
    assert_eq!((status, out.lines().count()), (Some(1), 1), "{out}");
}
