import { withAuth } from "@/lib/auth";
import { corsOptions } from "@/lib/endpoint";
import { readLenient, requireText } from "@/lib/input";
import { readSetting, writeSetting } from "@/lib/settings";

const KEY = "root_domain";
const DEFAULT_DOMAIN = "flowcast.chat";

export const GET = withAuth("GET /api/admin/system/root-domain", async () => {
  const stored = await readSetting([KEY]);
  const fallback = process.env.ROOT_DOMAIN || (stored ? "" : process.env.NEXT_PUBLIC_ROOT_DOMAIN) || DEFAULT_DOMAIN;
  return Response.json({ rootDomain: stored?.rootDomain || fallback });
});

export const PUT = withAuth("PUT /api/admin/system/root-domain", async (request) => {
  const rootDomain = requireText((await readLenient(request)).rootDomain, "rootDomain").trim();
  await writeSetting(KEY, { rootDomain });
  return Response.json({ rootDomain });
});

export const OPTIONS = corsOptions();
