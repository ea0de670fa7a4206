import { corsOptions } from "@/lib/endpoint";

export { GET, PUT } from "@/lib/profile";

export const OPTIONS = corsOptions();
