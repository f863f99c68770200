//! What the page opens with: a link, the lab that was kept, or a fresh one.

use gloo_events::EventListener;
use lab::{Lab, LabFile};
use sim::SimTime;

use super::session::Session;
use super::work::{End, Job};
use super::{storage, url};

/// The latest moment at which a fresh lab is handed over; it is Ready long before.
const START_UNTIL: SimTime = SimTime::from_secs(60);

/// Opens what the address and the storage say, and listens for what comes later.
pub fn start(session: &Session) {
    let fragment = url::fragment();
    let kept_comes_from_it = storage::read(storage::ORIGIN).is_some_and(|o| o == fragment);
    if url::is_link(&fragment) && !kept_comes_from_it {
        session.open_link(&fragment);
    } else {
        without_link(session);
    }
    session.listen_for_saves();
    listen(session);
}

/// The lab that was kept, or a fresh one.
pub fn without_link(session: &Session) {
    if !session.restore() {
        fresh(session);
    }
}

/// A new default lab, run up until its cluster is ready; then time plays.
pub fn fresh(session: &Session) {
    load(session, LabFile::default());
}

/// A new lab from a lab file, run up until its cluster is ready; then time plays.
pub fn load(session: &Session, file: LabFile) {
    session.replace(Lab::new(file));
    let then = |session: &Session, _: Job, end: End| {
        if end == End::Done {
            session.set_playing(true);
        }
    };
    session.work_then(Job::Start(START_UNTIL), Some(Box::new(then)));
}

fn listen(session: &Session) {
    let Some(window) = web_sys::window() else { return };
    let on_hash = session.clone();
    EventListener::new(&window, "hashchange", move |_| {
        let fragment = url::fragment();
        if url::is_link(&fragment) {
            on_hash.open_link(&fragment);
        }
    })
    .forget();
    let on_hide = session.clone();
    EventListener::new(&window, "pagehide", move |_| on_hide.autosave(true)).forget();
    if let Some(document) = window.document() {
        let on_hide = session.clone();
        EventListener::new(&document, "visibilitychange", move |_| on_hide.autosave(true)).forget();
    }
}
