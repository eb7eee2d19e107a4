use annals::Event;

#[derive(Event)]
#[event("opened", version = 20260101)]
struct Opened;

fn main() {}
