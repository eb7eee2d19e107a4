//! A client as small as can be: one connection, simple queries, answers as text.

use std::{
    io::{self, Error, Read, Write},
    net::TcpStream,
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use postgres_protocol::{
    authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256},
    message::frontend,
};

/// A connection.
pub(crate) struct Client(TcpStream);

/// Connects to `url`, and answers `sql`.
pub(crate) fn ask(url: &str, sql: &str) -> io::Result<Vec<String>> {
    Client::connect(url)?.ask(sql)
}

impl Client {
    /// Logs in at `postgres://user:password@host:port/database`.
    pub(crate) fn connect(url: &str) -> io::Result<Self> {
        let parts: Vec<_> = url.split([':', '/', '@']).collect();
        let ["postgres", "", "", user, password, host, port, database] = parts[..] else {
            return Err(Error::other(format!("not a URL as expected: {url}")));
        };
        let mut client = Self(TcpStream::connect(format!("{host}:{port}"))?);
        client.send(|buffer| {
            frontend::startup_message([("user", user), ("database", database)], buffer)
        })?;
        client.log_in(password)?;
        client.answer()?;
        Ok(client)
    }

    /// Runs `sql`, and answers with the first column of its rows.
    pub(crate) fn ask(&mut self, sql: &str) -> io::Result<Vec<String>> {
        self.send(|buffer| frontend::query(sql, buffer))?;
        self.answer()
    }

    /// Waits for an answer no longer than `patience`.
    pub(crate) fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.0.set_read_timeout(Some(patience))
    }

    /// Proves that we know the password, which is never sent.
    fn log_in(&mut self, password: &str) -> io::Result<()> {
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        self.authentication(10)?;
        self.send(|buffer| {
            frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), buffer)
        })?;
        scram.update(&self.authentication(11)?)?;
        self.send(|buffer| frontend::sasl_response(scram.message(), buffer))?;
        scram.finish(&self.authentication(12)?)
    }

    /// What comes with the next message, which must be this one of the authentication.
    fn authentication(&mut self, expected: i32) -> io::Result<Bytes> {
        let (kind, mut body) = self.receive()?;
        if kind == b'R' && body.get_i32() == expected {
            return Ok(body);
        }
        Err(Error::other(format!("step {expected} of SCRAM is left out")))
    }

    /// Reads the answer to what was asked, until the server waits for the next query.
    pub(crate) fn answer(&mut self) -> io::Result<Vec<String>> {
        let mut rows = Vec::new();
        loop {
            match self.receive()? {
                (b'Z', _) => return Ok(rows),
                (b'D', mut row) => {
                    let _columns = row.get_i16();
                    let length = usize::try_from(row.get_i32()).map_err(Error::other)?;
                    rows.push(String::from_utf8_lossy(&row[..length]).into_owned());
                }
                _ => {}
            }
        }
    }

    fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> io::Result<()> {
        let mut buffer = BytesMut::new();
        write(&mut buffer)?;
        self.0.write_all(&buffer)
    }

    /// The next message, unless it is an error: its kind and its body.
    fn receive(&mut self) -> io::Result<(u8, Bytes)> {
        let mut header = [0; 5];
        self.0.read_exact(&mut header)?;
        let [kind, length @ ..] = header;
        let length = usize::try_from(i32::from_be_bytes(length)).map_err(Error::other)?;

        let mut body = vec![0; length - 4];
        self.0.read_exact(&mut body)?;
        match kind {
            b'E' => Err(Error::other(String::from_utf8_lossy(&body).replace('\0', " "))),
            _ => Ok((kind, body.into())),
        }
    }
}
