//! Starts a server, prints its folder, and runs until its input ends: for the tests to kill.

use std::io;

use annals_test_postgres::{Binaries, Result, Server};

fn main() -> Result<()> {
    let server = Server::start(&Binaries::find()?, &[])?;
    println!("{}", server.folder().display());

    // An error ends the input, too.
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    Ok(())
}
