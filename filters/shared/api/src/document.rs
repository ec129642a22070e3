//! What a filter fetches and keeps fresh while it serves: lists now, key sets and bundles alike.

use crate::{HttpSource, Name, UnixTime};

/// A document of a policy. One worker fetches and builds it, all workers install what that one published.
pub trait Document {
    /// Its name in the policy; a tag of its stats.
    fn name(&self) -> &Name;

    /// What it is, as its stats call it: `list`.
    fn kind(&self) -> &'static str;

    /// Where it comes from.
    fn source(&self) -> &HttpSource;

    /// Starts to turn a fetched body into the form that workers share. `seed` is random.
    fn build(&self, body: Vec<u8>, seed: u64) -> Box<dyn Build>;

    /// Puts a published form into use and says how many entries it has. Cheap: every worker does it.
    ///
    /// # Errors
    /// The form is damaged; the one in use stays.
    fn install(&self, published: Vec<u8>) -> Result<u64, String>;

    /// What an operator should know about what was installed last, though it is in use: one line for the log, said by
    /// the worker that fetched it.
    fn remark(&self) -> Option<String> {
        None
    }

    /// Told when the source last confirmed what is installed, each time that changes.
    fn checked(&self, _at: UnixTime) {}

    /// Whether it is wanted anew before its `refresh` is over: because requests wait for it, or name something that
    /// is not in it. Granted at most once in 10 s for the whole process. Cleared by `checked`.
    fn is_wanted(&self) -> bool {
        false
    }
}

/// Work on a body in steps of about a millisecond, so that a large document stalls nobody.
pub trait Build {
    /// Does the next bit.
    fn step(self: Box<Self>) -> Built;
}

/// Where the work stands.
pub enum Built {
    /// There is more to do.
    More(Box<dyn Build>),
    /// The form that workers share.
    Done(Vec<u8>),
    /// The body is not a document of this kind; the last good one stays.
    Refused(String),
}

impl std::fmt::Debug for Built {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::More(_) => formatter.write_str("More"),
            Self::Done(published) => write!(formatter, "Done({} bytes)", published.len()),
            Self::Refused(reason) => write!(formatter, "Refused({reason})"),
        }
    }
}
