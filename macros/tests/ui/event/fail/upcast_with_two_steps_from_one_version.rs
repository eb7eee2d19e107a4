use annals::Event;

#[derive(Event)]
#[event("opened", version = 2, upcast(1 = Ok, 1 = Ok))]
struct Opened;

fn main() {}
