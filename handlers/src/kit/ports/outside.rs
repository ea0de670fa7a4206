//! The real services behind calls, each by its name.

use async_trait::async_trait;

use super::labsmobile::{self, LabsMobile};
use crate::kit::calls::{CallAnswer, CallError, CallPort, CallRequest};
use crate::kit::effects::Sms;

/// Makes every call that an endpoint may make.
#[derive(Clone, Debug)]
pub struct Outside {
    sms: LabsMobile,
}

impl Outside {
    /// Over the services that exist.
    #[must_use]
    pub fn new(sms: LabsMobile) -> Self {
        Self { sms }
    }
}

#[async_trait]
impl CallPort for Outside {
    async fn call(&self, request: &CallRequest) -> Result<CallAnswer, CallError> {
        let unknown = CallError::NotConfigured(request.service);
        match request.service {
            labsmobile::SERVICE => match serde_json::from_value::<Sms>(request.payload.clone()) {
                Ok(sms) => self.sms.send_now(&sms).await,
                Err(_) => Err(unknown),
            },
            _ => Err(unknown),
        }
    }
}
