//! Bytes as people read them.

use yew::prelude::*;

/// Bytes of a line.
const LINE: usize = 16;
/// Bytes that are shown at the most.
const BYTES_MAX: usize = 4096;

/// The bytes from `offset` of a file on; the first `head` and the last `tail` of them are quiet.
pub fn dump(bytes: &[u8], offset: u64, head: usize, tail: usize) -> Html {
    let body = bytes.len().saturating_sub(tail);
    let shown = &bytes[..bytes.len().min(BYTES_MAX)];
    let lines = shown.chunks(LINE).enumerate().map(|(i, line)| {
        let quiet = |at: usize| !(head..body).contains(&(i * LINE + at));
        // Runs of bytes that look alike are one element.
        let mut runs: Vec<(bool, String)> = Vec::new();
        for (at, byte) in line.iter().enumerate() {
            let text = format!("{byte:02x} ");
            match runs.last_mut() {
                Some((q, run)) if *q == quiet(at) => run.push_str(&text),
                _ => runs.push((quiet(at), text)),
            }
        }
        let fill = " ".repeat(3 * (LINE - line.len()));
        html! {
            <>
                <span class="quiet">{ format!("{:08x}  ", offset + (i * LINE) as u64) }</span>
                { for runs.into_iter().map(|(q, run)| html! { <span class={q.then_some("hex-quiet")}>{ run }</span> }) }
                <span class="quiet">{ format!("{fill} {}\n", letters(line)) }</span>
            </>
        }
    });
    html! {
        <pre class="hex" tabindex="0">{ for lines }{ if bytes.len() > BYTES_MAX { "⋯" } else { "" } }</pre>
    }
}

fn letters(line: &[u8]) -> String {
    line.iter().map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_no_letter_is_a_dot() {
        assert_eq!(super::letters(b"/a b\0\xff"), "/a b..");
    }
}
