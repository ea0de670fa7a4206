-- Baseline, part 5 of 8: payments, catalogue, stock, delivery and CRM.

-- Payments

create table public."payment_taxes" (
  "id"          text         not null,
  "name"        text         not null,
  "description" text,
  "currency"    varchar(3)   not null,
  "metadata"    jsonb,
  "countryCode" varchar(3)   not null,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "isDefault"   boolean      not null default false,
  "rateBps"     integer      not null,
  "updatedAt"   timestamp(3) not null,
  constraint "payment_taxes_pkey" primary key ("id")
);

create table public."payment_products" (
  "id"               text         not null,
  "tenantId"         text         not null,
  "productCode"      text         not null,
  "name"             text         not null,
  "description"      text,
  "amountCents"      integer      not null,
  "currency"         text         not null default 'USD',
  "isActive"         boolean      not null default true,
  "metadata"         jsonb,
  "createdAt"        timestamp(3) not null default current_timestamp,
  "updatedAt"        timestamp(3) not null,
  "baseAmountCents"  integer      not null,
  "taxAmountCents"   integer      not null default 0,
  "taxId"            text,
  "priceIncludesTax" boolean      not null default true,
  "categoryId"       text,
  "trackStock"       boolean      not null default false,
  constraint "payment_products_pkey" primary key ("id")
);

create table public."payment_product_images" (
  "id"           text         not null,
  "url"          text         not null,
  "displayOrder" integer      not null default 0,
  "isDefault"    boolean      not null default false,
  "productId"    text         not null,
  "createdAt"    timestamp(3) not null default current_timestamp,
  "updatedAt"    timestamp(3) not null,
  constraint "payment_product_images_pkey" primary key ("id")
);

create table public."payment_links" (
  "id"                   text                        not null,
  "token"                text                        not null,
  "productId"            text,
  "sessionId"            text,
  "tenantId"             text,
  "amountCents"          integer                     not null,
  "currency"             text                        not null,
  "status"               public."PaymentLinkStatus"  not null default 'pending',
  "customerName"         text,
  "customerEmail"        text,
  "expiresAt"            timestamp(3),
  "completedAt"          timestamp(3),
  "gatewayTransactionId" text,
  "gatewayPayload"       jsonb,
  "formToken"            text,
  "formTokenExpiresAt"   timestamp(3),
  "metadata"             jsonb,
  "createdAt"            timestamp(3)                not null default current_timestamp,
  "updatedAt"            timestamp(3)                not null,
  "baseAmountCents"      integer                     not null,
  "taxAmountCents"       integer                     not null default 0,
  "taxId"                text,
  "taxRateBps"           integer,
  "channel"              public."PaymentLinkChannel" not null default 'unknown',
  "lastStatusChangeAt"   timestamp(3),
  "customerPhone"        text,
  "customerCountryCode"  text,
  "productName"          text,
  constraint "payment_links_pkey" primary key ("id")
);

create table public."payment_transactions" (
  "id"            text         not null,
  "paymentLinkId" text         not null,
  "gatewayId"     text,
  "status"        text         not null,
  "rawResponse"   jsonb,
  "createdAt"     timestamp(3) not null default current_timestamp,
  constraint "payment_transactions_pkey" primary key ("id")
);

-- Catalogue, stock and delivery

create table public."catalog_categories" (
  "id"          text                     not null,
  "tenantId"    text                     not null,
  "name"        text                     not null,
  "description" text,
  "type"        public."CatalogItemType" not null default 'PRODUCT',
  "parentId"    text,
  "createdAt"   timestamp(3)             not null default current_timestamp,
  "updatedAt"   timestamp(3)             not null,
  "metadata"    jsonb,
  constraint "catalog_categories_pkey" primary key ("id")
);

