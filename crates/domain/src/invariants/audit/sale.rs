//! What was sold, as far as its key, its payment, its deadline and its activity go.

use super::Audit;
use super::facts::{Claim, Emitted, Made, Seen, fingerprint, place_of, place_of_fingerprint};
use crate::id::{AccountId, PaymentId};
use crate::record::IntentKey;
use crate::resource::Resource;
use crate::tickets::booking::{Booking, Status};
use crate::time::Timestamp;

/// What is looked at of whatever is sold.
pub(super) struct Sale<'a> {
    pub(super) resource: Resource,
    pub(super) account: AccountId,
    pub(super) created_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    /// When it changed last.
    pub(super) changed_at: Timestamp,
    /// A hold's deadline.
    pub(super) held_until: Option<Timestamp>,
    /// The intent that made it.
    pub(super) intent: Option<&'a IntentKey>,
    pub(super) payment: Option<PaymentId>,
    /// What it costs, in minor units.
    pub(super) total: i64,
    /// Whether it was sold, if only for a time: all of the total must have been paid.
    pub(super) is_sold: bool,
    /// The number of its last activity.
    pub(super) seq: u32,
}

impl<'a> From<&'a Booking> for Sale<'a> {
    fn from(booking: &'a Booking) -> Self {
        let latest = booking.confirmed_at.max(booking.ended_at).unwrap_or_default();
        Self {
            resource: booking.id.into(),
            account: booking.account,
            created_at: booking.created_at,
            ended_at: booking.ended_at,
            changed_at: booking.created_at.max(latest),
            held_until: booking.deadline().map(|deadline| deadline.due_at),
            intent: booking.intent.as_ref(),
            payment: booking.payment,
            total: booking.total.minor,
            is_sold: matches!(booking.status, Status::Confirmed | Status::Cancelled),
            seq: booking.seq,
        }
    }
}

impl Audit {
    pub(super) fn sale(&mut self, sale: &Sale<'_>) {
        self.key_of(sale);
        self.payment_of(sale);
        let Sale { resource, account, created_at, changed_at, held_until, seq, .. } = *sale;
        let place = place_of(&resource);
        if !self.range.has(place) {
            return;
        }
        if sale.is_sold && sale.payment.is_none() && sale.total != 0 {
            let detail = format!("{resource} costs {} and was paid 0", sale.total);
            self.found(place, |it| &mut it.unbalanced, detail);
        }
        let (has_deadline, emitted) = (false, Emitted::default());
        let seen = Seen { account, created_at, changed_at, held_until, has_deadline, seq, emitted };
        self.rows.sold.insert(resource, seen);
        self.make_room();
    }

    fn key_of(&mut self, sale: &Sale<'_>) {
        let Some(key) = sale.intent.map(fingerprint) else { return };
        if self.range.has(place_of_fingerprint(key)) {
            let made = &mut self.rows.keys.entry(key).or_default().made;
            made.reserve_exact(1);
            made.push(Made {
                resource: sale.resource,
                created_at: sale.created_at,
                kept_from: sale.created_at.min(sale.ended_at.unwrap_or(sale.created_at)),
            });
            self.make_room();
        }
    }

    fn payment_of(&mut self, sale: &Sale<'_>) {
        let Some(id) = sale.payment else { return };
        let place = place_of(&id);
        if !self.range.has(place) {
            return;
        }
        let paid = self.rows.payments.entry(id).or_default();
        let claim = Claim { resource: sale.resource, total: sale.total, is_sold: sale.is_sold };
        if let Some(before) = paid.claim.replace(claim) {
            let detail = format!("{id} pays for {} and {}", before.resource, sale.resource);
            self.found(place, |it| &mut it.unbalanced, detail);
        }
        self.make_room();
    }
}
