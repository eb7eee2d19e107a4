use annals::Event;

#[derive(Event)]
#[event("opened")]
#[serde(default)]
struct Opened {
    owner: String,
}

fn main() {}
