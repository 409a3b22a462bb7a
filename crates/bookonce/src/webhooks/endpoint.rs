//! An endpoint that is there for as long as somebody listens.

use reqwest::{Client, Method, StatusCode, Url};
use serde_json::{Value, json};

use super::http::why;
use crate::flags::Failure;

/// A server, and who asks it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) server: Url,
    pub(super) key: String,
}

/// An endpoint that was made.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) secret: String,
}

impl Api {
    /// Makes an endpoint that leads to `url`.
    pub(super) async fn make(&self, url: &str, types: &[String]) -> Result<Endpoint, Failure> {
        let body = json!({
            "url": url, "event_types": types, "description": "bookonce webhooks listen",
        });
        let answer = self.ask(Method::POST, "webhook_endpoints", Some(&body)).await?;
        let member = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let (id, secret) = (member("id"), member("secret"));
        let (Some(id), Some(secret)) = (id, secret) else {
            return Err(format!("{} made no endpoint: {answer}", self.server).into());
        };
        Ok(Endpoint { id, secret })
    }

    /// Removes it.
    pub(super) async fn remove(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let path = format!("webhook_endpoints/{}", endpoint.id);
        self.ask(Method::DELETE, &path, None).await.map(drop)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let Self { client, server, key } = self;
        let at = format!("{}/api/v1/{path}", server.as_str().trim_end_matches('/'));
        let mut request = client.request(method, at).bearer_auth(key);
        let fresh = u64::from_ne_bytes(server::random_bytes());
        request = request.header("idempotency-key", format!("listen-{fresh:016x}"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let unreachable = |error: &reqwest::Error| {
            format!("{server} does not answer: {}. Does it run? --server says where", why(error))
        };
        let answer = request.send().await.map_err(|error| unreachable(&error))?;
        let status = answer.status();
        let text = answer.bytes().await.map_err(|error| unreachable(&error))?;
        let value: Value = serde_json::from_slice(&text).unwrap_or_default();
        if status.is_success() { Ok(value) } else { Err(refusal(server, status, &value).into()) }
    }
}

/// What was refused, in words of the server, and what to do.
fn refusal(server: &Url, status: StatusCode, problem: &Value) -> String {
    let Some(detail) = problem.get("detail").and_then(Value::as_str) else {
        return format!("{server} answers {status}; is it Bookonce?");
    };
    let fields = problem.pointer("/error/fields").and_then(Value::as_array);
    let of = |name: &str| {
        let named = |field: &&Value| {
            field.get("field").and_then(Value::as_str).is_some_and(|field| field.starts_with(name))
        };
        fields.and_then(|fields| fields.iter().find(named))
    };
    // What the endpoint leads to is ours: only one thing can be wrong with it.
    if of("url").is_some() {
        return format!(
            "{server} sends nothing to this machine: it was started without the setting \
             webhooks.allow_private. Start it with `--webhooks.allow-private` or \
             BOOKONCE_WEBHOOKS_ALLOW_PRIVATE=true, where all endpoints are your own"
        );
    }
    if let Some(message) = of("event_types").and_then(|it| it.get("message")?.as_str()) {
        return format!("--types: {message}");
    }
    let hint = match status {
        StatusCode::UNAUTHORIZED => " --key names another one.",
        StatusCode::FORBIDDEN => " Use a secret key with the scope admin.",
        _ => "",
    };
    format!("{server} refuses: {detail}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let server: Url = "http://127.0.0.1:7070".parse().unwrap();
        let told = |status, problem| refusal(&server, status, &problem);
        let field = |field: &str| {
            let fields = json!([{"field": field, "message": "must be another"}]);
            json!({"detail": "It is wrong.", "error": {"fields": fields}})
        };
        let private = told(StatusCode::BAD_REQUEST, field("url"));
        assert!(private.contains("`--webhooks.allow-private`"), "{private}");
        let types = told(StatusCode::BAD_REQUEST, field("event_types[1]"));
        assert_eq!(types, "--types: must be another");
        let detail = json!({"detail": "It is wrong."});
        assert_eq!(
            told(StatusCode::FORBIDDEN, detail),
            "http://127.0.0.1:7070/ refuses: It is wrong. Use a secret key with the scope admin."
        );
        assert_eq!(
            told(StatusCode::NOT_FOUND, Value::Null),
            "http://127.0.0.1:7070/ answers 404 Not Found; is it Bookonce?"
        );
    }
}
