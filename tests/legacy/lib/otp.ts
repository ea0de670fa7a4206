import bcrypt from "bcryptjs";
import { randomBytes, randomInt } from "node:crypto";
import { ensureAccess, resolveTenant, SessionError, userInAnswers, type PhoneUser } from "./chat-session";
import { query, queryOne, transaction } from "./db";
import { Failure } from "./endpoint";
import { shortId } from "./ids";
import { type Body } from "./input";
import { normalizePhone, PhoneError, type Phone } from "./phone";
import { codeMessage, sendSms, smsConfig } from "./sms";

/** Login by phone: a code is sent, the code is exchanged for a session. */

const CODE_LIFETIME_MS = 5 * 60 * 1000;
const RESEND_AFTER_SECONDS = 60;
const SESSION_LIFETIME_MS = 180 * 24 * 60 * 60 * 1000;
const MOST_ATTEMPTS = 5;
const MOST_SESSIONS = 5;
const HASH_COST = 10;

const refusal = (code: string, error: string) => new Failure(400, { error, code });

function phoneOf(body: Body): Phone {
  try {
    return normalizePhone(body.phone, body.countryCode);
  } catch (error) {
    if (error instanceof PhoneError) throw refusal("INVALID_PHONE", error.message);
    throw error;
  }
}

/** Written before the access check: unknown numbers get a row too, as in the legacy system. */
async function upsertPhoneUser(phone: Phone, tenantId: string): Promise<string> {
  const row = await queryOne<{ id: string }>(
    `insert into chatbot_phone_users (id, phone, "normalizedPhone", "countryCode", "tenantId", "createdAt", "updatedAt")
     values ($1, $2, $2, $3, $4, $5, $5)
     on conflict ("normalizedPhone", "tenantId") do update set "lastActiveAt" = $5,
       "countryCode" = coalesce($3, chatbot_phone_users."countryCode")
     returning id`,
    [shortId(), phone.normalized, phone.countryCode, tenantId, new Date()],
  );
  if (!row) throw new Error("phone user was not written");
  return row.id;
}

async function checkRate(phoneUserId: string): Promise<void> {
  const newest = await queryOne<{ createdAt: Date }>(
    `select "createdAt" from chatbot_phone_otps where "userId" = $1 order by "createdAt" desc, id limit 1`,
    [phoneUserId],
  );
  if (newest && Math.floor((Date.now() - newest.createdAt.getTime()) / 1000) < RESEND_AFTER_SECONDS) {
    throw refusal("RATE_LIMITED", "OTP recently sent. Please wait before requesting again.");
  }
}

async function accessOr400(phoneUserId: string) {
  try {
    return await ensureAccess(phoneUserId);
  } catch (error) {
    throw error instanceof SessionError ? error.as(400) : error;
  }
}

export async function requestCode(body: Body): Promise<Record<string, unknown>> {
  const phone = phoneOf(body);
  const tenantId = await resolveTenant(body.tenantId ?? body.host);
  const phoneUserId = await upsertPhoneUser(phone, tenantId);
  await accessOr400(phoneUserId);
  await checkRate(phoneUserId);
  const code = String(randomInt(100_000, 1_000_000));
  const publicId = randomBytes(18).toString("hex");
  const now = new Date();
  const expiresAt = new Date(now.getTime() + CODE_LIFETIME_MS);
  await query(
    `insert into chatbot_phone_otps (id, "publicId", "userId", "codeHash", "expiresAt", "createdAt", "updatedAt")
     values ($1, $2, $3, $4, $5, $6, $6)`,
    [shortId(), publicId, phoneUserId, await bcrypt.hash(code, HASH_COST), expiresAt, now],
  );
  await deliver(body, phone, code, publicId);
  return { success: true, verificationId: publicId, expiresAt, normalizedPhone: phone.normalized, countryCode: phone.countryCode };
}

async function deliver(body: Body, phone: Phone, code: string, publicId: string): Promise<void> {
  const config = await smsConfig();
  if (!config) {
    await query(`delete from chatbot_phone_otps where "publicId" = $1`, [publicId]);
    throw refusal(
      "CONFIG_NOT_FOUND",
      "LabsMobile configuration is missing. Please configure SMS credentials in system settings.",
    );
  }
  await sendSms(config, phone.normalized, codeMessage(code, body.language));
}

type Otp = { id: string; userId: string; codeHash: string; expiresAt: Date; attemptCount: number };

async function checkedOtp(verificationId: unknown, given: unknown): Promise<{ otp: Otp; code: string }> {
  if (typeof verificationId !== "string" || verificationId === "") {
    throw refusal("MISSING_VERIFICATION", "Verification identifier is required");
  }
  const code = typeof given === "string" ? given.trim() : given === undefined || given === null ? "" : null;
  if (code === null) throw new TypeError("code must be a string");
  if (code === "") throw refusal("INVALID_CODE", "Verification code is required");
  const otp = await queryOne<Otp>(
    `select id, "userId", "codeHash", "expiresAt", "attemptCount" from chatbot_phone_otps where "publicId" = $1`,
    [verificationId.trim()],
  );
  if (!otp) throw refusal("NOT_FOUND", "Verification request not found");
  if (otp.expiresAt < new Date()) throw refusal("EXPIRED", "The verification code has expired");
  if (otp.attemptCount >= MOST_ATTEMPTS) throw refusal("INVALID_CODE", "Too many invalid attempts");
  return { otp, code };
}

async function openSession(otp: Otp) {
  const session = { id: shortId(), token: randomBytes(32).toString("hex"), expiresAt: new Date(Date.now() + SESSION_LIFETIME_MS) };
  await transaction(async (run) => {
    await run(`delete from chatbot_phone_otps where id = $1`, [otp.id]);
    await run(
      `insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "createdAt", "lastUsedAt", metadata)
       values ($1, $2, $3, $4, $5, $5, 'null'::jsonb)`,
      [session.id, otp.userId, session.token, session.expiresAt, new Date()],
    );
    await run(
      `delete from chatbot_phone_sessions where "userId" = $1 and id not in (
         select id from chatbot_phone_sessions where "userId" = $1 order by "createdAt" desc, id limit $2)`,
      [otp.userId, MOST_SESSIONS],
    );
  });
  return session;
}

export async function verifyCode(body: Body): Promise<Record<string, unknown>> {
  const { otp, code } = await checkedOtp(body.verificationId, body.code);
  const linked = await accessOr400(otp.userId);
  if (!(await bcrypt.compare(code, otp.codeHash))) {
    await query(`update chatbot_phone_otps set "attemptCount" = "attemptCount" + 1 where id = $1`, [otp.id]);
    throw refusal("INVALID_CODE", "Invalid verification code");
  }
  const session = await openSession(otp);
  const phoneUser = await queryOne<PhoneUser>(
    `update chatbot_phone_users set "lastActiveAt" = $1 where id = $2
     returning id, phone, "normalizedPhone", "countryCode", "tenantId", "displayName", email`,
    [new Date(), otp.userId],
  );
  if (!phoneUser) throw new Error("phone user is gone");
  return {
    success: true,
    session: { token: session.token, sessionId: session.id, expiresAt: session.expiresAt },
    user: userInAnswers(phoneUser, linked),
  };
}
