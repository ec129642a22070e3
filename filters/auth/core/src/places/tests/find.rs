use super::super::{InvalidCredentials, Place, Places};
use super::{ALL, find, places, serialised};
use filter_api::Fields;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn refuses_an_authorization_that_is_not_one_token() {
    let (places, _) = places(&[ALL]);
    for value in [
        "Bearer",
        "bearer",
        "Bearer ",
        "Bearer  abc",
        "Bearer\tabc",
        "Bearer \tabc",
        "Bearer abc ",
        "Bearer abc\t",
        "Bearer a b",
        "Bearer \"abc\"",
        "Bearer 'abc'",
        "Bearer:abc",
        "Bearer=abc",
        "Bearer,abc",
        "Bearer a, Bearer b",
        "Bearer a,Bearer b",
        "Bearer a, Bearer a",
        "Bearer a,",
        "Bearer a;b",
        "Bearer =",
        "Bearer ==a",
        "Bearer a=b",
        "Bearer a\0",
        "Bearer \u{e9}",
        "Bearer Bearer abc",
        " Bearer abc",
        "\tBearer abc",
        "Basic dTpw, Bearer abc",
        "Basic dTpw,bearer abc",
        "Basic dTpw,Bearer",
        ",Bearer abc",
    ] {
        let lines = [("authorization", value)];
        assert_eq!(find(&places, &lines), Err(InvalidCredentials::Malformed), "{value:?}");
    }
}

#[test]
fn other_schemes_are_no_token() {
    let (places, _) = places(&[ALL]);
    for value in [
        "",
        "Basic dTpw",
        "Basic Bearer",
        "Digest username=\"a\", realm=\"b\"",
        "BearerToken abc",
        "Bearerabc",
        "Bear er",
        "abc",
        "JWT abc",
        "\"Bearer abc\"",
        "DPoP abc",
    ] {
        assert_eq!(find(&places, &[("authorization", value)]), Ok(None), "{value:?}");
    }
}

#[test]
fn the_scheme_is_found_in_any_case() {
    let (places, _) = places(&[ALL]);
    for value in ["Bearer abc", "bearer abc", "BEARER abc", "bEaReR abc"] {
        assert_eq!(find(&places, &[("authorization", value)]), Ok(Some("abc".to_owned())), "{value:?}");
    }
    let rare = "a-Z.0_9~+/==";
    assert_eq!(find(&places, &[("authorization", &format!("Bearer {rare}"))]), Ok(Some(rare.to_owned())));
}

#[test]
fn refuses_what_is_no_token_in_other_places() {
    let (places, _) = places(&[ALL]);
    for (name, value) in [
        ("x-token", ""),
        ("x-token", "Bearer abc"),
        ("x-token", "a,b"),
        ("x-token", "a "),
        ("x-auth", "JWT "),
        ("x-auth", "JWT  abc"),
        ("x-auth", "JWT a,JWT b"),
        ("x-auth", "other, JWT b"),
        ("x-auth", " JWT b"),
        ("cookie", "access_token=\"abc\""),
        ("cookie", "access_token=a b"),
        ("cookie", "access_token=a%2Eb"),
        ("cookie", "a=1; access_token=a,b"),
        (":path", "/?access_token"),
        (":path", "/?access_token="),
        (":path", "/?access_token=a%2Eb"),
        (":path", "/?access_token=a&access_token="),
        (":path", "/?access%5Ftoken=a%20b"),
        (":path", "/?access_token=a?access_token=b"),
        (":path", "/?access_token=a;access_token=b"),
        (":path", "/?access_token=a#b"),
    ] {
        assert_eq!(find(&places, &[(name, value)]), Err(InvalidCredentials::Malformed), "{name}: {value:?}");
    }
}

#[test]
fn finds_nothing_where_no_token_should_be() {
    let (places, _) = places(&[ALL]);
    for (name, value) in [
        ("x-auth", "jwt abc"),
        ("x-auth", "abc"),
        ("x-auth", ""),
        ("x-other", "Bearer abc"),
        ("proxy-authorization", "Bearer abc"),
        ("cookie", ""),
        ("cookie", "access_token"),
        ("cookie", "access_token="),
        ("cookie", "Access_Token=abc"),
        ("cookie", "xaccess_token=abc; access_tokens=abc"),
        ("cookie", "access%5Ftoken=abc"),
        (":path", "/access_token=abc"),
        (":path", "/?Access_Token=abc"),
        (":path", "/?xaccess_token=abc&access_tokens=abc&a=access_token=b"),
        (":authority", "?access_token=abc"),
    ] {
        assert_eq!(find(&places, &[(name, value)]), Ok(None), "{name}: {value:?}");
    }
    assert_eq!(find(&Places::default(), &[("authorization", "Bearer abc")]), Ok(None), "no places at all");
}

#[test]
fn finds_a_token_in_every_place() {
    let (places, _) = places(&[ALL]);
    for (name, value) in [
        ("authorization", "Bearer abc"),
        ("x-token", "abc"),
        ("x-auth", "JWT abc"),
        ("cookie", "access_token=abc"),
        ("cookie", "a=1; access_token=abc; b=2"),
        ("cookie", "a;b;;access_token = abc ;"),
        ("cookie", "access_token=; access_token=abc"),
        (":path", "/?access_token=abc"),
        (":path", "/a?b&access_token=abc&c=d"),
        (":path", "/a?%61ccess%5ftoken=abc"),
    ] {
        assert_eq!(find(&places, &[(name, value)]), Ok(Some("abc".to_owned())), "{name}: {value:?}");
    }
}

