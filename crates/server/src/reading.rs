//! Calls that only look: from the reader connections, never through the writer.

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use engine::StoreError;
use engine::reads::Reads;
use serde::Serialize;

use crate::app::App;
use crate::call::{Arrival, Call, NotAdmitted, Rule, put_rate_headers};
use crate::context::Context;
use crate::query::Params;
use crate::refusal::Refusal;
use crate::render::{JSON, bytes};

/// A call that may be made, with its parameters.
pub(crate) struct AdmittedRead {
    pub(crate) call: Call,
    pub(crate) params: Params,
}

impl App {
    /// Carries out a call that reads. `read` runs on a thread that may wait for the disk.
    pub(crate) async fn look<T, F>(
        &self,
        request: Request,
        rule: Rule,
        known: &'static [&'static str],
        read: F,
    ) -> Response
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&dyn Reads, &Call, &Params) -> Result<T, Refusal> + Send + 'static,
    {
        let cx = Context::of(request.extensions());
        let (head, _body) = request.into_parts();
        let AdmittedRead { call, params } = match self.admit_read(head, rule, known).await {
            Ok(admitted) => admitted,
            Err(refused) => return refused.into_response(self, &cx),
        };
        let level = call.level;
        let read = self.read(move |reads| Ok::<_, StoreError>(read(reads, &call, &params))).await;
        let mut response = match read.and_then(|read| read) {
            Ok(body) => json(&body),
            Err(refusal) => refusal.into_response(&cx),
        };
        put_rate_headers(self, level, &mut response);
        response
    }

    /// The call, if it may be made.
    pub(crate) async fn admit_read(
        &self,
        head: Parts,
        rule: Rule,
        known: &'static [&'static str],
    ) -> Result<AdmittedRead, NotAdmitted> {
        let call = Call::admit(self, head, rule, Arrival::now(self)).await?;
        let level = call.level;
        let refuse = |refusal: Refusal| NotAdmitted { refusal, level };
        call.within_rate(self).map_err(refuse)?;
        let params =
            Params::parse(call.query(), known).map_err(|invalid| refuse(invalid.into()))?;
        Ok(AdmittedRead { call, params })
    }
}

/// 200 with a JSON body.
pub(crate) fn json(body: &impl Serialize) -> Response {
    let mut response = Response::new(Body::from(bytes(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
