//! Calls that change something: they become intents, and the engine's decision is the answer.

mod answer;
mod receive;
mod replay;

use axum::extract::Request;
use axum::response::Response;
use domain::intent::Request as IntentRequest;
use domain::record::{Fingerprints, NamedKey};
use domain::{Command, Intent};
use engine::{Job, Outcome};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use wire::Code;

pub(crate) use self::answer::Fresh;
pub(crate) use self::receive::Heard;
use self::receive::{ReceivedCall, paid};
pub(crate) use self::replay::record_of;
use crate::app::App;
use crate::call::{Call, Rule, put_rate_headers};
use crate::canonical::{self, Canonical};
use crate::context::Context;
use crate::inflight::{Joined, Running, Settled};
use crate::key_header::prefer_wait;
use crate::levers;
use crate::problem::ProblemBuilder;
use crate::query::Params;
use crate::refusal::{Invalid, RETRY_IN_PROGRESS_SECONDS, Refusal, stopping, unavailable};

/// Seconds that a duplicate waits for the first request, unless it asks for more.
pub const DUPLICATE_WAIT_SECONDS: u64 = 2;

/// A call with its key and what that is bound to.
struct Bound {
    call: Call,
    key: Option<NamedKey>,
    fingerprints: Fingerprints,
}

/// What a call is.
enum Understood {
    /// Its key has been answered a short while ago.
    Known(Response),
    /// The caller's bucket is empty.
    Exhausted(Bound),
    /// To be decided.
    New(Bound, Result<Command, Invalid>),
}

