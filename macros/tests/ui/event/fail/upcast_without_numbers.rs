use annals::Event;

#[derive(Event)]
#[event("opened", version = 2, upcast(Ok))]
struct Opened;

fn main() {}
