use annals::Event;

#[derive(Event)]
#[event("opened", version = 4, upcast(1 = Ok, 3 = Ok))]
struct Opened;

fn main() {}
