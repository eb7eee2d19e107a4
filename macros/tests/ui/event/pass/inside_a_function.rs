use annals::Event;

fn main() {
    struct Inner;

    #[derive(Event)]
    enum Local {
        #[event("opened", version = 2, upcast(1 = same))]
        Opened { amount: Amount },
        #[event("closed")]
        Closed(Amount),
    }

    type Amount = u64;

    fn same(content: serde_json::Value) -> Result<serde_json::Value, annals::UpcastError> {
        let Inner = Inner;
        Ok(content)
    }

    assert_eq!(Local::NAMES, ["opened", "closed"]);
}
