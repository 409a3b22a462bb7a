//! What answers requests: the routes, and a shorter way to the one that a rush consists of.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use crate::app::App;
use crate::context::around;
use crate::levers::{LostAnswer, unless_lost};
use crate::operations::MOUNTS;
use crate::tickets::{RESERVE, RESERVE_RULE, bookings};
use crate::{bench, router};

/// The server as a connection sees it; cheap to clone.
#[derive(Clone)]
pub(crate) struct FastPath {
    app: App,
    router: TowerToHyperService<Router>,
    bench_routes: bool,
}

/// Routes that are found by comparing, not by the router, whose layers each take memory and a call on
/// the way in and at each wake-up. Whatever is not here the router answers, and it has these as well.
#[derive(Clone, Copy)]
enum Short {
    Reserve(&'static str),
    Constant(&'static str),
}

impl FastPath {
    /// Everything the server answers; with `bench_routes` also what only measurements ask for.
    pub(crate) fn new(app: App, bench_routes: bool) -> Self {
        let router = TowerToHyperService::new(router::router(app.clone(), bench_routes));
        Self { app, router, bench_routes }
    }

    /// What all requests share.
    pub(crate) fn app(&self) -> App {
        self.app.clone()
    }

    /// Answers a request.
    pub(crate) async fn answer(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<Response, LostAnswer> {
        let request = request.map(Body::new);
        let response = match self.short(&request) {
            Some(Short::Reserve(route)) => {
                let reserve = |request| bookings::reserve(self.app(), RESERVE_RULE, request);
                around(&self.app, request, route.into(), reserve).await
            }
            Some(Short::Constant(route)) => {
                let constant = |request| bench::constant(State(self.app()), request);
                around(&self.app, request, route.into(), constant).await
            }
            None => {
                let Ok(response) = self.router.call(request).await;
                response
            }
        };
        unless_lost(response)
    }

    fn short(&self, request: &Request) -> Option<Short> {
        static ROUTES: LazyLock<[String; 2]> =
            LazyLock::new(|| MOUNTS.map(|mount| format!("{mount}{}", RESERVE.path)));
        let (method, path) = (request.method(), request.uri().path());
        if *method == RESERVE.verb.method()
            && let Some(route) = ROUTES.iter().find(|route| *route == path)
        {
            return Some(Short::Reserve(route));
        }
        (self.bench_routes && method == Method::POST && path == bench::PATH)
            .then_some(Short::Constant(bench::PATH))
    }
}