create table public."stock_locations" (
  "id"          text                       not null,
  "tenantId"    text                       not null,
  "name"        text                       not null,
  "description" text,
  "address"     text,
  "isDefault"   boolean                    not null default false,
  "createdAt"   timestamp(3)               not null default current_timestamp,
  "updatedAt"   timestamp(3)               not null,
  "type"        public."StockLocationType" not null default 'PHYSICAL',
  "isActive"    boolean                    not null default true,
  constraint "stock_locations_pkey" primary key ("id")
);

create table public."stock_entries" (
  "id"            text         not null,
  "tenantId"      text         not null,
  "productId"     text         not null,
  "locationId"    text         not null,
  "quantity"      integer      not null default 0,
  "minStockLevel" integer      not null default 0,
  "createdAt"     timestamp(3) not null default current_timestamp,
  "updatedAt"     timestamp(3) not null,
  "isUnlimited"   boolean      not null default false,
  "reserved"      integer      not null default 0,
  constraint "stock_entries_pkey" primary key ("id")
);

create table public."stock_movements" (
  "id"             text                       not null,
  "tenantId"       text                       not null,
  "productId"      text                       not null,
  "locationId"     text,
  "fromLocationId" text,
  "toLocationId"   text,
  "type"           public."StockMovementType" not null,
  "quantityChange" integer                    not null,
  "reservedChange" integer                    not null default 0,
  "quantityBefore" integer                    not null,
  "quantityAfter"  integer                    not null,
  "reservedBefore" integer                    not null default 0,
  "reservedAfter"  integer                    not null default 0,
  "reason"         text,
  "referenceId"    text,
  "performedById"  text,
  "createdAt"      timestamp(3)               not null default current_timestamp,
  constraint "stock_movements_pkey" primary key ("id")
);

create table public."delivery_methods" (
  "id"          text         not null,
  "tenantId"    text         not null,
  "name"        text         not null,
  "description" text,
  "priceCents"  integer      not null,
  "isActive"    boolean      not null default true,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  "currency"    varchar(3)   not null default 'USD',
  constraint "delivery_methods_pkey" primary key ("id")
);

create table public."delivery_price_rules" (
  "id"               text         not null,
  "deliveryMethodId" text         not null,
  "condition"        text         not null,
  "value"            integer      not null,
  "priceCents"       integer      not null,
  "createdAt"        timestamp(3) not null default current_timestamp,
  "updatedAt"        timestamp(3) not null,
  constraint "delivery_price_rules_pkey" primary key ("id")
);

-- Leads, tickets and customer relations

create table public."application_requests" (
  "id"         text             not null,
  "name"       text             not null,
  "email"      text             not null,
  "phone"      text             not null,
  "source"     text             not null default 'login_chat',
  "intent"     text             not null,
  "confidence" double precision not null,
  "transcript" jsonb,
  "metadata"   jsonb,
  "status"     text             not null default 'pending',
  "createdAt"  timestamp(3)     not null default current_timestamp,
  constraint "application_requests_pkey" primary key ("id")
);

create table public."tickets" (
  "id"               text                     not null,
  "tenantId"         text                     not null,
  "type"             public."TicketType"      not null,
  "title"            text                     not null,
  "description"      text                     not null,
  "summary"          text,
  "status"           public."TicketStatus"    not null default 'open',
  "priority"         public."TicketPriority"  not null default 'medium',
  "customerId"       text                     not null,
  "customerName"     text                     not null,
  "customerEmail"    text,
  "customerPhone"    text,
  "createdById"      text                     not null,
  "assignedToId"     text,
  "messageId"        text,
  "threadId"         text,
  "sessionContext"   jsonb,
  "tags"             text[],
  "responseTargetAt" timestamp(3),
  "resolvedTargetAt" timestamp(3),
  "firstResponseAt"  timestamp(3),
  "resolvedAt"       timestamp(3),
  "sentiment"        public."TicketSentiment" default 'neutral',
  "sentimentSummary" text,
  "createdAt"        timestamp(3)             not null default current_timestamp,
  "updatedAt"        timestamp(3)             not null,
  constraint "tickets_pkey" primary key ("id")
);

