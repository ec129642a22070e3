//! W3C baggage: the decision travels in it, beside what others put there.

use e2e::{Bootstrap, Request, Stack, exchange};

e2e::tests![
    other_members_are_kept_byte_for_byte,
    our_member_is_replaced_and_never_doubled,
    malformed_baggage_is_carried_on_and_ours_is_added,
    baggage_is_left_alone_unless_the_policy_says_so,
];

const POLICY: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules: [{ name: dyed, when: { header: { name: x-env, exact: canary } }, subset: canary }]
output: { header: x-sluice-subset, baggage: true }
";

/// Sends these baggage lines and returns what arrived, as the members between the commas, over all lines in order.
async fn members(stack: &Stack, lines: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut head = b"GET / HTTP/1.1\r\nhost: shop.example\r\nx-env: canary\r\n".to_vec();
    for line in lines {
        head.extend_from_slice(&[b"baggage: ", *line, b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    let answer = exchange(stack.envoy.addr("http"), &head).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&head));
    let report = e2e::Report::parse(&answer.body).expect("from an upstream");
    assert_eq!(report.subset(), Some("canary"));
    let arrived = report.headers.iter().filter(|(name, _)| name == "baggage");
    arrived.flat_map(|(_, value)| value.split(|b| *b == b',').map(|m| m.trim_ascii().to_vec())).collect()
}

/// What arrived besides exactly one member of ours with the right value.
fn besides_ours(members: Vec<Vec<u8>>, name: &str) -> Vec<String> {
    let (ours, others): (Vec<_>, Vec<_>) = members.into_iter().partition(|m| is_ours(m));
    assert_eq!(ours, [b"sluice-subset=canary"], "{name}: exactly one member of ours");
    others.iter().map(|m| m.iter().map(|b| char::from(*b)).collect()).collect()
}

fn is_ours(member: &[u8]) -> bool {
    let key = member.split(|b| *b == b'=' || *b == b';').next().unwrap_or_default();
    key.trim_ascii() == b"sluice-subset"
}

/// A name, the lines that a client sends, the members of others that must arrive.
type Row = (&'static str, &'static [&'static [u8]], &'static [&'static str]);

async fn other_members_are_kept_byte_for_byte() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    let rows: [Row; 7] = [
        ("none", &[], &[]),
        ("one", &[b"userId=alice"], &["userId=alice"]),
        ("properties", &[b"a=1;p=q;r, b = 2 ;x"], &["a=1;p=q;r", "b = 2 ;x"]),
        ("two lines", &[b"a=1", b"b=2,c=3"], &["a=1", "b=2", "c=3"]),
        ("escapes", &[b"k=%20%2C%3B%25", b"q=\"x\""], &["k=%20%2C%3B%25", "q=\"x\""]),
        (
            "a name that only begins like ours",
            &[b"sluice-subset-x=1,xsluice-subset=2"],
            &["sluice-subset-x=1", "xsluice-subset=2"],
        ),
        ("a value like ours", &[b"a=sluice-subset=b"], &["a=sluice-subset=b"]),
    ];
    for (name, sent, want) in rows {
        assert_eq!(besides_ours(members(&stack, sent).await, name), want, "{name}");
    }
}

async fn our_member_is_replaced_and_never_doubled() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    let rows: [Row; 7] = [
        ("alone", &[b"sluice-subset=stable"], &[]),
        ("first", &[b"sluice-subset=stable,a=1"], &["a=1"]),
        ("in between", &[b"a=1, sluice-subset=stable , b=2"], &["a=1", "b=2"]),
        ("with properties", &[b"a=1,sluice-subset=stable;ttl=3;x"], &["a=1"]),
        ("white space before the equals sign", &[b"sluice-subset =stable,a=1"], &["a=1"]),
        (
            "three times over two lines",
            &[b"sluice-subset=a,sluice-subset=b,x=1", b"sluice-subset=c"],
            &["x=1"],
        ),
        ("already right", &[b"sluice-subset=canary"], &[]),
    ];
    for (name, sent, want) in rows {
        assert_eq!(besides_ours(members(&stack, sent).await, name), want, "{name}");
    }
}

async fn malformed_baggage_is_carried_on_and_ours_is_added() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    let long = [b"long=".as_slice(), &[b'x'; 9000]].concat();
    let many = (0..400).map(|n| format!("m{n}={n}")).collect::<Vec<_>>().join(",");
    let rows: [(&str, &[u8]); 9] = [
        ("no equals sign", b"broken"),
        ("only an equals sign", b"="),
        ("our name without a value", b"sluice-subset"),
        ("our name with a property only", b"sluice-subset;p"),
        ("bytes that are no text", b"k=\xff\xfe\x80"),
        ("quotes that do not end", b"k=\"open"),
        ("control-like and colon", b"a:b=c\td"),
        ("longer than W3C's 8192 bytes", &long),
        ("more than W3C's 180 members", many.as_bytes()),
    ];
    for (name, sent) in rows {
        let others = besides_ours(members(&stack, &[sent]).await, name);
        let want: Vec<String> = sent
            .split(|b| *b == b',')
            .filter(|m| !is_ours(m))
            .map(|m| m.iter().map(|b| char::from(*b)).collect())
            .collect();
        assert_eq!(others, want, "{name}");
    }
    // Empty members say nothing, so it is all the same whether they arrive.
    for (name, sent) in [("empty", b"".as_slice()), ("only commas", b",,,"), ("commas around", b",a=1,,")] {
        let others = besides_ours(members(&stack, &[sent]).await, name);
        assert!(others.iter().all(|m| m.is_empty() || m == "a=1"), "{name}: {others:?}");
        assert_eq!(others.contains(&"a=1".to_owned()), sent.contains(&b'a'), "{name}: {others:?}");
    }
}

async fn baggage_is_left_alone_unless_the_policy_says_so() {
    let stack = Stack::start(Bootstrap::canary().policy(&POLICY.replace(", baggage: true", ""))).await;
    let report = stack.send(Request::get("/").header("baggage", "a=1;p , b=2")).await.report();
    assert_eq!((report.subset(), report.lines("baggage")), (Some("stable"), vec!["a=1;p , b=2"]));
    assert_eq!(stack.send(Request::get("/")).await.report().lines("baggage"), [""; 0]);
}
