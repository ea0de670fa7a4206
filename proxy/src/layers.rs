//! The steps of the stack: one file, one job.

pub mod access_log;
pub mod admission;
pub mod canonical_path;
pub mod client_address;
pub mod deadline;
pub mod decide;
pub mod dispatch;
pub mod limits;
pub mod observe;
pub mod record;
pub mod request_id;
pub mod rescue;
pub mod server_timing;
pub mod shadow;
pub mod trace_context;

/// Declares a layer that wraps a step: `layered!(Rescue => RescueStep { })` gives `tower::Layer<S>` for `Rescue`.
macro_rules! layered {
    ($layer:ident => $step:ident { $($field:ident),* }) => {
        impl<S> tower::Layer<S> for $layer {
            type Service = $step<S>;

            fn layer(&self, inner: S) -> $step<S> {
                $step { inner, $($field: self.$field.clone()),* }
            }
        }
    };
}
pub(crate) use layered;
