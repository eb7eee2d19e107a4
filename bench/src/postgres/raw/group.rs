//! Group commit as one would write it by hand: one task writes whatever waits, by one statement.

use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{
    account::deposited,
    crowd::Client,
    postgres::raw::{Written, read_head},
    streams::Streams,
};

const INSERT_EVENTS: &str = include_str!("../../../sql/insert_events.sql");

/// How many events go together at most.
const MOST: usize = 1_000;

/// Sends its events to the task that writes, and waits for the answer.
pub(crate) struct Grouped {
    send: mpsc::UnboundedSender<Waiting>,
    streams: Streams,
}

struct Waiting {
    event: Written,
    revision: i64,
    answer: oneshot::Sender<i64>,
}

impl Grouped {
    /// Clients, and the task that writes for them, which ends with the last of them.
    pub(crate) fn crowd(connection: PgConnection, tasks: usize) -> Vec<Self> {
        let (send, receive) = mpsc::unbounded_channel();
        tokio::spawn(write(connection, receive));
        let streams = (0..tasks).map(|number| Streams::of(format!("grouped-{tasks}-{number}")));
        streams.map(|streams| Self { send: send.clone(), streams }).collect()
    }
}

impl Client for Grouped {
    async fn once(&mut self) {
        let (stream, revision) = self.streams.next();
        let event = Written::of(&stream, &deposited(revision.unsigned_abs()));
        let (answer, answered) = oneshot::channel();
        let sent = self.send.send(Waiting { event, revision, answer });
        sent.expect("somebody writes");
        answered.await.expect("somebody answers");
    }
}

async fn write(mut connection: PgConnection, mut receive: mpsc::UnboundedReceiver<Waiting>) {
    let mut head = read_head(&mut connection).await;
    let mut waiting = Vec::new();
    while receive.recv_many(&mut waiting, MOST).await > 0 {
        let (columns, answers) = Columns::of(waiting.drain(..), &mut head);
        columns.insert(&mut connection).await;
        for (position, answer) in answers {
            answer.send(position).expect("it is waited for");
        }
        // Those who were answered may go with the next group.
        tokio::task::yield_now().await;
    }
}

#[derive(Default)]
struct Columns {
    position: Vec<i64>,
    revision: Vec<i64>,
    id: Vec<Uuid>,
    version: Vec<i32>,
    stream: Vec<String>,
    event_type: Vec<String>,
    metadata: Vec<Option<String>>,
    payload: Vec<Vec<u8>>,
}

type Answers = Vec<(i64, oneshot::Sender<i64>)>;

impl Columns {
    fn of(waiting: impl Iterator<Item = Waiting>, head: &mut i64) -> (Self, Answers) {
        let (mut columns, mut answers) = (Self::default(), Vec::new());
        for Waiting { event, revision, answer } in waiting {
            *head += 1;
            answers.push((*head, answer));
            columns.position.push(*head);
            columns.revision.push(revision);
            columns.id.push(event.id);
            columns.version.push(event.version);
            columns.stream.push(event.stream);
            columns.event_type.push(event.event_type);
            columns.metadata.push(event.metadata);
            columns.payload.push(event.payload);
        }
        (columns, answers)
    }

    async fn insert(self, connection: &mut PgConnection) {
        let inserted = sqlx::query(INSERT_EVENTS)
            .bind(self.position)
            .bind(self.revision)
            .bind(self.id)
            .bind(self.version)
            .bind(self.stream)
            .bind(self.event_type)
            .bind(self.metadata)
            .bind(self.payload)
            .execute(connection)
            .await;
        inserted.expect("nothing is in the way");
    }
}
