//! A plain HTTP client: JSON out and in, one key a request. It knows nothing of
//! what it carries.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::error::DemoError;

/// The longest one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest JSON answer: the receipts of a bulk body.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// Speaks to one server.
pub(super) struct Wire {
    agent: Agent,
    base: String,
}

/// An answer of any status.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The JSON body; null where there is none.
    pub(super) body: Value,
}

impl Wire {
    pub(super) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(REQUEST_TIMEOUT));
        Self { agent: config.build().new_agent(), base: format!("http://{address}") }
    }

    /// Reads a thing that must be there.
    pub(super) fn get(&self, key: &str, path: &str) -> Result<Value, DemoError> {
        must(path, self.read(path, self.ask(key, path)?)?)
    }

    /// Creates a thing from JSON.
    pub(super) fn create(&self, key: &str, path: &str, body: &Value) -> Result<Value, DemoError> {
        let bytes = body.to_string().into_bytes();
        must(path, self.post(key, path, "application/json", &bytes)?)
    }

    /// Posts bytes and takes any answer.
    pub(super) fn post(
        &self,
        key: &str,
        path: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Answer, DemoError> {
        let request = self.agent.post(self.url(path)).header("Authorization", bearer(key));
        let response = request.content_type(media_type).send(bytes);
        self.read(path, response.map_err(|error| unreachable(path, error))?)
    }

    /// Puts bytes that must be taken.
    pub(super) fn put(
        &self,
        key: &str,
        path: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Value, DemoError> {
        let request = self.agent.put(self.url(path)).header("Authorization", bearer(key));
        let response = request.content_type(media_type).send(bytes);
        must(path, self.read(path, response.map_err(|error| unreachable(path, error))?)?)
    }

    /// Downloads into a new file and returns its length in bytes.
    pub(super) fn download(&self, key: &str, path: &str, to: &Path) -> Result<u64, DemoError> {
        let response = self.ask(key, path)?;
        if response.status() != 200 {
            return must(path, self.read(path, response)?).map(|_| 0);
        }
        let file = |source| DemoError::File { path: to.to_owned(), source };
        let mut written = File::create(to).map_err(file)?;
        std::io::copy(&mut response.into_body().into_reader(), &mut written).map_err(file)
    }

    fn ask(&self, key: &str, path: &str) -> Result<Response<Body>, DemoError> {
        let request = self.agent.get(self.url(path)).header("Authorization", bearer(key));
        request.call().map_err(|error| unreachable(path, error))
    }

    fn read(&self, path: &str, mut response: Response<Body>) -> Result<Answer, DemoError> {
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let body = body.map_err(|error| unreachable(path, error))?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

fn unreachable(path: &str, error: ureq::Error) -> DemoError {
    DemoError::Unreachable { path: path.to_owned(), source: Box::new(error) }
}

fn must(path: &str, answer: Answer) -> Result<Value, DemoError> {
    if (200..300).contains(&answer.status) {
        return Ok(answer.body);
    }
    Err(refused(path, &answer))
}

/// An answer that should have been another.
pub(super) fn refused(path: &str, answer: &Answer) -> DemoError {
    let (path, problem) = (path.to_owned(), answer.body.to_string());
    DemoError::Refused { path, status: answer.status, problem }
}

/// The text at a JSON pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, DemoError> {
    value.pointer(pointer).and_then(Value::as_str).ok_or_else(|| unexpected(pointer))
}

/// The count at a JSON pointer.
pub(super) fn count(value: &Value, pointer: &str) -> Result<u64, DemoError> {
    value.pointer(pointer).and_then(Value::as_u64).ok_or_else(|| unexpected(pointer))
}

/// The list at a JSON pointer.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a [Value], DemoError> {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or_else(|| unexpected(pointer))
}

fn unexpected(pointer: &str) -> DemoError {
    DemoError::Unexpected { pointer: pointer.to_owned() }
}
