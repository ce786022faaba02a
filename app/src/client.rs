//! The typed client: a call in, its reply or a problem out.
//!
//! In the browser it goes over HTTP; while the server renders, straight to the services in its process. The
//! store asks through it and does not know which it is.

#[cfg(any(feature = "ssr", feature = "browser"))]
pub mod rendered;

#[cfg(feature = "ssr")]
use std::sync::Arc;

#[cfg(feature = "browser")]
use contract::wire::WireRequest;
use contract::{Call, Code, Problem};

/// Whoever answers calls. Cheap to clone.
#[derive(Clone, Default)]
pub enum Client {
    /// The services of this process, on behalf of the viewer whose page is rendered. What they answer is noted, for the page.
    #[cfg(feature = "ssr")]
    InProcess(Arc<dyn contract::Dispatch>, rendered::Answers),
    /// Nobody: while routes are listed, or a part is rendered without a page.
    #[default]
    Nobody,
    /// The server that this page came from.
    #[cfg(feature = "browser")]
    Http(http::Http),
    /// The page itself, which carries what it was rendered from. Answers at once.
    #[cfg(feature = "browser")]
    Rendered,
}

impl Client {
    /// Sends `call` on behalf of whoever watches, as far as it is known who that is.
    ///
    /// # Errors
    /// The problem that the server reports, `viewer_changed` once somebody else watches with this browser; `unreachable` or
    /// `timed_out` where it does not answer.
    pub fn send<C: Call>(&self, call: C) -> impl Future<Output = Result<C::Reply, Problem>> {
        let viewer = if C::IS_PERSONAL { self.viewer() } else { None };
        self.send_for(viewer, call)
    }

    /// Who watches while their page is rendered is who it is rendered for.
    fn viewer(&self) -> Option<String> {
        #[cfg(feature = "browser")]
        return self.http().and_then(http::Http::viewer);
        #[cfg(not(feature = "browser"))]
        None
    }

    /// The browser's, where this is one.
    #[cfg(feature = "browser")]
    pub fn http(&self) -> Option<&http::Http> {
        match self {
            #[cfg(feature = "ssr")]
            Self::InProcess(..) => None,
            Self::Nobody | Self::Rendered => None,
            Self::Http(http) => Some(http),
        }
    }

    /// As [`Client::send`], for this viewer, whoever watches by now.
    ///
    /// # Errors
    /// The same.
    #[cfg(feature = "browser")]
    pub fn send_for<C: Call>(&self, viewer: Option<String>, call: C) -> impl Future<Output = Result<C::Reply, Problem>> {
        let answer = self.answer(WireRequest::of(&call), viewer);
        async { read(answer.await?) }
    }

    /// Without types, so that what waits for an answer is in the client once, and only what reads it is there for each call.
    #[cfg(feature = "browser")]
    fn answer(&self, request: Result<WireRequest, Problem>, viewer: Option<String>) -> Answering<'_> {
        Box::pin(async move {
            match self {
                Self::Http(http) => http.answer(request?, viewer).await,
                Self::Rendered => rendered::answer(&request?.target),
                #[cfg(feature = "ssr")]
                Self::InProcess(..) => Err(Problem::new(Code::Unreachable)),
                Self::Nobody => Err(Problem::new(Code::Unreachable)),
            }
        })
    }

    /// As [`Client::send`]: on a server there is nobody else for whom a page is rendered.
    ///
    /// # Errors
    /// The same.
    #[cfg(not(feature = "browser"))]
    pub async fn send_for<C: Call>(&self, viewer: Option<String>, call: C) -> Result<C::Reply, Problem> {
        let _ = viewer;
        match self {
            #[cfg(feature = "ssr")]
            Self::InProcess(dispatch, answers) => {
                let answer = contract::DispatchExt::send(dispatch.as_ref(), call.clone()).await;
                answers.note(&call, &answer);
                answer
            }
            Self::Nobody => {
                let _ = call;
                Err(Problem::new(Code::Unreachable))
            }
        }
    }
}

/// The object that the browser made of an answer, once it is there.
#[cfg(feature = "browser")]
type Answering<'a> = std::pin::Pin<Box<dyn Future<Output = Result<wasm_bindgen::JsValue, Problem>> + 'a>>;

#[cfg(feature = "browser")]
fn read<T: serde::de::DeserializeOwned>(answer: wasm_bindgen::JsValue) -> Result<T, Problem> {
    crate::json::from_object(answer).ok_or_else(|| Problem::internal().with_detail("The answer was not understood."))
}

