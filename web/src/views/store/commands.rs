//! What the buttons do: they type etcdctl lines, which show below the view and are part of the lab's history.

use lab::Action;
use lab::view::Channel;
use sim::SimTime;
use yew::prelude::*;

use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::work::{Job, STORE_SESSION};
use crate::infra::{Session, Topic};

/// Virtual time after which a line is interrupted.
const LIMIT: SimTime = SimTime::from_secs(30);

/// A line and what it reads from its standard input.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    text: String,
    stdin: Option<String>,
}

impl Line {
    fn plain(text: String) -> Line {
        Line { text, stdin: None }
    }

    /// Puts a value. One of several lines goes through the standard input, as from a file.
    pub fn put(key: &str, value: &str) -> Line {
        let key = quoted(key);
        if value.contains('\n') {
            return Line { text: format!("etcdctl put {key}"), stdin: Some(value.to_owned()) };
        }
        // What begins with a dash would be taken for a flag.
        let dashes = if value.starts_with('-') || key.starts_with('-') { "-- " } else { "" };
        Line::plain(format!("etcdctl put {dashes}{key} {}", quoted(value)))
    }

    /// Deletes a key.
    pub fn delete(key: &str) -> Line {
        let dashes = if key.starts_with('-') { "-- " } else { "" };
        Line::plain(format!("etcdctl del {dashes}{}", quoted(key)))
    }

    /// Gives up the history before a revision, on all members.
    pub fn compact(revision: u64) -> Line {
        Line::plain(format!("etcdctl compaction {revision}"))
    }

    /// Gives back one member's free space.
    pub fn defragment(endpoint: &str) -> Line {
        Line::plain(format!("etcdctl --endpoints={endpoint} defrag"))
    }

    /// Saves one member's database to a file.
    pub fn snapshot(endpoint: &str, member: &str, revision: u64) -> Line {
        Line::plain(format!("etcdctl --endpoints={endpoint} snapshot save {member}-{revision}.db"))
    }

    /// Types it, and runs on until its prompt is back.
    pub fn run(self, session: &Session) {
        let action = Action::Kubectl { session: STORE_SESSION, line: self.text, stdin: self.stdin };
        session.work(Job::Command { session: STORE_SESSION, action: Some(action), limit: LIMIT });
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The last line that a button typed, and what it printed.
#[component]
pub fn Typed() -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    let put_away = use_state(|| 0_usize);
    let state = session.state();
    let view = state.lab().session(STORE_SESSION);
    let Some(from) = view.lines.iter().rposition(|l| l.channel == Channel::Typed && l.text != "^C\n") else {
        return Html::default();
    };
    // Put away until there is another line.
    if from < *put_away {
        return Html::default();
    }
    let close = {
        let (set, all) = (put_away.setter(), view.lines.len());
        move |_: MouseEvent| set.set(all)
    };
    html! {
        <div class="typed-lines" role="status">
            <p class="quiet">{ s.typed }{ ": " }{ s.typed_hint }
                <button class="plain" onclick={close} aria-label={s.close}>{ "✕" }</button></p>
            <pre>{ for view.lines[from..].iter().map(|line| match line.channel {
                Channel::Typed => html! { <span>{ format!("$ {}", line.text) }</span> },
                Channel::Stdout => html! { <span class="quiet">{ line.text.as_str() }</span> },
                Channel::Stderr => html! { <span class="stderr">{ line.text.as_str() }</span> },
            }) }</pre>
        </div>
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn lines_are_what_a_person_would_type() {
        for (line, text) in [
            (Line::put("foo", "bar"), "etcdctl put foo bar"),
            (Line::put("/a/b", "two words"), "etcdctl put /a/b 'two words'"),
            (Line::put("it's", "$x"), r"etcdctl put 'it'\''s' '$x'"),
            (Line::put("foo", ""), "etcdctl put foo ''"),
            (Line::put("foo", "-1"), "etcdctl put -- foo -1"),
            (Line::put("foo", "a\nb"), "etcdctl put foo"),
            (Line::delete("/registry/pods/default/web"), "etcdctl del /registry/pods/default/web"),
            (Line::compact(12), "etcdctl compaction 12"),
            (Line::defragment("http://172.18.0.3:2379"), "etcdctl --endpoints=http://172.18.0.3:2379 defrag"),
        ] {
            assert_eq!(line.text, text);
        }
        assert_eq!(Line::put("foo", "a\nb").stdin.as_deref(), Some("a\nb"));
    }
}
