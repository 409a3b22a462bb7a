//! Receiving a call: a little of its body, then its sender, and the rest only once the sender is known.
//! Whoever is not known still hears first what is wrong with the syntax.

use axum::extract::Request;
use axum::http::request::Parts;

use crate::app::App;
use crate::body::{Reading, Received, announced, check_type, is_awaited, too_large};
use crate::call::{Arrival, BODY_BYTES_MAX, Call, Rule};
use crate::canonical;
use crate::levers::Lever;
use crate::limit::Level;
use crate::refusal::Refusal;

/// What is known of a call once its sender is, whatever comes of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    /// How full the caller's bucket is.
    pub(crate) level: Option<Level>,
    /// The answer is to be lost on its way.
    pub(crate) loses_answer: bool,
}

/// A call of somebody who is known.
pub(crate) struct ReceivedCall {
    pub(crate) call: Call,
    pub(crate) body: Received,
}

impl App {
    /// The call, and its body, whose syntax is still to be checked. `heard` learns what there is to know of the caller, as
    /// soon as there is one.
    pub(crate) async fn receive(
        &self,
        request: Request,
        rule: Rule,
        heard: &mut Heard,
    ) -> Result<ReceivedCall, Refusal> {
        let arrival = Arrival::now(self);
        let (head, body) = request.into_parts();
        let length = announced(&head.headers).unwrap_or(0);
        if length > rule.body_bytes_max {
            return Err(too_large(rule.body_bytes_max));
        }
        let mut reading = self.bodies.reading(body, arrival.deadline);
        // Who waits to be told that the body is wanted has sent none of it yet.
        let asks_first = length > BODY_BYTES_MAX || is_awaited(&head.headers);
        if asks_first || !reading.up_to(BODY_BYTES_MAX).await? {
            if !asks_first && rule.body_bytes_max <= BODY_BYTES_MAX {
                return Err(too_large(rule.body_bytes_max));
            }
            let call = self.admit(head, heard, rule, arrival).await?;
            return self.receive_rest(call, rule, reading).await;
        }
        let body = reading.received();
        let typed = check_type(&head.headers, &body.bytes);
        match (self.admit(head, heard, rule, arrival).await, typed) {
            // What is wrong with its syntax shows when the body is understood: it is gone over once.
            (Ok(call), Ok(())) => Ok(ReceivedCall { call, body }),
            (Ok(call), Err(wrong)) => Err(paid(self, &call, wrong)),
            // Syntax comes first, and the body of somebody unknown leaves nothing in memory.
            (Err(unknown), typed) => {
                let syntax = typed.and_then(|()| Ok(canonical::check(&body.bytes)?));
                Err(syntax.err().unwrap_or(unknown))
            }
        }
    }

    async fn admit(
        &self,
        head: Parts,
        heard: &mut Heard,
        rule: Rule,
        arrival: Arrival,
    ) -> Result<Call, Refusal> {
        let admitted = Call::admit(self, head, rule, arrival).await;
        *heard = match &admitted {
            Ok(call) => {
                let loses_answer = call.lever.is_some_and(Lever::loses_answer);
                Heard { level: call.level, loses_answer }
            }
            Err(refused) => Heard { level: refused.level, loses_answer: false },
        };
        admitted.map_err(|refused| refused.refusal)
    }

    /// The body of a sender who is known.
    async fn receive_rest(
        &self,
        call: Call,
        rule: Rule,
        mut reading: Reading,
    ) -> Result<ReceivedCall, Refusal> {
        if !reading.up_to(rule.body_bytes_max).await? {
            return Err(too_large(rule.body_bytes_max));
        }
        let body = reading.received();
        match check_type(&call.headers, &body.bytes) {
            Ok(()) => Ok(ReceivedCall { call, body }),
            Err(wrong) => Err(paid(self, &call, wrong)),
        }
    }
}

/// What is wrong with a body is told to those who have room for requests: it costs as much as others do.
pub(super) fn paid(app: &App, call: &Call, wrong: Refusal) -> Refusal {
    call.within_rate(app).err().unwrap_or(wrong)
}
