//! What answers requests: the routes, and a shorter way to the one that a rush consists of.

use std::convert::Infallible;

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
use crate::tickets::bookings;
use crate::{bench, router};

/// The server as a connection sees it; cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
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

impl Front {
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
    ) -> Result<Response, Infallible> {
        let request = request.map(Body::new);
        let app = || State(self.app.clone());
        Ok(match self.short(&request) {
            Some(Short::Reserve(route)) => {
                let reserve = |request| bookings::reserve(app(), request);
                around(&self.app, (request, route.into()), reserve).await
            }
            Some(Short::Constant(route)) => {
                let constant = |request| bench::constant(app(), request);
                around(&self.app, (request, route.into()), constant).await
            }
            None => self.router.call(request).await?,
        })
    }

    fn short(&self, request: &Request) -> Option<Short> {
        const RESERVE: [&str; 2] = ["/api/v1/bookings/reserve", "/v1/bookings/reserve"];
        if request.method() != Method::POST {
            return None;
        }
        let path = request.uri().path();
        if let Some(route) = RESERVE.into_iter().find(|route| *route == path) {
            return Some(Short::Reserve(route));
        }
        (self.bench_routes && path == bench::PATH).then_some(Short::Constant(bench::PATH))
    }
}
