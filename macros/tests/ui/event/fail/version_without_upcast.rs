use annals::Event;

#[derive(Event)]
#[event("opened", version = 3)]
struct Opened;

fn main() {}
