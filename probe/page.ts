/** The plain page at `/`: enough for a person to see that the route leads here. */
import { hostname } from "node:os";

export function page(version: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portolan probe</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}</style>
</head>
<body>
<h1>Portolan probe</h1>
<p>Version ${escapeHtml(version)} on ${escapeHtml(hostname())}. It uses every service an application would use here.</p>
<p><a href="/api/health">What works</a></p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.codePointAt(0)};`);
}
