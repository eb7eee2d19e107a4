use annals::Event;

#[derive(Event)]
#[event("opened", version = 2, upcast(1 = Ok, 2 = Ok))]
struct Opened;

fn main() {}
