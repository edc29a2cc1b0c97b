//! What to copy: a server that ends with the tests, whose pipe is its standard input; and a way to ask it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

static SERVER: Mutex<Option<(Child, String)>> = Mutex::new(None);

/// Where the server is, as `127.0.0.1:PORT`; the first who wants to know starts it.
fn address() -> String {
    let start = || {
        let mut server = Command::new("mockpki")
            .args(["serve", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("mockpki serve (pip install mockpki)");
        let mut ready = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let url = field(&ready, "url");
        (server, url.trim_start_matches("http://").trim_end_matches('/').to_string())
    };
    SERVER.lock().unwrap().get_or_insert_with(start).1.clone()
}

/// Makes a call. One that is refused fails the test, with the server's sentence.
pub fn ask(method: &str, path: &str, body: &str) -> String {
    let host = address();
    let mut connection = TcpStream::connect(&host).unwrap();
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let refused = head.split(' ').nth(1).unwrap_or("") >= "400";
    assert!(!refused, "{method} {path}: {}", field(body, "detail"));
    body.to_string()
}

/// The texts and numbers of that name in a JSON document. Use serde_json, where you have it.
pub fn fields(json: &str, name: &str) -> Vec<String> {
    let read = |rest: &str| {
        let rest = rest.trim_start();
        if !rest.starts_with('"') {
            return rest.split([',', '}']).next().unwrap_or("").to_string();
        }
        let (mut read, mut letters) = (String::new(), rest[1..].chars());
        while let Some(letter) = letters.next().filter(|&letter| letter != '"') {
            read.push(match letter {
                '\\' => match letters.next() {
                    Some('n') => '\n',
                    other => other.unwrap_or_default(),
                },
                other => other,
            });
        }
        read
    };
    json.split(&format!("\"{name}\":")).skip(1).map(read).collect()
}

/// The first of them; an empty text for none.
pub fn field(json: &str, name: &str) -> String {
    fields(json, name).into_iter().next().unwrap_or_default()
}
