use annals::Event;

#[derive(Event)]
#[event("opened", version = 1, version = 1)]
struct Opened;

fn main() {}
