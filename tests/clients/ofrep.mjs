// The stock OpenFeature SDK for browsers, asked for one flag as each of many subjects, and again when the flags change.
//
// Standard input is one JSON document: { origin, route, subjects: [{ key, token }] }. Standard output is one JSON document a line:
// what the SDK says of each subject, and then, once the provider reports a change, what it says of the first.
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { readFileSync } from "node:fs";

const { origin, route, subjects } = JSON.parse(readFileSync(0, "utf8"));
let token;

const provider = new OFREPWebProvider({
  baseUrl: origin,
  pollInterval: 50,
  cacheMode: "disabled",
  headersFactory: () => (token ? [["authorization", `Bearer ${token}`]] : []),
});

function told() {
  const { value, variant, reason, errorCode, flagMetadata } = client.getStringDetails(route, "nothing");
  return { value, variant, reason, errorCode, flagMetadata };
}

await OpenFeature.setContext({});
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();
console.log(JSON.stringify({ without: told(), unknown: client.getStringDetails("GET /nowhere", "nothing") }));

const answers = [];
for (const subject of subjects) {
  token = subject.token;
  await OpenFeature.setContext({ targetingKey: subject.key });
  answers.push(told());
}
console.log(JSON.stringify(answers));

token = subjects[0].token;
await OpenFeature.setContext({ targetingKey: subjects[0].key });
// A poll that was under way when the context changed reports what it brought, which may be nothing new.
const changed = new Promise((resolve) =>
  client.addHandler(ProviderEvents.ConfigurationChanged, (event) => event.flagsChanged.length && resolve(event)),
);
console.log(JSON.stringify("ready"));
const { flagsChanged } = await changed;
console.log(JSON.stringify({ flagsChanged, now: told() }));
await OpenFeature.close();
