//! Links out and in, and the lab that this browser keeps.

use lab::Opening;

use super::frame::{self, now_ms};
use super::session::{Session, Topic};
use super::ui::{Banner, Ui};
use super::work::{End, Job};
use super::{clipboard, scenes, start, storage, url};

/// Wall milliseconds between two autosaves.
const SAVE_EVERY_MS: f64 = 3000.0;
/// Wall milliseconds that a short message stays.
const SAID_FOR_MS: i32 = 6000;

/// When and whether the lab is kept in this browser.
#[derive(Default)]
pub struct Saver {
    /// A shared lab is on the page while the person's own waits in the storage: nothing is saved.
    pub guest: bool,
    /// The person did something in this lab, now or before it was restored.
    pub worked: bool,
    saved_at_ms: f64,
    saved: (u64, u64),
}

impl Saver {
    /// The person did something.
    pub fn acted(&mut self) {
        self.worked = true;
        self.saved_at_ms = 0.0;
    }
}

/// True when the storage holds a lab that somebody worked in.
pub fn has_own_work() -> bool {
    storage::read(storage::LAB).is_some() && storage::read(storage::WORKED).is_some()
}

impl Session {
    /// Keeps the lab in this browser, if it changed and enough time went by (or `at_once`).
    pub fn autosave(&self, at_once: bool) {
        let link = self.with(|s| {
            let mark = (s.lab().cursor().0, s.lab().now().as_nanos());
            let due = at_once || now_ms() - s.saver.saved_at_ms >= SAVE_EVERY_MS;
            let opening = s.is_busy() && !at_once;
            if s.saver.guest || s.saver.saved == mark || !due || opening || mark.0 == 0 {
                return None;
            }
            s.saver.saved = mark;
            s.saver.saved_at_ms = now_ms();
            Some((s.lab().link(), s.saver.worked))
        });
        if let Some((link, worked)) = link {
            let kept =
                storage::write(storage::LAB, &link) && storage::write(storage::ORIGIN, &url::fragment());
            if worked && kept {
                storage::write(storage::WORKED, "1");
            }
        }
    }

    /// Puts the link into the address and the clipboard, and says how long it is.
    pub fn copy_link(&self) {
        let link = self.state().lab().link();
        url::set_fragment(&link);
        if !self.state().saver.guest {
            storage::write(storage::ORIGIN, &link);
        }
        let whole = url::with_fragment(&link);
        self.copy_text(&whole, |ui, length| ui.copied = Some(length));
        self.autosave(true);
    }

    /// Puts a link into the clipboard, says how long it is, and lets `then` remember it.
    pub(super) fn copy_text(&self, whole: &str, then: fn(&mut Ui, usize)) {
        let length = whole.chars().count();
        let session = self.clone();
        clipboard::copy(whole, move |copied| {
            session.ui(|ui| {
                then(ui, length);
                ui.banner = Some(if copied { Banner::Copied(length) } else { Banner::InAddress(length) });
            });
            // It has been read by then, and takes room from the picture.
            let later = session.clone();
            frame::after(SAID_FOR_MS, move || {
                later.ui(|ui| {
                    if matches!(ui.banner, Some(Banner::Copied(_) | Banner::InAddress(_))) {
                        ui.banner = None;
                    }
                });
            });
        });
    }

    /// Opens a link beside the lab that this browser keeps.
    pub fn open_link(&self, link: &str) {
        self.cancel();
        self.autosave(true);
        let guest = has_own_work();
        match Opening::new(link) {
            Err(error) => {
                url::set_fragment("");
                self.ui(|ui| ui.banner = Some(Banner::Broken(error.to_string())));
                if self.state().lab().cursor().0 == 0 {
                    start::without_link(self);
                }
            }
            Ok(opening) => {
                self.set_playing(false);
                self.with(|s| s.saver.guest = guest);
                let then = move |session: &Session, job: Job, end: End| {
                    let Job::Open(Some(opening)) = job else { return };
                    session.opened(*opening, end, guest);
                };
                self.work_then(Job::Open(Some(Box::new(opening))), Some(Box::new(then)));
            }
        }
    }

    fn opened(&self, opening: Opening, end: End, guest: bool) {
        if end == End::Cancelled {
            // Half a replay is nobody's lab.
            self.with(|s| s.saver.guest = false);
            return start::without_link(self);
        }
        let opened = opening.finish();
        let banner = Banner::Opened {
            event: opened.cursor.0,
            hash: opened.actual.to_string(),
            expected: opened.expected.to_string(),
            guest,
        };
        let scene = scenes::of(&opened.lab.file().name);
        self.replace(opened.lab);
        self.with(|s| s.saver.worked = !guest);
        self.ui(|ui| {
            if let Some(scene) = scene {
                scenes::stage(ui, scene);
            }
            ui.banner = Some(banner);
        });
        self.autosave(true);
    }

    /// Gives the kept lab up for a fresh one.
    pub fn start_afresh(&self) {
        self.cancel();
        url::set_fragment("");
        for entry in [storage::LAB, storage::ORIGIN, storage::WORKED] {
            storage::remove(entry);
        }
        self.with(|s| s.saver = Saver::default());
        self.ui(|ui| ui.banner = None);
        start::fresh(self);
    }

    /// The shared lab on the page becomes this browser's own, in place of the one that was kept.
    pub fn adopt(&self) {
        self.with(|s| {
            s.saver.guest = false;
            s.saver.acted();
        });
        self.ui(|ui| ui.banner = None);
        self.autosave(true);
    }

    /// Leaves the shared lab for the one that this browser keeps.
    pub fn back_to_mine(&self) {
        self.cancel();
        url::set_fragment("");
        self.with(|s| s.saver.guest = false);
        self.ui(|ui| ui.banner = None);
        start::without_link(self);
    }

    /// Replays the lab that this browser keeps; false when there is none or it can't be read.
    pub fn restore(&self) -> bool {
        let Some(link) = storage::read(storage::LAB) else { return false };
        let opening = match Opening::new(&link) {
            Ok(opening) => opening,
            Err(error) => {
                self.ui(|ui| ui.banner = Some(Banner::Broken(error.to_string())));
                return false;
            }
        };
        let worked = storage::read(storage::WORKED).is_some();
        let then = move |session: &Session, job: Job, end: End| {
            let Job::Open(Some(opening)) = job else { return };
            if end == End::Cancelled {
                return start::fresh(session);
            }
            let opened = opening.finish();
            let event = opened.cursor.0;
            session.replace(opened.lab);
            session.with(|s| s.saver.worked = worked);
            session.ui(|ui| {
                // A message about a broken link is more important.
                if ui.banner.is_none() {
                    ui.banner = Some(Banner::Restored { event });
                }
            });
        };
        self.work_then(Job::Open(Some(Box::new(opening))), Some(Box::new(then)));
        true
    }

    /// Redraws what shows whether the lab is kept.
    pub fn listen_for_saves(&self) -> u32 {
        let session = self.clone();
        self.listen(Topic::Lab, std::rc::Rc::new(move || session.autosave(false)))
    }
}
