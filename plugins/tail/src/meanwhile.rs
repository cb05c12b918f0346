//! What others may do to the files between two calls of ours to the system.
//!
//! In the program nothing happens here. A test lets its world go on instead, at every one of these moments.

/// A call to the system comes next.
#[cfg(not(test))]
#[inline]
pub fn others_act() {}

#[cfg(test)]
pub use world::{let_act, others_act};

#[cfg(test)]
mod world {
    use std::cell::RefCell;

    type Others = Box<dyn FnMut()>;

    thread_local! {
        static OTHERS: RefCell<Option<Others>> = const { RefCell::new(None) };
    }

    /// From now on these others act on this thread, until others or nobody do.
    pub fn let_act(others: Option<Others>) {
        OTHERS.set(others);
    }

    /// A call to the system comes next.
    pub fn others_act() {
        // Taken out while it acts, for it may look at files as we do.
        if let Some(mut others) = OTHERS.take() {
            others();
            OTHERS.set(Some(others));
        }
    }
}
