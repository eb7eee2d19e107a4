use annals::{Event, Fold};

#[derive(Event)]
#[allow(non_camel_case_types)]
enum r#enum {
    #[event("typed")]
    r#type { r#match: u8 },
}

#[derive(Default, Fold)]
#[fold(r#enum)]
struct State {
    #[fold(r#type { r#match } => *r#match)]
    r#match: u8,
    #[fold(r#type => |r#type| r#type.push(self.r#match))]
    r#type: Vec<u8>,
}

fn main() {
    let mut state = State::default();
    state.evolve(&r#enum::r#type { r#match: 7 });
    assert_eq!((state.r#match, state.r#type), (7, vec![0]));
}
