use annals::Event;

#[derive(Event)]
#[event("account\topened")]
struct Opened;

fn main() {}
