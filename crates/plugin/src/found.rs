//! What a look around the machine finds, told by each plugin that can look.

use crate::Site;

/// How a plugin looks around: it tells each thing as soon as it knows of it, and changes nothing on the machine.
pub(crate) type Scan = fn(&Site, &mut dyn FnMut(Found));

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// What an input can read.
    Input {
        /// What it is and where, for a person; may have several lines.
        about: String,
        /// The options that read it, as TOML that stands below `[[inputs.NAME]]`.
        options: String,
    },
    /// What cannot be told apart from something else without risk: a person knows, or tries.
    Perhaps {
        /// What is there, and what it can be.
        about: String,
        /// The options that read it, where it is the first of these.
        options: String,
    },
    /// Anything else that is worth a line: what another program holds, what could not be looked at, and the cure.
    Remark(String),
}
