//! What every request passes, seen on routes that misbehave.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode},
    routing::{any, get, post},
};
use contract::{
    Code,
    authorization::{Authorization, Resolution},
};
use runtime::clock::Clock;
use server::{
    config::{self, Bounded},
    connections::Descriptors,
    gateway::{
        Anonymous, Balancer, Forwarded, Gateway, InFlight, OnlyHere, Plugins, RateLimiter, RouteContext, Sinks, Upstream, Usage,
        identity::Identity,
        principals::{Principal, PrincipalCache, PrincipalResolver},
    },
    mount::Dispatcher,
    secret::MasterSecret,
    session::{ApiToken, ApiTokenKey, Bearer, KeyRing, RefreshKey, RefreshToken, Tokens},
};
use storage::StoreError;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::support::{Answer, ask};

const TEXT: &str = "the same words again and again, ";

pub struct Stack {
    router: Router,
    pub in_flight: InFlight,
    usage: Arc<Usage>,
    under_way: TaskTracker,
    /// Steps that were made.
    steps: Arc<AtomicU32>,
}

impl Stack {
    pub fn new(configure: impl FnOnce(&mut config::Gateway)) -> Self {
        Self::balanced(configure, Arc::new(OnlyHere))
    }

    fn balanced(configure: impl FnOnce(&mut config::Gateway), balancer: Arc<dyn Balancer>) -> Self {
        let mut config = config::Gateway::default();
        configure(&mut config);
        let (usage, under_way, steps) = (Arc::new(Usage::default()), TaskTracker::new(), Arc::new(AtomicU32::new(0)));
        let made = Arc::clone(&steps);
        let router = Router::new()
            .route("/api/steps", any(move || in_steps(Arc::clone(&made))))
            .route(
                "/auth/somebody/callback",
                get({
                    let made = Arc::clone(&steps);
                    move || in_steps(made)
                }),
            )
            .route("/api/breaks", post(panics))
            .route("/api/echo", post(async |body: String| body))
            .route("/api/write", post(async || "written"))
            .route("/api/fine", get(async || "fine"))
            .route("/api/long", get(async || TEXT.repeat(100)))
            .route("/api/panics", get(panics))
            .route("/api/slow", get(slow))
            .route("/api/drip", get(drip))
            .route("/art/{id}/{version}/{file}", get(async || "a picture"))
            .route("/favicon.svg", get(async || "<svg/>"))
            .route("/media/drip", get(drip))
            .route("/media/video", get(async || ([("content-type", "video/mp4")], TEXT.repeat(100))))
            .route("/media/film", get(film));
        let in_flight = InFlight::new(&config, &config::Connections::default(), Descriptors::now());
        let gateway = Gateway {
            limiter: Arc::new(RateLimiter::new(&config.limit)),
            in_flight: in_flight.clone(),
            forwarded: Forwarded::new(&config, false, None),
            config,
            https: false,
            public_url: None,
            identity: strangers(),
            dispatcher: Dispatcher::default(),
            balancer,
            usage: Arc::clone(&usage),
            sinks: Sinks::default(),
            plugins: Plugins::default()
                .with("mark", SetResponseHeaderLayer::overriding("x-mark".parse().unwrap(), HeaderValue::from_static("made"))),
            under_way: under_way.clone(),
        };
        Self { router: gateway.wrap(router).unwrap(), in_flight, usage, under_way, steps }
    }

    /// An answer of which nothing is read.
    pub async fn open(&self, path: &str) -> axum::response::Response {
        self.router.clone().oneshot(Request::get(path).header("host", "localhost").body(Body::empty()).unwrap()).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask_with(Request::get(path), headers).await
    }

    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask_with(Request::post(path), headers).await
    }

    pub async fn post_body(&self, path: &str, body: Body) -> Answer {
        ask(&self.router, Request::post(path).body(body).unwrap()).await
    }

    async fn ask_with(&self, request: axum::http::request::Builder, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        ask(&self.router, request.body(Body::empty()).unwrap()).await
    }
}

/// Where nobody has an account.
struct Nobody;

#[async_trait::async_trait]
impl PrincipalResolver for Nobody {
    async fn resolve(&self, _: &Bearer) -> Result<Option<Principal>, StoreError> {
        Ok(None)
    }

    async fn token(&self, _: &ApiToken) -> Result<Option<Principal>, StoreError> {
        Ok(None)
    }

    async fn guests(&self) -> Result<Arc<Authorization>, StoreError> {
        Ok(Arc::new(Authorization {
            regions: Some(vec!["eu".to_owned()]),
            resolution: Resolution::Hd,
            ..Authorization::default()
        }))
    }

