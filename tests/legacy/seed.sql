-- Invented data for the demo and the tests, on the schema of the legacy database. Nobody here exists.
-- Every password is: legacy-demo-1
begin;

insert into tenants (id, name, domain, subdomain, "displayName", settings, "isActive", "contactEmail", "createdAt", "updatedAt") values
  ('default', 'Default', null, null, null, null, true, null, '2025-01-01 08:00:00', '2025-01-01 08:00:00'),
  ('cmtenantfaro000000000001', 'Librería Faro', 'faro.desk.example', 'faro', 'Librería Faro',
   '{"features":["chatbot","crm"],"branding":{"primaryColor":"#1f4e79","logoUrl":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAYAAABXAvmHAAAAlElEQVR42u3ZsQGAMAgF0T+RYziOQ7uAjb2OYDBqPnhF+ntdAO3bemR+AlAJMC1z87MBRKLfwGh0fC9Co8N7IXKKv4OQW3wUIcf4COIfgBHxrQg5x7cgAFgDHOKvEAAAAAAAAAAAWwCfOQAPANJPZAz1LoD0e6ESm7kSu9ES2+ky94ESF5oowv7IBwAAAAAAAHwJOAFNL+ZhRXfYKgAAAABJRU5ErkJggg=="},"customization":{"background":{"type":"solid","solidColor":"#f4efe2"}}}',
   true, 'hola@faro.example', '2025-01-02 08:00:00', '2025-01-02 08:00:00'),
  ('cmtenanttaller0000000001', 'Taller Norte', 'norte.desk.example', 'norte', null, '{"features":["crm"]}', true, null,
   '2025-01-03 08:00:00', '2025-01-03 08:00:00');

insert into tenant_logo_assets (id, "tenantId", filename, "mimeType", width, height, data, "createdAt", "updatedAt") values
  ('5d0c2f0a-6a51-4c55-9a40-1d2f6f6d0001', 'cmtenantfaro000000000001', 'logo.png', 'image/png', 48, 48, decode('89504e470d0a1a0a0000000d49484452000000300000003008060000005702f987000000944944415478daedd9b10180300805d13f9163388e43bb808dbd8e60306a3e7845fa7b5d00eddb7a647e025009302d73f3b30144a2dfc068747c2f42a3c37b21728abf83905b7c1421c7f808e21f8011f1ad0839c7b7200058031ce2af1000000000000000005b009f39000f00d24f640cf52e80f47ba1129bb912bbd112dbe932f78112179a28c2fec8070000000000007c0938014d2fe6614577d82a0000000049454e44ae426082', 'hex'),
   '2025-01-02 09:00:00', '2025-01-02 09:00:00');

insert into chatbot_phone_users (id, phone, "normalizedPhone", "countryCode", language, "tenantId", "displayName", email, "lastActiveAt", "createdAt", "updatedAt") values
  ('cmphoneirene000000000001', '+34600000101', '+34600000101', '+34', 'es', 'cmtenantfaro000000000001', 'Irene Vidal', 'irene@faro.example', '2025-06-01 08:00:00', '2025-01-05 08:00:00', '2025-01-05 08:00:00'),
  ('cmphonebruno000000000001', '+34600000102', '+34600000102', '+34', 'es', 'cmtenantfaro000000000001', 'Bruno Sanz', 'bruno@faro.example', '2025-06-01 08:10:00', '2025-01-05 08:10:00', '2025-01-05 08:10:00'),
  ('cmphonetomas000000000001', '+34600000201', '+34600000201', '+34', 'es', 'cmtenanttaller0000000001', 'Tomás Rey', 'tomas@norte.example', null, '2025-01-06 08:00:00', '2025-01-06 08:00:00'),
  ('cmphoneolga0000000000001', '+34600000103', '+34600000103', '+34', null, 'cmtenantfaro000000000001', null, null, null, '2025-01-07 08:00:00', '2025-01-07 08:00:00');

