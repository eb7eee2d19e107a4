//! A way to a server that can be cut, led elsewhere, and listened in on.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    select,
    sync::watch,
    task::JoinHandle,
};

/// What begins the message by which a statement is executed, and the one after all answers to it: the
/// server is idle, so whatever was to be committed is. Source: PostgreSQL's manual, "Message Formats".
const BIND: u8 = b'B';
const READY: &[u8] = b"Z\0\0\0\x05I";

/// A port of ours from which connections go on to a server.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    /// Changed whenever all connections are to end.
    cut: watch::Sender<()>,
}

struct State {
    leads_to: u16,
    loss: Option<Loss>,
    heard: Heard,
}

/// What the next statement of a kind loses, together with its connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It never reaches the server.
    Question,
    /// It is done, and nobody hears of it.
    Answer,
}

/// How often statements of a kind were executed: those that were once prepared with this in their text.
struct Heard {
    text: &'static str,
    times: usize,
}

impl Proxy {
    /// A proxy for the server at `url`, which knows statements of one kind by a part of their text.
    pub(crate) async fn to(url: &str, text: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard { text, times: 0 };
        let state = State { leads_to: port_in(url), loss: None, heard };
        let shared = Shared { state: Mutex::new(state), cut: watch::Sender::default() };
        let shared = Arc::new(shared);
        let listening = tokio::spawn(listen(listener, shared.clone()));
        Self { port, shared, listening }
    }

    /// The same URL, by way of the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replacen(&format!(":{}/", port_in(url)), &format!(":{}/", self.port), 1)
    }

    /// Cuts all connections, and leads those to come to the server at `url`.
    pub(crate) fn lead_to(&self, url: &str) {
        self.shared.state().leads_to = port_in(url);
        self.shared.cut.send_replace(());
    }

    /// Has the next statement of the kind lose that.
    pub(crate) fn lose(&self, loss: Loss) {
        self.shared.state().loss = Some(loss);
    }

    /// How often statements of the kind were executed.
    pub(crate) fn times_heard(&self) -> usize {
        self.shared.state().heard.times
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn port_in(url: &str) -> u16 {
    let (_, address) = url.rsplit_once(':').unwrap();
    address.split('/').next().unwrap().parse().unwrap()
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let mut cut = shared.cut.subscribe();
            select! {
                _ = pass_on(client, &shared) => {} // Whoever is first to close closes both.
                _ = cut.changed() => {}
            }
        });
    }
}

/// Passes on what each side says, until one has closed, or something is to be lost.
async fn pass_on(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let leads_to = shared.state().leads_to;
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, leads_to)).await?;
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut is_of_the_kind = false;
    loop {
        select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                match shared.hear(bytes, &mut is_of_the_kind) {
                    None => server.write_all(bytes).await?,
                    Some(Loss::Question) => return Ok(()),
                    Some(Loss::Answer) => {
                        server.write_all(bytes).await?;
                        return await_end(server).await;
                    }
                }
            }
            read = server.read(&mut answered) => {
                let bytes = &answered[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

impl Shared {
    /// Looks at what a client says. A client executes a statement by a packet that begins with `BIND`.
    fn hear(&self, bytes: &[u8], is_of_the_kind: &mut bool) -> Option<Loss> {
        let mut state = self.state();
        let text = state.heard.text.as_bytes();
        *is_of_the_kind |= bytes.windows(text.len()).any(|window| window == text);
        if !*is_of_the_kind || bytes[0] != BIND {
            return None;
        }
        state.heard.times += 1;
        state.loss.take()
    }
}

/// Waits until the server has answered to the end.
async fn await_end(mut server: TcpStream) -> io::Result<()> {
    let mut answer = Vec::new();
    while !answer.ends_with(READY) {
        if server.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}
