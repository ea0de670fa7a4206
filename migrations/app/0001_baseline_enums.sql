-- Baseline, part 1 of 8: the enumerated types of the legacy schema. The eight parts together are one step: they are all
-- applied to an empty database, or all recorded as applied, unread, to a database that legacy has already filled.
-- A value's place in its list is its sort order.

create type public."CatalogItemType" as enum ('PRODUCT', 'SERVICE');
create type public."ChatbotAccessStatus" as enum ('pending', 'approved', 'revoked');
create type public."ChatbotContactType" as enum ('BOT', 'CONTACT', 'GROUP');
create type public."CommunicationChannelType" as enum ('EMAIL', 'SMS', 'TELEGRAM', 'WHATSAPP', 'INSTAGRAM');
create type public."CommunicationLogStatus" as enum ('pending', 'sent', 'partial', 'failed');
create type public."CommunicationProviderType" as enum (
  'BREVO', 'RESEND', 'LABSMOBILE', 'TELEGRAM_BOT', 'WHATSAPP_CLOUD', 'INSTAGRAM_GRAPH'
);
create type public."CrmActivityType" as enum ('message', 'call', 'email', 'note', 'ticket', 'product', 'appointment', 'task');
create type public."CrmAppointmentStatus" as enum ('pending', 'confirmed', 'cancelled', 'completed');
create type public."CrmAppointmentType" as enum ('consultation', 'training', 'class', 'massage', 'other');
create type public."CrmTaskPriority" as enum ('low', 'medium', 'high');
create type public."CrmTaskType" as enum ('general', 'followup', 'call', 'meeting');
create type public."EntityType" as enum ('brand', 'company', 'class', 'country', 'year');
create type public."ExceptionType" as enum ('blocked', 'modified', 'additional');
create type public."MessageRole" as enum ('user', 'assistant', 'system');
create type public."NodeType" as enum ('brand', 'company', 'concept', 'relationship');
create type public."PaymentLinkChannel" as enum ('chatbot', 'admin', 'api', 'unknown');
create type public."PaymentLinkStatus" as enum ('pending', 'processing', 'completed', 'failed', 'expired', 'cancelled');
create type public."RecurringType" as enum ('daily', 'weekly', 'monthly');
create type public."ScheduledMessageStatus" as enum ('PENDING', 'PROCESSING', 'SENT', 'FAILED', 'CANCELLED');
create type public."ScheduledMessageTarget" as enum ('FLOWBOT', 'TENANT_USER');
create type public."StockLocationType" as enum ('PHYSICAL', 'DIGITAL');
create type public."StockMovementType" as enum ('ADJUSTMENT', 'TRANSFER_OUT', 'TRANSFER_IN', 'RESERVATION', 'RELEASE', 'SALE', 'RETURN');
create type public."TenantApprovalStatus" as enum ('pending', 'approved', 'rejected');
create type public."TicketPriority" as enum ('low', 'medium', 'high', 'urgent');
create type public."TicketSentiment" as enum ('positive', 'neutral', 'negative');
create type public."TicketStatus" as enum ('open', 'in_progress', 'resolved', 'closed');
create type public."TicketType" as enum ('help_desk', 'system_feature', 'system_bug');
create type public."UserRole" as enum ('super_admin', 'admin', 'user');
create type public."UserStatus" as enum ('invited', 'active', 'suspended', 'inactive');
create type public."WhatsAppMessageStatus" as enum ('PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED');
create type public."WhatsAppMessageType" as enum (
  'TEXT', 'IMAGE', 'VIDEO', 'AUDIO', 'DOCUMENT', 'STICKER', 'LOCATION', 'CONTACT', 'BUTTONS', 'LIST'
);
create type public."WhatsAppRoutingRule" as enum ('FLOWBOT_ONLY', 'USER_ONLY', 'FLOWBOT_FIRST', 'USER_FIRST', 'MANUAL');
create type public."WhatsAppSessionStatus" as enum ('DISCONNECTED', 'CONNECTING', 'CONNECTED', 'QR_REQUIRED', 'ERROR');
create type public."WhatsAppContactSessionStatus" as enum ('OPEN', 'CLOSED');
create type public."ContactTransferRequestStatus" as enum ('PENDING', 'APPROVED', 'DENIED', 'CANCELLED');