#[cfg(feature = "browser")]
pub mod http {
    //! Calls over HTTP, with the device's profile and a time limit.

    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use contract::{
        Code, Problem,
        device::{self, DeviceProfile},
        identity::VIEWER_HEADER,
        wire::WireRequest,
    };
    use gloo_net::http::{Method, RequestBuilder, Response};
    use gloo_timers::callback::Timeout;
    use js_sys::JSON;
    use wasm_bindgen::JsValue;

    use crate::json;

    /// How long a call may take.
    const LIMIT_MILLISECONDS: u32 = 15_000;

    /// The browser's `fetch`, with what every call carries.
    #[derive(Clone, Default)]
    pub struct Http(Arc<Mutex<Carried>>);

    #[derive(Default)]
    struct Carried {
        device: Option<String>,
        viewer: Option<String>,
        /// Is told when the server says that somebody else watches, or nobody who is signed in.
        somebody_else: Option<Arc<dyn Fn(Code) + Send + Sync>>,
    }

    impl Http {
        fn carried(&self) -> MutexGuard<'_, Carried> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// From now on every call says that it comes from this device.
        pub fn identify(&self, profile: &DeviceProfile) {
            self.carried().device = Some(profile.to_header());
        }

        /// From now on calls are made on behalf of this viewer.
        pub fn speak_for(&self, viewer: Option<String>) {
            self.carried().viewer = viewer;
        }

        /// Calls `told` whenever the server says that somebody else watches, or that nobody is signed in, with which of them it is.
        pub fn on_somebody_else(&self, told: impl Fn(Code) + Send + Sync + 'static) {
            self.carried().somebody_else = Some(Arc::new(told));
        }

        pub fn viewer(&self) -> Option<String> {
            self.carried().viewer.clone()
        }

        /// What the server answers, as the object that the browser made of it.
        pub async fn answer(&self, request: WireRequest, viewer: Option<String>) -> Result<JsValue, Problem> {
            let (response, _deadline) = self.fetch(request, viewer).await?;
            if !response.ok() {
                let problem = refusal(&response).await;
                let is_told = matches!(problem.code, Code::ViewerChanged | Code::SignInRequired);
                let told = self.carried().somebody_else.clone().filter(|_| is_told);
                if let Some(told) = told {
                    told(problem.code);
                }
                return Err(problem);
            }
            let text = response.text().await.map_err(|_| Problem::new(Code::Unreachable))?;
            // A reply without a body stands for `()`, which JSON writes as null.
            if text.is_empty() { Ok(JsValue::NULL) } else { JSON::parse(&text).map_err(|_| Problem::internal()) }
        }

        async fn fetch(&self, wire: WireRequest, viewer: Option<String>) -> Result<(Response, Deadline), Problem> {
            let controller = web_sys::AbortController::new().map_err(|_| Problem::internal())?;
            let signal = controller.signal();
            let deadline = Deadline::of(controller);
            let method = wire.method.parse().unwrap_or(Method::GET);
            let mut builder = RequestBuilder::new(&wire.target).method(method).abort_signal(Some(&signal));
            builder = builder.header("accept", "application/json");
            if let Some(viewer) = viewer {
                builder = builder.header(VIEWER_HEADER, &viewer);
            }
            if let Some(device) = self.carried().device.as_deref() {
                builder = builder.header(device::HEADER, device);
            }
            let request = match wire.body {
                Some(body) => builder.header("content-type", "application/json").body(JsValue::from_str(&body)),
                None => builder.build(),
            };
            let request = request.map_err(|_| Problem::internal())?;
            let sent = request.send().await;
            let code = if signal.aborted() { Code::TimedOut } else { Code::Unreachable };
            sent.map(|response| (response, deadline)).map_err(|_| Problem::new(code))
        }
    }

    /// Ends a request that takes too long, and one whose asker is gone: a newer request took its place.
    struct Deadline {
        controller: web_sys::AbortController,
        _limit: Timeout,
    }

    impl Deadline {
        fn of(controller: web_sys::AbortController) -> Self {
            let limited = controller.clone();
            Self { controller, _limit: Timeout::new(LIMIT_MILLISECONDS, move || limited.abort()) }
        }
    }

    impl Drop for Deadline {
        fn drop(&mut self) {
            // Of one that was answered to its end nothing is left to be ended.
            self.controller.abort();
        }
    }

    /// What the server says is wrong; where something in between answered, what its status means.
    async fn refusal(response: &Response) -> Problem {
        let text = response.text().await.unwrap_or_default();
        json::read(&text).unwrap_or_else(|| {
            Problem::new(match response.status() {
                404 => Code::NotFound,
                429 => Code::RateLimited,
                502..=504 => Code::Unreachable,
                _ => Code::Internal,
            })
        })
    }
}
