import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  // The repository around this folder is not a JavaScript workspace.
  outputFileTracingRoot: path.resolve("."),
  turbopack: { root: path.resolve(".") },
  devIndicators: false,
  async redirects() {
    return [{ source: "/config-redirect/:topic", destination: "/about?topic=:topic", permanent: true }];
  },
  async rewrites() {
    return [{ source: "/config-rewrite", destination: "/api/echo" }];
  },
};

export default config;
