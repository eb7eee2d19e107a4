use annals::Event;

#[derive(Event)]
#[event("opened")]
struct Opened {
    #[event("owner")]
    owner: String,
}

fn main() {}
