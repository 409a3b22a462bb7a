//! Payments: money that was taken for what is sold, and what goes back of it.

use crate::id::{PaymentId, RefundId};
use crate::money::Money;
use crate::resource::Resource;
use crate::time::Timestamp;
use crate::words;

words! {
    /// How something is paid. The words are those of the contract.
    pub enum Method {
        /// Outside: the merchant took the money and names its reference.
        External = "external",
    }
}

words! {
    /// How far a payment has come. The words are those of the contract.
    pub enum PaymentStatus {
        /// The money is set aside.
        Authorized = "authorized",
        /// The money was taken.
        Captured = "captured",
        /// The money was set aside, and let go before it was taken.
        Reversed = "reversed",
        /// All of it went back.
        Refunded = "refunded",
        /// Some of it went back.
        PartiallyRefunded = "partially_refunded",
        /// Some of it is to go back: somebody has to carry that out.
        RefundPending = "refund_pending",
        /// The last attempt to give some of it back has failed.
        RefundFailed = "refund_failed",
    }
}

impl PaymentStatus {
    /// What is said of it: what failed is still to be given back.
    #[must_use]
    pub const fn told(self) -> Self {
        match self {
            Self::RefundFailed => Self::RefundPending,
            Self::Authorized
            | Self::Captured
            | Self::Reversed
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::RefundPending => self,
        }
    }

    /// Whether a payment can begin so.
    #[must_use]
    pub const fn can_begin(self) -> bool {
        matches!(self, Self::Authorized | Self::Captured)
    }

    /// Whether a payment can go on from here to `next`. The only place that says so.
    #[must_use]
    pub const fn can_become(self, next: Self) -> bool {
        match self {
            Self::Authorized => matches!(next, Self::Captured | Self::Reversed),
            // What is pending may be joined by another refund, and one of two may end before the other.
            Self::RefundPending => matches!(
                next,
                Self::RefundPending | Self::RefundFailed | Self::PartiallyRefunded | Self::Refunded
            ),
            // A refund begins; where it needs nobody to carry it out, it ends at once.
            Self::Captured | Self::PartiallyRefunded | Self::RefundFailed => {
                matches!(next, Self::RefundPending | Self::PartiallyRefunded | Self::Refunded)
            }
            Self::Reversed | Self::Refunded => false,
        }
    }
}

words! {
    /// How far a refund has come. The words are those of the contract.
    pub enum RefundStatus {
        /// It was decided. Who took the money has to carry it out.
        Pending = "pending",
        /// The money went back.
        Succeeded = "succeeded",
        /// It cannot be carried out. Another one may be tried.
        Failed = "failed",
    }
}

impl RefundStatus {
    /// Whether a refund can go on from here to `next`. The only place that says so.
    #[must_use]
    pub const fn can_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Succeeded | Self::Failed),
            Self::Succeeded | Self::Failed => false,
        }
    }

    /// Whether its money counts as given back.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Pending | Self::Succeeded => true,
            Self::Failed => false,
        }
    }
}

/// What a payment is called outside. Within an account there is one payment of that name, for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentReference {
    /// Where it is called so.
    pub method: Method,
    /// The name.
    pub reference: String,
}

/// Money that was taken for what was sold. Invariant: `0 <= refund_pending <= refunded <= amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it paid for.
    pub resource: Resource,
    /// How.
    pub method: Method,
    /// The payment's name outside; see [`PaymentReference`].
    pub reference: String,
    /// How far it has come.
    pub status: PaymentStatus,
    /// What was taken.
    pub amount: Money,
    /// Minor units of it that went back or are to: those of its refunds that have not failed.
    pub refunded: i64,
    /// Minor units of them that are still to go back.
    pub refund_pending: i64,
    /// When it was taken.
    pub created_at: Timestamp,
    /// Number of its last activity.
    pub seq: u32,
}

/// Why nothing can be given back of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRefundable {
    /// It never was taken, or all of it went back.
    Status(PaymentStatus),
    /// So many minor units are left of it, or none were asked for.
    Amount {
        /// Minor units.
        left: i64,
    },
}

impl Payment {
    /// What it is called outside.
    #[must_use]
    pub fn name(&self) -> PaymentReference {
        PaymentReference { method: self.method, reference: self.reference.clone() }
    }

    /// What went back of it.
    #[must_use]
    pub const fn returned(&self) -> Money {
        Money::new(self.refunded.saturating_sub(self.refund_pending), self.amount.currency)
    }

    /// What is still to go back.
    #[must_use]
    pub const fn to_return(&self) -> Money {
        Money::new(self.refund_pending, self.amount.currency)
    }

    /// Minor units that can still go back.
    #[must_use]
    pub const fn refundable(&self) -> i64 {
        self.amount.minor.saturating_sub(self.refunded)
    }

