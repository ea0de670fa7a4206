-- Baseline, part 6 of 8: memory, knowledge, trademarks and the older twins of those tables that no running code uses.

-- Trademarks

create table public."trademarks" (
  "id"                 text         not null,
  "expediente"         text,
  "marca"              text,
  "clase"              text,
  "titular"            text,
  "paisTitular"        text,
  "estado"             text,
  "fechaRegistro"      timestamp(3),
  "fechaVencimiento"   timestamp(3),
  "descripcion"        text,
  "numeroRegistro"     text,
  "fechaPresentacion"  timestamp(3),
  "agente"             text,
  "tipoSolicitud"      text,
  "productosServicios" text,
  "tenantId"           text         not null,
  "createdAt"          timestamp(3) not null default current_timestamp,
  "updatedAt"          timestamp(3) not null,
  constraint "trademarks_pkey" primary key ("id")
);

create table public."trademark_registration_requests" (
  "id"             text         not null,
  "brandName"      text         not null,
  "contactName"    text         not null,
  "email"          text         not null,
  "phone"          text,
  "company"        text,
  "description"    text,
  "classes"        text,
  "similarMatches" jsonb,
  "status"         text         not null default 'pending',
  "source"         text         not null default 'chatbot',
  "metadata"       jsonb,
  "createdAt"      timestamp(3) not null default current_timestamp,
  "updatedAt"      timestamp(3) not null,
  constraint "trademark_registration_requests_pkey" primary key ("id")
);

create table public."trademark_registry" (
  "id"                      text         not null,
  "row_number"              integer,
  "expediente_number"       text,
  "expediente_year"         integer,
  "certificate_number"      text,
  "class_code"              text,
  "filing_date"             timestamp(3),
  "intake_date"             timestamp(3),
  "presentation_code"       text,
  "expedient_type"          text,
  "mark_type"               text,
  "denomination"            text,
  "country_code"            text,
  "expiration_date"         timestamp(3),
  "product_service_details" text,
  "conclusion_type"         text,
  "owner_names"             text,
  "owner_types"             text,
  "publication_date"        timestamp(3),
  "resolution_date"         timestamp(3),
  "resolution_number"       text,
  "renewal_expedient"       text,
  "modification_expedient"  text,
  "cancellation_expedient"  text,
  "search_document"         text,
  "created_at"              timestamp(3) not null default current_timestamp,
  "updated_at"              timestamp(3) not null,
  constraint "trademark_registry_pkey" primary key ("id")
);

-- Memory of a conversation

create table public."MemorySession" (
  "id"        text         not null,
  "sessionId" text         not null,
  "userId"    text,
  "tenantId"  text,
  "metadata"  jsonb,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "MemorySession_pkey" primary key ("id")
);

create table public."MemoryEntity" (
  "id"            text                not null,
  "sessionId"     text                not null,
  "name"          text                not null,
  "type"          public."EntityType" not null,
  "value"         text                not null,
  "confidence"    double precision    not null,
  "context"       text                not null,
  "lastMentioned" timestamp(3)        not null default current_timestamp,
  constraint "MemoryEntity_pkey" primary key ("id")
);

create table public."BufferMessage" (
  "id"        text                 not null,
  "sessionId" text                 not null,
  "role"      public."MessageRole" not null,
  "content"   text                 not null,
  "metadata"  jsonb,
  "timestamp" timestamp(3)         not null default current_timestamp,
  constraint "BufferMessage_pkey" primary key ("id")
);

create table public."ConversationSummary" (
  "id"             text         not null,
  "sessionId"      text         not null,
  "summary"        text         not null,
  "keyTopics"      text[],
  "entities"       text[],
  "userInterests"  text[],
  "pendingActions" text[],
  "messageCount"   integer      not null,
  "createdAt"      timestamp(3) not null default current_timestamp,
  constraint "ConversationSummary_pkey" primary key ("id")
);

create table public."Conversation" (
  "id"        text         not null,
  "userId"    text,
  "sessionId" text         not null,
  "title"     text,
  "metadata"  jsonb,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "Conversation_pkey" primary key ("id")
);

create table public."Message" (
  "id"             text                 not null,
  "conversationId" text                 not null,
  "role"           public."MessageRole" not null,
  "content"        text                 not null,
  "metadata"       jsonb,
  "timestamp"      timestamp(3)         not null default current_timestamp,
  constraint "Message_pkey" primary key ("id")
);

