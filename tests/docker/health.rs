//! `baitline health`, by which an engine tells a container that serves from one
//! that does not.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::baitline;

/// A server that answers once, with this status line.
fn answering(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/readyz", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = [0; 1_024];
        let _read = socket.read(&mut request).unwrap();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
    });
    url
}

#[test]
fn only_an_answer_of_200_is_health() {
    let asked = |url: &str| baitline(&["health", "--url", url]);
    assert!(asked(&answering("200 OK")).status.success());
    for status in ["503 Service Unavailable", "204 No Content", "302 Found"] {
        let output = asked(&answering(status));
        assert_eq!(output.status.code(), Some(1), "{status}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(&status[..3]), "{status}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(asked(&format!("http://{nobody}/readyz")).status.code(), Some(1));
}
