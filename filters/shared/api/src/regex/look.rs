//! Assertions about what stands before and after a position.

use super::byte_set::{ByteSet, WORD};

/// `^`, `$`, `\b` and their kin: true or false of a position, and nothing is consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// `^`, `\A`
    Start,
    /// `$`, `\z`
    End,
    /// `(?m)^`
    LineStart,
    /// `(?m)$`
    LineEnd,
    /// `\b`
    WordBoundary,
    /// `\B`
    NoWordBoundary,
}

impl Look {
    /// Whether this is true between two neighbours.
    pub(super) fn holds(self, before: Neighbor, after: Neighbor) -> bool {
        let boundary = (before == Neighbor::Word) != (after == Neighbor::Word);
        match self {
            Self::Start => before == Neighbor::Edge,
            Self::End => after == Neighbor::Edge,
            Self::LineStart => matches!(before, Neighbor::Edge | Neighbor::Newline),
            Self::LineEnd => matches!(after, Neighbor::Edge | Neighbor::Newline),
            Self::WordBoundary => boundary,
            Self::NoWordBoundary => !boundary,
        }
    }

    /// Which neighbours must be told apart for this.
    pub(super) fn sight(self) -> Sight {
        match self {
            Self::Start | Self::End => Sight::Edges,
            _ => Sight::Bytes,
        }
    }
}

/// What stands on one side of a position, as far as an assertion cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Neighbor {
    /// Nothing: the value begins or ends here.
    Edge,
    /// `\n`
    Newline,
    /// A letter, a digit or `_`, in ASCII.
    Word,
    /// Any other byte, or any byte where the [`Sight`] is short.
    Other,
}

/// How much of its surroundings a pattern looks at; telling more apart than it needs would only multiply states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    /// No assertions.
    #[default]
    Nothing,
    /// Start and end of the value.
    Edges,
    /// Lines and words.
    Bytes,
}

impl Sight {
    /// What can follow a position.
    pub(super) fn neighbors(self) -> &'static [Neighbor] {
        match self {
            Self::Nothing => &[Neighbor::Other],
            Self::Edges => &[Neighbor::Edge, Neighbor::Other],
            Self::Bytes => &[Neighbor::Edge, Neighbor::Newline, Neighbor::Word, Neighbor::Other],
        }
    }

    pub(super) fn of_start(self) -> Neighbor {
        if self == Self::Nothing { Neighbor::Other } else { Neighbor::Edge }
    }

    /// The bytes that are such a neighbor.
    pub(super) fn bytes(self, neighbor: Neighbor) -> ByteSet {
        let newline = ByteSet::of(&[(b'\n', b'\n')]);
        let word = ByteSet::of(WORD);
        match neighbor {
            Neighbor::Edge => ByteSet::default(),
            Neighbor::Newline => newline,
            Neighbor::Word => word,
            Neighbor::Other if self == Self::Bytes => newline.union(word).complement(),
            Neighbor::Other => ByteSet::of(&[(0, u8::MAX)]),
        }
    }
}
