use annals::Event;

#[derive(Event)]
#[event("opened", upcast(1 = Ok))]
struct Opened;

fn main() {}
