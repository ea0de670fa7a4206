// Made by `ficus openapi --typescript` from the declarations of the native endpoints. Do not edit: make it again.

/** The user who logged in, in the order of the contract. */
export type AdminUser = {
  id: string;
  email: string;
  role: Role;
  tenantId: string;
};

/** The process answers. */
export type Alive = {
  status: "ok";
  timestamp: Time;
};

/** The code that came in the text message. */
export type Attempt = {
  /** What the request for the code was answered with. */
  verificationId: string;
  code: string;
};

/** The body of a refusal by the Next.js routes. */
export type Bare = {
  /** What is wrong, for a person. */
  error: string;
};

/** A file of a message. */
export type ChatAttachment = {
  id: string;
  filename: string;
  originalName: string;
  mimeType: string;
  /** In bytes. */
  size: number;
  url: string;
};

/** Somebody to write to: a contact of the chatbot, a user of the tenant, or somebody known from WhatsApp alone. */
export type ChatContact = {
  id: string;
  tenantId: string;
  type: string;
  displayName: string;
  phone: string | null;
  description: string | null;
  avatarUrl: string | null;
  isFlowbot: boolean;
  name?: string;
  email?: string;
  createdAt: Time;
  updatedAt: Time;
  metadata: Record<string, unknown> | null;
  unreadCount: number;
  lastMessageAt: Time | null;
};

/** A message as it is shown. */
export type ChatMessage = {
  id: string;
  senderId: string;
  recipientId: string;
  content: string;
  createdAt: Time;
  readAt: Time | null;
  editedAt: Time | null;
  attachments: ChatAttachment[];
};

/** What a token says about its holder; what it does not say is left out. */
export type Claims = {
  id: string;
  email?: string;
  role?: Role;
  tenantId?: string;
};

/** A code is on its way. */
export type CodeSent = {
  success: true;
  /** To be sent back with the code. */
  verificationId: string;
  expiresAt: Time;
  normalizedPhone: string;
  countryCode: string | null;
};

/** The body of a refusal by the chat login. */
export type Coded = {
  /** What is wrong, for a person. */
  error: string;
  /** What is wrong, for a program. */
  code: string;
};

/** The database answers. */
export type Connected = {
  status: "connected";
  /** The configured name of this backend. */
  backend: string;
  health: Alive;
};

/** Everybody that somebody may write to. */
export type ContactList = {
  success: true;
  contacts: ChatContact[];
};

/** What was sent; each is a text, or of a type that can never be right. */
export type Credentials = {
  /** In any case of letters. */
  email: string;
  password: string;
};

/** The database does not answer. */
export type Disconnected = {
  status: "disconnected";
  /** The configured name of this backend. */
  backend: string;
  error: string;
  /** What to do, for a person. */
  message: string;
};

/** It is done. */
export type Done = {
  success: true;
};

/** The body of a typed backend exception. */
export type Envelope = {
  /** What is wrong, for a person. */
  message: string;
  /** The name of the status. */
  error: string;
  /** The status again. */
  statusCode: number;
};

/** Whether it lives on. */
export type Extension = {
  /** Whether the session begins anew; only `false` leaves its end where it is. */
  extend?: boolean;
};

/** What the page kept. */
export type Kept = {
  /** The token of an earlier session of this very phone. */
  sessionToken?: string;
};

/** A ticket in a list. */
export type ListedTicket = {
  id: string;
  tenantId: string;
  type: TicketType;
  title: string;
  description: string;
  status: TicketStatus;
  priority: TicketPriority;
  customerId: string;
  customerName: string;
  customerEmail: string | null;
  customerPhone: string | null;
  createdById: string;
  assignedToId: string | null;
  createdAt: Time;
  updatedAt: Time;
  createdBy: TicketPerson;
  assignedTo: TicketPerson | null;
  customer: TicketCustomer | null;
  commentCount: number;
  attachmentCount: number;
};

/** Somebody who is logged in. */
export type LoggedIn = {
  /** An admin token, for `Authorization: Bearer …`. */
  token: string;
  user: AdminUser;
};

/** How many messages were new. */
export type MarkedRead = {
  success: true;
  count: number;
};

/** A message that was sent. */
export type MessageSent = {
  success: true;
  message: ChatMessage;
};

