mod accounts {
    use annals::Event;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Private {
        inner: u8,
    }

    #[derive(Event)]
    #[event("opened")]
    pub(super) struct Opened {
        private: Private,
    }

    #[derive(Event)]
    enum Hidden {
        #[event(nested)]
        Opened(Opened),
        #[event("closed")]
        Closed(Private, Private),
    }

    pub(super) fn names() -> usize {
        Hidden::NAMES.len()
    }
}

fn main() {
    assert_eq!(accounts::names(), 2);
    let _: Option<accounts::Opened> = None;
}
