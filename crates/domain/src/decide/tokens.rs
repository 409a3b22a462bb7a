//! Tokens for customers: when they end.

use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::intent::Intent;
use crate::reject::Reject;
use crate::reply::Reply;
use crate::world::World;

/// Let a customer act for themselves.
pub(super) struct MintToken<'a> {
    pub(super) user_id: &'a str,
    pub(super) seconds: u32,
}

impl Rule for MintToken<'_> {
    fn needs(&self, _needs: &mut Needs<'_>) {}

    fn decide(&self, _: &World, _: &Intent, cx: &mut Context<'_>) -> Result<Decision, Reject> {
        let expires_at = cx.now.plus_seconds(self.seconds);
        let answer = Ok(Reply::Token { user_id: self.user_id.to_owned(), expires_at });
        Ok(Decision { answer, changes: Vec::new() })
    }
}