-- Knowledge

create table public."KnowledgeNode" (
  "id"         text              not null,
  "sessionId"  text              not null,
  "nodeId"     text              not null,
  "type"       public."NodeType" not null,
  "name"       text              not null,
  "properties" jsonb,
  constraint "KnowledgeNode_pkey" primary key ("id")
);

create table public."KnowledgeRelationship" (
  "id"        text             not null,
  "sessionId" text             not null,
  "sourceId"  text             not null,
  "targetId"  text             not null,
  "type"      text             not null,
  "weight"    double precision not null,
  "context"   text             not null,
  "timestamp" timestamp(3)     not null default current_timestamp,
  constraint "KnowledgeRelationship_pkey" primary key ("id")
);

create table public."knowledge_base" (
  "id"        text         not null,
  "tenantId"  text         not null,
  "title"     text         not null,
  "content"   text         not null,
  "type"      text         not null,
  "metadata"  jsonb,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "knowledge_base_pkey" primary key ("id")
);

create table public."Document" (
  "id"          text         not null,
  "title"       text,
  "content"     text         not null,
  "metadata"    jsonb,
  "source"      text,
  "chunkIndex"  integer,
  "totalChunks" integer,
  "createdAt"   timestamp(3) not null default current_timestamp,
  "updatedAt"   timestamp(3) not null,
  constraint "Document_pkey" primary key ("id")
);

create table public."Embedding" (
  "id"         text         not null,
  "documentId" text         not null,
  "content"    text         not null,
  "createdAt"  timestamp(3) not null default current_timestamp,
  constraint "Embedding_pkey" primary key ("id")
);

-- Older twins

create table public."memory_sessions" (
  "id"        text         not null,
  "sessionId" text         not null,
  "tenantId"  text         not null,
  "metadata"  jsonb,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "memory_sessions_pkey" primary key ("id")
);

create table public."memory_entities" (
  "id"            text             not null,
  "sessionId"     text             not null,
  "tenantId"      text             not null,
  "name"          text             not null,
  "type"          text             not null,
  "value"         text,
  "context"       text,
  "metadata"      jsonb,
  "createdAt"     timestamp(3)     not null default current_timestamp,
  "updatedAt"     timestamp(3)     not null,
  "confidence"    double precision,
  "lastMentioned" timestamp(3),
  constraint "memory_entities_pkey" primary key ("id")
);

create table public."buffer_messages" (
  "id"        text         not null,
  "sessionId" text         not null,
  "tenantId"  text         not null,
  "role"      text         not null,
  "content"   text         not null,
  "metadata"  jsonb,
  "timestamp" timestamp(3) not null default current_timestamp,
  constraint "buffer_messages_pkey" primary key ("id")
);

create table public."conversation_summaries" (
  "id"           text         not null,
  "sessionId"    text         not null,
  "tenantId"     text         not null,
  "summary"      text         not null,
  "metadata"     jsonb,
  "createdAt"    timestamp(3) not null default current_timestamp,
  "updatedAt"    timestamp(3) not null,
  "entities"     jsonb,
  "keyTopics"    text,
  "messageCount" integer,
  constraint "conversation_summaries_pkey" primary key ("id")
);

create table public."knowledge_nodes" (
  "id"         text         not null,
  "sessionId"  text         not null,
  "tenantId"   text         not null,
  "nodeId"     text         not null,
  "content"    text         not null,
  "type"       text         not null,
  "metadata"   jsonb,
  "createdAt"  timestamp(3) not null default current_timestamp,
  "updatedAt"  timestamp(3) not null,
  "name"       text,
  "properties" jsonb,
  constraint "knowledge_nodes_pkey" primary key ("id")
);

create table public."knowledge_relationships" (
  "id"               text             not null,
  "sessionId"        text             not null,
  "tenantId"         text             not null,
  "fromNodeId"       text             not null,
  "toNodeId"         text             not null,
  "relationshipType" text             not null,
  "strength"         double precision,
  "metadata"         jsonb,
  "createdAt"        timestamp(3)     not null default current_timestamp,
  "updatedAt"        timestamp(3)     not null,
  "context"          text,
  "sourceId"         text,
  "targetId"         text,
  "timestamp"        timestamp(3),
  "type"             text,
  "weight"           double precision,
  constraint "knowledge_relationships_pkey" primary key ("id")
);
