//! Problems with stays and flights, and with incidents about duplicates of them.

use wire::Retry;

use super::Entry;

pub(super) const ROOM_UNAVAILABLE: Entry = Entry {
    status: 409,
    title: "Room unavailable",
    action: "Offer other dates or another room type.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "At least one of the nights has no room left or is closed; no night was claimed. \
        `GET /room_types/{id}/availability` shows which nights are free. For example three nights \
        of which the second is sold out are refused as a whole; try other dates with a new key.",
};

pub(super) const DUPLICATE_RESERVATION: Entry = Entry {
    status: 409,
    title: "Duplicate reservation",
    action: "Show the guest the reservation that existing_id names.",
    tip: Some(
        "If a second one is meant, send allow_duplicate with a duplicate_reason and a new key.",
    ),
    retry: Retry::Never,
    explanation: "The same guest has an active reservation for the same dates and room type, so \
        this one is most likely the same intent sent again. Nothing was booked. For example a \
        guest who reloads the page and books once more gets this code with `existing_id` instead \
        of a second room.",
};

pub(super) const INVALID_STAY: Entry = Entry {
    status: 422,
    title: "Invalid stay",
    action: "Correct the dates or the number of guests as the fields say.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The stay breaks a rule of the room type: it is shorter than the minimum stay, \
        touches a closed night, or has too many guests. Nothing was claimed, and `fields` says \
        which rule it was. For example one night where `min_stay` is 2 is answered with this code.",
};

pub(super) const ORDER_IN_PROGRESS: Entry = Entry {
    status: 409,
    title: "Order in progress",
    action: "Check the order that existing_id names in 1-2 minutes. Do not book again.",
    tip: Some("The event order.ticketed or order.failed tells the outcome as soon as it is known."),
    retry: Retry::Never,
    explanation: "The same passengers have an order for the same flights whose outcome the airline \
        has not told yet. Booking again now could buy the tickets twice. For example after a \
        time-out while ticketing, read the order until it is `ticketed` or `failed`, and only \
        after `failed` search for a new offer.",
};

pub(super) const OFFER_EXPIRED: Entry = Entry {
    status: 422,
    title: "Offer expired",
    action: "Please search again for a new offer",
    tip: Some("Offers are single-use and expire after 20 minutes"),
    retry: Retry::NewKey,
    explanation: "The offer passed its `expires_at`; its price and seats are no longer promised. \
        Search again and book the new offer with a new key. For example an offer from a page that \
        stayed open over lunch has expired when the buyer returns.",
};

pub(super) const OFFER_UNAVAILABLE: Entry = Entry {
    status: 422,
    title: "Offer unavailable",
    action: "Please search again for a new offer",
    tip: None,
    retry: Retry::NewKey,
    explanation: "The airline no longer sells the offer, although it has not expired. Search again \
        and book the new offer with a new key. For example the last seat of a fare may go to \
        somebody else between search and booking.",
};

pub(super) const OFFER_ALREADY_BOOKED: Entry = Entry {
    status: 422,
    title: "Offer already booked",
    action: "Please search again for a new offer",
    tip: Some("Offers are single-use and expire after 20 minutes"),
    retry: Retry::NewKey,
    explanation: "An order has used this offer, for other passengers or in another state than one \
        that could be returned to you. Search again and book the new offer with a new key. For \
        example the offer of an order that failed stays used.",
};

pub(super) const INVALID_PASSENGER: Entry = Entry {
    status: 422,
    title: "Invalid passenger",
    action: "Correct the passenger fields that are listed.",
    tip: Some("Names must read as they do in the passport."),
    retry: Retry::NewKey,
    explanation: "A passenger field is missing or not what the airline needs; nothing was claimed \
        or charged. `fields` names each one, such as `passengers[0].phone_number`. For example a \
        phone number must be in E.164 form, `+442080160509`, and a passport is required where the \
        offer says so.",
};

pub(super) const ALREADY_RESOLVED: Entry = Entry {
    status: 409,
    title: "Already resolved",
    action: "Read the incident; nothing is left to do.",
    tip: None,
    retry: Retry::Never,
    explanation: "The duplicate incident was resolved or dismissed before. Cancellations and \
        refunds happened then, once. For example two members of staff who resolve the same \
        incident get one resolution, and the second of them gets this code.",
};
