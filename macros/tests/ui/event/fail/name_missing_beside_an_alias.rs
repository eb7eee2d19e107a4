use annals::Event;

#[derive(Event)]
#[event(alias = "account-opened")]
struct Opened;

fn main() {}
