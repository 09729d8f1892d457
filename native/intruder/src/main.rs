//! Tries to get out of where it is, one way after another, and reports how each attempt ended. For tests only.
//!
//! ```text
//! boxlite-intruder try [TARGET=VALUE…]   every attempt whose targets are named; a line `NAME<tab>OUTCOME` for each
//! boxlite-intruder careless PROGRAM …    executes a program as an owner would who left all that it has within reach
//! boxlite-intruder victim                another VMM: says where its secrets are, and waits for the end of stdin
//! boxlite-intruder handle PATH           a file's handle, in hexadecimal
//! ```
//!
//! An outcome is `ok`, the name of an error, or `SIGSYS`: the call was trapped by a filter. This program goes on after that, as a real intruder
//! could.

mod attempt;
mod bombs;
mod careless;
mod files;
mod guest;
mod kernel;
mod mounts;
mod privileges;
mod processes;
mod sockets;
mod sys;
mod targets;
mod victim;

use std::process::ExitCode;

use attempt::Attempt;
use targets::Targets;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["try", targets @ ..] => attempt::all(&attempts(), &Targets::parse(targets)),
        ["careless", program, args @ ..] => careless::execute(program, args),
        ["victim"] => victim::wait(),
        ["handle", path] => files::handle_of(path).map(|handle| println!("{handle}")),
        // Executed from a file with the set-user-ID bit: whether that meant something.
        ["changed"] => privileges::changed(),
        _ => {
            eprintln!("what to do? See native/intruder/src/main.rs.");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("boxlite-intruder: {error}");
            ExitCode::FAILURE
        }
    }
}

/// In the order in which they are made; what cannot be undone comes last.
fn attempts() -> Vec<Attempt> {
    [
        files::ATTEMPTS,
        sockets::ATTEMPTS,
        processes::ATTEMPTS,
        kernel::ATTEMPTS,
        mounts::ATTEMPTS,
        privileges::ATTEMPTS,
        guest::ATTEMPTS,
        bombs::ATTEMPTS,
    ]
    .concat()
}
