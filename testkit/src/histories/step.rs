//! One append of a history.

use annals_core::{Append, EventId, Expected, StreamAppend, StreamId};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any},
    prop_oneof,
    sample::{Index, select},
};

use super::content::{Content, content};
use crate::Model;

/// What is appended next, described by what is recorded when its turn comes.
#[derive(Debug, Clone)]
pub struct Step(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// New events, if any: the parts are for as many streams in a row.
    New { first: usize, parts: Vec<(Guess, Vec<Content>)> },
    /// A former append once more, with a change and perhaps other expectations.
    Again { which: Index, change: Change, guess: Option<Guess> },
}

/// An expectation, described by where the stream really is.
#[derive(Debug, Clone, Copy)]
enum Guess {
    Any,
    NoStream,
    Exists,
    Right,
    Behind,
    Ahead,
}

/// How an append differs from the one that it repeats.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    WithoutTheFirst,
    WithoutTheLast,
    EventsReversed,
    StreamsReversed,
    OneMore,
    ToOtherStreams,
    /// As one with the append that came next.
    Joined,
}

/// The streams of all histories: names that could be confused.
pub(super) fn streams() -> [StreamId; 4] {
    ["a:1", "a:1:1", "A:1", "a:%"].map(|name| StreamId::parse(name).expect("these are valid"))
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let streams = 0..streams().len();
    let parts = vec((guess(), vec(content(), 0..4)), 1..4);
    let change = select(vec![
        Change::Nothing,
        Change::WithoutTheFirst,
        Change::WithoutTheLast,
        Change::EventsReversed,
        Change::StreamsReversed,
        Change::OneMore,
        Change::ToOtherStreams,
        Change::Joined,
    ]);
    let kind = prop_oneof![
        3 => (streams, parts).prop_map(|(first, parts)| Kind::New { first, parts }),
        2 => (any::<Index>(), change, option::of(guess()))
            .prop_map(|(which, change, guess)| Kind::Again { which, change, guess }),
    ];
    kind.prop_map(Step)
}

/// Mostly one that holds.
fn guess() -> impl Strategy<Value = Guess> {
    prop_oneof![
        4 => Just(Guess::Any),
        4 => Just(Guess::Right),
        1 => Just(Guess::NoStream),
        1 => Just(Guess::Exists),
        1 => Just(Guess::Behind),
        1 => Just(Guess::Ahead),
    ]
}

impl Step {
    /// The append it is now, after those in `former`, of which the accepted ones are in `model`.
    pub(super) fn append(&self, model: &Model, former: &[Append]) -> Append {
        let parts = match &self.0 {
            Kind::New { first, parts } => new(*first, parts, model, former.len()),
            Kind::Again { .. } if former.is_empty() => new(0, &[(Guess::Any, vec![])], model, 0),
            Kind::Again { which, change, guess } => {
                let mut parts = change.of(former, which.index(former.len()));
                for part in &mut parts {
                    part.expected =
                        guess.map_or(part.expected, |guess| guess.expected(model, &part.stream));
                }
                parts
            }
        };
        Append::to_streams(parts).expect("a step has no stream and no event twice")
    }
}

/// The parts of an append that is the how many-th of its history.
fn new(
    first: usize,
    parts: &[(Guess, Vec<Content>)],
    model: &Model,
    number: usize,
) -> Vec<StreamAppend> {
    let streams = streams().into_iter().cycle().skip(first);
    streams
        .zip(parts)
        .map(|(stream, (guess, contents))| StreamAppend {
            expected: guess.expected(model, &stream),
            events: contents
                .iter()
                .enumerate()
                .map(|(index, content)| content.event(id(&stream, number, index)))
                .collect(),
            stream,
        })
        .collect()
}

/// The id of an event of a new append, the same whenever its history is run.
fn id(stream: &StreamId, number: usize, index: usize) -> EventId {
    EventId::keyed(stream, &number.to_string(), index)
}

impl Guess {
    fn expected(self, model: &Model, stream: &StreamId) -> Expected {
        let actual = model.revision(stream);
        match self {
            Self::Any => Expected::Any,
            Self::NoStream => Expected::NoStream,
            Self::Exists => Expected::Exists,
            Self::Right => Expected::At(actual),
            Self::Behind => Expected::At(actual.minus(1)),
            Self::Ahead => Expected::At(actual.plus(1)),
        }
    }
}

impl Change {
    /// The parts of the append at `which`, changed.
    fn of(self, former: &[Append], which: usize) -> Vec<StreamAppend> {
        let mut parts = former[which].streams().to_vec();
        let events = parts.iter_mut().map(|part| &mut part.events);
        match self {
            Self::Nothing => {}
            Self::WithoutTheFirst => {
                events.for_each(|events| *events = events.split_off(1.min(events.len())));
            }
            Self::WithoutTheLast => events.for_each(|events| drop(events.pop())),
            Self::EventsReversed => events.for_each(|events| events.reverse()),
            Self::StreamsReversed => parts.reverse(),
            Self::OneMore => {
                let StreamAppend { stream, events, .. } = &mut parts[0];
                events.push(Content::empty().event(id(stream, former.len(), 0)));
            }
            Self::ToOtherStreams => {
                for part in &mut parts {
                    let mut streams = streams().into_iter().cycle();
                    streams.find(|stream| *stream == part.stream);
                    part.stream = streams.next().expect("a cycle has no end");
                }
            }
            Self::Joined => {
                let next = former.get(which + 1).map_or(&[][..], Append::streams);
                let joined = [&parts, next].concat();
                if Append::to_streams(joined.clone()).is_ok() {
                    return joined;
                }
            }
        }
        parts
    }
}
