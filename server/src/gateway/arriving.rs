//! The body of a request while it arrives: its client's turn, so that who sends half of one holds no place against others.
//!
//! Must never count the time against a client in which nobody reads what it sent.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use http_body::{Frame, SizeHint};

use crate::{connections::Connection, slots::Entry};

/// The request, whose place and connection are told whose turn it is.
pub fn watch(request: Request, entry: &Arc<Entry>, connection: Option<&Connection>) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let (entry, connection) = (Arc::clone(entry), connection.cloned());
    request.map(|body| Body::new(Arriving { body, entry, connection, is_waited_for: false }))
}

struct Arriving {
    body: Body,
    entry: Arc<Entry>,
    connection: Option<Connection>,
    is_waited_for: bool,
}

impl Arriving {
    fn wait(&mut self) {
        if !std::mem::replace(&mut self.is_waited_for, true) {
            self.entry.moved();
            self.connection.iter().for_each(Connection::awaits_body);
        }
    }

    fn go_on(&mut self) {
        if std::mem::take(&mut self.is_waited_for) {
            self.entry.at_work();
            self.connection.iter().for_each(Connection::goes_on);
        }
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.go_on();
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match polled {
            Poll::Pending => self.wait(),
            Poll::Ready(_) => self.go_on(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
