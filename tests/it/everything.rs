//! Everything at once: processes that share streams and keys, faults, callers that leave. Afterwards
//! every answer that was given has to be what the log says.

use std::{collections::HashMap, sync::Mutex};

use annals::{Execute, Retry, prelude::*};
use annals_testkit::{Fault, cancelled_after};
use futures::future::join_all;
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};

use crate::bank::{Account, AccountEvent, Deposit, Withdraw, faulty_around, log, memory, process};

/// What a task asks for.
#[derive(Debug, Clone)]
struct Request {
    process: usize,
    stream: u8,
    /// A withdrawal of that many cents, or a deposit with a reference.
    withdraws: Option<u64>,
    /// Shared by tasks; the same key always means the same command.
    key: Option<u8>,
    /// After how many polls the caller leaves, if it does.
    polls: Option<usize>,
}

fn request() -> impl Strategy<Value = Request> {
    (
        0..3_usize,
        0..2_u8,
        proptest::option::weighted(0.4, Just(25_u64)),
        proptest::option::weighted(0.6, 0..10_u8),
        proptest::option::weighted(0.1, 0..4_usize),
    )
        .prop_map(|(process, stream, withdraws, key, polls)| Request {
            process,
            stream,
            withdraws,
            key,
            polls,
        })
}

/// An answer, and what it was an answer to.
struct Answer {
    stream: u8,
    key: Option<String>,
    reference: Option<String>,
    committed: Committed<Account>,
}

async fn send(annals: &Annals, name: &str, request: &Request) -> Option<Answer> {
    let Request { stream, withdraws, key, polls, .. } = *request;
    let kind = if withdraws.is_some() { "w" } else { "d" };
    let key = key.map(|key| format!("{kind}{key}"));
    let account = Account::stream(stream);
    let (reference, committed) = match withdraws {
        Some(cents) => {
            let withdraw = annals.execute(account, Withdraw { cents });
            (None, committed(withdraw, key.as_deref(), polls).await?)
        }
        None => {
            let reference = key.clone().unwrap_or_else(|| name.to_owned());
            let deposit = Deposit { cents: 7, reference: reference.clone() };
            let deposit = annals.execute(account, deposit);
            (Some(reference), committed(deposit, key.as_deref(), polls).await?)
        }
    };
    Some(Answer { stream, key, reference, committed })
}

/// The answer to a command, if the caller stays and it is one.
async fn committed<C: Command<Aggregate = Account>>(
    execute: Execute<C>,
    key: Option<&str>,
    polls: Option<usize>,
) -> Option<Committed<Account>> {
    let execute = match key {
        Some(key) => execute.idempotency_key(key),
        None => execute,
    };
    match cancelled_after(polls.unwrap_or(usize::MAX), execute.into_future()).await? {
        Ok(committed) => Some(committed),
        Err(ExecuteError::Rejected(_) | ExecuteError::Conflict(_) | ExecuteError::Store(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

/// Runs the requests of all tasks at once. `faults` befall the calls to the store, in turn.
async fn run(tasks: Vec<Vec<Request>>, faults: Vec<Option<Fault>>, pipelined: bool) {
    let store = memory();
    let processes: Vec<_> = [(1, Retry::default()), (3, Retry::default()), (500, Retry::NEVER)]
        .into_iter()
        .map(|(group, retry)| {
            let dealt = Mutex::new(faults.clone().into_iter().cycle());
            let plan = move |_| dealt.lock().unwrap().next().flatten();
            let settings =
                Settings { group, retry, remembered: 1, pipelined, ..Settings::default() };
            process(faulty_around(store.clone(), plan), settings)
        })
        .collect();
    let tasks = tasks.into_iter().enumerate().map(|(task, requests)| {
        let processes = processes.clone();
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for (number, request) in requests.iter().enumerate() {
                let name = format!("{task}/{number}");
                answers.extend(send(&processes[request.process], &name, request).await);
            }
            answers
        })
    });
    let answers: Vec<_> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();

    // Every state that each stream ever had.
    let mut states: HashMap<String, Vec<(Account, Position, AccountEvent)>> = HashMap::new();
    let mut references = HashMap::new();
    for envelope in log(&*store).await {
        let states = states.entry(envelope.stream.to_string()).or_default();
        let mut state = states.last().map(|(state, ..)| state.clone()).unwrap_or_default();
        let event: AccountEvent = envelope.decode().unwrap().unwrap();
        match &event {
            AccountEvent::Withdrawn { cents } => assert!(state.balance >= *cents, "overdrawn"),
            AccountEvent::Deposited { reference, .. } => {
                *references.entry((envelope.stream.clone(), reference.clone())).or_insert(0) += 1;
            }
        }
        state.evolve(&event);
        states.push((state, envelope.position, event));
    }
    assert!(references.values().all(|recorded| *recorded == 1), "nothing is recorded twice");

    let mut acknowledged = HashMap::new();
    for Answer { stream, key, reference, committed } in answers {
        let at = usize::try_from(committed.revision().get()).unwrap();
        let (state, position, event) = &states[&format!("account:{stream}")][at - 1];
        assert_eq!((committed.state(), committed.position()), (state, *position));
        assert_eq!(committed.events(), std::slice::from_ref(event));
        if let AccountEvent::Deposited { reference: recorded, .. } = event {
            assert_eq!(reference.as_ref(), Some(recorded));
        }
        // One event is told to one command, or to all that have its key.
        if let Some(other) = acknowledged.insert((stream, at), key.clone()) {
            assert!(other.is_some() && other == key, "{other:?} and {key:?}");
        }
    }
}

#[test]
fn every_answer_is_what_the_log_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fault = proptest::option::weighted(
        0.08,
        prop_oneof![Just(Fault::RequestLost), Just(Fault::AnswerLost)],
    );
    let case = (vec(vec(request(), 12), 24), vec(fault, 100..200), any::<bool>());
    let mut runner = TestRunner::default();
    for _ in 0..40 {
        // What is run is not the same twice, so there is nothing to be shrunk.
        let (tasks, faults, pipelined) = case.new_tree(&mut runner).unwrap().current();
        runtime.block_on(run(tasks, faults, pipelined));
    }
}
