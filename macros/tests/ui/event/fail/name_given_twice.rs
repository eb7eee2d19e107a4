use annals::Event;

#[derive(Event)]
#[event("account-opened", "opened")]
struct Opened;

fn main() {}
