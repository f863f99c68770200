//! Text scripts: prose, a command, `----`, what it prints. The language (and the words) of the scripts that
//! etcd's library tests itself with; here they are tests, lessons and scenes at once.
//!
//! Each of these runs a script in a fresh environment and gives it back with the actual output in place of
//! the expected one: a script that passes comes back unchanged.
//!
//! ```
//! let script = "vote cfg=(1,2,3) votes=(y,y,_)\n----\nVoteWon\n";
//! assert_eq!(raft::script::quorum(script), script);
//! ```

mod confchange;
mod interaction;
mod parse;
mod quorum;

/// Runs a script about whole members: `add-nodes`, `campaign`, `propose`, `stabilize`, ...
pub fn interaction(text: &str) -> String {
    let mut env = interaction::Env::default();
    parse::run(text, |directive| env.handle(directive))
}

/// Runs a script about changes of a configuration: `simple`, `enter-joint`, `leave-joint`.
pub fn confchange(text: &str) -> String {
    let mut env = confchange::Env::default();
    parse::run(text, |directive| env.handle(directive))
}

/// Runs a script about majorities: `committed`, `vote`.
pub fn quorum(text: &str) -> String {
    parse::run(text, quorum::handle)
}