#[test]
fn two_tokens_that_differ_are_refused_and_the_same_one_twice_is_not() {
    let (places, _) = places(&[ALL]);
    let shapes: [(&str, [&str; 2]); 5] = [
        ("authorization", ["Bearer a", "Bearer b"]),
        ("x-token", ["a", "b"]),
        ("x-auth", ["JWT a", "JWT b"]),
        ("cookie", ["access_token=a", "access_token=b"]),
        (":path", ["/?access_token=a", "/?access_token=b"]),
    ];
    for (one, values) in shapes {
        for (other, others) in shapes.iter().filter(|(other, _)| *other != one) {
            for order in [[(one, values[0]), (*other, others[1])], [(*other, others[1]), (one, values[0])]] {
                assert_eq!(find(&places, &order), Err(InvalidCredentials::Different), "{order:?}");
            }
            let same = [(one, values[0]), (*other, others[0])];
            assert_eq!(find(&places, &same), Ok(Some("a".to_owned())), "{same:?}");
        }
    }
    for (name, value) in [
        ("cookie", "access_token=a; access_token=b"),
        (":path", "/?access_token=a&access_token=b"),
        (":path", "/?access_token=a&access%5Ftoken=b"),
    ] {
        assert_eq!(find(&places, &[(name, value)]), Err(InvalidCredentials::Different), "{value}");
        let same = value.replace("=b", "=a");
        assert_eq!(find(&places, &[(name, &same)]), Ok(Some("a".to_owned())), "{same}");
    }
    let cookies = [("cookie", "access_token=a"), ("cookie", "access_token=b")];
    assert_eq!(find(&places, &cookies), Err(InvalidCredentials::Different), "cookies in two lines");
}

#[test]
fn refuses_a_repeated_header() {
    let (places, _) = places(&[ALL]);
    for (name, values) in [
        ("authorization", ["Bearer a", "Bearer b"]),
        ("authorization", ["Bearer a", "Bearer a"]),
        ("authorization", ["Bearer a", "Basic dTpw"]),
        ("authorization", ["Basic dTpw", "Bearer a"]),
        ("authorization", ["Basic dTpw", "Basic dTpw"]),
        ("authorization", ["", "Bearer a"]),
        ("x-token", ["a", "a"]),
        ("x-auth", ["JWT a", "else"]),
    ] {
        let lines = values.map(|value| (name, value));
        assert_eq!(find(&places, &lines), Err(InvalidCredentials::Repeated), "{lines:?}");
    }
    let others = [("x-other", "a"), ("x-other", "b"), ("authorization", "Bearer a")];
    assert_eq!(find(&places, &others), Ok(Some("a".to_owned())));
}

#[test]
fn a_malformed_token_beside_a_good_one_is_refused() {
    let (places, _) = places(&[ALL]);
    for bad in [("x-token", ""), ("cookie", "access_token=a b"), (":path", "/?access_token=")] {
        for lines in [[("authorization", "Bearer a"), bad], [bad, ("authorization", "Bearer a")]] {
            assert_eq!(find(&places, &lines), Err(InvalidCredentials::Malformed), "{lines:?}");
        }
    }
}

/// One provider wants the bare value, one a prefix, one both the standard place and a cookie.
#[test]
fn says_whose_place_it_was() {
    let (places, sets) = places(&[
        r#"[{"header": "x-token"}]"#,
        r#"[{"header": "x-token", "prefix": "JWT "}]"#,
        r#"[{"cookie": "t"}, {"header": "Authorization", "prefix": "bearer "}]"#,
        r#"[{"header": "authorization", "prefix": "Bearer "}]"#,
    ]);
    type Row<'r> = (&'r [(&'r str, &'r str)], [bool; 4]);
    let rows: [Row<'_>; 6] = [
        (&[("x-token", "a")], [true, false, false, false]),
        (&[("x-token", "JWT a")], [false, true, false, false]),
        (&[("authorization", "Bearer a")], [false, false, true, true]),
        (&[("cookie", "t=a")], [false, false, true, false]),
        (&[("cookie", "t=a"), ("x-token", "a")], [true, false, true, false]),
        (&[("cookie", "t=a"), ("authorization", "Bearer a")], [false, false, true, true]),
    ];
    for (lines, want) in rows {
        let bytes = serialised(lines);
        let found = places.find(Fields::new(&bytes)).unwrap().expect("a token");
        assert_eq!(sets.iter().map(|set| set.shares(found.places)).collect::<Vec<_>>(), want, "{lines:?}");
    }
}

#[test]
fn there_are_at_most_64_distinct_places() {
    let mut places = Places::default();
    let cookies: Vec<_> = (0..65).map(|number| Place::Cookie(format!("c{number}"))).collect();
    for _ in 0..2 {
        assert!(places.add(&cookies[..64]).is_some());
    }
    assert!(places.add(&cookies[64..]).is_none());
    assert!(places.add(&cookies[63..64]).is_some());
    assert_eq!(find(&places, &[("cookie", "c63=a")]), Ok(Some("a".to_owned())));
    assert_eq!(find(&places, &[("cookie", "c64=a")]), Ok(None));
}

#[test]
fn nothing_of_a_token_is_shown() {
    let (places, _) = places(&[ALL]);
    let bytes = serialised(&[("authorization", "Bearer secret")]);
    let shown = format!("{:?}", places.find(Fields::new(&bytes)));
    assert!(shown.contains("[redacted]") && !shown.contains("secret") && !shown.contains("115"), "{shown}");
}
