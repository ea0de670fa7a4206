-- Baseline, part 8 of 8: foreign keys. Every key follows a changed identifier; what a deletion does is stated one by one.

alter table public."users"
  add constraint "users_approvedById_fkey" foreign key ("approvedById")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "users_chatbotPhoneUserId_fkey" foreign key ("chatbotPhoneUserId")
    references public."chatbot_phone_users" ("id") on update cascade on delete set null,
  add constraint "users_departmentId_fkey" foreign key ("departmentId")
    references public."departments" ("id") on update cascade on delete set null,
  add constraint "users_invitedById_fkey" foreign key ("invitedById")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "users_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."chatbot_phone_otps"
  add constraint "chatbot_phone_otps_userId_fkey" foreign key ("userId")
    references public."chatbot_phone_users" ("id") on update cascade on delete cascade;

alter table public."chatbot_phone_sessions"
  add constraint "chatbot_phone_sessions_userId_fkey" foreign key ("userId")
    references public."chatbot_phone_users" ("id") on update cascade on delete cascade;

alter table public."communication_config"
  add constraint "communication_config_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."communication_channel_settings"
  add constraint "communication_channel_settings_configId_fkey" foreign key ("configId")
    references public."communication_config" ("id") on update cascade on delete cascade;

alter table public."communication_components"
  add constraint "communication_components_categoryId_fkey" foreign key ("categoryId")
    references public."communication_component_categories" ("id") on update cascade on delete set null;

alter table public."communication_templates"
  add constraint "communication_templates_configId_fkey" foreign key ("configId")
    references public."communication_config" ("id") on update cascade on delete set null;

alter table public."communication_template_components"
  add constraint "communication_template_components_componentId_fkey" foreign key ("componentId")
    references public."communication_components" ("id") on update cascade on delete cascade,
  add constraint "communication_template_components_templateId_fkey" foreign key ("templateId")
    references public."communication_templates" ("id") on update cascade on delete cascade;

alter table public."communication_template_translations"
  add constraint "communication_template_translations_templateId_fkey" foreign key ("templateId")
    references public."communication_templates" ("id") on update cascade on delete cascade;

alter table public."communication_workflows"
  add constraint "communication_workflows_configId_fkey" foreign key ("configId")
    references public."communication_config" ("id") on update cascade on delete set null;

alter table public."communication_workflow_steps"
  add constraint "communication_workflow_steps_templateId_fkey" foreign key ("templateId")
    references public."communication_templates" ("id") on update cascade on delete set null,
  add constraint "communication_workflow_steps_workflowId_fkey" foreign key ("workflowId")
    references public."communication_workflows" ("id") on update cascade on delete cascade;

alter table public."communication_logs"
  add constraint "communication_logs_configId_fkey" foreign key ("configId")
    references public."communication_config" ("id") on update cascade on delete set null,
  add constraint "communication_logs_sentById_fkey" foreign key ("sentById")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "communication_logs_templateId_fkey" foreign key ("templateId")
    references public."communication_templates" ("id") on update cascade on delete set null,
  add constraint "communication_logs_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete set null;

alter table public."schedule_templates"
  add constraint "schedule_templates_departmentId_fkey" foreign key ("departmentId")
    references public."departments" ("id") on update cascade on delete set null;

alter table public."schedule_slots"
  add constraint "schedule_slots_templateId_fkey" foreign key ("templateId")
    references public."schedule_templates" ("id") on update cascade on delete cascade;

alter table public."schedule_exceptions"
  add constraint "schedule_exceptions_templateId_fkey" foreign key ("templateId")
    references public."schedule_templates" ("id") on update cascade on delete cascade;

alter table public."scheduled_messages"
  add constraint "scheduled_messages_contactId_fkey" foreign key ("contactId")
    references public."chatbot_contacts" ("id") on update cascade on delete set null,
  add constraint "scheduled_messages_senderId_fkey" foreign key ("senderId")
    references public."users" ("id") on update cascade on delete cascade,
  add constraint "scheduled_messages_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."chatbot_contact_access"
  add constraint "chatbot_contact_access_contactId_fkey" foreign key ("contactId")
    references public."chatbot_contacts" ("id") on update cascade on delete cascade,
  add constraint "chatbot_contact_access_phoneUserId_fkey" foreign key ("phoneUserId")
    references public."chatbot_phone_users" ("id") on update cascade on delete cascade;

