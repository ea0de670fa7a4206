//! Retired routes: what must hold before their files go, and the patch that removes them.
