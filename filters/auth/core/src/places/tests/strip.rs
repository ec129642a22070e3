use super::super::Places;
use super::{ALL, find, places, strip};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn takes_out_a_header() {
    let (places, _) = places(&[ALL]);
    for (name, value) in [("authorization", "Bearer t"), ("x-token", "t"), ("x-auth", "JWT t")] {
        assert_eq!(strip(&places, &[(name, value), ("a", "b")]), [(name.to_owned(), None)]);
    }
}

#[test]
fn leaves_credentials_of_other_schemes() {
    let (places, _) = places(&[ALL]);
    let changes = strip(&places, &[("authorization", "Basic dTpw"), ("x-token", "t")]);
    assert_eq!(changes, [("x-token".to_owned(), None)]);
}

/// Lines of the field, what is left.
#[test]
fn takes_a_cookie_out_and_leaves_the_others() {
    let (places, _) = places(&[ALL]);
    let rows: [(&[&str], Option<&str>); 14] = [
        (&["access_token=t"], None),
        (&["access_token=t; access_token=t"], None),
        (&["access_token=t", "access_token=t"], None),
        (&["access_token=t; "], None),
        (&["a=1; access_token=t"], Some("a=1")),
        (&["access_token=t; a=1"], Some("a=1")),
        (&["a=1; access_token=t; b=2"], Some("a=1; b=2")),
        (&["a=1;access_token=t;b=2"], Some("a=1;b=2")),
        (&["a = \"x\"; access_token=t; b; =c;; d=e=f"], Some("a = \"x\"; b; =c;; d=e=f")),
        (&["access_token=; access_token=t; a=1"], Some("a=1")),
        (&["a=1", "access_token=t", "b=2"], Some("a=1; b=2")),
        (&["a=1", "access_token=t; b=2"], Some("a=1; b=2")),
        (&["access_token=t; a=1", "b=2; c=3"], Some("a=1; b=2; c=3")),
        (&["Access_Token=u; access_token=t"], Some("Access_Token=u")),
    ];
    for (lines, left) in rows {
        let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
        assert_eq!(strip(&places, &lines), [("cookie".to_owned(), left.map(str::to_owned))], "{lines:?}");
    }
}

#[test]
fn takes_a_parameter_out_and_leaves_the_others() {
    let (places, _) = places(&[ALL]);
    for (path, left) in [
        ("/?access_token=t", "/"),
        ("/a?access_token=t&access_token=t", "/a"),
        ("/a?access_token=t&b=1", "/a?b=1"),
        ("/a?b=1&access_token=t", "/a?b=1"),
        ("/a?b=1&access_token=t&c=2", "/a?b=1&c=2"),
        ("/a?b=1&%61ccess%5Ftoken=t&c=2", "/a?b=1&c=2"),
        ("/a?&access_token=t", "/a?"),
        ("/a?access_token=t&&b", "/a?&b"),
        ("/%20a?b=%41+%zz&access_token=t&c=?d&é", "/%20a?b=%41+%zz&c=?d&é"),
        ("/access_token=t?access_token=t", "/access_token=t"),
    ] {
        let changes = strip(&places, &[(":path", path)]);
        assert_eq!(changes, [(":path".to_owned(), Some(left.to_owned()))], "{path}");
        assert_eq!(find(&places, &[(":path", left)]), Ok(None), "{path}");
    }
}

#[test]
fn takes_a_token_out_of_every_place_where_it_was() {
    let (places, _) = places(&[ALL]);
    let lines = [
        (":path", "/a?access_token=t&b=1"),
        ("cookie", "access_token=t; c=2"),
        ("authorization", "bearer t"),
        ("x-token", "t"),
        ("x-auth", "else"),
    ];
    let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let removed = |name: &str| (name.to_owned(), None);
    let want = [removed("authorization"), removed("x-token"), set("cookie", "c=2"), set(":path", "/a?b=1")];
    assert_eq!(strip(&places, &lines), want);
}

/// Where the token was not, nothing changes; a header that two places share is removed once.
#[test]
fn changes_nothing_else() {
    let (places, _) =
        places(&[r#"[{"header": "x", "prefix": "a"}, {"header": "x", "prefix": "aa"}, {"cookie": "c"}]"#]);
    let lines = [("x", "ab"), ("cookie", "d=1"), (":path", "/?c=t")];
    assert_eq!(strip(&places, &lines), [("x".to_owned(), None)]);
    let bytes = super::serialised(&lines);
    assert!(Places::default().strip(filter_api::Fields::new(&bytes), super::PlaceSet::default()).is_empty());
}
