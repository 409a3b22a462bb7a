//! Problems with payments, refunds and checkouts.

use wire::Retry;

use super::Entry;

pub(super) const INSUFFICIENT_BALANCE: Entry = Entry {
    status: 402,
    title: "Insufficient balance",
    action: "Top up the wallet, then try again with a new key.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The wallet has less available than the price; nothing was claimed or charged. \
        Money that is held for other bookings does not count as available. For example with a \
        balance of 500.00 of which 450.00 is held, a booking of 99.80 is answered with this code.",
};

pub(super) const PAYMENT_REQUIRED: Entry = Entry {
    status: 402,
    title: "Payment required",
    action: "Send a payment with the confirmation.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The booking has a price above zero and the confirmation names no payment; the \
        hold stays as it is until its deadline. Send the method, and the reference of a payment \
        that was taken elsewhere, with a new key. For example \
        `{\"payment\": {\"method\": \"external\", \"reference\": \"pi_3Q9xyz\"}}`.",
};

pub(super) const REFUND_EXCEEDS_PAYMENT: Entry = Entry {
    status: 409,
    title: "Refund exceeds payment",
    action: "Refund at most what is left of the payment.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "All refunds of a payment together may not be more than what was taken. \
        `GET /payments/{id}` shows `amount` and `refunded_amount`. For example of a payment of \
        99.80 with 49.90 refunded another 49.90 can be refunded, with a new key, but not 60.00.",
};

pub(super) const PAYMENT_REFERENCE_USED: Entry = Entry {
    status: 409,
    title: "Payment reference used",
    action: "Send the reference of the payment that was made for this booking.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The external payment has paid for another booking, and each can pay only for \
        one. Check whether the buyer was charged once for two bookings. For example confirming a \
        second booking with `pi_3Q9xyz` is answered with this code.",
};

pub(super) const CHECKOUT_EXPIRED: Entry = Entry {
    status: 409,
    title: "Checkout expired",
    action: "Start a new checkout.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The checkout passed its `expires_at` before it was completed; nothing was \
        booked. Start a new one with the same intent: stock and price are checked again. For \
        example a checkout address that was mailed to the buyer last week has expired.",
};
