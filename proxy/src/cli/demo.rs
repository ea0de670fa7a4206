//! `ficus demo`: everything on this machine, to look at or to check. The walk itself is [`proxy::demo`].