impl App {
    /// Carries out a call. `build` says what its fields mean; it is asked only for that, and what it
    /// refuses is answered only if the key has no earlier answer.
    pub(crate) async fn command(
        &self,
        request: Request,
        rule: Rule,
        build: impl FnOnce(&Call, &Canonical<'_>) -> Result<Command, Invalid>,
    ) -> Response {
        let cx = Context::of(request.extensions());
        let mut heard = Heard::default();
        let done = self.try_command(request, rule, build, &mut heard).await;
        let mut response = done.unwrap_or_else(|refusal| refusal.into_response(&cx));
        put_rate_headers(self, heard.level, &mut response);
        if heard.loses_answer {
            levers::lose(&mut response);
        }
        response
    }

    /// JSON syntax, credential, key, record, and only then fields.
    async fn try_command<B>(
        &self,
        request: Request,
        rule: Rule,
        build: B,
        heard: &mut Heard,
    ) -> Result<Response, Refusal>
    where
        B: FnOnce(&Call, &Canonical<'_>) -> Result<Command, Invalid>,
    {
        let ReceivedCall { call, body } = self.receive(request, rule, heard).await?;
        let (bytes, deadline) = (body.bytes.len(), call.arrival.deadline);
        let understand = || self.understand(call, rule, &body.bytes, build);
        let understood = self.bodies.understand(bytes, deadline, understand).await??;
        // What waits for its decision keeps no body.
        drop(body);
        match understood {
            Understood::Known(response) => Ok(response),
            Understood::Exhausted(bound) => self.replay_only(bound).await,
            Understood::New(bound, command) => self.decide(bound, command).await,
        }
    }

    /// What the call's body and key are, and what is known of them without waiting. The document is not
    /// kept: it takes far more memory than the body.
    fn understand<B>(
        &self,
        call: Call,
        rule: Rule,
        body: &[u8],
        build: B,
    ) -> Result<Understood, Refusal>
    where
        B: FnOnce(&Call, &Canonical<'_>) -> Result<Command, Invalid>,
    {
        let canonical = canonical::parse(body).map_err(|error| paid(self, &call, error.into()))?;
        let key = self.known_key(&call, rule)?;
        let (cx, query) = (&call.cx, call.query());
        let fingerprints =
            canonical::fingerprints(&self.secrets, &cx.method, &cx.path, query, &canonical);
        if call.exhausted.is_some() {
            return Ok(Understood::Exhausted(Bound { call, key, fingerprints }));
        }
        if let Some(response) = self.remembered(key.as_ref(), fingerprints.current) {
            return response.map(Understood::Known);
        }
        let command = Params::parse(call.query(), &[]).and_then(|_none| build(&call, &canonical));
        Ok(Understood::New(Bound { call, key, fingerprints }, command))
    }

    fn known_key(&self, call: &Call, rule: Rule) -> Result<Option<NamedKey>, Refusal> {
        let key = match call.exhausted {
            None => call.key()?,
            // Answered before anything is looked at, the key's form included.
            Some(_) => call.key().ok().flatten(),
        };
        if key.is_none() {
            call.within_rate(self)?;
            if rule.key_required {
                let detail = "Send the header Idempotency-Key: this request takes stock or money.";
                return Err(Refusal::new(Code::IdempotencyKeyRequired, detail));
            }
        }
        Ok(key)
    }

    async fn decide(
        &self,
        bound: Bound,
        command: Result<Command, Invalid>,
    ) -> Result<Response, Refusal> {
        let Bound { call, key, fingerprints } = bound;
        let (command, invalid) = match command {
            Ok(command) => (command, None),
            Err(invalid) => (Command::Malformed, Some(invalid)),
        };
        let intent = self.intent(&call, key.clone(), fingerprints, command);
        match (key, invalid) {
            (Some(key), None) => self.decide_joined(&call, key, intent).await,
            // What can bind no key keeps nobody from it.
            (key, invalid) => {
                if let Some(key) = key.filter(|key| self.in_flight.is_running(&key.key))
                    && let Some(response) =
                        self.beside(&key, &intent.fingerprint, call.arrival).await?
                {
                    return Ok(response);
                }
                self.decide_alone(&call, intent, invalid.as_slice()).await
            }
        }
    }

    async fn decide_alone(
        &self,
        call: &Call,
        intent: Intent,
        invalid: &[Invalid],
    ) -> Result<Response, Refusal> {
        let (sender, receiver) = oneshot::channel();
        self.submit(intent, call.arrival.give_up_at_micros, move |settled| {
            // The client may have hung up; the decision stands all the same.
            let _gone = sender.send(settled).is_err();
        })?;
        self.answered(call, receiver, invalid).await
    }

    async fn decide_joined(
        &self,
        call: &Call,
        key: NamedKey,
        intent: Intent,
    ) -> Result<Response, Refusal> {
        loop {
            let joined =
                self.in_flight.join(&key.key, intent.fingerprint.current, || self.running(call));
            match joined {
                Joined::Attached(receiver) => return self.attached(call, receiver).await,
                Joined::First(receiver) => {
                    let (app, settled_key) = (self.clone(), key.clone());
                    let give_up_at_micros = call.arrival.give_up_at_micros;
                    let submitted = self.submit(intent, give_up_at_micros, move |settled| {
                        app.settle(&settled_key, settled);
                    });
                    if let Err(fault) = submitted {
                        self.settle(&key, Err(fault.clone()));
                        return Err(fault.into());
                    }
                    return self.answered(call, receiver, &[]).await;
                }
                Joined::OtherBody => {
                    if let Some(response) =
                        self.beside(&key, &intent.fingerprint, call.arrival).await?
                    {
                        return Ok(response);
                    }
                    // The other request has ended without an answer that binds the key.
                }
            }
        }
    }

    /// The request with this key has been decided: who attached to it hears of it, and is counted,
    /// however long they waited. Whoever repeats it soon gets its answer from memory.
    fn settle(&self, key: &NamedKey, settled: Settled) {
        let is_answered = matches!(&settled, Ok(Outcome::Decided(..) | Outcome::Replayed(_)));
        let kept = match &settled {
            Ok(Outcome::Decided(answer, after)) if after.is_kept => Some(Arc::clone(answer)),
            Ok(_) | Err(_) => None,
        };
        // Before anybody hears of it: who asks again at once is answered from memory already.
        self.in_flight.settle(&key.key, settled, |own, bound, running| {
            if is_answered && running.attempts > 1 {
                let mut key_usage = self.key_usage.lock().unwrap_or_else(PoisonError::into_inner);
                // Whatever it is called: no record is counted by a name that it does not have.
                for name in key.all() {
                    for _attached in 1..running.attempts {
                        key_usage.see(name, running.last_seen_at);
                    }
                }
            }
            if let Some(answer) = kept {
                self.recent.put(own, bound, answer, running.first_seen_at);
            }
        });
    }

    fn running(&self, call: &Call) -> Running {
        let now = self.clock.now();
        Running { cx: Arc::clone(&call.cx), first_seen_at: now, last_seen_at: now, attempts: 1 }
    }

    fn intent(
        &self,
        call: &Call,
        key: Option<NamedKey>,
        fingerprint: Fingerprints,
        command: Command,
    ) -> Intent {
        Intent {
            account: call.caller.account,
            actor: call.caller.actor.clone(),
            key,
            fingerprint,
            request: IntentRequest {
                id: call.cx.id.clone(),
                correlation_id: call.cx.correlation_id.clone(),
                method: call.cx.method.clone(),
                path: call.cx.path.clone(),
            },
            command,
        }
    }

    fn submit(
        &self,
        intent: Intent,
        give_up_at_micros: u64,
        reply: impl FnOnce(Settled) + Send + 'static,
    ) -> Result<(), engine::Fault> {
        let (app, account) = (self.clone(), intent.account);
        let reply = move |settled: Settled| {
            let is_decided = matches!(settled, Ok(Outcome::Decided(..)));
            reply(settled);
            if is_decided {
                app.followers.wake(account);
            }
        };
        self.engine.submit(Job { intent, give_up_at_micros, reply: Box::new(reply) })
    }

    /// Waits for the decision of this call's own request.
    async fn answered(
        &self,
        call: &Call,
        receiver: oneshot::Receiver<Settled>,
        invalid: &[Invalid],
    ) -> Result<Response, Refusal> {
        match tokio::time::timeout_at(call.arrival.deadline, receiver).await {
            Ok(Ok(settled)) => self.outcome(call, settled?, false, invalid),
            Ok(Err(_)) => Err(stopping()),
            Err(_) => Err(unavailable("It takes too long. Ask again with the same key.")),
        }
    }

    /// Waits for the decision of the same request sent by somebody else.
    async fn attached(
        &self,
        call: &Call,
        mut receiver: watch::Receiver<Option<Settled>>,
    ) -> Result<Response, Refusal> {
        self.metrics.attached.inc();
        // Who asks for it waits longer than other requests may take.
        let limit = prefer_wait(&call.headers).map(Duration::from_secs).unwrap_or_else(|| {
            Duration::from_secs(DUPLICATE_WAIT_SECONDS).min(call.arrival.left())
        });
        match tokio::time::timeout(limit, settled(&mut receiver)).await {
            Ok(settled) => self.outcome(call, settled?, true, &[]),
            Err(_) => Err(ProblemBuilder::new(Code::RequestInProgress)
                .detail("A request with this key is being decided.")
                .retry_after(RETRY_IN_PROGRESS_SECONDS)
                .into()),
        }
    }
}

async fn settled(receiver: &mut watch::Receiver<Option<Settled>>) -> Result<Outcome, Refusal> {
    let settled = receiver.wait_for(Option::is_some).await.ok().and_then(|settled| settled.clone());
    Ok(settled.ok_or_else(stopping)??)
}