/** The tenant that a request names. */
export type Named = {
  /** The tenant, when it is not the caller's own; only a `super_admin` may name another one. */
  tenantId?: string | null;
};

/** A message to send. */
export type NewMessage = {
  /** A user of the tenant. */
  recipientId: string;
  content: string;
  /** Files that were uploaded before. */
  attachments?: Uploaded[];
};

/** What a profile is made of. */
export type NewProfile = {
  /** The session token, which no header stands for here. */
  token: string;
  displayName: string;
  email: string;
};

/** What a ticket is made from. */
export type NewTicket = {
  type: TicketType;
  title: string;
  description?: string;
  priority?: TicketPriority;
  /** A contact, whose name and address the ticket keeps as they are now. */
  customerId?: string;
  /** A user of the tenant. */
  createdById: string;
  /** A user of the tenant. */
  assignedToId?: string | null;
};

/** No session goes on. */
export type NotRestored = {
  success: false;
  reason: WhyNotRestored;
  /** For a person. */
  message: string;
  /** Whether a code helps. */
  requiresOtp?: boolean;
};

/** Messages that were read. */
export type NowRead = {
  /** Whom they are from. */
  peerId: string;
  messageIds: string[];
};

/** Somebody who signs in by phone.
 * 
 * The columns of the phone are never null, and an app user always has a tenant and an e-mail, so of each chain of fallbacks in
 * the contract only the first steps can be reached. */
export type PhoneAccount = {
  id: string;
  phone: string;
  normalizedPhone: string;
  countryCode: string | null;
  tenantId: string;
  displayName: string | null;
  email: string;
  profileComplete: boolean;
  /** The app user whom the phone belongs to. */
  linkedUserId: string;
};

/** A phone, and whose tenant it is about. */
export type PhoneOfTenant = {
  /** A number in national or international form. */
  phone: string;
  /** The code of a national number, such as `+51`. */
  countryCode?: string | null;
  /** The tenant, by its id, its key or its host name. */
  tenantId?: string | null;
  /** The host name of the page, when no tenant is named. */
  host?: string | null;
};

/** The phone user's own values, null when empty. */
export type Profile = {
  id: string;
  displayName: string | null;
  email: string | null;
  tenantId: string | null;
  phone: string;
  countryCode: string | null;
  profileComplete: boolean;
};

/** A profile as it is now. */
export type ProfileShown = {
  success: true;
  profile: Profile;
};

/** A session goes on. */
export type Restored = {
  success: true;
  session: Session;
  user: PhoneAccount;
  message: string;
};

/** What a user may do. */
export type Role = "super_admin" | "admin" | "user";

/** A session to go on with. */
export type Session = {
  /** For `Authorization: Bearer …`. */
  token: string;
  sessionId: string;
  expiresAt: Time;
};

/** Somebody who is signed in. */
export type SignedIn = {
  success: true;
  session: Session;
  user: PhoneAccount;
};

/** Whether a session goes on. */
export type Synced = Restored | NotRestored;

/** The messages of two people. */
export type Thread = {
  success: true;
  messages: ChatMessage[];
};

/** A customer, as tickets keep one. */
export type TicketCustomer = {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
};

/** A page of tickets. */
export type TicketList = {
  tickets: ListedTicket[];
};

/** A ticket that was just made. */
export type TicketMade = {
  ticket: TicketWithThread;
};

/** A user, as tickets show one. */
export type TicketPerson = {
  id: string;
  email: string;
  name: string | null;
};

/** How urgent a ticket is (`"TicketPriority"`). */
export type TicketPriority = "low" | "medium" | "high" | "urgent";

/** How far a ticket is (`"TicketStatus"`). */
export type TicketStatus = "open" | "in_progress" | "resolved" | "closed";

/** What a ticket is about (`"TicketType"`). */
export type TicketType = "help_desk" | "system_feature" | "system_bug";

/** A ticket with its comments and attachments. */
export type TicketWithThread = {
  id: string;
  tenantId: string;
  type: TicketType;
  title: string;
  description: string;
  status: TicketStatus;
  priority: TicketPriority;
  customerId: string;
  customerName: string;
  customerEmail: string | null;
  customerPhone: string | null;
  createdById: string;
  assignedToId: string | null;
  createdAt: Time;
  updatedAt: Time;
  createdBy: TicketPerson;
  assignedTo: TicketPerson | null;
  customer: TicketCustomer | null;
  comments: [];
  attachments: [];
};

