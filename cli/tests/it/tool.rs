//! The binary, and what it says.

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The tool, about to be run.
pub(crate) struct Tool(Command);

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tool {
    pub(crate) fn new(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_annals"));
        for name in ["ANNALS_STORE", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// With one more argument.
    pub(crate) fn with(mut self, arg: &str) -> Self {
        self.0.arg(arg);
        self
    }

    /// With something to be read from stdin.
    pub(crate) fn fed(mut self) -> Self {
        self.0.stdin(Stdio::piped());
        self
    }

    pub(crate) fn start(mut self) -> Child {
        self.0.spawn().unwrap()
    }

    pub(crate) fn run(self) -> Ran {
        Ran::of(self.start())
    }
}

impl Ran {
    /// What came of it in the end.
    pub(crate) fn of(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().expect("it ends by itself");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// What it printed, since all went well.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, &*self.err), (0, ""), "{self:?}");
        self.out
    }

    /// The lines of JSON that it printed, since all went well.
    #[track_caller]
    pub(crate) fn json(self) -> Vec<Value> {
        self.done().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What it said when it failed, with that code.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert!(!self.err.contains("panicked at"), "{self:?}");
        self.err
    }
}

/// A value with the names of types in place of what is in it; of a list, the first.
pub(crate) fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => items.iter().take(1).map(shape).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, it)| (name.clone(), shape(it))).collect()
        }
    }
}
