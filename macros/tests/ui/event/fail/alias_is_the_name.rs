use annals::Event;

#[derive(Event)]
#[event("opened", alias = "opened")]
struct Opened;

fn main() {}
