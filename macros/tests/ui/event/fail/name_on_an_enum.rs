use annals::Event;

#[derive(Event)]
#[event("account")]
enum AccountEvent {
    #[event("opened")]
    Opened,
}

fn main() {}