    async fn is_guests(&self, _: &contract::ids::ProfileId) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn refresh(&self, _: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError> {
        Ok(None)
    }

    async fn confirm(&self, _: &Bearer, _: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

fn strangers() -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let secret = MasterSecret::open(folder.path()).unwrap();
    let (keys, events) = (KeyRing::new(&secret, Clock::default()), storage::events::Events::default());
    let principals = PrincipalCache::new(Arc::new(Nobody), keys, events, Clock::default());
    Identity::new(Anonymous::new(&[1; 32], Clock::default()), RefreshKey::new(&secret), ApiTokenKey::new(&secret), principals)
}

async fn panics() -> &'static str {
    panic!("the inside of the server")
}

/// Something of several steps.
async fn in_steps(made: Arc<AtomicU32>) -> &'static str {
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        made.fetch_add(1, Ordering::SeqCst);
    }
    "done"
}

/// An answer in two pieces.
async fn drip() -> Body {
    Body::from_stream(futures::stream::iter(["one", "two"].map(Ok::<_, std::io::Error>)))
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(30)).await;
    "slow"
}

/// A policy that notes what it could choose by.
#[derive(Default)]
struct Noting(Mutex<Vec<String>>);

impl Balancer for Noting {
    fn choose(&self, route: &RouteContext<'_>) -> Upstream {
        let may = &route.viewer.authorization;
        let regions = may.regions.iter().flatten().cloned().collect::<Vec<_>>().join(",");
        let seen = format!("{} {regions} {} {}", route.path, may.resolution.name(), route.device.profile.class.as_str());
        self.0.lock().unwrap().push(seen);
        Upstream::Here
    }
}

