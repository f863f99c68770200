//! What names may look like, with Kubernetes' own messages (`k8s.io/apimachinery/pkg/util/validation`).
//!
//! Every function returns what is wrong; empty means fine.

const DNS1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1035_LABEL: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// What is wrong with a name; empty: nothing.
pub type Wrong = Vec<String>;

fn alphanumeric(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn is_dns1123_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!((bytes.first(), bytes.last()), (Some(&a), Some(&z)) if alphanumeric(a) && alphanumeric(z))
        && bytes.iter().all(|&b| alphanumeric(b) || b == b'-')
}

fn too_long(limit: usize) -> String {
    format!("must be no more than {limit} bytes")
}

fn regex(message: &str, examples: &[&str], pattern: &str) -> String {
    let mut text = format!("{message} (");
    for (i, example) in examples.iter().enumerate() {
        text.push_str(if i == 0 { "e.g. " } else { ", or " });
        text.push_str(&format!("'{example}'"));
    }
    text.push_str(&format!(", regex used for validation is '{pattern}')"));
    text
}

/// A DNS label (RFC 1123): names of namespaces, containers, ports of services.
pub fn dns1123_label(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_long(63));
    }
    if !is_dns1123_label(text) {
        let subdomain = text.split('.').all(is_dns1123_label);
        wrong.push(if subdomain {
            "must not contain dots".to_owned()
        } else {
            let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
            regex(message, &["my-name", "123-abc"], DNS1123_LABEL)
        });
    }
    wrong
}

/// A DNS subdomain (RFC 1123): names of most objects.
pub fn dns1123_subdomain(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_long(253));
    }
    if !text.split('.').all(is_dns1123_label) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
        wrong.push(regex(message, &["example.com"], &format!("{DNS1123_LABEL}(\\.{DNS1123_LABEL})*")));
    }
    wrong
}

/// A DNS label that starts with a letter (RFC 1035): names of services.
pub fn dns1035_label(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_long(63));
    }
    if !is_dns1123_label(text) || text.as_bytes()[0].is_ascii_digit() {
        let message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
        wrong.push(regex(message, &["my-name", "abc-123"], DNS1035_LABEL));
    }
    wrong
}

fn is_qualified_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A label's or annotation's key: a name with an optional DNS subdomain before a slash.
pub fn qualified_name(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    let message = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let examples = ["MyName", "my.name", "123-abc"];
    let name = match text.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(dns1123_subdomain(prefix).into_iter().map(|m| format!("prefix part {m}")));
            }
            name
        }
        _ => {
            let kind = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
            wrong.push(
                regex(kind, &examples, QUALIFIED)
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            );
            return wrong;
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push(format!("name part {}", too_long(63)));
    }
    if !is_qualified_part(name) {
        wrong.push(format!("name part {}", regex(message, &examples, QUALIFIED)));
    }
    wrong
}

/// A label's value.
pub fn label_value(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_long(63));
    }
    if !text.is_empty() && !is_qualified_part(text) {
        let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        wrong.push(regex(
            message,
            &["MyValue", "my_value", "12345"],
            "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
        ));
    }
    wrong
}

/// A container port's name (IANA service name).
pub fn port_name(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    if text.len() > 15 {
        wrong.push("must be no more than 15 characters".to_owned());
    }
    if !text.bytes().all(|b| alphanumeric(b) || b == b'-') || text.is_empty() {
        wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

/// A port number.
pub fn port_number(port: i64) -> Wrong {
    if (1..=65535).contains(&port) {
        Vec::new()
    } else {
        vec!["must be between 1 and 65535, inclusive".to_owned()]
    }
}

/// An environment variable's name: any printable ASCII but `=`.
pub fn env_var_name(text: &str) -> Wrong {
    if !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=') {
        return Vec::new();
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .to_owned(),
    ]
}

/// A key of a config map or secret, which may become a file's name.
pub fn config_map_key(text: &str) -> Wrong {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_long(253));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    {
        let message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        wrong.push(regex(message, &["key.name", "KEY_NAME", "key-name"], "[-._a-zA-Z0-9]+"));
    }
    match text {
        "." => wrong.push("must not be '.'".to_owned()),
        ".." => wrong.push("must not be '..'".to_owned()),
        _ if text.starts_with("..") => wrong.push("must not start with '..'".to_owned()),
        _ => {}
    }
    wrong
}

/// An IPv4 or IPv6 address.
pub fn ip_address(text: &str) -> Wrong {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Vec::new();
    }
    vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned()]
}

/// A name that may stand in a URL path: names of RBAC objects and others.
pub fn path_segment(text: &str) -> Wrong {
    match text {
        "." | ".." => vec![format!("may not be '{text}'")],
        _ => ['/', '%']
            .iter()
            .filter(|c| text.contains(**c))
            .map(|c| format!("may not contain '{c}'"))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        assert_eq!(
            dns1123_subdomain("My_Pod"),
            [
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ]
        );
        assert_eq!(
            dns1035_label("1web"),
            [
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name', or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
            ]
        );
        assert_eq!(dns1123_label("a.b"), ["must not contain dots"]);
        assert_eq!(label_value(&"x".repeat(64)), ["must be no more than 63 bytes"]);
    }

    #[test]
    fn fine_and_wrong() {
        type Check = fn(&str) -> Wrong;
        let table: [(Check, &str, bool); 16] = [
            (dns1123_label, "web-1", true),
            (dns1123_label, "", false),
            (dns1123_label, "-web", false),
            (dns1123_subdomain, "a.b-c.d", true),
            (dns1123_subdomain, "a..b", false),
            (dns1035_label, "web", true),
            (dns1035_label, "", false),
            (qualified_name, "app.kubernetes.io/name", true),
            (qualified_name, "/name", false),
            (qualified_name, "a/b/c", false),
            (label_value, "", true),
            (label_value, "v1.2_x", true),
            (port_name, "http", true),
            (port_name, "8080", false),
            (config_map_key, "nginx.conf", true),
            (config_map_key, "a b", false),
        ];
        for (check, text, fine) in table {
            assert_eq!(check(text).is_empty(), fine, "{text:?}");
        }
    }
}