insert into users (id, email, name, password, "tenantId", role, status, "approvalStatus", "chatbotAccessStatus", phone, "normalizedPhone", "chatbotPhoneUserId", "createdAt", "updatedAt") values
  ('cmuserroot00000000000001', 'root@desk.example', 'Raíz Gómez', '$2b$10$I0Bj2CPpcSC6hTl3egnNUe3ps9iLSnU8nq5IDFLsSCA98rvgvF/jK', 'default', 'super_admin', 'active', 'approved', 'approved', null, null, null, '2025-01-01 08:00:00', '2025-01-01 08:00:00'),
  ('cmuserirene0000000000001', 'irene@faro.example', 'Irene Vidal', '$2b$10$I0Bj2CPpcSC6hTl3egnNUe3ps9iLSnU8nq5IDFLsSCA98rvgvF/jK', 'cmtenantfaro000000000001', 'admin', 'active', 'approved', 'approved', '+34600000101', '+34600000101', 'cmphoneirene000000000001', '2025-01-04 08:00:00', '2025-01-04 08:00:00'),
  ('cmuserbruno0000000000001', 'bruno@faro.example', 'Bruno Sanz', '$2b$10$I0Bj2CPpcSC6hTl3egnNUe3ps9iLSnU8nq5IDFLsSCA98rvgvF/jK', 'cmtenantfaro000000000001', 'user', 'active', 'approved', 'approved', '+34600000102', '+34600000102', 'cmphonebruno000000000001', '2025-01-04 08:00:00', '2025-01-04 08:00:00'),
  ('cmuserolga00000000000001', 'olga@faro.example', 'Olga Prieto', null, 'cmtenantfaro000000000001', 'user', 'active', 'pending', 'pending', '+34600000103', '+34600000103', 'cmphoneolga0000000000001', '2025-01-04 08:00:00', '2025-01-04 08:00:00'),
  ('cmusertomas0000000000001', 'tomas@norte.example', 'Tomás Rey', '$2b$10$I0Bj2CPpcSC6hTl3egnNUe3ps9iLSnU8nq5IDFLsSCA98rvgvF/jK', 'cmtenanttaller0000000001', 'admin', 'active', 'approved', 'approved', '+34600000201', '+34600000201', 'cmphonetomas000000000001', '2025-01-04 08:00:00', '2025-01-04 08:00:00'),
  ('cmusereva000000000000001', 'eva@norte.example', null, '$2b$10$I0Bj2CPpcSC6hTl3egnNUe3ps9iLSnU8nq5IDFLsSCA98rvgvF/jK', 'cmtenanttaller0000000001', 'user', 'suspended', 'approved', 'approved', null, null, null, '2025-01-04 08:00:00', '2025-01-04 08:00:00');

-- Chat sessions: a valid one for each tenant, one revoked, one expired, one of a user who is not approved yet.
insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "revokedAt", metadata, "createdAt") values
  ('cmsessirene0000000000001', 'cmphoneirene000000000001', '1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f', '2099-01-01', '2025-06-01 08:00:00', null, 'null', '2025-05-01 08:00:00'),
  ('cmsessbruno0000000000001', 'cmphonebruno000000000001', '2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f', '2099-01-01', '2025-06-01 08:00:00', null, 'null', '2025-05-01 08:00:00'),
  ('cmsessbruno0000000000002', 'cmphonebruno000000000001', '3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f', '2099-01-01', '2025-06-01 08:00:00', '2025-06-02 08:00:00', 'null', '2025-05-02 08:00:00'),
  ('cmsessbruno0000000000003', 'cmphonebruno000000000001', '4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f', '2025-05-31', '2025-05-30 08:00:00', null, 'null', '2025-05-03 08:00:00'),
  ('cmsessolga00000000000001', 'cmphoneolga0000000000001', '5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f', '2099-01-01', '2025-06-01 08:00:00', null, 'null', '2025-05-01 08:00:00'),
  ('cmsesstomas0000000000001', 'cmphonetomas000000000001', '6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f', '2099-01-01', '2025-06-01 08:00:00', null, 'null', '2025-05-01 08:00:00');

