//! People: whom clients name.

use crate::decide::Context;
use crate::id::PersonId;
use crate::intent::{Actor, Intent};
use crate::person::{Person, User};
use crate::world::{Change, World};

/// The person that a client names.
pub(crate) struct Named {
    pub(crate) id: PersonId,
    /// What makes them, if they are new.
    pub(crate) new: Option<Change>,
}

/// The person that a client names: whoever is there, or else somebody new. A customer is who their token says.
pub(crate) fn named(world: &World, intent: &Intent, cx: &mut Context<'_>, user: &User) -> Named {
    if let Some(known) = world.person_of(intent.account, &user.handles) {
        return Named { id: known, new: None };
    }
    let id = match intent.actor {
        Actor::Customer(own) => own,
        Actor::Key(_) | Actor::System => PersonId::from_raw(cx.fresh()),
    };
    let (handle, user_id) = (user.handles.of_new, user.user_id.clone());
    let person = Person { id, handle, user_id, created_at: cx.now };
    Named { id, new: Some(Change::of(intent.account, person)) }
}
