//! A proxy between a client and a server that knows where one request ends and the next begins, and can let go wrong what
//! goes wrong on a network: at the n-th request it stops before the server hears of it, while the server is at work, or after
//! the server has answered and before the client hears of that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use super::Server;

/// What the client and the server speak, without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// PostgreSQL's protocol 3.
    PostgreSql,
    /// That of MySQL and MariaDB.
    MySql,
}

/// What goes wrong at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server never hears of the request.
    Before,
    /// So long after the server got it, whatever it has done by then.
    During(Duration),
    /// The server has done it and answered; the client never hears of it.
    Unanswered,
    /// The server has done it; what the client hears is nonsense of this kind, from 0.
    Garbled(u8),
}

/// Which request it happens to.
#[derive(Debug, Clone)]
pub enum At {
    /// The n-th of all connections, from 0.
    Nth(usize),
    /// The n-th, from 0, that is this text and nothing else.
    Text(&'static str, usize),
    /// None.
    Never,
}

/// A running proxy; it ends with the runtime of the test.
pub struct Proxy {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    state: Arc<State>,
}

struct State {
    wire: Wire,
    at: At,
    fault: Fault,
    /// Longest time that each request is held up.
    delay: Duration,
    requests: AtomicUsize,
    like_text: AtomicUsize,
    /// The fault has come: nothing passes any more, in any direction, on any connection.
    stopped: AtomicBool,
    reached: Notify,
    released: watch::Sender<bool>,
    texts: Mutex<Vec<String>>,
}

/// One connection: how many requests the server got, and how many it has answered.
#[derive(Default)]
struct Link {
    sent: AtomicUsize,
    answered: AtomicUsize,
    news: Notify,
}

impl Link {
    async fn all_answered(&self) {
        while self.answered.load(Ordering::SeqCst) < self.sent.load(Ordering::SeqCst) {
            self.news.notified().await;
        }
    }

    fn answer(&self, number: usize) {
        self.answered.fetch_add(number, Ordering::SeqCst);
        self.news.notify_one();
    }
}

impl Proxy {
    /// Between a client and the server; at most one thing goes wrong.
    pub async fn start(server: &Server, wire: Wire, at: At, fault: Fault) -> Self {
        Self::delaying(server, wire, at, fault, Duration::ZERO).await
    }

    /// The same, and each request is held up for up to so long.
    pub async fn delaying(server: &Server, wire: Wire, at: At, fault: Fault, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            wire,
            at,
            fault,
            delay,
            requests: AtomicUsize::new(0),
            like_text: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            reached: Notify::new(),
            released: watch::Sender::new(false),
            texts: Mutex::new(Vec::new()),
        });
        let (shared, server) = (Arc::clone(&state), server.port);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection(client, server, Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    /// Returns when the fault has come. From then on nothing passes until [`release`](Self::release).
    pub async fn reached(&self) {
        self.state.reached.notified().await;
    }

    /// Closes every connection, on both sides.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }

    /// How many requests have come.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// The texts of the requests that have one, in order.
    pub fn texts(&self) -> Vec<String> {
        self.state.texts.lock().unwrap().clone()
    }
}

async fn connection(client: TcpStream, port: u16, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let link = Arc::new(Link::default());
    let answers = tokio::spawn(answers(from_server, to_client, Arc::clone(&state), Arc::clone(&link)));
    let mut released = state.released.subscribe();
    tokio::select! {
        () = requests(from_client, to_server, &state, &link) => {}
        _ = released.wait_for(|released| *released) => {}
    }
    answers.abort();
}

/// What the server says, until the fault has come.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>, link: Arc<Link>) {
    let mut bytes = vec![0; 64 * 1024];
    let mut pending: Vec<u8> = Vec::new();
    // PostgreSQL's first readiness is its greeting.
    let mut greeted = false;
    while let Ok(length) = from.read(&mut bytes).await {
        let bytes = &bytes[..length];
        if length == 0 {
            break;
        }
        let silent = state.stopped.load(Ordering::SeqCst);
        match state.wire {
            Wire::MySql => link.answer(1),
            Wire::PostgreSql => {
                pending.extend_from_slice(bytes);
                let ready = readiness(&mut pending);
                link.answer(ready.saturating_sub(usize::from(!greeted)));
                greeted |= ready > 0;
            }
        }
        let said = match state.fault {
            Fault::Garbled(kind) if silent => nonsense(bytes, kind),
            _ if silent => continue,
            _ => bytes.to_vec(),
        };
        if to.write_all(&said).await.is_err() {
            break;
        }
    }
    // A server that is gone answers nothing more.
    link.answer(usize::MAX / 2);
}

/// As many bytes, none of which mean what they did.
fn nonsense(bytes: &[u8], kind: u8) -> Vec<u8> {
    match kind {
        0 => bytes.iter().map(|byte| byte ^ 0x5a).collect(),
        1 => vec![0; bytes.len()],
        2 => vec![0xff; bytes.len()],
        3 => bytes.iter().rev().copied().collect(),
        _ => bytes.iter().enumerate().map(|(at, byte)| if at % 5 == 4 { !byte } else { *byte }).collect(),
    }
}