insert into chatbot_contacts (id, "tenantId", type, "displayName", phone, metadata, "createdAt", "updatedAt") values
  ('c0000000-0000-4000-8000-000000000000', 'cmtenantfaro000000000001', 'CONTACT', 'Alma Cano', '+34610000000', '{"email":"alma@correo.example"}', '2025-02-01 08:00:00', '2025-02-01 08:00:00'),
  ('c0000000-0000-4000-8000-000000000001', 'cmtenantfaro000000000001', 'CONTACT', 'Berta Díez', '+34610000001', '{}', '2025-02-02 08:00:00', '2025-02-02 08:00:00'),
  ('c0000000-0000-4000-8000-000000000002', 'cmtenantfaro000000000001', 'CONTACT', 'Ciro Egea', '+34610000002', '{"email":"ciro@correo.example"}', '2025-02-03 08:00:00', '2025-02-03 08:00:00'),
  ('c0000000-0000-4000-8000-000000000003', 'cmtenantfaro000000000001', 'CONTACT', 'Dora Font', null, '{}', '2025-02-04 08:00:00', '2025-02-04 08:00:00'),
  ('c0000000-0000-4000-8000-000000000004', 'cmtenanttaller0000000001', 'CONTACT', 'Elías Gil', '+34610000004', '{"email":"elias@correo.example"}', '2025-02-05 08:00:00', '2025-02-05 08:00:00'),
  ('c0000000-0000-4000-8000-000000000005', 'cmtenanttaller0000000001', 'CONTACT', 'Fany Haro', '+34610000005', '{}', '2025-02-06 08:00:00', '2025-02-06 08:00:00'),
  ('c0000000-0000-4000-8000-0000000000b0', 'cmtenantfaro000000000001', 'BOT', 'FlowBot', null, null, '2025-01-02 08:30:00', '2025-01-02 08:30:00');

insert into chatbot_contact_members (id, "contactId", "phoneUserId", "memberName", "createdAt") values
  ('cmmember0000000000000001', 'c0000000-0000-4000-8000-000000000001', 'cmphonebruno000000000001', 'Bruno Sanz', '2025-02-02 09:00:00');

insert into application_requests (id, name, email, phone, intent, confidence, status, "createdAt") values
  ('cmlead000000000000000001', 'Lidia Llano', 'lidia@correo.example', 'not_provided', 'demo', 0.9, 'pending', '2025-03-01 08:00:00');