alter table public."chatbot_contact_members"
  add constraint "chatbot_contact_members_contactId_fkey" foreign key ("contactId")
    references public."chatbot_contacts" ("id") on update cascade on delete cascade,
  add constraint "chatbot_contact_members_phoneUserId_fkey" foreign key ("phoneUserId")
    references public."chatbot_phone_users" ("id") on update cascade on delete set null;

alter table public."contact_transfer_requests"
  add constraint "contact_transfer_requests_contactId_fkey" foreign key ("contactId")
    references public."whatsapp_contacts" ("id") on update cascade on delete cascade,
  add constraint "contact_transfer_requests_fromUserId_fkey" foreign key ("fromUserId")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "contact_transfer_requests_requestedById_fkey" foreign key ("requestedById")
    references public."users" ("id") on update cascade on delete restrict,
  add constraint "contact_transfer_requests_supervisorId_fkey" foreign key ("supervisorId")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "contact_transfer_requests_toUserId_fkey" foreign key ("toUserId")
    references public."users" ("id") on update cascade on delete restrict;

alter table public."tenant_user_chat_messages"
  add constraint "tenant_user_chat_messages_recipientId_fkey" foreign key ("recipientId")
    references public."users" ("id") on update cascade on delete cascade,
  add constraint "tenant_user_chat_messages_senderId_fkey" foreign key ("senderId")
    references public."users" ("id") on update cascade on delete cascade,
  add constraint "tenant_user_chat_messages_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."chat_attachments"
  add constraint "chat_attachments_messageId_fkey" foreign key ("messageId")
    references public."tenant_user_chat_messages" ("id") on update cascade on delete cascade;

alter table public."ChatbotTheme"
  add constraint "ChatbotTheme_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."chatbot_analytics"
  add constraint "chatbot_analytics_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."chatbot_feedback"
  add constraint "chatbot_feedback_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."chatbot_training"
  add constraint "chatbot_training_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."content_filters"
  add constraint "content_filters_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."custom_tools"
  add constraint "custom_tools_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."escalation_rules"
  add constraint "escalation_rules_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."conversation_logs"
  add constraint "conversation_logs_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."whatsapp_sessions"
  add constraint "whatsapp_sessions_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."whatsapp_session_configs"
  add constraint "whatsapp_session_configs_sessionId_fkey" foreign key ("sessionId")
    references public."whatsapp_sessions" ("sessionId") on update cascade on delete cascade;

alter table public."whatsapp_session_keys"
  add constraint "whatsapp_session_keys_sessionId_fkey" foreign key ("sessionId")
    references public."whatsapp_sessions" ("sessionId") on update cascade on delete cascade;

alter table public."whatsapp_contacts"
  add constraint "whatsapp_contacts_chatbotContactId_fkey" foreign key ("chatbotContactId")
    references public."chatbot_contacts" ("id") on update cascade on delete set null,
  add constraint "whatsapp_contacts_sessionId_fkey" foreign key ("sessionId")
    references public."whatsapp_sessions" ("sessionId") on update cascade on delete cascade,
  add constraint "whatsapp_contacts_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade,
  add constraint "whatsapp_contacts_userId_fkey" foreign key ("userId")
    references public."users" ("id") on update cascade on delete set null;

alter table public."whatsapp_messages"
  add constraint "whatsapp_messages_senderId_fkey" foreign key ("senderId")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "whatsapp_messages_sessionId_fkey" foreign key ("sessionId")
    references public."whatsapp_sessions" ("sessionId") on update cascade on delete cascade;

alter table public."payment_products"
  add constraint "payment_products_categoryId_fkey" foreign key ("categoryId")
    references public."catalog_categories" ("id") on update cascade on delete set null,
  add constraint "payment_products_taxId_fkey" foreign key ("taxId")
    references public."payment_taxes" ("id") on update cascade on delete set null,
  add constraint "payment_products_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."payment_product_images"
  add constraint "payment_product_images_productId_fkey" foreign key ("productId")
    references public."payment_products" ("id") on update cascade on delete cascade;

alter table public."payment_links"
  add constraint "payment_links_productId_fkey" foreign key ("productId")
    references public."payment_products" ("id") on update cascade on delete cascade,
  add constraint "payment_links_taxId_fkey" foreign key ("taxId")
    references public."payment_taxes" ("id") on update cascade on delete set null;

alter table public."payment_transactions"
  add constraint "payment_transactions_paymentLinkId_fkey" foreign key ("paymentLinkId")
    references public."payment_links" ("id") on update cascade on delete cascade;

