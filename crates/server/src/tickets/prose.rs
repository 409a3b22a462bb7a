//! Problems with tickets: stock, allowances, and bookings that are not where they would have to be.

use wire::Retry;

use crate::problem::Entry;

pub(crate) const QUEUE_PASS_REQUIRED: Entry = Entry {
    status: 403,
    title: "Queue pass required",
    action: "Let the buyer join the waiting room and send the pass with the reservation.",
    tip: None,
    retry: Retry::Never,
    explanation: "The event has a waiting room, and only buyers who have been through it may \
        reserve. Join with `POST /events/{id}/queue/join`, wait until the position says \
        `is_ready`, and send its `queue_pass`. For example a reservation without the field \
        `queue_pass` is answered with this code.",
};

pub(crate) const QUEUE_PASS_INVALID: Entry = Entry {
    status: 403,
    title: "Queue pass invalid",
    action: "Let the buyer join the waiting room again.",
    tip: Some("A pass works once, for the user and event it was given for."),
    retry: Retry::Never,
    explanation: "The pass was used before, was given to another user or for another event, or was \
        never given out. Send the one from the buyer's own position in the queue. For example a \
        pass that has already reserved does not reserve a second time.",
};

pub(crate) const QUEUE_PASS_EXPIRED: Entry = Entry {
    status: 403,
    title: "Queue pass expired",
    action: "Let the buyer join the waiting room again.",
    tip: None,
    retry: Retry::Never,
    explanation: "The pass was not used in the time it was valid for, and the place went to the \
        next in the queue. Show the buyer `queue_pass_expires_at` as a countdown. For example a \
        pass with `pass_seconds` 300 is over after five minutes.",
};

pub(crate) const INSUFFICIENT_SEATS: Entry = Entry {
    status: 409,
    title: "Insufficient seats",
    action: "Show the zone as sold out and offer another one.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The zone has fewer tickets left than were asked for. The answer is final for \
        its key; `available` says how many were left, and asking for those, or in another zone, is \
        a new attempt with a new key. Tickets can come back when holds end. For example the last \
        two tickets go to the request that is processed first.",
};

pub(crate) const SEAT_TAKEN: Entry = Entry {
    status: 409,
    title: "Seat taken",
    action: "Refresh the seat map and let the buyer choose other seats.",
    tip: Some("With best_available the server picks the seats."),
    retry: Retry::NewKey,
    explanation: "At least one of the seats is held or sold; none of them was claimed. Read the \
        zone's seats again and make a new attempt with a new key. For example of two buyers who \
        choose A12 at the same moment one gets it and the other gets this code.",
};

pub(crate) const MAX_TICKETS_EXCEEDED: Entry = Entry {
    status: 409,
    title: "Maximum number of tickets exceeded",
    action: "Offer the buyer at most the tickets that are left of the allowance.",
    tip: Some("GET /events/{id}/users/{user_id}/summary shows the allowance before you ask."),
    retry: Retry::NewKey,
    explanation: "The user would hold or own more tickets of the event than `max_per_user` \
        allows. Held and confirmed tickets count; released, expired and cancelled ones do not. For \
        example a user with 3 of 4 tickets can reserve one more, with a new key, but not two.",
};

pub(crate) const ALREADY_CONFIRMED: Entry = Entry {
    status: 409,
    title: "Already confirmed",
    action: "Treat the booking as confirmed; nothing is left to do.",
    tip: None,
    retry: Retry::Never,
    explanation: "The booking was confirmed before, and the answer shows it. It was not paid a \
        second time. For example a second click on the pay button, under no key or another one, \
        is answered with this code; a confirmed booking is given back by cancelling it.",
};

pub(crate) const ALREADY_RELEASED: Entry = Entry {
    status: 409,
    title: "Already released",
    action: "Reserve again, with a new key, if the buyer still wants the tickets.",
    tip: None,
    retry: Retry::Never,
    explanation: "The hold was given back before, and its tickets may belong to somebody else by \
        now. A released booking never comes back to life. For example releasing the same booking \
        twice is answered with this code the second time, and changes nothing.",
};

pub(crate) const ALREADY_CANCELLED: Entry = Entry {
    status: 409,
    title: "Already cancelled",
    action: "Treat the booking as cancelled; nothing is left to do.",
    tip: None,
    retry: Retry::Never,
    explanation: "The booking was cancelled before, and what its policy allows was refunded then, \
        once. The answer shows the booking as it is. For example two members of staff who cancel \
        the same booking cause one refund, and the second of them gets this code.",
};

pub(crate) const EXPIRED: Entry = Entry {
    status: 409,
    title: "Expired",
    action: "Reserve again with a new key.",
    tip: Some("expires_at of the reservation is the deadline; show it as a countdown."),
    retry: Retry::NewKey,
    explanation: "The hold passed its deadline before it was confirmed, and its tickets went back \
        on sale. Nothing was charged. For example with `hold_seconds` 600 a booking that was \
        reserved at 09:00 cannot be confirmed from 09:10 on.",
};

pub(crate) const NOT_CONFIRMABLE: Entry = Entry {
    status: 409,
    title: "Not confirmable",
    action: "Read the booking and act on its status.",
    tip: None,
    retry: Retry::Never,
    explanation: "The booking is in a state that does not lead to confirmed, such as released or \
        cancelled. Reserve again, with a new key, if the buyer still wants it. For example \
        confirming a booking after it was cancelled is answered with this code.",
};

pub(crate) const PRICE_CHANGED: Entry = Entry {
    status: 409,
    title: "Price changed",
    action: "Show the buyer the new price and ask again.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The total is not the `expected_amount` that was sent; nothing was reserved. The \
        answer says what it costs now. If the buyer agrees, make a new attempt with that amount \
        and a new key. For example two tickets that cost 99.80 when the page was loaded may cost \
        119.80 now.",
};

pub(crate) const SALES_CLOSED: Entry = Entry {
    status: 409,
    title: "Sales closed",
    action: "Show when sales open, or that they are over.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "Sales of the event have not begun or have ended. Wait for `sales_open_at` and \
        reserve then with a new key; after `sales_close_at` there is nothing to wait for. For \
        example a reservation one second before the opening is answered with this code, and stays \
        so under its key.",
};

pub(crate) const BELOW_TAKEN: Entry = Entry {
    status: 409,
    title: "Below what is taken",
    action: "Choose a capacity of at least what is held and sold.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The new capacity is smaller than the number of tickets that are held or sold, \
        so that somebody would lose a ticket. Cancel bookings first, or lower it less. For example \
        a zone with 800 sold and 50 held tickets cannot be made smaller than 850.",
};
