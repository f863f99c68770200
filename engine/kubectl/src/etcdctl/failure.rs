//! etcdctl's exit codes, and how it says what went wrong.

use crate::failure::Failure;

/// Why it ends; the numbers are the tool's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Exit {
    /// Something went wrong.
    Error = 1,
    /// No connection.
    BadConnection = 2,
    /// What was read from standard input makes no sense.
    InvalidInput = 3,
    /// A known option with a value that it can't take.
    BadFeature = 4,
    /// It was interrupted, by the user or by the server.
    Interrupted = 5,
    /// The arguments make no sense.
    BadArgs = 128,
}

/// `Error: ...` and the exit code.
pub fn error(exit: Exit, message: impl AsRef<str>) -> Failure {
    Failure { text: format!("Error: {}", message.as_ref()), code: exit as u8 }
}

/// Wrong arguments.
pub fn bad_args(message: impl AsRef<str>) -> Failure {
    error(Exit::BadArgs, message)
}
