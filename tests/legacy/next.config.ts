import path from "node:path";
import type { NextConfig } from "next";

// The legacy system sends this constant with every answer; the proxy's parity tools know it as noise.
const CONTENT_SECURITY_POLICY = [
  "default-src 'self' 'unsafe-eval' 'unsafe-inline'",
  "script-src 'self' 'unsafe-eval' 'unsafe-inline' https: http: data: blob:",
  "script-src-attr 'unsafe-inline' 'unsafe-eval'",
  "script-src-elem 'self' 'unsafe-eval' 'unsafe-inline' https: http: data: blob:",
  "style-src 'self' 'unsafe-inline' https://fonts.googleapis.com https:",
  "font-src 'self' https://fonts.gstatic.com https: data:",
  "img-src 'self' data: https: http: blob:",
  "connect-src 'self' https: wss: ws: http:",
  "frame-src 'self' https:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "worker-src 'self' blob:",
  "child-src 'self' blob:",
].join("; ");

const config: NextConfig = {
  // As in the legacy system, whose API answers are never compressed and do not vary on it.
  compress: false,
  // The repository around this folder is not a JavaScript workspace: keep the file tracing inside.
  outputFileTracingRoot: path.resolve("."),
  turbopack: { root: path.resolve(".") },
  async headers() {
    return [
      { source: "/:path*", headers: [{ key: "Content-Security-Policy", value: CONTENT_SECURITY_POLICY }] },
      { source: "/docs/:path*", headers: [{ key: "X-Docs-Edition", value: "legacy" }] },
    ];
  },
  async redirects() {
    return [
      { source: "/help", destination: "/docs/start", permanent: false },
      { source: "/manual/:topic", destination: "/docs/:topic", permanent: true },
    ];
  },
  async rewrites() {
    return [
      { source: "/t/:id", destination: "/tickets/:id" },
      { source: "/api/healthz", destination: "/api/health" },
    ];
  },
};

export default config;
