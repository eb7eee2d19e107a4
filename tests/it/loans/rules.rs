//! Decisions on applications, without any store; and what an older program has written.

use annals::{Event, Payload, SchemaVersion};
use annals_testkit::given;

use super::example::{
    domain::{
        Advance, Application, ApplicationEvent, CompleteWork, Occasion, Refused, StartWork, State,
        StateEvent, Submit, Work, WorkEvent,
    },
    moment::Moment,
};

fn at(entry: u32) -> Occasion {
    let happened_at = Moment::new(1_325_408_400_000 + 1_000 * i64::from(entry), 3_600);
    Occasion { entry, happened_at, resource: Some("112".to_owned()) }
}

fn submitted() -> ApplicationEvent {
    let (registered_at, occasion) = (at(0).happened_at, at(1));
    ApplicationEvent::State(StateEvent::Submitted { cents: 500_000, registered_at, occasion })
}

#[test]
fn an_application_is_submitted_first_and_once() {
    let submit = |entry| {
        let (registered_at, occasion) = (at(0).happened_at, at(entry));
        Submit { cents: 500_000, registered_at, occasion }
    };
    given::<Application>([]).when(submit(1)).then([submitted()]);
    let state = Some(State::Submitted);
    let twice = Refused::State { from: state, to: State::Submitted };
    given::<Application>([submitted()]).when(submit(2)).then_rejected(twice);
    let to = State::Declined;
    let nothing = Refused::State { from: None, to };
    given::<Application>([]).when(Advance { to, occasion: at(1) }).then_rejected(nothing);
}

#[test]
fn approved_registered_and_activated_come_in_any_order_each_once() {
    let states = [
        StateEvent::PartlySubmitted(at(2)),
        StateEvent::Preaccepted(at(3)),
        StateEvent::Accepted(at(4)),
        StateEvent::Finalised(at(5)),
        StateEvent::Activated(at(6)),
    ];
    let events: Vec<_> =
        [submitted()].into_iter().chain(states.map(ApplicationEvent::State)).collect();
    let advance = |to| Advance { to, occasion: at(7) };
    let approved = ApplicationEvent::State(StateEvent::Approved(at(7)));
    given::<Application>(events.clone()).when(advance(State::Approved)).then([approved]);
    for to in [State::Activated, State::Declined, State::Cancelled] {
        let refused = Refused::State { from: Some(State::Activated), to };
        given::<Application>(events.clone()).when(advance(to)).then_rejected(refused);
    }
}

#[test]
fn work_that_nobody_started_may_be_completed_but_not_work_that_nobody_scheduled() {
    let work = Work::AssessFraud;
    let partly = ApplicationEvent::State(StateEvent::PartlySubmitted(at(2)));
    let scheduled = ApplicationEvent::Work(WorkEvent::Scheduled { work, occasion: at(3) });
    let start = StartWork { work, occasion: at(4) };
    let never = Refused::NotScheduled(work);
    given::<Application>([submitted(), partly.clone()]).when(start).then_rejected(never);
    let complete = CompleteWork { work, occasion: at(4) };
    let completed = WorkEvent::Completed { work, started_at: None, occasion: at(4) };
    given::<Application>([submitted(), partly, scheduled])
        .when(complete)
        .then([ApplicationEvent::Work(completed)]);
}

#[test]
fn an_amount_that_was_written_in_euros_is_read_in_cents() {
    let occasion = r#"{"entry":1,"happened_at":"2012-01-01T10:00:01.000+01:00","resource":"112"}"#;
    let registered_at = "2012-01-01T10:00:00.000+01:00";
    let written =
        format!(r#"{{"euros":5000,"registered_at":"{registered_at}","occasion":{occasion}}}"#);
    let payload: Payload = written.into();
    let name = "application-submitted";
    let read = ApplicationEvent::decode(name, SchemaVersion::FIRST, &payload).unwrap();
    assert_eq!(read, Some(submitted()));
    assert_eq!(submitted().schema_version().get(), 2);
}
