//! An exception that was raised in another process, from its description.

use super::classes::Class;
use super::exception::{Exception, Place, SyntaxPlace};
use crate::object::Object;
use crate::script::Source;
use serde::Deserialize;
use std::sync::{Arc, OnceLock};

/// What is sent of an exception and of those that led to it.
#[derive(Debug, Deserialize)]
pub(crate) struct Remote {
    /// The names of the class and its bases, as printed and bare.
    classes: Vec<(String, String)>,
    message: String,
    suggestion: Option<String>,
    places: Vec<RemotePlace>,
    notes: Vec<String>,
    cause: Option<Box<Remote>>,
    context: Option<Box<Remote>>,
    members: Vec<Remote>,
    syntax: Option<RemoteSyntax>,
}

/// A line of the traceback, with its text: the file is on another machine, or nowhere.
#[derive(Debug, Deserialize)]
struct RemotePlace {
    file: String,
    line: u32,
    function: String,
    /// Without indentation, which the columns do not count either.
    text: String,
    columns: Option<(usize, usize)>,
}

#[derive(Debug, Deserialize)]
struct RemoteSyntax {
    file: String,
    line: u32,
    column: u32,
    end_column: u32,
    text: Option<String>,
    message: String,
}

impl Exception {
    /// The exception; `object` is what came of pickling it.
    pub(crate) fn remote(remote: Remote, object: Option<Object>) -> Exception {
        let inner = |remote: Box<Remote>| Box::new(Exception::remote(*remote, None));
        Exception {
            message: remote.message,
            suggestion: remote.suggestion,
            places: remote.places.into_iter().map(Place::from).collect(),
            notes: remote.notes,
            cause: remote.cause.map(inner),
            context: remote.context.map(inner),
            members: remote
                .members
                .into_iter()
                .map(|member| Exception::remote(member, None))
                .collect(),
            syntax: remote.syntax.map(SyntaxPlace::from),
            object,
            stopped: false,
            classes: Class::new(remote.classes),
            frames: OnceLock::new(),
            traceback: OnceLock::new(),
        }
    }
}

impl From<RemotePlace> for Place {
    fn from(place: RemotePlace) -> Place {
        let source = Source::new(place.text.into(), place.file.clone(), place.line, 1);
        Place {
            file: place.file,
            line: place.line,
            function: place.function,
            source: Some(Arc::new(source)),
            columns: place.columns,
        }
    }
}

impl From<RemoteSyntax> for SyntaxPlace {
    fn from(place: RemoteSyntax) -> SyntaxPlace {
        SyntaxPlace {
            file: place.file,
            line: place.line,
            column: place.column,
            end_column: place.end_column,
            text: place.text,
            message: place.message,
        }
    }
}
