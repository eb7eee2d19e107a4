use annals::Event;

#[derive(Event)]
#[event("opened", version = 0)]
struct Opened;

fn main() {}
