//! The live lab: virtual time follows real time, and answers find their way to the clients who wait.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lab::{Action, Answer, Lab};
use sim::SimTime;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::arguments::Speed;

/// Events between two looks at the network.
const SLICE: u64 = 500;
/// A sleep at the most: a new request wakes the driver anyway.
const NAP_MAX: Duration = Duration::from_millis(200);

/// The lab and those who wait for it.
pub struct Driver {
    lab: Lab,
    speed: Speed,
    started: Instant,
    virtual_start: SimTime,
    waiting: BTreeMap<u64, Rc<Notify>>,
    work: Rc<Notify>,
}

/// A client's request under way.
#[derive(Clone)]
pub struct Ticket {
    id: u64,
    news: Rc<Notify>,
}

impl Driver {
    pub fn new(lab: Lab, speed: Speed) -> Driver {
        let virtual_start = lab.now();
        Driver {
            lab,
            speed,
            started: Instant::now(),
            virtual_start,
            waiting: BTreeMap::new(),
            work: Rc::new(Notify::new()),
        }
    }

    /// The virtual time that it should be now; none when it goes as fast as it can.
    fn due(&self) -> Option<SimTime> {
        match self.speed {
            Speed::Times(times) => Some(self.virtual_start + self.started.elapsed() * times),
            Speed::Max => None,
        }
    }

    pub fn act(&mut self, action: Action) -> Ticket {
        if let Some(due) = self.due() {
            self.lab.advance_clock(due);
        }
        let id = self.lab.act(action);
        let news = Rc::new(Notify::new());
        self.waiting.insert(id, news.clone());
        self.work.notify_one();
        self.notify();
        Ticket { id, news }
    }

    /// What came since the last look.
    pub fn take(&mut self, ticket: &Ticket) -> Option<Answer> {
        self.lab.take_answer(ticket.id)
    }

    pub fn hang_up(&mut self, ticket: &Ticket) {
        if self.waiting.remove(&ticket.id).is_none() {
            return;
        }
        if self.lab.is_waiting(ticket.id) {
            self.lab.act(Action::HangUp { id: ticket.id });
            self.work.notify_one();
        }
        self.lab.forget_answer(ticket.id);
    }

    fn notify(&mut self) {
        for id in self.lab.answered() {
            if let Some(news) = self.waiting.get(&id) {
                news.notify_one();
            }
        }
    }

    /// Takes a slice of events; how long to sleep then (nothing: go on at once).
    fn slice(&mut self) -> Option<Duration> {
        let target = self.due().unwrap_or(SimTime::MAX);
        let reached = self.lab.run_until(target, SLICE);
        self.notify();
        if !reached {
            return None;
        }
        let (Speed::Times(times), Some(next)) = (self.speed, self.lab.next_at()) else {
            return Some(NAP_MAX);
        };
        Some((next.since(self.lab.now()) / times).clamp(Duration::from_millis(1), NAP_MAX))
    }
}

/// Runs the lab for as long as the program lives.
pub async fn drive(driver: Rc<RefCell<Driver>>) {
    let work = driver.borrow().work.clone();
    loop {
        let nap = driver.borrow_mut().slice();
        match nap {
            None => tokio::task::yield_now().await,
            Some(nap) => {
                let _ = tokio::time::timeout(nap, work.notified()).await;
            }
        }
    }
}

/// Waits for the head of an answer.
pub async fn head(driver: &Rc<RefCell<Driver>>, ticket: &Ticket) -> Result<Arc<api::http::Response>, String> {
    loop {
        let state = driver.borrow().lab.peek_answer(ticket.id);
        match state {
            Some(Ok(response)) => return Ok(response),
            Some(Err(reason)) => return Err(reason),
            None => ticket.news.notified().await,
        }
    }
}

/// Waits for news of an answer.
pub fn news(ticket: &Ticket) -> Rc<Notify> {
    ticket.news.clone()
}
