use annals::Event;

#[derive(Event)]
#[event(opened)]
struct Opened;

fn main() {}
