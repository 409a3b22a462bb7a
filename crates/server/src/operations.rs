//! Operations: what may be asked for, where, by whom, and what answers it. Each is a line in the table of its
//! chapter. The router, the fast path, the routes of other origins' pages, the OpenAPI document and the
//! rule that a handler applies all read that line; nothing of it is said a second time.

use axum::extract::{Path, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde::de::DeserializeOwned;
use wire::Code;

use crate::app::App;
use crate::call::Rule;
use crate::chapters::CHAPTERS;

/// Where the API is mounted.
pub(crate) const MOUNTS: [&str; 2] = ["/api/v1", "/v1"];

/// All operations.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    CHAPTERS.iter().flat_map(|chapter| chapter.operations)
}

/// Those that the document describes: the API. Pages, probes and metrics are for people and their machines.
pub(crate) fn described() -> impl Iterator<Item = Described> {
    all().filter_map(|operation| match operation.handler {
        Handling::Ruled { id, rule, route: _ } => Some(Described { operation, id, rule }),
        Handling::Open(_) => None,
    })
}

/// An operation that the document describes.
#[derive(Clone, Copy)]
pub(crate) struct Described {
    pub(crate) operation: &'static Operation,
    /// What the document calls it.
    pub(crate) id: &'static str,
    /// By which callers are let in.
    pub(crate) rule: Rule,
}

/// The methods and routes of all operations, where the document has them.
pub(crate) fn routes() -> impl Iterator<Item = (&'static str, String)> {
    all().map(|operation| {
        let mount = if operation.rule().is_some() { MOUNTS[0] } else { "" };
        (operation.verb.as_str(), format!("{mount}{}", operation.path))
    })
}

/// An operation.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) verb: Verb,
    /// Its pattern, below where the API is mounted if callers need a credential.
    pub(crate) path: &'static str,
    /// The refusals that are its own.
    pub(crate) codes: &'static [Code],
    /// Whether it answers a page of a list.
    pub(crate) is_paged: bool,
    /// Whether its body may be left out.
    pub(crate) is_body_optional: bool,
    handler: Handling,
}

/// What answers an operation, on the route that it is given.
#[derive(Clone, Copy)]
enum Handling {
    /// Callers are let in by the rule; the document has it, by this id.
    Ruled { id: &'static str, rule: Rule, route: fn(Ruled) -> MethodRouter<App> },
    /// Open to everybody, and outside the API's mount.
    Open(fn(Open) -> MethodRouter<App>),
}

impl Operation {
    const fn new(verb: Verb, path: &'static str, handler: Handling) -> Self {
        Self { verb, path, codes: &[], is_paged: false, is_body_optional: false, handler }
    }

    /// An operation that only looks.
    pub(crate) const fn get(
        path: &'static str,
        id: &'static str,
        rule: Rule,
        handler: fn(Ruled) -> MethodRouter<App>,
    ) -> Self {
        Self::new(Verb::Get, path, Handling::Ruled { id, rule, route: handler })
    }

    /// An operation that makes something, or moves it on.
    pub(crate) const fn post(
        path: &'static str,
        id: &'static str,
        rule: Rule,
        handler: fn(Ruled) -> MethodRouter<App>,
    ) -> Self {
        Self::new(Verb::Post, path, Handling::Ruled { id, rule, route: handler })
    }

    /// An operation that changes fields.
    pub(crate) const fn patch(
        path: &'static str,
        id: &'static str,
        rule: Rule,
        handler: fn(Ruled) -> MethodRouter<App>,
    ) -> Self {
        Self::new(Verb::Patch, path, Handling::Ruled { id, rule, route: handler })
    }

    /// An operation that takes something away. Its body says nothing.
    pub(crate) const fn delete(
        path: &'static str,
        id: &'static str,
        rule: Rule,
        handler: fn(Ruled) -> MethodRouter<App>,
    ) -> Self {
        Self::new(Verb::Delete, path, Handling::Ruled { id, rule, route: handler }).body_optional()
    }