insert into tickets (id, "tenantId", type, title, description, status, priority, "customerId", "customerName", "customerEmail", "customerPhone", "createdById", "assignedToId", "createdAt", "updatedAt") values
  ('d0000000-0000-4000-8000-000000000000', 'cmtenantfaro000000000001', 'help_desk', 'El pedido llegó incompleto', 'El pedido llegó incompleto. Detalle número 1.', 'open', 'medium', 'c0000000-0000-4000-8000-000000000000', 'Alma Cano', 'alma@correo.example', '+34610000000', 'cmuserbruno0000000000001', null, '2025-04-01 10:15:00.000', '2025-04-01 10:15:00.000'),
  ('d0000000-0000-4000-8000-000000000001', 'cmtenantfaro000000000001', 'system_bug', 'No puedo iniciar sesión', 'No puedo iniciar sesión. Detalle número 2.', 'in_progress', 'high', 'c0000000-0000-4000-8000-000000000001', 'Berta Díez', null, '+34610000001', 'cmuserirene0000000000001', 'cmuserbruno0000000000001', '2025-04-02 11:15:00.001', '2025-04-02 11:15:00.001'),
  ('d0000000-0000-4000-8000-000000000002', 'cmtenantfaro000000000001', 'system_feature', 'Factura con importe duplicado', 'Factura con importe duplicado. Detalle número 3.', 'resolved', 'low', 'c0000000-0000-4000-8000-000000000002', 'Ciro Egea', 'ciro@correo.example', '+34610000002', 'cmuserbruno0000000000001', 'cmuserbruno0000000000001', '2025-04-03 12:15:00.002', '2025-04-03 12:15:00.002'),
  ('d0000000-0000-4000-8000-000000000003', 'cmtenantfaro000000000001', 'help_desk', 'Cambiar la dirección de envío', 'Cambiar la dirección de envío. Detalle número 4.', 'closed', 'urgent', 'c0000000-0000-4000-8000-000000000003', 'Dora Font', null, null, 'cmuserirene0000000000001', null, '2025-04-04 13:15:00.003', '2025-04-04 13:15:00.003'),
  ('d0000000-0000-4000-8000-000000000004', 'cmtenantfaro000000000001', 'system_bug', 'El lector 100% se bloquea', 'El lector 100% se bloquea. Detalle número 5.', 'open', 'medium', 'c0000000-0000-4000-8000-000000000000', 'Alma Cano', 'alma@correo.example', '+34610000000', 'cmuserbruno0000000000001', 'cmuserbruno0000000000001', '2025-04-05 14:15:00.004', '2025-04-05 14:15:00.004'),
  ('d0000000-0000-4000-8000-000000000005', 'cmtenantfaro000000000001', 'system_feature', 'Solicitud de catálogo en PDF', 'Solicitud de catálogo en PDF. Detalle número 6.', 'open', 'high', 'c0000000-0000-4000-8000-000000000001', 'Berta Díez', null, '+34610000001', 'cmuserirene0000000000001', 'cmuserbruno0000000000001', '2025-04-06 15:15:00.005', '2025-04-06 15:15:00.005'),
  ('d0000000-0000-4000-8000-000000000006', 'cmtenantfaro000000000001', 'help_desk', 'Página de pago en blanco', 'Página de pago en blanco. Detalle número 7.', 'in_progress', 'low', '', 'Unknown Customer', null, null, 'cmuserbruno0000000000001', null, '2025-04-07 16:15:00.006', '2025-04-07 16:15:00.006'),
  ('d0000000-0000-4000-8000-000000000007', 'cmtenantfaro000000000001', 'system_bug', 'Libro dañado en el transporte', 'Libro dañado en el transporte. Detalle número 8.', 'resolved', 'urgent', 'c0000000-0000-4000-8000-000000000003', 'Dora Font', null, null, 'cmuserirene0000000000001', 'cmuserbruno0000000000001', '2025-04-08 17:15:00.007', '2025-04-08 17:15:00.007'),
  ('d0000000-0000-4000-8000-000000000008', 'cmtenantfaro000000000001', 'system_feature', 'Añadir un segundo usuario', 'Añadir un segundo usuario. Detalle número 9.', 'closed', 'medium', 'c0000000-0000-4000-8000-000000000000', 'Alma Cano', 'alma@correo.example', '+34610000000', 'cmuserbruno0000000000001', 'cmuserbruno0000000000001', '2025-04-09 18:15:00.008', '2025-04-09 18:15:00.008'),
  ('d0000000-0000-4000-8000-000000000009', 'cmtenantfaro000000000001', 'help_desk', 'La búsqueda no encuentra "ñandú"', 'La búsqueda no encuentra "ñandú". Detalle número 10.', 'open', 'high', 'c0000000-0000-4000-8000-000000000001', 'Berta Díez', null, '+34610000001', 'cmuserirene0000000000001', null, '2025-04-10 19:15:00.009', '2025-04-10 19:15:00.009'),
  ('d0000000-0000-4000-8000-000000000010', 'cmtenantfaro000000000001', 'system_bug', 'Recordatorio de devolución', 'Recordatorio de devolución. Detalle número 11.', 'open', 'low', 'c0000000-0000-4000-8000-000000000002', 'Ciro Egea', 'ciro@correo.example', '+34610000002', 'cmuserbruno0000000000001', 'cmuserbruno0000000000001', '2025-04-11 10:15:00.010', '2025-04-11 10:15:00.010'),
  ('d0000000-0000-4000-8000-000000000011', 'cmtenantfaro000000000001', 'system_feature', 'El cupón no se aplica', 'El cupón no se aplica. Detalle número 12.', 'in_progress', 'urgent', 'c0000000-0000-4000-8000-000000000003', 'Dora Font', null, null, 'cmuserirene0000000000001', 'cmuserbruno0000000000001', '2025-04-12 11:15:00.011', '2025-04-12 11:15:00.011'),
  ('d0000000-0000-4000-8000-000000000012', 'cmtenantfaro000000000001', 'help_desk', 'Consulta sobre horarios', '', 'resolved', 'medium', 'c0000000-0000-4000-8000-000000000000', 'Alma Cano', 'alma@correo.example', '+34610000000', 'cmuserbruno0000000000001', null, '2025-04-13 12:15:00.012', '2025-04-13 12:15:00.012'),
  ('d0000000-0000-4000-8000-000000000013', 'cmtenantfaro000000000001', 'system_bug', 'Reserva de sala de lectura', 'Reserva de sala de lectura. Detalle número 14.', 'closed', 'high', '', 'Unknown Customer', null, null, 'cmuserirene0000000000001', 'cmuserbruno0000000000001', '2025-04-14 13:15:00.013', '2025-04-14 13:15:00.013'),
  ('d0000000-0000-4000-8000-000000000014', 'cmtenantfaro000000000001', 'system_feature', 'Informe mensual vacío', 'Informe mensual vacío. Detalle número 15.', 'open', 'low', 'c0000000-0000-4000-8000-000000000002', 'Ciro Egea', 'ciro@correo.example', '+34610000002', 'cmuserbruno0000000000001', 'cmuserbruno0000000000001', '2025-04-15 14:15:00.014', '2025-04-15 14:15:00.014'),
  ('d0000000-0000-4000-8000-000000000015', 'cmtenantfaro000000000001', 'help_desk', 'Error 502 al exportar', 'Error 502 al exportar. Detalle número 16.', 'open', 'urgent', 'c0000000-0000-4000-8000-000000000003', 'Dora Font', null, null, 'cmuserirene0000000000001', null, '2025-04-16 15:15:00.015', '2025-04-16 15:15:00.015'),
  ('d0000000-0000-4000-8000-000000000016', 'cmtenantfaro000000000001', 'system_bug', 'Quitar mi número de la lista', 'Quitar mi número de la lista. Detalle número 17.', 'in_progress', 'medium', 'c0000000-0000-4000-8000-000000000000', 'Alma Cano', 'alma@correo.example', '+34610000000', 'cmuserbruno0000000000001', 'cmuserbruno0000000000001', '2025-04-17 16:15:00.016', '2025-04-17 16:15:00.016'),
  ('d0000000-0000-4000-8000-000000000017', 'cmtenantfaro000000000001', 'system_feature', 'Nueva etiqueta en los tickets', 'Nueva etiqueta en los tickets. Detalle número 18.', 'resolved', 'high', 'c0000000-0000-4000-8000-000000000001', 'Berta Díez', null, '+34610000001', 'cmuserirene0000000000001', 'cmuserbruno0000000000001', '2025-04-18 17:15:00.017', '2025-04-18 17:15:00.017'),
  ('d0000000-0000-4000-8000-000000000018', 'cmtenanttaller0000000001', 'help_desk', 'Revisión de frenos', 'Revisión de frenos. Detalle número 19.', 'closed', 'low', 'c0000000-0000-4000-8000-000000000004', 'Elías Gil', 'elias@correo.example', '+34610000004', 'cmusertomas0000000000001', null, '2025-04-19 18:15:00.018', '2025-04-19 18:15:00.018'),
  ('d0000000-0000-4000-8000-000000000019', 'cmtenanttaller0000000001', 'system_bug', 'Presupuesto de pintura', 'Presupuesto de pintura. Detalle número 20.', 'open', 'urgent', 'c0000000-0000-4000-8000-000000000005', 'Fany Haro', null, '+34610000005', 'cmusertomas0000000000001', 'cmusertomas0000000000001', '2025-04-20 19:15:00.019', '2025-04-20 19:15:00.019'),
  ('d0000000-0000-4000-8000-000000000020', 'cmtenanttaller0000000001', 'system_feature', 'Cita para el viernes', 'Cita para el viernes. Detalle número 21.', 'open', 'medium', '', 'Unknown Customer', null, null, 'cmusertomas0000000000001', 'cmusertomas0000000000001', '2025-04-21 10:15:00.020', '2025-04-21 10:15:00.020'),
  ('d0000000-0000-4000-8000-000000000021', 'cmtenanttaller0000000001', 'help_desk', 'Recoger el coche antes', 'Recoger el coche antes. Detalle número 22.', 'in_progress', 'high', 'c0000000-0000-4000-8000-000000000005', 'Fany Haro', null, '+34610000005', 'cmusertomas0000000000001', null, '2025-04-22 11:15:00.021', '2025-04-22 11:15:00.021');

