//! Asks a time-stamp authority over HTTP (RFC 3161, section 3.4). Who it is the
//! installation's owner says; what it answers is not trusted before it was
//! checked, and takes neither time nor memory without end.

use std::str::FromStr;
use std::time::Duration;

use baitline_domain::instant::Span;
use baitline_evidence::{MAX_REPLY_BYTES, StampError, StampRequest, Stamper, is_stamp_of};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::runtime::Handle;

/// How long an authority may take to accept a connection, and for its whole answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an export waits after the first answer that it did not get; after each
/// further one in a row four times as long, up to the longest.
const FIRST_PAUSE: Span = Span::seconds(15);
const LONGEST_PAUSE: Span = Span::seconds(60 * 60);
const QUESTION: &str = "application/timestamp-query";
const ANSWER: &str = "application/timestamp-reply";

/// The address of an authority: `https://…`, or `http://…` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityUrl(Url);

impl FromStr for AuthorityUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Url = text.parse().map_err(|_| "not a URL")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an authority's address has no name and no password in it");
        }
        let is_here = match url.host_str() {
            None => return Err("not of the form https://HOST"),
            Some("localhost" | "[::1]") => true,
            Some(host) => host.parse().is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback()),
        };
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_here => Ok(Self(url)),
            _ => Err("an authority on another machine is asked over https:// alone"),
        }
    }
}

/// Which authority is asked, and how long.
#[derive(Debug, Clone)]
pub struct StampRules {
    /// Where it is.
    pub authority: AuthorityUrl,
    /// After so many answers in a row that it did not get, an export's packages fail.
    pub attempts: u32,
}

/// A client of an authority.
pub(crate) struct Authority {
    rules: StampRules,
    client: Client,
    runtime: Handle,
    random: SystemRandom,
}

impl Authority {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// When the authorities that TLS trusts cannot be read.
    pub(crate) fn new(rules: StampRules, runtime: Handle) -> Result<Self, reqwest::Error> {
        // The blob store may have chosen it before: the same.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(Policy::none());
        if rules.authority.0.scheme() == "http" {
            // What is asked in the clear stays on this machine.
            client = client.no_proxy();
        }
        Ok(Self { rules, client: client.build()?, runtime, random: SystemRandom::new() })
    }

    /// How long an export waits after so many answers in a row that it did not get;
    /// `None` when it has waited often enough.
    pub(crate) fn pause_after(&self, failures: i32) -> Option<Span> {
        let failures = u32::try_from(failures).unwrap_or(0);
        (failures < self.rules.attempts).then(|| {
            let times = 4_i64.saturating_pow(failures.saturating_sub(1));
            Span(FIRST_PAUSE.0.saturating_mul(times).min(LONGEST_PAUSE.0))
        })
    }

    /// Asks once, and takes no answer but one that holds.
    fn ask(&self, tag_manifest: &[u8]) -> Result<Vec<u8>, StampError> {
        let mut nonce = [0; 8];
        let no_random = |_| StampError::Unreachable("is not asked without random numbers".into());
        self.random.fill(&mut nonce).map_err(no_random)?;
        let question = StampRequest::new(tag_manifest, nonce);
        let reply = self.runtime.block_on(self.send(question.der()))?;
        question.accept(&reply)?;
        Ok(reply)
    }

    async fn send(&self, question: Vec<u8>) -> Result<Vec<u8>, StampError> {
        let asked = self.client.post(self.rules.authority.0.clone());
        let asked = asked.header(CONTENT_TYPE, QUESTION).header(ACCEPT, ANSWER).body(question);
        let mut answer = asked.send().await.map_err(|error| unreachable(&error))?;
        check_head(&answer)?;
        let mut reply = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
            if reply.len() + chunk.len() > MAX_REPLY_BYTES {
                let what = format!("answers with more than {MAX_REPLY_BYTES} bytes");
                return Err(StampError::Unreachable(what));
            }
            reply.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

fn check_head(answer: &Response) -> Result<(), StampError> {
    let status = answer.status();
    if status != reqwest::StatusCode::OK {
        return Err(StampError::Unreachable(format!("answers {}", status.as_u16())));
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(ANSWER) {
        return Err(StampError::Unreachable(format!("does not answer with {ANSWER}")));
    }
    Ok(())
}

/// In few words: the error's own repeat the address, which may hold a secret.
fn unreachable(error: &reqwest::Error) -> StampError {
    let what = if error.is_timeout() {
        "does not answer in time"
    } else if error.is_connect() {
        "cannot be reached"
    } else {
        "breaks off"
    };
    StampError::Unreachable(what.to_owned())
}

/// What stamps one package: with the answer of before, while that fits, or a new one.
pub(crate) struct PackageStamper<'a> {
    pub(crate) authority: &'a Authority,
    pub(crate) kept: Option<&'a [u8]>,
}

impl Stamper for PackageStamper<'_> {
    fn stamp(&self, tag_manifest: &[u8]) -> Result<Vec<u8>, StampError> {
        match self.kept {
            Some(kept) if is_stamp_of(kept, tag_manifest) => Ok(kept.to_vec()),
            _ => self.authority.ask(tag_manifest),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn an_authority_elsewhere_is_asked_over_tls_alone() {
        let is_fine = |text: &str| text.parse::<AuthorityUrl>().is_ok();
        for url in [
            "https://stamps.example/tsr",
            "https://10.0.0.1",
            "http://127.0.0.1:318/",
            "http://127.8.8.8",
            "http://[::1]:318",
            "http://localhost:318/tsa?x=1",
        ] {
            assert!(is_fine(url), "{url}");
        }
        for url in [
            "http://stamps.example",
            "http://10.0.0.1",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://[::2]",
            "https://me:secret@stamps.example",
            "http://me@127.0.0.1",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "stamps.example",
            "https://",
            "",
        ] {
            assert!(!is_fine(url), "{url}");
        }
    }
}
