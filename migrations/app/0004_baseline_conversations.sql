-- Baseline, part 4 of 8: contacts, chat, chatbot and WhatsApp.

-- Contacts of a tenant

create table public."chatbot_contacts" (
  "id"               text                        not null,
  "tenantId"         text                        not null,
  "type"             public."ChatbotContactType" not null default 'CONTACT',
  "displayName"      text                        not null,
  "phone"            text,
  "avatarUrl"        text,
  "description"      text,
  "metadata"         jsonb,
  "isDefaultFlowbot" boolean                     not null default false,
  "createdAt"        timestamp(3)                not null default current_timestamp,
  "updatedAt"        timestamp(3)                not null,
  "email"            varchar(320),
  constraint "chatbot_contacts_pkey" primary key ("id")
);

create table public."chatbot_contact_access" (
  "id"          text         not null,
  "tenantId"    text         not null,
  "contactId"   text         not null,
  "phoneUserId" text         not null,
  "createdAt"   timestamp(3) not null default current_timestamp,
  constraint "chatbot_contact_access_pkey" primary key ("id")
);

create table public."chatbot_contact_members" (
  "id"          text         not null,
  "contactId"   text         not null,
  "phoneUserId" text,
  "memberName"  text,
  "memberPhone" text,
  "metadata"    jsonb,
  "createdAt"   timestamp(3) not null default current_timestamp,
  constraint "chatbot_contact_members_pkey" primary key ("id")
);

create table public."contact_transfer_requests" (
  "id"              text                                  not null,
  "contactId"       text                                  not null,
  "fromUserId"      text,
  "toUserId"        text                                  not null,
  "requestedById"   text                                  not null,
  "supervisorId"    text,
  "status"          public."ContactTransferRequestStatus" not null default 'PENDING',
  "message"         text,
  "supervisorNotes" text,
  "createdAt"       timestamp(3)                          not null default current_timestamp,
  "updatedAt"       timestamp(3)                          not null,
  "resolvedAt"      timestamp(3),
  constraint "contact_transfer_requests_pkey" primary key ("id")
);

-- Chat between users

create table public."tenant_user_chat_messages" (
  "id"          text         not null,
  "tenantId"    text         not null,
  "threadKey"   text         not null,
  "senderId"    text         not null,
  "recipientId" text         not null,
  "content"     text         not null,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "readAt"      timestamp(3),
  "deletedAt"   timestamp(3),
  "editedAt"    timestamp(3),
  "isDeleted"   boolean      not null default false,
  constraint "tenant_user_chat_messages_pkey" primary key ("id")
);

create table public."chat_attachments" (
  "id"           text         not null,
  "messageId"    text,
  "filename"     text         not null,
  "originalName" text         not null,
  "mimeType"     text         not null,
  "size"         integer      not null,
  "url"          text,
  "createdAt"    timestamp(3) not null default current_timestamp,
  "data"         text,
  constraint "chat_attachments_pkey" primary key ("id")
);

-- Chatbot

create table public."ChatbotTheme" (
  "id"        text         not null,
  "tenantId"  text         not null,
  "name"      text         not null,
  "colors"    jsonb        not null,
  "isDefault" boolean      not null default false,
  "isActive"  boolean      not null default false,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "ChatbotTheme_pkey" primary key ("id")
);

create table public."chatbot_analytics" (
  "id"                  text             not null,
  "tenantId"            text             not null,
  "date"                timestamp(3)     not null,
  "totalConversations"  integer          not null,
  "averageSatisfaction" double precision,
  "topTags"             text[],
  "escalationCount"     integer          not null,
  "toolUsage"           jsonb            not null,
  "createdAt"           timestamp(3)     not null default current_timestamp,
  constraint "chatbot_analytics_pkey" primary key ("id")
);

create table public."chatbot_feedback" (
  "id"             text         not null,
  "tenantId"       text         not null,
  "userId"         text         not null,
  "conversationId" text,
  "rating"         integer      not null,
  "feedback"       text,
  "tags"           text[],
  "createdAt"      timestamp(3) not null default current_timestamp,
  constraint "chatbot_feedback_pkey" primary key ("id")
);

create table public."chatbot_training" (
  "id"        text         not null,
  "tenantId"  text         not null,
  "type"      text         not null,
  "content"   jsonb        not null,
  "isActive"  boolean      not null default true,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "chatbot_training_pkey" primary key ("id")
);

create table public."content_filters" (
  "id"        text         not null,
  "tenantId"  text         not null,
  "type"      text         not null,
  "pattern"   text         not null,
  "action"    text         not null,
  "severity"  text         not null,
  "isActive"  boolean      not null default true,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "content_filters_pkey" primary key ("id")
);

