/** The Chromium that tests run in: headless, with a GPU that is software (SwiftShader). */
import { existsSync } from "node:fs";

function chromium(): string {
  const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = process.env["CHROMIUM"] ?? usual.find(existsSync);
  if (found === undefined) throw new Error(`test:browser: no Chromium at ${usual.join(", ")} (install one, or set CHROMIUM)`);
  return found;
}

export const launchOptions: { readonly executablePath: string; readonly args: string[] } = {
  executablePath: chromium(),
  args: [
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ],
};
