//! Whether a credential may still be used: asked once for all streams that it has opened.

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use tokio::sync::watch;

use super::shared::Shared;
use crate::app::App;
use crate::auth::AuthError;

/// A credential is checked this often, besides each time that there is something to tell.
const CHECK_PERIOD: Duration = Duration::from_millis(200);

/// The credentials of all open streams.
#[derive(Debug, Default)]
pub(crate) struct Standings(Shared<HeaderValue, Standing>);

/// A credential that has opened a stream.
#[derive(Debug)]
pub(super) struct Standing {
    /// Only the credential.
    headers: HeaderMap,
    ended: watch::Receiver<bool>,
}

impl Standing {
    /// That of a request's credential.
    pub(super) fn of(app: &App, headers: &HeaderMap) -> Arc<Self> {
        let credential = headers.get(header::AUTHORIZATION).cloned();
        let credential = credential.unwrap_or(HeaderValue::from_static(""));
        let alive = |standing: &Self| standing.ended.has_changed().is_ok();
        app.standings.0.get_or_make(credential.clone(), alive, || Self::begin(app, credential))
    }

    fn begin(app: &App, credential: HeaderValue) -> Arc<Self> {
        let (sender, ended) = watch::channel(false);
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, credential.clone())]);
        let standing = Arc::new(Self { headers, ended });
        let (app, weak) = (app.clone(), Arc::downgrade(&standing));
        let check = async move {
            check(&app, weak, &sender).await;
            app.standings.0.forget(&credential);
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with its last stream, or the server"
        )]
        drop(tokio::spawn(check));
        standing
    }

    /// Whether the credential may be used now. Where that cannot be found out the stream goes on: what it
    /// tells cannot be read then either.
    pub(super) async fn holds(&self, app: &App) -> bool {
        let caller = app.auth.caller(&self.headers).await;
        matches!(caller, Ok(_) | Err(AuthError::Unavailable(_)))
    }

    /// Hears when it may be used no longer.
    pub(super) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.clone()
    }
}

async fn check(app: &App, standing: Weak<Standing>, ended: &watch::Sender<bool>) {
    let mut stopping = app.stopping.clone();
    loop {
        let stopped = stopping.wait_for(|stopping| *stopping);
        if tokio::time::timeout(CHECK_PERIOD, stopped).await.is_ok() {
            return;
        }
        let Some(standing) = standing.upgrade() else { return };
        if !standing.holds(app).await {
            // All its streams hear of it, if there still are any.
            ended.send_replace(true);
            return;
        }
    }
}
