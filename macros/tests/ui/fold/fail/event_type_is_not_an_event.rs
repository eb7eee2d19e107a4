use annals::Fold;

enum Other {
    Counted,
}

#[derive(Default, Fold)]
#[fold(Other)]
struct Counter {
    #[fold(Counted => self.count + 1)]
    count: u64,
}

fn main() {}
