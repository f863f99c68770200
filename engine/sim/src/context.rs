//! How a component acts on the world: it can't. It leaves effects behind, and the lab carries them out.

use std::fmt;
use std::time::Duration;

use arcstr::ArcStr;

use crate::{Actor, SimTime};

/// A component's name for one of its own timers. `kind` says what for, `arg` which one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Token {
    /// What the timer is for; each component numbers its own.
    pub kind: u16,
    /// Which of several.
    pub arg: u64,
}

impl Token {
    /// The timer of `kind` with `arg`.
    pub const fn new(kind: u16, arg: u64) -> Token {
        Token { kind, arg }
    }
}

/// One sentence about what just happened, kept as template and arguments so that the page can say it in
/// another language. `{0}`, `{1}` stand for the arguments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Note {
    /// The English sentence with places for the arguments; also the key of its translation.
    pub template: &'static str,
    /// What goes into the places.
    pub args: Vec<ArcStr>,
}

impl Note {
    /// A note.
    pub fn new<I, A>(template: &'static str, args: I) -> Note
    where
        I: IntoIterator<Item = A>,
        A: Into<ArcStr>,
    {
        Note { template, args: args.into_iter().map(Into::into).collect() }
    }

    /// The sentence with `template` (this note's or a translation of it) filled in.
    pub fn fill(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for (i, arg) in self.args.iter().enumerate() {
            text = text.replace(&format!("{{{i}}}"), arg);
        }
        text
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fill(self.template))
    }
}

/// What a component wants to happen. `M` is the component's own type of outgoing message.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect<M> {
    /// Send a message over the link to `to`.
    Send {
        /// The receiver.
        to: Actor,
        /// What to send.
        message: M,
    },
    /// Call back after a while (zero: as the next step at this time). Lost when the process crashes.
    Timer {
        /// How long from now.
        after: Duration,
        /// What to say then.
        token: Token,
    },
    /// Tell the reader what was done and why.
    Note(Note),
}

/// What a component gets to see of the world while it handles one event.
pub struct Context<'a, M> {
    /// The virtual time.
    pub now: SimTime,
    /// Who the component is.
    pub actor: Actor,
    effects: &'a mut Vec<Effect<M>>,
}

impl<'a, M> Context<'a, M> {
    /// A context that collects into `effects`, in order.
    pub fn new(now: SimTime, actor: Actor, effects: &'a mut Vec<Effect<M>>) -> Self {
        Context { now, actor, effects }
    }

    /// Sends a message.
    pub fn send(&mut self, to: Actor, message: M) {
        self.effects.push(Effect::Send { to, message });
    }

    /// Sets a timer. Timers can't be cancelled; a component ignores those it no longer waits for.
    pub fn timer(&mut self, after: Duration, token: Token) {
        self.effects.push(Effect::Timer { after, token });
    }

    /// Sets a timer for a moment (now, when it is past).
    pub fn timer_at(&mut self, at: SimTime, token: Token) {
        self.timer(at.since(self.now), token);
    }

    /// Leaves a note for the reader. Worth it for decisions, not for every event: it costs an allocation.
    pub fn note<I, A>(&mut self, template: &'static str, args: I)
    where
        I: IntoIterator<Item = A>,
        A: Into<ArcStr>,
    {
        self.effects.push(Effect::Note(Note::new(template, args)));
    }
}
