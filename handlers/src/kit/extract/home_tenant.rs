//! The tenant that a login by phone belongs to (auth contract, "Tenant resolution for chat login").

use sqlx::PgConnection;

use crate::kit::fault::Stop;
use crate::kit::unit::UnitOfWork;

/// Where those belong who name no tenant that is known.
const DEFAULT: &str = "default";

/// `resolveTenantId`: an id, a subdomain or a host; what looks like an id is taken as one.
///
/// # Errors
/// A fault when the database fails.
pub async fn resolve(unit: &mut impl UnitOfWork, input: Option<&str>) -> Result<String, Stop> {
    let input = input.unwrap_or_default().trim();
    if input.is_empty() || input == DEFAULT {
        return Ok(DEFAULT.to_owned());
    }
    if let Some(id) = tenant(unit.lookup().await?, input, &host_variants(input)).await? {
        return Ok(id);
    }
    let looks_like_id = input.len() >= 12 && input.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let tagged = input
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("tenant_"));
    Ok(if looks_like_id || tagged { input } else { DEFAULT }.to_owned())
}

fn host_variants(input: &str) -> Vec<String> {
    let lower = input.to_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
        .unwrap_or(&lower);
    let host = rest.split('/').next().unwrap_or_default();
    let without_port = host.split(':').next().unwrap_or_default();
    let mut variants: Vec<String> = [host, without_port]
        .into_iter()
        .flat_map(|host| [host, host.strip_prefix("www.").unwrap_or(host)])
        .filter(|host| !host.is_empty())
        .map(str::to_owned)
        .collect();
    variants.sort();
    variants.dedup();
    variants
}

async fn tenant(db: &mut PgConnection, input: &str, hosts: &[String]) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        r#"select id from tenants
           where id = $1 or subdomain = $1 or domain = any($2)
           order by (id = $1) desc, coalesce(subdomain = $1, false) desc, "createdAt", id
           limit 1"#,
    )
    .bind(input)
    .bind(hosts)
    .fetch_optional(db)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_tried_without_port_and_without_www() {
        assert_eq!(
            host_variants("https://www.Acme.example:8080/x"),
            [
                "acme.example",
                "acme.example:8080",
                "www.acme.example",
                "www.acme.example:8080"
            ]
        );
    }
}
