//! A plain HTTP client with one key. Each thread has its own, which keeps its
//! connection.

use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, SendBody};

/// The longest one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(600);
/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024 * 1024;

/// Speaks to one server.
pub struct Client {
    agent: Agent,
    base: String,
    authorization: String,
}

/// An answer of any status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header that leads to the next piece of a list.
    pub link: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The JSON of an answer that must be a success.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        assert!((200..300).contains(&self.status), "{} {text}", self.status);
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

impl Client {
    /// A client of the server at `base` with a key.
    pub fn new(base: &str, key: &str) -> Self {
        let (base, authorization) = (base.to_owned(), format!("Bearer {key}"));
        Self { agent: agent(), base, authorization }
    }

    /// The same connections with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        let (agent, base) = (self.agent.clone(), self.base.clone());
        Self { agent, base, authorization: format!("Bearer {key}") }
    }

    /// Reads a thing.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn get(&self, path: &str) -> Answer {
        self.get_as(path, "application/json")
    }

    /// Reads a thing as a media type.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn get_as(&self, path: &str, media_type: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base)).header("Accept", media_type);
        let sent = request.header("Authorization", &self.authorization).call();
        read(sent.unwrap_or_else(|error| panic!("GET {path}: {error}")))
    }

    /// Posts bytes.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn post(&self, path: &str, media_type: &str, bytes: &[u8]) -> Answer {
        self.post_reader(path, media_type, &mut &bytes[..])
    }

    /// Posts what a reader gives, without holding it in memory.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn post_reader(
        &self,
        path: &str,
        media_type: &str,
        mut body: &mut dyn std::io::Read,
    ) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("Authorization", &self.authorization);
        let sent = request.content_type(media_type).send(SendBody::from_reader(&mut body));
        read(sent.unwrap_or_else(|error| panic!("POST {path}: {error}")))
    }
}

pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(REQUEST_TIMEOUT));
    config.build().new_agent()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let status = response.status().as_u16();
    let link = response.headers().get("Link").and_then(|link| link.to_str().ok());
    let link = link.map(ToOwned::to_owned);
    let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
    Answer { status, link, bytes: body.expect("the server sends its answer to the end") }
}
