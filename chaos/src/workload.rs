//! What a writer asks for next.

use crate::{
    random::Random,
    record::{End, Part, Wanted, Way},
};

/// How many streams all writers write to. So few that they sometimes meet.
const SHARED: u64 = 150;

/// The most events for one append.
const MOST_EVENTS: u64 = 20;

/// What is to be asked for, before it is known how far its streams are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Something new.
    New { way: Way, shares: Vec<Share> },
    /// The append that was acknowledged last, once more: its answer must be the same.
    Again,
}

/// What is chosen for one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) stream: u32,
    pub(crate) style: Style,
    pub(crate) events: u32,
}

/// What will be expected of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Any,
    /// At least one event, if it is known to have one. It then has one for ever, so that a refusal
    /// is certain also while a lost attempt may still be on its way.
    Exists,
    /// As far as it is known to be.
    At,
    /// The event that is known to be its last.
    After,
    /// As far as it certainly is no more.
    Stale,
}

/// Chooses for a writer that has `own` to itself.
///
/// Of a thousand appends 30 are stale on purpose, and some 250 meet those of others, of which a few
/// are first; 10 are rolled back.
pub(crate) fn choose(random: &mut Random, own: u32) -> Choice {
    let mut share = |stream, style| Share { stream, style, events: some_events(random) };
    let mine = share(own, Style::After);
    let mut theirs = |style| {
        let stream = u32::try_from(random.below(SHARED)).expect("there are few of them");
        Share { stream, style, events: some_events(random) }
    };
    let [any, raced, exists] = [Style::Any, Style::After, Style::Exists].map(&mut theirs);
    let checked = |share: Share| Share { events: 0, ..share };

    let (way, shares) = match random.below(1_000) {
        0..30 => (Way::Alone, vec![Share { style: Style::Stale, ..mine }]),
        30..36 => (Way::Aborted, vec![mine]),
        36..40 => (Way::Aborted, vec![mine, any]),
        40..60 => (Way::WithRow, vec![mine]),
        60..70 => (Way::WithRow, vec![raced]),
        70..80 => (Way::WithRow, vec![any, mine]),
        80..180 => (Way::Alone, vec![raced]),
        180..280 => (Way::Alone, vec![mine, any]),
        280..310 => (Way::Alone, vec![any, raced_elsewhere(raced, any), mine]),
        310..350 => (Way::Alone, vec![mine, checked(raced)]),
        350..400 => (Way::Alone, vec![checked(exists), mine]),
        400..420 => return Choice::Again,
        420..700 => (Way::Alone, vec![Share { style: Style::At, ..mine }]),
        _ => (Way::Alone, vec![mine]),
    };
    Choice::New { way, shares }
}

/// `raced`, but in another stream than `other`: none may be twice in an append.
fn raced_elsewhere(raced: Share, other: Share) -> Share {
    let shared = u32::try_from(SHARED).expect("there are few of them");
    let next = (raced.stream + 1) % shared;
    Share { stream: if raced.stream == other.stream { next } else { raced.stream }, ..raced }
}

/// From 1 to [`MOST_EVENTS`], rather few.
fn some_events(random: &mut Random) -> u32 {
    let fewer = random.below(MOST_EVENTS).min(random.below(MOST_EVENTS));
    u32::try_from(fewer + 1).expect("there are few of them")
}

impl Share {
    /// What is asked for, if its stream is known to end so.
    pub(crate) fn part(self, end: Option<End>, random: &mut Random) -> Part {
        let Self { stream, style, events } = self;
        let expected = match (style, end) {
            (Style::Any, _) | (Style::Exists | Style::Stale, None) => Wanted::Any,
            (Style::Exists, Some(_)) => Wanted::Exists,
            (Style::At | Style::After, None) => Wanted::NoStream,
            (Style::At, Some(end)) => Wanted::At(end.revision),
            (Style::After, Some(end)) => Wanted::After(end),
            (Style::Stale, Some(end)) => Wanted::At(earlier(end.revision, random)),
        };
        Part { stream, expected, events }
    }
}

/// Any number from 0 to `number`, exclusive.
fn earlier(number: i64, random: &mut Random) -> i64 {
    let bound = u64::try_from(number).unwrap_or(0);
    i64::try_from(random.below(bound)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Choice, Style, choose};
    use crate::{
        key::Key,
        random::Random,
        record::{End, Wanted, Way},
    };

    #[test]
    fn there_are_appends_of_every_kind_and_each_can_be_asked_for() {
        let mut random = Random::new(&[1]);
        let choices: Vec<_> = (0..2_000).map(|_| choose(&mut random, 1_000)).collect();
        let count = |is: fn(&Choice) -> bool| choices.iter().filter(|choice| is(choice)).count();

        assert!(count(|choice| matches!(choice, Choice::Again)) > 10);
        for way in [Way::Alone, Way::WithRow, Way::Aborted] {
            assert!(
                choices
                    .iter()
                    .any(|choice| matches!(choice, Choice::New { way: it, .. } if *it == way))
            );
        }
        for choice in &choices {
            let Choice::New { shares, .. } = choice else { continue };
            let mut streams: Vec<_> = shares.iter().map(|share| share.stream).collect();
            streams.sort_unstable();
            streams.dedup();
            assert_eq!(streams.len(), shares.len(), "{choice:?}");
            assert!(shares.iter().any(|share| (1..=20).contains(&share.events)));
        }
    }

    #[test]
    fn a_stale_expectation_is_never_met() {
        let mut random = Random::new(&[1]);
        let end = End { revision: 3, key: Key::END, index: 0, at: 0 };
        let choice = super::Share { stream: 1, style: Style::Stale, events: 1 };
        for _ in 0..100 {
            let expected = choice.part(Some(end), &mut random).expected;
            assert!(matches!(expected, Wanted::At(0..3)) && !expected.allows(Some(end)));
        }
    }
}
