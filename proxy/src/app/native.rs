//! Starting the native handlers, or saying in one clause why they are off.

use std::sync::Arc;

use handlers::kit::Routes;
use handlers::{Native, Seams, Settings};
use tokio::runtime::Handle;

use super::StartError;
use crate::backend::native::NativeBackend;
use crate::config::Config;

/// The variable that names the app's database, unless the configuration does.
const DATABASE_URL: &str = "DATABASE_URL";

pub(super) async fn start(config: &Config, more: Vec<Routes>) -> Result<NativeBackend, StartError> {
    let url = config
        .database
        .url
        .clone()
        .or_else(|| config.environment.get(DATABASE_URL));
    if url.is_none() {
        return Ok(NativeBackend::Off {
            reason: Arc::from("no database: set DATABASE_URL, or `database.url` in the configuration"),
        });
    }
    let lookup = |name: &str| {
        if name == DATABASE_URL {
            url.clone()
        } else {
            config.environment.get(name)
        }
    };
    let settings = Settings::from_lookup(lookup).map_err(|error| StartError::Native(error.to_string()))?;
    let native = Native::start_with(settings, Seams::production(), more)
        .await
        .map_err(|error| StartError::Native(error.to_string()))?;
    Ok(NativeBackend::On {
        native,
        workshop: Handle::current(),
    })
}