create table public."ticket_comments" (
  "id"            text         not null,
  "ticketId"      text         not null,
  "authorId"      text         not null,
  "content"       text         not null,
  "isInternal"    boolean      not null default false,
  "isAiGenerated" boolean      not null default false,
  "createdAt"     timestamp(3) not null default current_timestamp,
  "updatedAt"     timestamp(3) not null,
  constraint "ticket_comments_pkey" primary key ("id")
);

create table public."ticket_attachments" (
  "id"           text         not null,
  "ticketId"     text         not null,
  "filename"     text         not null,
  "originalName" text         not null,
  "mimeType"     text         not null,
  "size"         integer      not null,
  "url"          text         not null,
  "uploadedById" text         not null,
  "createdAt"    timestamp(3) not null default current_timestamp,
  constraint "ticket_attachments_pkey" primary key ("id")
);

create table public."ticket_comment_attachments" (
  "id"           text         not null,
  "commentId"    text         not null,
  "filename"     text         not null,
  "originalName" text         not null,
  "mimeType"     text         not null,
  "size"         integer      not null,
  "url"          text         not null,
  "createdAt"    timestamp(3) not null default current_timestamp,
  constraint "ticket_comment_attachments_pkey" primary key ("id")
);

create table public."crm_tasks" (
  "id"           text                     not null,
  "tenantId"     text                     not null,
  "contactId"    text,
  "title"        text                     not null,
  "description"  text,
  "dueDate"      timestamp(3),
  "dueTime"      varchar(8),
  "priority"     public."CrmTaskPriority" not null default 'medium',
  "completed"    boolean                  not null default false,
  "completedAt"  timestamp(3),
  "reminder"     varchar(16),
  "type"         public."CrmTaskType"     not null default 'general',
  "clientName"   text,
  "note"         text,
  "createdById"  text                     not null,
  "assignedToId" text,
  "createdAt"    timestamp(3)             not null default current_timestamp,
  "updatedAt"    timestamp(3)             not null,
  constraint "crm_tasks_pkey" primary key ("id")
);

create table public."crm_appointments" (
  "id"          text                          not null,
  "tenantId"    text                          not null,
  "contactId"   text,
  "title"       text                          not null,
  "clientName"  text,
  "date"        timestamp(3)                  not null,
  "time"        varchar(8)                    not null,
  "duration"    integer                       not null default 30,
  "type"        public."CrmAppointmentType"   not null default 'consultation',
  "status"      public."CrmAppointmentStatus" not null default 'pending',
  "notes"       text,
  "createdById" text                          not null,
  "createdAt"   timestamp(3)                  not null default current_timestamp,
  "updatedAt"   timestamp(3)                  not null,
  constraint "crm_appointments_pkey" primary key ("id")
);

create table public."crm_activities" (
  "id"          text                     not null,
  "tenantId"    text                     not null,
  "contactId"   text,
  "type"        public."CrmActivityType" not null,
  "text"        text                     not null,
  "detail"      text,
  "metadata"    jsonb,
  "createdById" text,
  "createdAt"   timestamp(3)             not null default current_timestamp,
  constraint "crm_activities_pkey" primary key ("id")
);

create table public."crm_session_summaries" (
  "id"           text         not null,
  "tenantId"     text         not null,
  "contactId"    text,
  "clientName"   text,
  "date"         timestamp(3) not null,
  "duration"     varchar(32),
  "summary"      text         not null,
  "topics"       text[],
  "sentiment"    varchar(32),
  "nextActions"  text[],
  "aiInsights"   text,
  "followUpDate" timestamp(3),
  "followUpTime" varchar(8),
  "followUpNote" text,
  "createdById"  text         not null,
  "createdAt"    timestamp(3) not null default current_timestamp,
  "updatedAt"    timestamp(3) not null,
  constraint "crm_session_summaries_pkey" primary key ("id")
);
