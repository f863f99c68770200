//! Opening a preset scene: like a link, it never takes the place of the person's own lab unasked.

use lab::scenes::Scene;

use super::session::Session;
use super::share::has_own_work;
use super::ui::{Banner, Sheet, StorePart, Ui, View};
use super::work::{End, Job};
use super::{start, url};

/// The view that a scene opens in.
pub fn view(scene: &Scene) -> View {
    match scene.view {
        "raft" => View::Raft,
        "store" => View::Store,
        _ => View::Map,
    }
}

/// The scene that a lab was made from: by its name, which links carry.
pub fn of(name: &str) -> Option<&'static Scene> {
    if name.is_empty() {
        return None;
    }
    lab::scenes::all().iter().find(|scene| scene.file().name == name)
}

/// Where in the store view there is something to see.
fn store_place(scene: &Scene) -> Option<(StorePart, u32)> {
    match scene.id {
        "torn-write" => Some((StorePart::Wal, 1)),
        _ => None,
    }
}

/// Shows a scene's words and goes to its view.
pub fn stage(ui: &mut Ui, scene: &'static Scene) {
    ui.scene = Some(scene);
    ui.scenes = false;
    ui.view = view(scene);
    ui.sheet = Sheet::Picture;
    if let Some((part, member)) = store_place(scene) {
        (ui.store.part, ui.store.member) = (part, member);
    }
}

impl Session {
    /// Opens a scene beside the lab that this browser keeps.
    pub fn open_scene(&self, scene: &'static Scene) {
        self.set_playing(false);
        self.autosave(true);
        let guest = has_own_work();
        self.with(|s| s.saver.guest = guest);
        self.ui(|ui| ui.scenes = false);
        let then = move |session: &Session, job: Job, end: End| {
            let Job::Open(Some(opening)) = job else { return };
            if end == End::Cancelled {
                session.with(|s| s.saver.guest = false);
                return start::without_link(session);
            }
            // A reload without a link in the address gives the person's own lab.
            url::set_fragment("");
            session.replace(opening.finish().lab);
            session.with(|s| s.saver.worked = false);
            session.ui(|ui| {
                stage(ui, scene);
                ui.banner = guest.then_some(Banner::Guest);
            });
            session.autosave(true);
        };
        self.work_then(Job::Open(Some(Box::new(scene.opening()))), Some(Box::new(then)));
    }

    /// Puts a scene's link into the clipboard; the lab on the page stays as it is.
    pub fn copy_scene(&self, scene: &'static Scene) {
        let then = move |session: &Session, job: Job, end: End| {
            let Job::Open(Some(opening)) = job else { return };
            if end == End::Done {
                session.copy_text(&url::with_fragment(&opening.finish().lab.link()), |_, _| ());
            }
        };
        self.work_then(Job::Open(Some(Box::new(scene.opening()))), Some(Box::new(then)));
    }
}
