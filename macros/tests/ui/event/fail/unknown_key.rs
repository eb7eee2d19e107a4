use annals::Event;

#[derive(Event)]
#[event("opened", rename = "reopened")]
struct Opened;

fn main() {}
