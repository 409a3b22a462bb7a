"""The calls of docs/api.md through the client that openapi-python-client makes of the document."""

import sys
from datetime import datetime, timezone

from bookonce.api.activity import activity_list
from bookonce.api.bookings import (
    booking_cancel,
    booking_confirm,
    booking_list,
    booking_release,
    booking_reserve,
    booking_timeline,
)
from bookonce.api.customer_tokens import customer_token_create
from bookonce.api.events import event_create, seat_list, user_summary, zone_availability
from bookonce.api.idempotency_keys import idempotency_key_show
from bookonce.client import AuthenticatedClient
from bookonce.models import (
    ActivityList,
    BookingReservedEvent,
    CancelRequest,
    ConfirmRequest,
    CreateCustomerTokenRequest,
    CreateEventRequest,
    CreateZoneRequest,
    OtherEvent,
    PaymentMethod,
    PaymentRefundPendingEvent,
    PaymentRequest,
    Problem,
    ReserveRequest,
)

origin, secret = sys.argv[1:]


def client_of(credential):
    return AuthenticatedClient(base_url=f"{origin}/api/v1", token=credential)


api = client_of(secret)


def ok(answer):
    """What was answered, if it was no problem."""
    assert answer is not None and not isinstance(answer, Problem), answer
    return answer


# A booking, from the event to the cancelled ticket.
zones = [
    CreateZoneRequest(name="Stalls", capacity=3, price="49.90"),
    CreateZoneRequest(name="Boxes", capacity=4, price="120.00", seats=["A1", "A2", "A3", "A4"]),
]
starts_at = datetime(2037, 6, 1, 19, tzinfo=timezone.utc)
new = CreateEventRequest(name="Proms", starts_at=starts_at, currency="USD", zones=zones)
event = ok(event_create.sync(client=api, body=new))
assert event.starts_at == starts_at, event
stalls, boxes = event.zones


def reserve(quantity, key):
    body = ReserveRequest(event.id, stalls.id, quantity=quantity, user_id="user-42")
    return booking_reserve.sync(client=api, body=body, idempotency_key=key)


held = ok(reserve(2, "order-1041"))
assert (held.status, held.seats) == ("reserved", None), held
assert ok(reserve(2, "order-1041")).id == held.id
payment = PaymentRequest(method=PaymentMethod.EXTERNAL, reference="pi_3Q9xyz")
sold = ok(booking_confirm.sync(held.id, client=api, body=ConfirmRequest(payment=payment)))
assert (sold.payment_status, sold.refund_pending_amount) == ("captured", "0.00"), sold

# A refusal says what to do.
refused = reserve(2, "order-1042")
assert isinstance(refused, Problem), refused
assert (refused.error.code, refused.error.retry) == ("INSUFFICIENT_SEATS", "new_key"), refused

# Did it arrive? And what became of it?
record = ok(idempotency_key_show.sync("order-1041", client=api))
assert record.resource_id == held.id, record
ok(booking_cancel.sync(held.id, client=api, body=CancelRequest(reason="ill")))
timeline = ok(booking_timeline.sync(held.id, client=api))
assert len(timeline.data) >= 8, timeline

# Seats, and what is left.
body = ReserveRequest(event.id, boxes.id, seats=["A2"], user_id="user-43")
seated = ok(booking_reserve.sync(client=api, body=body, idempotency_key="order-1043"))
seats = ok(seat_list.sync(event.id, boxes.id, client=api))
assert [seat.status for seat in seats.data if seat.label == "A2"] == ["held"], seats
left = ok(zone_availability.sync(event.id, boxes.id, client=api))
assert (left.held, left.capacity) == (1, 4), left

# A customer, who may give back what they hold.
asked = CreateCustomerTokenRequest(user_id="user-43")
token = ok(customer_token_create.sync(client=api, body=asked))
released = ok(booking_release.sync(seated.id, client=client_of(token.token)))
assert released.status == "released", released
summary = ok(user_summary.sync(event.id, "user-43", client=api))
assert summary.booked_count == 0, summary

# Pages, and everything that happened.
page = ok(booking_list.sync(client=api, event_id=event.id, status="cancelled", limit=1))
assert [booking.id for booking in page.data] == [held.id], page
feed = ok(activity_list.sync(client=api))
for entry in feed.data:
    assert not isinstance(entry, OtherEvent), entry
    print(entry.type_)
reserved = [entry for entry in feed.data if isinstance(entry, BookingReservedEvent)]
assert [entry.data.user_id for entry in reserved] == ["user-42", "user-43"], feed
refunds = [entry for entry in feed.data if isinstance(entry, PaymentRefundPendingEvent)]
assert [entry.data.refund_pending_amount for entry in refunds] == ["99.80"], feed

# A client that is older than a type, a status or a code reads it all the same.
newer = feed.to_dict()
newer["data"][0]["type"] = "event.moved"
newer["data"][1]["data"]["status"] = "transferred"
entries = ActivityList.from_dict(newer).data
assert isinstance(entries[0], OtherEvent) and entries[0].type_ == "event.moved", entries[0]
assert isinstance(entries[1], BookingReservedEvent), entries[1]
told = refused.to_dict()
told["error"]["code"] = "TICKET_LIMIT_NEW"
assert Problem.from_dict(told).error.code == "TICKET_LIMIT_NEW"
