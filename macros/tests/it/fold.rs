//! Folds: which events change which fields, in which order.

use annals::{Event, Fold};

#[derive(Debug, Clone, PartialEq, Event)]
enum CartEvent {
    #[event("item-added")]
    Added { item: String, price: u64 },
    #[event("item-removed")]
    Removed { item: String, price: u64 },
    #[event("discounted")]
    Discounted(Option<u64>),
    #[event("swapped")]
    Swapped,
    #[event("emptied")]
    Emptied,
    #[event("looked-at")]
    LookedAt { by: String },
}

use CartEvent::{Added, Discounted, Emptied, LookedAt, Removed, Swapped};

#[derive(Debug, Default, Clone, PartialEq, Fold)]
#[fold(CartEvent)]
#[fold(ignore(LookedAt, Discounted(..)))]
struct Cart {
    #[fold(Added { price, .. } => self.total + price)]
    #[fold(Removed { price, .. } => self.total - price)]
    #[fold(Emptied => 0)]
    total: u64,
    #[fold(
        Added { item, .. } => |items| items.push(item.clone()),
        Removed { item, .. } => |items| items.retain(|other| other != item),
        Emptied => Vec::new(),
    )]
    items: Vec<String>,
    #[fold(Added { .. } | Removed { .. } => self.changes + 1)]
    changes: u32,
    #[fold(Added { price, .. } if *price > 100 => true)]
    is_expensive: bool,
    #[fold(Discounted(Some(percent)) => *percent, Discounted(None) => 0)]
    discount: u64,
    #[fold(Swapped => self.right)]
    left: u8,
    #[fold(Swapped => self.left)]
    right: u8,
    untouched: u8,
}

fn added(item: &str, price: u64) -> CartEvent {
    Added { item: item.into(), price }
}

fn fold<F: Fold>(mut state: F, events: impl IntoIterator<Item = F::Event>) -> F {
    for event in events {
        state.evolve(&event);
    }
    state
}

#[test]
fn a_field_takes_the_value_of_the_arm_that_fits() {
    let cart = fold(Cart::default(), [added("tea", 3), added("pot", 40)]);
    assert_eq!(cart.total, 43);
    assert_eq!(cart.changes, 2);
}

#[test]
fn a_field_is_changed_in_place_by_a_closure() {
    let removed = Removed { item: "tea".into(), price: 3 };
    let cart = fold(Cart::default(), [added("tea", 3), added("pot", 40), removed]);
    assert_eq!(cart.items, ["pot"]);
}

#[test]
fn a_field_may_have_arms_of_both_kinds() {
    let cart = fold(Cart::default(), [added("tea", 3), Emptied, added("cup", 5)]);
    assert_eq!(cart.items, ["cup"]);
}

#[test]
fn new_values_are_made_of_the_state_before_the_event() {
    let before = Cart { left: 1, right: 2, ..Cart::default() };
    let after = fold(before.clone(), [Swapped]);
    assert_eq!(after, Cart { left: 2, right: 1, ..before });
}

#[test]
fn an_arm_whose_guard_fails_changes_nothing() {
    assert!(!fold(Cart::default(), [added("tea", 100)]).is_expensive);
    assert!(fold(Cart::default(), [added("pot", 101)]).is_expensive);
}

#[test]
fn the_first_arm_that_fits_is_taken() {
    let cart = fold(Cart::default(), [Discounted(Some(7))]);
    assert_eq!(cart.discount, 7);
    assert_eq!(fold(cart, [Discounted(None)]).discount, 0);
}

#[test]
fn an_ignored_event_changes_nothing() {
    let before = fold(Cart::default(), [added("tea", 3)]);
    let after = fold(before.clone(), [LookedAt { by: "Ada".into() }]);
    assert_eq!(before, after);
}

#[test]
fn a_field_that_no_event_changes_keeps_its_value() {
    let before = Cart { untouched: 9, ..Cart::default() };
    assert_eq!(fold(before, [added("tea", 3), Swapped, Emptied]).untouched, 9);
}

/// The order of things, seen by fields that look at each other.
#[derive(Debug, Default, Clone, PartialEq, Fold)]
#[fold(CartEvent)]
#[fold(ignore(Added, Removed, Discounted, Emptied, LookedAt))]
struct Order {
    #[fold(Swapped => |first| first.push(self.value))]
    first: Vec<u64>,
    #[fold(Swapped => |second| second.push(self.first.iter().sum::<u64>() + self.value))]
    second: Vec<u64>,
    #[fold(Swapped if self.first.is_empty() => |third| third.push(1), Swapped => |third| third.push(2))]
    third: Vec<u64>,
    #[fold(Swapped => self.value + 10)]
    value: u64,
}

#[test]
fn changes_in_place_happen_in_the_order_of_fields_and_before_any_value_is_assigned() {
    let order = fold(Order { value: 1, ..Order::default() }, [Swapped]);
    assert_eq!(order.first, [1]);
    assert_eq!(order.second, [2]);
    assert_eq!(order.value, 11);
}

#[test]
fn guards_see_the_state_before_the_event_whatever_their_arms_do() {
    let order = fold(Order::default(), [Swapped, Swapped]);
    assert_eq!(order.third, [1, 2]);
}

#[derive(Debug, Default, PartialEq, Fold)]
#[fold(CartEvent, ignore(Added, Removed, Discounted, Swapped, Emptied, LookedAt))]
struct Nothing;

#[derive(Debug, Default, PartialEq, Fold)]
#[fold(CartEvent, ignore(Removed, Discounted, Swapped, Emptied, LookedAt))]
struct Pair(
    #[fold(Added { price, .. } => self.0 + price)] u64,
    #[fold(Added { item, .. } => |items| items.push(item.clone()))] Vec<String>,
);

#[test]
fn tuple_structs_and_unit_structs_are_folds_too() {
    assert_eq!(fold(Nothing, [Swapped]), Nothing);
    assert_eq!(fold(Pair::default(), [added("tea", 3)]), Pair(3, vec!["tea".into()]));
}

#[derive(Debug, Clone, PartialEq, Event)]
enum ShopEvent {
    #[event(nested)]
    Cart(CartEvent),
    #[event("shop-closed")]
    Closed,
}

#[derive(Debug, Default, PartialEq, Fold)]
#[fold(ShopEvent)]
#[fold(ignore(Cart(Removed { .. } | Discounted(_) | Swapped | Emptied | LookedAt { .. })))]
struct Shop {
    #[fold(Cart(Added { price, .. }) => self.sold + price, Closed => 0)]
    sold: u64,
}

#[test]
fn the_events_of_a_nested_enum_are_told_apart() {
    let shop = fold(Shop::default(), [ShopEvent::Cart(added("tea", 3)), ShopEvent::Cart(Swapped)]);
    assert_eq!(shop.sold, 3);
    assert_eq!(fold(shop, [ShopEvent::Closed]).sold, 0);
}

#[derive(Debug, Default, PartialEq, Fold)]
#[fold(CartEvent, ignore(Removed, Discounted, Swapped, Emptied, LookedAt))]
struct Leaving {
    #[fold(Added { price, .. } => { if *price == 0 { return 1; } *price })]
    value: u64,
    #[fold(Added { price, .. } => |seen| {
        if *price == 0 { return; }
        seen.push(*price);
    })]
    seen: Vec<u64>,
    #[fold(Added { .. } => self.count + 1)]
    count: u64,
}

#[test]
fn a_return_leaves_its_arm_and_no_other() {
    let leaving = fold(Leaving::default(), [added("air", 0)]);
    assert_eq!(leaving, Leaving { value: 1, seen: Vec::new(), count: 1 });
}