/// How often these bytes of PostgreSQL's say that it is ready; a part of a message stays.
fn readiness(pending: &mut Vec<u8>) -> usize {
    let (mut at, mut count) = (0, 0);
    while let Some(length) = pending.get(at + 1..at + 5) {
        let length = usize::try_from(u32::from_be_bytes(length.try_into().unwrap())).unwrap();
        if pending.len() < at + 1 + length {
            break;
        }
        count += usize::from(pending[at] == b'Z');
        at += 1 + length;
    }
    pending.drain(..at);
    count
}

/// What the client says, request by request.
async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, link: &Link) {
    let mut pending: Vec<u8> = Vec::new();
    let mut bytes = vec![0; 64 * 1024];
    let mut greeted = false;
    loop {
        while let Some(message) = next(state.wire, &pending, greeted) {
            greeted = true;
            let rest = pending.split_off(message.length);
            let whole = std::mem::replace(&mut pending, rest);
            if message.request {
                hold_up(message.text, &whole, &mut to, state, link).await;
                link.sent.fetch_add(1, Ordering::SeqCst);
            }
            if to.write_all(&whole).await.is_err() {
                return;
            }
        }
        match from.read(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(length) => pending.extend_from_slice(&bytes[..length]),
        }
    }
}

/// Returns when a request may be sent on: never, once the fault has come.
async fn hold_up(text: Option<String>, whole: &[u8], to: &mut OwnedWriteHalf, state: &State, link: &Link) {
    let number = state.requests.fetch_add(1, Ordering::SeqCst);
    let struck = match &state.at {
        At::Nth(at) => number == *at,
        At::Text(wanted, at) => {
            text.as_deref() == Some(wanted) && state.like_text.fetch_add(1, Ordering::SeqCst) == *at
        }
        At::Never => false,
    };
    if let Some(text) = text {
        state.texts.lock().unwrap().push(text);
    }
    let share = u32::try_from(number % 7).unwrap();
    tokio::time::sleep(state.delay * share / 7).await;
    if struck && !state.stopped.swap(true, Ordering::SeqCst) {
        if state.fault != Fault::Before {
            if state.wire == Wire::MySql {
                // Whatever it said before was its answer to what it was sent before.
                link.answered.store(link.sent.load(Ordering::SeqCst), Ordering::SeqCst);
            }
            link.sent.fetch_add(1, Ordering::SeqCst);
            let _ = to.write_all(whole).await;
        }
        match state.fault {
            Fault::Before => {}
            Fault::During(time) => tokio::time::sleep(time).await,
            Fault::Unanswered | Fault::Garbled(_) => link.all_answered().await,
        }
        state.reached.notify_one();
    }
    if state.stopped.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
}

/// The first whole request, or message outside of requests, of what has come.
struct Message {
    length: usize,
    request: bool,
    text: Option<String>,
}

fn next(wire: Wire, pending: &[u8], greeted: bool) -> Option<Message> {
    match wire {
        Wire::PostgreSql => postgresql(pending, greeted),
        Wire::MySql => mysql(pending),
    }
}

/// A request ends with a simple query or a `Sync`; what comes before it waits, so that the server hears all or nothing.
fn postgresql(pending: &[u8], greeted: bool) -> Option<Message> {
    let number = |at: usize| -> Option<usize> {
        let bytes = pending.get(at..at + 4)?;
        usize::try_from(u32::from_be_bytes(bytes.try_into().unwrap())).ok()
    };
    if !greeted {
        let length = number(0)?;
        return (pending.len() >= length).then_some(Message { length, request: false, text: None });
    }
    let mut at = 0;
    loop {
        let kind = *pending.get(at)?;
        let length = 1 + number(at + 1)?;
        let body = pending.get(at + 5..at + length)?;
        at += length;
        match kind {
            b'Q' => {
                let text = String::from_utf8_lossy(body.strip_suffix(b"\0").unwrap_or(body)).into_owned();
                return Some(Message { length: at, request: true, text: Some(text) });
            }
            b'S' => return Some(Message { length: at, request: true, text: None }),
            // Passwords, and good-bye.
            b'p' | b'X' => return Some(Message { length: at, request: false, text: None }),
            _ => {}
        }
    }
}

/// A command is the first packet of its sequence. Nobody answers to the one that forgets a statement.
fn mysql(pending: &[u8]) -> Option<Message> {
    let header = pending.get(..4)?;
    let length = usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
    let body = pending.get(4..4 + length)?;
    let command = body.first().copied().unwrap_or_default();
    let request = header[3] == 0 && !matches!(command, 0x01 | 0x19);
    let text = (request && command == 0x03).then(|| String::from_utf8_lossy(&body[1..]).into_owned());
    Some(Message { length: 4 + length, request, text })
}
