//! What a pass compares when it has seen every row.

use super::facts::{Claim, Emitted, Paid, Payment, Seen, Taken};
use super::report::Report;
use super::rows::{FeedSeen, Rows};
use crate::id::PaymentId;
use crate::resource::Resource;
use crate::time::Timestamp;

impl Rows {
    /// `is_kept` says whether a record must still be there, which was needed from that instant on.
    pub(super) fn check(&self, report: &mut Report, is_kept: impl Fn(Timestamp) -> bool) {
        self.check_pools(report);
        self.check_allowances(report);
        for (id, seen) in &self.sold {
            self.check_emitted(report, *id, seen);
            if seen.held_until.is_some() && !seen.has_deadline {
                report.add(|report| &mut report.leaked, format!("{id} is held without a deadline"));
            }
        }
        self.check_keys(report, is_kept);
        self.check_payments(report);
    }

    fn check_pools(&self, report: &mut Report) {
        for ((_, id), tally) in &self.pools {
            let taken = tally.held.saturating_add(tally.sold);
            let claimed = tally.claimed_held.saturating_add(tally.claimed_sold);
            if taken.max(claimed) > tally.capacity {
                let capacity = tally.capacity;
                let detail = format!("{id:?}: {taken} taken and {claimed} claimed of {capacity}");
                report.add(|report| &mut report.oversold, detail);
            }
            if (tally.held, tally.sold) != (tally.claimed_held, tally.claimed_sold) {
                let detail = format!("{id:?}: counters and live claims differ: {tally:?}");
                report.add(|report| &mut report.leaked, detail);
            }
        }
    }

    fn check_allowances(&self, report: &mut Report) {
        for ((_, id), Taken { stored, counted }) in &self.allowances {
            if stored != counted {
                let detail = format!("{id:?}: {stored} stored, {counted} live");
                report.add(|report| &mut report.leaked, detail);
            }
        }
    }

    pub(super) fn check_deadlines(&self, report: &mut Report, before: Option<Timestamp>) {
        let Some(before) = before else { return };
        for (id, seen) in &self.sold {
            if seen.held_until.is_some_and(|until| until < before) {
                report.add(|report| &mut report.leaked, format!("{id} is held past its deadline"));
            }
        }
    }

    /// Every change of what is sold is emitted. Of one that is older than what was cleaned away, the first
    /// entries may be gone; all of them only if it did not change since.
    fn check_emitted(&self, report: &mut Report, id: Resource, seen: &Seen) {
        let (emitted, last) = (seen.emitted, u64::from(seen.seq));
        let gone = last.saturating_sub(emitted.count);
        let low_water_mark =
            self.feeds.get(&seen.account).copied().unwrap_or_default().low_water_mark;
        let may_lack = low_water_mark.position > 0
            && seen.created_at <= low_water_mark.at
            && (emitted.count > 0 || seen.changed_at <= low_water_mark.at);
        if (gone > 0 && !may_lack) || !emitted.is_whole(gone, last) {
            let detail = format!("{id} changed {last} times, emitted {}", emitted.count);
            report.add(|report| &mut report.orphaned, detail);
        }
    }

    fn check_keys(&self, report: &mut Report, is_kept: impl Fn(Timestamp) -> bool) {
        let without = self.keys.values().filter(|key| !key.has_record);
        for made in without.flat_map(|key| &key.made).filter(|made| is_kept(made.kept_from)) {
            report.add(|report| &mut report.orphaned, format!("{} has no record", made.resource));
        }
    }

    fn check_payments(&self, report: &mut Report) {
        for (id, paid) in &self.payments {
            if let Some(payment) = &paid.payment {
                check_payment(report, *id, payment, paid);
            }
            let Some(Claim { resource, total, is_sold: true }) = &paid.claim else { continue };
            let amount = paid.payment.as_ref().map_or(0, |payment| payment.amount.minor);
            if amount != *total {
                let detail = format!("{resource} costs {total} and was paid {amount}");
                report.add(|report| &mut report.unbalanced, detail);
            }
        }
    }

    pub(super) fn check_feeds(&self, report: &mut Report) {
        for (account, FeedSeen { emitted, head, low_water_mark }) in &self.feeds {
            if !emitted.is_whole(low_water_mark.position, *head) {
                let Emitted { count, first, last } = emitted;
                let gone = low_water_mark.position;
                let detail = format!(
                    "{account}: {count} entries from {first} to {last}, {gone} cleaned away, head {head}"
                );
                report.add(|report| &mut report.orphaned, detail);
            }
        }
    }
}

fn check_payment(report: &mut Report, id: PaymentId, payment: &Payment, paid: &Paid) {
    if paid.refunds != payment.refunds || !payment.adds_up {
        let Payment { status, amount, refunds, .. } = payment;
        let there = paid.refunds;
        let detail = format!(
            "{id}: {} refunded of {amount:?}, {} of it pending; it is {} and says {} and {}",
            there.counted,
            there.pending,
            status.as_str(),
            refunds.counted,
            refunds.pending
        );
        report.add(|report| &mut report.unbalanced, detail);
    }
    if paid.claim.as_ref().map(|claim| claim.resource) != Some(payment.resource) {
        report.add(|report| &mut report.orphaned, format!("{id} pays for nothing"));
    }
}
