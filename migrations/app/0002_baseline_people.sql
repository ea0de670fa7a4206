-- Baseline, part 2 of 8: tenants, people, sign-in and settings.

-- Tenants and what belongs to one tenant alone

create table public."tenants" (
  "id"                   text         not null,
  "name"                 text         not null,
  "domain"               text,
  "settings"             jsonb,
  "isActive"             boolean      not null default true,
  "createdAt"            timestamp(3) not null default current_timestamp,
  "updatedAt"            timestamp(3) not null,
  "calendarSettings"     jsonb,
  "chatbotConfig"        jsonb,
  "subdomain"            text,
  "displayName"          text,
  "legalName"            text,
  "tagline"              text,
  "contactEmail"         text,
  "contactPhone"         text,
  "websiteUrl"           text,
  "industry"             text,
  "addressLine1"         text,
  "addressLine2"         text,
  "city"                 text,
  "state"                text,
  "postalCode"           text,
  "country"              text,
  "primaryColor"         varchar(16),
  "logoUrl"              text,
  "logoWidth"            integer,
  "logoHeight"           integer,
  "logoMimeType"         text,
  "logoBlurData"         text,
  "logoUpdatedAt"        timestamp(3),
  "paymentReturnHomeUrl" text,
  constraint "tenants_pkey" primary key ("id")
);

create table public."tenant_logo_assets" (
  "id"        text         not null,
  "tenantId"  text,
  "filename"  text         not null,
  "mimeType"  text         not null,
  "width"     integer,
  "height"    integer,
  "data"      bytea        not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "tenant_logo_assets_pkey" primary key ("id")
);

create table public."tenant_signup_requests" (
  "id"               text         not null,
  "companyName"      text         not null,
  "contactName"      text         not null,
  "email"            text         not null,
  "desiredSubdomain" text         not null,
  "activationToken"  text         not null,
  "status"           text         not null default 'pending',
  "metadata"         jsonb,
  "createdAt"        timestamp(3) not null default current_timestamp,
  "updatedAt"        timestamp(3) not null,
  constraint "tenant_signup_requests_pkey" primary key ("id")
);

create table public."departments" (
  "id"          text         not null,
  "tenantId"    text         not null,
  "name"        text         not null,
  "description" text,
  "isDefault"   boolean      not null default false,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  constraint "departments_pkey" primary key ("id")
);

-- Users of the console, their sign-in and what is left of NextAuth

create table public."users" (
  "id"                       text                          not null,
  "email"                    text                          not null,
  "name"                     text,
  "password"                 text,
  "tenantId"                 text                          not null,
  "createdAt"                timestamp(3)                  not null default current_timestamp,
  "updatedAt"                timestamp(3)                  not null,
  "calendarConfig"           jsonb,
  "profilePictureUrl"        text,
  "approvalMessage"          text,
  "approvalStatus"           public."TenantApprovalStatus" not null default 'pending',
  "approvalUpdatedAt"        timestamp(3),
  "approvedById"             text,
  "chatbotApprovedAt"        timestamp(3),
  "chatbotPhoneUserId"       text,
  "chatbotRevokedAt"         timestamp(3),
  "invitedById"              text,
  "lastChatbotInteractionAt" timestamp(3),
  "lastLoginAt"              timestamp(3),
  "metadata"                 jsonb,
  "normalizedPhone"          varchar(32),
  "phone"                    varchar(32),
  "phoneCountryCode"         varchar(8),
  "preferredLanguage"        varchar(10)                   default 'es',
  "status"                   public."UserStatus"           not null default 'invited',
  "timezone"                 varchar(64),
  "chatbotAccessStatus"      public."ChatbotAccessStatus"  not null default 'pending',
  "departmentId"             text,
  "role"                     public."UserRole"             not null default 'user',
  constraint "users_pkey" primary key ("id")
);

create table public."Account" (
  "id"                text    not null,
  "userId"            text    not null,
  "type"              text    not null,
  "provider"          text    not null,
  "providerAccountId" text    not null,
  "refresh_token"     text,
  "access_token"      text,
  "expires_at"        integer,
  "token_type"        text,
  "scope"             text,
  "id_token"          text,
  "session_state"     text,
  constraint "Account_pkey" primary key ("id")
);

create table public."Session" (
  "id"           text         not null,
  "sessionToken" text         not null,
  "userId"       text         not null,
  "expires"      timestamp(3) not null,
  constraint "Session_pkey" primary key ("id")
);

create table public."VerificationToken" (
  "identifier" text         not null,
  "token"      text         not null,
  "expires"    timestamp(3) not null
);

create table public."PushSubscription" (
  "id"             text         not null,
  "endpoint"       text         not null,
  "keys"           jsonb        not null,
  "expirationTime" timestamp(3),
  "tenantId"       text,
  "userId"         text,
  "metadata"       jsonb,
  "createdAt"      timestamp(3) not null default current_timestamp,
  "updatedAt"      timestamp(3) not null,
  constraint "PushSubscription_pkey" primary key ("id")
);

-- Phone sign-in by one-time code

create table public."chatbot_phone_users" (
  "id"              text         not null,
  "phone"           text         not null,
  "normalizedPhone" text         not null,
  "countryCode"     varchar(8),
  "language"        varchar(10),
  "tenantId"        text,
  "displayName"     text,
  "lastActiveAt"    timestamp(3),
  "createdAt"       timestamp(3) not null default current_timestamp,
  "updatedAt"       timestamp(3) not null,
  "email"           varchar(320),
  constraint "chatbot_phone_users_pkey" primary key ("id")
);

create table public."chatbot_phone_otps" (
  "id"           text         not null,
  "publicId"     text         not null,
  "userId"       text         not null,
  "codeHash"     text         not null,
  "expiresAt"    timestamp(3) not null,
  "verifiedAt"   timestamp(3),
  "attemptCount" integer      not null default 0,
  "metadata"     jsonb,
  "createdAt"    timestamp(3) not null default current_timestamp,
  "updatedAt"    timestamp(3) not null,
  constraint "chatbot_phone_otps_pkey" primary key ("id")
);

create table public."chatbot_phone_sessions" (
  "id"           text         not null,
  "userId"       text         not null,
  "sessionToken" text         not null,
  "expiresAt"    timestamp(3) not null,
  "lastUsedAt"   timestamp(3) not null default current_timestamp,
  "revokedAt"    timestamp(3),
  "metadata"     jsonb,
  "createdAt"    timestamp(3) not null default current_timestamp,
  constraint "chatbot_phone_sessions_pkey" primary key ("id")
);

-- System settings

create table public."system_config" (
  "id"         text         not null,
  "key"        text         not null,
  "value"      jsonb,
  "created_at" timestamp(3) not null default current_timestamp,
  "updated_at" timestamp(3) not null,
  constraint "system_config_pkey" primary key ("id")
);

create table public."TestModel" (
  "id"   text not null,
  "name" text not null,
  constraint "TestModel_pkey" primary key ("id")
);
