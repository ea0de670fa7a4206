import { bare, endpoint, fixedError } from "@/lib/endpoint";
import { integerOr, queryText } from "@/lib/input";
import { searchTrademarks } from "@/lib/trademark-search";

export const runtime = "nodejs";
export const revalidate = 0;

const DEFAULT_LIMIT = 50;
const MOST_ROWS = 100;
const TEXT_FILTERS = ["brandName", "owner", "class", "country", "status"] as const;

export const GET = endpoint(
  "GET /api/search-unified",
  async (request) => {
    const started = Date.now();
    const text = (key: string) => queryText(request, key);
    const q = text("q");
    if (!q.trim()) throw bare(400, "Search query is required");
    const limit = Math.min(integerOr(text("limit"), DEFAULT_LIMIT), MOST_ROWS);
    const offset = Math.max(integerOr(text("offset"), 0), 0);
    const yearFrom = integerOr(text("yearFrom"), 0) || null;
    const yearTo = integerOr(text("yearTo"), 0) || null;
    const [brandName = "", owner = "", clase = "", country = "", status = ""] = TEXT_FILTERS.map(text);
    const found = await searchTrademarks({ q, brandName, owner, class: clase, country, status, yearFrom, yearTo, limit, offset });
    const given = Object.entries({ brandName, owner, class: clase, country, status, yearFrom, yearTo }).filter(([, value]) => value);
    return Response.json({
      ...found,
      searchTime: Date.now() - started,
      filters: { ...Object.fromEntries(given), limit, offset },
      pagination: { limit, offset, hasMore: offset + limit < found.totalCount },
    });
  },
  fixedError("Search failed"),
);
