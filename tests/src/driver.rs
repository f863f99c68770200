//! Driving a lab as a person would, without a page.

use std::time::Duration;

use kubectl::{Channel, SessionId};
use lab::{Action, Fault, Lab, LabFile};

/// Virtual time at the most that a command or a condition may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// The terminal that tests type into.
const SESSION: u32 = 7;

/// What a command printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Printed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code.
    pub code: u8,
}

/// A lab that is up: the control plane answers, the file's manifests are handed over.
pub fn booted(file: LabFile) -> Lab {
    let mut lab = Lab::new(file);
    boot(&mut lab);
    lab
}

/// Runs until the control plane answers and the file's manifests are applied.
pub fn boot(lab: &mut Lab) {
    let up = until(lab, |lab| {
        let setup = lab.cluster().terminal().session(lab::cluster::SETUP);
        lab.cluster().bootstrap().done && setup.is_none_or(|session| session.running().is_none())
    });
    assert!(up, "the control plane did not come up in {PATIENCE:?} of virtual time");
}

/// Runs for so long.
pub fn run_for(lab: &mut Lab, span: Duration) {
    let end = lab.now() + span;
    while !lab.run_until(end, 10_000) {
        assert!(lab.cluster().broken().is_none(), "{}", lab.cluster().broken().unwrap_or_default());
    }
}

/// Runs until something holds; false when it did not in time.
pub fn until(lab: &mut Lab, holds: impl Fn(&Lab) -> bool) -> bool {
    let deadline = lab.now() + PATIENCE;
    while !holds(lab) {
        assert!(lab.cluster().broken().is_none(), "{}", lab.cluster().broken().unwrap_or_default());
        if lab.run_until(deadline, 16) {
            return holds(lab);
        }
    }
    true
}

/// Types a line and runs until it has ended.
pub fn kubectl(lab: &mut Lab, line: &str) -> Printed {
    lab.act(Action::Kubectl { session: SESSION, line: line.to_owned(), stdin: None });
    ended(lab, SessionId(SESSION), line)
}

/// Types a line whose program reads `stdin`, and runs until it has ended.
pub fn typed(lab: &mut Lab, line: &str, stdin: &str) -> Printed {
    lab.act(Action::Kubectl { session: SESSION, line: line.to_owned(), stdin: Some(stdin.to_owned()) });
    ended(lab, SessionId(SESSION), line)
}

/// What the last program of a terminal has printed, Ctrl-C before it or not.
pub fn screen(lab: &mut Lab, session: u32, interrupt: bool) -> String {
    if interrupt {
        lab.act(Action::Interrupt { session });
        run_for(lab, Duration::from_secs(1));
    }
    let Some(found) = lab.cluster().terminal().session(SessionId(session)) else { return String::new() };
    let mut text: String = found.output().pieces().map(|piece| piece.text.to_string()).collect();
    match found.finished() {
        Some(0) | None => {}
        Some(code) => text.push_str(&format!("exit {code}\n")),
    }
    text
}

/// Applies manifests as the editor does, and runs until that has ended.
pub fn apply(lab: &mut Lab, text: &str) -> Printed {
    lab.act(Action::Apply { text: text.to_owned() });
    ended(lab, lab::cluster::EDITOR, "apply")
}

fn ended(lab: &mut Lab, session: SessionId, what: &str) -> Printed {
    let finished =
        |lab: &Lab| lab.cluster().terminal().session(session).is_some_and(|s| s.finished().is_some());
    assert!(until(lab, finished), "`{what}` did not end in {PATIENCE:?} of virtual time");
    let found = lab.cluster().terminal().session(session).expect("the session that just ended");
    let text = |channel| found.output().text(channel);
    Printed {
        stdout: text(Channel::Stdout),
        stderr: text(Channel::Stderr),
        code: found.finished().expect("it ended"),
    }
}

/// Breaks or mends something.
pub fn fault(lab: &mut Lab, fault: Fault) {
    lab.act(Action::Fault(fault));
}

/// Fetches a URL inside the lab: status and body, or why nothing answered.
pub fn fetch(lab: &mut Lab, url: &str) -> Result<(u16, String), String> {
    let ticket = lab.act(Action::Fetch { id: 0, url: url.to_owned() });
    lab.response(ticket).expect("a fetch is answered at once")
}

/// Sends a request to the API server and waits for the answer.
pub fn request(lab: &mut Lab, method: &str, path: &str, body: Option<&str>) -> (u16, String) {
    let ticket = lab.act(Action::Request {
        id: 0,
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: body.map(str::to_owned),
    });
    let deadline = lab.now() + PATIENCE;
    loop {
        if let Some(answer) = lab.response(ticket) {
            return answer.unwrap_or_else(|reason| panic!("{method} {path}: {reason}"));
        }
        assert!(!lab.run_until(deadline, 16), "{method} {path}: no answer");
    }
}

/// Ready pods and all pods.
pub fn pods(lab: &Lab) -> (u32, u32) {
    let picture = lab.picture();
    (picture.pods_ready, picture.pods_total)
}

/// Runs until exactly so many pods are there and Ready.
pub fn until_ready(lab: &mut Lab, wanted: u32) -> bool {
    until(lab, |lab| pods(lab) == (wanted, wanted))
}
