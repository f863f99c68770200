//! What a script becomes.

use std::sync::Arc;

use sim::Str;

/// A script, ready to run.
pub type Code = Arc<[Op]>;

/// One step of a script.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// Runs simple commands, each one's output the next one's input.
    Run {
        /// The commands.
        stages: Vec<Simple>,
        /// True with `&`.
        background: bool,
        /// True where a failure is asked about, so that `set -e` does not end the shell.
        guarded: bool,
    },
    /// Turns success into failure and back (`!`).
    Not,
    /// Sets the exit status.
    Status(i32),
    /// Goes to a step.
    Jump(u32),
    /// Goes to a step when the last command succeeded.
    JumpIfOk(u32),
    /// Goes to a step when the last command failed.
    JumpIfFail(u32),
    /// Begins a `for` over the words.
    ForStart(Vec<Word>),
    /// Takes the next word into a variable, or goes to the loop's end.
    ForNext {
        /// The variable.
        name: Str,
        /// Where the loop ends.
        end: u32,
    },
    /// Forgets the innermost `for`.
    ForEnd,
    /// Redirects all that follows, up to [`Op::Unredirect`].
    Redirect(Vec<Redirect>),
    /// Ends the innermost redirection.
    Unredirect,
}

/// A simple command: assignments, words, redirections.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Simple {
    /// `NAME=word` before the command.
    pub assigns: Vec<(Str, Word)>,
    /// The command and its arguments.
    pub words: Vec<Word>,
    /// Redirections, in order.
    pub redirects: Vec<Redirect>,
}

/// One redirection.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Redirect {
    /// The file descriptor: 0, 1 or 2.
    pub fd: u8,
    /// Where it leads.
    pub target: Target,
}

/// Where a redirection leads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// From a file.
    Read(Word),
    /// To a file, emptied first.
    Write(Word),
    /// To the end of a file.
    Append(Word),
    /// To where another descriptor leads.
    Duplicate(u8),
}

/// A word: parts that are put together when it is expanded.
pub type Word = Vec<Part>;

/// A part of a word. `quoted` parts are not split at blanks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// Text as such.
    Text {
        /// The text.
        text: Str,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// `$NAME`, `${NAME}`, `${NAME:-word}`, ...
    Variable {
        /// The name, or `?`, `$`, `#`, `@`, `*`, a digit.
        name: Str,
        /// What to do when it is unset or empty (or set).
        otherwise: Option<(Otherwise, Word)>,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// `$(script)` or backquotes.
    Command {
        /// The script.
        code: Code,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// `$((expression))`.
    Arithmetic(Str),
}

/// The forms of `${NAME:?word}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Otherwise {
    /// `:-`: the word, when unset or empty.
    Default,
    /// `:=`: the same, and assign it.
    Assign,
    /// `:+`: the word, when set and not empty.
    Alternative,
    /// `:?`: fail with the word as message.
    Fail,
}
