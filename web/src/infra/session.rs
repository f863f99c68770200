//! The one owner of the lab. Everything that changes it goes through here, and here the frames drive it.

use std::cell::{Cell, Ref, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use lab::view::{Picture, RaftView};
use lab::{Action, Fault, Lab, LabFile};
use sim::EventNumber;

use super::clock::Clock;
use super::frame::{FrameLoop, now_ms};
use super::share::Saver;
use super::slow_motion;
use super::ui::{Banner, Ui, View};
use super::work::{End, Job, Then, Work};

/// Wall milliseconds that a frame steps at the most while time plays.
const PLAY_BUDGET_MS: f64 = 8.0;
/// Wall milliseconds of one slice of long work; with drawing it stays below the 50 ms of a long task.
const WORK_BUDGET_MS: f64 = 22.0;
/// Events between two looks at the clock while time plays.
const BATCH: u64 = 64;
/// Wall milliseconds between two redraws of what need not follow each frame.
const CALM_MS: f64 = 140.0;
/// The same while long work runs: then the work comes first.
const CALM_AT_WORK_MS: f64 = 330.0;
/// Pictures that cost more wall milliseconds than this are not made for each frame.
const PICTURE_CHEAP_MS: f64 = 3.0;
/// Redrawing takes at the most one part in so many of the time.
const DRAWING_SHARE: f64 = 12.0;
/// Work that is shorter than this shows no progress line.
const QUIET_WORK_MS: f64 = 250.0;

/// What a component wants to be told about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// Every frame in which time moved.
    Frame,
    /// The lab changed; a few times a second while time plays, at once while it stands still.
    Lab,
    /// A terminal has new lines.
    Terminal,
    /// The page's own state: view, selection, panels, play and pause, language.
    Ui,
}

/// A handle on the page's one session; clones are the same session.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    listeners: RefCell<Listeners>,
    frames: RefCell<Option<FrameLoop>>,
}

/// Called when something of a topic happens.
type Listener = Rc<dyn Fn()>;

#[derive(Default)]
struct Listeners {
    next: u32,
    all: BTreeMap<u32, (Topic, Listener)>,
}

/// Everything the page knows.
pub struct State {
    labs: Vec<(String, Lab)>,
    current: usize,
    pub(super) ui: Ui,
    clock: Clock,
    work: VecDeque<Work>,
    pub(super) saver: Saver,
    picture: RefCell<Option<(Moment, Rc<Picture>)>>,
    raft: RefCell<Option<(Moment, Rc<RaftView>)>>,
    /// What the latest picture cost to make.
    picture_ms: Cell<f64>,
    /// Grows with each change that neither clock nor cursor shows.
    changes: u64,
    calm_since_ms: f64,
    terminal_mark: (u64, bool, u32),
    /// Virtual time could not keep up with the wished speed in the last frame.
    behind: bool,
}

/// A moment of a lab on the page: the event, the clock, what was changed besides, and which fork.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment(u64, u64, u64, usize);

impl Moment {
    /// True when nothing but time lies between two moments: no other fork, no going back.
    pub fn same_line(&self, other: &Moment) -> bool {
        (self.2, self.3) == (other.2, other.3)
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Session) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Session {
    /// A session with the default lab, standing still at its first moment.
    pub fn new() -> Session {
        let state = State {
            labs: vec![("main".into(), Lab::new(LabFile::default()))],
            current: 0,
            ui: Ui::load(),
            clock: Clock::default(),
            work: VecDeque::new(),
            saver: Saver::default(),
            picture: RefCell::new(None),
            raft: RefCell::new(None),
            picture_ms: Cell::new(0.0),
            changes: 0,
            calm_since_ms: 0.0,
            terminal_mark: (0, false, 0),
            behind: false,
        };
        let session = Session(Rc::new(Inner {
            state: RefCell::new(state),
            listeners: RefCell::default(),
            frames: RefCell::new(None),
        }));
        let weak = Rc::downgrade(&session.0);
        let frames = FrameLoop::new(move || {
            if let Some(inner) = weak.upgrade() {
                Session(inner).frame();
            }
        });
        *session.0.frames.borrow_mut() = Some(frames);
        session
    }

    /// A look at everything. Don't hold it across calls that change something.
    pub fn state(&self) -> Ref<'_, State> {
        self.0.state.borrow()
    }

