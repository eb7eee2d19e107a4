//! What happens in these runs: money is deposited on accounts.

use annals_core::{
    Append, Category, Clock, DecodeError, EncodeError, Event, EventId, EventStore, EventType,
    Expected, Metadata, NewEvent, Payload, Position, SchemaVersion, StreamAppend, StreamId,
    SystemClock,
};

use crate::{Result, random::Random};

/// A deposit that some read models cannot take until they are mended.
pub(crate) const POISON: i64 = 666;

/// How many events are appended at once to fill a log.
const AT_ONCE: u32 = 500;

/// So many cents were deposited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deposited(pub(crate) i64);

impl Event for Deposited {
    const NAMES: &'static [&'static str] = &["money-deposited"];

    fn event_type(&self) -> EventType {
        EventType::new("money-deposited")
    }

    fn schema_version(&self) -> SchemaVersion {
        SchemaVersion::FIRST
    }

    fn encode(&self) -> std::result::Result<Payload, EncodeError> {
        Ok(self.0.to_string().into())
    }

    fn decode(
        name: &str,
        _: SchemaVersion,
        payload: &Payload,
    ) -> std::result::Result<Option<Self>, DecodeError> {
        let cents = || payload.as_text().and_then(|text| text.parse().ok());
        Ok(if name == "money-deposited" { cents().map(Self) } else { None })
    }
}

/// Any deposit that is no poison.
pub(crate) fn some_cents(random: &mut Random) -> i64 {
    i64::try_from(random.below(600)).unwrap_or(0) + 1
}

/// An append of one account's deposits: sent again, it is the same.
pub(crate) fn deposit(account: &str, cents: &[i64]) -> Append {
    let part = part(Category::new("account"), account, cents);
    Append::to_streams(vec![part]).expect("these are few and small")
}

/// An append of many accounts' deposits.
pub(crate) fn deposits(parts: &[(String, Vec<i64>)]) -> Append {
    let part =
        |(account, cents): &(String, Vec<i64>)| part(Category::new("account"), account, cents);
    Append::to_streams(parts.iter().map(part).collect()).expect("these are few and small")
}

fn part(category: Category, account: &str, cents: &[i64]) -> StreamAppend {
    let event = |cents: &i64| {
        let id = EventId::at(SystemClock.now());
        NewEvent::encode(id, &Deposited(*cents), Metadata::default()).expect("a number is short")
    };
    let stream = StreamId::new(category, account).expect("a number is an id");
    StreamAppend { stream, expected: Expected::Any, events: cents.iter().map(event).collect() }
}

/// Fills a log fast: so many events on so many accounts. Where the last of them is.
pub(crate) async fn fill(
    log: &dyn EventStore,
    events: u32,
    accounts: u32,
    random: &mut Random,
) -> Result<Position> {
    let mut end = Position::START;
    let mut left = events;
    while left > 0 {
        let mut parts: Vec<(String, Vec<i64>)> = vec![];
        let mut count = 0;
        while count < AT_ONCE.min(left) {
            let account = random.below(accounts.into()).to_string();
            let number = u32::try_from(random.below(4)).unwrap_or(0) + 1;
            let number = number.min(AT_ONCE.min(left) - count);
            if parts.iter().any(|(other, _)| *other == account) {
                continue;
            }
            parts.push((account, (0..number).map(|_| some_cents(random)).collect()));
            count += number;
        }
        left -= count;
        end = log.append(&deposits(&parts)).await?.position;
    }
    Ok(end)
}