insert into ticket_comments (id, "ticketId", "authorId", content, "createdAt", "updatedAt") values
  ('e0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000000', 'cmuserbruno0000000000001', 'Faltan dos libros.', '2025-04-02 08:00:00', '2025-04-02 08:00:00'),
  ('e0000000-0000-4000-8000-000000000002', 'd0000000-0000-4000-8000-000000000000', 'cmuserirene0000000000001', 'Salen mañana.', '2025-04-02 09:00:00', '2025-04-02 09:00:00');

insert into tenant_user_chat_messages (id, "tenantId", "threadKey", "senderId", "recipientId", content, "createdAt", "readAt") values
  ('cmmessage000000000000001', 'cmtenantfaro000000000001', 'cmuserbruno0000000000001.cmuserirene0000000000001', 'cmuserbruno0000000000001', 'cmuserirene0000000000001', '¿Puedes mirar el ticket del lector?', '2025-06-01 09:00:00', '2025-06-01 09:05:00'),
  ('cmmessage000000000000002', 'cmtenantfaro000000000001', 'cmuserbruno0000000000001.cmuserirene0000000000001', 'cmuserirene0000000000001', 'cmuserbruno0000000000001', 'Ahora mismo.', '2025-06-01 09:06:00', null);

insert into whatsapp_sessions (id, "sessionId", "tenantId", name, "phoneNumber", status, "isActive", "lastSync", "createdAt", "updatedAt") values
  ('cmwasession0000000000001', 'faro-principal', 'cmtenantfaro000000000001', 'Faro', '+34600000900', 'CONNECTED', true, '2025-06-01 08:00:00', '2025-01-10 08:00:00', '2025-06-01 08:00:00'),
  ('cmwasession0000000000002', 'norte-principal', 'cmtenanttaller0000000001', null, null, 'QR_REQUIRED', false, '2025-05-01 08:00:00', '2025-01-11 08:00:00', '2025-05-01 08:00:00');

