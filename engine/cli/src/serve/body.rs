//! A response's body that comes piece by piece, as the lab makes it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use api::http::Frame as Piece;
use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::driver::{self, Driver, Ticket};

/// The body of an answer; hangs up when the client does.
pub struct Streamed {
    ready: VecDeque<Bytes>,
    source: Option<Source>,
}

struct Source {
    driver: Rc<RefCell<Driver>>,
    ticket: Ticket,
    waiting: Option<Pin<Box<dyn Future<Output = ()>>>>,
    head_sent: bool,
}

impl Streamed {
    /// A body that is there.
    pub fn whole(text: String) -> Streamed {
        Streamed { ready: VecDeque::from([Bytes::from(text)]), source: None }
    }

    /// The body of the answer to a ticket.
    pub fn new(driver: Rc<RefCell<Driver>>, ticket: Ticket) -> Streamed {
        let source = Source { driver, ticket, waiting: None, head_sent: false };
        Streamed { ready: VecDeque::new(), source: Some(source) }
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            let Some(source) = &mut self.source else { return Poll::Ready(None) };
            if let Some(waiting) = &mut source.waiting {
                match waiting.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => source.waiting = None,
                }
            }
            let taken = source.driver.borrow_mut().take(&source.ticket);
            let Some(answer) = taken else {
                self.source = None;
                continue;
            };
            let mut pieces = VecDeque::new();
            if let (false, Some(response)) = (source.head_sent, &answer.response)
                && !response.streaming
            {
                pieces.push_back(Bytes::from(lab::history::body_bytes(&response.body)));
            }
            source.head_sent = true;
            pieces.extend(answer.frames.iter().map(piece));
            let waits = pieces.is_empty() && !answer.done;
            if waits {
                let news = driver::news(&source.ticket);
                source.waiting = Some(Box::pin(async move { news.notified().await }));
            }
            if answer.done {
                self.source = None;
            }
            pieces.retain(|p| !p.is_empty());
            self.ready = pieces;
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.driver.borrow_mut().hang_up(&self.ticket);
    }
}

/// A piece as it stands on the wire: watch events are JSON, one a line.
fn piece(piece: &Piece) -> Bytes {
    let mut text = String::new();
    match piece {
        Piece::Watch(events) => {
            for event in events.iter() {
                let object = api::json::write(event.object.value());
                text.push_str(&format!("{{\"type\":\"{}\",\"object\":{object}}}\n", event.kind.as_str()));
            }
        }
        Piece::Tree(tree) => {
            text.push_str(&api::json::write(tree));
            text.push('\n');
        }
        Piece::Data(bytes) => return Bytes::copy_from_slice(bytes),
        Piece::End => {}
    }
    Bytes::from(text)
}
