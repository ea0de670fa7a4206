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

/** The body of a refusal by the Next.js routes. */
export type Bare = {
  /** What is wrong, for a person. */
  error: string;
};

/** What a token says about its holder; what it does not say is left out. */
export type Claims = {
  id: string;
  email?: string;
  role?: Role;
  tenantId?: string;
};

/** The database answers. */
export type Connected = {
  status: "connected";
  /** The configured name of this backend. */
  backend: string;
  health: Alive;
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

/** The tenant that a request names. */
export type Named = {
  /** The tenant, when it is not the caller's own; only a `super_admin` may name another one. */
  tenantId?: string | null;
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

/** What a user may do. */
export type Role = "super_admin" | "admin" | "user";

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

/** Where a token is from. */
export type TokenKind = "admin" | "nextauth" | "chat";

/** The body of an unexpected backend failure, which has no name of the status. */
export type Unexpected = {
  /** The status again. */
  statusCode: number;
  /** What is wrong, for a person. */
  message: string;
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
