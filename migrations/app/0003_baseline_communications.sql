-- Baseline, part 3 of 8: templates, workflows and logs of outgoing communication, and the schedule.

-- Communications

create table public."communication_config" (
  "id"                  serial       not null,
  "tenantId"            text,
  "name"                varchar(120),
  "isActive"            boolean      not null default true,
  "defaultFromEmail"    varchar(320),
  "defaultFromName"     varchar(160),
  "defaultReplyToEmail" varchar(320),
  "adminEmail"          varchar(320),
  "metadata"            jsonb,
  "createdAt"           timestamp(3) not null default current_timestamp,
  "updatedAt"           timestamp(3) not null,
  constraint "communication_config_pkey" primary key ("id")
);

create table public."communication_channel_settings" (
  "id"          serial                             not null,
  "configId"    integer                            not null,
  "channel"     public."CommunicationChannelType"  not null,
  "provider"    public."CommunicationProviderType" not null,
  "isEnabled"   boolean                            not null default false,
  "credentials" jsonb,
  "settings"    jsonb,
  "webhookUrl"  varchar(512),
  "externalId"  varchar(255),
  "createdAt"   timestamp(3)                       not null default current_timestamp,
  "updatedAt"   timestamp(3)                       not null,
  constraint "communication_channel_settings_pkey" primary key ("id")
);

create table public."communication_component_categories" (
  "id"          serial       not null,
  "name"        varchar(120) not null,
  "description" text,
  "icon"        varchar(120),
  "sortOrder"   integer      not null default 0,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  constraint "communication_component_categories_pkey" primary key ("id")
);

create table public."communication_components" (
  "id"            serial                            not null,
  "categoryId"    integer,
  "componentKey"  text                              not null,
  "name"          varchar(160)                      not null,
  "description"   text,
  "channel"       public."CommunicationChannelType",
  "componentType" varchar(64)                       not null,
  "markup"        text,
  "content"       jsonb,
  "variables"     jsonb,
  "metadata"      jsonb,
  "previewImage"  varchar(512),
  "sortOrder"     integer                           not null default 0,
  "isActive"      boolean                           not null default true,
  "createdAt"     timestamp(3)                      not null default current_timestamp,
  "updatedAt"     timestamp(3)                      not null,
  constraint "communication_components_pkey" primary key ("id")
);

create table public."communication_templates" (
  "id"          serial                            not null,
  "configId"    integer,
  "templateKey" text                              not null,
  "name"        text                              not null,
  "description" text,
  "channel"     public."CommunicationChannelType" not null,
  "category"    varchar(120),
  "isActive"    boolean                           not null default true,
  "isDefault"   boolean                           not null default false,
  "metadata"    jsonb,
  "createdAt"   timestamp(3)                      not null default current_timestamp,
  "updatedAt"   timestamp(3)                      not null,
  constraint "communication_templates_pkey" primary key ("id")
);

create table public."communication_template_components" (
  "id"          serial       not null,
  "templateId"  integer      not null,
  "componentId" integer      not null,
  "sortOrder"   integer      not null default 0,
  "slot"        varchar(120),
  "settings"    jsonb,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  constraint "communication_template_components_pkey" primary key ("id")
);

create table public."communication_template_translations" (
  "id"         serial       not null,
  "templateId" integer      not null,
  "language"   varchar(12)  not null,
  "subject"    varchar(500),
  "content"    text         not null,
  "createdAt"  timestamp(3) not null default current_timestamp,
  "updatedAt"  timestamp(3) not null,
  constraint "communication_template_translations_pkey" primary key ("id")
);

create table public."communication_workflows" (
  "id"          serial       not null,
  "configId"    integer,
  "workflowKey" text         not null,
  "name"        text         not null,
  "description" text,
  "triggerType" varchar(120),
  "isActive"    boolean      not null default true,
  "priority"    integer      not null default 0,
  "rules"       jsonb,
  "metadata"    jsonb,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  constraint "communication_workflows_pkey" primary key ("id")
);

create table public."communication_workflow_steps" (
  "id"         serial                            not null,
  "workflowId" integer                           not null,
  "templateId" integer,
  "stepType"   varchar(120)                      not null,
  "channel"    public."CommunicationChannelType" not null,
  "order"      integer                           not null default 0,
  "settings"   jsonb,
  "createdAt"  timestamp(3)                      not null default current_timestamp,
  "updatedAt"  timestamp(3)                      not null,
  constraint "communication_workflow_steps_pkey" primary key ("id")
);

create table public."communication_logs" (
  "id"           text                               not null,
  "configId"     integer,
  "templateId"   integer,
  "tenantId"     text,
  "sentById"     text,
  "channel"      public."CommunicationChannelType"  not null,
  "provider"     public."CommunicationProviderType",
  "status"       public."CommunicationLogStatus"    not null default 'pending',
  "recipients"   jsonb                              not null,
  "subject"      varchar(512),
  "content"      jsonb,
  "errorCode"    varchar(120),
  "errorMessage" text,
  "metadata"     jsonb,
  "sentAt"       timestamp(3),
  "createdAt"    timestamp(3)                       not null default current_timestamp,
  "updatedAt"    timestamp(3)                       not null,
  constraint "communication_logs_pkey" primary key ("id")
);

-- Schedule

create table public."schedule_templates" (
  "id"            text                   not null,
  "name"          text                   not null,
  "description"   text,
  "tenantId"      text                   not null,
  "isActive"      boolean                not null default true,
  "createdAt"     timestamp(3)           not null default current_timestamp,
  "updatedAt"     timestamp(3)           not null,
  "recurringType" public."RecurringType" not null,
  "recurringDays" integer[],
  "timeZone"      text                   not null default 'America/Mexico_City',
  "departmentId"  text,
  constraint "schedule_templates_pkey" primary key ("id")
);

create table public."schedule_slots" (
  "id"          text         not null,
  "templateId"  text         not null,
  "startTime"   text         not null,
  "endTime"     text         not null,
  "duration"    integer      not null default 60,
  "bufferTime"  integer      not null default 15,
  "isActive"    boolean      not null default true,
  "maxBookings" integer,
  "priority"    integer      not null default 1,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  constraint "schedule_slots_pkey" primary key ("id")
);

create table public."schedule_exceptions" (
  "id"            text                   not null,
  "templateId"    text,
  "exceptionType" public."ExceptionType" not null,
  "date"          timestamp(3)           not null,
  "startTime"     text,
  "endTime"       text,
  "newStartTime"  text,
  "newEndTime"    text,
  "reason"        text,
  "createdAt"     timestamp(3)           not null default current_timestamp,
  "updatedAt"     timestamp(3)           not null,
  constraint "schedule_exceptions_pkey" primary key ("id")
);

create table public."scheduled_messages" (
  "id"          text                            not null,
  "tenantId"    text                            not null,
  "senderId"    text                            not null,
  "contactId"   text,
  "recipientId" text,
  "sessionId"   text,
  "content"     text                            not null,
  "attachments" jsonb,
  "scheduledAt" timestamp(3)                    not null,
  "sentAt"      timestamp(3),
  "status"      public."ScheduledMessageStatus" not null default 'PENDING',
  "targetType"  public."ScheduledMessageTarget" not null default 'FLOWBOT',
  "attempts"    integer                         not null default 0,
  "lastError"   text,
  "createdAt"   timestamp(3)                    not null default current_timestamp,
  "updatedAt"   timestamp(3)                    not null,
  constraint "scheduled_messages_pkey" primary key ("id")
);
