//! Help, completions, colours.

use crate::{
    account::deposit,
    place::{Place, everywhere},
    tool::Tool,
};

everywhere!(colours_are_where_they_are_wanted);

/// Every verb, as it is written.
const VERBS: [&str; 27] = [
    "info",
    "streams",
    "read",
    "tail",
    "trace",
    "stats",
    "verify",
    "projections",
    "projections list",
    "projections status",
    "projections pause",
    "projections resume",
    "projections rebuild",
    "projections cancel",
    "projections wait",
    "projections withdraw",
    "projections history",
    "projections compare",
    "parked",
    "parked list",
    "parked show",
    "parked replay",
    "parked discard",
    "migrate",
    "export",
    "import",
    "completions",
];

#[test]
fn the_help_of_every_verb_has_an_example_of_it() {
    for verb in VERBS {
        let args: Vec<_> = verb.split(' ').chain(["--help"]).collect();
        let help = Tool::new(&args).run().done();
        let (_, examples) = help.split_once("Examples:").expect(verb);
        assert!(examples.contains(&format!("annals {verb}")), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
}

#[test]
fn help_can_be_asked_for_like_any_verb() {
    for (args, verb) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "tail"], &["tail", "--help"]),
        (&["help", "projections", "wait"], &["projections", "wait", "--help"]),
        (&["parked", "help", "list"], &["parked", "list", "--help"]),
    ] {
        assert_eq!(Tool::new(args).run().done(), Tool::new(verb).run().done(), "{args:?}");
    }
}

#[test]
fn the_help_says_what_exit_codes_mean_and_shows_no_password() {
    let url = "postgres://ada:secret@db/bank";
    let help = Tool::new(&["--help"]).env("ANNALS_STORE", url).run().done();
    assert!(help.contains("Exit codes:") && help.contains("130  interrupted"), "{help}");
    assert!(!help.contains("secret"), "{help}");
}

#[test]
fn shells_complete_verbs() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Tool::new(&["completions", shell]).run().done();
        assert!(script.contains("projections") && script.contains("annals"), "{shell}");
    }
}

async fn colours_are_where_they_are_wanted(place: Place) {
    deposit(&place.open().await, "ada", &[1]).await;
    let coloured = |names: &[(&str, &str)], args| {
        let tool = names.iter().fold(place.tool(args), |tool, (name, value)| tool.env(name, value));
        tool.run().done().contains('\u{1b}')
    };
    assert!(!coloured(&[], ["streams", "-y"]), "a pipe");
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(coloured(&[forced], ["streams", "-y"]));
    assert!(!coloured(&[forced, ("NO_COLOR", "1")], ["streams", "-y"]));
    assert!(coloured(&[forced, ("NO_COLOR", "")], ["streams", "-y"]), "empty is not set");
    assert!(!coloured(&[forced], ["streams", "--json"]));
}