    /// An operation that only looks, is open to everybody, and stands outside the API's mount.
    pub(crate) const fn open(path: &'static str, handler: fn(Open) -> MethodRouter<App>) -> Self {
        Self::new(Verb::Get, path, Handling::Open(handler))
    }

    /// The refusals that are its own, besides those that follow from its rule.
    pub(crate) const fn codes(self, codes: &'static [Code]) -> Self {
        Self { codes, ..self }
    }

    /// It answers a page of a list.
    pub(crate) const fn paged(self) -> Self {
        Self { is_paged: true, ..self }
    }

    /// Its body may be left out.
    pub(crate) const fn body_optional(self) -> Self {
        Self { is_body_optional: true, ..self }
    }

    /// The rule by which callers are let in; `None` where everybody is.
    pub(crate) const fn rule(&self) -> Option<Rule> {
        match self.handler {
            Handling::Ruled { rule, .. } => Some(rule),
            Handling::Open(_) => None,
        }
    }

    /// Whether customers may ask for it.
    pub(crate) fn is_for_customers(&self) -> bool {
        self.rule().is_some_and(|rule| rule.customers)
    }

    /// Whether it changes something, so that it may carry a key and its answers are kept and replayed.
    pub(crate) const fn is_change(&self) -> bool {
        !matches!(self.verb, Verb::Get)
    }

    /// What answers it, for the router.
    pub(crate) fn route(&self) -> MethodRouter<App> {
        match self.handler {
            Handling::Ruled { rule, route, id: _ } => route(Ruled { verb: self.verb, rule }),
            Handling::Open(route) => route(Open { verb: self.verb }),
        }
    }
}

/// A method that operations have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Delete,
    Get,
    Patch,
    Post,
}

impl Verb {
    /// As requests have it.
    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Delete => Method::DELETE,
            Self::Get => Method::GET,
            Self::Patch => Method::PATCH,
            Self::Post => Method::POST,
        }
    }

    /// The method's name.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
        }
    }

    const fn filter(self) -> MethodFilter {
        match self {
            Self::Delete => MethodFilter::DELETE,
            Self::Get => MethodFilter::GET,
            Self::Patch => MethodFilter::PATCH,
            Self::Post => MethodFilter::POST,
        }
    }
}

/// The place of a handler that lets callers in by a rule.
#[derive(Clone, Copy)]
pub(crate) struct Ruled {
    verb: Verb,
    rule: Rule,
}

impl Ruled {
    /// Puts the handler there. It is given the rule of its operation.
    pub(crate) fn to<Arguments>(self, handler: impl Handle<Arguments>) -> MethodRouter<App> {
        handler.route(self)
    }
}

/// The place of a handler that is open to everybody.
#[derive(Clone, Copy)]
pub(crate) struct Open {
    verb: Verb,
}

impl Open {
    /// Puts the handler there.
    pub(crate) fn to<Arguments: 'static>(
        self,
        handler: impl Handler<Arguments, App>,
    ) -> MethodRouter<App> {
        on(self.verb.filter(), handler)
    }
}

/// What can answer by a rule: a function of the server, the operation's rule, what the pattern of its path names
/// (if it names anything), and the request.
pub(crate) trait Handle<Arguments> {
    fn route(self, place: Ruled) -> MethodRouter<App>;
}

impl<F, Answer> Handle<()> for F
where
    F: Fn(App, Rule, Request) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Response> + Send + 'static,
{
    fn route(self, Ruled { verb, rule }: Ruled) -> MethodRouter<App> {
        on(verb.filter(), move |State(app): State<App>, request: Request| self(app, rule, request))
    }
}

impl<F, Named, Answer> Handle<(Named,)> for F
where
    F: Fn(App, Rule, Named, Request) -> Answer + Clone + Send + Sync + 'static,
    Named: DeserializeOwned + Send + 'static,
    Answer: Future<Output = Response> + Send + 'static,
{
    fn route(self, Ruled { verb, rule }: Ruled) -> MethodRouter<App> {
        let answer = move |State(app): State<App>, Path(named): Path<Named>, request: Request| {
            self(app, rule, named, request)
        };
        on(verb.filter(), answer)
    }
}