#[tokio::test]
async fn the_balancers_hook_is_told_the_path_the_device_and_what_the_viewer_may_do() {
    let noting = Arc::new(Noting::default());
    let stack = Stack::balanced(|_| {}, Arc::clone(&noting) as Arc<dyn Balancer>);
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1";
    assert_eq!(stack.get_with("/api/fine", &[("user-agent", phone)]).await.status, StatusCode::OK);
    assert_eq!(*noting.0.lock().unwrap(), ["/api/fine eu HD phone"]);
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_request_alone_and_tells_nothing() {
    let stack = Stack::new(|_| {});
    for _ in 0..3 {
        let answer = stack.get("/api/panics").await;
        let problem = answer.problem();
        assert_eq!((answer.status.as_u16(), problem.code), (500, Code::Internal));
        assert!(problem.request_id.is_some() && !String::from_utf8_lossy(&answer.body).contains("inside"));
    }
    assert_eq!(stack.get("/api/fine").await.status, StatusCode::OK);
    let request = Request::post("/api/breaks").body(Body::empty()).unwrap();
    assert_eq!(ask(&stack.router, request).await.problem().code, Code::Internal);
}

/// Sends a request whose client is gone after the first poll.
async fn cut_off(stack: &Stack, method: &str, path: &str) -> u32 {
    let request = Request::builder().method(method).uri(path).header("host", "localhost").body(Body::empty()).unwrap();
    let mut answer = Box::pin(stack.router.clone().oneshot(request));
    assert!(futures::poll!(&mut answer).is_pending());
    drop(answer);
    stack.under_way.close();
    stack.under_way.wait().await;
    stack.steps.swap(0, Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_runs_to_its_end_when_its_client_is_gone_and_what_reads_does_not() {
    let stack = Stack::new(|_| {});
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(cut_off(&stack, method, "/api/steps").await, 3, "{method}");
    }
    assert_eq!(cut_off(&stack, "GET", "/auth/somebody/callback").await, 3, "somebody comes back from a provider");
    assert_eq!(cut_off(&stack, "GET", "/api/steps").await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_changes_something_keeps_its_place_until_it_is_done_though_its_time_is_up() {
    let stack = Stack::new(|config| {
        config.in_flight = Bounded::of(1);
        config.timeout_seconds = Bounded::of(2);
    });
    let request = Request::post("/api/steps").body(Body::empty()).unwrap();
    assert_eq!(ask(&stack.router, request).await.problem().code, Code::TimedOut);
    assert_eq!(stack.get("/api/fine").await.problem().code, Code::Overloaded);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((stack.get("/api/fine").await.status, stack.steps.load(Ordering::SeqCst)), (StatusCode::OK, 3));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_in_time_is_given_up() {
    let stack = Stack::new(|config| config.timeout_seconds = Bounded::of(2));
    let answer = stack.get("/api/slow").await;
    assert_eq!((answer.status.as_u16(), answer.problem().code), (504, Code::TimedOut));
    let patient = Stack::new(|config| config.middleware.timeout = false);
    assert_eq!(patient.get("/api/slow").await.status, StatusCode::OK);
}

#[tokio::test]
async fn text_is_compressed_for_who_takes_it_and_video_never_is() {
    let stack = Stack::new(|_| {});
    for coding in ["br", "gzip"] {
        let answer = stack.get_with("/api/long", &[("accept-encoding", coding)]).await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert!(answer.body.len() < 200, "{}", answer.body.len());
    }
    assert_eq!(stack.get("/api/long").await.header("content-encoding"), None);
    let video = stack.get_with("/media/video", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((video.header("content-encoding"), video.body.len()), (None, TEXT.len() * 100));
}

#[tokio::test]
async fn a_request_has_a_name_of_the_servers_own_unless_a_proxy_is_trusted() {
    let given = [("x-request-id", "given-by-somebody")];
    let stack = Stack::new(|_| {});
    let (one, other) = (stack.get_with("/api/fine", &given).await, stack.get_with("/api/fine", &given).await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    assert_ne!(one.header("x-request-id"), Some("given-by-somebody"));
    let trusting = Stack::new(|config| config.trust_request_id = true);
    assert_eq!(trusting.get_with("/api/fine", &given).await.header("x-request-id"), Some("given-by-somebody"));
}

#[tokio::test]
async fn each_part_can_be_switched_off() {
    let stack = Stack::new(|config| {
        config.middleware = config::Middleware {
            request_id: false,
            trace: false,
            panic_guard: false,
            timeout: false,
            load_shed: false,
            security_headers: false,
            identity: false,
            device: false,
            rate_limit: false,
            usage: false,
            compression: false,
        };
    });
    let answer = stack.get_with("/api/long", &[("accept-encoding", "br")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    for name in ["x-request-id", "content-security-policy", "set-cookie", "content-encoding"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(stack.usage.requests(), 0);
}

#[tokio::test]
async fn a_plugin_runs_when_it_is_named() {
    assert_eq!(Stack::new(|_| {}).get("/api/fine").await.header("x-mark"), None);
    let stack = Stack::new(|config| config.plugins = vec!["mark".to_owned()]);
    assert_eq!(stack.get("/api/fine").await.header("x-mark"), Some("made"));
}

#[tokio::test]
async fn how_a_route_is_used_is_counted_by_its_template() {
    let stack = Stack::new(|_| {});
    stack.get("/api/fine").await;
    stack.get("/api/fine?secret=1").await;
    stack.get("/nowhere/at/all").await;
    let sums = stack.usage.sums();
    let routes: Vec<(&str, u64)> = sums.iter().map(|sum| (sum.route.as_str(), sum.requests)).collect();
    assert_eq!(routes, [("GET (no route)", 1), ("GET /api/fine", 2)]);
}

/// A film that is read as it is sent, so that nobody knows its length at the start.
async fn film() -> Body {
    let pieces = (0..10).map(|_| Ok::<_, std::io::Error>(TEXT.repeat(10)));
    Body::from_stream(futures::stream::iter(pieces))
}

#[tokio::test]
async fn whatever_is_refused_gives_up_or_panics_counts_and_so_do_the_bytes_of_a_film() {
    let stack = Stack::new(|config| {
        config.timeout_seconds = Bounded::of(1);
        config.limit = config::Limits { requests_per_second: Bounded::of(1), burst: Bounded::of(3), ..config::Limits::default() };
    });
    let refused = stack.get_with("/api/fine", &[("authorization", "Bearer nonsense")]).await;
    let film = stack.get("/media/film").await.body.len() as u64;
    assert_eq!(stack.get("/api/panics").await.status.as_u16(), 500);
    let first = stack.get("/api/fine").await;
    let cookie = first.cookie().unwrap().split(';').next().unwrap().to_owned();
    let mut statuses = vec![refused.status.as_u16(), first.status.as_u16()];
    for _ in 0..6 {
        statuses.push(stack.get_with("/api/fine", &[("cookie", &cookie)]).await.status.as_u16());
    }
    assert!(statuses.contains(&401) && statuses.contains(&429), "{statuses:?}");
    let sum = |route: &str| {
        let sums = stack.usage.sums();
        sums.into_iter().find(|sum| sum.route == route).unwrap_or_else(|| panic!("{route} was not counted"))
    };
    let fine = sum("GET /api/fine");
    let client_errors = statuses.iter().filter(|status| **status >= 400).count() as u64;
    assert_eq!((fine.requests, fine.client_errors), (statuses.len() as u64, client_errors));
    assert_eq!(sum("GET /api/panics").server_errors, 1);
    assert_eq!(film, TEXT.len() as u64 * 100);
    assert_eq!(sum("GET /media/film").bytes, film);

    let busy = Stack::new(|config| {
        config.timeout_seconds = Bounded::of(1);
        config.in_flight = Bounded::of(1);
    });
    let (slow, shed) = tokio::join!(busy.get("/api/slow"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        busy.get("/api/fine").await
    });
    assert_eq!((slow.status.as_u16(), shed.status.as_u16()), (504, 503));
    let sums = busy.usage.sums();
    let failed = |route: &str| sums.iter().any(|sum| sum.route == route && sum.server_errors == 1);
    assert!(failed("GET /api/slow") && failed("GET /api/fine"), "{sums:?}");
}

#[tokio::test]
async fn what_left_of_a_film_that_was_given_up_counts() {
    let stack = Stack::new(|_| {});
    let response = stack.open("/media/film").await;
    let mut body = response.into_body();
    let first = http_body_util::BodyExt::frame(&mut body).await.unwrap().unwrap().into_data().unwrap();
    drop(body);
    let sums = stack.usage.sums();
    assert_eq!(sums.iter().find(|sum| sum.route == "GET /media/film").unwrap().bytes, first.len() as u64);
}
