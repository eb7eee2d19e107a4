use annals::Event;

#[derive(Event)]
enum AccountEvent {
    #[event("opened", alias = "reopened")]
    Opened,
    #[event("reopened")]
    Reopened,
}

fn main() {}