    /// The payment once a refund of that many minor units is decided, which somebody has to carry out.
    ///
    /// # Errors
    /// [`NotRefundable`]; nothing was decided then.
    pub fn with_refund(&self, minor: i64) -> Result<Self, NotRefundable> {
        if !self.status.can_become(PaymentStatus::RefundPending) {
            return Err(NotRefundable::Status(self.status));
        }
        let left = self.refundable();
        if minor <= 0 || minor > left {
            return Err(NotRefundable::Amount { left });
        }
        Ok(Self {
            status: PaymentStatus::RefundPending,
            refunded: self.refunded.saturating_add(minor),
            refund_pending: self.refund_pending.saturating_add(minor),
            ..self.clone()
        })
    }

    /// The payment once a refund of that many minor units, which was pending, has ended.
    ///
    /// # Errors
    /// [`NotRefundable`] where no such refund can have been pending.
    pub fn with_refund_ended(&self, minor: i64, end: &RefundEnd) -> Result<Self, NotRefundable> {
        if self.status != PaymentStatus::RefundPending {
            return Err(NotRefundable::Status(self.status));
        }
        let left = self.refund_pending;
        if minor <= 0 || minor > left {
            return Err(NotRefundable::Amount { left });
        }
        let refund_pending = left.saturating_sub(minor);
        let refunded = match end {
            RefundEnd::Succeeded { .. } => self.refunded,
            RefundEnd::Failed => self.refunded.saturating_sub(minor),
        };
        let status = match end {
            _ if refund_pending > 0 => PaymentStatus::RefundPending,
            RefundEnd::Failed => PaymentStatus::RefundFailed,
            RefundEnd::Succeeded { .. } if refunded == self.amount.minor => PaymentStatus::Refunded,
            RefundEnd::Succeeded { .. } => PaymentStatus::PartiallyRefunded,
        };
        Ok(Self { status, refunded, refund_pending, ..self.clone() })
    }

    /// Whether its status and its sums agree.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let (amount, refunded, pending) = (self.amount.minor, self.refunded, self.refund_pending);
        if !(0 <= pending && pending <= refunded && refunded <= amount) {
            return false;
        }
        match self.status {
            PaymentStatus::Authorized | PaymentStatus::Captured | PaymentStatus::Reversed => {
                refunded == 0
            }
            PaymentStatus::RefundPending => pending > 0,
            PaymentStatus::RefundFailed => pending == 0 && refunded < amount,
            PaymentStatus::PartiallyRefunded => pending == 0 && 0 < refunded && refunded < amount,
            PaymentStatus::Refunded => pending == 0 && refunded == amount,
        }
    }
}

/// Money given back, or to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The payment it comes from.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// How far it has come.
    pub status: RefundStatus,
    /// What it is called outside, once it was carried out there.
    pub reference: Option<String>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When it succeeded or failed.
    pub ended_at: Option<Timestamp>,
}

/// How a refund that was pending ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundEnd {
    /// The money went back.
    Succeeded {
        /// What that is called outside.
        reference: Option<String>,
    },
    /// It did not.
    Failed,
}

