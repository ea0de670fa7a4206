import { withAuth } from "@/lib/auth";
import { query } from "@/lib/db";
import { corsOptions } from "@/lib/endpoint";

const USERS = `select u.id, u.email, u.name, u.role::text, u."tenantId", u.status::text, u."createdAt", u."updatedAt", u.phone,
  u."phoneCountryCode", u."profilePictureUrl", u."preferredLanguage", u.timezone, u."departmentId", u."approvalStatus"::text,
  u."approvalMessage", u."approvedById", u."invitedById", u."chatbotAccessStatus"::text,
  array(select a."contactId" from chatbot_contact_access a where a."phoneUserId" = u."chatbotPhoneUserId")
    as "chatbotContactIds", u.metadata
  from users u order by u."createdAt" desc, u.id`;

export const GET = withAuth("GET /api/admin/users", async () => {
  const users = await query(USERS);
  return Response.json({ users, total: users.length });
});

export const OPTIONS = corsOptions();
