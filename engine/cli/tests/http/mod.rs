//! As much of an HTTP/1.1 client as the tests need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A test that waits longer for a byte hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the lab.
pub struct Connection {
    stream: BufReader<TcpStream>,
    /// What a watch has brought beyond the last whole line.
    rest: String,
}

/// An answer; the body as text.
pub struct Answer {
    pub status: u16,
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

impl Connection {
    pub fn open(address: &str) -> Connection {
        let stream = TcpStream::connect(address).expect("the lab listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a duration that is not zero");
        Connection { stream: BufReader::new(stream), rest: String::new() }
    }

    /// Sends a request.
    pub fn send(mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Connection {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: lab\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).expect("the lab reads");
        // A server that refuses the body answers before it has read all of it.
        let _ = stream.write_all(body.as_bytes());
        self
    }

    /// Reads the head of the answer.
    pub fn head(&mut self) -> Answer {
        let status = self.text_line();
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        let mut headers = Vec::new();
        loop {
            let line = self.text_line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Answer { status, headers, body: String::new() }
    }

    /// Reads the answer; the connection stays.
    pub fn next(&mut self) -> Answer {
        let mut answer = self.head();
        if answer.header("transfer-encoding") == "chunked" {
            while let Some(chunk) = self.chunk() {
                answer.body.push_str(&chunk);
            }
        } else {
            let length = answer.header("content-length").parse().expect("a length");
            answer.body = self.bytes(length);
        }
        answer
    }

    /// Reads the answer, and hangs up.
    pub fn whole(mut self) -> Answer {
        self.next()
    }

    /// The next line of a streamed body.
    pub fn line(&mut self) -> String {
        loop {
            if let Some((line, rest)) = self.rest.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.rest = rest;
                return line;
            }
            let chunk = self.chunk().expect("the stream goes on");
            self.rest.push_str(&chunk);
        }
    }

    /// The next chunk; nothing at the end.
    fn chunk(&mut self) -> Option<String> {
        let size = usize::from_str_radix(&self.text_line(), 16).expect("a chunk's size");
        let chunk = self.bytes(size);
        self.text_line();
        (size > 0).then_some(chunk)
    }

    fn text_line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the lab answers in time");
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, count: usize) -> String {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).expect("the lab answers in time");
        String::from_utf8(bytes).expect("text")
    }
}
