use annals::Event;

#[derive(Event)]
#[event("opened")]
struct Opened(#[serde(skip)] u64);

fn main() {}
