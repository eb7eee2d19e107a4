use annals::Event;

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    Opened,
    #[event("opened")]
    Reopened,
}

fn main() {}
