//! Requests whose end is ambiguous, as used to smuggle a second one past a proxy. Never two answers for one of them.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::support::{TestNode, each_node};

/// A node that neither answers nor closes in this time is at fault.
const PATIENCE: Duration = Duration::from_secs(20);
/// What would be answered if the node took it for a request of its own.
const SMUGGLED: &str = "GET /live HTTP/1.1\r\nhost: campo\r\n\r\n";

/// Heads after which a careless reader and a strict one disagree about where the body ends.
const AMBIGUOUS: &[(&str, &str)] = &[
    ("both lengths", "content-length: 4\r\ntransfer-encoding: chunked\r\n"),
    ("both lengths, the other way round", "transfer-encoding: chunked\r\ncontent-length: 4\r\n"),
    ("two lengths that differ", "content-length: 0\r\ncontent-length: 40\r\n"),
    ("a list of lengths", "content-length: 0, 40\r\n"),
    ("a length with a sign", "content-length: +40\r\n"),
    ("a negative length", "content-length: -1\r\n"),
    ("a hexadecimal length", "content-length: 0x28\r\n"),
    ("a length with a letter", "content-length: 4O\r\n"),
    ("an endless length", "content-length: 99999999999999999999999\r\n"),
    ("a space before the colon", "content-length : 40\r\n"),
    ("an unknown encoding", "transfer-encoding: xchunked\r\n"),
    ("chunked before another encoding", "transfer-encoding: chunked, identity\r\n"),
    ("two encodings", "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n"),
    ("an encoding on a folded line", "transfer-encoding:\r\n chunked\r\n"),
    ("an encoding with a zero byte", "transfer-encoding: chunked\0\r\n"),
];

/// Chunked bodies that are none.
const BROKEN_CHUNKS: &[(&str, &str)] = &[
    ("a size beyond any number", "fffffffffffffffff\r\n"),
    ("a size with a prefix", "0x1\r\na\r\n0\r\n\r\n"),
    ("a negative size", "-1\r\na\r\n0\r\n\r\n"),
    ("no size", "\r\na\r\n0\r\n\r\n"),
    ("more bytes than said", "1\r\nab\r\n0\r\n\r\n"),
];

#[tokio::test]
async fn a_request_whose_end_is_ambiguous_gets_one_refusal_and_the_end_of_the_connection() {
    for (node, _admin, _database) in each_node().await {
        for (what, head) in AMBIGUOUS {
            let request =
                format!("POST /v1/session HTTP/1.1\r\nhost: campo\r\n{head}\r\n0\r\n\r\n{SMUGGLED}");

            assert_refused(what, &answers(&node, &request).await);
        }
        for (what, body) in BROKEN_CHUNKS {
            let head = "POST /v1/session HTTP/1.1\r\nhost: campo\r\ncontent-type: application/json\r\n";
            let request = format!("{head}transfer-encoding: chunked\r\n\r\n{body}{SMUGGLED}");

            assert_refused(what, &answers(&node, &request).await);
        }
        let honest = format!("{SMUGGLED}GET /live HTTP/1.1\r\nhost: campo\r\nconnection: close\r\n\r\n");
        assert_eq!(
            answers(&node, &honest).await.matches("HTTP/1.1 200").count(),
            2,
            "two honest ones are two"
        );
    }
}

fn assert_refused(what: &str, answers: &str) {
    let statuses: Vec<&str> =
        answers.split("HTTP/1.1 ").skip(1).map(|answer| answer.get(..3).unwrap_or_default()).collect();
    assert!(matches!(statuses[..], [] | ["400"]), "{what}: {answers}");
}

/// Everything the node says until it closes the connection.
async fn answers(node: &TestNode, request: &str) -> String {
    let address = node.base.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("the node listens");
    connection.write_all(request.as_bytes()).await.expect("the node reads");
    let mut said = Vec::new();
    let read = timeout(PATIENCE, connection.read_to_end(&mut said)).await;
    assert!(read.is_ok(), "the connection stays open after {request:?}: {}", String::from_utf8_lossy(&said));
    String::from_utf8_lossy(&said).into_owned()
}
