//! Reading from the lab no more often than it costs.

use std::rc::Rc;

use crate::infra::frame::now_ms;
use crate::infra::{Moment, Session};

/// While time plays, a reading is made anew after so many times what it cost.
const SHARE: f64 = 15.0;

/// The last reading of something, and what it was of.
pub struct Reading<W, V> {
    made: Option<(W, Moment, Rc<V>)>,
    made_ms: f64,
    cost_ms: f64,
}

impl<W, V> Default for Reading<W, V> {
    fn default() -> Self {
        Reading { made: None, made_ms: 0.0, cost_ms: 0.0 }
    }
}

impl<W: PartialEq, V> Reading<W, V> {
    /// What `make` finds at this moment. While time plays, an older reading of the same thing will do if it was dear;
    /// as soon as time stands still, the reading is of this moment.
    pub fn get(&mut self, session: &Session, what: W, make: impl FnOnce() -> V) -> Rc<V> {
        let (moment, moving) = {
            let state = session.state();
            (state.moment(), state.is_moving())
        };
        if let Some((of, at, value)) = &self.made
            && *of == what
            && (*at == moment || (moving && now_ms() - self.made_ms < self.cost_ms * SHARE))
        {
            return value.clone();
        }
        let before = now_ms();
        let value = Rc::new(make());
        self.made_ms = now_ms();
        self.cost_ms = self.made_ms - before;
        self.made = Some((what, moment, value.clone()));
        value
    }

    /// What `make` finds, as long as `what` says all that it depends on besides the lab's line of events.
    pub fn of(&mut self, session: &Session, what: W, make: impl FnOnce() -> V) -> Rc<V> {
        let moment = session.state().moment();
        match &self.made {
            Some((of, at, value)) if *of == what && at.same_line(&moment) => value.clone(),
            _ => {
                let value = Rc::new(make());
                self.made = Some((what, moment, value.clone()));
                value
            }
        }
    }
}
