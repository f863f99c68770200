//! Many pods on one machine: one shape for all that look the same, because a thousand elements of their own would hold the
//! page for a tenth of a second whenever they change.

use lab::view::{PodShape, PodView, Target};
use sim::Str;
use web_sys::wasm_bindgen::JsCast;
use yew::prelude::*;

use super::pods::class;
use super::press::choose;
use crate::draw::Point;
use crate::hooks::use_session;
use crate::infra::ui::Selection;

/// A dot's radius.
const RADIUS: f64 = 5.0;
/// From the corner of a dot's place to its middle.
const MIDDLE: f64 = 6.0;

/// One pod of a crowd.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// The pod's namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// What it looks like.
    pub shape: PodShape,
    /// The corner of its place.
    pub at: Point,
}

impl Member {
    /// A pod in its place.
    pub fn new(pod: &PodView, at: Point) -> Member {
        Member { namespace: pod.namespace.clone(), name: pod.name.clone(), shape: pod.shape, at }
    }

    fn target(&self) -> Target {
        Target::Pod(self.namespace.clone(), self.name.clone())
    }
}

/// The pods of one machine.
#[derive(Properties, PartialEq)]
pub struct CrowdProps {
    /// The machine's name.
    pub node: Str,
    /// Its pods.
    pub members: Vec<Member>,
    /// The one that is selected.
    pub selected: Option<Target>,
}

/// The pods of one machine, as few shapes. A click finds the pod under it; the keyboard reaches them in the Pod life view.
#[component]
pub fn Crowd(crowd: &CrowdProps) -> Html {
    let session = use_session();
    let right = crowd.members.iter().map(|m| m.at.x).fold(f64::MIN, f64::max) + 2.0 * MIDDLE;
    let bottom = crowd.members.iter().map(|m| m.at.y).fold(f64::MIN, f64::max) + 2.0 * MIDDLE;
    let left = crowd.members.iter().map(|m| m.at.x).fold(f64::MAX, f64::min);
    let top = crowd.members.iter().map(|m| m.at.y).fold(f64::MAX, f64::min);
    if crowd.members.is_empty() {
        return Html::default();
    }
    let onclick = {
        let members = crowd.members.clone();
        move |event: MouseEvent| {
            event.stop_propagation();
            let Some(area) = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())
            else {
                return;
            };
            let seen = area.get_bounding_client_rect();
            // The picture is scaled: what counts is the part of the area.
            let x = left + (f64::from(event.client_x()) - seen.left()) / seen.width() * (right - left);
            let y = top + (f64::from(event.client_y()) - seen.top()) / seen.height() * (bottom - top);
            let distance = |m: &Member| (m.at.x + MIDDLE - x).powi(2) + (m.at.y + MIDDLE - y).powi(2);
            let nearest = members.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            if let Some(member) = nearest.filter(|m| distance(m) < (1.6 * MIDDLE).powi(2)) {
                choose(&session, &Selection::Target(member.target()));
            }
        }
    };
    let chosen = crowd.members.iter().find(|m| Some(m.target()) == crowd.selected);
    let ready = crowd.members.iter().filter(|m| m.shape == PodShape::Ready).count();
    let label = format!("{}: {}/{} pods", crowd.node, ready, crowd.members.len());
    html! {
        <g class="crowd" role="img" aria-label={label.clone()}>
            <title>{ label }</title>
            { for SHAPES.iter().filter_map(|(shape, sign)| group(*shape, sign, &crowd.members)) }
            if let Some(m) = chosen {
                <circle class="sign ring" cx={format!("{:.1}", m.at.x + MIDDLE)} cy={format!("{:.1}", m.at.y + MIDDLE)} r="7.5" />
            }
            <rect class="hit" x={format!("{left:.1}")} y={format!("{top:.1}")} width={format!("{:.1}", right - left)}
                height={format!("{:.1}", bottom - top)} {onclick} />
        </g>
    }
}

/// How each shape is drawn in a crowd: a class of the stylesheet.
const SHAPES: [(PodShape, &str); 9] = [
    (PodShape::Ready, "sign good-fill"),
    (PodShape::Running, "sign good-line"),
    (PodShape::Starting, "sign second-line dashed"),
    (PodShape::Pulling, "sign second-line"),
    (PodShape::Pending, "sign quiet-line"),
    (PodShape::Leaving, "sign quiet-line dashed"),
    (PodShape::Succeeded, "sign good-line"),
    (PodShape::Failed, "sign bad-line"),
    (PodShape::BackOff, "sign bad-fill"),
];

fn group(shape: PodShape, sign: &'static str, members: &[Member]) -> Option<Html> {
    let mut d = String::new();
    for member in members.iter().filter(|m| m.shape == shape) {
        let (x, y) = (member.at.x + MIDDLE, member.at.y + MIDDLE);
        d.push_str(&outline(shape, x, y));
    }
    (!d.is_empty()).then(|| html! { <path class={classes!(class(shape), sign)} {d} /> })
}

/// A disc, or what tells the shape without colour.
fn outline(shape: PodShape, x: f64, y: f64) -> String {
    let r = RADIUS;
    match shape {
        PodShape::BackOff => format!("M{x:.1} {:.1}l{:.1} {:.1}h{:.1}z", y - r, r * 1.1, r * 1.9, -r * 2.2),
        PodShape::Failed => {
            let s = r * 0.8;
            format!(
                "M{:.1} {:.1}l{:.1} {:.1}m0 {:.1}l{:.1} {:.1}",
                x - s,
                y - s,
                2.0 * s,
                2.0 * s,
                -2.0 * s,
                -2.0 * s,
                2.0 * s
            )
        }
        PodShape::Succeeded => {
            format!("M{:.1} {y:.1}l{:.1} {:.1}l{:.1} {:.1}", x - r, r * 0.75, r * 0.75, r * 1.25, -r * 1.4)
        }
        _ => format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {:.1} 0a{r} {r} 0 1 0 {:.1} 0z", x - r, 2.0 * r, -2.0 * r),
    }
}
