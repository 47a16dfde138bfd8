//! Requests and answers on a socket, and how they go wrong there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::answer::answer;
use super::{Fault, Shared};

/// A request, whole.
pub(super) struct Request {
    pub(super) method: String,
    /// As it came, with its query.
    pub(super) target: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// An answer on its way.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn of(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn xml(status: u16, text: &str) -> Self {
        Self { body: text.as_bytes().to_vec(), ..Self::of(status) }
    }

    /// As S3 says what is wrong.
    pub(super) fn problem(status: u16, code: &str) -> Self {
        Self::xml(status, &format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers the requests of one connection until it ends.
pub(super) fn serve(shared: &Shared, stream: TcpStream) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input) {
        let fault = shared.note(&request);
        match fault {
            Some(Fault::Reset) => return,
            // The caller's end of the connection is the end of its patience.
            Some(Fault::Stall) => {
                let _ended = input.read(&mut [0]);
                return;
            }
            Some(Fault::Refuse(status, code)) => {
                if send(&mut out, &request, &Answer::problem(status, code), None).is_err() {
                    return;
                }
                continue;
            }
            _ => {}
        }
        let answer = answer(shared, &request);
        if fault == Some(Fault::DoneThenReset) {
            return;
        }
        if send(&mut out, &request, &answer, fault).is_err() || fault == Some(Fault::Truncate) {
            return;
        }
    }
}

fn read(input: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(Ok(0), |text| text.parse()).ok()?;
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body })
}

fn send(
    out: &mut TcpStream,
    request: &Request,
    answer: &Answer,
    fault: Option<Fault>,
) -> std::io::Result<()> {
    let mut body = answer.body.clone();
    let mut announced = body.len();
    match fault {
        Some(Fault::Truncate) => body.truncate(announced / 2),
        Some(Fault::Halve) => {
            announced /= 2;
            body.truncate(announced);
        }
        Some(Fault::Corrupt) => {
            if let Some(last) = body.last_mut() {
                *last ^= 1;
            }
        }
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {} -\r\nContent-Length: {announced}\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    out.write_all(format!("{head}\r\n").as_bytes())?;
    if request.method != "HEAD" {
        out.write_all(&body)?;
    }
    out.flush()
}
