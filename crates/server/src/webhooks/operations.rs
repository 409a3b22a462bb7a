//! The operations on webhook endpoints and deliveries.

use wire::Code;

use super::{deliveries, endpoints, try_out};
use crate::call::Rule;
use crate::operations::Operation;

const ADMIN: Rule = Rule::ADMIN;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::post("/webhook_endpoints", "webhook_endpoint_create", ADMIN, |at| {
        at.to(endpoints::create)
    })
    .codes(&[Code::TooManyEndpoints]),
    Operation::get("/webhook_endpoints", "webhook_endpoint_list", ADMIN, |at| {
        at.to(endpoints::list)
    })
    .paged(),
    Operation::get("/webhook_endpoints/{id}", "webhook_endpoint_show", ADMIN, |at| {
        at.to(endpoints::show)
    })
    .codes(&[Code::NotFound]),
    Operation::patch("/webhook_endpoints/{id}", "webhook_endpoint_update", ADMIN, |at| {
        at.to(endpoints::update)
    })
    .codes(&[Code::NotFound]),
    Operation::delete("/webhook_endpoints/{id}", "webhook_endpoint_delete", ADMIN, |at| {
        at.to(endpoints::delete)
    })
    .codes(&[Code::NotFound]),
    Operation::post("/webhook_endpoints/{id}/test", "webhook_endpoint_test", ADMIN, |at| {
        at.to(try_out::test)
    })
    .body_optional()
    .codes(&[Code::NotFound]),
    Operation::post(
        "/webhook_endpoints/{id}/rotate_secret",
        "webhook_endpoint_rotate",
        ADMIN,
        |at| at.to(endpoints::rotate_secret),
    )
    .body_optional()
    .codes(&[Code::NotFound]),
    Operation::post("/webhook_endpoints/{id}/replay", "webhook_endpoint_replay", ADMIN, |at| {
        at.to(endpoints::replay)
    })
    .codes(&[Code::NotFound, Code::EndpointDisabled]),
    Operation::get("/webhook_deliveries", "webhook_delivery_list", ADMIN, |at| {
        at.to(deliveries::list)
    })
    .paged(),
    Operation::get("/webhook_deliveries/{id}", "webhook_delivery_show", ADMIN, |at| {
        at.to(deliveries::show)
    })
    .codes(&[Code::NotFound]),
    Operation::post(
        "/webhook_deliveries/{id}/redeliver",
        "webhook_delivery_redeliver",
        ADMIN,
        |at| at.to(deliveries::redeliver),
    )
    .body_optional()
    .codes(&[Code::NotFound, Code::EndpointDisabled]),
];
