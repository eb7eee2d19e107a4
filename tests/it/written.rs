//! What is written down: it is read back before it is recorded, and what is remembered is what was read.

use std::{convert::Infallible, sync::Arc};

use annals::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Invalid, StoreError,
    StoreErrorKind, prelude::*,
};
use async_trait::async_trait;
use serde_json::Value;

use crate::bank::{Deposit, ada, deposit, log, memory, process};

#[derive(Debug, Clone, PartialEq, Event)]
enum TokenEvent {
    #[event("minted")]
    Minted { wei: u128 },
    #[event("priced")]
    Priced { at: f64 },
    #[event("described")]
    Described {
        by: Value,
        #[serde(skip)]
        seen: bool,
    },
}

#[derive(Debug, Default, Clone, PartialEq, Fold)]
#[fold(TokenEvent)]
struct Token {
    #[fold(Minted { wei } => self.wei + wei)]
    wei: u128,
    #[fold(Priced { at } => *at)]
    price: f64,
    #[fold(Described { seen, .. } => *seen)]
    seen: bool,
}

impl Aggregate for Token {
    const CATEGORY: Category = Category::new("token");
}

struct Say(TokenEvent);

impl Command for Say {
    type Aggregate = Token;
    type Rejection = Infallible;

    fn decide(&self, _: &Token) -> Result<Vec<TokenEvent>, Infallible> {
        Ok(vec![self.0.clone()])
    }
}

/// A number that not every reader of JSON reads back as it was written.
const FRAGILE: f64 = -5.171_048_016_203_189e178;

#[tokio::test]
async fn what_is_remembered_is_what_would_be_loaded() {
    let annals = process(memory(), Settings::default());
    let described = TokenEvent::Described { by: Value::Null, seen: true };
    for event in [TokenEvent::Priced { at: FRAGILE }, described] {
        let executed = annals.execute(Token::stream(1), Say(event)).await.unwrap();
        let loaded = annals.load(Token::stream(1)).await.unwrap();
        assert_eq!(loaded.state(), executed.state());
    }
}

#[tokio::test]
async fn what_cannot_be_read_back_is_not_recorded() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    let nested = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let too_deep = serde_json::from_str(&nested).unwrap();
    for event in
        [TokenEvent::Priced { at: f64::NAN }, TokenEvent::Described { by: too_deep, seen: false }]
    {
        let executed = annals.execute(Token::stream(1), Say(event)).await;
        let Err(ExecuteError::Invalid(Invalid::Unreadable { source, .. })) = executed else {
            panic!("{executed:?}");
        };
        assert!(source.is_some());
    }
    assert!(log(&*store).await.is_empty());
}

#[tokio::test]
async fn a_repeated_command_is_recognised_by_its_numbers_to_the_last_digit() {
    let annals = process(memory(), Settings::default());
    let say = |key, event| annals.execute(Token::stream(1), Say(event)).idempotency_key(key);
    let mint = |wei| say("mint", TokenEvent::Minted { wei });
    let price = || say("price", TokenEvent::Priced { at: FRAGILE });

    mint(100_000_000_000_000_000_001).await.unwrap();
    let other = mint(100_000_000_000_000_000_002).await;
    assert!(matches!(other, Err(ExecuteError::KeyReused { .. })), "{other:?}");
    assert!(mint(100_000_000_000_000_000_001).await.unwrap().is_repeat());

    price().await.unwrap();
    assert!(price().await.unwrap().is_repeat());
}

/// A store that cannot keep one word.
struct Prudish(Arc<dyn EventStore>);

#[async_trait]
impl EventStore for Prudish {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let is_rude = |text: &str| text.contains("damn");
        if append.events().any(|event| event.payload().as_text().is_some_and(is_rude)) {
            let error = StoreError::new(StoreErrorKind::Invalid, "this cannot be kept");
            return Err(error.into());
        }
        self.0.append(append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.0.read_stream(stream, after)
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.0.read_log(after, filter)
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.0.locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.0.wait_past(after).await
    }
}

#[tokio::test]
async fn what_a_store_refuses_of_one_command_is_not_refused_to_its_neighbours() {
    let annals = process(Arc::new(Prudish(memory())), Settings::default());
    let rude = Deposit { reference: "damn".to_owned(), ..deposit(10) };
    let (first, rude, last) = tokio::join!(
        annals.execute(ada(), deposit(1)).into_future(),
        annals.execute(ada(), rude).into_future(),
        annals.execute(ada(), deposit(100)).into_future(),
    );
    let Err(ExecuteError::Store(error)) = rude else { panic!("{rude:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert_eq!([first, last].map(|answer| answer.unwrap().state().balance), [1, 101]);
}
