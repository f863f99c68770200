//! What was wrong with the manifests, and what came of them.

use lab::view::Problem;
use yew::prelude::*;

use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::i18n::{Texts, fill};
use crate::infra::work::EDITOR_SESSION;

/// Lines of the answer that are shown.
const ANSWER_MAX: usize = 6;

/// Properties of [`Problems`].
#[derive(Properties, PartialEq)]
pub struct ProblemsProps {
    /// Called with line and column of the problem that was clicked.
    pub jump: Callback<(u32, u32)>,
}

/// A problem in one line.
pub fn say(problem: &Problem, t: &'static Texts) -> String {
    let place = [problem.document, problem.line, problem.column].map(|n| n.to_string());
    let mut text = fill(t.problem, &[&place[0], &place[1], &place[2], &problem.message]);
    if let Some(suggestion) = problem.suggestion.as_ref().filter(|s| !s.is_empty()) {
        text.push_str(" — ");
        text.push_str(&fill(t.did_you_mean, &[suggestion]));
    }
    text
}

/// The list under the editor.
#[component]
pub fn Problems(props: &ProblemsProps) -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let state = session.state();
    let problems = state.lab().problems();
    let (stdout, stderr) = state.lab().printed(EDITOR_SESSION);
    // The problems say all that kubectl complained of, and where.
    let stderr = if problems.is_empty() { stderr } else { String::new() };
    let mut answer: Vec<(bool, &str)> = stdout.lines().map(|l| (false, l)).collect();
    answer.extend(stderr.lines().map(|l| (true, l)));
    let answer = &answer[answer.len().saturating_sub(ANSWER_MAX)..];
    if problems.is_empty() && answer.is_empty() {
        return Html::default();
    }
    html! {
        <div class="problems" role="status">
            { for problems.iter().map(|problem| {
                let (jump, place) = (props.jump.clone(), (problem.line, problem.column));
                html! {
                    <button class="plain problem" onclick={move |_: MouseEvent| jump.emit(place)} title={problem.field.to_string()}>
                        { say(problem, t) }
                    </button>
                }
            }) }
            { for answer.iter().map(|(bad, line)| html! {
                <div class={classes!("mono", bad.then_some("stderr"))}>{ *line }</div>
            }) }
        </div>
    }
}
