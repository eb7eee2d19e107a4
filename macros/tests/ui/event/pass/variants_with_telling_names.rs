use annals::Event;

#[derive(Event)]
enum Outcome {
    #[event("ok")]
    Ok { value: u8 },
    #[event("err")]
    Err(u8),
    #[event("error")]
    Error,
    #[event("some")]
    Some(u8, u8),
    #[event("none")]
    None,
    #[event("event")]
    Event { event: u8, content: u8 },
    #[event("names")]
    Names,
    #[event("outcome")]
    Outcome,
}

fn main() {
    assert_eq!(Outcome::Outcome.event_type().as_str(), "outcome");
}
