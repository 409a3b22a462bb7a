//! Tokens for customers: whose they are, and when they end.

use crate::decide::people::{self, Named};
use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::intent::Intent;
use crate::person::User;
use crate::reject::Reject;
use crate::reply::Reply;
use crate::world::World;

/// Let a customer act for themselves.
pub(super) struct MintToken<'a> {
    pub(super) user: &'a User,
    pub(super) seconds: u32,
}

impl Rule for MintToken<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        if needs.user(self.user).is_none() {
            // Whoever is new is put beside the account's feed, which has to be there.
            needs.feed();
        }
    }

    /// The token says which person it is for, so there has to be one.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let Named { id: person, new } = people::named(world, intent, cx, self.user);
        let expires_at = cx.now.plus_seconds(self.seconds);
        let answer = Ok(Reply::Token { user_id: self.user.user_id.clone(), person, expires_at });
        Ok(Decision { answer, changes: new.into_iter().collect() })
    }
}
