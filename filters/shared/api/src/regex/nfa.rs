//! A parsed pattern as a nondeterministic automaton (Thompson's construction, over bytes).

use super::budget::{Budget, MAX_NFA_STATES, TooLarge};
use super::byte_set::ByteSet;
use super::look::{Look, Neighbor, Sight};
use super::tree::{Node, Tree};

/// A nondeterministic automaton.
#[derive(Debug)]
pub(super) struct Nfa {
    states: Vec<State>,
    pub(super) start: u16,
    pub(super) sets: Vec<ByteSet>,
    pub(super) sight: Sight,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The pattern ends here.
    Match,
    /// A byte of this set leads on.
    Byte { set: usize, next: u16 },
    /// Two ways on, without a byte.
    Split(u16, u16),
    /// A way on where the assertion holds, without a byte.
    Look(Look, u16),
}

impl Nfa {
    pub(super) fn build(tree: Tree, budget: &mut Budget) -> Result<Self, TooLarge> {
        let Tree { root, sets } = tree;
        let mut builder = Builder { states: Vec::new(), sight: Sight::default(), budget };
        let end = builder.add(State::Match)?;
        let start = builder.compile(&root, end)?;
        let Builder { states, sight, .. } = builder;
        Ok(Self { states, start, sets, sight })
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }
}

/// Every part is compiled for what comes after it, so the pattern is read from its end and no state is a mere jump:
/// two ways to the same place are the same state, which keeps the sets of the DFA few.
struct Builder<'b> {
    states: Vec<State>,
    sight: Sight,
    budget: &'b mut Budget,
}

impl Builder<'_> {
    /// Returns where a node begins that goes on at `next`.
    fn compile(&mut self, node: &Node, next: u16) -> Result<u16, TooLarge> {
        // Counts what adds no state, too: `(){1000}` repeated is a lot of nothing.
        self.budget.spend(1)?;
        match node {
            Node::Byte(set) => self.add(State::Byte { set: *set, next }),
            Node::Look(look) => {
                self.sight = self.sight.max(look.sight());
                self.add(State::Look(*look, next))
            }
            Node::Sequence(nodes) => nodes.iter().rev().try_fold(next, |next, node| self.compile(node, next)),
            Node::Choice(nodes) => self.choice(nodes, next),
            Node::Repeat { node, min, max } => self.repeat(node, *min, *max, next),
        }
    }

    fn choice(&mut self, nodes: &[Node], next: u16) -> Result<u16, TooLarge> {
        let mut start = None;
        for node in nodes.iter().rev() {
            let one = self.compile(node, next)?;
            start = Some(match start {
                None => one,
                Some(others) => self.add(State::Split(one, others))?,
            });
        }
        Ok(start.unwrap_or(next))
    }

    fn repeat(&mut self, node: &Node, min: u16, max: Option<u16>, next: u16) -> Result<u16, TooLarge> {
        let (mut start, mut required) = (next, min);
        if let Some(max) = max {
            // Each skip leads to the very end: a(a(a)?)?, not a?a?a?.
            for _ in min..max {
                let one = self.compile(node, start)?;
                start = self.add(State::Split(one, next))?;
            }
        } else {
            let again = self.add(State::Split(next, next))?;
            let one = self.compile(node, again)?;
            if let Some(state) = self.states.get_mut(usize::from(again)) {
                *state = State::Split(one, next);
            }
            // `+`: the last of those that must be there can be the one that repeats.
            start = if min == 0 { again } else { one };
            required = min.saturating_sub(1);
        }
        for _ in 0..required {
            start = self.compile(node, start)?;
        }
        Ok(start)
    }

    fn add(&mut self, state: State) -> Result<u16, TooLarge> {
        let number = self.states.len();
        if number >= MAX_NFA_STATES {
            return Err(TooLarge);
        }
        self.states.push(state);
        u16::try_from(number).map_err(|_| TooLarge)
    }
}

/// All that can be reached without a byte.
#[derive(Debug)]
pub(super) struct Closure {
    /// In which round a state was last reached.
    reached: Vec<u32>,
    round: u32,
    pending: Vec<u16>,
    /// The set of bytes and the way on, for each reached state that wants a byte.
    pub(super) steps: Vec<(usize, u16)>,
    /// Whether the pattern can end here.
    pub(super) matches: bool,
}

impl Closure {
    pub(super) fn new(nfa: &Nfa) -> Self {
        Self { reached: vec![0; nfa.len()], round: 0, pending: Vec::new(), steps: Vec::new(), matches: false }
    }

    /// Starts again from some states, between two neighbours.
    pub(super) fn compute(
        &mut self,
        nfa: &Nfa,
        from: &[u16],
        (before, after): (Neighbor, Neighbor),
        budget: &mut Budget,
    ) -> Result<(), TooLarge> {
        self.round = self.round.wrapping_add(1);
        self.matches = false;
        self.steps.clear();
        self.pending.clear();
        self.pending.extend_from_slice(from);
        while let Some(number) = self.pending.pop() {
            budget.spend(1)?;
            let at = usize::from(number);
            let (Some(reached), Some(state)) = (self.reached.get_mut(at), nfa.states.get(at)) else {
                continue;
            };
            if std::mem::replace(reached, self.round) == self.round {
                continue;
            }
            match *state {
                State::Match => self.matches = true,
                State::Byte { set, next } => self.steps.push((set, next)),
                State::Split(one, two) => self.pending.extend([one, two]),
                State::Look(look, next) if look.holds(before, after) => self.pending.push(next),
                State::Look(..) => {}
            }
        }
        Ok(())
    }
}
