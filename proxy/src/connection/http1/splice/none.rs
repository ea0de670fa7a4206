//! Where the system moves no bytes from socket to socket for us, every body takes the ordinary way.

use std::convert::Infallible;
use std::task::{Context, Poll};

use crate::body::Body;
use crate::connection::http1::answer::Framing;
use crate::connection::http1::output::Broken;
use crate::framing::Socket;
use crate::listen::ClientStream;

/// There is none.
#[derive(Debug)]
pub(in crate::connection::http1) struct Splice(Infallible);

impl Splice {
    pub(in crate::connection::http1) fn fits(_: &Socket<ClientStream>, _: &mut Body, _: &Framing) -> bool {
        false
    }

    pub(in crate::connection::http1) fn begin() -> Option<Self> {
        None
    }

    pub(in crate::connection::http1) fn poll(
        &mut self,
        _: &mut Context<'_>,
        _: &Socket<ClientStream>,
        _: &mut Body,
        _: &mut Framing,
        _: &mut impl FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Result<(), Broken>> {
        match self.0 {}
    }

    pub(in crate::connection::http1) fn finish(self) {
        match self.0 {}
    }
}
