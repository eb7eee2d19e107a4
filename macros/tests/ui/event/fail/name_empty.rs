use annals::Event;

#[derive(Event)]
#[event("")]
struct Opened;

fn main() {}
