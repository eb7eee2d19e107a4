use annals::Event;

#[derive(Event)]
#[event(7)]
struct Opened;

fn main() {}
