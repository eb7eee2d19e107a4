use annals::Event;

#[derive(Event)]
#[allow(non_camel_case_types)]
enum r#enum {
    #[event("typed")]
    r#type { r#match: u8, r#ref: u8 },
    #[event("loop")]
    r#loop,
}

#[derive(Event)]
#[event("struct")]
#[allow(non_camel_case_types)]
struct r#struct {
    r#fn: u8,
}

fn main() {
    let payload = r#enum::r#type { r#match: 1, r#ref: 2 }.encode().unwrap();
    assert_eq!(payload.as_bytes(), br#"{"match":1,"ref":2}"#);
}