insert into whatsapp_contacts (id, "sessionId", jid, name, "phoneNumber", "lastMessageAt", "unreadCount", "tenantId", "chatbotContactId", "userId", "createdAt", "updatedAt") values
  ('cmwacontact0000000000001', 'faro-principal', '34610000000@s.whatsapp.net', 'Alma', '+34610000000', '2025-06-01 07:00:00', 2, 'cmtenantfaro000000000001', 'c0000000-0000-4000-8000-000000000000', 'cmuserbruno0000000000001', '2025-02-01 08:00:00', '2025-06-01 07:00:00'),
  ('cmwacontact0000000000002', 'faro-principal', '34610000009@s.whatsapp.net', null, '+34610000009', null, 0, 'cmtenantfaro000000000001', null, null, '2025-02-02 08:00:00', '2025-02-02 08:00:00');

insert into catalog_categories (id, "tenantId", name, type, "parentId", "createdAt", "updatedAt") values
  ('Faro_Category_Novel01', 'cmtenantfaro000000000001', 'Novela', 'PRODUCT', null, '2025-02-01 08:00:00', '2025-02-01 08:00:00'),
  ('Faro_Category_Crime01', 'cmtenantfaro000000000001', 'Novela negra', 'PRODUCT', 'Faro_Category_Novel01', '2025-02-01 08:05:00', '2025-02-01 08:05:00');

insert into payment_products (id, "tenantId", "productCode", name, "amountCents", "baseAmountCents", currency, "categoryId", "createdAt", "updatedAt") values
  ('a0000000-0000-4000-8000-000000000001', 'cmtenantfaro000000000001', 'CLUB-ANUAL', 'Club de lectura', 4500, 4500, 'EUR', 'Faro_Category_Novel01', '2025-02-10 08:00:00', '2025-02-10 08:00:00');

insert into payment_links (id, token, "productId", "tenantId", "amountCents", "baseAmountCents", currency, status, "customerName", "createdAt", "updatedAt") values
  ('b0000000-0000-4000-8000-000000000001', 'FaroDemoLink0000000001', 'a0000000-0000-4000-8000-000000000001', 'cmtenantfaro000000000001', 4500, 4500, 'EUR', 'pending', 'Alma Cano', '2025-03-10 08:00:00', '2025-03-10 08:00:00');

insert into "MemorySession" (id, "sessionId", "tenantId", metadata, "createdAt", "updatedAt") values
  ('f0000000-0000-4000-8000-000000000001', 'memory-faro-1', 'cmtenantfaro000000000001', '{}', '2025-05-01 08:00:00', '2025-05-01 08:00:00');

insert into trademarks (id, marca, titular, clase, "paisTitular", estado, "fechaRegistro", descripcion, "tenantId", "createdAt", "updatedAt") values
  ('cmtrademark0000000000001', 'Faro de Papel', 'Librería Faro', '16', 'ES', 'registrada', '2024-03-01', 'Cuadernos y libros', 'cmtenantfaro000000000001', '2025-01-20 08:00:00', '2025-01-20 08:00:00'),
  ('cmtrademark0000000000002', 'Norte Motor', 'Taller Norte', '37', 'ES', 'solicitada', null, 'Reparación de vehículos', 'cmtenanttaller0000000001', '2025-01-21 08:00:00', '2025-01-21 08:00:00');

commit;