impl Refund {
    /// The refund once it has ended.
    ///
    /// # Errors
    /// Where it is, if it had ended before.
    pub fn ended(&self, end: RefundEnd, at: Timestamp) -> Result<Self, RefundStatus> {
        let (status, reference) = match end {
            RefundEnd::Succeeded { reference } => (RefundStatus::Succeeded, reference),
            RefundEnd::Failed => (RefundStatus::Failed, None),
        };
        if !self.status.can_become(status) {
            return Err(self.status);
        }
        Ok(Self { status, reference, ended_at: Some(at), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookingId;
    use crate::money::Currency;

    const AMOUNT: i64 = 3;

    fn payment(status: PaymentStatus, refunded: i64, refund_pending: i64) -> Payment {
        Payment {
            id: PaymentId::from_raw(1),
            resource: Resource::Booking(BookingId::from_raw(2)),
            method: Method::External,
            reference: "pi_1".to_owned(),
            status,
            amount: Money::new(AMOUNT, Currency::new("USD").expect("a currency")),
            refunded,
            refund_pending,
            created_at: Timestamp::from_millis(0),
            seq: 1,
        }
    }

    /// Every payment of that amount whose status and sums agree.
    fn sound() -> Vec<Payment> {
        let mut sound = Vec::new();
        for status in PaymentStatus::ALL {
            for refunded in -1..=AMOUNT + 1 {
                for refund_pending in -1..=AMOUNT + 1 {
                    sound.push(payment(status, refunded, refund_pending));
                }
            }
        }
        sound.retain(Payment::adds_up);
        sound
    }

    fn succeeded() -> RefundEnd {
        RefundEnd::Succeeded { reference: Some("re_1".to_owned()) }
    }

    #[test]
    fn payments_go_these_ways_and_no_others() {
        let mut ways = String::new();
        for from in PaymentStatus::ALL {
            let next = PaymentStatus::ALL.into_iter().filter(|next| from.can_become(*next));
            let next: Vec<_> = next.map(PaymentStatus::as_str).collect();
            let begins = if from.can_begin() { " (begins)" } else { "" };
            let next = if next.is_empty() { "nothing".to_owned() } else { next.join(" ") };
            ways += &format!("{}{begins}: {next}\n", from.as_str());
        }
        expect_test::expect![[r#"
            authorized (begins): captured reversed
            captured (begins): refunded partially_refunded refund_pending
            reversed: nothing
            refunded: nothing
            partially_refunded: refunded partially_refunded refund_pending
            refund_pending: refunded partially_refunded refund_pending refund_failed
            refund_failed: refunded partially_refunded refund_pending
        "#]]
        .assert_eq(&ways);
    }

    #[test]
    fn refunds_go_these_ways_and_no_others() {
        let mut ways = Vec::new();
        for (from, next) in
            RefundStatus::ALL.iter().flat_map(|from| RefundStatus::ALL.map(|next| (*from, next)))
        {
            if from.can_become(next) {
                ways.push((from, next));
            }
        }
        let pending = RefundStatus::Pending;
        assert_eq!(ways, [(pending, RefundStatus::Succeeded), (pending, RefundStatus::Failed)]);
        assert_eq!(RefundStatus::ALL.map(RefundStatus::counts), [true, true, false]);
    }

    #[test]
    fn sums_that_agree_with_their_status() {
        let mut sums = String::new();
        for status in PaymentStatus::ALL {
            let of = |it: &&Payment| it.status == status;
            let sound = sound();
            let sound = sound.iter().filter(of);
            let sound: Vec<_> =
                sound.map(|it| format!("{}/{}", it.refund_pending, it.refunded)).collect();
            sums += &format!("{}: {}\n", status.as_str(), sound.join(" "));
        }
        expect_test::expect![[r#"
            authorized: 0/0
            captured: 0/0
            reversed: 0/0
            refunded: 0/3
            partially_refunded: 0/1 0/2
            refund_pending: 1/1 1/2 2/2 1/3 2/3 3/3
            refund_failed: 0/0 0/1 0/2
        "#]]
        .assert_eq(&sums);
    }

    /// From wherever, whatever is asked for: the sums stay within what was taken, they agree with the
    /// status, and the status goes a way that there is.
    #[test]
    fn whatever_is_refunded_adds_up() {
        for before in sound() {
            for minor in -1..=AMOUNT + 1 {
                let decided = before.with_refund(minor);
                let may = before.status.can_become(PaymentStatus::RefundPending);
                let fits = (1..=AMOUNT - before.refunded).contains(&minor);
                assert_eq!(decided.is_ok(), may && fits, "{minor} of {before:?}");
                let ends = [succeeded(), RefundEnd::Failed];
                let mut after: Vec<_> = decided.into_iter().collect();
                for end in &ends {
                    let ended = before.with_refund_ended(minor, end);
                    let was_pending = (1..=before.refund_pending).contains(&minor);
                    assert_eq!(ended.is_ok(), was_pending, "{minor} of {before:?}");
                    after.extend(ended);
                }
                for after in after {
                    assert!(after.adds_up(), "{before:?} {after:?}");
                    assert!(before.status.can_become(after.status), "{before:?} {after:?}");
                }
            }
        }
    }

    #[test]
    fn two_refunds_end_one_after_the_other() {
        let taken = payment(PaymentStatus::Captured, 0, 0);
        let both = taken.with_refund(1).and_then(|it| it.with_refund(2)).expect("it is left");
        assert_eq!((both.refunded, both.refund_pending), (3, 3));
        assert_eq!(both.with_refund(1), Err(NotRefundable::Amount { left: 0 }));
        let one = both.with_refund_ended(1, &succeeded()).expect("it is pending");
        assert_eq!(one, payment(PaymentStatus::RefundPending, 3, 2));
        let failed = one.with_refund_ended(2, &RefundEnd::Failed).expect("it is pending");
        assert_eq!(failed, payment(PaymentStatus::RefundFailed, 1, 0));
        let again = failed.with_refund(2).expect("it is left");
        let done = again.with_refund_ended(2, &succeeded()).expect("it is pending");
        assert_eq!(done, payment(PaymentStatus::Refunded, 3, 0));
        assert_eq!(done.with_refund(1), Err(NotRefundable::Status(PaymentStatus::Refunded)));
    }

    #[test]
    fn a_refund_ends_once() {
        let at = Timestamp::from_millis(5);
        let refund = Refund {
            id: RefundId::from_raw(1),
            payment: PaymentId::from_raw(1),
            amount: payment(PaymentStatus::Captured, 0, 0).amount,
            reason: "rain".to_owned(),
            status: RefundStatus::Pending,
            reference: None,
            created_at: Timestamp::from_millis(0),
            ended_at: None,
        };
        let done = refund.ended(succeeded(), at).expect("it was pending");
        assert_eq!((done.status, done.ended_at), (RefundStatus::Succeeded, Some(at)));
        assert_eq!(done.reference.as_deref(), Some("re_1"));
        assert_eq!(done.ended(RefundEnd::Failed, at), Err(RefundStatus::Succeeded));
        let failed = refund.ended(RefundEnd::Failed, at).expect("it was pending");
        assert_eq!((failed.status, failed.reference.clone()), (RefundStatus::Failed, None));
        assert_eq!(failed.ended(succeeded(), at), Err(RefundStatus::Failed));
    }
}
