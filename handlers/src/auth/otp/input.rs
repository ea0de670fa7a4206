//! What more than one endpoint takes.

use schemars::JsonSchema;
use serde_json::Value;

use crate::domain::phone::{Phone, PhoneError};
use crate::kit::extract::json::{self, Json};

/// A phone, and whose tenant it is about.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(super) struct PhoneOfTenant {
    /// A number in national or international form.
    #[schemars(with = "String")]
    phone: Value,
    /// The code of a national number, such as `+51`.
    #[schemars(with = "Option<String>", default)]
    country_code: Value,
    /// The tenant, by its id, its key or its host name.
    tenant_id: Option<String>,
    /// The host name of the page, when no tenant is named.
    host: Option<String>,
}

impl PhoneOfTenant {
    pub(super) fn read(body: &Json) -> Self {
        let raw = |field: &str| body.raw(field).cloned().unwrap_or_default();
        let text = |field: &str| body.text(field).map(str::to_owned);
        Self {
            phone: raw("phone"),
            country_code: raw("countryCode"),
            tenant_id: text("tenantId"),
            host: text("host"),
        }
    }

    /// # Errors
    /// The first rule that is broken.
    pub(super) fn phone(&self) -> Result<Phone, PhoneError> {
        Phone::from_fields(Some(&self.phone), Some(&self.country_code))
    }

    /// Whether there is none, as JavaScript sees it.
    pub(super) fn lacks_phone(&self) -> bool {
        !json::is_truthy(Some(&self.phone))
    }

    /// The tenant that is named.
    pub(super) fn tenant(&self) -> Option<&str> {
        self.tenant_id.as_deref().or(self.host.as_deref())
    }
}