create table public."custom_tools" (
  "id"             text         not null,
  "tenantId"       text         not null,
  "name"           text         not null,
  "description"    text         not null,
  "endpoint"       text         not null,
  "parameters"     jsonb        not null,
  "authentication" jsonb        not null,
  "isActive"       boolean      not null default true,
  "createdAt"      timestamp(3) not null default current_timestamp,
  "updatedAt"      timestamp(3) not null,
  constraint "custom_tools_pkey" primary key ("id")
);

create table public."escalation_rules" (
  "id"         text         not null,
  "tenantId"   text         not null,
  "condition"  text         not null,
  "action"     text         not null,
  "priority"   text         not null,
  "recipients" text[],
  "isActive"   boolean      not null default true,
  "createdAt"  timestamp(3) not null default current_timestamp,
  "updatedAt"  timestamp(3) not null,
  constraint "escalation_rules_pkey" primary key ("id")
);

create table public."conversation_logs" (
  "id"           text         not null,
  "tenantId"     text         not null,
  "userId"       text         not null,
  "messages"     jsonb        not null,
  "satisfaction" integer,
  "tags"         text[],
  "createdAt"    timestamp(3) not null default current_timestamp,
  constraint "conversation_logs_pkey" primary key ("id")
);

-- WhatsApp

create table public."whatsapp_sessions" (
  "id"            text                           not null,
  "sessionId"     text                           not null,
  "tenantId"      text                           not null,
  "name"          text,
  "phoneNumber"   text,
  "status"        public."WhatsAppSessionStatus" not null default 'DISCONNECTED',
  "creds"         jsonb                          not null default '{}',
  "isActive"      boolean                        not null default false,
  "browserActive" boolean                        not null default false,
  "lastSync"      timestamp(3)                   not null,
  "lastConnected" timestamp(3),
  "errorMessage"  text,
  "metadata"      jsonb,
  "createdAt"     timestamp(3)                   not null default current_timestamp,
  "updatedAt"     timestamp(3)                   not null,
  constraint "whatsapp_sessions_pkey" primary key ("id")
);

create table public."whatsapp_session_configs" (
  "id"                    text                         not null,
  "sessionId"             text                         not null,
  "routingRule"           public."WhatsAppRoutingRule" not null default 'FLOWBOT_FIRST',
  "autoReplyEnabled"      boolean                      not null default false,
  "autoReplyMessage"      text,
  "businessHoursEnabled"  boolean                      not null default false,
  "businessHoursStart"    varchar(8),
  "businessHoursEnd"      varchar(8),
  "businessHoursTimezone" varchar(64),
  "awayMessage"           text,
  "metadata"              jsonb,
  "createdAt"             timestamp(3)                 not null default current_timestamp,
  "updatedAt"             timestamp(3)                 not null,
  constraint "whatsapp_session_configs_pkey" primary key ("id")
);

create table public."whatsapp_session_keys" (
  "id"        text         not null,
  "sessionId" text         not null,
  "type"      text         not null,
  "keyId"     text         not null,
  "data"      jsonb        not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "whatsapp_session_keys_pkey" primary key ("id")
);

create table public."whatsapp_contacts" (
  "id"                  text                                  not null,
  "sessionId"           text                                  not null,
  "jid"                 text                                  not null,
  "name"                text,
  "phoneNumber"         text,
  "isGroup"             boolean                               not null default false,
  "isBusiness"          boolean                               not null default false,
  "avatarUrl"           text,
  "lastMessageAt"       timestamp(3),
  "unreadCount"         integer                               not null default 0,
  "metadata"            jsonb,
  "createdAt"           timestamp(3)                          not null default current_timestamp,
  "updatedAt"           timestamp(3)                          not null,
  "chatbotContactId"    text,
  "userId"              text,
  "tenantId"            text                                  not null,
  "sessionStatus"       public."WhatsAppContactSessionStatus" not null default 'CLOSED',
  "sessionStartedAt"    timestamp(3),
  "lastSessionClosedAt" timestamp(3),
  constraint "whatsapp_contacts_pkey" primary key ("id")
);

create table public."whatsapp_messages" (
  "id"              text                           not null,
  "sessionId"       text                           not null,
  "messageId"       text                           not null,
  "remoteJid"       text                           not null,
  "fromMe"          boolean                        not null default false,
  "content"         text,
  "messageType"     public."WhatsAppMessageType"   not null default 'TEXT',
  "status"          public."WhatsAppMessageStatus" not null default 'PENDING',
  "mediaUrl"        text,
  "mediaMimeType"   text,
  "mediaSize"       integer,
  "thumbnailUrl"    text,
  "quotedMessageId" text,
  "timestamp"       timestamp(3)                   not null,
  "deliveredAt"     timestamp(3),
  "readAt"          timestamp(3),
  "errorMessage"    text,
  "metadata"        jsonb,
  "createdAt"       timestamp(3)                   not null default current_timestamp,
  "updatedAt"       timestamp(3)                   not null,
  "senderId"        text,
  constraint "whatsapp_messages_pkey" primary key ("id")
);