    /// Asks to be called on a topic; returns a number to stop with.
    pub fn listen(&self, topic: Topic, callback: Listener) -> u32 {
        let mut listeners = self.0.listeners.borrow_mut();
        listeners.next += 1;
        let id = listeners.next;
        listeners.all.insert(id, (topic, callback));
        id
    }

    /// Stops being called.
    pub fn unlisten(&self, id: u32) {
        self.0.listeners.borrow_mut().all.remove(&id);
    }

    fn tell(&self, topics: &[Topic]) {
        let callbacks: Vec<Listener> = {
            let listeners = self.0.listeners.borrow();
            listeners.all.values().filter(|(t, _)| topics.contains(t)).map(|(_, c)| c.clone()).collect()
        };
        for callback in callbacks {
            callback();
        }
    }

    fn tell_all(&self) {
        self.tell(&[Topic::Frame, Topic::Lab, Topic::Terminal, Topic::Ui]);
    }

    fn ask_frame(&self) {
        if let Some(frames) = self.0.frames.borrow().as_ref() {
            frames.ask();
        }
    }

    /// Changes the page's own state.
    pub fn ui(&self, change: impl FnOnce(&mut Ui)) {
        let changed = {
            let mut state = self.0.state.borrow_mut();
            let before = state.ui.clone();
            change(&mut state.ui);
            state.ui != before
        };
        if changed {
            self.tell(&[Topic::Ui]);
        }
    }

