use annals::Event;

#[derive(Event)]
struct Opened {
    owner: String,
}

fn main() {}
