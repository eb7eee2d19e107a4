//! Read models that are built anew, and those that do not come to an end.

use std::time::Duration;

use annals::{
    Action, Aggregate, Append, Clock, EventId, EventType, Expected, Metadata, NewEvent,
    SchemaVersion, SystemClock,
};

use super::{
    example::{
        domain::Application,
        import::{How, import},
        models::Models,
        source::Source,
    },
    places::{fresh_file, open, program},
};

fn rebuild(store: &str) -> (Option<i32>, String) {
    let output = program(&["rebuild", "funnel", "--store", store]).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_paused_or_has_halted_says_so() {
    let url = fresh_file();
    let annals = open(&url).await;
    let source = Source::Generated { cases: 20, seed: 1 };
    import(&annals, &source, How::default()).await.unwrap();
    let (code, printed) = rebuild(&url);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains(": rebuilt; build 2 is read\n"), "{printed}");

    let running = Models::new(&annals).follow(&annals, false).await.unwrap();
    let operator = annals.operator();
    let patience = Duration::from_secs(30);
    operator.ask("funnel", Action::Pause, "a test", patience).await.unwrap();
    running.stop().await.unwrap();
    let (code, printed) = rebuild(&url);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("paused"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_has_halted_says_why() {
    let url = fresh_file();
    let annals = open(&url).await;
    let source = Source::Generated { cases: 20, seed: 1 };
    import(&annals, &source, How::default()).await.unwrap();
    let submitted = EventType::parse("application-submitted").unwrap();
    let (id, version) = (EventId::at(SystemClock.now()), SchemaVersion::FIRST);
    let unreadable =
        NewEvent::new(id, submitted, version, "[]".into(), Metadata::default()).unwrap();
    let stream = Application::stream("1").id().unwrap().clone();
    let append = Append::new(stream, Expected::Any, vec![unreadable]).unwrap();
    annals.store().append(&append).await.unwrap();
    let (code, printed) = rebuild(&url);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("it has halted: "), "{printed}");
}
