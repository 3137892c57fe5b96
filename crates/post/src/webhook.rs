//! Signed requests to programs that listen: JSON by POST, with an id that stays the same however often it is tried, the
//! time, and a signature over both and the body.

use std::time::Duration;

use model::{HandOver, Notice};
use notices::tokens;
use serde_json::json;
use ureq::Agent;

/// How long a program may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// What is posted to one program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Where to.
    pub address: String,
    /// The secret that both sides know.
    pub secret: String,
    /// What tells it from all others: who has it already drops it.
    pub id: String,
    /// On which occasion.
    pub occasion: String,
    /// The window that it is about.
    pub window_id: String,
    /// Seconds since 1970; who gets an old one drops it.
    pub timestamp: i64,
}

/// Posts to programs that listen. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    agent: Agent,
}

impl Default for Webhooks {
    fn default() -> Webhooks {
        Webhooks::new()
    }
}

impl Webhooks {
    /// One that follows no redirect, so that a signed request ends where it was meant to.
    pub fn new() -> Webhooks {
        let config = Agent::config_builder()
            .timeout_global(Some(ANSWER_TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Webhooks { agent: config.into() }
    }

    /// Posts a notice.
    pub fn hand_over(&self, webhook: &Webhook, notice: &Notice) -> HandOver {
        let body = json!({
            "id": webhook.id,
            "window_id": webhook.window_id,
            "occasion": webhook.occasion.split('/').next(),
            "notice": notice,
        });
        let body = body.to_string();
        let signature = tokens::sign_body(&webhook.secret, &webhook.id, webhook.timestamp, body.as_bytes());
        let request = self
            .agent
            .post(&webhook.address)
            .header("Content-Type", "application/json")
            .header("User-Agent", "Bluebonnet")
            .header("Webhook-Id", &webhook.id)
            .header("Webhook-Timestamp", webhook.timestamp.to_string())
            .header("Webhook-Signature", format!("sha256={signature}"));
        match request.send(&body) {
            Ok(response) => {
                let status = response.status().as_u16();
                let told = format!("HTTP {status}");
                match status {
                    200..=299 => HandOver::Taken(told),
                    408 | 425 | 429 | 500..=599 => HandOver::Later(told),
                    _ => HandOver::Refused(told),
                }
            }
            Err(error) => HandOver::Later(error.to_string()),
        }
    }
}
