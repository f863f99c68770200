//! Commands that are one request and one answer: get, put, member list, and most others.

use etcd::rpc::{Request, Response};

use super::Verb;
use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::Exit;
use super::print::{self, Shown};

/// Such a command.
#[derive(Clone, Debug, Hash)]
pub struct One {
    request: Request,
    shown: Shown,
    /// Printed instead of the answer.
    text: Option<String>,
    /// Values alone (`--print-value-only`).
    value_only: bool,
    patient: bool,
    /// What stands before an error's words, and the exit code.
    complaint: &'static str,
    exit: Exit,
}

impl One {
    /// Sends `request` and prints the answer.
    pub fn new(request: Request) -> One {
        One {
            request,
            shown: Shown::Plain,
            text: None,
            value_only: false,
            patient: false,
            complaint: "",
            exit: Exit::Error,
        }
    }

    /// What the answer answers.
    pub fn shown(self, shown: Shown) -> One {
        One { shown, ..self }
    }

    /// Prints this when all went well.
    pub fn text(self, text: String) -> One {
        One { text: Some(text), ..self }
    }

    /// Prints values only.
    pub fn value_only(self, value_only: bool) -> One {
        One { value_only, ..self }
    }

    /// Waits as long as it takes.
    pub fn patient(self) -> One {
        One { patient: true, ..self }
    }

    /// How a failure is said: `failed to grant lease (...)`.
    pub fn complaint(self, complaint: &'static str) -> One {
        One { complaint, ..self }
    }

    /// The exit code of a failure.
    pub fn exit(self, exit: Exit) -> One {
        One { exit, ..self }
    }
}

impl Verb for One {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        if self.patient {
            ctl.call_patiently(0, self.request.clone());
        } else {
            ctl.call(0, self.request.clone());
        }
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        match outcome {
            Err(error) if self.complaint.is_empty() => ctl.fail(self.exit, error.to_string()),
            Err(error) => ctl.fail(self.exit, format!("{} ({error})", self.complaint)),
            Ok(response) => {
                self.print(&response, ctl);
                ctl.finish();
            }
        }
    }
}

impl One {
    fn print(&mut self, response: &Response, ctl: &mut Ctl<'_, '_, '_>) {
        if let Some(text) = self.text.take() {
            return ctl.out(text);
        }
        let style = print::Style { value_only: self.value_only, ..ctl.style() };
        ctl.show(print::response(style, &self.shown, response));
    }
}
