import { query, queryOne } from "./db";
import { named } from "./endpoint";

/** Tenants as the console and the login page see them, payment credentials in their settings included. */

type Settings = { branding?: { logoUrl?: string | null }; customization?: unknown; paymentReturnHomeUrl?: string | null } & Record<string, unknown>;
export type Tenant = { id: string; logoUrl: string | null; settings: unknown } & Record<string, unknown>;

/** Old rows hold a JSON string instead of an object. */
export function settingsOf(stored: unknown): Settings {
  if (typeof stored === "string") {
    try {
      return settingsOf(JSON.parse(stored));
    } catch {
      return {};
    }
  }
  return typeof stored === "object" && stored !== null ? (stored as Settings) : {};
}

export async function listTenants() {
  return query(
    `select t.id, t.name, t.domain, t."isActive",
       case when jsonb_typeof(t.settings) in ('object', 'array') then t.settings end as settings,
       (select count(*)::int from users where "tenantId" = t.id) as "userCount",
       (select count(*)::int from trademarks where "tenantId" = t.id) as "trademarkCount",
       0 as "memorySessionCount", t."createdAt", t."updatedAt"
     from tenants t order by t."createdAt" desc, t.id`,
  );
}

export async function showTenant(id: string) {
  const tenant = await queryOne<Tenant>(
    `select id, name, domain, subdomain, "displayName", "legalName", tagline, "contactEmail", "contactPhone", "websiteUrl",
       industry, "addressLine1", "addressLine2", city, state, "postalCode", country, "primaryColor", "logoUrl", "logoWidth",
       "logoHeight", "logoMimeType", "logoBlurData", "logoUpdatedAt", "isActive", settings, "createdAt", "updatedAt"
     from tenants where id = $1`,
    [id],
  );
  if (!tenant) throw named(404, "Tenant not found");
  return { ...tenant, paymentReturnHomeUrl: settingsOf(tenant.settings).paymentReturnHomeUrl ?? null };
}

export async function findTenant(key: string): Promise<Tenant | null> {
  return queryOne<Tenant>(
    `select id, name, subdomain, domain, "logoUrl", settings from tenants
     where subdomain = $1 or id = $1 or domain = $1 order by id limit 1`,
    [key],
  );
}

export function logoUrlOf(tenant: Tenant): string | null {
  return settingsOf(tenant.settings).branding?.logoUrl || tenant.logoUrl;
}

/** The logo goes into the column and into `settings.branding`, other keys of both stay. */
export async function storeLogo(tenantId: string, mimeType: string, dataUrl: string): Promise<void> {
  const tenant = await queryOne<Tenant>(`select id, "logoUrl", settings from tenants where id = $1`, [tenantId]);
  if (!tenant) throw named(404, "Tenant not found");
  const settings = settingsOf(tenant.settings);
  const merged = { ...settings, branding: { ...settings.branding, logoUrl: dataUrl } };
  await query(`update tenants set "logoUrl" = $1, "logoMimeType" = $2, "logoUpdatedAt" = $3, settings = $4 where id = $5`, [
    dataUrl,
    mimeType,
    new Date(),
    merged,
    tenantId,
  ]);
}
