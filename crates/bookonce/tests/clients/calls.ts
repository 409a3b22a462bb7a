// The calls of docs/api.md through openapi-fetch, with the types that openapi-typescript makes of the document.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

type Schemas = components["schemas"];

const [origin = "", secret = ""] = process.argv.slice(2);

function clientOf(credential: string) {
  return createClient<paths>({
    baseUrl: `${origin}/api/v1`,
    headers: { Authorization: `Bearer ${credential}` },
  });
}

const api = clientOf(secret);

/** What was answered, if it was no problem. */
function ok<T>(answer: { data?: T; error?: Schemas["Problem"]; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

function same<T>(what: string, found: T, wanted: T) {
  if (found !== wanted) throw new Error(`${what} is ${found}, not ${wanted}`);
}

// A booking, from the event to the cancelled ticket.
const event = ok(
  await api.POST("/events", {
    body: {
      name: "Night of the Proms",
      starts_at: "2037-06-01T19:00:00Z",
      currency: "USD",
      zones: [
        { name: "Stalls", capacity: 3, price: "49.90" },
        { name: "Boxes", capacity: 4, price: "120.00", seats: ["A1", "A2", "A3", "A4"] },
      ],
    },
  }),
);
const [stalls, boxes] = event.zones;
if (!stalls || !boxes) throw new Error("two zones were made");
const reserve = (quantity: number, key: string) =>
  api.POST("/bookings/reserve", {
    params: { header: { "Idempotency-Key": key } },
    body: { event_id: event.id, zone_id: stalls.id, quantity, user_id: "user-42" },
  });
const held = ok(await reserve(2, "order-1041"));
same("status", held.status, "reserved");
same("a retry", ok(await reserve(2, "order-1041")).id, held.id);
const path = { id: held.id };
const payment = { method: "external", reference: "pi_3Q9xyz" } as const;
const sold = ok(await api.POST("/bookings/{id}/confirm", { params: { path }, body: { payment } }));
same("payment_status", sold.payment_status, "captured");

// A refusal says what to do.
const refused = await reserve(2, "order-1042");
same("code", refused.error?.error.code, "INSUFFICIENT_SEATS");
same("retry", refused.error?.error.retry, "new_key");

// Did it arrive? And what became of it?
const record = ok(
  await api.GET("/idempotency_keys/{key}", { params: { path: { key: "order-1041" } } }),
);
same("resource_id", record.resource_id, held.id);
ok(await api.POST("/bookings/{id}/cancel", { params: { path }, body: { reason: "ill" } }));
const timeline = ok(await api.GET("/bookings/{id}/timeline", { params: { path } }));
if (timeline.data.length < 8) throw new Error("the timeline is short");

// Seats, and what is left.
const zone = { id: event.id, zone_id: boxes.id };
const seated = ok(
  await api.POST("/bookings/reserve", {
    params: { header: { "Idempotency-Key": "order-1043" } },
    body: { event_id: event.id, zone_id: boxes.id, seats: ["A2"], user_id: "user-43" },
  }),
);
const seats = ok(await api.GET("/events/{id}/zones/{zone_id}/seats", { params: { path: zone } }));
same("A2", seats.data.find((seat) => seat.label === "A2")?.status, "held");
const left = ok(
  await api.GET("/events/{id}/zones/{zone_id}/availability", { params: { path: zone } }),
);
same("capacity", left.capacity, 4);

// A customer, who may give back what they hold.
const token = ok(await api.POST("/customer_tokens", { body: { user_id: "user-43" } }));
const customer = clientOf(token.token ?? "");
ok(await customer.POST("/bookings/{id}/release", { params: { path: { id: seated.id } } }));
const summary = ok(
  await api.GET("/events/{id}/users/{user_id}/summary", {
    params: { path: { id: event.id, user_id: "user-43" } },
  }),
);
same("booked_count", summary.booked_count, 0);

// Pages, and everything that happened.
const query = { event_id: event.id, status: "cancelled", limit: 1 } as const;
const page = ok(await api.GET("/bookings", { params: { query } }));
same("a page", page.data[0]?.id, held.id);

/** The compiler knows what `data` is. */
function tell(it: Schemas["ActivityEvent"]): string {
  switch (it.type) {
    case "booking.reserved":
    case "booking.confirmed":
    case "booking.released":
    case "booking.expired":
    case "booking.cancelled":
      return `${it.type} ${it.data.quantity} for ${it.data.user_id}`;
    case "payment.captured":
    case "payment.refund_pending":
    case "payment.refunded":
      return `${it.type} ${it.data.amount} ${it.data.refund_pending_amount}`;
    case "event.created":
    case "event.updated":
      return `${it.type} ${it.data.zones.length} zones`;
    default:
      return it.type;
  }
}
const feed = ok(await api.GET("/activity", { params: { query: { resource_id: event.id } } }));
same("the event", feed.data.map(tell).join(), "event.created 2 zones");
const all = ok(await api.GET("/activity"));
for (const it of all.data) console.log(tell(it));