/** UTC, with milliseconds and `Z`. */
export type Time = string;

/** The body that may name a token. What is no text, or an empty one, is none. */
export type TokenField = {
  /** The token to look at, before the one of the header. */
  token?: string | null;
};

/** Which session. */
export type TokenGiven = {
  token: string;
};

/** Where a token is from. */
export type TokenKind = "admin" | "nextauth" | "chat";

/** The body of an unexpected backend failure, which has no name of the status. */
export type Unexpected = {
  /** The status again. */
  statusCode: number;
  /** What is wrong, for a person. */
  message: string;
};

/** A file that was uploaded before. */
export type Uploaded = {
  id: string;
};

/** What a token is worth. */
export type Validation = {
  active: true;
  kind: TokenKind;
  user: Claims;
  expiresAt: Time | null;
} | {
  active: false;
};

/** Why no session goes on. */
export type WhyNotRestored = "user_not_found" | "access_denied" | "no_active_session";

/** How the message is worded. */
export type Wording = {
  /** The language of the message; Spanish unless it is `en`. */
  language?: string | null;
};

/** Every native endpoint. */
export type Operations = {
  /** Log in with an e-mail and a password. */
  "POST /api/auth/login": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Credentials;
    answers: {
      200: LoggedIn;
      400: Bare;
      401: Bare;
      413: Unexpected;
      429: Bare;
      500: Bare;
      503: Bare;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/auth/login": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** Show the profile of a phone user. */
  "GET /api/chat/otp/profile": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: ProfileShown;
      400: Bare | Coded;
      401: Coded;
    };
  };
  /** Change the profile of a phone user. */
  "PUT /api/chat/otp/profile": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: NewProfile;
    answers: {
      200: ProfileShown;
      400: Envelope;
      401: Coded;
      413: Unexpected;
      422: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/chat/otp/profile": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** Send a code to a phone. */
  "POST /api/chat/otp/request": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: PhoneOfTenant & Wording;
    answers: {
      200: CodeSent;
      400: Envelope | Coded;
      413: Unexpected;
      429: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/chat/otp/request": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** Show a session, and let it live on. */
  "POST /api/chat/otp/session": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: TokenGiven & Extension;
    answers: {
      200: SignedIn;
      400: Envelope;
      401: Coded;
      403: Coded;
      413: Unexpected;
    };
  };
  /** End a session. */
  "DELETE /api/chat/otp/session": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: TokenGiven;
    answers: {
      200: Done;
      400: Envelope;
      401: Coded;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/chat/otp/session": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** Say whether a phone needs a code. */
  "POST /api/chat/otp/sync": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: PhoneOfTenant & Kept;
    answers: {
      200: Synced;
      400: Envelope | Bare | Coded;
      413: Unexpected;
      429: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/chat/otp/sync": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** Trade a code for a session. */
  "POST /api/chat/otp/verify": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Attempt;
    answers: {
      200: SignedIn;
      400: Envelope | Coded;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/chat/otp/verify": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** List the tickets of a tenant, the newest first. */
  "GET /api/crm/tickets": {
    path: Record<string, never>;
    query: {
      /** The tenant, when it is not the caller's own; only a `super_admin` may name another one. */
      tenantId?: string;
      /** Only tickets of this status. */
      status?: TicketStatus;
      /** Only tickets of this priority. */
      priority?: TicketPriority;
      /** Only tickets of this type. */
      type?: TicketType;
      /** Only tickets of this user's. */
      assignedToId?: string;
      /** Only tickets of this customer. */
      customerId?: string;
      /** Only tickets with this in their title, description or customer's name; `%` and `_` are wildcards. */
      search?: string;
      /** At most so many; a negative number counts from the end of the list. */
      limit?: number;
      /** After so many. */
      offset?: number;
    };
    body: undefined;
    answers: {
      200: TicketList;
      400: Bare;
      401: Envelope;
      403: Bare;
      429: Bare;
    };
  };
  /** Create a ticket. */
  "POST /api/crm/tickets": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Named & NewTicket;
    answers: {
      200: TicketMade;
      400: Bare;
      401: Envelope;
      403: Bare;
      413: Unexpected;
      429: Bare;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/crm/tickets": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: undefined;
    };
  };
  /** Say whether the backend and its database answer. */
  "GET /api/health": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: Connected;
      503: Disconnected;
    };
  };
  /** Say that the backend answers. */
  "GET /api/v1": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: Alive;
      304: undefined;
    };
  };
  /** Log in with an e-mail and a password, at the backend. */
  "POST /api/v1/auth/admin/login": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Credentials;
    answers: {
      201: LoggedIn;
      400: Envelope;
      401: Envelope;
      413: Unexpected;
      429: Envelope;
      500: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/admin/login": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Give a token back. */
  "POST /api/v1/auth/logout": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: TokenField | undefined;
    answers: {
      200: Done;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/logout": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Repeat what the token says about its holder. */
  "GET /api/v1/auth/me": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: Claims;
      304: undefined;
      401: Envelope;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/me": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** List everybody that somebody may write to. */
  "GET /api/v1/auth/phone/contacts": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: ContactList;
      304: undefined;
      400: Bare | Coded;
      401: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/contacts": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** List the messages with somebody, the oldest first. */
  "GET /api/v1/auth/phone/messages": {
    path: Record<string, never>;
    query: {
      /** A user of the tenant. */
      peerId: string;
    };
    body: undefined;
    answers: {
      200: Thread;
      304: undefined;
      400: Bare | Coded;
      401: Coded;
    };
  };
  /** Send a message. */
  "POST /api/v1/auth/phone/messages": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: NewMessage;
    answers: {
      201: MessageSent;
      400: Bare | Coded | Envelope;
      401: Coded;
      404: Bare;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/messages": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Say that messages were read. */
  "POST /api/v1/auth/phone/messages/read": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: NowRead;
    answers: {
      201: MarkedRead;
      400: Bare | Coded | Envelope;
      401: Coded;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/messages/read": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Show the profile of a phone user. */
  "GET /api/v1/auth/phone/profile": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: ProfileShown;
      304: undefined;
      400: Bare | Coded;
      401: Coded;
    };
  };
  /** Change the profile of a phone user. */
  "PUT /api/v1/auth/phone/profile": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: NewProfile;
    answers: {
      200: ProfileShown;
      400: Envelope;
      401: Coded;
      413: Unexpected;
      422: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/profile": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Send a code to a phone. */
  "POST /api/v1/auth/phone/request": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: PhoneOfTenant & Wording;
    answers: {
      201: CodeSent;
      400: Envelope | Coded;
      413: Unexpected;
      429: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/request": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Show a session, and let it live on. */
  "POST /api/v1/auth/phone/session": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: TokenGiven & Extension;
    answers: {
      201: SignedIn;
      400: Envelope;
      401: Coded;
      403: Coded;
      413: Unexpected;
    };
  };
  /** End a session. */
  "DELETE /api/v1/auth/phone/session": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: TokenGiven;
    answers: {
      200: Done;
      400: Envelope;
      401: Coded;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/session": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Say whether a phone needs a code. */
  "POST /api/v1/auth/phone/sync": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: PhoneOfTenant & Kept;
    answers: {
      201: Synced;
      400: Envelope | Bare | Coded;
      413: Unexpected;
      429: Coded;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/sync": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Trade a code for a session. */
  "POST /api/v1/auth/phone/verify": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Attempt;
    answers: {
      201: SignedIn;
      400: Envelope | Coded;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/phone/verify": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Say what a token is worth. */
  "POST /api/v1/auth/session/validate": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: TokenField | undefined;
    answers: {
      200: Validation;
      413: Unexpected;
    };
  };
  /** Say to a page of another origin what it may send. */
  "OPTIONS /api/v1/auth/session/validate": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      204: undefined;
      404: Envelope;
    };
  };
  /** Say that the backend answers. */
  "GET /api/v1/health": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      200: Alive;
      304: undefined;
    };
  };
  /** Refuse to make a first administrator. */
  "POST /api/v1/setup-admin": {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answers: {
      404: Envelope;
    };
  };
};

/** A route: a method and a path template. */
export type Route = keyof Operations;

/** What a route takes as its JSON body. */
export type RequestBody<R extends Route> = Operations[R]["body"];

/** What a route answers with one status. */
export type Answer<R extends Route, S extends keyof Operations[R]["answers"]> = Operations[R]["answers"][S];