alter table public."catalog_categories"
  add constraint "catalog_categories_parentId_fkey" foreign key ("parentId")
    references public."catalog_categories" ("id") on update cascade on delete set null;

alter table public."stock_entries"
  add constraint "stock_entries_locationId_fkey" foreign key ("locationId")
    references public."stock_locations" ("id") on update cascade on delete cascade,
  add constraint "stock_entries_productId_fkey" foreign key ("productId")
    references public."payment_products" ("id") on update cascade on delete cascade;

alter table public."stock_movements"
  add constraint "stock_movements_fromLocationId_fkey" foreign key ("fromLocationId")
    references public."stock_locations" ("id") on update cascade on delete set null,
  add constraint "stock_movements_locationId_fkey" foreign key ("locationId")
    references public."stock_locations" ("id") on update cascade on delete set null,
  add constraint "stock_movements_productId_fkey" foreign key ("productId")
    references public."payment_products" ("id") on update cascade on delete cascade,
  add constraint "stock_movements_toLocationId_fkey" foreign key ("toLocationId")
    references public."stock_locations" ("id") on update cascade on delete set null;

alter table public."delivery_price_rules"
  add constraint "delivery_price_rules_deliveryMethodId_fkey" foreign key ("deliveryMethodId")
    references public."delivery_methods" ("id") on update cascade on delete cascade;

alter table public."tickets"
  add constraint "tickets_assignedToId_fkey" foreign key ("assignedToId")
    references public."users" ("id") on update cascade on delete set null,
  add constraint "tickets_createdById_fkey" foreign key ("createdById")
    references public."users" ("id") on update cascade on delete restrict,
  add constraint "tickets_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete cascade;

alter table public."ticket_comments"
  add constraint "ticket_comments_authorId_fkey" foreign key ("authorId")
    references public."users" ("id") on update cascade on delete restrict,
  add constraint "ticket_comments_ticketId_fkey" foreign key ("ticketId")
    references public."tickets" ("id") on update cascade on delete cascade;

alter table public."ticket_attachments"
  add constraint "ticket_attachments_ticketId_fkey" foreign key ("ticketId")
    references public."tickets" ("id") on update cascade on delete cascade,
  add constraint "ticket_attachments_uploadedById_fkey" foreign key ("uploadedById")
    references public."users" ("id") on update cascade on delete restrict;

alter table public."ticket_comment_attachments"
  add constraint "ticket_comment_attachments_commentId_fkey" foreign key ("commentId")
    references public."ticket_comments" ("id") on update cascade on delete cascade;

alter table public."MemorySession"
  add constraint "MemorySession_tenantId_fkey" foreign key ("tenantId")
    references public."tenants" ("id") on update cascade on delete set null;

alter table public."MemoryEntity"
  add constraint "MemoryEntity_sessionId_fkey" foreign key ("sessionId")
    references public."MemorySession" ("sessionId") on update cascade on delete cascade;

alter table public."BufferMessage"
  add constraint "BufferMessage_sessionId_fkey" foreign key ("sessionId")
    references public."MemorySession" ("sessionId") on update cascade on delete cascade;

alter table public."ConversationSummary"
  add constraint "ConversationSummary_sessionId_fkey" foreign key ("sessionId")
    references public."MemorySession" ("sessionId") on update cascade on delete cascade;

alter table public."Message"
  add constraint "Message_conversationId_fkey" foreign key ("conversationId")
    references public."Conversation" ("id") on update cascade on delete cascade;

alter table public."KnowledgeNode"
  add constraint "KnowledgeNode_sessionId_fkey" foreign key ("sessionId")
    references public."MemorySession" ("sessionId") on update cascade on delete cascade;

alter table public."KnowledgeRelationship"
  add constraint "KnowledgeRelationship_sessionId_fkey" foreign key ("sessionId")
    references public."MemorySession" ("sessionId") on update cascade on delete cascade,
  add constraint "KnowledgeRelationship_sourceId_fkey" foreign key ("sourceId")
    references public."KnowledgeNode" ("nodeId") on update cascade on delete restrict,
  add constraint "KnowledgeRelationship_targetId_fkey" foreign key ("targetId")
    references public."KnowledgeNode" ("nodeId") on update cascade on delete restrict;

alter table public."Embedding"
  add constraint "Embedding_documentId_fkey" foreign key ("documentId")
    references public."Document" ("id") on update cascade on delete cascade;