    pub(super) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.0.state.borrow_mut())
    }

    /// Plays on, or stands still. Standing still stops long work too.
    pub fn set_playing(&self, playing: bool) {
        self.with(|s| {
            s.clock.set_playing(playing);
            s.behind = false;
        });
        if !playing {
            self.cancel();
        }
        self.ask_frame();
        self.tell_all();
    }

    /// Sets the speed, in virtual seconds a wall second, within 1/1000 to 100,000.
    pub fn set_speed(&self, speed: f64) {
        if speed.is_finite() && speed > 0.0 {
            self.with(|s| s.clock.speed = speed.clamp(0.001, 100_000.0));
            self.tell(&[Topic::Ui]);
        }
    }

    /// Does something in the lab, now, or after the work that is under way.
    pub fn act(&self, action: Action) {
        let now = self.with(|s| {
            s.saver.acted();
            let waits = !s.work.is_empty() && !matches!(action, Action::Interrupt { .. });
            if waits {
                s.work.push_back(Work::new(Job::Act(action), None));
            } else {
                s.lab_mut().act(action);
                s.changes += 1;
            }
            !waits
        });
        if now {
            self.tell_all();
        }
        self.ask_frame();
    }

    /// Breaks or mends something.
    pub fn fault(&self, fault: Fault) {
        self.act(Action::Fault(fault));
    }

    /// Queues long work.
    pub fn work(&self, job: Job) {
        self.work_then(job, None);
    }

    /// Queues long work, and something to do when it ended.
    pub fn work_then(&self, job: Job, then: Option<Then>) {
        self.with(|s| {
            if matches!(job, Job::Command { .. } | Job::Request { .. }) {
                s.saver.acted();
            }
            s.work.push_back(Work::new(job, then));
        });
        self.ask_frame();
    }

    /// Stands still and takes events one by one (or to the next of a kind); a step while others run is dropped.
    pub fn step(&self, job: Job) {
        let idle = self.with(|s| {
            s.clock.set_playing(false);
            s.work.is_empty()
        });
        if idle {
            self.work(job);
        }
        self.tell(&[Topic::Ui]);
    }

    /// Stands still and goes to an event; while it still goes to another one, it turns there.
    pub fn seek(&self, target: EventNumber) {
        self.with(|s| {
            s.clock.set_playing(false);
            let last = s.lab().last();
            let target = target.min(last);
            match s.work.front_mut() {
                Some(Work { job: Job::Seek(current), then: None, .. }) => *current = target,
                Some(_) => {}
                None => s.work.push_back(Work::new(Job::Seek(target), None)),
            }
        });
        self.ask_frame();
        self.tell(&[Topic::Ui]);
    }

    /// Stops all long work where it is.
    pub fn cancel(&self) {
        let dropped: Vec<Work> = self.with(|s| s.work.drain(..).collect());
        for work in dropped {
            self.ended(work, End::Cancelled);
        }
    }

    /// Puts another lab in place of the current one.
    pub fn replace(&self, lab: Lab) {
        self.with(|s| {
            s.labs.clear();
            s.labs.push(("main".into(), lab));
            s.current = 0;
            s.changes += 1;
            s.ui.selected = None;
            s.ui.picking = None;
            s.ui.raft = s.ui.raft.for_another_lab();
            s.ui.scene = None;
            s.behind = false;
        });
        self.tell_all();
    }

    /// Keeps the lab as it stands under a name and goes on in a copy of it.
    pub fn fork(&self) {
        self.with(|s| {
            let copy = s.lab().fork();
            let name = format!("fork {}", s.labs.len());
            s.labs.push((name, copy));
            s.current = s.labs.len() - 1;
            s.changes += 1;
        });
        self.tell_all();
    }

    /// Goes to another fork.
    pub fn switch_fork(&self, index: usize) {
        self.cancel();
        self.with(|s| {
            if index < s.labs.len() {
                s.current = index;
                s.changes += 1;
            }
        });
        self.tell_all();
    }

    /// Goes to another branch of the current lab: a future that was left by going back and doing something else.
    pub fn switch_branch(&self, index: usize) {
        self.cancel();
        self.with(|s| {
            s.lab_mut().switch_branch(index);
            s.changes += 1;
        });
        self.tell_all();
    }

    fn frame(&self) {
        let wall = now_ms();
        if self.with(|s| s.redraw_is_due_at_work(wall)) {
            // Drawing and working in one frame would be a long task.
            self.tell(&[Topic::Frame, Topic::Lab]);
            return self.ask_frame();
        }
        let ended = self.with(|s| {
            if s.work.is_empty() {
                s.play(wall);
                None
            } else {
                s.work_slice(wall)
            }
        });
        let had_end = ended.is_some();
        if let Some((work, end)) = ended {
            self.ended(work, end);
        }
        let (calm, each_frame) = self.with(|s| s.redraw(wall, had_end));
        let (terminal, violated) = self.with(|s| (s.terminal_changed(), s.stop_if_violated()));
        let mut topics = Vec::new();
        if each_frame {
            topics.push(Topic::Frame);
        }
        if calm {
            topics.push(Topic::Lab);
        }
        if terminal || had_end {
            topics.push(Topic::Terminal);
        }
        if violated || had_end {
            topics.push(Topic::Ui);
        }
        self.tell(&topics);
        let goes_on = {
            let state = self.state();
            state.clock.playing || !state.work.is_empty()
        };
        if goes_on {
            self.ask_frame();
        }
    }

    fn ended(&self, mut work: Work, end: End) {
        if let Some(then) = work.then.take() {
            then(self, work.job, end);
        }
    }
}

impl State {
    /// The lab, to look at.
    pub fn lab(&self) -> &Lab {
        &self.labs[self.current].1
    }

    fn lab_mut(&mut self) -> &mut Lab {
        &mut self.labs[self.current].1
    }

    /// The page's own state.
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// Play, pause, speed.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The names of the forks, and which one is current.
    pub fn forks(&self) -> (Vec<&str>, usize) {
        (self.labs.iter().map(|(name, _)| name.as_str()).collect(), self.current)
    }

    /// Which moment of which lab this is: as long as it is the same, so is all that can be read from the lab.
    pub fn moment(&self) -> Moment {
        Moment(self.lab().cursor().0, self.lab().now().as_nanos(), self.changes, self.current)
    }

    /// True while time moves, or work moves it.
    pub fn is_moving(&self) -> bool {
        self.clock.playing || self.is_busy()
    }

    /// Raft at this moment, made once however many ask.
    pub fn raft(&self) -> Rc<RaftView> {
        let key = self.moment();
        let mut slot = self.raft.borrow_mut();
        match &*slot {
            Some((k, view)) if *k == key => view.clone(),
            _ => {
                let view = Rc::new(self.lab().raft_view());
                *slot = Some((key, view.clone()));
                view
            }
        }
    }

