//! A delivery, for people and for programs.

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::receive::Delivery;

/// One line of JSON.
pub(super) fn line(delivery: &Delivery) -> Value {
    let Delivery { headers, body, refused, status, forwarded } = delivery;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let mut shown = json!({
        "webhook_id": header("webhook-id"),
        "webhook_timestamp": header("webhook-timestamp"),
        "verified": refused.is_none(),
        "refused": refused,
        "status": status,
        "event": serde_json::from_slice::<Value>(body).ok(),
    });
    if let (Some(forwarded), Some(shown)) = (forwarded, shown.as_object_mut()) {
        shown.insert("forwarded_ms".to_owned(), forwarded.millis.into());
        shown.insert("forward_fault".to_owned(), forwarded.fault.clone().into());
    }
    shown
}

/// A few lines: what happened to what, what it says, and what was answered.
pub(super) fn text(delivery: &Delivery) -> String {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let red = AnsiColor::Red.on_default().bold();
    if let Some(refused) = &delivery.refused {
        return format!("{red}refused{red:#} {refused}; answered {}", delivery.status);
    }
    let event: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
    let member = |name: &str| match event.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let kind = member("type");
    let colour = colour(&kind);
    let data = event.get("data").and_then(|data| serde_json::to_string_pretty(data).ok());
    let data = data.unwrap_or_default().replace('\n', "\n  ");
    format!(
        "{dim}{}{dim:#} {colour}{kind}{colour:#} {bold}{}{bold:#} #{} {dim}position {} {}{dim:#}\n  {data}\n  {}",
        member("created_at"),
        member("resource_id"),
        member("resource_seq"),
        member("position"),
        member("id"),
        answered(delivery),
    )
}

fn answered(delivery: &Delivery) -> String {
    let is_success = (200..300).contains(&delivery.status);
    let style = if is_success { AnsiColor::Green } else { AnsiColor::Red }.on_default();
    let told = format!("{style}answered {}{style:#}", delivery.status);
    match &delivery.forwarded {
        None => told,
        Some(forwarded) => match &forwarded.fault {
            None => format!("{told} by the receiver after {} ms", forwarded.millis),
            Some(fault) => format!("{told}: the receiver has not: {fault}"),
        },
    }
}

/// By what has become of it: good, over, or in need of somebody.
fn colour(kind: &str) -> Style {
    let ends = |words: &[&str]| words.iter().any(|word| kind.ends_with(word));
    let colour = if ends(&["confirmed", "captured", "refunded", "ticketed", "resolved"]) {
        AnsiColor::Green
    } else if ends(&["expired", "released", "cancelled", "reversed", "deleted"]) {
        AnsiColor::Yellow
    } else if ends(&["failed", "collision", "disabled", "needs_attention", "escalated"]) {
        AnsiColor::Red
    } else {
        AnsiColor::Cyan
    };
    colour.on_default().bold()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use expect_test::expect;

    use super::super::receive::Forwarded;
    use super::*;

    fn delivery() -> Delivery {
        let body =
            br#"{"id":"msg_1","type":"booking.confirmed","created_at":"2026-02-15T09:00:00.000Z",
            "position":7,"resource_id":"bkg_1","resource_seq":2,"data":{"quantity":2}}"#;
        Delivery {
            headers: [("webhook-id".parse().unwrap(), "msg_1".parse().unwrap())]
                .into_iter()
                .collect(),
            body: Bytes::from_static(body),
            refused: None,
            status: 204,
            forwarded: None,
        }
    }

    fn plain(delivery: &Delivery) -> String {
        anstream::adapter::strip_str(&text(delivery)).to_string()
    }

    #[test]
    fn people_see_what_happened_and_what_was_answered() {
        expect![[r#"
            2026-02-15T09:00:00.000Z booking.confirmed bkg_1 #2 position 7 msg_1
              {
                "quantity": 2
              }
              answered 204"#]]
        .assert_eq(&plain(&delivery()));
        assert!(text(&delivery()).contains('\u{1b}'), "in colours");
        let forwarded = |status, fault: Option<&str>| {
            let forwarded = Forwarded { millis: 12, fault: fault.map(str::to_owned) };
            let delivery = Delivery { status, forwarded: Some(forwarded), ..delivery() };
            plain(&delivery).lines().last().unwrap_or_default().trim().to_owned()
        };
        assert_eq!(forwarded(500, None), "answered 500 by the receiver after 12 ms");
        assert_eq!(
            forwarded(502, Some("Connection refused")),
            "answered 502: the receiver has not: Connection refused"
        );
        let refused = Some("the header webhook-id is missing".to_owned());
        let told = plain(&Delivery { status: 401, refused, ..delivery() });
        assert_eq!(told, "refused the header webhook-id is missing; answered 401");
    }

    #[test]
    fn programs_read_a_line() {
        let told = line(&Delivery { body: Bytes::from_static(b"{}"), ..delivery() });
        expect![[
            r#"{"webhook_id":"msg_1","webhook_timestamp":null,"verified":true,"refused":null,"status":204,"event":{}}"#
        ]]
        .assert_eq(&told.to_string());
    }
}
