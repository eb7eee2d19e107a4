//! What is true of any history: of the derives, and of following the log.

use annals::{Payload, Settings, prelude::*};
use futures::TryStreamExt;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::bank::{Account, AccountEvent, Deposit, deposit, memory, process};

fn event() -> impl Strategy<Value = AccountEvent> {
    prop_oneof![
        (0..1_000_u64, any::<String>())
            .prop_map(|(cents, reference)| AccountEvent::Deposited { cents, reference }),
        Just(AccountEvent::Withdrawn { cents: 0 }),
    ]
}

fn fold<'e>(mut account: Account, events: impl IntoIterator<Item = &'e AccountEvent>) -> Account {
    events.into_iter().for_each(|event| account.evolve(event));
    account
}

proptest! {
    /// Catching up in two goes must end where one go ends, wherever the cut.
    #[test]
    fn a_fold_can_be_cut_anywhere(events in vec(event(), 0..40), at: Index) {
        let (first, second) = events.split_at(at.index(events.len() + 1));
        let in_two = fold(fold(Account::default(), first), second);
        prop_assert_eq!(in_two, fold(Account::default(), &events));
    }

    /// Whatever is in an event, and whether a store gives it back as text or as bytes.
    #[test]
    fn an_event_is_decoded_as_it_was_encoded(event in event()) {
        let (name, version) = (event.event_type(), event.schema_version());
        let text = event.encode().unwrap();
        let bytes = Payload::from(text.as_bytes().to_vec());
        for payload in [&text, &bytes] {
            let decoded = AccountEvent::decode(name.as_str(), version, payload).unwrap();
            prop_assert_eq!(decoded.as_ref(), Some(&event));
        }
    }

    /// Whatever others record in between, and wherever the reader begins again.
    #[test]
    fn a_reader_that_resumes_after_what_it_saw_sees_everything_once(
        streams in vec(0..4_u8, 1..60),
        resumes in vec(any::<Index>(), 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let annals = process(memory(), Settings::default());
            for (number, stream) in streams.iter().enumerate() {
                let reference = number.to_string();
                let deposit = Deposit { reference, ..deposit(1) };
                annals.execute(Account::stream(stream), deposit).await.unwrap();
            }
            let mut stops: Vec<_> = resumes.iter().map(|at| at.index(streams.len())).collect();
            stops.extend([0, streams.len()]);
            stops.sort_unstable();

            let (mut seen, mut after) = (Vec::new(), Position::START);
            for stop in stops.windows(2) {
                let mut events = annals.subscribe(after, Filter::All);
                for _ in stop[0]..stop[1] {
                    let envelope = events.try_next().await.unwrap().unwrap();
                    after = envelope.position;
                    seen.push(envelope.position.get());
                }
            }
            assert_eq!(seen, (1..=i64::try_from(streams.len()).unwrap()).collect::<Vec<_>>());
        });
    }
}
