//! Many that wait: what each answer costs, and who has a turn.

use super::*;

#[test]
fn an_answer_is_not_for_all_who_wait_for_others() {
    let vm = borrower("rls");
    let streams = 2..1_002_u32;
    for stream in streams.clone() {
        assert_eq!(begin(&vm, stream, "/own"), Action::Pause);
    }
    assert_eq!(asked(), 1_000);
    for (stream, token) in streams.clone().zip(1..).step_by(100) {
        DECIDED.set(0);
        lend(&vm, token, 1);
        assert_eq!(outcome(), (vec![stream], vec![]), "whoever asked comes first");
        assert!(DECIDED.get() <= 65, "{}", DECIDED.get());
    }
}

#[test]
fn all_who_can_go_on_do_so_soon() {
    let vm = borrower("rls");
    (2..1_002).for_each(|stream| assert_eq!(begin(&vm, stream, "/"), Action::Pause));
    lend(&vm, 1, 240);
    for first in (2..202).step_by(50) {
        assert_eq!(outcome().0, (first..first + 50).collect::<Vec<_>>());
        assert_eq!(period(), 1, "the next ones do not wait for long");
        tick(&vm, 1);
    }
    assert_eq!(outcome().0, (202..242).collect::<Vec<_>>());
    assert_eq!((asked(), period()), (2, 1));
}

/// However many questions end in one tick, and however many requests wait for each of them.
#[test]
fn no_callback_ends_more_than_fifty() {
    let vm = borrower("rls");
    (2..302).for_each(|stream| assert_eq!(begin(&vm, stream, "/own"), Action::Pause));
    tick(&vm, 30);
    for left in [250, 200, 150, 100, 50, 0] {
        assert_eq!(outcome().1.len(), 50, "{left} are left");
        tick(&vm, 1);
    }
    assert_eq!(outcome().1.len(), 0);
}

#[test]
fn everybody_has_a_turn() {
    let vm = borrower("rls");
    (2..1_002).for_each(|stream| assert_eq!(begin(&vm, stream, "/"), Action::Pause));
    let mut resumed = Vec::new();
    for _ in 0..28 {
        DECIDED.set(0);
        tick(&vm, 0);
        assert!(DECIDED.get() <= 17, "{}", DECIDED.get());
        ELSEWHERE.set(1);
        tick(&vm, 0);
        resumed.extend(outcome().0);
    }
    assert_eq!(resumed.len(), 28);
    assert!(resumed.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(*resumed.last().unwrap() > 900, "the last ones too, not the first ones again: {resumed:?}");
    let gave_up: Vec<_> = (0..20).map(|_| (tick(&vm, 100), outcome().1.len()).1).collect();
    assert_eq!((gave_up[..19].to_vec(), gave_up[19]), (vec![50; 19], 22), "patience ends for all");
}
