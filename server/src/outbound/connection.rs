//! One request over a connection of its own, whose peer may be anybody: it may send so many bytes, whatever they are.
//!
//! hyper takes interim answers (`100 Continue`; RFC 9110, section 15.2) for as long as there are some, within one poll. Without a bound a
//! peer that sends them without end has a thread of the server to itself, on which no timeout fires. Must never leave work behind: whoever
//! drops an exchange ends its connection.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
    vec,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector, dns::Name},
    rt::TokioIo,
};
use percent_encoding::percent_decode_str;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tower::{Service, ServiceExt};
use url::{Position, Url};

use super::{Cause, Lookup, OutboundError, Reach};

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// What a peer may send over one connection, encryption included. Chains of certificates have some kilobytes, and answers to what is
/// posted hardly any.
pub(super) const LONGEST: u64 = 128 * 1024;
/// What is read at once: as much as a connection may send beyond its bound.
const BUFFER: usize = 16 * 1024;

/// Makes connections to addresses that may be connected to, encrypted where the address says so.
pub(super) type Connector = HttpsConnector<Bounding>;

/// Reads the certificates of this machine, which blocks.
///
/// # Errors
/// Where there are none.
pub(super) fn connector(reach: &Reach, lookup: &Lookup) -> io::Result<Connector> {
    let mut http = HttpConnector::new_with_resolver(Checked { reach: reach.clone(), lookup: Lookup::clone(lookup) });
    http.enforce_http(false);
    http.set_nodelay(true);
    Ok(HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().wrap_connector(Bounding(http)))
}

/// Posts a body; the status of the answer.
///
/// # Errors
/// Whatever went wrong; where that is said here, an [`OutboundError`] is among its causes.
pub(super) async fn post(connector: &Connector, url: &Url, headers: HeaderMap, body: Bytes) -> Result<u16, Cause> {
    let (uri, request) = request(url, headers, body)?;
    let connecting = tokio::time::timeout(CONNECT_PATIENCE, connector.clone().oneshot(uri));
    let stream = connecting.await.map_err(|_| OutboundError::Slow(CONNECT_PATIENCE))??;
    let (mut sender, connection) = http1::Builder::new().max_buf_size(BUFFER).handshake(stream).await?;
    let (answering, connection) = (pin!(sender.send_request(request)), pin!(connection));
    let answered = match select(answering, connection).await {
        Either::Left((answered, _)) => answered,
        // How it ended was told to whoever waits for the answer.
        Either::Right((_, answering)) => answering.await,
    };
    Ok(answered?.status().as_u16())
}

/// Where to connect to, and what is sent there.
fn request(url: &Url, mut headers: HeaderMap, body: Bytes) -> Result<(Uri, Request<Full<Bytes>>), Cause> {
    let uri: Uri = url.as_str().parse()?;
    let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
    headers.insert(header::HOST, HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort])?);
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("Marquee/", env!("CARGO_PKG_VERSION"))));
    if !url.username().is_empty() || url.password().is_some() {
        headers.insert(header::AUTHORIZATION, credentials(url)?);
    }
    let mut request = Request::post(target).body(Full::new(body))?;
    *request.headers_mut() = headers;
    Ok((uri, request))
}

/// The name and the password of an address (RFC 7617).
fn credentials(url: &Url) -> Result<HeaderValue, Cause> {
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Resolves names to addresses that may be connected to.
#[derive(Clone)]
pub(super) struct Checked {
    reach: Reach,
    lookup: Lookup,
}

impl Service<Name> for Checked {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Cause;
    type Future = BoxFuture<'static, Result<Self::Response, Cause>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, reach) = ((self.lookup)(name.as_str().to_owned()), self.reach.clone());
        async move {
            let found = found.await?;
            // One that is refused refuses all: which of them is connected to is not for here to say.
            if let Some(refused) = found.iter().find(|address| !reach.permits(**address)) {
                tracing::warn!(address = %refused, "a request to elsewhere would lead into a network of ours");
                return Err(OutboundError::RefusedName.into());
            }
            let addresses: Vec<SocketAddr> = found.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(addresses.into_iter())
        }
        .boxed()
    }
}

/// Makes connections whose peers may send so much.
#[derive(Clone)]
pub(super) struct Bounding(HttpConnector<Checked>);

impl Service<Uri> for Bounding {
    type Response = TokioIo<Bounded>;
    type Error = Cause;
    type Future = BoxFuture<'static, Result<Self::Response, Cause>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        async move { Ok(TokioIo::new(Bounded { stream: connecting.await?.into_inner(), left: LONGEST })) }.boxed()
    }
}

/// A connection whose peer may send so much more.
pub(super) struct Bounded {
    stream: TcpStream,
    left: u64,
}

impl Connection for Bounded {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl AsyncRead for Bounded {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = (buffer.filled().len() - before) as u64;
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::Error::other(OutboundError::TooLong(LONGEST)))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
