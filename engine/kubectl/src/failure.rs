//! What kubectl says when something goes wrong.

use api::Value;
use api::http::Response;

/// The API server's address as the kubeconfig has it.
pub const SERVER: &str = "172.18.0.2:6443";

/// A message for standard error, complete, and the exit code that goes with it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Failure {
    /// The text, without the last line end.
    pub text: String,
    /// The exit code.
    pub code: u8,
}

impl Failure {
    /// `error: ...`, exit code 1.
    pub fn error(message: impl AsRef<str>) -> Failure {
        Failure { text: format!("error: {}", message.as_ref()), code: 1 }
    }

    /// A text as it stands, exit code 1.
    pub fn bare(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), code: 1 }
    }

    /// A wrong flag, as cobra reports it for a command (`get`, `rollout status`).
    pub fn usage(command: &str, message: &str) -> Failure {
        Failure::error(format!("{message}\nSee 'kubectl {command} --help' for usage."))
    }

    /// Missing arguments, as `cmdutil.UsageErrorf` has it.
    pub fn help(command: &str, message: &str) -> Failure {
        Failure::error(format!("{message}\nSee 'kubectl {command} -h' for help and examples"))
    }

    /// An error the server answered with.
    pub fn server(response: &Response) -> Failure {
        Failure::server_doing(response, "")
    }

    /// An error the server answered with while kubectl was `doing` something with a file
    /// (`error when creating "STDIN": `).
    pub fn server_doing(response: &Response, doing: &str) -> Failure {
        let (reason, message) = (response.reason(), response.message());
        if reason == "Invalid"
            && let Some(details) = response.value().and_then(|v| v.get("details"))
        {
            return invalid(details, &message);
        }
        match reason {
            "Unauthorized" => Failure::error(format!("You must be logged in to the server ({message})")),
            "Invalid" => Failure::bare(format!("The request is invalid: {message}")),
            "" => Failure::bare(format!("Error from server: {doing}{message}")),
            _ => Failure::bare(format!("Error from server ({reason}): {doing}{message}")),
        }
    }

    /// A broken connection: what Go's HTTP client said, in kubectl's words.
    pub fn connection(reason: &str) -> Failure {
        if reason.contains("connection refused") {
            let server =
                reason.strip_prefix("dial tcp ").and_then(|r| r.split(": ").next()).unwrap_or(SERVER);
            return Failure::bare(format!(
                "The connection to the server {server} was refused - did you specify the right host or port?"
            ));
        }
        Failure::bare(format!("Unable to connect to the server: {reason}"))
    }

    /// Several failures as one text. `error: ` stands once at the top when all have it, as Go's aggregates read.
    pub fn several(mut failures: Vec<Failure>) -> Option<Failure> {
        if failures.len() < 2 {
            return failures.pop();
        }
        let code = failures.iter().map(|f| f.code).max().unwrap_or(1);
        let mut lines: Vec<String> = Vec::new();
        for failure in failures {
            if !lines.contains(&failure.text) {
                lines.push(failure.text);
            }
        }
        Some(Failure { text: lines.join("\n"), code })
    }
}

/// The causes of an `Invalid` answer, one or many.
fn invalid(details: &Value, message: &str) -> Failure {
    let text = |name| details.str_at(&[name]).map_or("", |s| s.as_str());
    let (kind, name) = (text("kind"), text("name"));
    let head = if kind.is_empty() && name.is_empty() {
        "The request is invalid".to_owned()
    } else {
        format!("The {kind} {name:?} is invalid")
    };
    let mut causes: Vec<String> = Vec::new();
    for cause in details.items_at(&["causes"]) {
        let part = |name| cause.str_at(&[name]).map_or("", |s| s.as_str());
        let line = match part("field") {
            "" => part("message").to_owned(),
            field => format!("{field}: {}", part("message")),
        };
        if !causes.contains(&line) {
            causes.push(line);
        }
    }
    match causes.as_slice() {
        [] if kind.is_empty() && name.is_empty() => Failure::bare(format!("{head}: {message}")),
        [] => Failure::bare(head),
        [one] => Failure::bare(format!("{head}: {one}")),
        many => Failure::bare(format!("{head}: \n* {}", many.join("\n* "))),
    }
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;

    #[test]
    fn servers_errors() {
        let not_found =
            Response::tree(404, object! { "reason": "NotFound", "message": "pods \"x\" not found" });
        assert_eq!(Failure::server(&not_found).text, "Error from server (NotFound): pods \"x\" not found");
        assert_eq!(
            Failure::server_doing(&not_found, "error when creating \"STDIN\": ").text,
            "Error from server (NotFound): error when creating \"STDIN\": pods \"x\" not found"
        );
        let invalid = Response::tree(
            422,
            object! { "reason": "Invalid", "message": "long", "details": { "kind": "Pod", "name": "x", "causes": [
            { "field": "spec.a", "message": "Required value" }, { "field": "spec.b", "message": "Required value" }] } },
        );
        assert_eq!(
            Failure::server(&invalid).text,
            "The Pod \"x\" is invalid: \n* spec.a: Required value\n* spec.b: Required value"
        );
    }

    #[test]
    fn broken_connections() {
        assert_eq!(
            Failure::connection("dial tcp 172.18.0.2:6443: connect: connection refused").text,
            "The connection to the server 172.18.0.2:6443 was refused - did you specify the right host or port?"
        );
        assert_eq!(
            Failure::connection("net/http: TLS handshake timeout").text,
            "Unable to connect to the server: net/http: TLS handshake timeout"
        );
    }
}
