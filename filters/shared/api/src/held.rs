//! What a request holds until it ends: a place among those in flight.

use crate::SharedData;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// Something that was taken for a request and must be given back when it ends.
pub trait Holding {
    /// Gives it back. Called once, when the stream ended, however it did; never if its VM died.
    fn give_back(&self, shared: &dyn SharedData);

    /// Says that the request still lives. Called about every [`Holding::renewal`].
    fn renew(&self, shared: &dyn SharedData);

    /// How often to renew.
    fn renewal(&self) -> Duration;
}

/// It, as a decision carries it.
#[derive(Clone)]
pub struct Held(pub Rc<dyn Holding>);

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Held(renewed every {:?})", self.0.renewal())
    }
}

/// The very same thing.
impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Held {}