    /// The picture of this moment, made once however many ask.
    pub fn picture(&self) -> Rc<Picture> {
        let key = self.moment();
        let mut slot = self.picture.borrow_mut();
        match &*slot {
            Some((k, picture)) if *k == key => picture.clone(),
            _ => {
                let before = now_ms();
                let picture = Rc::new(self.lab().picture());
                self.picture_ms.set(now_ms() - before);
                *slot = Some((key, picture.clone()));
                picture
            }
        }
    }

    /// The work under way, once it has taken long enough to be worth a line.
    pub fn progress(&self) -> Option<&Work> {
        self.work.front().filter(|w| now_ms() - w.since_ms > QUIET_WORK_MS)
    }

    /// True while anything moves the lab.
    pub fn is_busy(&self) -> bool {
        !self.work.is_empty()
    }

    /// True when this machine can't keep up with the wished speed.
    pub fn is_behind(&self) -> bool {
        self.behind
    }

    /// The least time between two calm redraws: longer when pictures are dear.
    fn calm_ms(&self, least: f64) -> f64 {
        least.max(self.picture_ms.get() * DRAWING_SHARE)
    }

    fn redraw_is_due_at_work(&mut self, wall: f64) -> bool {
        let due = !self.work.is_empty() && wall - self.calm_since_ms >= self.calm_ms(CALM_AT_WORK_MS);
        if due {
            self.calm_since_ms = wall;
        }
        due
    }

    /// What to draw after a frame: the calm parts, and what follows each frame.
    fn redraw(&mut self, wall: f64, had_end: bool) -> (bool, bool) {
        let at_work = !self.work.is_empty() && !had_end;
        let going = self.clock.playing || at_work;
        let calm = !going || had_end || (!at_work && wall - self.calm_since_ms >= self.calm_ms(CALM_MS));
        if calm {
            self.calm_since_ms = wall;
        }
        (calm, calm || (!at_work && self.picture_ms.get() < PICTURE_CHEAP_MS))
    }

    fn play(&mut self, wall: f64) {
        if !self.clock.playing {
            return;
        }
        if self.ui.raft.slow && self.ui.view == View::Raft {
            let speed = slow_motion::speed(self.lab(), &self.raft(), self.clock.speed);
            let target = self.lab().now() + self.clock.tick_at(wall, speed);
            self.behind = !slow_motion::run(self.lab_mut(), target, wall + PLAY_BUDGET_MS);
            return;
        }
        let target = self.lab().now() + self.clock.tick(wall);
        let deadline = wall + PLAY_BUDGET_MS;
        let lab = self.lab_mut();
        let mut reached = lab.run_until(target, BATCH);
        while !reached && now_ms() < deadline {
            reached = lab.run_until(target, BATCH);
        }
        self.behind = !reached;
    }

    fn work_slice(&mut self, wall: f64) -> Option<(Work, End)> {
        let current = self.current;
        let work = self.work.front_mut()?;
        let end = work.slice(&mut self.labs[current].1, wall + WORK_BUDGET_MS)?;
        self.changes += 1;
        // The time that the work took is not owed to the clock.
        let playing = self.clock.playing;
        self.clock.set_playing(playing);
        Some((self.work.pop_front()?, end))
    }

    fn terminal_changed(&mut self) -> bool {
        let number = self.ui.terminal;
        let mark = (self.lab().printed_pieces(number), self.lab().is_running(number), number);
        std::mem::replace(&mut self.terminal_mark, mark) != mark
    }

    /// Law 5: a violated invariant stops the lab.
    fn stop_if_violated(&mut self) -> bool {
        if !self.clock.playing && self.work.is_empty() {
            return false;
        }
        let Some(what) = self.lab().cluster().broken().map(str::to_owned) else { return false };
        if matches!(self.ui.banner, Some(Banner::Violated(_))) {
            return false;
        }
        self.clock.set_playing(false);
        self.ui.banner = Some(Banner::Violated(what));
        true
    }
}
